//! Columns of a batch by name, as plain numbers and texts.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::DataType;

use crate::inspect::InspectError;

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef, InspectError> {
    batch.column_by_name(name).ok_or_else(|| InspectError::NoColumn(name.to_owned()))
}

/// A column of integers, times (milliseconds) or days, missing ones as `None`.
pub fn optional_numbers(batch: &RecordBatch, name: &str) -> Result<Vec<Option<i64>>, InspectError> {
    let array = column(batch, name)?;
    let values = numbers(batch, name)?;
    Ok(values.into_iter().enumerate().map(|(row, value)| (!array.is_null(row)).then_some(value)).collect())
}

/// Likewise where none is missing.
pub fn numbers(batch: &RecordBatch, name: &str) -> Result<Vec<i64>, InspectError> {
    macro_rules! of {
        ($array:expr, $type:ty) => {
            $array.as_primitive::<$type>().values().iter().map(|&value| i64::from(value)).collect()
        };
    }
    let array = column(batch, name)?;
    Ok(match array.data_type() {
        DataType::Int8 => of!(array, Int8Type),
        DataType::Int16 => of!(array, Int16Type),
        DataType::Int32 => of!(array, Int32Type),
        DataType::Int64 => of!(array, Int64Type),
        DataType::Date32 => of!(array, Date32Type),
        DataType::Timestamp(..) => of!(array, TimestampMillisecondType),
        _ => return Err(InspectError::NoColumn(name.to_owned())),
    })
}

/// A column of texts.
pub fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray, InspectError> {
    column(batch, name)?.as_string_opt().ok_or_else(|| InspectError::NoColumn(name.to_owned()))
}
