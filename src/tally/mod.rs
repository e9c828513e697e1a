//! Tallies: what a run counts while it lasts, for its report. Whole numbers by one or more axes, bounded by the scenario and
//! its days and never by its players, that add up in any order to the same result.
//!
//! `axis` says what can be counted by, `tallies` what is counted, a line each, and `count` reads the rows of a realm and day.

mod axis;
mod count;
mod tallies;

pub use axis::Axis;
pub use tallies::{Counts, Tallies};
