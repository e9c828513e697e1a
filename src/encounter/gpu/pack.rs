//! Packing: a frame in the layout of the shader, part by part, and its pairs back in canonical order.
//!
//! A position takes 8 bytes: 22, 22 and 20 bits relative to its match. Matches wider than that (42 km, or 10 km high) or
//! with more players than a part may have stay on the host, which detects them itself; everything is exact either way.

use std::sync::Arc;

use crate::encounter::cpu::{ALL_PAIRS_LIMIT, CpuDetector};
use crate::encounter::frame::{Contact, Contacts, DetectError, Frame, clamped_d2};

use super::fault::Fault;
use super::shader::GROUP;

/// Bits of x, y and z in a packed position.
const BITS: [u32; 3] = [22, 22, 20];

/// Lower bits of a packed pair: how far the other player's index is away.
const OFFSET_BITS: u32 = 26;

/// Most players of a part, so that indices within it fit a packed pair.
pub const MAX_PLAYERS: usize = 1 << OFFSET_BITS;

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
    /// Matches of the frame that the host detects, ascending: empty, too wide or too large for a part.
    pub on_host: Vec<u32>,
}

impl Parts {
    /// Packs a frame into parts of at most so many players.
    pub fn pack(frame: &Frame, radius_cm: u32, max_players: usize) -> Self {
        let mut packed = Self::default();
        let mut part = Part::default();
        let max_players = max_players.min(MAX_PLAYERS);
        for index in 0..frame.matches() {
            let range = frame.range(index);
            let origin = Origin::of(frame, range.clone());
            if range.is_empty() || range.len() > max_players || !origin.is_narrow() {
                packed.on_host.push(index as u32);
                continue;
            }
            if part.players.len() + range.len() > max_players {
                packed.parts.push(Arc::new(std::mem::take(&mut part)));
            }
            part.push_match(frame, range, &origin, radius_cm);
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
    fn of(frame: &Frame, range: std::ops::Range<usize>) -> Self {
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
    fn push_match(&mut self, frame: &Frame, range: std::ops::Range<usize>, origin: &Origin, radius_cm: u32) {
        let (number, count) = (self.matches.len() as u32, range.len());
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
        let mut grid = 0;
        if count > ALL_PAIRS_LIMIT {
            let cells = lay_out_cells([origin.extent[0], origin.extent[1]], count, radius_cm, self.cells);
            self.cells += cells[0] * cells[1];
            self.grids.push(cells);
            grid = self.grids.len() as u32;
        }
        self.matches.push([end as u32, grid]);
    }
}

/// Columns, rows, first cell and cell size: cells of at least one radius, never many more of them than players.
fn lay_out_cells([width, height]: [u32; 2], players: usize, radius_cm: u32, first_cell: u32) -> [u32; 4] {
    let mut size = radius_cm.max(1);
    while u64::from(width / size + 1) * u64::from(height / size + 1) > 2 * players as u64 {
        size = size.saturating_mul(2);
    }
    [width / size + 1, height / size + 1, first_cell, size]
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
    fn pairs(&self) -> Result<impl Iterator<Item = (u32, u32)>, Fault> {
        let is_inside = |&[first, count]: &[u32; 2]| u64::from(first) + u64::from(count) <= self.pairs.len() as u64;
        if !self.blocks.iter().all(is_inside) {
            return Err(Fault::Wrong("the device's blocks lie outside its pairs".into()));
        }
        Ok(self.blocks.iter().enumerate().flat_map(|(group, &[first, count])| {
            self.pairs[first as usize..][..count as usize].iter().map(move |pair| {
                let a = group as u32 * GROUP + (pair >> OFFSET_BITS);
                (a, a.saturating_add(pair & (MAX_PLAYERS as u32 - 1)))
            })
        }))
    }
}

/// Puts the answers to the parts of a frame together, in canonical order. Distances are computed here, so that a pair
/// that is not near is found out.
///
/// # Errors
/// When an answer cannot be right.
pub fn unpack(
    packed: &Parts,
    answers: &[Answer],
    frame: &Frame,
    radius_cm: u32,
    contacts: &mut Contacts,
) -> Result<(), Fault> {
    contacts.clear();
    let mut cpu = CpuDetector::default();
    let mut on_host = packed.on_host.iter().copied().peekable();
    let mut next = 0;
    // Detects what stays on the host up to the next match of a part, and says which that is.
    let mut next_in_part = |contacts: &mut Contacts| -> Result<usize, Fault> {
        while on_host.next_if_eq(&next).is_some() {
            let too_many = |error: DetectError| Fault::Wrong(error.to_string());
            cpu.detect_match(frame, next as usize, radius_cm, contacts).map_err(too_many)?;
            next += 1;
        }
        next += 1;
        Ok(next as usize - 1)
    };
    for (part, answer) in packed.parts.iter().zip(answers) {
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
                    return Err(Fault::Wrong("the device reported a pair of two matches".into()));
                }
                let (a, b) = (a - first, b - first);
                let d2 = clamped_d2(at(a), at(b), radius_cm);
                if d2 > radius_cm * radius_cm {
                    return Err(Fault::Wrong("the device reported a pair that is not near".into()));
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
            return Err(Fault::Wrong("the device reported a pair of players that are not there".into()));
        }
    }
    next_in_part(contacts)?;
    Ok(())
}
