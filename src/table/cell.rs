//! Values of cells and how a column of them becomes an Arrow array.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Int8Array, Int16Array, Int32Array, Int64Array, StringArray,
    TimestampMillisecondArray,
};

use super::registry::Type;
use crate::time::Date;

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

/// A list of names that text columns point into.
pub trait Domain: Clone + Send + std::fmt::Debug + 'static {
    /// The names of this domain.
    fn of(names: &Names) -> &Arc<StringArray>;
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

macro_rules! domains {
    ($($(#[doc = $doc:literal])+ $domain:ident: $field:ident;)*) => {
        /// The names that text columns point into, one list a domain.
        #[derive(Clone, Debug)]
        pub struct Names {
            $( $(#[doc = $doc])+ pub $field: Arc<StringArray>, )*
        }

        /// Domains of text columns.
        pub mod domain {
            use super::{Arc, Domain, Names, StringArray};
            $(
                $(#[doc = $doc])+
                #[derive(Clone, Debug)]
                pub struct $domain;
                impl Domain for $domain {
                    fn of(names: &Names) -> &Arc<StringArray> {
                        &names.$field
                    }
                }
            )*
        }
    };
}
domains! {
    /// Regions of the scenario.
    Region: regions;
    /// Countries, by index into the population's list.
    Country: countries;
    /// Platforms of the scenario.
    Platform: platforms;
    /// Devices of the scenario.
    Device: devices;
    /// Currencies of the scenario.
    Currency: currencies;
    /// Client versions.
    ClientVersion: client_versions;
    /// Why sessions end.
    SessionEnd: session_ends;
    /// Why encounters end.
    EncounterEnd: encounter_ends;
    /// Why matches end.
    MatchEnd: match_ends;
    /// How two players of an encounter relate.
    Relation: relations;
    /// Maps of the scenario.
    Map: maps;
    /// Modes of the scenario.
    Mode: modes;
    /// Weapons of the scenario.
    Weapon: weapons;
    /// Items of the scenario.
    Item: items;
    /// Item categories.
    Category: categories;
    /// Archetypes of the scenario.
    Archetype: archetypes;
    /// Spending clusters, `non_payer` first.
    Cluster: clusters;
    /// Segments of players.
    Segment: segments;
    /// Kinds of hidden events.
    TruthEvent: truth_events;
    /// Kinds of events in telemetry.
    EventType: event_types;
    /// Tables of the registry.
    TableName: tables;
    /// Descriptions of event types.
    Description: descriptions;
}

/// Names as an array.
pub fn name_array<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Arc<StringArray> {
    Arc::new(StringArray::from_iter_values(names))
}
