//! Packing: a frame in the layout of the shader, part by part, and its pairs back in canonical order.

use bytemuck::{Pod, Zeroable};

use crate::encounter::cpu::ALL_PAIRS_LIMIT;
use crate::encounter::{Contact, Contacts, DetectError, Frame};

/// A match in the layout of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct PackedMatch {
    /// First player of the part.
    pub first: u32,
    /// One past the last.
    pub end: u32,
    /// Cells from west to east; 0 for all pairs.
    pub columns: u32,
    /// Cells from south to north.
    pub rows: u32,
    /// Its first cell among those of the part.
    pub first_cell: u32,
    /// Side of a cell in centimetres.
    pub cell_size: u32,
    /// Western edge of the cells.
    pub west: i32,
    /// Southern edge of the cells.
    pub south: i32,
}

/// Part of a frame in the layout of the shader.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    /// Position and match of each player.
    pub players: Vec<[i32; 4]>,
    /// Matches.
    pub matches: Vec<PackedMatch>,
    /// Cells of all matches.
    pub cells: u32,
}

impl Packed {
    fn push_match(&mut self, frame: &Frame, index: usize, radius_cm: u32) {
        let range = frame.range(index);
        let (first, count) = (self.players.len() as u32, range.len());
        let number = self.matches.len() as i32;
        self.players.extend(range.clone().map(|i| [frame.x[i], frame.y[i], frame.z[i], number]));
        let mut packed = PackedMatch {
            first,
            end: first + count as u32,
            columns: 0,
            rows: 0,
            first_cell: self.cells,
            cell_size: 1,
            west: 0,
            south: 0,
        };
        if count > ALL_PAIRS_LIMIT {
            packed.lay_out_cells(&frame.x[range.clone()], &frame.y[range], radius_cm);
            self.cells += packed.columns * packed.rows;
        }
        self.matches.push(packed);
    }
}

impl PackedMatch {
    /// Chooses cells of at least one radius, never many more of them than players.
    fn lay_out_cells(&mut self, x: &[i32], y: &[i32], radius_cm: u32) {
        let bounds = |values: &[i32]| {
            let low = values.iter().copied().min().unwrap_or(0);
            let high = values.iter().copied().max().unwrap_or(0);
            (low, high.abs_diff(low))
        };
        let ((west, width), (south, height)) = (bounds(x), bounds(y));
        let mut size = radius_cm.max(1);
        while u64::from(width / size + 1) * u64::from(height / size + 1) > 2 * x.len() as u64 {
            size = size.saturating_mul(2);
        }
        (self.west, self.south, self.cell_size) = (west, south, size);
        (self.columns, self.rows) = (width / size + 1, height / size + 1);
    }
}

/// Anything that answers a packed part of a frame with unsorted pairs.
pub trait Kernel {
    /// Most players of a part.
    fn max_players(&self) -> usize;
    /// Pairs of a part, unsorted: indices into it and the squared distance.
    fn run(&mut self, packed: Packed, radius_cm: u32) -> Result<Vec<[u32; 3]>, String>;
}

/// Packs a frame part by part, lets a kernel find the pairs and puts them into canonical order.
pub fn detect_with(
    kernel: &mut impl Kernel,
    frame: &Frame,
    radius_cm: u32,
    contacts: &mut Contacts,
) -> Result<(), DetectError> {
    contacts.clear();
    let max_players = kernel.max_players();
    let mut index = 0;
    while index < frame.matches() {
        let mut packed = Packed::default();
        while index < frame.matches() && packed.players.len() + frame.range(index).len() <= max_players {
            packed.push_match(frame, index, radius_cm);
            index += 1;
        }
        if packed.matches.is_empty() {
            let count = frame.range(index).len();
            return Err(DetectError::Gpu(format!("a match of {count} players exceeds a binding of this adapter")));
        }
        let matches = packed.matches.clone();
        let mut pairs = if packed.players.is_empty() {
            Vec::new()
        } else {
            kernel.run(packed, radius_cm).map_err(DetectError::Gpu)?
        };
        pairs.sort_unstable();
        let mut pairs = pairs.into_iter().peekable();
        for game in matches {
            while let Some([a, b, d2]) = pairs.next_if(|pair| pair[0] < game.end) {
                contacts.pairs.push(Contact { a: a - game.first, b: b - game.first, d2 });
            }
            contacts.starts.push(contacts.pairs.len() as u32);
        }
    }
    Ok(())
}
