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
use crate::setting::{Leg, Span};
use crate::time::Date;

/// Everything that a run puts into its folder: only these are ever deleted, in this order, so that nothing half deleted
/// says that it is whole.
const OWN_ENTRIES: [&str; 6] =
    ["run.json", "report.html", "tables", "scenario.toml", "scenario.resolved.toml", "_staging"];

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
            store.delete_own()?;
        }
        store.make_folders()?;
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
        store.make_folders()?;
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
        create_folders(&staging, &mut BTreeSet::new())?;
        let path = staging.join(staged);
        let file = File::create(&path).map_err(OutputError::io("creating", &path))?;
        Ok(StagedFile { file, path, target })
    }

    /// Moves finished files to where readers look, then syncs the folders in which they, or folders for them, appeared.
    ///
    /// # Errors
    /// When one cannot be moved or a folder cannot be synced; files moved before it stay.
    pub fn publish(&self, files: impl IntoIterator<Item = FinishedFile>) -> Result<(), OutputError> {
        let (files, mut changed): (Vec<FinishedFile>, _) = (files.into_iter().collect(), BTreeSet::new());
        // First whatever takes room: once all folders are there, moving files into them takes next to none.
        for file in &files {
            let folder = file.target.parent().unwrap_or(&self.root);
            create_folders(folder, &mut changed)?;
            changed.insert(folder.to_owned());
        }
        for FinishedFile { path, target } in files {
            fs::rename(&path, &target).map_err(OutputError::io("publishing", &target))?;
        }
        sync_folders(&changed)
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
    pub fn delete(&self) -> Result<(), OutputError> {
        self.delete_own()?;
        // A folder that still holds something is somebody's.
        drop(fs::remove_dir(&self.root));
        Ok(())
    }

    fn delete_own(&self) -> Result<(), OutputError> {
        let own = OWN_ENTRIES.map(|name| self.root.join(name)).into_iter();
        own.filter(|path| path.exists()).try_for_each(|path| remove(&path))
    }

    /// Makes the folder itself and those that every store has.
    fn make_folders(&self) -> Result<(), OutputError> {
        let mut changed = BTreeSet::new();
        create_folders(&self.tables(), &mut changed)?;
        create_folders(&self.staging(), &mut changed)?;
        sync_folders(&changed)
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
    // The folder above a plain name is the current one.
    if let Some(above) = folder.parent() {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        create_folders(above, changed)?;
        changed.insert(above.to_owned());
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result.map_err(OutputError::io("creating the folder", folder)),
    }
}

/// Makes names in folders survive a loss of power. Elsewhere than on Unix folders cannot be opened for that, and some
/// file systems have no such promise to give.
fn sync_folders(folders: &BTreeSet<PathBuf>) -> Result<(), OutputError> {
    for folder in folders.iter().filter(|_| cfg!(unix)) {
        match File::open(folder).and_then(|folder| folder.sync_all()) {
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {}
            result => result.map_err(OutputError::io("syncing the folder", folder))?,
        }
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
    table: &'static str,
    /// Day, for facts.
    date: Option<Date>,
    /// Whether it holds rows that exist only because the run ended.
    is_tail: bool,
    /// Shard.
    shard: u32,
    /// Number among the shard's files of that day.
    sequence: u32,
}

impl FileName {
    /// The file of a table of facts that holds the rows of a leg.
    pub fn of_leg(table: &'static str, span: &Span, leg: Leg) -> Self {
        let (date, is_tail) = (Some(span.date(leg.day)), span.is_closing(leg.day));
        Self { table, date, is_tail, shard: span.shard_of(leg.realm), sequence: 0 }
    }

    /// The only file of a table.
    pub fn only(table: &'static str) -> Self {
        Self { table, date: None, is_tail: false, shard: 0, sequence: 0 }
    }

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
    fn a_store_deletes_what_a_run_writes_and_nothing_else() {
        let root = std::env::temp_dir().join(format!("skirmish-store-{}", std::process::id()));
        let store = Store::for_run(&root.join("run"), false).expect("it can be made");
        store.write("run.json", "{}").expect("it can be written");
        let mut staged = store.stage(&FileName::only("maps")).expect("it can be staged");
        staged.write_all(b"PAR1").expect("it can be written");
        assert!(!root.join("run/tables/maps").exists(), "nobody sees what is staged");
        store.publish([staged.finish().expect("it can be synced")]).expect("it can be published");
        assert_eq!(fs::read(root.join("run/tables/maps/part-00000-00000.parquet")).ok(), Some(b"PAR1".to_vec()));
        fs::write(root.join("run/thesis.txt"), "mine").expect("it can be written");
        store.delete().expect("it can be deleted");
        assert_eq!(list(&root.join("run")).ok(), Some(vec!["thesis.txt".to_owned()]));
        fs::remove_dir_all(root).expect("it is there");
    }

    #[test]
    fn names_follow_the_contract() {
        let name = FileName { table: "kills", date: Some(Date(0)), is_tail: false, shard: 3, sequence: 0 };
        assert_eq!(name.published(), Path::new("kills/date=1970-01-01/part-00003-00000.parquet"));
        let name = FileName::only("maps");
        assert_eq!(name.published(), Path::new("maps/part-00000-00000.parquet"));
    }
}
