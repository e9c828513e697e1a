//! `encounters`: one row a close encounter of two players.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row an encounter: a run of heartbeats of one pair in one match within the radius, merged over short gaps.
    EncounterRow in "encounters", Fact, sorted by (|row| (row.encounter_id, 0)) ["encounter_id"] {
        /// Encounter: realm_id << 40 | number in the realm, from 1.
        1 encounter_id: i64, Delta;
        /// Match.
        2 match_id: i64, Dictionary;
        /// The player with the smaller account number.
        3 player_a: i32, DictionaryRaw;
        /// The other player.
        4 player_b: i32, DictionaryRaw;
        /// Session of player_a.
        5 session_a: i64, DictionaryRaw;
        /// Session of player_b.
        6 session_b: i64, DictionaryRaw;
        /// Team of player_a.
        7 team_a: i8, Dictionary;
        /// Team of player_b.
        8 team_b: i8, Dictionary;
        /// opponents or allies.
        9 relation: Text<domain::RelationName>, Dictionary;
        /// First heartbeat within the radius, UTC.
        10 started_at: Timestamp, Delta;
        /// Last heartbeat within the exit radius, UTC.
        11 ended_at: Timestamp, Delta;
        /// Heartbeats within the radius.
        12 contact_beats: i32, Dictionary;
        /// Heartbeats within the exit radius.
        13 near_beats: i32, Dictionary;
        /// Least distance at a heartbeat, centimetres, rounded down.
        14 min_distance_cm: i32, DeltaRaw;
        /// Earliest heartbeat with that distance, UTC.
        15 min_distance_at: Timestamp, Delta;
        /// Midpoint of the two then, east, centimetres, rounded down.
        16 x_cm: i32, DeltaRaw;
        /// Likewise, north.
        17 y_cm: i32, DeltaRaw;
        /// Likewise, up.
        18 z_cm: i32, DeltaRaw;
        /// Kills of one by the other inside it.
        19 kills: i16, Dictionary;
        /// Why it ended, the first that holds at the tick that closed it: run_end, match_end, left (a session left the match), separated (more than the merge gap since the last near heartbeat, seen at the first tick beyond it).
        20 end_reason: Text<domain::EncounterEndName>, Dictionary;
    }
}

/// How two players of an encounter relate, in order: allies first.
pub const RELATIONS: [&str; 2] = ["allies", "opponents"];
