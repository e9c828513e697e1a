//! How real a run looks: 57 targets from published work, measured on the run's Parquet and judged.
//!
//! `targets` is what is asked, with the smallest sample that a number may come from. `facts` reads a run in a few passes that
//! hold no rows: `accounts` is what is kept of every account, `session_pass`, `alignment`, `payment_pass` and `match_pass`
//! read tables, `online`, `parties`, `hotspots`, `player_rounds` and `spread` add up what they see. `retention`, `play`,
//! `clocks`, `money` and `fights` compute a number each from that, by `statistics`; `verdict` compares. `page` prints, and
//! `section`, with its `drawings`, is a part of a report.
//!
//! A run that cannot tell a target says why; no number comes from little data.

mod accounts;
mod alignment;
mod batch_columns;
mod clocks;
mod drawings;
mod facts;
mod fights;
mod hotspots;
mod match_book;
mod match_pass;
mod money;
mod online;
mod page;
mod parties;
mod payment_pass;
mod play;
mod player_rounds;
mod reading;
mod retention;
mod section;
mod session_pass;
mod spread;
mod statistics;
mod targets;
mod untold;
mod verdict;

use std::path::Path;

pub use page::{list, misses, page, value};
pub use section::section;
pub use targets::{Goal, goals};
pub use verdict::Judged;

use crate::inspect::{InspectError, RunTables};
use crate::setting::Setting;
use facts::Facts;

/// A run that was measured.
pub struct Measured<'g> {
    /// What it is called: the folder, as it was given.
    pub name: String,
    /// Its world.
    pub world_hash: String,
    /// What it tells of every goal.
    pub keys: Vec<Judged<'g>>,
}

/// Measures a run in a folder. `least` takes the place of the smallest samples of all goals; `each_day` is told how many days
/// are done of the longest pass.
///
/// # Errors
/// If a table cannot be read; one that is not there is no error.
pub fn measure<'g>(
    run: &Path,
    setting: &Setting,
    goals: &[&'g Goal],
    least: Option<u64>,
    each_day: &mut dyn FnMut(u32),
) -> Result<Measured<'g>, InspectError> {
    let facts = Facts::read(run, setting, goals, each_day)?;
    let keys = verdict::judge(&RunTables::open(run)?, &facts, goals, least);
    Ok(Measured { name: run.display().to_string(), world_hash: setting.world_hash.clone(), keys })
}
