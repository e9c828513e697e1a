//! The inner loops of detection in vector lanes: one portable form and one a vector instruction set, chosen at run time.
//!
//! Per position, blocks of sixteen later ones go through a filter of two subtractions and two comparisons (is the other
//! within the square of side 2 r around this one, seen from above?). Blocks that hold some that pass are noted, without a
//! branch on it, because no processor could guess it, and measured later, one after the other, with [`clamped_d2`], which alone
//! decides. The filter works modulo 2^32: a pair a whole range of i32 apart may pass it by wrapping around, and is then
//! rejected; no near pair can fail it. So the answer is the same on every machine.
//!
//! Besides `crate::lanes` the only module with `unsafe`: functions compiled for an instruction set may be called only where the machine has
//! it, which the compiler cannot see and `in_lanes` checks right before each call; vector loads take pointers, which
//! come from arrays of exactly the size that is loaded.
#![allow(unsafe_code)]

use super::frame::{Contact, clamped_d2};

/// Positions filtered at once.
const LANES: usize = 16;

/// Largest match that [`all_pairs`] takes.
pub const MAX_PLAYERS: usize = 256;

/// Room for the coordinates of a match, padded so that a block may start at any of them. Kept between calls, because
/// clearing it would cost more than a small match; what padding holds is masked out. Blocks of it are whole cache lines.
#[derive(Debug)]
#[repr(align(64))]
pub struct Padded {
    axes: [[i32; MAX_PLAYERS + LANES]; 3],
    /// Their numbers, from 0.
    index: [u32; MAX_PLAYERS + LANES],
}

impl Default for Padded {
    fn default() -> Self {
        Self { axes: [[0; MAX_PLAYERS + LANES]; 3], index: std::array::from_fn(|index| index as u32) }
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

/// Positions of a match in order of their cells, for [`search_cells`].
#[derive(Debug, Default)]
pub struct SortedCells {
    /// Start of each cell in the arrays below, row by row, with one entry past the last.
    pub starts: Vec<u32>,
    /// Cells from west to east.
    pub columns: usize,
    /// Cells from south to north.
    pub rows: usize,
    /// East, padded so that a block may start at any position.
    pub x: Vec<i32>,
    /// North, padded likewise.
    pub y: Vec<i32>,
    /// Up, padded likewise.
    pub z: Vec<i32>,
    /// Index of each position in its match, padded likewise.
    pub index: Vec<u32>,
}

impl SortedCells {
    /// Pairs that [`search_cells`] compares.
    pub fn candidates(&self) -> u64 {
        let start = |cell: usize| u64::from(self.starts[cell]);
        let mut pairs = 0;
        for row in 0..self.rows {
            let first = row * self.columns;
            for cell in first..first + self.columns {
                let own = start(cell + 1) - start(cell);
                let (west, east) = (usize::from(cell > first), usize::from(cell + 1 < first + self.columns));
                let beside = if east == 1 { start(cell + 2) - start(cell + 1) } else { 0 };
                let north = if row + 1 < self.rows {
                    start(cell + self.columns + 1 + east) - start(cell + self.columns - west)
                } else {
                    0
                };
                pairs += own * own.saturating_sub(1) / 2 + own * (beside + north);
            }
        }
        pairs
    }
}

/// Pairs within the radius in the order in which they were found, in columns, with room for a block at the end.
#[derive(Debug, Default)]
pub struct NearPairs {
    /// The smaller index of each pair.
    a: Vec<u32>,
    /// The larger one.
    b: Vec<u32>,
    /// Squared distance.
    d2: Vec<u32>,
    len: usize,
    /// Lent to those who look for pairs.
    noted: Option<Box<Noted>>,
}

impl NearPairs {
    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The smaller index of each pair.
    pub fn smaller(&self) -> &[u32] {
        &self.a[..self.len]
    }

    /// The pairs.
    pub fn iter(&self) -> impl Iterator<Item = Contact> {
        let columns = self.a[..self.len].iter().zip(&self.b).zip(&self.d2);
        columns.map(|((&a, &b), &d2)| Contact { a, b, d2 })
    }

    /// Makes sure that the columns have entries up to an end.
    #[inline(always)]
    fn grow(&mut self, end: usize) {
        if self.a.len() < end {
            [&mut self.a, &mut self.b, &mut self.d2].into_iter().for_each(|column| column.resize(2 * end, 0));
        }
    }
}

/// A position and sixteen others of which some have passed the filter.
#[derive(Clone, Copy, Debug, Default)]
struct PassedBlock {
    own: u32,
    /// The first of the others.
    first: u32,
    /// Which of them have passed, a bit each.
    mask: u32,
}

/// Blocks that are noted before they are measured: few enough for the nearest cache.
const NOTED: usize = 1 << 10;

/// Room for blocks that have passed.
#[derive(Debug)]
struct Noted([PassedBlock; NOTED]);

impl Default for Noted {
    fn default() -> Self {
        Self([PassedBlock::default(); NOTED])
    }
}

/// Blocks that have passed and have not been measured yet.
struct Passed<'a> {
    noted: &'a mut [PassedBlock; NOTED],
    len: usize,
}

impl Passed<'_> {
    /// Notes what of a block has passed the filter, if anything has.
    #[inline(always)]
    fn note(&mut self, own: usize, first: usize, mask: u32) {
        self.noted[self.len % NOTED] = PassedBlock { own: own as u32, first: first as u32, mask };
        self.len += usize::from(mask != 0);
    }

    /// Whether so many more might not find room.
    #[inline(always)]
    fn is_full_for(&self, blocks: usize) -> bool {
        self.len + blocks > NOTED
    }
}

/// Positions in columns that hold a whole block from any of them on.
#[derive(Clone, Copy, Debug)]
struct PaddedPoints<'a> {
    axes: [&'a [i32]; 3],
    index: &'a [u32],
    radius_cm: u32,
}

impl<'a> PaddedPoints<'a> {
    /// Sixteen entries of a column from a position on.
    #[inline(always)]
    fn block<T>(values: &'a [T], first: usize) -> &'a [T; LANES] {
        values[first..].first_chunk().expect("padding holds a whole block")
    }

    /// The lowest corner of the square around a position.
    #[inline(always)]
    fn corner(&self, at: usize) -> [i32; 2] {
        let radius_cm = self.radius_cm.cast_signed();
        [self.axes[0][at].wrapping_sub(radius_cm), self.axes[1][at].wrapping_sub(radius_cm)]
    }

    /// Sixteen positions, seen from above.
    #[inline(always)]
    fn seen_from_above(&self, first: usize) -> [&'a [i32; LANES]; 2] {
        // Written out: `map` of an array is a call here, which empties all vector registers.
        [Self::block(self.axes[0], first), Self::block(self.axes[1], first)]
    }

    /// Measures what has been noted.
    #[inline(always)]
    fn measure_all(
        &self,
        passed: &mut Passed<'_>,
        found: &mut NearPairs,
        measure: impl Fn(Own, Block<'_>, PairSlots<'_>) -> usize,
    ) {
        let blocks = &passed.noted[..std::mem::take(&mut passed.len)];
        found.grow(found.len + blocks.len() * LANES);
        let NearPairs { a, b, d2, len, .. } = found;
        let (a, b, d2) = (&mut a[..], &mut b[..], &mut d2[..]);
        for &PassedBlock { own, first, mask } in blocks {
            let own = own as usize;
            let block = |axis: usize| Self::block(self.axes[axis], first as usize);
            let axes = [block(0), block(1), block(2)];
            let block = Block { axes, index: Self::block(self.index, first as usize), mask };
            let at = [self.axes[0][own], self.axes[1][own], self.axes[2][own]];
            let own = Own { at, index: self.index[own], radius_cm: self.radius_cm };
            let room = "it has just grown";
            let room = PairSlots {
                a: a[*len..].first_chunk_mut().expect(room),
                b: b[*len..].first_chunk_mut().expect(room),
                d2: d2[*len..].first_chunk_mut().expect(room),
            };
            *len += measure(own, block, room);
        }
    }
}

/// A position that is compared with blocks of others.
#[derive(Clone, Copy, Debug)]
struct Own {
    at: [i32; 3],
    index: u32,
    radius_cm: u32,
}

/// A block of sixteen positions, of which those count whose bit is set.
#[derive(Clone, Copy, Debug)]
struct Block<'a> {
    axes: [&'a [i32; LANES]; 3],
    index: &'a [u32; LANES],
    mask: u32,
}

/// Where the pairs of a position with a block go, in columns.
struct PairSlots<'a> {
    a: &'a mut [u32; LANES],
    b: &'a mut [u32; LANES],
    d2: &'a mut [u32; LANES],
}

/// Entries that the columns of [`SortedCells`] need past the last position.
pub const PADDING: usize = LANES;

/// Declares a loop in three forms: chosen at run time, and one for each vector instruction set, each around an inner
/// function of that set.
macro_rules! in_lanes {
    ($(#[doc = $doc:literal])+ $name:ident = $with:ident, ($($arg:ident: $type:ty),+),
     $avx512:ident = $inner_avx512:expr, $avx2:ident = $inner_avx2:expr, $portable:ident = $inner:expr) => {
        $(#[doc = $doc])+
        pub fn $name($($arg: $type),+) {
            #[cfg(target_arch = "x86_64")]
            {
                if is_x86_feature_detected!("avx512f") {
                    // SAFETY: the feature the function is compiled for was detected on the line above.
                    return unsafe { $avx512($($arg),+) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: as above.
                    return unsafe { $avx2($($arg),+) };
                }
            }
            $portable($($arg),+);
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f")]
        fn $avx512($($arg: $type),+) {
            $with($($arg),+, $inner_avx512);
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn $avx2($($arg: $type),+) {
            $with($($arg),+, $inner_avx2);
        }

        /// The portable form, which the compiler vectorises as far as the baseline of the target allows.
        fn $portable($($arg: $type),+) {
            $with($($arg),+, $inner);
        }
    };
}

in_lanes!(
    /// Appends every pair within the radius, sorted by (a, b). At most [`MAX_PLAYERS`] positions.
    all_pairs = all_pairs_with,
    (points: Points<'_>, radius_cm: u32, room: &mut Padded, found: &mut NearPairs),
    all_pairs_avx512 = (
        |axes, corner, reach| x86::filter_avx512(axes, corner, reach),
        |own, block, room| x86::measure_avx512(own, block, room),
    ),
    all_pairs_avx2 = (|axes, corner, reach| x86::filter_avx2(axes, corner, reach), measure_one_by_one),
    all_pairs_portable = (filter_portable, measure_one_by_one)
);

in_lanes!(
    /// Appends every pair within the radius, in no particular order, each once.
    search_cells = search_cells_with,
    (cells: &SortedCells, radius_cm: u32, found: &mut NearPairs),
    search_cells_avx512 = (
        |axes, corner, reach| x86::filter_avx512(axes, corner, reach),
        |own, block, room| x86::measure_avx512(own, block, room),
    ),
    search_cells_avx2 = (|axes, corner, reach| x86::filter_avx2(axes, corner, reach), measure_one_by_one),
    search_cells_portable = (filter_portable, measure_one_by_one)
);

/// Which of sixteen positions lie in the square of side `reach` whose lowest corner is given: a bit each.
#[inline(always)]
fn filter_portable([x, y]: [&[i32; LANES]; 2], corner: [i32; 2], reach: u32) -> u32 {
    let inside = |value: i32, corner: i32| value.wrapping_sub(corner) as u32 <= reach;
    let mut mask = 0;
    for (lane, (x, y)) in x.iter().zip(y).enumerate() {
        mask |= u32::from(inside(*x, corner[0]) & inside(*y, corner[1])) << lane;
    }
    mask
}

/// Puts the pairs of a position with those of a block that count and are within the radius into their columns; returns how
/// many they are.
#[inline(always)]
fn measure_one_by_one(own: Own, block: Block<'_>, room: PairSlots<'_>) -> usize {
    let (mut len, mut mask) = (0, block.mask);
    while mask != 0 {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask - 1;
        let [x, y, z] = block.axes;
        let d2 = clamped_d2(own.at, [x[lane], y[lane], z[lane]], own.radius_cm);
        let other = block.index[lane];
        // Written in any case and kept if it is near: whether it is, nobody can guess.
        (room.a[len], room.b[len], room.d2[len]) = (own.index.min(other), own.index.max(other), d2);
        len += usize::from(d2 <= own.radius_cm * own.radius_cm);
    }
    len
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, __m512i, _mm256_and_si256, _mm256_castsi256_ps, _mm256_cmpeq_epi32, _mm256_loadu_si256,
        _mm256_min_epu32, _mm256_movemask_ps, _mm256_set1_epi32, _mm256_sub_epi32, _mm512_add_epi32,
        _mm512_cmple_epu32_mask, _mm512_loadu_si512, _mm512_mask_cmple_epu32_mask, _mm512_maskz_compress_epi32,
        _mm512_max_epi32, _mm512_max_epu32, _mm512_min_epi32, _mm512_min_epu32, _mm512_mullo_epi32, _mm512_set1_epi32,
        _mm512_storeu_si512, _mm512_sub_epi32,
    };

    use super::{Block, LANES, Own, PairSlots};

    /// As `filter_portable`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn filter_avx512(axes: [&[i32; LANES]; 2], corner: [i32; 2], reach: u32) -> u32 {
        let reach = _mm512_set1_epi32(reach.cast_signed());
        let from_corner = |axis: usize| {
            // SAFETY: the array holds the sixteen numbers that are loaded.
            let values = unsafe { _mm512_loadu_si512(axes[axis].as_ptr().cast()) };
            _mm512_sub_epi32(values, _mm512_set1_epi32(corner[axis]))
        };
        let near_x = _mm512_cmple_epu32_mask(from_corner(0), reach);
        u32::from(_mm512_mask_cmple_epu32_mask(near_x, from_corner(1), reach))
    }

    /// As `measure_one_by_one`, with [`super::clamped_d2`] in sixteen lanes.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn measure_avx512(own: Own, block: Block<'_>, room: PairSlots<'_>) -> usize {
        let beyond = _mm512_set1_epi32(own.radius_cm.cast_signed() + 1);
        let square = |axis: usize| {
            // SAFETY: the array holds the sixteen numbers that are loaded.
            let values = unsafe { _mm512_loadu_si512(block.axes[axis].as_ptr().cast()) };
            let own = _mm512_set1_epi32(own.at[axis]);
            let apart = _mm512_sub_epi32(_mm512_max_epi32(values, own), _mm512_min_epi32(values, own));
            let clamped = _mm512_min_epu32(apart, beyond);
            _mm512_mullo_epi32(clamped, clamped)
        };
        let d2 = _mm512_add_epi32(_mm512_add_epi32(square(0), square(1)), square(2));
        let limit = _mm512_set1_epi32((own.radius_cm * own.radius_cm).cast_signed());
        let mask = _mm512_mask_cmple_epu32_mask(block.mask as u16, d2, limit);
        // SAFETY: as above.
        let others: __m512i = unsafe { _mm512_loadu_si512(block.index.as_ptr().cast()) };
        let index = _mm512_set1_epi32(own.index.cast_signed());
        let keep = |values: __m512i, column: &mut [u32; LANES]| {
            // SAFETY: the array has room for the sixteen numbers that are stored.
            unsafe { _mm512_storeu_si512(column.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(mask, values)) };
        };
        keep(_mm512_min_epu32(others, index), room.a);
        keep(_mm512_max_epu32(others, index), room.b);
        keep(d2, room.d2);
        mask.count_ones() as usize
    }

    /// As `filter_portable`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn filter_avx2(axes: [&[i32; LANES]; 2], corner: [i32; 2], reach: u32) -> u32 {
        let reach = _mm256_set1_epi32(reach.cast_signed());
        let half = |first: usize| {
            let near = |axis: usize| {
                // SAFETY: `first` is 0 or 8, so eight of the sixteen numbers of the array are loaded.
                let values: __m256i = unsafe { _mm256_loadu_si256(axes[axis].as_ptr().add(first).cast()) };
                let from_corner = _mm256_sub_epi32(values, _mm256_set1_epi32(corner[axis]));
                // d <= reach, unsigned, is min(d, reach) == d: AVX2 compares signed numbers only.
                _mm256_cmpeq_epi32(_mm256_min_epu32(from_corner, reach), from_corner)
            };
            let near = _mm256_and_si256(near(0), near(1));
            _mm256_movemask_ps(_mm256_castsi256_ps(near)).cast_unsigned()
        };
        half(0) | half(8) << 8
    }
}

/// Each position against the later ones, in blocks that begin where they lie best in memory.
#[inline(always)]
fn all_pairs_with(
    points: Points<'_>,
    radius_cm: u32,
    room: &mut Padded,
    found: &mut NearPairs,
    (filter, measure): (
        impl Fn([&[i32; LANES]; 2], [i32; 2], u32) -> u32,
        impl Fn(Own, Block<'_>, PairSlots<'_>) -> usize + Copy,
    ),
) {
    let Points { x, y, z } = points;
    let count = x.len();
    for (axis, values) in room.axes.iter_mut().zip([x, y, z]) {
        axis[..count].copy_from_slice(values);
    }
    let Padded { axes: [x, y, z], index } = room;
    let points = PaddedPoints { axes: [&x[..], &y[..], &z[..]], index: &index[..], radius_cm };
    let mut memory = found.noted.take().unwrap_or_default();
    let mut passed = Passed { noted: &mut memory.0, len: 0 };
    let last_first = count.saturating_sub(1) / LANES * LANES;
    let counted_of_last = u32::from(u16::MAX) >> (LANES - (count - last_first).min(LANES));
    for at in 0..count.saturating_sub(1) {
        if passed.is_full_for(MAX_PLAYERS / LANES) {
            points.measure_all(&mut passed, found, measure);
        }
        let corner = points.corner(at);
        let mut first = at / LANES * LANES;
        // Of the own block only those that come later.
        let mut counted = u32::from(u16::MAX) << (at % LANES + 1);
        while first <= last_first {
            let end = if first == last_first { counted_of_last } else { u32::from(u16::MAX) };
            let mask = filter(points.seen_from_above(first), corner, 2 * radius_cm);
            passed.note(at, first, mask & counted & end);
            counted = u32::from(u16::MAX);
            first += LANES;
        }
    }
    points.measure_all(&mut passed, found, measure);
    found.noted = Some(memory);
}

/// Each position against the later ones of its own cell, the eastern cell and the three northern ones, so that every
/// pair is met once. Own and eastern cell lie side by side in memory, and so do the three northern ones.
#[inline(always)]
fn search_cells_with(
    cells: &SortedCells,
    radius_cm: u32,
    found: &mut NearPairs,
    (filter, measure): (
        impl Fn([&[i32; LANES]; 2], [i32; 2], u32) -> u32,
        impl Fn(Own, Block<'_>, PairSlots<'_>) -> usize + Copy,
    ),
) {
    let points = PaddedPoints { axes: [&cells.x, &cells.y, &cells.z], index: &cells.index, radius_cm };
    let mut memory = found.noted.take().unwrap_or_default();
    let mut passed = Passed { noted: &mut memory.0, len: 0 };
    let start = |cell: usize| cells.starts[cell] as usize;
    for row in 0..cells.rows {
        for column in 0..cells.columns {
            let cell = row * cells.columns + column;
            let east_end = start(cell + if column + 1 < cells.columns { 2 } else { 1 });
            let north = if row + 1 < cells.rows {
                let above = cell + cells.columns;
                start(above - usize::from(column > 0))..start(above + 1 + usize::from(column + 1 < cells.columns))
            } else {
                0..0
            };
            for at in start(cell)..start(cell + 1) {
                let corner = points.corner(at);
                for range in [at + 1..east_end, north.clone()] {
                    let mut first = range.start;
                    while first < range.end {
                        if passed.is_full_for(1) {
                            points.measure_all(&mut passed, found, measure);
                        }
                        let counted = u32::from(u16::MAX) >> (LANES - (range.end - first).min(LANES));
                        let mask = filter(points.seen_from_above(first), corner, 2 * radius_cm);
                        passed.note(at, first, mask & counted);
                        first += LANES;
                    }
                }
            }
        }
    }
    points.measure_all(&mut passed, found, measure);
    found.noted = Some(memory);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Seed};

    /// What coordinates of a case lie between: all that there is, a few centimetres, so that many lie exactly on each other's
    /// radius of one, or some metres.
    fn span(case: u64) -> (i32, i32) {
        match case % 4 {
            0 => (i32::MIN, i32::MAX),
            1 => (-2, 2),
            _ => (-2_000, 2_000),
        }
    }

    type Form = fn(Points<'_>, u32, &mut Padded, &mut NearPairs);

    fn forms() -> Vec<(&'static str, Form)> {
        let mut forms: Vec<(&'static str, Form)> = vec![("portable", all_pairs_portable), ("dispatched", all_pairs)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the feature was detected on the line above.
            forms.push(("avx2", |points, radius_cm, room, found| unsafe {
                all_pairs_avx2(points, radius_cm, room, found);
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
            let (low, high) = span(case);
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
                let mut found = NearPairs::default();
                form(Points { x: &x, y: &y, z: &z }, radius_cm, &mut room, &mut found);
                assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{name}, case {case}");
            }
        }
    }

    type Search = fn(&SortedCells, u32, &mut NearPairs);

    fn searches() -> Vec<(&'static str, Search)> {
        let mut forms: Vec<(&'static str, Search)> =
            vec![("portable", search_cells_portable), ("dispatched", search_cells)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the feature was detected on the line above.
            forms.push(("avx2", |cells, radius_cm, found| unsafe { search_cells_avx2(cells, radius_cm, found) }));
        }
        forms
    }

    #[test]
    fn every_instruction_set_finds_the_same_pairs_in_cells() {
        for case in 0..200 {
            let mut draws = Seed(case).stream(Purpose::Probe, case, 8);
            let count = draws.below(400) as usize;
            // Everybody in one cell: whatever its size, all pairs are compared.
            let (low, high) = span(case);
            let mut axis = || {
                let mut values: Vec<i32> = (0..count).map(|_| draws.within(low, high)).collect();
                // What padding holds must not matter.
                values.resize(count + PADDING, 0);
                values
            };
            let (x, y, z) = (axis(), axis(), axis());
            // Sorted by anything: here backwards.
            let index: Vec<u32> = (0..(count + PADDING) as u32).map(|at| (count as u32).wrapping_sub(at + 1)).collect();
            let cells = SortedCells { starts: vec![0, count as u32], columns: 1, rows: 1, x, y, z, index };
            let radius_cm = [1, 500, 37_836][case as usize % 3];
            let mut expected = Vec::new();
            let at = |n: usize| [cells.x[n], cells.y[n], cells.z[n]];
            for one in 0..count {
                for other in one + 1..count {
                    let d2 = clamped_d2(at(one), at(other), radius_cm);
                    if d2 <= radius_cm * radius_cm {
                        expected.push(Contact { a: cells.index[other], b: cells.index[one], d2 });
                    }
                }
            }
            expected.sort_unstable();
            for (name, search) in searches() {
                let mut found = NearPairs::default();
                search(&cells, radius_cm, &mut found);
                let mut pairs: Vec<Contact> = found.iter().collect();
                pairs.sort_unstable();
                assert_eq!((found.len(), pairs), (expected.len(), expected.clone()), "{name}, case {case}");
            }
        }
    }
}
