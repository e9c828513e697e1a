//! Columns with a dictionary.
//!
//! A general writer finds every value in its dictionary through a hash, and compares text byte by byte. Here more is
//! known: four columns of heartbeats repeat a value hundreds of times, so that each run is looked up once; text is
//! already an index into a list of names; and small numbers are their own index into a table. What comes out is an
//! ordinary column chunk: a page of distinct values in the order in which they first occur, and pages of indices in runs
//! and groups of eight (Parquet format, Encodings: RLE_DICTIONARY).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use arrow_array::{Array as _, StringArray};
use parquet::basic::Encoding;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::statistics::Statistics;

use super::pages::{Chunk, DataPage, DictionaryPage, Number, PAGE_ROWS, Target, append_varint, bounds};
use crate::random::mix;

/// Bytes of distinct values from which on indices stop paying off.
const MAX_DICTIONARY_BYTES: usize = 1 << 20;

/// Values that span no more than this are their own index into a table.
const MAX_TABLE: u64 = 1 << 16;

/// Hashes one number.
#[derive(Clone, Copy, Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = mix(self.0 ^ u64::from(byte)));
    }
    fn write_i32(&mut self, number: i32) {
        self.0 = mix(number as u64);
    }
    fn write_i64(&mut self, number: i64) {
        self.0 = mix(number as u64);
    }
}

/// Encodes a column of runs that end at the given rows.
///
/// # Errors
/// Only on a defect: memory is all that is written to.
pub fn encode_runs<V: Number>(target: Target<'_>, values: &[V], ends: &[i32]) -> Result<Chunk> {
    let (mut codes, mut dictionary) = (HashMap::<V, u32, BuildHasherDefault<Mixer>>::default(), Vec::new());
    for &value in values {
        let next = codes.len() as u32;
        codes.entry(value).or_insert_with(|| {
            value.append_plain(&mut dictionary);
            next
        });
    }
    let distinct = codes.len() as u32;
    let bits = bits_of(distinct);
    let mut indices = vec![bits as u8];
    let mut start = 0;
    for (value, &end) in values.iter().zip(ends) {
        append_run(codes[value], (end - start) as usize, bits, &mut indices);
        start = end;
    }
    let statistics = bounds(values).map(|(least, greatest)| V::statistics(least, greatest));
    let page = DataPage { bytes: indices, rows: start as usize };
    write(target, dictionary, distinct, vec![page], statistics)
}

/// Encodes a column of numbers; `None` if there are too many distinct ones.
///
/// # Errors
/// As above.
pub fn encode_numbers<V: Number>(target: Target<'_>, values: &[V]) -> Result<Option<Chunk>> {
    let Some((least, greatest)) = bounds(values) else { return Ok(None) };
    let mut dictionary = Vec::new();
    let mut distinct = 0;
    let mut enter = |value: V| {
        value.append_plain(&mut dictionary);
        distinct += 1;
        distinct - 1
    };
    let mut codes = Vec::with_capacity(values.len());
    if greatest.above(least) < MAX_TABLE {
        let mut table = vec![u32::MAX; greatest.above(least) as usize + 1];
        codes.extend(values.iter().map(|&value| {
            let code = &mut table[value.above(least) as usize];
            if *code == u32::MAX {
                *code = enter(value);
            }
            *code
        }));
    } else {
        let mut table = HashMap::<V, u32, BuildHasherDefault<Mixer>>::default();
        for &value in values {
            if table.len() * size_of::<V>() > MAX_DICTIONARY_BYTES {
                return Ok(None);
            }
            codes.push(*table.entry(value).or_insert_with(|| enter(value)));
        }
    }
    let statistics = V::statistics(least, greatest);
    write(target, dictionary, distinct, pages_of(&codes), Some(statistics)).map(Some)
}

/// Encodes a column of text: indices into a list of names.
///
/// # Errors
/// As above.
pub fn encode_names(target: Target<'_>, indices: &[i16], names: &StringArray) -> Result<Chunk> {
    let (mut dictionary, mut used) = (Vec::new(), Vec::new());
    let mut table = vec![u32::MAX; names.len()];
    let mut codes = Vec::with_capacity(indices.len());
    for &index in indices {
        let code = &mut table[index as usize];
        if *code == u32::MAX {
            *code = used.len() as u32;
            let name = names.value(index as usize);
            dictionary.extend_from_slice(&(name.len() as u32).to_le_bytes());
            dictionary.extend_from_slice(name.as_bytes());
            used.push(name);
        }
        codes.push(*code);
    }
    let bound = |name: Option<&&str>| name.map(|name| ByteArray::from(*name));
    let statistics = Statistics::byte_array(bound(used.iter().min()), bound(used.iter().max()), None, Some(0), false);
    let distinct = used.len() as u32;
    write(target, dictionary, distinct, pages_of(&codes), Some(statistics))
}

/// Bits of an index; readers differ on indices of none at all.
fn bits_of(distinct: u32) -> u32 {
    (u32::BITS - distinct.saturating_sub(1).leading_zeros()).max(1)
}

fn write(
    target: Target<'_>,
    values: Vec<u8>,
    distinct: u32,
    pages: Vec<DataPage>,
    statistics: Option<Statistics>,
) -> Result<Chunk> {
    target.write(Some(DictionaryPage { values, distinct }), Encoding::RLE_DICTIONARY, pages, statistics)
}

/// Pages of indices.
fn pages_of(codes: &[u32]) -> Vec<DataPage> {
    let page = |codes: &[u32]| {
        // Early pages know fewer distinct values than the last.
        let bits = bits_of(codes.iter().max().map_or(0, |most| most + 1));
        let mut bytes = Vec::with_capacity(codes.len() * bits as usize / 8 + 64);
        bytes.push(bits as u8);
        append_codes(codes, bits, &mut bytes);
        DataPage { bytes, rows: codes.len() }
    };
    codes.chunks(PAGE_ROWS).map(page).collect()
}

/// Appends indices: long runs as runs, others packed in groups of eight.
fn append_codes(mut codes: &[u32], bits: u32, page: &mut Vec<u8>) {
    let worthwhile = fewest_in_run(bits);
    let starts_run =
        |codes: &[u32]| codes.len() >= worthwhile && codes[..worthwhile].iter().all(|&code| code == codes[0]);
    while !codes.is_empty() {
        if starts_run(codes) {
            let run = codes.iter().take_while(|&&code| code == codes[0]).count();
            append_run(codes[0], run, bits, page);
            codes = &codes[run..];
            continue;
        }
        let groups = (0..codes.len()).step_by(8).take_while(|&at| !starts_run(&codes[at..])).count();
        append_varint((groups as u64) << 1 | 1, page);
        let (packed, rest) = codes.split_at(codes.len().min(8 * groups));
        for group in packed.chunks(8) {
            append_group(group, bits, page);
        }
        codes = rest;
    }
}

/// Rows from which on a run takes no more than packed groups: about four bytes, the header of the groups after it
/// included, and its index.
fn fewest_in_run(bits: u32) -> usize {
    let run_bits = 8 * (4 + bits.div_ceil(8));
    (run_bits / bits).next_multiple_of(8) as usize
}

/// Appends one index so many times.
fn append_run(code: u32, rows: usize, bits: u32, page: &mut Vec<u8>) {
    append_varint((rows as u64) << 1, page);
    page.extend_from_slice(&code.to_le_bytes()[..bits.div_ceil(8) as usize]);
}

/// Appends eight indices of some bits each, lowest first; zeros stand for what is missing at the end of a page.
fn append_group(group: &[u32], bits: u32, page: &mut Vec<u8>) {
    let (mut word, mut filled) = (0u64, 0);
    for lane in 0..8 {
        word |= u64::from(group.get(lane).copied().unwrap_or(0)) << filled;
        filled += bits;
        if filled >= 32 {
            page.extend_from_slice(&(word as u32).to_le_bytes());
            word >>= 32;
            filled -= 32;
        }
    }
    page.extend_from_slice(&word.to_le_bytes()[..filled as usize / 8]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_eight_are_packed_as_the_format_says() {
        // The example of the format's specification: 0 to 7 in three bits.
        let mut page = Vec::new();
        append_codes(&[0, 1, 2, 3, 4, 5, 6, 7], 3, &mut page);
        assert_eq!(page, [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
    }

    #[test]
    fn runs_and_groups_follow_one_another() {
        let mut codes = vec![5; 20];
        codes.extend([1, 2, 3, 4, 5, 6, 7, 0, 1]);
        let mut page = Vec::new();
        append_codes(&codes, 3, &mut page);
        assert_eq!(page[..2], [20 << 1, 5]);
        assert_eq!(page[2], 2 << 1 | 1, "two groups, the second filled up with zeros");
        assert_eq!(page.len(), 3 + 6);
    }
}
