//! `truth_events`: what happened to accounts that telemetry would not show.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a hidden event of an account: installed, or churned (decided never to come back).
    TruthEventRow in "truth_events", Fact, sorted by (|row| (row.event_ts.0, i64::from(row.player_id))) ["event_ts", "player_id"] {
        /// When, UTC: the login of the day's last session for churned, midnight of the day for installed.
        1 event_ts: Timestamp, Delta;
        /// Account number.
        2 player_id: i32, Plain;
        /// installed or churned.
        3 event: Text<domain::TruthEventName>, Dictionary;
    }
}

/// Kinds of hidden events. The order is that of the names in `truth_events.event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruthEvent {
    /// The account will not come back.
    Churned,
    /// The account was made.
    Installed,
}

impl TruthEvent {
    /// Names in order.
    pub const NAMES: [&str; 2] = ["churned", "installed"];
}
