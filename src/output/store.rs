//! The store: the one way to every file of a run or a detection. It knows what may be deleted, where files are staged and
//! how they are published.
//!
//! A file is staged, written, synced and only then renamed to where readers look; the folders it appears in are synced
//! after it. So whatever goes wrong, a reader sees a whole file or none.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::OutputError;
use crate::time::Date;

/// Everything that a run puts into its folder: only these are ever deleted.
const OWN_ENTRIES: [&str; 8] = [
    "run.json",
    "scenario.toml",
    "scenario.resolved.toml",
    "report.html",
    "tables",
    "_manifest",
    "_checkpoint",
    "_staging",
];

/// The folder of one run or detection.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// A file that is being written.
#[derive(Debug)]
pub struct StagedFile {
    file: File,
    path: PathBuf,
    target: PathBuf,
}

/// A file that is whole and on the disk, but not yet where readers look.
#[derive(Debug)]
pub struct FinishedFile {
    path: PathBuf,
    target: PathBuf,
}

impl Store {
    /// Creates the folder for a new run.
    ///
    /// # Errors
    /// If it holds a run and `overwrite` is not set, if it holds anything else, or if it cannot be written.
    pub fn for_run(root: &Path, overwrite: bool) -> Result<Self, OutputError> {
        let store = Self { root: root.to_owned() };
        if root.is_file() {
            return Err(OutputError::InTheWay(root.to_owned()));
        }
        if root.exists() {
            let entries = list(root)?;
            if let Some(foreign) = entries.iter().find(|name| !OWN_ENTRIES.contains(&name.as_str())) {
                return Err(OutputError::Foreign(root.to_owned(), foreign.clone()));
            }
            if !entries.is_empty() && !overwrite {
                let summary = fs::read_to_string(root.join("run.json")).unwrap_or_default();
                let whole = summary.contains("\"status\": \"complete\"");
                let what = if whole { "a run" } else { "a run that did not finish" };
                return Err(OutputError::Exists(root.to_owned(), what));
            }
            for name in entries {
                remove(&root.join(name))?;
            }
        }
        for path in [store.root.clone(), store.tables(), store.staging()] {
            fs::create_dir_all(&path).map_err(OutputError::io("creating the folder", path))?;
        }
        Ok(store)
    }

    /// Prepares a folder for a detection. Nothing is deleted: its few files replace earlier ones of the same names when
    /// they are finished.
    ///
    /// # Errors
    /// If it holds a detection and `overwrite` is not set, if it holds a run or anything else, or if it cannot be written.
    pub fn for_detection(root: &Path, overwrite: bool, tables: &[&str]) -> Result<Self, OutputError> {
        let store = Self { root: root.to_owned() };
        if root.is_file() {
            return Err(OutputError::InTheWay(root.to_owned()));
        }
        if root.exists() {
            let foreign = |name: &String| OutputError::Foreign(root.to_owned(), name.clone());
            let entries = list(root)?;
            if let Some(name) = entries.iter().find(|name| !["tables", "_staging"].contains(&name.as_str())) {
                return Err(foreign(name));
            }
            let held = if store.tables().is_dir() { list(&store.tables())? } else { Vec::new() };
            if let Some(name) = held.iter().find(|name| !tables.contains(&name.as_str())) {
                return Err(foreign(&format!("tables/{name}")));
            }
            if !held.is_empty() && !overwrite {
                return Err(OutputError::Detected(root.to_owned()));
            }
        }
        for path in [store.tables(), store.staging()] {
            fs::create_dir_all(&path).map_err(OutputError::io("creating the folder", path))?;
        }
        Ok(store)
    }

    fn tables(&self) -> PathBuf {
        self.root.join("tables")
    }

    fn staging(&self) -> PathBuf {
        self.root.join("_staging")
    }

    /// A file of a table to write before it is published.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn stage(&self, name: &FileName) -> Result<StagedFile, OutputError> {
        self.stage_as(&name.staged(), self.tables().join(name.published()))
    }

    fn stage_as(&self, staged: &str, target: PathBuf) -> Result<StagedFile, OutputError> {
        let staging = self.staging();
        fs::create_dir_all(&staging).map_err(OutputError::io("creating the folder", &staging))?;
        let path = staging.join(staged);
        let file = File::create(&path).map_err(OutputError::io("creating", &path))?;
        Ok(StagedFile { file, path, target })
    }

    /// Moves finished files to where readers look, then syncs the folders in which they, or folders for them, appeared.
    ///
    /// # Errors
    /// When one cannot be moved or a folder cannot be synced; files moved before it stay.
    pub fn publish(&self, files: impl IntoIterator<Item = FinishedFile>) -> Result<(), OutputError> {
        let mut changed = BTreeSet::new();
        for FinishedFile { path, target } in files {
            let folder = target.parent().unwrap_or(&self.root);
            create_folders(folder, &mut changed)?;
            fs::rename(&path, &target).map_err(OutputError::io("publishing", &target))?;
            changed.insert(folder.to_owned());
        }
        changed.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// Writes one of the small files beside the tables, replacing it at once or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<(), OutputError> {
        let mut staged = self.stage_as(name, self.root.join(name))?;
        staged.write_all(text.as_bytes()).map_err(OutputError::io("writing", staged.path()))?;
        self.publish([staged.finish()?])
    }

    /// Deletes what was staged and never published.
    pub fn discard_staging(&self) {
        // Best effort on a disk that may just have failed: what is left is outside every table folder.
        drop(fs::remove_dir_all(self.staging()));
    }

    /// Deletes everything that a run put here, and the folder itself if nothing else is in it.
    ///
    /// # Errors
    /// When something cannot be deleted.
    pub fn delete(self) -> Result<(), OutputError> {
        for name in OWN_ENTRIES {
            let path = self.root.join(name);
            if path.exists() {
                remove(&path)?;
            }
        }
        // A folder that still holds something is somebody's.
        drop(fs::remove_dir(&self.root));
        Ok(())
    }
}

impl StagedFile {
    /// Where it is while it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Syncs what was written.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(&self) -> Result<FinishedFile, OutputError> {
        self.file.sync_all().map_err(OutputError::io("syncing", &self.path))?;
        Ok(FinishedFile { path: self.path.clone(), target: self.target.clone() })
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Creates a folder and those above it that are missing; notes the folders in which new ones appeared.
fn create_folders(folder: &Path, changed: &mut BTreeSet<PathBuf>) -> Result<(), OutputError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        create_folders(above, changed)?;
        changed.insert(above.to_owned());
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result.map_err(OutputError::io("creating the folder", folder)),
    }
}

/// Makes names in a folder survive a loss of power. Elsewhere than on Unix folders cannot be opened for that.
fn sync_folder(folder: &Path) -> Result<(), OutputError> {
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(OutputError::io("syncing the folder", folder))?;
    }
    Ok(())
}

fn list(root: &Path) -> Result<Vec<String>, OutputError> {
    let entries = fs::read_dir(root).map_err(OutputError::io("listing", root))?;
    entries
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()
        .map_err(OutputError::io("listing", root))
}

fn remove(path: &Path) -> Result<(), OutputError> {
    let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    result.map_err(OutputError::io("deleting", path))
}

/// Name of a table file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    /// Table.
    pub table: &'static str,
    /// Day, for facts.
    pub date: Option<Date>,
    /// Whether it holds rows that exist only because the run ended.
    pub is_tail: bool,
    /// Shard.
    pub shard: u32,
    /// Number among the shard's files of that day.
    pub sequence: u32,
}

impl FileName {
    fn base(&self) -> String {
        let kind = if self.is_tail { "tail" } else { "part" };
        format!("{kind}-{:05}-{:05}.parquet", self.shard, self.sequence)
    }

    /// Path below the tables folder.
    pub fn published(&self) -> PathBuf {
        let table = Path::new(self.table);
        match self.date {
            Some(date) => table.join(format!("date={date}")).join(self.base()),
            None => table.join(self.base()),
        }
    }

    /// Name in the staging folder.
    fn staged(&self) -> String {
        let date = self.date.map_or_else(String::new, |date| format!("{date}."));
        format!("{}.{date}{}", self.table, self.base())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_contract() {
        let name = FileName { table: "kills", date: Some(Date(0)), is_tail: false, shard: 3, sequence: 0 };
        assert_eq!(name.published(), Path::new("kills/date=1970-01-01/part-00003-00000.parquet"));
        let name = FileName { table: "maps", date: None, is_tail: false, shard: 0, sequence: 0 };
        assert_eq!(name.published(), Path::new("maps/part-00000-00000.parquet"));
    }
}
