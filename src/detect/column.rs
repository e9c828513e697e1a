//! Columns of anyone's positions: which is which, what types serve, and their values in our units.

use std::collections::HashMap;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;

use super::input_error::InputError;

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

/// Values of a column of ids or groups, numbered in the order in which they are met.
#[derive(Debug, Default)]
pub enum Labels {
    /// No such column: everything is number 0.
    #[default]
    None,
    /// Integers.
    Numbers(HashMap<i64, u32>, Vec<i64>),
    /// Text.
    Texts(HashMap<String, u32>, Vec<String>),
}

impl Labels {
    /// The code of an integer.
    pub fn number(&mut self, value: i64) -> u32 {
        let Self::Numbers(codes, values) = self else { return 0 };
        *codes.entry(value).or_insert_with(|| {
            values.push(value);
            values.len() as u32 - 1
        })
    }

    /// The code of a text.
    pub fn text(&mut self, value: &str) -> u32 {
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

/// Flags and names of all columns that are read.
pub fn names_of(columns: &Columns) -> Vec<(&'static str, &str)> {
    let mut names = vec![("x", columns.x.as_str()), ("y", &columns.y), ("time", &columns.time), ("id", &columns.id)];
    names.extend(columns.z.as_deref().map(|name| ("z", name)));
    names.extend(columns.group.as_deref().map(|name| ("group", name)));
    names
}

/// Checks that every column is there and has a type that serves.
pub fn check_columns(path: &Path, metadata: &ArrowReaderMetadata, columns: &Columns) -> Result<(), InputError> {
    for (flag, name) in names_of(columns) {
        let field = metadata.schema().field_with_name(name).map_err(|_| InputError::NoColumn {
            path: path.to_owned(),
            flag,
            column: name.to_owned(),
            known: metadata.schema().fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", "),
        })?;
        let kind = field.data_type();
        let (serves, expected) = match flag {
            "x" | "y" | "z" => (
                kind.is_integer() || matches!(kind, DataType::Float32 | DataType::Float64),
                "integers, FLOAT or DOUBLE",
            ),
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

/// Checks that ids and groups are text in both of two files, or in neither.
pub fn check_alike(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    first: &Path,
    first_metadata: &ArrowReaderMetadata,
    columns: &Columns,
) -> Result<(), InputError> {
    let is_text_in = |metadata: &ArrowReaderMetadata, name: &str| {
        metadata.schema().field_with_name(name).is_ok_and(|field| is_text(field.data_type()))
    };
    for (flag, name) in names_of(columns).into_iter().filter(|(flag, _)| matches!(*flag, "id" | "group")) {
        let here = is_text_in(metadata, name);
        if here != is_text_in(first_metadata, name) {
            let kind = if here { "text" } else { "integers" };
            let (path, first, column) = (path.to_owned(), first.to_owned(), name.to_owned());
            return Err(InputError::Mixed { path, first, flag, column, kind });
        }
    }
    Ok(())
}

/// The first row of an unsigned column whose value no signed one has, and the value.
pub fn first_beyond_i64(array: &ArrayRef) -> Option<(usize, u64)> {
    if *array.data_type() != DataType::UInt64 {
        return None;
    }
    let values = array.as_primitive::<UInt64Type>();
    let beyond = |(row, value): (usize, Option<u64>)| Some((row, value.filter(|&value| value > i64::MAX as u64)?));
    values.iter().enumerate().find_map(beyond)
}

/// The first row of a column of times that is not a whole millisecond.
pub fn first_between_milliseconds(array: &ArrayRef) -> Option<usize> {
    use arrow_schema::TimeUnit as Unit;
    let unit = match array.data_type() {
        DataType::Timestamp(Unit::Microsecond, _) => 1_000,
        DataType::Timestamp(Unit::Nanosecond, _) => 1_000_000,
        _ => return None,
    };
    integers_of(array).into_iter().position(|value| value.is_some_and(|value| value % unit != 0))
}

/// Whether a type is text, in any of Arrow's layouts.
pub fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// A time of a column as milliseconds since 1970.
pub fn to_ms(value: i64, kind: &DataType, integers: TimeUnit) -> i64 {
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

/// A column of times in milliseconds since 1970.
pub fn times_of(array: &ArrayRef, integers: TimeUnit) -> Vec<Option<i64>> {
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
pub fn coordinates_of(array: &ArrayRef, columns: &Columns) -> Vec<Result<i32, String>> {
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

/// A column of ids or groups as codes.
pub fn codes_of(array: &ArrayRef, names: &mut Labels) -> Vec<Option<u32>> {
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
