//! Tables: one file a table, each a row type whose declaration is also its schema.
//!
//! The list of tables is [`crate::table_list`]; `registry` says what a table and a column are, `cell` what a column
//! holds, `names` what text columns point into, `order` how rows are sorted; `day` gathers the rows of a day with its
//! sums (`aggregate`), and `data_dictionary` prints the registry for people.

mod aggregate;
mod cell;
mod data_dictionary;
mod day;
mod names;
mod order;
mod registry;

pub use aggregate::Aggregate;
pub use cell::{Names, Text, Timestamp};
pub use data_dictionary::page;
pub use day::{AccountRows, DayRows, DimensionRows, EachTable};
pub use order::sort_rows;
pub use registry::{Account, Column, Dimension, Row, Table, TableKind};

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
pub use matches::MatchEnd;
pub use truth_events::TruthEvent;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_ids_and_names_are_unique_and_every_column_is_documented() {
        for table in all() {
            let mut ids: Vec<i32> = table.columns.iter().map(|column| column.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), table.columns.len(), "{}", table.name);
            for column in table.columns {
                assert!(column.doc.len() > 3 && column.doc.ends_with('.'), "{}.{}", table.name, column.name);
            }
            for sorted in table.sorted_by {
                assert!(table.columns.iter().any(|column| column.name == *sorted), "{} {sorted}", table.name);
            }
        }
    }

    #[test]
    fn only_the_winner_of_a_match_may_be_missing() {
        let nullable: Vec<String> = all()
            .iter()
            .flat_map(|table| table.columns.iter().filter(|c| c.nullable).map(|c| format!("{}.{}", table.name, c.name)))
            .collect();
        assert_eq!(nullable, ["matches.winner_team"]);
    }
}
