//! `truth_events`: what happened to accounts that telemetry would not show.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a hidden event of an account: installed, churned (decided never to come back), gave_up (the same, because of a
    /// session with more deaths than kills: effects.losing_ends_career), began_cheating (its first day on which it cheats).
    TruthEventRow in "truth_events", Fact, sorted by (|row| (row.event_ts.0, i64::from(row.player_id))) ["event_ts", "player_id"] {
        /// When, UTC: the login of the day's last session for churned, the end of the session for gave_up, midnight of the day
        /// for the others.
        1 event_ts: Timestamp, Delta;
        /// Account number.
        2 player_id: i32, Plain;
        /// began_cheating, churned, gave_up or installed.
        3 event: Text<domain::TruthEventName>, Dictionary;
    }
}

/// Kinds of hidden events. The order is that of the names in `truth_events.event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruthEvent {
    /// The account cheats from now on.
    BeganCheating,
    /// The account will not come back.
    Churned,
    /// The account will not come back because of a session.
    GaveUp,
    /// The account was made.
    Installed,
}

impl TruthEvent {
    /// Names in order.
    pub const NAMES: [&str; 4] = ["began_cheating", "churned", "gave_up", "installed"];
}
