//! Tables: one file a table, each a row type whose declaration is also its schema.
//!
//! The registry [`all`] is the only description of the columns: Arrow schemas, Parquet encodings and the data
//! dictionary come from it. Field ids never change and are never reused.

mod cell;
pub mod dictionary;
mod dimensions;
mod encounters;
mod encounters_group;
mod encounters_swept;
mod encounters_team;
mod heartbeats;
mod kills;
mod matches;
mod participations;
mod purchases;
mod session_ends;
mod truth_events;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

pub use cell::{Cell, Names, Text, Timestamp, domain};
pub use dimensions::{
    CountryRow, DeviceRow, EventTypeRow, ItemRow, MapRow, ModeRow, PlayerRow, RegionRow, TruthPlayerRow, WeaponRow,
    dimension_rows,
};
pub use encounters::EncounterRow;
pub use encounters_group::EncounterGroupRow;
pub use encounters_swept::EncounterSweptRow;
pub use encounters_team::EncounterTeamRow;
pub use heartbeats::HeartbeatRow;
pub use kills::KillRow;
pub use matches::MatchRow;
pub use participations::ParticipationRow;
pub use purchases::PurchaseRow;
pub use session_ends::SessionEndRow;
pub use truth_events::TruthEventRow;

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

/// How a column is laid out in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Differences, bit-packed: sorted or smooth integers.
    Delta,
    /// Differences, bit-packed, not compressed any further: noise that compression cannot shrink.
    DeltaRaw,
    /// A dictionary: few distinct values.
    Dictionary,
    /// A dictionary of many values whose indices are noise, not compressed any further.
    DictionaryRaw,
    /// As they are, compressed.
    Plain,
}

impl Layout {
    /// Whether distinct values are written once.
    pub fn has_dictionary(self) -> bool {
        matches!(self, Self::Dictionary | Self::DictionaryRaw)
    }

    /// Whether differences are written.
    pub fn has_differences(self) -> bool {
        matches!(self, Self::Delta | Self::DeltaRaw)
    }

    /// Whether pages are left uncompressed.
    pub fn is_raw(self) -> bool {
        matches!(self, Self::DeltaRaw | Self::DictionaryRaw)
    }
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Parquet field id; never changes.
    pub id: i32,
    /// Name, unit included where there is one.
    pub name: &'static str,
    /// Type.
    pub kind: Type,
    /// Whether values may be missing.
    pub nullable: bool,
    /// Layout in the file.
    pub layout: Layout,
    /// What it means.
    pub doc: &'static str,
}

/// When rows of a table are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Every day, in a folder a day.
    Fact,
    /// Once, a pure function of the scenario.
    Dimension,
}

/// One table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Name of its folder and of its switch in `output.tables`.
    pub name: &'static str,
    /// What a row is.
    pub doc: &'static [&'static str],
    /// Fact or dimension.
    pub nature: Nature,
    /// Columns in order.
    pub columns: &'static [Column],
    /// Columns by which rows of a row group are sorted.
    pub sorted_by: &'static [&'static str],
}

impl Table {
    /// The Arrow schema of its batches.
    pub fn schema(&self) -> SchemaRef {
        let field = |column: &Column| {
            let metadata = HashMap::from([
                ("PARQUET:field_id".to_owned(), column.id.to_string()),
                ("description".to_owned(), column.doc.to_owned()),
            ]);
            Field::new(column.name, column.kind.arrow(), column.nullable).with_metadata(metadata)
        };
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

/// A row type.
pub trait Row: Clone + Send + 'static {
    /// Its table.
    const TABLE: Table;
    /// The rows as one array a column.
    fn arrays(rows: &[Self], names: &Names) -> Vec<ArrayRef>;
    /// What rows are sorted by.
    fn key(&self) -> (i64, i64);
}

/// Rows that are turned into columns at once: about as many as fit the nearest cache.
const BLOCK_ROWS: usize = 256;

/// Puts rows into the order of their table.
pub fn sort_rows<R: Row>(rows: &mut Vec<R>) {
    if order_of(rows).is_some() {
        let mut sorted = Vec::with_capacity(rows.len());
        copy_sorted(rows, &mut sorted);
        *rows = sorted;
    }
}

/// Appends rows to others in the order of their table.
pub fn copy_sorted<R: Row>(rows: &[R], sorted: &mut Vec<R>) {
    match order_of(rows) {
        None => sorted.extend_from_slice(rows),
        Some(order) => sorted.extend(order.iter().map(|&at| rows[at as usize].clone())),
    }
}

/// Which row comes where; `None` if they are in order. Rows are wide, so their keys are sorted.
fn order_of<R: Row>(rows: &[R]) -> Option<Vec<u32>> {
    if rows.is_sorted_by_key(Row::key) {
        return None;
    }
    dense_order_of(rows).or_else(|| order_of_runs(rows)).or_else(|| {
        let mut keys: Vec<((i64, i64), u32)> = rows.iter().zip(0..).map(|(row, at)| (row.key(), at)).collect();
        keys.sort_unstable();
        Some(keys.into_iter().map(|(_, at)| at).collect())
    })
}

/// The order of rows that come in sorted runs, such as those of one match each, of which none overlap.
fn order_of_runs<R: Row>(rows: &[R]) -> Option<Vec<u32>> {
    let mut runs = Vec::new();
    let mut first = 0;
    // Two runs of which one happens to go on where the other ends stay two, or a third might lie between them.
    for run in rows.chunk_by(|a, b| a.key().0 == b.key().0 && a.key().1 <= b.key().1) {
        runs.push((run[0].key(), first..first + run.len() as u32));
        first += run.len() as u32;
    }
    if runs.len() * 4 > rows.len() {
        return None;
    }
    runs.sort_unstable_by_key(|(key, _)| *key);
    let last_of = |run: &Range<u32>| rows[run.end as usize - 1].key();
    let overlap = runs.windows(2).any(|pair| last_of(&pair[0].1) > pair[1].0);
    (!overlap).then(|| runs.into_iter().flat_map(|(_, run)| run).collect())
}

/// The order of rows with consecutive numbers, of which few are missing: each has its place.
fn dense_order_of<R: Row>(rows: &[R]) -> Option<Vec<u32>> {
    let numbers = || rows.iter().map(|row| row.key().0);
    let (least, most) = (numbers().min()?, numbers().max()?);
    if most.abs_diff(least) > 2 * rows.len() as u64 || rows.iter().any(|row| row.key().1 != 0) {
        return None;
    }
    let mut order = vec![u32::MAX; most.abs_diff(least) as usize + 1];
    for (number, at) in numbers().zip(0..) {
        order[number.abs_diff(least) as usize] = at;
    }
    order.retain(|&at| at != u32::MAX);
    // Of rows with the same number all but one have lost their place.
    (order.len() == rows.len()).then_some(order)
}

/// Every table, facts first.
pub fn all() -> [&'static Table; 21] {
    [
        &SessionEndRow::TABLE,
        &PurchaseRow::TABLE,
        &HeartbeatRow::TABLE,
        &EncounterRow::TABLE,
        &EncounterSweptRow::TABLE,
        &EncounterTeamRow::TABLE,
        &EncounterGroupRow::TABLE,
        &KillRow::TABLE,
        &MatchRow::TABLE,
        &ParticipationRow::TABLE,
        &TruthEventRow::TABLE,
        &PlayerRow::TABLE,
        &RegionRow::TABLE,
        &CountryRow::TABLE,
        &DeviceRow::TABLE,
        &ItemRow::TABLE,
        &MapRow::TABLE,
        &ModeRow::TABLE,
        &WeaponRow::TABLE,
        &EventTypeRow::TABLE,
        &TruthPlayerRow::TABLE,
    ]
}

/// Declares a table: row struct, registry entry, conversion to arrays.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        $name:ident in $table:literal, $nature:ident, sorted by ($key:expr) [$($sorted:literal),+] {
            $( $(#[doc = $column_doc:literal])+ $id:literal $column:ident: $type:ty, $layout:ident; )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[doc = $column_doc])+ pub $column: $type, )+
        }

        impl $crate::table::Row for $name {
            const TABLE: $crate::table::Table = $crate::table::Table {
                name: $table,
                doc: &[$($doc),+],
                nature: $crate::table::Nature::$nature,
                columns: &[$( $crate::table::Column {
                    id: $id,
                    name: stringify!($column),
                    kind: <$type as $crate::table::Cell>::KIND,
                    nullable: <$type as $crate::table::Cell>::NULLABLE,
                    layout: $crate::table::Layout::$layout,
                    doc: concat!($($column_doc),+),
                } ),+],
                sorted_by: &[$($sorted),+],
            };

            fn arrays(rows: &[Self], names: &$crate::table::Names) -> Vec<arrow_array::ArrayRef> {
                use $crate::table::Cell;
                $( let mut $column = Vec::with_capacity(rows.len()); )+
                // Every column takes its part of a block of rows while the block is in the cache.
                for block in rows.chunks($crate::table::BLOCK_ROWS) {
                    $( $column.extend(block.iter().map(|row| row.$column.clone().stored())); )+
                }
                vec![$( <$type>::array($column, names) ),+]
            }

            fn key(&self) -> (i64, i64) {
                let key: fn(&Self) -> (i64, i64) = $key;
                key(self)
            }
        }
    };
}
use table;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_ids_and_names_are_unique_and_every_column_is_documented() {
        for table in all() {
            let mut ids: Vec<i32> = table.columns.iter().map(|column| column.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), table.columns.len(), "{}", table.name);
            for column in table.columns {
                assert!(column.doc.len() > 3 && column.doc.ends_with('.'), "{}.{}", table.name, column.name);
            }
            for sorted in table.sorted_by {
                assert!(table.columns.iter().any(|column| column.name == *sorted), "{} {sorted}", table.name);
            }
        }
    }

    #[test]
    fn rows_are_sorted_in_place_whatever_their_order() {
        let row = |key: i64| TruthEventRow { event_ts: Timestamp(key * 7), player_id: key as i32, event: Text::at(0) };
        let mut draws = crate::random::Seed(1).stream(crate::random::Purpose::Probe, 0, 3);
        for case in 0..300 {
            let count = draws.below(40) as i64;
            let mut rows: Vec<TruthEventRow> = (0..count).map(|n| row(if case % 3 == 0 { -n } else { n })).collect();
            for n in (1..rows.len()).rev() {
                rows.swap(n, draws.below(n as u32 + 1) as usize);
            }
            let mut expected: Vec<(i64, i64)> = rows.iter().map(Row::key).collect();
            expected.sort_unstable();
            sort_rows(&mut rows);
            assert_eq!(rows.iter().map(Row::key).collect::<Vec<_>>(), expected);
            assert!(rows.iter().all(|row| row.event_ts.0 == i64::from(row.player_id) * 7));
        }
    }

    /// A row that is nothing but its key.
    #[derive(Clone)]
    struct Keyed(i64, i64);

    impl Row for Keyed {
        const TABLE: Table = TruthEventRow::TABLE;
        fn arrays(_: &[Self], _: &Names) -> Vec<ArrayRef> {
            Vec::new()
        }
        fn key(&self) -> (i64, i64) {
            (self.0, self.1)
        }
    }

    #[test]
    fn each_way_of_ordering_takes_what_it_is_for() {
        let numbered = |numbers: &[i64]| numbers.iter().map(|&number| Keyed(number, 0)).collect::<Vec<_>>();
        assert_eq!(dense_order_of(&numbered(&[13, 10, 12, 17])), Some(vec![1, 2, 0, 3]), "14 to 16 are missing");
        assert_eq!(dense_order_of(&numbered(&[13, 10, 13])), None, "a number twice");
        assert_eq!(dense_order_of(&numbered(&[1, 1_000])), None, "sparse numbers");
        let matches = |order: &[i64]| {
            order.iter().flat_map(|&id| (0..6).map(move |session| Keyed(id, session))).collect::<Vec<_>>()
        };
        let order = order_of_runs(&matches(&[7, 3, 5])).expect("three runs");
        assert_eq!(order, (6..12).chain(12..18).chain(0..6).collect::<Vec<u32>>());
        let mut rows = matches(&[1, 2]);
        rows.extend((3..9).map(|session| Keyed(1, session)));
        assert_eq!(order_of_runs(&rows), None, "runs of one match overlap");
        let mut rows = matches(&[1, 2]);
        rows.extend((5..11).map(|session| Keyed(1, session)));
        assert!(order_of_runs(&rows).is_some(), "runs that touch in an equal key do not overlap");
        assert_eq!(order_of_runs(&numbered(&[3, 1, 2])), None, "no runs to speak of");
        for mut rows in [matches(&[9, 1, 4]), rows] {
            let mut expected: Vec<(i64, i64)> = rows.iter().map(Row::key).collect();
            expected.sort_unstable();
            sort_rows(&mut rows);
            assert_eq!(rows.iter().map(Row::key).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn only_the_winner_of_a_match_may_be_missing() {
        let nullable: Vec<String> = all()
            .iter()
            .flat_map(|table| table.columns.iter().filter(|c| c.nullable).map(|c| format!("{}.{}", table.name, c.name)))
            .collect();
        assert_eq!(nullable, ["matches.winner_team"]);
    }
}
