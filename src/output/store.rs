//! The store: the one way to every file of a run or a detection. It knows what may be deleted, where files are staged and
//! how they are published.
//!
//! A file is staged, written, synced and only then renamed to where readers look; the folders it appears in are synced
//! after it. So whatever goes wrong, a reader sees a whole file or none.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::error::OutputError;
use super::grammar::{FileName, LOCK, STAGING, TABLES, WAREHOUSE, is_file_of_run, is_folder_of_run};
use super::lock::FolderLock;

/// Version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder of one run or detection, locked for as long as the store or a copy of it is there.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    _lock: Arc<FolderLock>,
}

/// A folder that a new run may have, with nothing in it touched yet.
#[derive(Debug)]
pub struct Claim {
    store: Store,
    /// Files of the run that is there.
    replaced: Vec<PathBuf>,
    /// Folders that hold them, those inside first.
    folders: Vec<PathBuf>,
    /// Bytes that they take.
    bytes: u64,
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

impl Claim {
    /// Looks at the folder for a new run and locks it.
    ///
    /// # Errors
    /// If it holds a run and `overwrite` is not set, if it holds anything that no run writes, if another run is at work
    /// there, or if it cannot be written.
    pub fn on(root: &Path, overwrite: bool) -> Result<Self, OutputError> {
        let store = Store::lock(root)?;
        let mut claim = Self { store, replaced: Vec::new(), folders: Vec::new(), bytes: 0 };
        claim.look(&mut Vec::new())?;
        let root = &claim.store.root;
        let is_left_over = |path: &PathBuf| path.starts_with(root.join(STAGING)) || path.ends_with(LOCK);
        match status_of(root)? {
            Some(_) if overwrite => Ok(claim),
            Some(status) if status == "complete" => Err(OutputError::Exists(root.clone(), "a run")),
            Some(_) => Err(OutputError::Exists(root.clone(), "a run that did not finish")),
            // A run says that it is one before it publishes anything.
            None => match claim.replaced.iter().find(|path| !is_left_over(path)) {
                Some(path) => {
                    let name = path.strip_prefix(root).unwrap_or(path).display();
                    Err(OutputError::Foreign(root.clone(), format!("{name}, but no run.json")))
                }
                None => Ok(claim),
            },
        }
    }

    /// Bytes that are free once the run that is there has been deleted.
    pub fn frees(&self) -> u64 {
        self.bytes
    }

    /// Deletes the run that is there and makes folders for the new one.
    ///
    /// # Errors
    /// When something cannot be deleted or made.
    pub fn open(self) -> Result<Store, OutputError> {
        let Self { store, replaced, folders, .. } = self;
        if !replaced.is_empty() {
            // Whatever happens from here on, what is left does not say that it is whole.
            store.write(
                "run.json",
                &format!("{}\n", json!({ "status": "being replaced", "skirmish_version": VERSION })),
            )?;
        }
        let keeps = [LOCK, "run.json"].map(|name| store.root.join(name));
        for path in replaced.iter().filter(|path| !keeps.contains(path)) {
            fs::remove_file(path).map_err(OutputError::io("deleting", path))?;
        }
        for folder in folders {
            // One that something has been put into meanwhile is somebody's.
            drop(fs::remove_dir(folder));
        }
        store.make_folders()?;
        Ok(store)
    }

    /// Lists what is in the folder; `below` is where in it.
    fn look(&mut self, below: &mut Vec<String>) -> Result<(), OutputError> {
        let folder = below.iter().fold(self.store.root.clone(), |path, name| path.join(name));
        for name in list(&folder)? {
            let path = folder.join(&name);
            below.push(name);
            let parts: Vec<&str> = below.iter().map(String::as_str).collect();
            let data = fs::symlink_metadata(&path).map_err(OutputError::io("looking at", &path))?;
            if data.is_file() && is_file_of_run(&parts) {
                self.bytes += data.len();
                self.replaced.push(path);
            } else if data.is_dir() && is_folder_of_run(&parts) {
                self.look(below)?;
                self.folders.push(path);
            } else if parts != [WAREHOUSE] || !data.is_dir() {
                // A warehouse may hold more than can be built again. It stays, and knows which run it is of.
                return Err(OutputError::Foreign(self.store.root.clone(), below.join("/")));
            }
            below.pop();
        }
        Ok(())
    }
}

/// What run.json says of the run in a folder; `None` if there is none.
fn status_of(root: &Path) -> Result<Option<String>, OutputError> {
    let Ok(text) = fs::read_to_string(root.join("run.json")) else { return Ok(None) };
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    match (value["skirmish_version"].as_str(), value["status"].as_str()) {
        (Some(_), Some(status)) => Ok(Some(status.to_owned())),
        _ => Err(OutputError::Foreign(root.to_owned(), "run.json".into())),
    }
}

impl Store {
    /// A folder for a new run: a `Claim` on it, opened.
    ///
    /// # Errors
    /// As there.
    pub fn for_run(root: &Path, overwrite: bool) -> Result<Self, OutputError> {
        Claim::on(root, overwrite)?.open()
    }

    /// A locked folder, made if it is not there.
    fn lock(root: &Path) -> Result<Self, OutputError> {
        if root.is_file() {
            return Err(OutputError::InTheWay(root.to_owned()));
        }
        let (is_new, mut changed) = (!root.exists(), BTreeSet::new());
        create_folders(root, &mut changed)?;
        sync_folders(&changed)?;
        Ok(Self { root: root.to_owned(), _lock: Arc::new(FolderLock::take(root, is_new)?) })
    }

    /// Prepares a folder for a detection. Nothing is deleted: its few files replace earlier ones of the same names when
    /// they are finished.
    ///
    /// # Errors
    /// If it holds a detection and `overwrite` is not set, if it holds a run or anything else, or if it cannot be written.
    pub fn for_detection(root: &Path, overwrite: bool, tables: &[&str]) -> Result<Self, OutputError> {
        let store = Self::lock(root)?;
        let foreign = |name: &String| OutputError::Foreign(root.to_owned(), name.clone());
        let entries = list(root)?;
        if let Some(name) = entries.iter().find(|name| ![TABLES, STAGING, LOCK].contains(&name.as_str())) {
            return Err(foreign(name));
        }
        let held = if store.tables().is_dir() { list(&store.tables())? } else { Vec::new() };
        if let Some(name) = held.iter().find(|name| !tables.contains(&name.as_str())) {
            return Err(foreign(&format!("tables/{name}")));
        }
        if !held.is_empty() && !overwrite {
            return Err(OutputError::Detected(root.to_owned()));
        }
        store.make_folders()?;
        Ok(store)
    }

    fn tables(&self) -> PathBuf {
        self.root.join(TABLES)
    }

    fn staging(&self) -> PathBuf {
        self.root.join(STAGING)
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

    /// Deletes the run, and the folder itself if nothing else is in it.
    ///
    /// # Errors
    /// If something is there that no run writes, or when something cannot be deleted.
    pub fn delete(self) -> Result<(), OutputError> {
        let mut claim = Claim { store: self, replaced: Vec::new(), folders: Vec::new(), bytes: 0 };
        claim.look(&mut Vec::new())?;
        let root = claim.store.root.clone();
        drop(claim.open()?);
        for name in ["run.json", TABLES, STAGING] {
            let path = root.join(name);
            let deleted = if path.is_dir() { fs::remove_dir(&path) } else { fs::remove_file(&path) };
            match deleted {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(OutputError::io("deleting", path)(error));
                }
                _ => {}
            }
        }
        fs::remove_dir(&root).map_err(OutputError::io("deleting", root))
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
        let thesis = root.join("run/tables/maps/thesis.txt");
        fs::write(&thesis, "mine").expect("it can be written");
        let refused = store.clone().delete().expect_err("something else is there").to_string();
        assert!(refused.contains("holds tables/maps/thesis.txt, which is not part"), "{refused}");
        assert!(root.join("run/tables/maps/part-00000-00000.parquet").exists(), "nothing has been deleted");
        fs::remove_file(&thesis).expect("it is there");
        store.delete().expect("it can be deleted");
        assert_eq!(list(&root).ok(), Some(Vec::new()));
        fs::remove_dir_all(root).expect("it is there");
    }
}
