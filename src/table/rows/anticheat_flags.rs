//! `anticheat_flags`: one row a rule of the anti-cheat that a session has broken.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a rule of the anti-cheat that a session has broken, raised when it ends. The rules see telemetry alone
    /// (`anticheat.*`); who really cheats is in truth_players.
    AnticheatFlagRow in "anticheat_flags", Fact, sorted by (|row| (row.session_id, row.rule.index.into())) ["session_id", "rule"] {
        /// Session.
        1 session_id: i64, Delta;
        /// Account number.
        2 player_id: i32, Plain;
        /// End of the session, UTC.
        3 event_ts: Timestamp, Delta;
        /// impossible_movement (jumps), headshots (their share, thousandths), kill_ratio (kills a death, thousandths), hours
        /// (minutes), reports (number).
        4 rule: Text<domain::RuleName>, Dictionary;
        /// What was seen, in the rule's unit.
        5 value: i32, Plain;
        /// What is allowed is below this, in the rule's unit.
        6 bound: i32, Plain;
    }
}
