//! `participations`: one row a session and match.

use crate::table::cell::Timestamp;
use crate::table::registry::table;

table! {
    /// One row a session and match it took part in, written when the match has ended.
    ParticipationRow in "participations", Fact, sorted by (|row| (row.match_id, row.session_id)) ["match_id", "session_id"] {
        /// Match.
        1 match_id: i64, Delta;
        /// Session.
        2 session_id: i64, Delta;
        /// Account number.
        3 player_id: i32, Delta;
        /// Team, from 0.
        4 team_id: i8, Dictionary;
        /// First heartbeat in the match, UTC.
        5 joined_at: Timestamp, Delta;
        /// When the session left, UTC: its end, its elimination (the moment of the kill) or the end of the match; for matches that end with the run the midnight after the last day.
        6 left_at: Timestamp, Delta;
        /// Heartbeats in the match.
        7 heartbeats: i32, Dictionary;
        /// Kills made in the match.
        8 kills: i16, Dictionary;
        /// Deaths suffered in the match.
        9 deaths: i16, Dictionary;
        /// Whether the team won.
        10 won: bool, Plain;
    }
}
