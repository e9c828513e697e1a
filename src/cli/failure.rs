//! Why commands fail, in words and as exit codes.

use serde_json::{Value, json};

use crate::detect::{DetectFailure, InputError};
use crate::ingest::IngestError;
use crate::inspect::InspectError;
use crate::output::OutputError;
use crate::report::ReportError;
use crate::run::RunError;
use crate::scenario::Problems;

/// Why a command failed, and with which exit code.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Scenario(#[from] Problems),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("{error}")]
    Signal { signal: i32, error: RunError },
    #[error("interrupted; nothing was published. Run again to start over")]
    Interrupted { signal: i32 },
    #[error("{0}")]
    Verification(String),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    TooLarge(String),
    /// What a page that has been printed already says.
    #[error("{0}")]
    Verdict(String),
    /// Targets that are missed, which a page that has been printed says, too.
    #[error("{0}")]
    Unreal(String),
    #[error(transparent)]
    Input(InputError),
    #[error(transparent)]
    Inspect(#[from] InspectError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error("{error}")]
    Stopped { signal: i32, error: IngestError },
}

impl From<DetectFailure> for Failure {
    fn from(failure: DetectFailure) -> Self {
        match failure {
            DetectFailure::Input(error) => Self::Input(error),
            DetectFailure::Output(error) => Self::Output(error),
        }
    }
}

impl Failure {
    /// Exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Scenario(_) => 3,
            Self::Output(error) | Self::Run(RunError::Output(error)) => match error {
                OutputError::Exists(..)
                | OutputError::Detected(_)
                | OutputError::Foreign(..)
                | OutputError::Locked(..)
                | OutputError::InTheWay(_) => 4,
                OutputError::Io { .. } => 5,
                OutputError::Parquet { .. } | OutputError::Stopped => 1,
            },
            Self::Run(RunError::Gpu(_)) => 6,
            Self::Run(RunError::Crowd(_)) => 3,
            Self::Run(RunError::Verification(_)) => 7,
            Self::Run(RunError::Interrupted(_)) => 130,
            Self::Run(RunError::Internal(_)) => 1,
            Self::Signal { signal, .. } | Self::Interrupted { signal } | Self::Stopped { signal, .. } => {
                (128 + signal) as u8
            }
            Self::Verification(_) | Self::Unreal(_) => 7,
            Self::Usage(_) => 2,
            Self::TooLarge(_) | Self::Verdict(_) => 4,
            Self::Inspect(InspectError::UnknownTable(..) | InspectError::NoPlayer(..)) => 2,
            Self::Inspect(InspectError::Write(_)) => 5,
            Self::Ingest(error) => match error {
                IngestError::Usage(_) => 2,
                IngestError::Run { .. } | IngestError::Inspect(_) => 3,
                IngestError::Refused { .. } => 4,
                IngestError::Lost { .. } | IngestError::Unreachable { .. } => 5,
                IngestError::Rows { .. } => 7,
                IngestError::Interrupted => 130,
            },
            Self::Input(_) | Self::Inspect(_) | Self::Report(_) => 3,
        }
    }
}

/// Most problems of a scenario that are printed; --json has them all.
const MAX_PRINTED: usize = 100;

/// What is printed: the problems of a scenario, a line each, and the error.
pub fn describe(failure: &Failure) -> (Vec<String>, String) {
    match failure {
        Failure::Scenario(problems) => {
            let count = problems.0.len();
            let plural = if count == 1 { "" } else { "s" };
            let mut lines: Vec<String> = problems.0.iter().take(MAX_PRINTED).cloned().collect();
            if count > MAX_PRINTED {
                lines.push(format!("... and {} more", count - MAX_PRINTED));
            }
            (lines, format!("{count} problem{plural} in the scenario; nothing was run"))
        }
        failure => (Vec::new(), failure.to_string()),
    }
}

/// What --json prints.
pub fn value(failure: &Failure) -> Value {
    let mut value = json!({ "error": { "exit_code": failure.exit_code(), "message": describe(failure).1 } });
    if let Failure::Scenario(problems) = failure {
        value["error"]["problems"] = json!(problems.0);
    }
    value
}
