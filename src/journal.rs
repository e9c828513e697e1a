//! The journal of a realm: rows written since the last epoch, counters of ids, and sums for the report.

use bevy_ecs::prelude::*;

use crate::aggregate::Aggregate;
use crate::table::{
    EncounterRow, KillRow, MatchRow, ParticipationRow, PurchaseRow, SessionEndRow, TruthEventRow, sort_rows,
};
use crate::tape::Tape;

/// Rows of a realm and a day, or of any union of such.
#[derive(Debug, Default)]
pub struct DayRows {
    /// Sessions that ended.
    pub session_ends: Vec<SessionEndRow>,
    /// Purchases.
    pub purchases: Vec<PurchaseRow>,
    /// Encounters that ended.
    pub encounters: Vec<EncounterRow>,
    /// Kills.
    pub kills: Vec<KillRow>,
    /// Matches that ended.
    pub matches: Vec<MatchRow>,
    /// Parts in them.
    pub participations: Vec<ParticipationRow>,
    /// Hidden events.
    pub truth_events: Vec<TruthEventRow>,
    /// Sums; those of the rows are added when they are taken from the journal.
    pub aggregate: Aggregate,
}

impl DayRows {
    /// Moves in the rows and sums of another realm.
    pub fn append(&mut self, mut other: Self) {
        self.session_ends.append(&mut other.session_ends);
        self.purchases.append(&mut other.purchases);
        self.encounters.append(&mut other.encounters);
        self.kills.append(&mut other.kills);
        self.matches.append(&mut other.matches);
        self.participations.append(&mut other.participations);
        self.truth_events.append(&mut other.truth_events);
        self.aggregate.merge(&other.aggregate);
    }

    /// Sorts every table by its key, the order in which it is written.
    pub fn sort(&mut self) {
        sort_rows(&mut self.session_ends);
        sort_rows(&mut self.purchases);
        sort_rows(&mut self.encounters);
        sort_rows(&mut self.kills);
        sort_rows(&mut self.matches);
        sort_rows(&mut self.participations);
        sort_rows(&mut self.truth_events);
    }
}

/// What a realm has written since the last epoch, and the counters of its ids.
#[derive(Resource, Debug, Default)]
pub struct Journal {
    /// Rows that have not been handed on yet.
    pub rows: DayRows,
    /// Number of the next encounter of the realm.
    pub next_encounter: i64,
    /// Number of the next kill of the realm.
    pub next_kill: i64,
}

impl Journal {
    /// Takes out all rows and sums; the id counters go on.
    pub fn take(&mut self) -> DayRows {
        let mut rows = std::mem::take(&mut self.rows);
        let sums = &mut rows.aggregate;
        sums.sessions += rows.session_ends.len() as u64;
        sums.session_s += rows.session_ends.iter().map(|row| row.event_length_s as u64).sum::<u64>();
        sums.purchases += rows.purchases.len() as u64;
        sums.revenue_usd_cents += rows.purchases.iter().map(|row| row.price_usd_cents as u64).sum::<u64>();
        sums.encounters += rows.encounters.len() as u64;
        sums.kills += rows.kills.len() as u64;
        sums.matches += rows.matches.len() as u64;
        sums.participations += rows.participations.len() as u64;
        sums.truth_events += rows.truth_events.len() as u64;
        rows
    }

    /// Records or plays the state between two epochs, when no rows are pending.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.i64(&mut self.next_encounter);
        tape.i64(&mut self.next_kill);
    }
}
