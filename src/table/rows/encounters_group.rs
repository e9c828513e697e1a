//! `encounters_group`: one row a crowd at a heartbeat.

use crate::table::cell::Timestamp;
use crate::table::registry::table;

table! {
    /// One row a group at a heartbeat: players of one match who are connected by contacts, directly or through others.
    /// Off by default: output.tables.encounters_group.
    EncounterGroupRow in "encounters_group", Fact, sorted by (|row| (row.group_id, 0)) ["group_id"] {
        /// Group: realm_id << 40 | number in the realm. A group lives for one heartbeat.
        1 group_id: i64, Delta;
        /// The heartbeat, UTC.
        2 event_ts: Timestamp, Delta;
        /// The heartbeat's number since the start of the run.
        3 tick: i32, Delta;
        /// Match.
        4 match_id: i64, Dictionary;
        /// Players in it, at least 2.
        5 size: i32, Dictionary;
        /// Contacts among them, at least size - 1.
        6 contacts: i32, Dictionary;
        /// Teams that they belong to.
        7 teams: i8, Dictionary;
        /// The smallest session_id among them.
        8 first_session: i64, DictionaryRaw;
    }
}
