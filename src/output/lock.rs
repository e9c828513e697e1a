//! A lock on a folder: two runs must not write into one.
//!
//! The operating system holds the lock for as long as the process lives, so that one that was killed leaves none behind,
//! whatever the file still says. The file tells others who is at work.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::OutputError;
use super::grammar::LOCK;
use crate::time::{DAY_S, Date};

/// A locked folder, until the value is dropped.
#[derive(Debug)]
pub struct FolderLock {
    /// Keeps the lock while it is open.
    file: File,
    path: PathBuf,
    /// Whether the folder was made to be locked.
    is_new: bool,
}

impl FolderLock {
    /// Locks a folder that exists; one that is new goes with the lock if nothing has been put into it.
    ///
    /// # Errors
    /// If another process has locked it, or the lock's file cannot be written.
    pub fn take(folder: &Path, is_new: bool) -> Result<Self, OutputError> {
        let path = folder.join(LOCK);
        loop {
            let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            let mut file = opened.map_err(OutputError::io("locking the folder", &path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let who = fs::read_to_string(&path).unwrap_or_default();
                    return Err(OutputError::Locked(folder.to_owned(), who.trim().to_owned()));
                }
                // A file system without locks: what can be done is to tell others.
                Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(OutputError::io("locking the folder", &path)(error)),
            }
            // Whoever had it may have deleted the file between its opening and its locking.
            if !is_same(&file, &path) {
                continue;
            }
            let written = file.set_len(0).and_then(|()| file.write_all(introduction().as_bytes()));
            written.map_err(OutputError::io("locking the folder", &path))?;
            return Ok(Self { file, path, is_new });
        }
    }
}

/// Whether somebody is at work in a folder, as far as its file system can tell.
pub fn is_worked_in(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        // Taken and let go at once; a run that wants the folder in this instant is told that it is taken.
        Ok(file) => !matches!(file.try_lock_shared(), Ok(())),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // A file that stays says who was there; the lock itself goes with the process.
        drop(fs::remove_file(&self.path));
        drop(self.file.unlock());
        if let Some(folder) = self.path.parent().filter(|_| self.is_new) {
            drop(fs::remove_dir(folder));
        }
    }
}

/// Whether an open file is still the one at a path.
fn is_same(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let [open, there] = [file.metadata(), fs::metadata(path)].map(|data| data.map(|data| (data.dev(), data.ino())));
        open.is_ok_and(|open| there.is_ok_and(|there| open == there))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

/// Process, machine and time, for whoever finds the folder locked.
fn introduction() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "this machine" } else { host.trim() };
    #[expect(clippy::disallowed_methods, reason = "it tells people when a run began and reaches no data")]
    let now = std::time::SystemTime::now();
    let seconds = now.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (day, second) = (seconds / u64::from(DAY_S), seconds % u64::from(DAY_S));
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("pid {} on {host} since {} {hour:02}:{minute:02} UTC\n", std::process::id(), Date(day as i32))
}
