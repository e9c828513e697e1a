//! `matches`: one row a match.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a match, written when it has ended.
    MatchRow in "matches", Fact, sorted by (|row| (row.match_id, 0)) ["match_id"] {
        /// Match: realm_id << 44 | arena_id << 22 | ordinal of the match on the arena.
        1 match_id: i64, Delta;
        /// Realm.
        2 realm_id: i16, Dictionary;
        /// Region of the arena.
        3 region: Text<domain::RegionName>, Dictionary;
        /// Arena: one server instance, numbered within its realm.
        4 arena_id: i32, Delta;
        /// Map.
        5 map: Text<domain::MapName>, Dictionary;
        /// Mode.
        6 mode: Text<domain::ModeName>, Dictionary;
        /// First tick, UTC.
        7 started_at: Timestamp, Plain;
        /// End, UTC: the tick after the last; for run_end the midnight after the last day.
        8 ended_at: Timestamp, Plain;
        /// Teams.
        9 teams: i8, Dictionary;
        /// Distinct sessions that took part.
        10 players: i32, Dictionary;
        /// Kills.
        11 kills: i32, Dictionary;
        /// Winning team: with elimination the one that lasted longest if it has met another, with rounds the only one that has won the most, otherwise the only one with the most kills; missing where there is none and for run_end.
        12 winner_team: Option<i8>, Dictionary;
        /// Why it ended: completed (its time was up), eliminated (one team was left), abandoned (nobody was left, or nobody came to play against), run_end.
        13 end_reason: Text<domain::MatchEndName>, Dictionary;
    }
}

/// Why a match ends. The order is that of the names in `matches.end_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MatchEnd {
    /// Its time was up.
    Completed = 0,
    /// One team was left of several.
    Eliminated = 1,
    /// Nobody was left, or one team that never had an opponent.
    Abandoned = 2,
    /// The run ended.
    RunEnd = 3,
}

impl MatchEnd {
    /// Names in order.
    pub const NAMES: [&str; 4] = ["completed", "eliminated", "abandoned", "run_end"];
}
