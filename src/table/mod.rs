//! Tables: one file a table in `rows`, each a row type whose declaration is also its schema.
//!
//! The list of tables is `table_list`; `registry` says what a table and a column are, `cell` what a column
//! holds, `domain` and `names` what text columns point into, `order` how rows are sorted; `day` gathers the rows of a day with its
//! sums (`aggregate`) and `notes`, and `data_dictionary` prints the registry for people,
//! `views` for DuckDB, `dbt` for the warehouse.

mod aggregate;
mod cell;
mod data_dictionary;
mod day;
pub mod dbt;
mod domain;
mod names;
mod notes;
mod order;
mod registry;
mod rows;
mod views;

pub(crate) use aggregate::{Aggregate, RowCounts};
pub(crate) use cell::{Text, Timestamp};
pub use data_dictionary::page;
pub use day::DayRows;
pub(crate) use day::{AccountRows, DimensionRows, EachTable};
pub(crate) use domain::Names;
pub(crate) use notes::{Payment, Venue, Visit};
pub(crate) use order::sort_rows;
pub(crate) use registry::Row;
pub use registry::{Column, Table, TableKind};
pub use rows::all;
pub(crate) use rows::*;
pub(crate) use views::views;

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
