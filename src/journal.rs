//! The journal of a realm: rows written since the last epoch, counters of ids, and sums for the report.

use bevy_ecs::prelude::*;

use crate::aggregate::Aggregate;
use crate::table::{
    EncounterGroupRow, EncounterRow, EncounterSweptRow, EncounterTeamRow, KillRow, MatchRow, ParticipationRow,
    PurchaseRow, Row, SessionEndRow, TruthEventRow, copy_sorted,
};
use crate::tape::Tape;

/// Something done to the rows of every table but heartbeats, table by table.
pub trait EachTable {
    /// Why it may fail.
    type Error;
    /// Does it to the rows of one table.
    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> Result<(), Self::Error>;
}

/// Declares [`DayRows`] from one list of tables.
macro_rules! day_rows {
    ($( $(#[doc = $doc:literal])+ $table:ident: $row:ty; )+) => {
        /// Rows of a realm and a day, or of any union of such.
        #[derive(Clone, Debug, Default)]
        pub struct DayRows {
            $( $(#[doc = $doc])+ pub $table: Vec<$row>, )+
            /// Sums; those of the rows are added when they are taken from the journal.
            pub aggregate: Aggregate,
        }

        impl DayRows {
            /// Moves in the rows of another realm and drops its sums; its memory stays.
            pub fn append(&mut self, other: &mut Self) {
                $( self.$table.append(&mut other.$table); )+
                other.aggregate = Aggregate::default();
            }

            /// Does something to the rows of every table.
            ///
            /// # Errors
            /// The first one, with the tables after it left as they were.
            pub fn each<E: EachTable>(&mut self, action: &mut E) -> Result<(), E::Error> {
                $( action.table(&mut self.$table)?; )+
                Ok(())
            }

            /// Adds the rows of every table to others, in the order in which they are written, and the sums.
            pub fn copy_sorted(&self, sorted: &mut Self) {
                $( copy_sorted(&self.$table, &mut sorted.$table); )+
                sorted.aggregate.merge(&self.aggregate);
            }

            /// Drops all rows and sums and keeps the memory.
            pub fn clear(&mut self) {
                $( self.$table.clear(); )+
                self.aggregate = Aggregate::default();
            }
        }
    };
}
day_rows! {
    /// Sessions that ended.
    session_ends: SessionEndRow;
    /// Purchases.
    purchases: PurchaseRow;
    /// Encounters that ended.
    encounters: EncounterRow;
    /// Encounters between heartbeats that ended.
    encounters_swept: EncounterSweptRow;
    /// Encounters of teams that ended.
    encounters_team: EncounterTeamRow;
    /// Groups at heartbeats.
    encounters_group: EncounterGroupRow;
    /// Kills.
    kills: KillRow;
    /// Matches that ended.
    matches: MatchRow;
    /// Parts in them.
    participations: ParticipationRow;
    /// Hidden events.
    truth_events: TruthEventRow;
}

/// What a realm has written since the last epoch, and the counters of its ids.
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
        tape.i64(&mut self.next_swept);
        tape.i64(&mut self.next_team);
        tape.i64(&mut self.next_group);
        tape.i64(&mut self.next_kill);
    }
}
