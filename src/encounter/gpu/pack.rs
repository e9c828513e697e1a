//! Packing: a frame in the layout of the shader, part by part, and its pairs back in canonical order.
//!
//! A position takes 8 bytes: 22, 22 and 20 bits relative to its match. Matches wider than that (42 km, or 10 km high) or
//! with more players than a part may have stay on the host, which detects them itself; everything is exact either way.

use std::ops::Range;
use std::sync::Arc;

use crate::encounter::cpu::{ALL_PAIRS_LIMIT, CpuDetector};
use crate::encounter::frame::{Contact, Contacts, DetectError, Frame, clamped_d2};

use super::shader::GROUP;

/// Bits of x, y and z in a packed position.
const BITS: [u32; 3] = [22, 22, 20];

/// Lower bits of a packed pair: how far the other player's index is away.
const OFFSET_BITS: u32 = 26;

/// Most players of a part, so that indices within it fit a packed pair.
pub const MAX_PLAYERS: usize = 1 << OFFSET_BITS;

/// Most distances that a part asks for. The kernel computes each twice; a slow device does some 10^9 in a second, and
/// desktops reset one that is busy for two.
pub const MAX_CANDIDATES: u64 = 1 << 29;

/// Part of a frame in the layout of the shader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Positions, bits packed from the lowest up.
    pub players: Vec<[u32; 2]>,
    /// The first match of each workgroup.
    pub firsts: Vec<u32>,
    /// For each match one past its last player, and its grid + 1 or 0 for all pairs.
    pub matches: Vec<[u32; 2]>,
    /// Columns, rows, first cell and cell size of each large match.
    pub grids: Vec<[u32; 4]>,
    /// Cells of all grids.
    pub cells: u32,
}

/// A frame in parts.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// What devices detect.
    pub parts: Vec<Arc<Part>>,
    /// Matches of the frame that the host detects, ascending: empty, too wide, too large or too crowded for a part.
    pub on_host: Vec<u32>,
}

/// What a part may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartLimits {
    /// Most players.
    pub players: usize,
    /// Most pairs of players whose distance is asked for.
    pub candidates: u64,
}

impl Default for PartLimits {
    fn default() -> Self {
        Self { players: MAX_PLAYERS, candidates: MAX_CANDIDATES }
    }
}

impl Parts {
    /// Packs a frame into parts within limits.
    pub fn pack(frame: &Frame, radius_cm: u32, limits: PartLimits) -> Self {
        let mut packed = Self::default();
        let mut part = Part::default();
        let max_players = limits.players.min(MAX_PLAYERS);
        let (mut candidates, mut crowds) = (0, Vec::new());
        for index in 0..frame.matches() {
            let range = frame.range(index);
            let origin = Origin::of(frame, range.clone());
            if range.is_empty() || range.len() > max_players || !origin.is_narrow() {
                packed.on_host.push(index as u32);
                continue;
            }
            let grid = (range.len() > ALL_PAIRS_LIMIT).then(|| lay_out_cells(&origin, range.len(), radius_cm));
            let own_candidates = match grid {
                None => (range.len() * (range.len() - 1) / 2) as u64,
                Some(grid) => candidates_in(grid, frame, range.clone(), &origin, &mut crowds),
            };
            if own_candidates > limits.candidates {
                packed.on_host.push(index as u32);
                continue;
            }
            let is_full = part.players.len() + range.len() > max_players;
            if is_full || candidates + own_candidates > limits.candidates {
                packed.parts.push(Arc::new(std::mem::take(&mut part)));
                candidates = 0;
            }
            candidates += own_candidates;
            part.push_match(frame, range, &origin, grid);
        }
        if !part.players.is_empty() {
            packed.parts.push(Arc::new(part));
        }
        packed
    }
}

/// The lowest corner of a match and its extent.
struct Origin {
    corner: [i32; 3],
    extent: [u32; 3],
}

impl Origin {
    fn of(frame: &Frame, range: Range<usize>) -> Self {
        let bounds = [&frame.x, &frame.y, &frame.z].map(|axis| {
            let values = &axis[range.clone()];
            let (first, rest) = values.split_first().unwrap_or((&0, &[]));
            rest.iter().fold((*first, *first), |(low, high), &value| (low.min(value), high.max(value)))
        });
        Self { corner: bounds.map(|(low, _)| low), extent: bounds.map(|(low, high)| high.abs_diff(low)) }
    }

    fn is_narrow(&self) -> bool {
        self.extent.iter().zip(BITS).all(|(extent, bits)| extent >> bits == 0)
    }
}

impl Part {
    fn push_match(&mut self, frame: &Frame, range: Range<usize>, origin: &Origin, grid: Option<[u32; 3]>) {
        let number = self.matches.len() as u32;
        let [west, south, bottom] = origin.corner;
        let start = self.players.len();
        let positions = frame.x[range.clone()].iter().zip(&frame.y[range.clone()]).zip(&frame.z[range]);
        self.players.extend(positions.map(|((&x, &y), &z)| {
            // Differences within the bits that were checked; wrapping is what their sign needs.
            let [x, y, z] = [x.wrapping_sub(west), y.wrapping_sub(south), z.wrapping_sub(bottom)].map(|d| d as u32);
            [x | y << 22, y >> 10 | z << 12]
        }));
        let end = self.players.len();
        // Workgroups whose first player is in this match.
        let groups = start.div_ceil(GROUP as usize)..end.div_ceil(GROUP as usize);
        self.firsts.resize(groups.end.max(groups.start), number);
        if let Some([columns, rows, size]) = grid {
            self.grids.push([columns, rows, self.cells, size]);
            self.cells += columns * rows;
        }
        let grid_number = if grid.is_some() { self.grids.len() as u32 } else { 0 };
        self.matches.push([end as u32, grid_number]);
    }
}

/// Columns, rows and cell size: cells of at least one radius, never many more of them than players.
fn lay_out_cells(origin: &Origin, players: usize, radius_cm: u32) -> [u32; 3] {
    let [width, height, _] = origin.extent;
    let mut size = radius_cm.max(1);
    while u64::from(width / size + 1) * u64::from(height / size + 1) > 2 * players as u64 {
        size = size.saturating_mul(2);
    }
    [width / size + 1, height / size + 1, size]
}

/// Pairs of players in the same or neighbouring cells, each counted from both sides, as the kernel visits them.
fn candidates_in(
    [columns, rows, size]: [u32; 3],
    frame: &Frame,
    range: Range<usize>,
    origin: &Origin,
    crowds: &mut Vec<u32>,
) -> u64 {
    crowds.clear();
    // A margin of empty cells all around, so that every cell has eight neighbours.
    let stride = columns as usize + 2;
    crowds.resize(stride * (rows as usize + 2), 0);
    for (x, y) in frame.x[range.clone()].iter().zip(&frame.y[range]) {
        let cell = |at: i32, axis: usize| (at.wrapping_sub(origin.corner[axis]) as u32 / size) as usize + 1;
        crowds[cell(*y, 1) * stride + cell(*x, 0)] += 1;
    }
    let mut candidates = 0;
    for row in 1..=rows as usize {
        let rows_around = [row - 1, row, row + 1].map(|row| &crowds[row * stride..][..stride]);
        for column in 1..=columns as usize {
            let own = u64::from(rows_around[1][column]);
            if own > 0 {
                let around = rows_around.iter().flat_map(|row| &row[column - 1..=column + 1]);
                candidates += own * around.map(|&crowd| u64::from(crowd)).sum::<u64>();
            }
        }
    }
    candidates
}

/// What a device found in a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// First pair and number of pairs of each workgroup.
    pub blocks: Vec<[u32; 2]>,
    /// Packed pairs: the place in the workgroup, and how far away the other player's index is.
    pub pairs: Vec<u32>,
}

impl Answer {
    /// Pairs as indices into the part, ascending by the first, if every block lies within the pairs.
    fn pairs(&self) -> Result<impl Iterator<Item = (u32, u32)>, DetectError> {
        let is_inside = |&[first, count]: &[u32; 2]| u64::from(first) + u64::from(count) <= self.pairs.len() as u64;
        if !self.blocks.iter().all(is_inside) {
            return Err(DetectError::Wrong("its blocks lie outside its pairs".into()));
        }
        Ok(self.blocks.iter().enumerate().flat_map(|(group, &[first, count])| {
            self.pairs[first as usize..][..count as usize].iter().map(move |pair| {
                let a = group as u32 * GROUP + (pair >> OFFSET_BITS);
                (a, a.saturating_add(pair & (MAX_PLAYERS as u32 - 1)))
            })
        }))
    }
}

/// Puts the answers to the parts of a frame together, in canonical order; parts without one are detected here. Distances
/// are computed here, so that a pair that is not near is found out.
///
/// # Errors
/// When an answer cannot be right.
pub fn unpack(
    packed: &Parts,
    answers: &[Option<Answer>],
    frame: &Frame,
    radius_cm: u32,
    contacts: &mut Contacts,
) -> Result<(), DetectError> {
    contacts.clear();
    let (mut cpu, mut cpu_for_parts) = (CpuDetector::default(), CpuDetector::default());
    let wrong = |what: &str| Err(DetectError::Wrong(what.into()));
    let mut on_host = packed.on_host.iter().copied().peekable();
    let mut next = 0;
    // Detects what stays on the host up to the next match of a part, and says which that is.
    let mut next_in_part = |contacts: &mut Contacts| -> Result<usize, DetectError> {
        while on_host.next_if_eq(&next).is_some() {
            cpu.detect_match(frame, next as usize, radius_cm, contacts)?;
            next += 1;
        }
        next += 1;
        Ok(next as usize - 1)
    };
    for (part, answer) in packed.parts.iter().zip(answers) {
        let Some(answer) = answer else {
            for _ in &part.matches {
                let index = next_in_part(contacts)?;
                cpu_for_parts.detect_match(frame, index, radius_cm, contacts)?;
            }
            continue;
        };
        let mut pairs = answer.pairs()?.peekable();
        let mut first = 0;
        for &[end, grid] in &part.matches {
            let start = frame.starts[next_in_part(contacts)?] as usize;
            let at = |n: u32| {
                let i = start + n as usize;
                [frame.x[i], frame.y[i], frame.z[i]]
            };
            let run = contacts.pairs.len();
            while let Some((a, b)) = pairs.next_if(|(a, _)| *a < end) {
                if a < first || b <= a || b >= end {
                    return wrong("it reported a pair of two matches");
                }
                let (a, b) = (a - first, b - first);
                let d2 = clamped_d2(at(a), at(b), radius_cm);
                if d2 > radius_cm * radius_cm {
                    return wrong("it reported a pair that is not near");
                }
                contacts.pairs.push(Contact { a, b, d2 });
            }
            if grid > 0 {
                // Pairs of one player come out of cells in any order.
                for own in contacts.pairs[run..].chunk_by_mut(|one, other| one.a == other.a) {
                    own.sort_unstable_by_key(|pair| pair.b);
                }
            }
            contacts.starts.push(contacts.pairs.len() as u32);
            first = end;
        }
        if pairs.next().is_some() {
            return wrong("it reported a pair of players that are not there");
        }
    }
    next_in_part(contacts)?;
    Ok(())
}
