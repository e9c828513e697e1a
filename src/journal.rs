//! The journal of a realm: rows written since the last epoch, counters of ids, and sums for the report.

use bevy_ecs::prelude::*;

use crate::aggregate::Aggregate;
use crate::table::{
    EncounterRow, KillRow, MatchRow, ParticipationRow, PurchaseRow, SessionEndRow, TruthEventRow, sort_rows,
};
use crate::tape::Tape;

/// Rows of a realm that have not been handed on yet.
#[derive(Resource, Debug, Default)]
pub struct Journal {
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
    /// Number of the next encounter of the realm.
    pub next_encounter: i64,
    /// Number of the next kill of the realm.
    pub next_kill: i64,
    /// Sums of what is not counted in rows.
    pub aggregate: Aggregate,
}

/// The rows of a realm and a day.
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
    /// Sums, those of the rows included.
    pub aggregate: Aggregate,
}

impl DayRows {
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

impl Journal {
    /// Takes out all rows and sums; the id counters go on.
    pub fn take(&mut self) -> DayRows {
        let mut aggregate = std::mem::take(&mut self.aggregate);
        aggregate.sessions += self.session_ends.len() as u64;
        aggregate.session_s += self.session_ends.iter().map(|row| row.event_length_s as u64).sum::<u64>();
        aggregate.purchases += self.purchases.len() as u64;
        aggregate.revenue_usd_cents += self.purchases.iter().map(|row| row.price_usd_cents as u64).sum::<u64>();
        aggregate.encounters += self.encounters.len() as u64;
        aggregate.kills += self.kills.len() as u64;
        aggregate.matches += self.matches.len() as u64;
        aggregate.participations += self.participations.len() as u64;
        aggregate.truth_events += self.truth_events.len() as u64;
        DayRows {
            session_ends: std::mem::take(&mut self.session_ends),
            purchases: std::mem::take(&mut self.purchases),
            encounters: std::mem::take(&mut self.encounters),
            kills: std::mem::take(&mut self.kills),
            matches: std::mem::take(&mut self.matches),
            participations: std::mem::take(&mut self.participations),
            truth_events: std::mem::take(&mut self.truth_events),
            aggregate,
        }
    }

    /// Records or plays the state between two epochs, when no rows are pending.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.i64(&mut self.next_encounter);
        tape.i64(&mut self.next_kill);
    }
}
