//! The all-pairs loop in vector lanes: one portable form and one a vector instruction set, chosen at run time.
//!
//! Per position, blocks of sixteen later ones go through a filter of two subtractions and two comparisons (is the
//! other within the square of side 2 r around this one?); only the few that pass are measured with
//! [`clamped_d2`], which alone decides. The filter works modulo 2^32: a pair a whole range of i32 apart may pass it by
//! wrapping around, and is then rejected; no near pair can fail it. So the answer is the same on every machine.
//!
//! The only module with `unsafe`: functions compiled for an instruction set may be called only where the machine has
//! it, which the compiler cannot see and [`all_pairs`] checks right before each call; vector loads take pointers, which
//! come from arrays of exactly the size that is loaded.
#![allow(unsafe_code)]

use super::{Contact, clamped_d2};

/// Positions filtered at once.
const LANES: usize = 16;

/// Largest match that [`all_pairs`] takes.
pub const MAX_PLAYERS: usize = 256;

/// Room for the coordinates of a match, padded so that a block may start at any of them. Kept between calls, because
/// clearing it would cost more than a small match; what padding holds is masked out.
#[derive(Debug)]
pub struct Padded {
    x: [i32; MAX_PLAYERS + LANES],
    y: [i32; MAX_PLAYERS + LANES],
}

impl Default for Padded {
    fn default() -> Self {
        Self { x: [0; MAX_PLAYERS + LANES], y: [0; MAX_PLAYERS + LANES] }
    }
}

/// Positions of a match.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a> {
    /// East.
    pub x: &'a [i32],
    /// North.
    pub y: &'a [i32],
    /// Up.
    pub z: &'a [i32],
}

/// Appends every pair within the radius, sorted by (a, b). At most [`MAX_PLAYERS`] positions.
pub fn all_pairs(points: Points<'_>, radius_cm: u32, room: &mut Padded, pairs: &mut Vec<Contact>) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the feature the function is compiled for was detected on the line above.
            return unsafe { x86::all_pairs_avx512(points, radius_cm, room, pairs) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { x86::all_pairs_avx2(points, radius_cm, room, pairs) };
        }
    }
    all_pairs_portable(points, radius_cm, room, pairs);
}

/// The portable form, which the compiler vectorises as far as the target's baseline allows (NEON on aarch64).
pub fn all_pairs_portable(points: Points<'_>, radius_cm: u32, room: &mut Padded, pairs: &mut Vec<Contact>) {
    all_pairs_with(points, radius_cm, room, pairs, |x, y, west, south, reach| {
        let mut mask = 0;
        for lane in 0..LANES {
            let dx = x[lane].wrapping_sub(west) as u32;
            let dy = y[lane].wrapping_sub(south) as u32;
            mask |= u32::from(dx <= reach && dy <= reach) << lane;
        }
        mask
    });
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_castsi256_ps, _mm256_cmpeq_epi32, _mm256_loadu_si256, _mm256_min_epu32,
        _mm256_movemask_ps, _mm256_set1_epi32, _mm256_sub_epi32, _mm512_cmple_epu32_mask, _mm512_loadu_si512,
        _mm512_mask_cmple_epu32_mask, _mm512_set1_epi32, _mm512_sub_epi32,
    };

    use super::{Contact, LANES, Padded, Points, all_pairs_with};

    #[target_feature(enable = "avx512f")]
    pub fn all_pairs_avx512(points: Points<'_>, radius_cm: u32, room: &mut Padded, pairs: &mut Vec<Contact>) {
        all_pairs_with(points, radius_cm, room, pairs, |x: &[i32; LANES], y: &[i32; LANES], west, south, reach| {
            // SAFETY: both arrays hold the sixteen numbers that are loaded.
            let (x, y) = unsafe { (_mm512_loadu_si512(x.as_ptr().cast()), _mm512_loadu_si512(y.as_ptr().cast())) };
            let reach = _mm512_set1_epi32(reach.cast_signed());
            let near_x = _mm512_cmple_epu32_mask(_mm512_sub_epi32(x, _mm512_set1_epi32(west)), reach);
            let dy = _mm512_sub_epi32(y, _mm512_set1_epi32(south));
            u32::from(_mm512_mask_cmple_epu32_mask(near_x, dy, reach))
        });
    }

    #[target_feature(enable = "avx2")]
    pub fn all_pairs_avx2(points: Points<'_>, radius_cm: u32, room: &mut Padded, pairs: &mut Vec<Contact>) {
        all_pairs_with(points, radius_cm, room, pairs, |x: &[i32; LANES], y: &[i32; LANES], west, south, reach| {
            let (west, south) = (_mm256_set1_epi32(west), _mm256_set1_epi32(south));
            let reach = _mm256_set1_epi32(reach.cast_signed());
            let half = |first: usize| {
                // SAFETY: `first` is 0 or 8, so eight of the sixteen numbers of each array are loaded.
                let (x, y): (__m256i, __m256i) = unsafe {
                    (_mm256_loadu_si256(x.as_ptr().add(first).cast()), _mm256_loadu_si256(y.as_ptr().add(first).cast()))
                };
                let (dx, dy) = (_mm256_sub_epi32(x, west), _mm256_sub_epi32(y, south));
                // d <= reach, unsigned, is min(d, reach) == d: AVX2 compares signed numbers only.
                let near_x = _mm256_cmpeq_epi32(_mm256_min_epu32(dx, reach), dx);
                let near_y = _mm256_cmpeq_epi32(_mm256_min_epu32(dy, reach), dy);
                _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_and_si256(near_x, near_y))).cast_unsigned()
            };
            half(0) | half(8) << 8
        });
    }
}

/// The loop around a filter, inlined into each of the above. The filter gets a block of coordinates, the south-western
/// corner of the square and its side, and answers with a bit for each position inside.
#[inline(always)]
fn all_pairs_with(
    points: Points<'_>,
    radius_cm: u32,
    room: &mut Padded,
    pairs: &mut Vec<Contact>,
    filter: impl Fn(&[i32; LANES], &[i32; LANES], i32, i32, u32) -> u32,
) {
    let Points { x, y, z } = points;
    let count = x.len();
    room.x[..count].copy_from_slice(x);
    room.y[..count].copy_from_slice(y);
    let radius = radius_cm.cast_signed();
    for a in 0..count.saturating_sub(1) {
        let (west, south) = (x[a].wrapping_sub(radius), y[a].wrapping_sub(radius));
        let mut first = a + 1;
        while first < count {
            let block = |values: &[i32; MAX_PLAYERS + LANES]| -> [i32; LANES] {
                *values[first..].first_chunk().expect("padding holds a whole block")
            };
            let mut mask = filter(&block(&room.x), &block(&room.y), west, south, 2 * radius_cm);
            if count - first < LANES {
                mask &= (1 << (count - first)) - 1;
            }
            while mask != 0 {
                let b = first + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let d2 = clamped_d2([x[a], y[a], z[a]], [x[b], y[b], z[b]], radius_cm);
                if d2 <= radius_cm * radius_cm {
                    pairs.push(Contact { a: a as u32, b: b as u32, d2 });
                }
            }
            first += LANES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Seed};

    type Form = fn(Points<'_>, u32, &mut Padded, &mut Vec<Contact>);

    fn forms() -> Vec<(&'static str, Form)> {
        let mut forms: Vec<(&'static str, Form)> = vec![("portable", all_pairs_portable), ("dispatched", all_pairs)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the feature was detected on the line above.
            forms.push(("avx2", |points, radius_cm, room, pairs| unsafe {
                x86::all_pairs_avx2(points, radius_cm, room, pairs);
            }));
        }
        forms
    }

    #[test]
    fn every_instruction_set_gives_the_answer_of_two_plain_loops() {
        let mut room = Padded::default();
        for case in 0..200 {
            let mut draws = Seed(case).stream(Purpose::Probe, case, 7);
            let count = draws.below(MAX_PLAYERS as u32 + 1) as usize;
            let (low, high) = if case % 4 == 0 { (i32::MIN, i32::MAX) } else { (-2_000, 2_000) };
            let mut axis = || (0..count).map(|_| draws.within(low, high)).collect::<Vec<i32>>();
            let (x, y, z) = (axis(), axis(), axis());
            let radius_cm = [1, 500, 37_836][case as usize % 3];
            let mut expected = Vec::new();
            for a in 0..count {
                for b in a + 1..count {
                    let d2 = clamped_d2([x[a], y[a], z[a]], [x[b], y[b], z[b]], radius_cm);
                    if d2 <= radius_cm * radius_cm {
                        expected.push(Contact { a: a as u32, b: b as u32, d2 });
                    }
                }
            }
            for (name, form) in forms() {
                let mut pairs = Vec::new();
                form(Points { x: &x, y: &y, z: &z }, radius_cm, &mut room, &mut pairs);
                assert_eq!(pairs, expected, "{name}, case {case}");
            }
        }
    }
}
