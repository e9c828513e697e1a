//! Detection on the CPU: all pairs for small matches, a sweep over a cell list for large ones.
//!
//! Small: each position is compared with blocks of later ones, see `lanes`. Large: positions are sorted into square
//! columns at least one radius wide and each is compared with the later ones of its own cell and with four
//! neighbouring cells, so that every pair is met once. [`clamped_d2`] alone decides.

use super::{Contact, Contacts, DetectError, Detector, Frame, clamped_d2, lanes};

/// Matches up to this size are done by all pairs.
pub const ALL_PAIRS_LIMIT: usize = lanes::MAX_PLAYERS;

/// The reference detector.
#[derive(Debug, Default)]
pub struct CpuDetector {
    room: lanes::Padded,
    cells: CellList,
}

impl Detector for CpuDetector {
    fn name(&self) -> &str {
        "cpu"
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        contacts.clear();
        for index in 0..frame.matches() {
            let range = frame.range(index);
            let (x, y, z) = (&frame.x[range.clone()], &frame.y[range.clone()], &frame.z[range]);
            if x.len() <= ALL_PAIRS_LIMIT {
                lanes::all_pairs(lanes::Points { x, y, z }, radius_cm, &mut self.room, &mut contacts.pairs);
            } else {
                self.cells.detect(x, y, z, radius_cm, &mut contacts.pairs);
            }
            contacts.starts.push(contacts.pairs.len() as u32);
        }
        Ok(())
    }
}

/// Positions of one match sorted into cells.
#[derive(Debug, Default)]
struct CellList {
    /// Start of each cell in `sorted`, with one entry past the last.
    starts: Vec<u32>,
    /// Where the next position of each cell goes while sorting.
    cursors: Vec<u32>,
    /// Position and its index in the match, cell by cell.
    sorted: Vec<([i32; 3], u32)>,
}

impl CellList {
    fn detect(&mut self, x: &[i32], y: &[i32], z: &[i32], radius_cm: u32, pairs: &mut Vec<Contact>) {
        let first = pairs.len();
        let (columns, rows) = self.sort(x, y, z, radius_cm);
        for row in 0..rows {
            for column in 0..columns {
                let cell = row * columns + column;
                let own = self.starts[cell] as usize..self.starts[cell + 1] as usize;
                if own.is_empty() {
                    continue;
                }
                // The rest of the own cell and the eastern one lie side by side in `sorted`; so do the three to the north.
                let east_end = self.starts[cell + if column + 1 < columns { 2 } else { 1 }] as usize;
                let north = if row + 1 < rows {
                    let above = cell + columns;
                    let west = above - usize::from(column > 0);
                    let east = above + usize::from(column + 1 < columns);
                    self.starts[west] as usize..self.starts[east + 1] as usize
                } else {
                    0..0
                };
                for at in own {
                    let (position, index) = self.sorted[at];
                    let later = self.sorted[at + 1..east_end].iter().chain(&self.sorted[north.clone()]);
                    for (other, other_index) in later {
                        let d2 = clamped_d2(position, *other, radius_cm);
                        if d2 <= radius_cm * radius_cm {
                            let (a, b) = (index.min(*other_index), index.max(*other_index));
                            pairs.push(Contact { a, b, d2 });
                        }
                    }
                }
            }
        }
        pairs[first..].sort_unstable();
    }

    /// Counting sort into cells; returns the number of columns and rows.
    fn sort(&mut self, x: &[i32], y: &[i32], z: &[i32], radius_cm: u32) -> (usize, usize) {
        let bounds = |values: &[i32]| {
            let low = values.iter().copied().min().unwrap_or(0);
            let high = values.iter().copied().max().unwrap_or(0);
            (low, i64::from(high) - i64::from(low))
        };
        let ((west, width), (south, height)) = (bounds(x), bounds(y));
        // Never more cells than a few a position: a sparse world gets wider cells, which are as correct.
        let limit = (4 * x.len()).max(16) as i64;
        let mut size = i64::from(radius_cm.max(1));
        while (width / size + 1) * (height / size + 1) > limit {
            size *= 2;
        }
        let (columns, rows) = ((width / size + 1) as usize, (height / size + 1) as usize);
        let cell_of = |i: usize| {
            let column = (i64::from(x[i]) - i64::from(west)) / size;
            let row = (i64::from(y[i]) - i64::from(south)) / size;
            row as usize * columns + column as usize
        };
        self.starts.clear();
        self.starts.resize(columns * rows + 1, 0);
        for i in 0..x.len() {
            self.starts[cell_of(i) + 1] += 1;
        }
        for cell in 0..columns * rows {
            self.starts[cell + 1] += self.starts[cell];
        }
        self.sorted.clear();
        self.sorted.resize(x.len(), ([0; 3], 0));
        self.cursors.clone_from(&self.starts);
        for i in 0..x.len() {
            let slot = &mut self.cursors[cell_of(i)];
            self.sorted[*slot as usize] = ([x[i], y[i], z[i]], i as u32);
            *slot += 1;
        }
        (columns, rows)
    }
}
