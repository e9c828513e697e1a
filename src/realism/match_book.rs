//! The matches that rows of other tables may belong to: those that end on the day at hand or later.
//!
//! A row of a match lies under the day of the row, the match under that of its end. So matches are read a day ahead, further
//! if a row asks for one that ends later still, and forgotten when the day of their end has passed.

use std::collections::BTreeMap;

use super::batch_columns::{numbers, optional_numbers, texts};
use crate::inspect::{InspectError, RunTables, table_named};
use crate::setting::Setting;

const COLUMNS: [&str; 5] = ["match_id", "map", "mode", "winner_team", "end_reason"];

/// What the rules of a mode are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Victims come back.
    Respawn,
    /// Victims come back in the next round.
    Rounds,
    /// Victims are out.
    Elimination,
}

/// A match.
#[derive(Clone, Copy, Debug)]
pub struct Booked {
    /// Rules of its mode.
    pub style: Style,
    /// Teams that play.
    pub teams: u8,
    /// Its map, by index.
    pub map: usize,
    /// Whether neither the run's end nor lack of players ended it.
    pub is_decided: bool,
    ended_day: u32,
}

/// Matches of a few days.
pub struct MatchBook<'r> {
    tables: &'r RunTables,
    setting: &'r Setting,
    matches: BTreeMap<i64, Booked>,
    last_found: Option<(i64, Booked)>,
    days_read: u32,
    /// Matches read so far, by style.
    pub seen: [u64; 3],
    /// Decided matches with elimination, and how many of them have a winner.
    pub decided_and_won: (u64, u64),
}

impl<'r> MatchBook<'r> {
    /// An empty one.
    pub fn new(tables: &'r RunTables, setting: &'r Setting) -> Self {
        Self {
            tables,
            setting,
            matches: BTreeMap::new(),
            last_found: None,
            days_read: 0,
            seen: [0; 3],
            decided_and_won: (0, 0),
        }
    }

    /// Reads the matches that end on a day of the run or before.
    pub fn read_through(&mut self, day: u32) -> Result<(), InspectError> {
        while self.days_read <= day && self.days_read < self.setting.clock.days {
            self.read_day()?;
        }
        Ok(())
    }

    fn read_day(&mut self) -> Result<(), InspectError> {
        let (tables, setting, day) = (self.tables, self.setting, self.days_read);
        self.days_read += 1;
        tables.read_day(table_named("matches")?, setting.clock.date(day), Some(&COLUMNS), &mut |batch| {
            let (ids, winners) = (numbers(batch, "match_id")?, optional_numbers(batch, "winner_team")?);
            let (maps, modes) = (texts(batch, "map")?, texts(batch, "mode")?);
            let reasons = texts(batch, "end_reason")?;
            for row in 0..ids.len() {
                let (map, mode) = (maps.value(row), modes.value(row));
                let place = setting.scenario.file.maps.index_of(map).zip(setting.scenario.file.modes.index_of(mode));
                let (map, mode) = place.ok_or_else(|| unknown(format!("map {map} or mode {mode}")))?;
                let rules = &setting.modes[mode];
                let style = match (rules.is_elimination, rules.round_ticks > 0) {
                    (true, _) => Style::Elimination,
                    (false, true) => Style::Rounds,
                    (false, false) => Style::Respawn,
                };
                let is_decided = !matches!(reasons.value(row), "run_end" | "abandoned");
                let booked = Booked { style, teams: rules.teams, map, is_decided, ended_day: day };
                self.seen[style as usize] += 1;
                if style == Style::Elimination && is_decided {
                    self.decided_and_won.0 += 1;
                    self.decided_and_won.1 += u64::from(winners[row].is_some());
                }
                self.matches.insert(ids[row], booked);
            }
            Ok(())
        })
    }

    /// The match of a row.
    pub fn find(&mut self, id: i64) -> Result<Booked, InspectError> {
        if let Some((last, booked)) = self.last_found
            && last == id
        {
            return Ok(booked);
        }
        while !self.matches.contains_key(&id) && self.days_read < self.setting.clock.days {
            self.read_day()?;
        }
        let booked = self.matches.get(&id).copied().ok_or_else(|| unknown(format!("match {id}")))?;
        self.last_found = Some((id, booked));
        Ok(booked)
    }

    /// Forgets the matches that ended on a day; those with rounds, in order.
    pub fn close(&mut self, day: u32) -> Vec<(i64, Booked)> {
        let ended = self.matches.extract_if(.., |_, booked| booked.ended_day <= day);
        ended.filter(|(_, booked)| booked.style == Style::Rounds).collect()
    }
}

fn unknown(what: String) -> InspectError {
    InspectError::Unreadable { path: "matches".into(), why: format!("the run does not know {what}") }
}
