//! `achievement_unlocks`: one row an achievement that a player has unlocked.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row an achievement that a player has unlocked: with the session at whose end its count reached the threshold. A
    /// session that the end of the run has cut off unlocks nothing.
    AchievementUnlockRow in "achievement_unlocks", Fact, sorted by (|row| (row.session_id, row.achievement.index.into())) ["session_id", "achievement"] {
        /// Session.
        1 session_id: i64, Delta;
        /// Account number.
        2 player_id: i32, Plain;
        /// End of the session, UTC.
        3 event_ts: Timestamp, Delta;
        /// Achievement.
        4 achievement: Text<domain::AchievementName>, Dictionary;
        /// The player's count at that moment: at least the threshold.
        5 count: i32, Plain;
    }
}
