//! Values of a batch, one by one.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use crate::time::{DAY_S, Date};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    Missing,
    Number(i64),
    Truth(bool),
    Day(Date),
    /// Milliseconds since 1970.
    Time(i64),
    Text(String),
}

impl Datum {
    /// As text that every reader takes: times by ISO 8601, without a zone because all are UTC.
    pub fn plain(&self) -> String {
        match self {
            Self::Missing => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::Day(date) => date.to_string(),
            Self::Time(ms) => format!("{}T{}.{:03}", day_of(*ms), clock_of(*ms), ms.rem_euclid(1000)),
            Self::Text(text) => text.clone(),
        }
    }
}

/// The value of a row in a column.
pub fn value_at(column: &ArrayRef, row: usize) -> Datum {
    if column.is_null(row) {
        return Datum::Missing;
    }
    match column.data_type() {
        DataType::Int8 => Datum::Number(column.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Datum::Number(column.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Datum::Number(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Datum::Number(column.as_primitive::<Int64Type>().value(row)),
        DataType::Boolean => Datum::Truth(column.as_boolean().value(row)),
        DataType::Date32 => Datum::Day(Date(column.as_primitive::<Date32Type>().value(row))),
        DataType::Timestamp(..) => Datum::Time(column.as_primitive::<TimestampMillisecondType>().value(row)),
        _ => Datum::Text(column.as_string::<i32>().value(row).to_owned()),
    }
}

/// A row by the names of its columns.
pub struct RowView<'b> {
    pub batch: &'b RecordBatch,
    pub row: usize,
}

impl RowView<'_> {
    /// A number, or the number behind a time or a day; 0 if the column is not there.
    pub fn number(&self, column: &str) -> i64 {
        match self.batch.column_by_name(column).map(|column| value_at(column, self.row)) {
            Some(Datum::Number(number) | Datum::Time(number)) => number,
            Some(Datum::Day(date)) => date.0.into(),
            _ => 0,
        }
    }

    /// A value; missing if the column is not there.
    pub fn value(&self, column: &str) -> Datum {
        self.batch.column_by_name(column).map_or(Datum::Missing, |column| value_at(column, self.row))
    }

    /// A text; empty if the column is not there.
    pub fn text(&self, column: &str) -> String {
        self.batch.column_by_name(column).map_or_else(String::new, |column| value_at(column, self.row).plain())
    }
}

const DAY_MS: i64 = DAY_S as i64 * 1000;

/// The UTC day of a moment.
pub fn day_of(ms: i64) -> Date {
    Date(ms.div_euclid(DAY_MS) as i32)
}

/// The UTC time of day of a moment, to the second.
pub fn clock_of(ms: i64) -> String {
    let second = ms.rem_euclid(DAY_MS) / 1000;
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_iso_8601_before_and_after_1970() {
        assert_eq!(Datum::Time(0).plain(), "1970-01-01T00:00:00.000");
        assert_eq!(Datum::Time(-1).plain(), "1969-12-31T23:59:59.999");
        assert_eq!(Datum::Time(86_400_000 * 365 + 3_723_004).plain(), "1971-01-01T01:02:03.004");
    }
}
