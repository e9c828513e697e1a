//! Columns of differences: each value as the difference from the one before, in as few bits as the largest of a
//! group needs.
//!
//! The encoding is DELTA_BINARY_PACKED of the Parquet format: a header, then blocks of differences as their least one
//! and four groups of what is over that. Noisy columns of integers, most of what is written, are encoded
//! here rather than by parquet's own writer because whole blocks are subtracted and packed in vector lanes.

use parquet::basic::Encoding;
use parquet::errors::Result;

use super::pages::{Chunk, DataPage, Number, PAGE_ROWS, Target, append_varint, bounds};
use crate::lanes::{self, Kernel};

/// Groups in a block.
const GROUPS: usize = 4;

/// Most differences in a group.
const MAX_GROUP: usize = 64;

/// A number with differences.
pub trait Differing: Number {
    /// Differences in a group, which have a number of bits in common. Longer ones suit times and ids, which are regular
    /// and compressed further; shorter ones suit noise.
    const GROUP: usize;
    /// The value as 64 bits with its sign.
    fn wide(self) -> i64;
    /// A difference of two values, cut to the bits of the type as the format has it.
    fn cut(difference: i64) -> i64;
    /// What is left of a number of 64 bits within those of the type.
    fn unsigned(number: i64) -> u64;
}

impl Differing for i32 {
    const GROUP: usize = 32;
    #[inline(always)]
    fn wide(self) -> i64 {
        self.into()
    }
    #[inline(always)]
    fn cut(difference: i64) -> i64 {
        (difference as i32).into()
    }
    #[inline(always)]
    fn unsigned(number: i64) -> u64 {
        (number as u32).into()
    }
}

impl Differing for i64 {
    const GROUP: usize = 64;
    #[inline(always)]
    fn wide(self) -> i64 {
        self
    }
    #[inline(always)]
    fn cut(difference: i64) -> i64 {
        difference
    }
    #[inline(always)]
    fn unsigned(number: i64) -> u64 {
        number as u64
    }
}

/// Encodes a column.
///
/// # Errors
/// Only on a defect: memory is all that is written to.
pub fn encode<V: Differing>(target: Target<'_>, values: &[V]) -> Result<Chunk> {
    let pages = values.chunks(PAGE_ROWS).map(|values| {
        let mut bytes = Vec::with_capacity(size_of_val(values) / 2 + 64);
        lanes::widest(EncodePage { values, bytes: &mut bytes });
        DataPage { bytes, rows: values.len() }
    });
    let statistics = bounds(values).map(|(least, greatest)| V::statistics(least, greatest));
    target.write(None, Encoding::DELTA_BINARY_PACKED, pages.collect(), statistics)
}

/// Encodes the values of a page.
struct EncodePage<'a, V> {
    values: &'a [V],
    bytes: &'a mut Vec<u8>,
}

impl<V: Differing> Kernel for EncodePage<'_, V> {
    #[inline(always)]
    fn run(self) {
        let Self { values, bytes } = self;
        append_varint((GROUPS * V::GROUP) as u64, bytes);
        append_varint(GROUPS as u64, bytes);
        append_varint(values.len() as u64, bytes);
        append_zigzag(values.first().map_or(0, |first| first.wide()), bytes);
        for start in (1..values.len()).step_by(GROUPS * V::GROUP) {
            let end = values.len().min(start + GROUPS * V::GROUP);
            append_block(&values[start - 1..end], bytes);
        }
    }
}

/// Appends the differences of the values of a block and the one before it.
#[inline(always)]
fn append_block<V: Differing>(values: &[V], bytes: &mut Vec<u8>) {
    let count = values.len() - 1;
    let mut differences = [0i64; GROUPS * MAX_GROUP];
    let differences = &mut differences[..GROUPS * V::GROUP];
    for (difference, pair) in differences.iter_mut().zip(values.windows(2)) {
        *difference = V::cut(pair[1].wide().wrapping_sub(pair[0].wide()));
    }
    let least = differences[..count].iter().copied().fold(i64::MAX, i64::min);
    // What is missing at the end of the last group counts as the least difference, which takes no bits.
    differences[count..].fill(least);
    append_zigzag(least, bytes);
    let widths = bytes.len();
    bytes.extend_from_slice(&[0; GROUPS]);
    for (group, differences) in differences.chunks_exact(V::GROUP).take(count.div_ceil(V::GROUP)).enumerate() {
        let mut over = [0u64; MAX_GROUP];
        let over = &mut over[..V::GROUP];
        let mut all = 0;
        for (over, difference) in over.iter_mut().zip(differences) {
            *over = V::unsigned(difference.wrapping_sub(least));
            all |= *over;
        }
        let bits = u64::BITS - all.leading_zeros();
        bytes[widths + group] = bits as u8;
        append_group(over, bits, bytes);
    }
}

/// Appends the numbers of a group, of some bits each, lowest first.
#[inline(always)]
fn append_group(numbers: &[u64], bits: u32, bytes: &mut Vec<u8>) {
    match bits {
        0 => {}
        // As many neighbours as fit are put into one word first, which lanes do for all of them at once.
        1..=16 => {
            let mut words = [0; MAX_GROUP / 4];
            for (word, four) in words.iter_mut().zip(numbers.as_chunks::<4>().0) {
                *word = four[0] | four[1] << bits | four[2] << (2 * bits) | four[3] << (3 * bits);
            }
            append_words(&words[..numbers.len() / 4], 4 * bits, bytes);
        }
        17..=32 => {
            let mut words = [0; MAX_GROUP / 2];
            for (word, two) in words.iter_mut().zip(numbers.as_chunks::<2>().0) {
                *word = two[0] | two[1] << bits;
            }
            append_words(&words[..numbers.len() / 2], 2 * bits, bytes);
        }
        _ => append_words(numbers, bits, bytes),
    }
}

/// Appends words of some bits each, lowest first; together they are whole bytes.
#[inline(always)]
fn append_words(words: &[u64], bits: u32, bytes: &mut Vec<u8>) {
    let mut out = [0; (MAX_GROUP + 1) * 8];
    let (mut at, mut word, mut filled) = (0, 0, 0);
    for &next in words {
        word |= next << filled;
        out[at..at + 8].copy_from_slice(&word.to_le_bytes());
        let total = filled + bits;
        if total >= u64::BITS {
            // What did not fit; a shift by all 64 bits leaves nothing.
            word = next.checked_shr(u64::BITS - filled).unwrap_or(0);
            at += 8;
        }
        filled = total % u64::BITS;
    }
    out[at..at + 8].copy_from_slice(&word.to_le_bytes());
    bytes.extend_from_slice(&out[..words.len() * bits as usize / 8]);
}

/// Appends a signed integer: small ones of either sign in few bytes.
fn append_zigzag(value: i64, bytes: &mut Vec<u8>) {
    append_varint((value << 1 ^ value >> 63) as u64, bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page<V: Differing>(values: &[V]) -> Vec<u8> {
        let mut plain = Vec::new();
        EncodePage { values, bytes: &mut plain }.run();
        for form in lanes::Form::all() {
            let mut bytes = Vec::new();
            form.run(EncodePage { values, bytes: &mut bytes });
            assert_eq!(bytes, plain, "{form:?}");
        }
        plain
    }

    /// Reads a page back bit by bit.
    fn read(bytes: &[u8], wraps_at: u32, group: usize) -> Vec<i64> {
        let mut at = 0;
        let varint = |at: &mut usize| {
            let (mut value, mut shift) = (0u64, 0);
            loop {
                let byte = bytes[*at];
                *at += 1;
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    return value;
                }
            }
        };
        let unzigzag = |value: u64| (value >> 1) as i64 ^ -((value & 1) as i64);
        let cut = |value: i64| value << (64 - wraps_at) >> (64 - wraps_at);
        assert_eq!((varint(&mut at), varint(&mut at)), (4 * group as u64, 4));
        let count = varint(&mut at) as usize;
        let mut values = vec![unzigzag(varint(&mut at))];
        while values.len() < count {
            let least = unzigzag(varint(&mut at));
            let widths = &bytes[at..at + 4];
            at += 4;
            for &width in widths {
                if values.len() >= count {
                    break;
                }
                let bit = |n: usize| u64::from(bytes[at + n / 8] >> (n % 8) & 1);
                for n in 0..group {
                    let over = (0..usize::from(width)).map(|b| bit(n * usize::from(width) + b) << b).sum::<u64>();
                    let last = *values.last().expect("the first is there");
                    if values.len() < count {
                        values.push(cut(last.wrapping_add(least).wrapping_add(over as i64)));
                    }
                }
                at += group / 8 * usize::from(width);
            }
        }
        assert_eq!(at, bytes.len(), "nothing is left over");
        values
    }

    #[test]
    fn the_examples_of_the_format_come_out() {
        // 1 to 5: one block, differences of 1, no bits.
        assert_eq!(page(&[1i32, 2, 3, 4, 5]), [128, 1, 4, 5, 2, 2, 0, 0, 0, 0]);
        // 7, 5, 3, 1, 2, 3, 4, 5: least difference -2, two bits for 0 0 0 3 3 3 3.
        let bytes = page(&[7i32, 5, 3, 1, 2, 3, 4, 5]);
        assert_eq!(bytes[..10], [128, 1, 4, 8, 14, 3, 2, 0, 0, 0]);
        assert_eq!(bytes[10..], [0b1100_0000, 0b0011_1111, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_is_written_is_read_back_for_every_width_and_length() {
        let mut draws = crate::random::Seed(1).stream(crate::random::Purpose::Probe, 0, 0);
        for width in 0..=64u32 {
            for count in [1, 2, 32, 33, 34, 128, 129, 130, 257, 1000] {
                let wide: Vec<i64> =
                    (0..count).map(|_| (draws.bits() as i64).checked_shr(64 - width).unwrap_or(0)).collect();
                assert_eq!(read(&page(&wide), 64, 64), wide, "{width} bits, {count} values");
                let narrow: Vec<i32> = wide.iter().map(|&value| value as i32).collect();
                let expected: Vec<i64> = narrow.iter().map(|&value| value.into()).collect();
                assert_eq!(read(&page(&narrow), 32, 32), expected, "{width} bits, {count} values of 32");
            }
        }
        let extremes = [i64::MIN, i64::MAX, 0, i64::MAX, i64::MIN, -1, 1];
        assert_eq!(read(&page(&extremes), 64, 64), extremes);
    }
}
