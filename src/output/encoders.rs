//! The encoders of a run: one for each table that it writes.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use parquet::errors::Result;

use crate::parquet::{Codec, Encoder, Format, RowGroup};
use crate::scenario::DATA_VERSION;
use crate::setting::Setting;
use crate::table::{self, Names, Row, Table, TableKind};

/// One encoder a table, and the names that text columns point into.
pub struct Encoders {
    names: Names,
    tables: BTreeMap<&'static str, (&'static Table, Encoder)>,
}

impl Encoders {
    /// Encoders for every table that a run writes.
    pub fn new(setting: &Setting) -> Self {
        let tables = table::all().into_iter().filter(|table| setting.writes(table.name));
        Self {
            names: Names::of(setting),
            tables: tables.map(|table| (table.name, (table, encoder(setting, table)))).collect(),
        }
    }

    /// Tables of facts that are written, in order of their names.
    pub fn facts(&self) -> impl Iterator<Item = &'static str> {
        self.tables.values().filter(|(table, _)| table.kind == TableKind::Fact).map(|(table, _)| table.name)
    }

    /// The encoder of a table; `None` if it is not written.
    pub fn of(&self, table: &str) -> Option<&Encoder> {
        self.tables.get(table).map(|(_, encoder)| encoder)
    }

    /// Rows as one array a column.
    pub fn columns<R: Row>(&self, rows: &[R]) -> Vec<ArrayRef> {
        R::arrays(rows, &self.names)
    }

    /// Encodes rows as one row group; `None` if their table is not written.
    ///
    /// # Errors
    /// Only on a defect: arrays that do not fit the schema.
    pub fn encode<R: Row>(&self, rows: &[R], codec: &mut Codec) -> Result<Option<RowGroup>> {
        self.of(R::TABLE.name).map(|encoder| encoder.encode(&self.columns(rows), codec)).transpose()
    }
}

fn encoder(setting: &Setting, table: &Table) -> Encoder {
    let output = &setting.scenario.file.output;
    let position = |name: &&str| table.columns.iter().position(|column| column.name == *name);
    let metadata = [
        ("skirmish.table", table.name.to_owned()),
        ("skirmish.data_version", DATA_VERSION.to_string()),
        ("skirmish.world_hash", setting.world_hash.clone()),
        ("skirmish.seed", setting.seed.0.to_string()),
    ];
    let format = Format {
        zstd_level: (output.compression != "none").then_some(output.compression_level as i32),
        sorted_by: table.sorted_by.iter().map(|name| position(name).expect("sorted by a column")).collect(),
        metadata: metadata.map(|(key, value)| (key.to_owned(), value)).into(),
    };
    let layouts: Vec<_> = table.columns.iter().map(|column| column.layout).collect();
    Encoder::new(&table.schema(), &layouts, &format)
}
