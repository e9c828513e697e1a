//! Everything that is read of a run, in as few passes as what is asked for takes.

use std::path::Path;

use super::accounts::Accounts;
use super::alignment::aligned_seconds;
use super::conduct::Conduct;
use super::match_pass::{self, MatchSums};
use super::payment_pass::read_payments;
use super::session_pass::SessionSums;
use super::targets::Goal;
use crate::inspect::{InspectError, RunTables};
use crate::setting::Setting;

/// What a run says. What is missing was not asked for, or the run has no table of it.
pub struct Facts<'r> {
    /// The run's scenario, compiled.
    pub setting: &'r Setting,
    /// Its accounts.
    pub accounts: Accounts,
    /// Its sessions.
    pub sessions: Option<SessionSums>,
    /// Seconds played by the hour of each account's own clock.
    pub aligned: Option<[u64; 24]>,
    /// Its matches.
    pub matches: Option<MatchSums>,
    /// How its players behave.
    pub conduct: Option<Conduct>,
}

impl<'r> Facts<'r> {
    /// Reads what goals ask for of the tables of a run in a folder.
    ///
    /// `each_day` is told how many days are done of the longest pass.
    ///
    /// # Errors
    /// See [`InspectError`]; tables that the run has not are no error.
    pub fn read(
        run: &Path,
        setting: &'r Setting,
        goals: &[&Goal],
        each_day: &mut dyn FnMut(u32),
    ) -> Result<Self, InspectError> {
        let tables = RunTables::open(run)?;
        let can_tell = |goal: &&&Goal| goal.tables.iter().all(|table| tables.has(table));
        let told: Vec<&&Goal> = goals.iter().filter(can_tell).collect();
        let wants = |table: &str| told.iter().any(|goal| goal.tables.iter().any(|needed| needed == table));
        let mut accounts = if wants("session_ends") || wants("purchases") {
            Accounts::read(&tables, setting.clock)?
        } else {
            Accounts::default()
        };
        let (mut sessions, mut aligned, mut matches) = (None, None, None);
        if wants("session_ends") {
            sessions = Some(SessionSums::read(&tables, setting, &mut accounts)?);
        }
        if told.iter().any(|goal| goal.key == "aligned_concurrency_peak_to_trough") {
            aligned = Some(aligned_seconds(&tables, setting.clock, &accounts)?);
        }
        if wants("purchases") {
            read_payments(&tables, setting.clock, &mut accounts)?;
        }
        if match_pass::TABLES.iter().any(|table| wants(table)) {
            matches = Some(MatchSums::read(&tables, setting, &wants, each_day)?);
        }
        let conduct = if wants("anticheat_flags") || wants("reports") { Conduct::read(&tables)? } else { None };
        Ok(Self { setting, accounts, sessions, aligned, matches, conduct })
    }

    /// Days of the run.
    pub fn days(&self) -> u32 {
        self.setting.clock.days
    }
}
