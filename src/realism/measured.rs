//! A run, measured by the targets.

use std::path::Path;

use super::conduct::Conduct;
use super::facts::Facts;
use super::targets::Goal;
use super::verdict::{Judged, judge};
use crate::inspect::{InspectError, RunTables};
use crate::setting::Setting;

/// A run that was measured.
pub struct Measured<'g> {
    /// What it is called: the folder, as it was given.
    pub name: String,
    /// Its world.
    pub world_hash: String,
    /// What it tells of every goal.
    pub keys: Vec<Judged<'g>>,
    /// How its players behave.
    pub conduct: Option<Conduct>,
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
    let keys = judge(&RunTables::open(run)?, &facts, goals, least);
    Ok(Measured {
        name: run.display().to_string(),
        world_hash: setting.world_hash.clone(),
        keys,
        conduct: facts.conduct,
    })
}
