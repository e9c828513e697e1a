//! The journal of a realm: rows written since they were last taken, counters of ids, and sums for the report.

use bevy_ecs::prelude::*;

use super::account::Player;
use crate::table::{DayRows, EncounterRow, KillRow, Venue, Visit};
use crate::tape::Tape;

/// Number of the first encounter of a realm.
pub const FIRST_ENCOUNTER: i64 = 1;
/// Logins of a player's day that are told apart.
const LOGINS: usize = 24;

/// What a realm has written since they were last taken, and the counters of its ids.
#[derive(Resource, Debug)]
pub struct Journal {
    /// Rows that have not been handed on yet.
    pub rows: DayRows,
    /// Number of the next encounter of the realm; the first is 1, because a kill says by 0 that its pair had none open.
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

impl Default for Journal {
    fn default() -> Self {
        Self {
            rows: DayRows::default(),
            next_encounter: FIRST_ENCOUNTER,
            next_swept: 0,
            next_team: 0,
            next_group: 0,
            next_kill: 0,
        }
    }
}

impl Journal {
    /// Notes a heartbeat of a player, with country and platform, on a day if it is the day's first.
    pub fn note_visit(&mut self, player: &mut Player, [country, platform]: [u16; 2], day: u32) {
        let Some(seen_before) = player.see(day) else { return };
        self.rows.sums.active_players += 1;
        self.rows.notes.visits.push(Visit {
            player_id: player.account.id,
            day: day as u16,
            seen_before,
            country,
            platform,
        });
    }

    /// Notes that a session of a player has logged in.
    pub fn note_login(&mut self, player: &mut Player) {
        let logins = &mut self.rows.notes.logins;
        logins.resize(LOGINS, 0);
        logins[usize::from(player.logins).min(LOGINS - 1)] += 1;
        player.logins = player.logins.saturating_add(1);
    }

    /// Writes a kill.
    pub fn write_kill(&mut self, venue: Venue, row: KillRow) {
        self.rows.kills.push(row);
        self.rows.notes.kill_venues.push(venue);
    }

    /// Writes an encounter.
    pub fn write_encounter(&mut self, venue: Venue, row: EncounterRow) {
        self.rows.encounters.push(row);
        self.rows.notes.encounter_venues.push(venue);
    }

    /// Takes out all rows and sums and takes over memory for more; the id counters go on.
    pub fn exchange(&mut self, memory: DayRows) -> DayRows {
        let mut rows = std::mem::replace(&mut self.rows, memory);
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
