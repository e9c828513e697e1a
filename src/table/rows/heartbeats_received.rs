//! `heartbeats_received`: heartbeats as a collector gets them, with the defects of real telemetry.

use crate::table::cell::Timestamp;
use crate::table::registry::table;

table! {
    /// One row a heartbeat that has arrived, as often as it has: late, doubled, with the client's own idea of the time, or not at
    /// all (`defects.*`, `outages.*`). The clean twin is heartbeats, and every defect stands in truth_defects. It is filed under
    /// the day on which it was sent. Off by default: output.tables.heartbeats_received.
    HeartbeatReceivedRow in "heartbeats_received", Fact, sorted by (|row| (row.received_at.0, row.session_id)) ["received_at", "session_id"] {
        /// When it arrived, UTC.
        1 received_at: Timestamp, Delta;
        /// Session.
        2 session_id: i64, Plain;
        /// When it was sent by the client's clock, UTC.
        3 event_ts: Timestamp, Delta;
        /// Account number.
        4 player_id: i32, Plain;
        /// Match.
        5 match_id: i64, Plain;
        /// Team in the match, from 0.
        6 team_id: i8, Dictionary;
        /// Position in the map's frame, east, centimetres.
        7 position_x_cm: i32, Plain;
        /// Position, north, centimetres.
        8 position_y_cm: i32, Plain;
        /// Position, height, centimetres.
        9 position_z_cm: i32, Plain;
    }
}
