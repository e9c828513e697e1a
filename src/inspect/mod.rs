//! Looking into a run that is there: its tables read back, a table as text, the story of one player. Reads the run's Parquet
//! and nothing else.

mod cells;
mod export;
mod story;
mod tables;

pub use cells::{Datum, RowView};
pub use export::{TextFormat, export};
pub use story::story;
pub use tables::{InspectError, RunTables, StoredGroup, table_named};
