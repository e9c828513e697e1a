//! Why output failed, with a remedy.

use std::path::PathBuf;

/// Why output failed.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The run folder already holds a run.
    #[error("{} already holds {what}; replace it with --overwrite or choose another folder with --out (continuing it with `resume` comes in a later version)", .0.display(), what = .1)]
    Exists(PathBuf, &'static str),
    /// The folder already holds a detection.
    #[error("{} already holds a detection; replace it with --overwrite or choose another folder with --out", .0.display())]
    Detected(PathBuf),
    /// The run folder holds something that is not a run.
    #[error("{} holds {what}, which is not part of what Skirmish writes there; nothing there is touched. Move it away or choose another folder with --out", .0.display(), what = .1)]
    Foreign(PathBuf, String),
    /// Another run is at work in the folder.
    #[error("{}: a run is in progress there ({who}); wait for its end or choose another folder with --out", .0.display(), who = .1)]
    Locked(PathBuf, String),
    /// A file or folder is in the way.
    #[error("{} exists and is left alone; choose another name", .0.display())]
    InTheWay(PathBuf),
    /// A file or folder could not be written.
    #[error("{}: {action} failed: {source}; {}", path.display(), remedy(source))]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Parquet encoding failed.
    #[error("{}: writing Parquet failed: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: parquet::errors::ParquetError,
    },
    /// Another part of the run failed first.
    #[error("the run was stopped")]
    Stopped,
}

fn remedy(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free space on the disk or write to another, then run again"
        }
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => "choose a folder that you may write to",
        ErrorKind::InvalidFilename => "choose a shorter name",
        ErrorKind::NotFound | ErrorKind::NotADirectory => "check that the folder above it exists and is a folder",
        // Too many open files, of the process or of the system.
        _ if matches!(error.raw_os_error(), Some(23 | 24)) => "allow more open files (ulimit -n) and run again",
        _ => "check the disk and run again",
    }
}

impl OutputError {
    /// Wraps an I/O error with what was attempted on what.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// Wraps a Parquet error; an I/O error inside it is told as such.
    pub fn parquet(path: impl Into<PathBuf>) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        use parquet::errors::ParquetError;
        let path = path.into();
        move |source| match source {
            ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
                Ok(source) => Self::Io { action: "writing", path, source: *source },
                Err(inner) => Self::Parquet { path, source: ParquetError::External(inner) },
            },
            source => Self::Parquet { path, source },
        }
    }
}
