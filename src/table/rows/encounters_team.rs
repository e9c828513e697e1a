//! `encounters_team`: one row a close encounter of two teams.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row an encounter of two teams of a match: a run of heartbeats at which their centroids, the means of the positions of all their players, lie within encounter.team_radius_cm, merged over gaps of encounter.team_merge_gap_s.
    /// Off by default: output.tables.encounters_team.
    EncounterTeamRow in "encounters_team", Fact, sorted by (|row| (row.encounter_id, 0)) ["encounter_id"] {
        /// Team encounter: realm_id << 40 | number in the realm; not the encounter_id of another table.
        1 encounter_id: i64, Delta;
        /// Match.
        2 match_id: i64, Dictionary;
        /// The team with the smaller number.
        3 team_a: i8, Dictionary;
        /// The other team.
        4 team_b: i8, Dictionary;
        /// First heartbeat within the radius, UTC.
        5 started_at: Timestamp, Delta;
        /// Last heartbeat within the exit radius, UTC.
        6 ended_at: Timestamp, Delta;
        /// Heartbeats within the radius.
        7 contact_beats: i32, Dictionary;
        /// Heartbeats within the exit radius.
        8 near_beats: i32, Dictionary;
        /// Least distance of the centroids at a heartbeat, centimetres, rounded down.
        9 min_distance_cm: i32, DeltaRaw;
        /// Earliest heartbeat with that distance, UTC; distances are compared in whole square centimetres.
        10 min_distance_at: Timestamp, Delta;
        /// Midpoint of the centroids then, east, centimetres, rounded down.
        11 x_cm: i32, DeltaRaw;
        /// Likewise, north.
        12 y_cm: i32, DeltaRaw;
        /// Likewise, up.
        13 z_cm: i32, DeltaRaw;
        /// Why it ended, the first that holds at the tick that closed it: run_end, match_end, separated; as in encounters. Teams do not leave.
        14 end_reason: Text<domain::EncounterEndName>, Dictionary;
    }
}
