//! Runs for tests, and their tables read back from Parquet.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use skirmish::output::{Store, write_dimensions};
use skirmish::run::{self, RunOptions, RunReport};
use skirmish::run::{Backend, Engine};
use skirmish::scenario::Scenario;
use skirmish::setting::Setting;

/// A column read back: integers, times and booleans as numbers, text as text.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Numbers(Vec<i64>),
    Texts(Vec<String>),
    Optional(Vec<Option<i64>>),
}

/// A table read back, files in order of their paths.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: HashMap<String, Column>,
    /// Path of the file of each row, below the table folder.
    pub files: Vec<String>,
    /// Row group of each row, counted over all files.
    pub groups: Vec<usize>,
}

impl Table {
    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn numbers(&self, name: &str) -> &[i64] {
        match &self.columns[name] {
            Column::Numbers(values) => values,
            other => panic!("{name} is not a number: {other:?}"),
        }
    }

    pub fn texts(&self, name: &str) -> &[String] {
        match &self.columns[name] {
            Column::Texts(values) => values,
            other => panic!("{name} is not text: {other:?}"),
        }
    }
}

/// A folder of its own that is deleted with the value.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("skirmish-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A finished run in a temporary folder.
pub struct Run {
    _keep: TempDir,
    pub root: PathBuf,
    pub report: RunReport,
}

/// Options that fix everything machine-dependent.
pub fn options(threads: usize) -> RunOptions {
    RunOptions { threads, backend: Backend::Cpu, ..RunOptions::default() }
}

pub fn compile(text: &str, sets: &[&str]) -> Arc<Setting> {
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    let scenario = Scenario::parse("test", "test.toml", text, &sets);
    Arc::new(Setting::new(scenario.unwrap_or_else(|problems| panic!("{problems}"))))
}

pub fn simulate(setting: &Arc<Setting>, options: &RunOptions) -> Run {
    let engine = Engine::choose(options, setting).unwrap();
    simulate_on(engine, setting, options)
}

/// A run with a given detector.
pub fn simulate_on(engine: Engine, setting: &Arc<Setting>, options: &RunOptions) -> Run {
    let keep = TempDir::new();
    let root = keep.path().join("run");
    let store = Store::for_run(&root, false).unwrap();
    write_dimensions(setting, &store, &mut |_| true).unwrap();
    let never = AtomicBool::new(false);
    let report = run::run_with(engine, setting, options, Some(&store), &never, &mut |_| {}).unwrap();
    Run { _keep: keep, root, report }
}

/// Every file below a folder, sorted, as paths relative to it.
pub fn files_below(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort_unstable();
    found
}

impl Run {
    pub fn table(&self, name: &str) -> Table {
        read_table(&self.root.join("tables").join(name))
    }

    /// SHA-256 of every table file.
    pub fn digests(&self) -> Vec<(String, String)> {
        use sha2::Digest;
        let root = self.root.join("tables");
        let digest = |path: String| {
            let bytes = std::fs::read(root.join(&path)).unwrap();
            (path, skirmish::scenario::hex(&sha2::Sha256::digest(bytes)))
        };
        files_below(&root).into_iter().map(digest).collect()
    }
}

/// Reads every Parquet file below a folder.
pub fn read_table(folder: &Path) -> Table {
    let mut table = Table::default();
    let mut group = 0;
    for path in files_below(folder) {
        let file = File::open(folder.join(&path)).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let sizes: Vec<usize> = builder.metadata().row_groups().iter().map(|group| group.num_rows() as usize).collect();
        for rows in sizes {
            table.groups.extend(std::iter::repeat_n(group, rows));
            group += 1;
        }
        for batch in builder.build().unwrap() {
            let batch = batch.unwrap();
            for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
                append(&mut table.columns, field.name(), array);
            }
            table.files.extend(std::iter::repeat_n(path.clone(), batch.num_rows()));
        }
    }
    table
}

fn append(columns: &mut HashMap<String, Column>, name: &str, array: &ArrayRef) {
    macro_rules! numbers {
        ($type:ty) => {
            array.as_primitive::<$type>().values().iter().map(|&value| i64::from(value)).collect::<Vec<i64>>()
        };
    }
    if array.null_count() > 0 || matches!(columns.get(name), Some(Column::Optional(_))) || name == "winner_team" {
        let values: Vec<Option<i64>> = array.as_primitive::<Int8Type>().iter().map(|v| v.map(i64::from)).collect();
        match columns.entry(name.into()).or_insert_with(|| Column::Optional(Vec::new())) {
            Column::Optional(column) => column.extend(values),
            other => panic!("{name}: {other:?}"),
        }
        return;
    }
    let values = match array.data_type() {
        DataType::Int8 => numbers!(Int8Type),
        DataType::Int16 => numbers!(Int16Type),
        DataType::Int32 => numbers!(Int32Type),
        DataType::Int64 => numbers!(Int64Type),
        DataType::Date32 => numbers!(Date32Type),
        DataType::Timestamp(TimeUnit::Millisecond, None) => numbers!(TimestampMillisecondType),
        DataType::Boolean => array.as_boolean().iter().map(|value| i64::from(value.unwrap())).collect(),
        DataType::Utf8 => {
            let values = array.as_string::<i32>().iter().map(|value| value.unwrap().to_owned());
            match columns.entry(name.into()).or_insert_with(|| Column::Texts(Vec::new())) {
                Column::Texts(column) => column.extend(values),
                other => panic!("{name}: {other:?}"),
            }
            return;
        }
        other => panic!("{name}: unexpected type {other}"),
    };
    match columns.entry(name.into()).or_insert_with(|| Column::Numbers(Vec::new())) {
        Column::Numbers(column) => column.extend(values),
        other => panic!("{name}: {other:?}"),
    }
}

/// Tells that a test did not run. Written past the capture of the test runner, which would hide it.
pub fn skipped(why: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "SKIPPED: {why}").ok();
}

/// A GPU for a test, or a visible skip; a failure where SKIRMISH_REQUIRE_GPU=1 says that there must be one.
pub fn gpu_or_skip<T>(open: impl FnOnce() -> Result<T, String>) -> Option<T> {
    match open() {
        Ok(gpu) => Some(gpu),
        Err(error) if std::env::var_os("SKIRMISH_REQUIRE_GPU").is_some_and(|value| value == "1") => {
            panic!("SKIRMISH_REQUIRE_GPU=1, but: {error}")
        }
        Err(error) => {
            skipped(&format!("no GPU for this test: {error}"));
            None
        }
    }
}
