//! Output: rows become encoded row groups, row groups become files, files are published a day at a time.
//!
//! `encoders` has an encoder a table; `store` is the one way to every file of a run: `grammar` says what is a run's,
//! `lock` keeps others out;
//! `scribe` is what a worker encodes with; `table_file` is a table's file while it is written; `shards` orders what workers
//! bring and writes it, `commit` publishes finished files (one thread a run); `dimensions` writes the tables that are pure
//! functions of the scenario.

mod commit;
mod dimensions;
mod encoders;
mod error;
mod grammar;
mod lock;
mod scribe;
mod shards;
mod store;
mod table_file;

pub(crate) use commit::{Committed, Committer, WholeDay, sync_days};
pub use dimensions::write_dimensions;
pub use encoders::Encoders;
pub use error::OutputError;
pub(crate) use grammar::FileName;
pub(crate) use lock::is_worked_in;
pub(crate) use scribe::Scribe;
pub(crate) use shards::{Payload, Shards, Sink, Ticket};
pub use store::Store;
pub(crate) use store::{Claim, StagedFile};
pub(crate) use table_file::TableTotal;
