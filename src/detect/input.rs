//! Reading positions: any Parquet, columns by name, row groups in order of time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::statistics::Statistics;

use super::column::{
    Columns, Labels, check_alike, check_columns, codes_of, coordinates_of, first_between_milliseconds,
    first_beyond_i64, is_text, names_of, times_of, to_ms,
};
use super::input_error::InputError;
use super::request::DetectOptions;
use super::timeline::Timeline;

/// A position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// Code of the group.
    pub group: u32,
    /// Code of the player.
    pub id: u32,
    /// Centimetres.
    pub position: [i32; 3],
}

/// A row group waiting to be read.
#[derive(Clone, Copy, Debug)]
struct RowBlock {
    file: usize,
    group: usize,
    rows: usize,
    /// Earliest time in it, if the file tells.
    first_ms: i64,
    last_ms: i64,
}

/// Rows of all inputs in order of time.
#[derive(Debug)]
pub struct Source {
    columns: Columns,
    files: Vec<PathBuf>,
    metadata: Vec<ArrowReaderMetadata>,
    chunks: Vec<RowBlock>,
    next: usize,
    /// Rows that have been read and not handed on, by time.
    held: BTreeMap<i64, Vec<Position>>,
    held_rows: usize,
    groups: Labels,
    ids: Labels,
    start_ms: i64,
    /// Milliseconds of a tick: 1, or 1000 where the span is too long for that.
    unit_ms: i64,
    rows_read: u64,
    memory_bytes: usize,
}

impl Source {
    /// Finds the files and checks their columns.
    ///
    /// # Errors
    /// See [`InputError`].
    pub fn open(options: &DetectOptions, out: &Path) -> Result<Self, InputError> {
        let files = find_files(&options.inputs, out)?;
        let mut metadata = Vec::new();
        let mut chunks = Vec::new();
        for (index, path) in files.iter().enumerate() {
            let failed = |error: &dyn std::fmt::Display| InputError::Unreadable {
                path: path.clone(),
                why: format!("not a readable Parquet file: {error}"),
            };
            let file = File::open(path).map_err(|error| failed(&error))?;
            let loaded = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| failed(&error))?;
            check_columns(path, &loaded, &options.columns)?;
            if let (Some(first), Some(metadata)) = (files.first(), metadata.first()) {
                check_alike(path, &loaded, first, metadata, &options.columns)?;
            }
            for group in 0..loaded.metadata().num_row_groups() {
                chunks.push(chunk(path, &loaded, &options.columns, index, group)?);
            }
            metadata.push(loaded);
        }
        chunks.retain(|chunk| chunk.rows > 0);
        chunks.sort_by_key(|chunk| (chunk.first_ms, chunk.file, chunk.group));
        let kind = |column: &Option<String>| match column.as_ref().zip(metadata.first()) {
            None => Labels::None,
            Some((name, first)) => match first.schema().field_with_name(name).map(|field| is_text(field.data_type())) {
                Ok(true) => Labels::Texts(HashMap::new(), Vec::new()),
                _ => Labels::Numbers(HashMap::new(), Vec::new()),
            },
        };
        let (groups, ids) = (kind(&options.columns.group), kind(&Some(options.columns.id.clone())));
        let start_ms = chunks.first().map_or(0, |chunk| chunk.first_ms);
        let end_ms = chunks.iter().map(|chunk| chunk.last_ms).max().unwrap_or(0);
        let is_long = end_ms.checked_sub(start_ms).is_none_or(|span| span > i64::from(u32::MAX));
        Ok(Self {
            columns: options.columns.clone(),
            files,
            metadata,
            chunks,
            next: 0,
            held: BTreeMap::new(),
            held_rows: 0,
            groups,
            ids,
            start_ms,
            unit_ms: if is_long { 1000 } else { 1 },
            rows_read: 0,
            memory_bytes: options.memory_bytes,
        })
    }

    /// Files found.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Rows of all files.
    pub fn total_rows(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.rows as u64).sum()
    }

    /// Rows read so far.
    pub fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// Groups met so far.
    pub fn groups(&self) -> &Labels {
        &self.groups
    }

    /// Players met so far.
    pub fn ids(&self) -> &Labels {
        &self.ids
    }

    /// Whether groups are text.
    pub fn has_text_groups(&self) -> bool {
        matches!(self.groups, Labels::Texts(..))
    }

    /// Whether players are text.
    pub fn has_text_ids(&self) -> bool {
        matches!(self.ids, Labels::Texts(..))
    }

    /// The times of all rows as ticks, for a merge gap.
    pub fn timeline(&self, gap_ms: i64) -> Timeline {
        Timeline::new(self.start_ms, self.unit_ms, gap_ms)
    }

    /// The error of a player with two rows at one time.
    pub fn twice(&self, row: &Position) -> InputError {
        InputError::Twice { id: self.ids.show(row.id), time: row.time_ms, group: self.groups.show(row.group) }
    }

    /// The next rows of which no earlier ones can come any more, sorted; `None` at the end.
    ///
    /// # Errors
    /// See [`InputError`].
    pub fn next_span(&mut self) -> Result<Option<Vec<Position>>, InputError> {
        while self.next < self.chunks.len() {
            let chunk = self.chunks[self.next];
            self.next += 1;
            self.read(chunk)?;
            let rest = match self.chunks.get(self.next) {
                Some(next) => self.held.split_off(&next.first_ms),
                None => BTreeMap::new(),
            };
            let ready = std::mem::replace(&mut self.held, rest);
            if !ready.is_empty() {
                let mut rows = Vec::with_capacity(ready.values().map(Vec::len).sum());
                for mut of_time in ready.into_values() {
                    of_time.sort_unstable();
                    rows.append(&mut of_time);
                }
                self.held_rows -= rows.len();
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    fn read(&mut self, chunk: RowBlock) -> Result<(), InputError> {
        let path = self.files[chunk.file].clone();
        let wanted: Vec<&str> = names_of(&self.columns).iter().map(|(_, name)| *name).collect();
        let reader = batches(&path, &self.metadata[chunk.file], &wanted, chunk.group)?;
        let mut row = 0;
        for batch in reader {
            let batch = batch.map_err(|error| unreadable_group(&path, chunk.group, &error))?;
            self.take(&path, chunk.group, row, &batch)?;
            row += batch.num_rows();
        }
        self.rows_read += row as u64;
        Ok(())
    }

    fn take(&mut self, path: &Path, group: usize, first_row: usize, batch: &RecordBatch) -> Result<(), InputError> {
        let column = |name: &str| batch.column_by_name(name).map(ArrayRef::clone).ok_or(());
        let bad = |row: usize, what: String, remedy| InputError::BadValue {
            path: path.to_owned(),
            row: first_row + row,
            group,
            what,
            remedy,
        };
        let get = |name: &str| column(name).expect("columns were checked when the file was opened");
        let time_column = get(&self.columns.time);
        if let Some(row) = first_between_milliseconds(&time_column) {
            let what = format!("a time between two milliseconds in column {:?}", self.columns.time);
            return Err(bad(row, what, "round the times to milliseconds first"));
        }
        let named = [Some(&self.columns.id), Some(&self.columns.time), self.columns.group.as_ref()];
        for name in named.into_iter().flatten() {
            if let Some((row, value)) = first_beyond_i64(&get(name)) {
                let what = format!("{value}, beyond the signed 64-bit integers, in column {name:?}");
                return Err(bad(row, what, "cast the column to text"));
            }
        }
        let times = times_of(&time_column, self.columns.time_unit);
        let axis = |name: &str| -> Result<Vec<i32>, InputError> {
            let values = coordinates_of(&get(name), &self.columns);
            let check = |(row, value): (usize, Result<i32, String>)| {
                value.map_err(|what| bad(row, format!("{what} in column {name:?}"), "filter such rows out first"))
            };
            values.into_iter().enumerate().map(check).collect()
        };
        let (x, y) = (axis(&self.columns.x)?, axis(&self.columns.y)?);
        let z = self.columns.z.as_deref().map_or_else(|| Ok(vec![0; x.len()]), axis)?;
        let ids = codes_of(&get(&self.columns.id), &mut self.ids);
        let groups = match &self.columns.group {
            Some(name) => codes_of(&get(name), &mut self.groups),
            None => vec![Some(0); x.len()],
        };
        for row in 0..x.len() {
            let missing = || bad(row, "a missing value".into(), "filter rows without time, id or group out first");
            let (time_ms, id, group) = match (times[row], ids[row], groups[row]) {
                (Some(time), Some(id), Some(group)) => (time, id, group),
                _ => return Err(missing()),
            };
            let position = [x[row], y[row], z[row]];
            self.held.entry(time_ms).or_default().push(Position { time_ms, group, id, position });
            self.held_rows += 1;
        }
        if self.held_rows * size_of::<Position>() > self.memory_bytes {
            return Err(InputError::TooMuch { rows: self.held_rows, limit_mb: self.memory_bytes >> 20 });
        }
        Ok(())
    }
}

/// A row group with its span of time: from the statistics of the file, or from its times where it has none.
fn chunk(
    path: &Path,
    loaded: &ArrowReaderMetadata,
    columns: &Columns,
    file: usize,
    group: usize,
) -> Result<RowBlock, InputError> {
    let data = loaded.metadata().row_group(group);
    let column = data.columns().iter().find(|column| column.column_path().string() == columns.time);
    let kind = loaded.schema().field_with_name(&columns.time).map(|field| field.data_type().clone());
    let bounds = column.and_then(|column| column.statistics()).and_then(|statistics| match statistics {
        Statistics::Int64(values) => values.min_opt().copied().zip(values.max_opt().copied()),
        // Statistics do not say whether they are of unsigned numbers; those are read.
        Statistics::Int32(values) if !matches!(kind, Ok(DataType::UInt32)) => {
            values.min_opt().map(|&min| i64::from(min)).zip(values.max_opt().map(|&max| i64::from(max)))
        }
        _ => None,
    });
    let (first_ms, last_ms) = match (bounds, kind) {
        (Some((min, max)), Ok(kind)) => (to_ms(min, &kind, columns.time_unit), to_ms(max, &kind, columns.time_unit)),
        _ => read_bounds(path, loaded, columns, group)?,
    };
    Ok(RowBlock { file, group, rows: data.num_rows() as usize, first_ms, last_ms })
}

/// Earliest and latest time of a row group, from its rows.
fn read_bounds(
    path: &Path,
    loaded: &ArrowReaderMetadata,
    columns: &Columns,
    group: usize,
) -> Result<(i64, i64), InputError> {
    let mut bounds: Option<(i64, i64)> = None;
    for batch in batches(path, loaded, &[&columns.time], group)? {
        let batch = batch.map_err(|error| unreadable_group(path, group, &error))?;
        for time in times_of(batch.column(0), columns.time_unit).into_iter().flatten() {
            let (first, last) = bounds.unwrap_or((time, time));
            bounds = Some((first.min(time), last.max(time)));
        }
    }
    // Without any time there is nothing to order; the missing values are told when the rows are read.
    Ok(bounds.unwrap_or((0, 0)))
}

fn unreadable_group(path: &Path, group: usize, error: &dyn std::fmt::Display) -> InputError {
    InputError::Unreadable { path: path.to_owned(), why: format!("reading row group {group} failed: {error}") }
}

/// Some columns of a row group.
fn batches(
    path: &Path,
    loaded: &ArrowReaderMetadata,
    wanted: &[&str],
    group: usize,
) -> Result<ParquetRecordBatchReader, InputError> {
    let file = File::open(path).map_err(|error| unreadable_group(path, group, &error))?;
    let schema = loaded.metadata().file_metadata().schema_descr();
    let mask = ProjectionMask::columns(schema, wanted.iter().copied());
    ParquetRecordBatchReaderBuilder::new_with_metadata(file, loaded.clone())
        .with_projection(mask)
        .with_row_groups(vec![group])
        .with_batch_size(65_536)
        .build()
        .map_err(|error| unreadable_group(path, group, &error))
}

/// Files of all inputs, each once: files as they are, folders and patterns sorted, Parquet only. What an earlier detection
/// wrote into the output folder is passed over in folders, and refused where it is named.
fn find_files(inputs: &[PathBuf], out: &Path) -> Result<Vec<PathBuf>, InputError> {
    let out = std::fs::canonicalize(out).ok();
    let is_output = |path: &Path| out.as_ref().is_some_and(|out| path.starts_with(out));
    let (mut files, mut seen) = (Vec::new(), HashSet::new());
    for input in inputs {
        let unreadable = |why: String| InputError::Unreadable { path: input.clone(), why };
        let whole = std::fs::canonicalize(input).ok();
        if whole.as_deref().is_some_and(is_output) {
            let out = out.clone().unwrap_or_default();
            return Err(InputError::Inside { path: input.clone(), out });
        }
        let mut found = Vec::new();
        if input.is_dir() {
            collect(input, &mut found).map_err(|error| unreadable(format!("cannot be listed: {error}")))?;
        } else if input.exists() {
            found.push(input.clone());
        } else {
            let pattern = input.to_string_lossy();
            let matches = glob::glob(&pattern).map_err(|error| unreadable(format!("not a pattern: {error}")))?;
            for path in matches {
                let path = path.map_err(|error| unreadable(format!("cannot be listed: {error}")))?;
                if path.is_dir() {
                    collect(&path, &mut found).map_err(|error| unreadable(format!("cannot be listed: {error}")))?;
                } else {
                    found.push(path);
                }
            }
        }
        if found.is_empty() {
            return Err(unreadable("no Parquet file is there; check the path".into()));
        }
        for path in found {
            let whole = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if !is_output(&whole) && seen.insert(whole) {
                files.push(path);
            }
        }
    }
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        // A link to a folder may lead back up.
        let is_folder = path.is_dir() && !path.is_symlink();
        if is_folder {
            collect(&path, files)?;
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "parquet") {
            files.push(path);
        }
    }
    Ok(())
}
