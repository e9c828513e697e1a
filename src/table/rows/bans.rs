//! `bans`: one row an account that was banned.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row an account that was banned: none of its sessions starts from then on.
    BanRow in "bans", Fact, sorted by (|row| (row.event_ts.0, row.player_id.into())) ["event_ts", "player_id"] {
        /// When, UTC: a midnight.
        1 event_ts: Timestamp, Delta;
        /// Account number.
        2 player_id: i32, Plain;
        /// Rule of the flag that condemned it.
        3 rule: Text<domain::RuleName>, Dictionary;
        /// Whether the day is one of a wave (anticheat.wave_days).
        4 is_wave: bool, Plain;
    }
}
