//! How a run is carried out, what it tells while it lasts and at its end.

use std::thread;
use std::time::Duration;

use crate::encounter::{DetectError, Verify};
use crate::output::{Committed, OutputError, Sink};
use crate::tally::Tallies;

/// Who detects encounters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The faster of the two on this scenario's frames.
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, or an error.
    Gpu,
}

/// How a run is carried out. Nothing here changes a byte of any table.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Worker threads; at least 1.
    pub threads: usize,
    /// Who detects encounters.
    pub backend: Backend,
    /// Which answers of a GPU are compared with the CPU's.
    pub gpu_verify: Verify,
    /// Where rows go.
    pub sink: Sink,
    /// Realms that a worker steps together; `None` chooses by backend.
    pub realms_per_group: Option<u32>,
    /// Day to start on: a slice of the run, for measuring.
    pub first_day: u32,
    /// Hands out realms in a shuffled order, to show that the order decides nothing.
    pub shuffle: Option<u64>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            threads: thread::available_parallelism().map_or(1, usize::from),
            backend: Backend::Auto,
            gpu_verify: Verify::Sample,
            sink: Sink::Parquet,
            realms_per_group: None,
            first_day: 0,
            shuffle: None,
        }
    }
}

/// Why a run did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Output failed.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The GPU was demanded and failed.
    #[error("--backend gpu: {0}; use --backend auto to go on without one")]
    Gpu(String),
    /// A GPU gave a wrong answer.
    #[error(
        "{0}: it cannot be trusted, and nothing of the unfinished day was published. Run again with --backend cpu, and \
         report it with the output of `skirmish doctor`"
    )]
    Verification(String),
    /// More encounters at once than can be counted.
    #[error("{0}; use a smaller encounter.radius_cm, a larger map or smaller matches")]
    Crowd(String),
    /// The user stopped it.
    #[error(
        "interrupted after {0} complete days, which are kept whole; the unfinished one was discarded. Run again with --overwrite to start over"
    )]
    Interrupted(u32),
    /// A defect in Skirmish.
    #[error("internal error: {0}; please report it with the scenario file")]
    Internal(String),
}

/// Where workers spent their time, summed over threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageTimes {
    /// Making realms, with the lives of their veterans up to the first day.
    pub start: Duration,
    /// Systems before detection.
    pub before_contacts: Duration,
    /// Detection.
    pub detect: Duration,
    /// Systems after detection.
    pub after_contacts: Duration,
    /// Encoding.
    pub encode: Duration,
    /// Writing files.
    pub write: Duration,
    /// Waiting for the disk to have them, beside the workers.
    pub sync: Duration,
    /// Waiting for realms and tickets.
    pub wait: Duration,
    /// Publishing whole days, by the committer: the one thing that no thread does beside another.
    pub serial: Duration,
}

impl StageTimes {
    /// Adds the times of another worker.
    pub fn merge(&mut self, other: &Self) {
        self.start += other.start;
        self.before_contacts += other.before_contacts;
        self.detect += other.detect;
        self.after_contacts += other.after_contacts;
        self.encode += other.encode;
        self.write += other.write;
        self.sync += other.sync;
        self.wait += other.wait;
        self.serial += other.serial;
    }
}

/// What a finished run has to tell.
#[derive(Debug)]
pub struct RunReport {
    /// Rows, bytes and sums.
    pub committed: Committed,
    /// What was counted, by everything that the report shows it by.
    pub tallies: Tallies,
    /// Time by stage.
    pub stages: StageTimes,
    /// Wall-clock time of the simulation.
    pub elapsed: Duration,
    /// Who detected encounters, in words.
    pub detector: String,
    /// What went wrong without stopping the run.
    pub notes: Vec<String>,
    /// Golden answers, if they were asked for.
    pub golden: Option<serde_json::Value>,
}

impl From<DetectError> for RunError {
    fn from(error: DetectError) -> Self {
        match error {
            DetectError::Gpu(_) => Self::Gpu(error.to_string()),
            DetectError::TooMany(_) => Self::Crowd(error.to_string()),
            DetectError::Wrong(_) | DetectError::Disagrees { .. } => Self::Verification(error.to_string()),
        }
    }
}
