//! `level_ups`: one row a session with which a player has reached a level.

use crate::table::cell::Timestamp;
use crate::table::registry::table;

table! {
    /// One row a session at whose end a player's experience was enough for another level, or several at once. Everybody begins
    /// at level 1.
    LevelUpRow in "level_ups", Fact, sorted by (|row| (row.session_id, 0)) ["session_id"] {
        /// Session.
        1 session_id: i64, Delta;
        /// Account number.
        2 player_id: i32, Plain;
        /// End of the session, UTC.
        3 event_ts: Timestamp, Delta;
        /// Level reached.
        4 level: i16, Dictionary;
        /// Experience of the player then: for matches and kills of all its sessions (careers.*).
        5 experience: i64, Plain;
    }
}
