//! Output: rows become encoded row groups, row groups become files, files are published a day at a time.
//!
//! `encoders` has an encoder a table; `store` is the one way to every file of a run: `grammar` says what is a run's,
//! `lock` keeps others out;
//! `table_file` is a table's file while it is written; `commit` appends row groups in canonical order and publishes
//! finished files (one thread a run); `dimensions` writes the tables that are pure functions of the scenario.

mod commit;
mod dimensions;
mod encoders;
mod error;
mod grammar;
mod lock;
mod store;
mod table_file;

pub(crate) use commit::{Committed, Committer, Message, Payload, ROWS_PER_GROUP, Sink, Ticket, WholeDay};
pub use dimensions::write_dimensions;
pub use encoders::Encoders;
pub use error::OutputError;
pub(crate) use grammar::FileName;
pub(crate) use lock::is_worked_in;
pub use store::Store;
pub(crate) use store::{Claim, StagedFile};
pub(crate) use table_file::TableTotal;
