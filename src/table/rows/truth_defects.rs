//! `truth_defects`: one row a defect of a heartbeat on its way.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a defect of a heartbeat in heartbeats_received; a heartbeat may have several. Off by default:
    /// output.tables.truth_defects.
    TruthDefectRow in "truth_defects", Fact, sorted by (|row| (row.session_id, row.event_ts.0)) ["session_id", "event_ts"] {
        /// Session.
        1 session_id: i64, Delta;
        /// When the heartbeat was really sent, UTC: its event_ts in heartbeats.
        2 event_ts: Timestamp, Delta;
        /// duplicate, jitter, late, lost, outage or skew.
        3 defect: Text<domain::DefectName>, Dictionary;
        /// By how much it was late (late), its copy later still (duplicate), or the client's time wrong (jitter, skew),
        /// milliseconds; 0 for the others.
        4 shift_ms: i32, Plain;
    }
}
