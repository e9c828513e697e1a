//! The run folder: what may be overwritten, where files are staged and where they go.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::OutputError;
use crate::time::Date;

/// The folder of one run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    root: PathBuf,
}

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

impl RunFolder {
    /// Creates the folder for a new run.
    ///
    /// # Errors
    /// If it holds a run and `overwrite` is not set, if it holds anything else, or if it cannot be written.
    pub fn create(root: &Path, overwrite: bool) -> Result<Self, OutputError> {
        let folder = Self { root: root.to_owned() };
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
        for path in [folder.root.clone(), folder.tables(), folder.staging()] {
            fs::create_dir_all(&path).map_err(OutputError::io("creating the folder", path))?;
        }
        Ok(folder)
    }

    /// Prepares a folder for a detection. Nothing is deleted: its few files replace earlier ones of the same names when
    /// they are finished.
    ///
    /// # Errors
    /// If it holds a detection and `overwrite` is not set, if it holds a run or anything else, or if it cannot be written.
    pub fn for_detection(root: &Path, overwrite: bool, tables: &[&str]) -> Result<Self, OutputError> {
        let folder = Self { root: root.to_owned() };
        if root.is_file() {
            return Err(OutputError::InTheWay(root.to_owned()));
        }
        if root.exists() {
            let foreign = |name: &String| OutputError::Foreign(root.to_owned(), name.clone());
            let entries = list(root)?;
            if let Some(name) = entries.iter().find(|name| !["tables", "_staging"].contains(&name.as_str())) {
                return Err(foreign(name));
            }
            let held = if folder.tables().is_dir() { list(&folder.tables())? } else { Vec::new() };
            if let Some(name) = held.iter().find(|name| !tables.contains(&name.as_str())) {
                return Err(foreign(&format!("tables/{name}")));
            }
            if !held.is_empty() && !overwrite {
                return Err(OutputError::Detected(root.to_owned()));
            }
        }
        for path in [folder.tables(), folder.staging()] {
            fs::create_dir_all(&path).map_err(OutputError::io("creating the folder", path))?;
        }
        Ok(folder)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn tables(&self) -> PathBuf {
        self.root.join("tables")
    }

    fn staging(&self) -> PathBuf {
        self.root.join("_staging")
    }

    /// Writes one of the small files beside the tables, replacing it at once or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<(), OutputError> {
        let staging = self.staging();
        fs::create_dir_all(&staging).map_err(OutputError::io("creating the folder", &staging))?;
        let staged = staging.join(name);
        fs::write(&staged, text).map_err(OutputError::io("writing", &staged))?;
        let target = self.root.join(name);
        fs::rename(&staged, &target).map_err(OutputError::io("publishing", target))
    }

    /// A file to write before it is published.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn stage(&self, name: &FileName) -> Result<(PathBuf, File), OutputError> {
        let path = self.staging().join(name.staged());
        let file = File::create(&path).map_err(OutputError::io("creating", &path))?;
        Ok((path, file))
    }

    /// Moves a finished file into its table folder.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn publish(&self, name: &FileName) -> Result<(), OutputError> {
        let target = self.tables().join(name.published());
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(OutputError::io("creating the folder", folder))?;
        }
        let staged = self.staging().join(name.staged());
        fs::rename(&staged, &target).map_err(OutputError::io("publishing", target))
    }

    /// Deletes what was staged and never published.
    pub fn discard_staging(&self) {
        // Best effort on a disk that may just have failed: what is left is outside every table folder.
        drop(fs::remove_dir_all(self.staging()));
    }
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
