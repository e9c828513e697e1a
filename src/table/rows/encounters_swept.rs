//! `encounters_swept`: one row a close encounter of two players between heartbeats.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row an encounter of two players who walk straight from heartbeat to heartbeat of their match: decided at every moment, not only at heartbeats.
    /// Off by default: output.tables.encounters_swept.
    EncounterSweptRow in "encounters_swept", Fact, sorted by (|row| (row.encounter_id, 0)) ["encounter_id"] {
        /// Swept encounter: realm_id << 40 | number in the realm; not the encounter_id of another table.
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
        /// First entry into the radius, UTC: the first whole millisecond within it.
        10 started_at: Timestamp, Delta;
        /// Last exit from the exit radius, UTC: the last whole millisecond within it.
        11 ended_at: Timestamp, Delta;
        /// Time within the radius, milliseconds.
        12 contact_ms: i32, DeltaRaw;
        /// Time within the exit radius from started_at on, milliseconds.
        13 near_ms: i32, DeltaRaw;
        /// Least distance at any moment, centimetres, rounded down.
        14 min_distance_cm: i32, DeltaRaw;
        /// When it was reached first, UTC, rounded down; minima are compared in whole square centimetres.
        15 min_distance_at: Timestamp, Delta;
        /// Midpoint of the two at min_distance_at, east, centimetres, rounded down.
        16 x_cm: i32, DeltaRaw;
        /// Likewise, north.
        17 y_cm: i32, DeltaRaw;
        /// Likewise, up.
        18 z_cm: i32, DeltaRaw;
        /// Why it ended, the first that holds at the tick that closed it: run_end, match_end, left, separated; as in encounters.
        19 end_reason: Text<domain::EncounterEndName>, Dictionary;
    }
}
