//! Types of columns, values of cells, and how a column of them becomes an Arrow array.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Int8Array, Int16Array, Int32Array, Int64Array,
    TimestampMillisecondArray,
};
use arrow_schema::{DataType, TimeUnit};

use super::domain::{Domain, Names};
use crate::time::Date;

/// Types of columns. Signed integers, booleans, days, milliseconds and text: what every reader has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// 8-bit integer.
    I8,
    /// 16-bit integer.
    I16,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// True or false.
    Bool,
    /// Calendar day.
    Date,
    /// Milliseconds since 1970, UTC, without a zone.
    Timestamp,
    /// Text of few distinct values, dictionary-encoded in memory and in the file.
    Text,
}

impl Type {
    /// The Arrow type of arrays that are written.
    pub fn arrow(self) -> DataType {
        match self {
            Self::I8 => DataType::Int8,
            Self::I16 => DataType::Int16,
            Self::I32 => DataType::Int32,
            Self::I64 => DataType::Int64,
            Self::Bool => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, None),
            Self::Text => DataType::Dictionary(Box::new(DataType::Int16), Box::new(DataType::Utf8)),
        }
    }

    /// Name in the data dictionary.
    pub fn name(self) -> &'static str {
        match self {
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::Timestamp => "timestamp[ms]",
            Self::Text => "text",
        }
    }
}

/// A value that a column can hold.
pub trait Cell: Sized {
    /// Type of the column.
    const KIND: Type;
    /// Whether values may be missing.
    const NULLABLE: bool = false;
    /// What is kept of a value while a column is filled.
    type Stored;
    /// Turns into it.
    fn stored(self) -> Self::Stored;
    /// The column of such values.
    fn array(values: Vec<Self::Stored>, names: &Names) -> ArrayRef;
}

macro_rules! plain_cell {
    ($($type:ty, $kind:ident, $array:ty;)*) => {$(
        impl Cell for $type {
            const KIND: Type = Type::$kind;
            type Stored = Self;
            fn stored(self) -> Self {
                self
            }
            fn array(values: Vec<Self>, _: &Names) -> ArrayRef {
                Arc::new(<$array>::from(values))
            }
        }
    )*};
}
plain_cell! {
    i8, I8, Int8Array;
    i16, I16, Int16Array;
    i32, I32, Int32Array;
    i64, I64, Int64Array;
    bool, Bool, BooleanArray;
}

impl Cell for Option<i8> {
    const KIND: Type = Type::I8;
    const NULLABLE: bool = true;
    type Stored = Self;
    fn stored(self) -> Self {
        self
    }
    fn array(values: Vec<Self>, _: &Names) -> ArrayRef {
        Arc::new(Int8Array::from(values))
    }
}

impl Cell for Date {
    const KIND: Type = Type::Date;
    type Stored = i32;
    fn stored(self) -> i32 {
        self.0
    }
    fn array(values: Vec<i32>, _: &Names) -> ArrayRef {
        Arc::new(Date32Array::from(values))
    }
}

/// Milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Cell for Timestamp {
    const KIND: Type = Type::Timestamp;
    type Stored = i64;
    fn stored(self) -> i64 {
        self.0
    }
    fn array(values: Vec<i64>, _: &Names) -> ArrayRef {
        Arc::new(TimestampMillisecondArray::from(values))
    }
}

/// Text as the index of a name in a domain.
#[derive(Clone, Debug)]
pub struct Text<D> {
    /// Index into the domain's names.
    pub index: u16,
    domain: PhantomData<D>,
}

impl<D> Text<D> {
    /// The name at an index.
    pub fn at(index: usize) -> Self {
        Self { index: index as u16, domain: PhantomData }
    }
}

impl<D: Domain> Cell for Text<D> {
    const KIND: Type = Type::Text;
    type Stored = i16;
    fn stored(self) -> i16 {
        self.index as i16
    }
    fn array(values: Vec<i16>, names: &Names) -> ArrayRef {
        Arc::new(DictionaryArray::new(Int16Array::from(values), Arc::clone(D::of(names)) as ArrayRef))
    }
}
