//! The registry: what a table and a column are, and the declaration that makes a row type one.
//!
//! A declaration is the only description of its columns: Arrow schemas, layouts in Parquet and the data dictionary come
//! from it. Field ids never change and are never reused.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{Field, Schema, SchemaRef};

use super::cell::Type;
use super::domain::Names;
use crate::parquet::Layout;
use crate::population::Profile;
use crate::setting::Setting;

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
pub enum TableKind {
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
    pub kind: TableKind,
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

/// A table with as many rows as the scenario has entries of a kind.
pub trait Dimension: Row {
    /// Its rows.
    fn rows(setting: &Setting) -> Vec<Self>;
}

/// A table with a row an account.
pub trait Account: Row {
    /// The row of an account.
    fn of(setting: &Setting, profile: &Profile) -> Self;
}

/// Rows that are turned into columns at once: about as many as fit the nearest cache.
pub const BLOCK_ROWS: usize = 256;

/// Declares a table: row struct, registry entry, conversion to arrays.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        $name:ident in $table:literal, $kind:ident, sorted by ($key:expr) [$($sorted:literal),+] {
            $( $(#[doc = $column_doc:literal])+ $id:literal $column:ident: $type:ty, $layout:ident; )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[doc = $column_doc])+ pub $column: $type, )+
        }

        impl $crate::table::registry::Row for $name {
            const TABLE: $crate::table::registry::Table = $crate::table::registry::Table {
                name: $table,
                doc: &[$($doc),+],
                kind: $crate::table::registry::TableKind::$kind,
                columns: &[$( $crate::table::registry::Column {
                    id: $id,
                    name: stringify!($column),
                    kind: <$type as $crate::table::cell::Cell>::KIND,
                    nullable: <$type as $crate::table::cell::Cell>::NULLABLE,
                    layout: $crate::parquet::Layout::$layout,
                    doc: concat!($($column_doc),+),
                } ),+],
                sorted_by: &[$($sorted),+],
            };

            fn arrays(rows: &[Self], names: &$crate::table::domain::Names) -> Vec<arrow_array::ArrayRef> {
                use $crate::table::cell::Cell;
                $( let mut $column = Vec::with_capacity(rows.len()); )+
                // Every column takes its part of a block of rows while the block is in the cache.
                for block in rows.chunks($crate::table::registry::BLOCK_ROWS) {
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
pub(super) use table;
