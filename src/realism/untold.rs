//! Why a run cannot tell a target.

use crate::report::grouped;

/// Why there is no number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    /// The run was made without a table.
    #[error("needs table {0}, which the run did not write")]
    NoTable(String),
    /// The run is too short.
    #[error("needs {needed} days, the run has {has}")]
    Days {
        /// Days it takes.
        needed: u32,
        /// Days of the run.
        has: u32,
    },
    /// The run lacks something else.
    #[error("needs {0}")]
    Lacks(String),
    /// The sample is smaller than what a number may come from.
    #[error("too few: {} of {} {of}", grouped(*.has), grouped(*.least))]
    TooFew {
        /// Size of the sample.
        has: u64,
        /// What it takes.
        least: u64,
        /// Of what.
        of: String,
    },
    /// The sample is large enough, but says nothing.
    #[error("has no value: {0}")]
    NoValue(&'static str),
}
