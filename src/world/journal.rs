//! The journal of a realm: rows written since they were last taken, counters of ids, and sums for the report.

use bevy_ecs::prelude::*;

use crate::table::DayRows;
use crate::tape::Tape;

/// What a realm has written since they were last taken, and the counters of its ids.
#[derive(Resource, Debug, Default)]
pub struct Journal {
    /// Rows that have not been handed on yet.
    pub rows: DayRows,
    /// Number of the next encounter of the realm.
    pub next_encounter: i64,
    /// Number of the next encounter between heartbeats.
    pub next_swept: i64,
    /// Number of the next encounter of teams.
    pub next_team: i64,
    /// Number of the next group.
    pub next_group: i64,
    /// Number of the next kill of the realm.
    pub next_kill: i64,
}

impl Journal {
    /// Takes out all rows and sums; the id counters go on.
    pub fn take(&mut self) -> DayRows {
        let mut rows = std::mem::take(&mut self.rows);
        let counts = rows.count();
        let sums = &mut rows.sums;
        sums.rows = counts;
        sums.session_s += rows.session_ends.iter().map(|row| row.event_length_s as u64).sum::<u64>();
        sums.revenue_usd_cents += rows.purchases.iter().map(|row| row.price_usd_cents as u64).sum::<u64>();
        rows
    }

    /// Records or plays the state when no rows are pending.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.i64(&mut self.next_encounter);
        tape.i64(&mut self.next_swept);
        tape.i64(&mut self.next_team);
        tape.i64(&mut self.next_group);
        tape.i64(&mut self.next_kill);
    }
}
