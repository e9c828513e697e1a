//! Reading positions: any Parquet, columns by name, row groups in order of time.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::statistics::Statistics;

use super::DetectOptions;

/// Unit of coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthUnit {
    /// Centimetres.
    Centimetres,
    /// Metres.
    Metres,
}

/// Unit of times that are plain integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

/// Which columns hold what.
#[derive(Clone, Debug)]
pub struct Columns {
    /// East.
    pub x: String,
    /// North.
    pub y: String,
    /// Up; `None` for positions on a plane.
    pub z: Option<String>,
    /// Match, map, region, ...: only players of one group meet. `None` if all can.
    pub group: Option<String>,
    /// Time.
    pub time: String,
    /// Player.
    pub id: String,
    /// Unit of the coordinates.
    pub unit: LengthUnit,
    /// Unit of times that are plain integers.
    pub time_unit: TimeUnit,
    /// Fractions of coordinates are rounded to a grid of this many centimetres.
    pub grid_cm: u32,
}

/// What is wrong with the input. Each names the file, what is there and what to do.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A path leads nowhere or a pattern matches nothing.
    #[error("{}: {why}", .path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why, and the remedy.
        why: String,
    },
    /// A column is not there.
    #[error("{}: no column {column:?} for --{flag}; it has {known}", .path.display())]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The flag that named it.
        flag: &'static str,
        /// The name.
        column: String,
        /// Names that are there.
        known: String,
    },
    /// A column has a type that does not serve.
    #[error("{}: column {column:?} of --{flag} has type {kind}; expected {expected}", .path.display())]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The flag that named it.
        flag: &'static str,
        /// The name.
        column: String,
        /// Its type.
        kind: String,
        /// What would serve.
        expected: &'static str,
    },
    /// A value cannot be used.
    #[error("{}: {what} in row {row} of row group {group}; {remedy}", .path.display())]
    BadValue {
        /// The file.
        path: PathBuf,
        /// Row, from 0.
        row: usize,
        /// Row group, from 0.
        group: usize,
        /// What stands there.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A player stands at two places at once.
    #[error(
        "player {id} has two rows at time {time} in group {group}; keep one (SELECT ... QUALIFY row_number() OVER (PARTITION BY id, time) = 1)"
    )]
    Twice {
        /// The player.
        id: String,
        /// Milliseconds since 1970.
        time: i64,
        /// The group.
        group: String,
    },
    /// Too much overlaps in time.
    #[error(
        "{rows} rows overlap in time, more than --memory-mb {limit_mb} holds; sort the input by time (then it streams) or raise --memory-mb"
    )]
    TooMuch {
        /// Rows held.
        rows: usize,
        /// The limit.
        limit_mb: usize,
    },
    /// Times span more than can be counted.
    #[error(
        "times span more than 49 days and are not whole seconds; split the input by month or round --time to seconds"
    )]
    TooLong,
}

/// Values of a column of ids or groups, numbered in the order in which they are met.
#[derive(Debug, Default)]
pub enum Names {
    /// No such column: everything is number 0.
    #[default]
    None,
    /// Integers.
    Numbers(HashMap<i64, u32>, Vec<i64>),
    /// Text.
    Texts(HashMap<String, u32>, Vec<String>),
}

impl Names {
    fn number(&mut self, value: i64) -> u32 {
        let Self::Numbers(codes, values) = self else { return 0 };
        *codes.entry(value).or_insert_with(|| {
            values.push(value);
            values.len() as u32 - 1
        })
    }

    fn text(&mut self, value: &str) -> u32 {
        let Self::Texts(codes, values) = self else { return 0 };
        if let Some(code) = codes.get(value) {
            return *code;
        }
        values.push(value.to_owned());
        codes.insert(value.to_owned(), values.len() as u32 - 1);
        values.len() as u32 - 1
    }

    /// Distinct values.
    pub fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Numbers(_, values) => values.len(),
            Self::Texts(_, values) => values.len(),
        }
    }

    /// A value for messages.
    pub fn show(&self, code: u32) -> String {
        match self {
            Self::None => "(none)".into(),
            Self::Numbers(_, values) => values[code as usize].to_string(),
            Self::Texts(_, values) => values[code as usize].clone(),
        }
    }
}

/// A position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Time in units since the first.
    pub tick: u32,
    /// Code of the group.
    pub group: u32,
    /// Code of the player.
    pub id: u32,
    /// Centimetres.
    pub position: [i32; 3],
}

/// A row group waiting to be read.
#[derive(Clone, Copy, Debug)]
struct Chunk {
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
    chunks: Vec<Chunk>,
    next: usize,
    held: Vec<Row>,
    groups: Names,
    ids: Names,
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
    pub fn open(options: &DetectOptions) -> Result<Self, InputError> {
        let files = find_files(&options.inputs)?;
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
            for group in 0..loaded.metadata().num_row_groups() {
                chunks.push(chunk(&loaded, &options.columns, index, group));
            }
            metadata.push(loaded);
        }
        chunks.retain(|chunk| chunk.rows > 0);
        chunks.sort_by_key(|chunk| (chunk.first_ms, chunk.file, chunk.group));
        let kind = |column: &Option<String>| match column.as_ref().zip(metadata.first()) {
            None => Names::None,
            Some((name, first)) => match first.schema().field_with_name(name).map(|field| is_text(field.data_type())) {
                Ok(true) => Names::Texts(HashMap::new(), Vec::new()),
                _ => Names::Numbers(HashMap::new(), Vec::new()),
            },
        };
        let (groups, ids) = (kind(&options.columns.group), kind(&Some(options.columns.id.clone())));
        let start_ms = chunks.first().map_or(0, |chunk| chunk.first_ms);
        let end_ms = chunks.iter().map(|chunk| chunk.last_ms).max().unwrap_or(0);
        let is_long = end_ms.saturating_sub(start_ms) > i64::from(u32::MAX);
        Ok(Self {
            columns: options.columns.clone(),
            files,
            metadata,
            chunks,
            next: 0,
            held: Vec::new(),
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
    pub fn groups(&self) -> &Names {
        &self.groups
    }

    /// Players met so far.
    pub fn ids(&self) -> &Names {
        &self.ids
    }

    /// Whether groups are text.
    pub fn has_text_groups(&self) -> bool {
        matches!(self.groups, Names::Texts(..))
    }

    /// Whether players are text.
    pub fn has_text_ids(&self) -> bool {
        matches!(self.ids, Names::Texts(..))
    }

    /// A span of time in ticks, rounded down.
    pub fn ticks(&self, ms: i64) -> u32 {
        (ms / self.unit_ms).clamp(0, i64::from(u32::MAX)) as u32
    }

    /// Milliseconds since 1970 of a tick.
    pub fn ms(&self, tick: u32) -> i64 {
        self.start_ms + i64::from(tick) * self.unit_ms
    }

    /// The error of a player with two rows at one time.
    pub fn twice(&self, row: &Row) -> InputError {
        InputError::Twice { id: self.ids.show(row.id), time: self.ms(row.tick), group: self.groups.show(row.group) }
    }

    /// The next rows of which no earlier ones can come any more, sorted; `None` at the end.
    ///
    /// # Errors
    /// See [`InputError`].
    pub fn next_span(&mut self) -> Result<Option<Vec<Row>>, InputError> {
        while self.next < self.chunks.len() {
            let chunk = self.chunks[self.next];
            self.next += 1;
            self.read(chunk)?;
            let watermark = self.chunks.get(self.next).map_or(i64::MAX, |chunk| chunk.first_ms);
            let bytes = self.held.len() * size_of::<Row>();
            let ready = if watermark == i64::MAX {
                std::mem::take(&mut self.held)
            } else {
                let limit = ((watermark - self.start_ms).max(0) / self.unit_ms) as u64;
                self.held.extract_if(.., |row| u64::from(row.tick) < limit).collect()
            };
            if !ready.is_empty() {
                let mut ready = ready;
                ready.sort_unstable();
                return Ok(Some(ready));
            }
            if bytes > self.memory_bytes {
                return Err(InputError::TooMuch { rows: self.held.len(), limit_mb: self.memory_bytes >> 20 });
            }
        }
        Ok(None)
    }

    fn read(&mut self, chunk: Chunk) -> Result<(), InputError> {
        let path = self.files[chunk.file].clone();
        let failed = |error: &dyn std::fmt::Display| InputError::Unreadable {
            path: path.clone(),
            why: format!("reading row group {} failed: {error}", chunk.group),
        };
        let file = File::open(&path).map_err(|error| failed(&error))?;
        let metadata = self.metadata[chunk.file].clone();
        let wanted: Vec<&str> = names_of(&self.columns).iter().map(|(_, name)| *name).collect();
        let mask = ProjectionMask::columns(metadata.metadata().file_metadata().schema_descr(), wanted);
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_projection(mask)
            .with_row_groups(vec![chunk.group])
            .with_batch_size(65_536)
            .build()
            .map_err(|error| failed(&error))?;
        let mut row = 0;
        for batch in reader {
            let batch = batch.map_err(|error| failed(&error))?;
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
        let times = times_of(&get(&self.columns.time), self.columns.time_unit);
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
            let (time, id, group) = match (times[row], ids[row], groups[row]) {
                (Some(time), Some(id), Some(group)) => (time, id, group),
                _ => return Err(missing()),
            };
            let since = time - self.start_ms;
            let tick = u32::try_from(since / self.unit_ms).map_err(|_| InputError::TooLong)?;
            if since % self.unit_ms != 0 {
                return Err(InputError::TooLong);
            }
            self.held.push(Row { tick, group, id, position: [x[row], y[row], z[row]] });
        }
        Ok(())
    }
}

fn names_of(columns: &Columns) -> Vec<(&'static str, &str)> {
    let mut names = vec![("x", columns.x.as_str()), ("y", &columns.y), ("time", &columns.time), ("id", &columns.id)];
    names.extend(columns.z.as_deref().map(|name| ("z", name)));
    names.extend(columns.group.as_deref().map(|name| ("group", name)));
    names
}

fn check_columns(path: &Path, metadata: &ArrowReaderMetadata, columns: &Columns) -> Result<(), InputError> {
    for (flag, name) in names_of(columns) {
        let field = metadata.schema().field_with_name(name).map_err(|_| InputError::NoColumn {
            path: path.to_owned(),
            flag,
            column: name.to_owned(),
            known: metadata.schema().fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", "),
        })?;
        let kind = field.data_type();
        let (serves, expected) = match flag {
            "x" | "y" | "z" => (kind.is_numeric(), "numbers"),
            "time" => (matches!(kind, DataType::Timestamp(..)) || kind.is_integer(), "timestamps or integers"),
            _ => (kind.is_integer() || is_text(kind), "integers or text"),
        };
        if !serves {
            let (column, kind) = (name.to_owned(), kind.to_string());
            return Err(InputError::WrongType { path: path.to_owned(), flag, column, kind, expected });
        }
    }
    Ok(())
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// A row group with its span of time; one without statistics may hold any time, so nothing can pass it.
fn chunk(loaded: &ArrowReaderMetadata, columns: &Columns, file: usize, group: usize) -> Chunk {
    let data = loaded.metadata().row_group(group);
    let column = data.columns().iter().find(|column| column.column_path().string() == columns.time);
    let kind = loaded.schema().field_with_name(&columns.time).map(|field| field.data_type().clone());
    let bounds = column.and_then(|column| column.statistics()).and_then(|statistics| match statistics {
        Statistics::Int64(values) => values.min_opt().copied().zip(values.max_opt().copied()),
        Statistics::Int32(values) => {
            values.min_opt().map(|&min| i64::from(min)).zip(values.max_opt().map(|&max| i64::from(max)))
        }
        _ => None,
    });
    let (first_ms, last_ms) = match (bounds, kind) {
        (Some((min, max)), Ok(kind)) => (to_ms(min, &kind, columns.time_unit), to_ms(max, &kind, columns.time_unit)),
        _ => (i64::MIN / 4, i64::MIN / 4),
    };
    Chunk { file, group, rows: data.num_rows() as usize, first_ms, last_ms }
}

fn to_ms(value: i64, kind: &DataType, integers: TimeUnit) -> i64 {
    use arrow_schema::TimeUnit as Unit;
    match (kind, integers) {
        (DataType::Timestamp(Unit::Second, _), _) => value.saturating_mul(1000),
        (DataType::Timestamp(Unit::Millisecond, _), _) => value,
        (DataType::Timestamp(Unit::Microsecond, _), _) => value.div_euclid(1000),
        (DataType::Timestamp(Unit::Nanosecond, _), _) => value.div_euclid(1_000_000),
        (_, TimeUnit::Seconds) => value.saturating_mul(1000),
        (_, TimeUnit::Milliseconds) => value,
    }
}

fn times_of(array: &ArrayRef, integers: TimeUnit) -> Vec<Option<i64>> {
    let kind = array.data_type().clone();
    integers_of(array).into_iter().map(|value| value.map(|value| to_ms(value, &kind, integers))).collect()
}

/// Any integer or timestamp column as 64-bit numbers.
fn integers_of(array: &ArrayRef) -> Vec<Option<i64>> {
    use arrow_schema::TimeUnit as Unit;
    macro_rules! read {
        ($type:ty) => {
            array.as_primitive::<$type>().iter().map(|value| value.map(|value| value as i64)).collect()
        };
    }
    match array.data_type() {
        DataType::Int8 => read!(Int8Type),
        DataType::Int16 => read!(Int16Type),
        DataType::Int32 => read!(Int32Type),
        DataType::Int64 => read!(Int64Type),
        DataType::UInt8 => read!(UInt8Type),
        DataType::UInt16 => read!(UInt16Type),
        DataType::UInt32 => read!(UInt32Type),
        DataType::UInt64 => read!(UInt64Type),
        DataType::Timestamp(Unit::Second, _) => read!(TimestampSecondType),
        DataType::Timestamp(Unit::Millisecond, _) => read!(TimestampMillisecondType),
        DataType::Timestamp(Unit::Microsecond, _) => read!(TimestampMicrosecondType),
        DataType::Timestamp(Unit::Nanosecond, _) => read!(TimestampNanosecondType),
        _ => vec![None; array.len()],
    }
}

/// Coordinates in centimetres; what cannot be one is told in words.
fn coordinates_of(array: &ArrayRef, columns: &Columns) -> Vec<Result<i32, String>> {
    let per_unit = match columns.unit {
        LengthUnit::Centimetres => 1.0,
        LengthUnit::Metres => 100.0,
    };
    let grid = f64::from(columns.grid_cm);
    let place = |value: Option<f64>| {
        let value = value.ok_or("a missing value")?;
        if value.is_nan() {
            return Err("NaN".to_owned());
        }
        let cm = libm::round(value * per_unit / grid) * grid;
        if cm.abs() > f64::from(i32::MAX) { Err(format!("{value}, out of range,")) } else { Ok(cm as i32) }
    };
    let values: Vec<Option<f64>> = match array.data_type() {
        DataType::Float32 => array.as_primitive::<Float32Type>().iter().map(|value| value.map(f64::from)).collect(),
        DataType::Float64 => array.as_primitive::<Float64Type>().iter().collect(),
        _ => integers_of(array).into_iter().map(|value| value.map(|value| value as f64)).collect(),
    };
    values.into_iter().map(place).collect()
}

fn codes_of(array: &ArrayRef, names: &mut Names) -> Vec<Option<u32>> {
    if !is_text(array.data_type()) {
        return integers_of(array).into_iter().map(|value| value.map(|value| names.number(value))).collect();
    }
    let mut read = |values: &mut dyn Iterator<Item = Option<&str>>| -> Vec<Option<u32>> {
        values.map(|value| value.map(|value| names.text(value))).collect()
    };
    match array.data_type() {
        DataType::Utf8 => read(&mut array.as_string::<i32>().iter()),
        DataType::LargeUtf8 => read(&mut array.as_string::<i64>().iter()),
        DataType::Utf8View => read(&mut array.as_string_view().iter()),
        _ => {
            let dictionary = array.as_any_dictionary();
            let values: Vec<Option<u32>> = codes_of(dictionary.values(), names);
            let keys = dictionary.normalized_keys();
            let valid = |row: usize| dictionary.keys().is_valid(row);
            keys.into_iter().enumerate().map(|(row, key)| valid(row).then(|| values[key]).flatten()).collect()
        }
    }
}

/// Files of all inputs: files as they are, folders and patterns sorted, Parquet only.
fn find_files(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, InputError> {
    let mut files = Vec::new();
    for input in inputs {
        let before = files.len();
        let unreadable = |why: String| InputError::Unreadable { path: input.clone(), why };
        if input.is_dir() {
            collect(input, &mut files).map_err(|error| unreadable(format!("cannot be listed: {error}")))?;
        } else if input.exists() {
            files.push(input.clone());
        } else {
            let pattern = input.to_string_lossy();
            let matches = glob::glob(&pattern).map_err(|error| unreadable(format!("not a pattern: {error}")))?;
            files.extend(matches.filter_map(Result::ok));
        }
        if files.len() == before {
            return Err(unreadable("no Parquet file is there; check the path".into()));
        }
    }
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            files.push(path);
        }
    }
    Ok(())
}
