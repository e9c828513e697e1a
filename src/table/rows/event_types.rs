//! `event_types`: one row a kind of event.

use crate::setting::Setting;
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row a kind of event in the fact tables.
    EventTypeRow in "event_types", Dimension, sorted by (|row| (i64::from(row.event_type.index), 0)) ["event_type"] {
        /// Kind of event.
        1 event_type: Text<domain::EventTypeName>, Dictionary;
        /// Table whose rows are such events.
        2 table_name: Text<domain::TableName>, Dictionary;
        /// What happens.
        3 description: Text<domain::Description>, Dictionary;
    }
}

impl Dimension for EventTypeRow {
    fn rows(_: &Setting) -> Vec<Self> {
        let row =
            |index| Self { event_type: Text::at(index), table_name: Text::at(index), description: Text::at(index) };
        (0..EVENT_TYPES.len()).map(row).collect()
    }
}

/// Kinds of event, their tables and what they mean, in order of their names.
pub const EVENT_TYPES: [(&str, &str, &str); 8] = [
    ("encounter", "encounters", "two players were close for a while"),
    ("heartbeat", "heartbeats", "a session reported its position"),
    ("kill", "kills", "a player killed an opponent"),
    ("match_end", "matches", "a match ended"),
    ("participation", "participations", "a session took part in a match"),
    ("purchase", "purchases", "a player bought an item"),
    ("session_end", "session_ends", "a session ended"),
    ("truth_event", "truth_events", "something telemetry would not show happened to an account"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_types_are_sorted_and_their_tables_exist() {
        assert!(EVENT_TYPES.is_sorted());
        for (name, table, _) in EVENT_TYPES {
            assert!(crate::table::all().iter().any(|other| other.name == table), "{name}");
        }
    }
}
