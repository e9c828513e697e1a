//! Every table of the list: its row type, its vocabulary, and where it follows from the setting alone, its rows.

use super::registry::{Row, Table};

/// Declares the modules of all tables and lists them.
macro_rules! modules {
    ($( $group:ident { $( $(#[doc = $doc:literal])+ $table:ident: $row:ident, $on:literal; )+ } )+) => {
        $( $( mod $table; )+ )+
        $( $( pub use $table::$row; )+ )+

        /// Every table, in the order of the list.
        pub fn all() -> Vec<&'static Table> {
            vec![$( $( const { &<$row as Row>::TABLE }, )+ )+]
        }
    };
}
crate::table_list::for_each_table!(modules);

pub use encounters::RELATIONS;
pub use event_types::EVENT_TYPES;
pub use matches::MatchEnd;
pub use players::SEGMENTS;
pub use reports::REPORT_REASONS;
pub use rounds::RoundEnd;
pub use truth_events::TruthEvent;
