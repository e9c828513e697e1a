//! What a detection is asked.

use std::path::PathBuf;

use super::column::Columns;

/// What to detect.
#[derive(Clone, Debug)]
pub struct DetectOptions {
    /// Files, folders or patterns.
    pub inputs: Vec<PathBuf>,
    /// Which columns hold what.
    pub columns: Columns,
    /// Distance at which a pair is in contact.
    pub radius_cm: u32,
    /// Distance at which an open encounter stays open; at least the radius.
    pub exit_radius_cm: u32,
    /// What distances are computed in: centimetres, or for radii beyond [`crate::encounter::MAX_RADIUS_CM`] steps of
    /// the grid, of which both radii are multiples then.
    pub step_cm: u32,
    /// Longest time between two near times of one encounter.
    pub merge_gap_s: u32,
    /// Most bytes of rows to hold at once.
    pub memory_bytes: usize,
}
