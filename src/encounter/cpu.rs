//! Detection on the CPU: all pairs for small matches, a sweep over a cell list for large ones.
//!
//! Small: each position is compared with blocks of later ones, see `kernels`. Large: positions are sorted into square
//! columns at least one radius wide and each is compared with the later ones of its own cell and with four
//! neighbouring cells, so that every pair is met once. [`super::clamped_d2`] alone decides.

use super::frame::{Contact, Contacts, DetectError, Detector, Frame};
use super::kernels;

/// Matches up to this size are done by all pairs.
pub const ALL_PAIRS_LIMIT: usize = kernels::MAX_PLAYERS;

/// Candidate pairs of a match beyond which it is refused: their indices would no longer fit, and memory not either.
const MAX_CANDIDATES: u64 = 1 << 31;

/// The reference detector.
#[derive(Debug, Default)]
pub struct CpuDetector {
    room: kernels::Padded,
    found: kernels::NearPairs,
    cells: CellList,
}

impl Detector for CpuDetector {
    fn name(&self) -> &str {
        "cpu"
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        contacts.clear();
        for index in 0..frame.matches() {
            self.detect_match(frame, index, radius_cm, contacts)?;
        }
        Ok(())
    }
}

impl CpuDetector {
    /// Appends the contacts of one match of a frame.
    ///
    /// # Errors
    /// When there may be more pairs than can be counted.
    pub fn detect_match(
        &mut self,
        frame: &Frame,
        index: usize,
        radius_cm: u32,
        contacts: &mut Contacts,
    ) -> Result<(), DetectError> {
        let range = frame.range(index);
        let (x, y, z) = (&frame.x[range.clone()], &frame.y[range.clone()], &frame.z[range]);
        if x.len() <= ALL_PAIRS_LIMIT {
            self.found.clear();
            kernels::all_pairs(kernels::Points { x, y, z }, radius_cm, &mut self.room, &mut self.found);
            contacts.pairs.extend(self.found.iter());
        } else {
            self.cells.detect(x, y, z, radius_cm, &mut contacts.pairs)?;
        }
        let pairs = contacts.pairs.len();
        contacts.starts.push(u32::try_from(pairs).map_err(|_| DetectError::TooMany(pairs as u64))?);
        Ok(())
    }
}

/// Room for sorting the positions of one match into cells, and its pairs into order.
#[derive(Debug, Default)]
struct CellList {
    cells: kernels::SortedCells,
    /// Where the next position of each cell goes while sorting, then where the next pair of each position goes.
    cursors: Vec<u32>,
    /// Cell of each position.
    cell_of: Vec<u32>,
    /// Position and index, cell by cell.
    scattered: Vec<[i32; 4]>,
    unordered: kernels::NearPairs,
}

impl CellList {
    fn detect(
        &mut self,
        x: &[i32],
        y: &[i32],
        z: &[i32],
        radius_cm: u32,
        pairs: &mut Vec<Contact>,
    ) -> Result<(), DetectError> {
        self.sort_positions(x, y, z, radius_cm);
        let candidates = self.cells.candidates();
        if candidates > MAX_CANDIDATES {
            return Err(DetectError::TooMany(candidates));
        }
        self.unordered.clear();
        kernels::search_cells(&self.cells, radius_cm, &mut self.unordered);
        self.order_pairs(x.len(), pairs);
        Ok(())
    }

    /// Counting sort of the positions into cells.
    fn sort_positions(&mut self, x: &[i32], y: &[i32], z: &[i32], radius_cm: u32) {
        let bounds = |values: &[i32]| {
            let low = values.iter().copied().min().unwrap_or(0);
            let high = values.iter().copied().max().unwrap_or(0);
            (low, high.abs_diff(low))
        };
        let ((west, width), (south, height)) = (bounds(x), bounds(y));
        // Never more cells than a few a position: a sparse world gets wider cells, which are as correct.
        let limit = (4 * x.len()).max(16) as u64;
        let mut size = radius_cm.max(1);
        while u64::from(width / size + 1) * u64::from(height / size + 1) > limit {
            size = size.saturating_mul(2);
        }
        let cells = &mut self.cells;
        (cells.columns, cells.rows) = ((width / size + 1) as usize, (height / size + 1) as usize);
        // Division by the size as a multiplication: exact for 32-bit numbers by the 64-bit reciprocal rounded up, since
        // the error of the product stays below 2^64 / size.
        let reciprocal = u128::from(u64::MAX / u64::from(size)) + 1;
        let along = |value: i32, origin: i32| ((u128::from(value.abs_diff(origin)) * reciprocal) >> 64) as usize;
        let columns = cells.columns;
        let cell_of = |i: usize| along(y[i], south) * columns + along(x[i], west);
        cells.starts.clear();
        cells.starts.resize(cells.columns * cells.rows + 1, 0);
        self.cell_of.clear();
        self.cell_of.extend((0..x.len()).map(|i| cell_of(i) as u32));
        for cell in &self.cell_of {
            cells.starts[*cell as usize + 1] += 1;
        }
        accumulate(&mut cells.starts);
        for axis in [&mut cells.x, &mut cells.y, &mut cells.z] {
            axis.resize(x.len() + kernels::PADDING, 0);
        }
        cells.index.resize(x.len() + kernels::PADDING, 0);
        self.cursors.clone_from(&cells.starts);
        // Scattered as whole records, one cache line each, and laid out by axis in a second, sequential pass.
        self.scattered.resize(x.len(), [0; 4]);
        for (i, cell) in self.cell_of.iter().enumerate() {
            let slot = &mut self.cursors[*cell as usize];
            self.scattered[*slot as usize] = [x[i], y[i], z[i], i as i32];
            *slot += 1;
        }
        for (at, [x, y, z, index]) in self.scattered.iter().enumerate() {
            (cells.x[at], cells.y[at], cells.z[at], cells.index[at]) = (*x, *y, *z, *index as u32);
        }
    }

    /// Counting sort of the pairs by their first position; the few of each are then sorted by their second.
    fn order_pairs(&mut self, positions: usize, pairs: &mut Vec<Contact>) {
        let first = pairs.len();
        self.cursors.clear();
        self.cursors.resize(positions + 1, 0);
        for a in self.unordered.smaller() {
            self.cursors[*a as usize + 1] += 1;
        }
        accumulate(&mut self.cursors);
        pairs.resize(first + self.unordered.len(), Contact { a: 0, b: 0, d2: 0 });
        let ordered = &mut pairs[first..];
        for pair in self.unordered.iter() {
            let slot = &mut self.cursors[pair.a as usize];
            ordered[*slot as usize] = pair;
            *slot += 1;
        }
        for run in ordered.chunk_by_mut(|one, other| one.a == other.a) {
            run.sort_unstable_by_key(|pair| pair.b);
        }
    }
}

/// Counts become starts.
fn accumulate(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += *count;
        *count = sum;
    }
}
