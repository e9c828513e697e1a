//! Looking into a run that is there: its tables read back, a table as text, the story of one player, a match
//! to look at. Reads the run's Parquet
//! and nothing else.

mod cells;
mod export;
mod match_record;
mod story;
mod tables;

pub use cells::{Datum, RowView};
pub use export::{TextFormat, export};
pub use match_record::match_record;
pub use story::story;
pub use tables::{InspectError, RunTables, StoredGroup, table_named};
