//! Whether a run is what the targets ask for: every band told or the reason why not, and what follows for its key.

use serde_json::{Value, json};

use super::facts::Facts;
use super::reading::{Ask, Read, Reading};
use super::targets::{Band, Goal};
use super::untold::Untold;
use super::{clocks, fair_play, fights, money, play, retention};
use crate::inspect::RunTables;

/// What follows for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every band is told and holds.
    Pass,
    /// A band is told and does not hold.
    Miss,
    /// A band is not told, and none that is told misses.
    Untold,
}

impl Verdict {
    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Miss => "MISS",
            Self::Untold => "not told",
        }
    }
}

/// A key of a run.
#[derive(Clone, Debug)]
pub struct Judged<'g> {
    /// What is asked.
    pub goal: &'g Goal,
    /// What the run tells of every band.
    pub bands: Vec<(&'g Band, Result<Reading, Untold>)>,
}

impl Judged<'_> {
    /// What follows.
    pub fn verdict(&self) -> Verdict {
        if self.bands.iter().any(|(band, told)| holds(band, told) == Some(false)) {
            Verdict::Miss
        } else if self.bands.iter().all(|(_, told)| told.is_ok()) {
            Verdict::Pass
        } else {
            Verdict::Untold
        }
    }

    /// Whether any band is told.
    pub fn is_told(&self) -> bool {
        self.bands.iter().any(|(_, told)| told.is_ok())
    }

    /// Why the first band that is not told is not.
    pub fn reason(&self) -> Option<&Untold> {
        self.bands.iter().find_map(|(_, told)| told.as_ref().err())
    }

    /// As JSON.
    pub fn value(&self) -> Value {
        let band = |(band, told): &(&Band, Result<Reading, Untold>)| {
            let reading = told.as_ref().ok();
            json!({
                "label": band.label,
                "low": band.low,
                "high": band.high,
                "value": reading.and_then(|reading| reading.value),
                "sample": reading.map(|reading| reading.sample),
                "pass": holds(band, told),
                "reason": told.as_ref().err().map(ToString::to_string),
                "details": reading.and_then(|reading| reading.details.clone()),
            })
        };
        json!({
            "key": self.goal.key,
            "verdict": self.verdict().word().to_lowercase(),
            "unit": self.goal.unit,
            "source_row": self.goal.row,
            "sample_of": self.goal.of,
            "bands": self.bands.iter().map(band).collect::<Vec<_>>(),
        })
    }
}

/// Whether a band holds; nothing if it is not told.
pub fn holds(band: &Band, told: &Result<Reading, Untold>) -> Option<bool> {
    told.as_ref().ok().and_then(|reading| reading.value).map(|value| band.holds(value))
}

/// Every key that something here tells, with what does.
fn readings() -> impl Iterator<Item = (&'static str, Read)> {
    let accounts = retention::READINGS.into_iter().chain([retention::STICKINESS]).chain(money::READINGS);
    accounts.chain(play::READINGS).chain(clocks::READINGS).chain(fights::READINGS).chain(fair_play::READINGS)
}

/// Judges goals by what was read of a run; `least` takes the place of their smallest samples.
pub fn judge<'g>(tables: &RunTables, facts: &Facts<'_>, goals: &[&'g Goal], least: Option<u64>) -> Vec<Judged<'g>> {
    let of_goal = |goal: &&'g Goal| {
        let read = readings().find(|(key, _)| *key == goal.key).map(|(_, read)| read);
        let of_band = |band: &'g Band| (band, tell(tables, facts, goal, band, read, least));
        Judged { goal, bands: goal.bands.iter().map(of_band).collect() }
    };
    goals.iter().map(of_goal).collect()
}

fn tell(
    tables: &RunTables,
    facts: &Facts<'_>,
    goal: &Goal,
    band: &Band,
    read: Option<Read>,
    least: Option<u64>,
) -> Result<Reading, Untold> {
    if let Some(table) = goal.tables.iter().find(|table| !tables.has(table)) {
        return Err(Untold::NoTable(table.clone()));
    }
    let least = least.unwrap_or(goal.least);
    let ask = Ask { facts, label: band.label.as_deref().unwrap_or(""), least };
    ask.needs_days(goal.days)?;
    let read = read.ok_or(Untold::NoValue("nothing computes it yet"))?;
    let reading = read(&ask)?;
    if reading.sample < least {
        return Err(Untold::TooFew { has: reading.sample, least, of: goal.of.clone() });
    }
    match reading.value {
        Some(value) if value.is_finite() => Ok(reading),
        _ => Err(Untold::NoValue("something that it divides by, or takes the logarithm of, is 0")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::targets::goals;
    use super::*;
    use crate::inspect::table_named;

    #[test]
    fn every_target_is_computed_and_nothing_else() {
        let goals = goals();
        assert!(goals.iter().all(|goal| goal.tables.iter().all(|table| table_named(table).is_ok())));
        let asked: BTreeSet<&str> = goals.iter().map(|goal| &*goal.key).collect();
        let told: BTreeSet<&str> = readings().map(|(key, _)| key).collect();
        assert_eq!(asked, told);
        assert_eq!(readings().count(), told.len());
    }

    #[test]
    fn a_key_passes_only_if_every_band_does() {
        let goals = goals();
        let goal = goals.iter().find(|goal| goal.key == "return_hazard_by_gap_days").unwrap();
        let judged = |told: &[Option<f64>]| {
            let of = |(band, told): (_, &Option<f64>)| match told {
                Some(value) => (band, Ok(Reading::new(Some(*value), 9))),
                None => (band, Err(Untold::Days { needed: 9, has: 3 })),
            };
            Judged { goal, bands: goal.bands.iter().zip(told).map(of).collect() }.verdict()
        };
        assert_eq!(judged(&[Some(0.5), Some(0.3)]), Verdict::Pass);
        assert_eq!(judged(&[Some(0.5), Some(0.9)]), Verdict::Miss);
        assert_eq!(judged(&[Some(0.5), None]), Verdict::Untold);
        assert_eq!(judged(&[Some(0.9), None]), Verdict::Miss);
    }
}
