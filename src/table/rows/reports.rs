//! `reports`: one row a report of a killer by its victim.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a report: a victim reports whoever has just killed it. Telemetry knows who is reported, not who is guilty.
    ReportRow in "reports", Fact, sorted by (|row| (row.kill_id, 0)) ["kill_id"] {
        /// The kill that it is about.
        1 kill_id: i64, Delta;
        /// When, UTC: at the kill.
        2 event_ts: Timestamp, Delta;
        /// Match.
        3 match_id: i64, Plain;
        /// Account that reports: the victim.
        4 reporter_id: i32, Plain;
        /// Account that is reported: the killer.
        5 reported_id: i32, Plain;
        /// Session of the killer.
        6 reported_session: i64, Plain;
        /// What the victim says: cheating or abuse.
        7 reason: Text<domain::ReportReasonName>, Dictionary;
    }
}

/// Why players are reported. The order is that of the names in `reports.reason`.
pub const REPORT_REASONS: [&str; 2] = ["cheating", "abuse"];
