//! `heartbeats`: one row a session and tick. Rows are kept by session while a window fills (see `trajectory`), so
//! this type serves the registry and tests; the encoder builds the columns directly.

use crate::table::cell::Timestamp;
use crate::table::registry::table;

table! {
    /// One row a session and tick: where the player stood. Sorted by (session_id, event_ts) within a row group.
    HeartbeatRow in "heartbeats", Fact, sorted by (|row| (row.session_id, row.event_ts.0)) ["session_id", "event_ts"] {
        /// Session.
        1 session_id: i64, Runs;
        /// Tick, UTC.
        2 event_ts: Timestamp, Delta;
        /// Account number.
        3 player_id: i32, Runs;
        /// Match the session is in at the tick.
        4 match_id: i64, Runs;
        /// Team in that match, from 0.
        5 team_id: i8, Runs;
        /// Position east in the map's frame, centimetres.
        6 position_x_cm: i32, DeltaRaw;
        /// Position north in the map's frame, centimetres.
        7 position_y_cm: i32, DeltaRaw;
        /// Position up in the map's frame, centimetres.
        8 position_z_cm: i32, DeltaRaw;
    }
}
