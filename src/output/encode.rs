//! Encoding: arrays in, Parquet column chunks out. A pure function of the rows and the scenario.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::Result;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, TypePtr};

use crate::scenario::DATA_VERSION;
use crate::setting::Setting;
use crate::table::{Layout, Table};

/// Rows in a page: long pages compress better and cost fewer headers.
const PAGE_ROWS: usize = 65_536;

/// An encoded row group.
#[derive(Debug)]
pub struct RowGroup {
    /// Rows.
    pub rows: usize,
    /// Encoded bytes.
    pub bytes: usize,
    /// Encoded bytes of each column.
    pub column_bytes: Vec<usize>,
    chunks: Vec<ArrowColumnChunk>,
}

impl RowGroup {
    /// Column chunks in order.
    pub fn into_chunks(self) -> Vec<ArrowColumnChunk> {
        self.chunks
    }
}

/// Encodes rows of one table.
pub struct Encoder {
    /// The table.
    pub table: &'static Table,
    schema: SchemaRef,
    root: TypePtr,
    properties: WriterPropertiesPtr,
    factory: ArrowRowGroupWriterFactory,
}

impl Encoder {
    /// An encoder for a table of a run.
    pub fn new(setting: &Setting, table: &'static Table) -> Self {
        let schema = table.schema();
        let properties = Arc::new(properties(setting, table));
        let descriptor = ArrowSchemaConverter::new().convert(&schema).expect("every column type has a Parquet type");
        let root = descriptor.root_schema_ptr();
        let writer = SerializedFileWriter::new(std::io::sink(), Arc::clone(&root), Arc::clone(&properties))
            .expect("a writer into nothing opens");
        let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&schema));
        Self { table, schema, root, properties, factory }
    }

    /// Encodes one row group.
    ///
    /// # Errors
    /// Only on a defect: arrays that do not fit the schema.
    pub fn encode(&self, arrays: &[ArrayRef]) -> Result<RowGroup> {
        let writers = self.factory.create_column_writers(0)?;
        let mut chunks = Vec::with_capacity(arrays.len());
        let mut column_bytes = Vec::with_capacity(arrays.len());
        for ((mut writer, field), array) in writers.into_iter().zip(self.schema.fields()).zip(arrays) {
            for leaf in compute_leaves(field, array)? {
                writer.write(&leaf)?;
            }
            let chunk = writer.close()?;
            column_bytes.push(chunk.close().bytes_written as usize);
            chunks.push(chunk);
        }
        let rows = arrays.first().map_or(0, arrow_array::Array::len);
        Ok(RowGroup { rows, bytes: column_bytes.iter().sum(), column_bytes, chunks })
    }

    /// A Parquet file writer for this table.
    ///
    /// # Errors
    /// When the first bytes cannot be written.
    pub fn open<W: std::io::Write + Send>(&self, sink: W) -> Result<SerializedFileWriter<W>> {
        SerializedFileWriter::new(sink, Arc::clone(&self.root), Arc::clone(&self.properties))
    }
}

fn properties(setting: &Setting, table: &Table) -> WriterProperties {
    let output = &setting.scenario.file.output;
    let compression = match output.compression.as_str() {
        "none" => Compression::UNCOMPRESSED,
        _ => Compression::ZSTD(
            ZstdLevel::try_new(output.compression_level as i32).expect("the level is validated with the scenario"),
        ),
    };
    let key_value = |key: &str, value: String| KeyValue { key: key.to_owned(), value: Some(value) };
    let sorted = table.sorted_by.iter().map(|name| SortingColumn {
        column_idx: table.columns.iter().position(|column| column.name == *name).expect("sorted by a column") as i32,
        descending: false,
        nulls_first: false,
    });
    let mut builder = WriterProperties::builder()
        .set_created_by("skirmish".into())
        .set_compression(compression)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_data_page_size_limit(1 << 20)
        .set_write_batch_size(8192)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_sorting_columns(Some(sorted.collect()))
        .set_key_value_metadata(Some(vec![
            key_value("skirmish.table", table.name.to_owned()),
            key_value("skirmish.data_version", DATA_VERSION.to_string()),
            key_value("skirmish.world_hash", setting.world_hash.clone()),
            key_value("skirmish.seed", setting.seed.0.to_string()),
        ]));
    for column in table.columns {
        let path = || ColumnPath::from(column.name);
        builder = match column.layout {
            Layout::Delta => builder
                .set_column_dictionary_enabled(path(), false)
                .set_column_encoding(path(), Encoding::DELTA_BINARY_PACKED),
            Layout::DeltaRaw => builder
                .set_column_dictionary_enabled(path(), false)
                .set_column_encoding(path(), Encoding::DELTA_BINARY_PACKED)
                .set_column_compression(path(), Compression::UNCOMPRESSED),
            Layout::Dictionary => builder.set_column_dictionary_enabled(path(), true),
            Layout::DictionaryRaw => builder
                .set_column_dictionary_enabled(path(), true)
                .set_column_compression(path(), Compression::UNCOMPRESSED),
            Layout::Plain => builder.set_column_dictionary_enabled(path(), false),
        };
    }
    builder.build()
}
