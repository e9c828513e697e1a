//! Encoding: arrays in, Parquet column chunks out. A pure function of the rows and the scenario.

use std::io::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, RunArray};
use arrow_schema::{DataType, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, ColumnWriterImpl, get_column_writer};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, ColumnPath, SchemaDescPtr, TypePtr};

use super::runs;
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
    chunks: Vec<Chunk>,
}

impl RowGroup {
    /// Column chunks in order.
    pub fn into_chunks(self) -> Vec<Chunk> {
        self.chunks
    }
}

/// An encoded column.
#[derive(Debug)]
pub enum Chunk {
    /// Of text or booleans, or with values that may be missing.
    Arrow(Box<ArrowColumnChunk>),
    /// Of numbers.
    Numbers(Bytes, Box<ColumnCloseResult>),
}

impl Chunk {
    /// Appends the column to a row group of a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append_to_row_group<W: Write + Send>(self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        match self {
            Self::Arrow(chunk) => chunk.append_to_row_group(group),
            Self::Numbers(bytes, close) => group.append_column(&bytes, *close),
        }
    }
}

/// Encodes rows of one table.
pub struct Encoder {
    /// The table.
    pub table: &'static Table,
    schema: SchemaRef,
    root: TypePtr,
    descriptor: SchemaDescPtr,
    properties: WriterPropertiesPtr,
    factory: ArrowRowGroupWriterFactory,
}

impl Encoder {
    /// An encoder for a table of a run.
    pub fn new(setting: &Setting, table: &'static Table) -> Self {
        let schema = table.schema();
        let properties = Arc::new(properties(setting, table));
        let descriptor = ArrowSchemaConverter::new().convert(&schema).expect("every column type has a Parquet type");
        let (root, descriptor) = (descriptor.root_schema_ptr(), Arc::new(descriptor));
        let writer = SerializedFileWriter::new(std::io::sink(), Arc::clone(&root), Arc::clone(&properties))
            .expect("a writer into nothing opens");
        let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&schema));
        Self { table, schema, root, descriptor, properties, factory }
    }

    /// Encodes one row group.
    ///
    /// # Errors
    /// Only on a defect: arrays that do not fit the schema.
    pub fn encode(&self, arrays: &[ArrayRef]) -> Result<RowGroup> {
        let writers = self.factory.create_column_writers(0)?;
        let mut chunks = Vec::with_capacity(arrays.len());
        let mut column_bytes = Vec::with_capacity(arrays.len());
        let columns = writers.into_iter().zip(self.schema.fields()).zip(self.descriptor.columns());
        for (((mut writer, field), column), array) in columns.zip(arrays) {
            if let Some((bytes, close)) = self.encode_numbers(column, array)? {
                column_bytes.push(close.bytes_written as usize);
                chunks.push(Chunk::Numbers(bytes, Box::new(close)));
                continue;
            }
            for leaf in compute_leaves(field, array)? {
                writer.write(&leaf)?;
            }
            let chunk = writer.close()?;
            column_bytes.push(chunk.close().bytes_written as usize);
            chunks.push(Chunk::Arrow(Box::new(chunk)));
        }
        let rows = arrays.first().map_or(0, |array| array.len());
        Ok(RowGroup { rows, bytes: column_bytes.iter().sum(), column_bytes, chunks })
    }

    /// Encodes a column of numbers that are all there: straight from the array, where arrow's writer would first list
    /// the positions of all values. `None` for other columns.
    fn encode_numbers(&self, column: &ColumnDescPtr, array: &ArrayRef) -> Result<Option<(Bytes, ColumnCloseResult)>> {
        if array.null_count() > 0 || column.max_def_level() > 0 {
            return Ok(None);
        }
        if let Some(array) = array.as_any().downcast_ref::<RunArray<Int32Type>>() {
            return encode_runs(column, self.properties.compression(column.path()), array).map(Some);
        }
        // Two bytes a value is what noisy columns take; memory that is not touched costs nothing.
        let mut sink = TrackedWrite::new(Vec::with_capacity(2 * array.len()));
        let pages = Box::new(SerializedPageWriter::new(&mut sink));
        let writer = get_column_writer(Arc::clone(column), Arc::clone(&self.properties), pages);
        let close = match (writer, array.data_type()) {
            (ColumnWriter::Int32ColumnWriter(writer), DataType::Int8) => {
                let values: Vec<i32> =
                    array.as_primitive::<Int8Type>().values().iter().map(|&value| value.into()).collect();
                write_all(writer, &values)?
            }
            (ColumnWriter::Int32ColumnWriter(writer), DataType::Int16) => {
                let values: Vec<i32> =
                    array.as_primitive::<Int16Type>().values().iter().map(|&value| value.into()).collect();
                write_all(writer, &values)?
            }
            (ColumnWriter::Int32ColumnWriter(writer), DataType::Int32) => {
                write_all(writer, array.as_primitive::<Int32Type>().values())?
            }
            (ColumnWriter::Int32ColumnWriter(writer), DataType::Date32) => {
                write_all(writer, array.as_primitive::<Date32Type>().values())?
            }
            (ColumnWriter::Int64ColumnWriter(writer), DataType::Int64) => {
                write_all(writer, array.as_primitive::<Int64Type>().values())?
            }
            (ColumnWriter::Int64ColumnWriter(writer), DataType::Timestamp(..)) => {
                write_all(writer, array.as_primitive::<TimestampMillisecondType>().values())?
            }
            _ => return Ok(None),
        };
        Ok(Some((sink.into_inner()?.into(), close)))
    }

    /// A Parquet file writer for this table.
    ///
    /// # Errors
    /// When the first bytes cannot be written.
    pub fn open<W: Write + Send>(&self, sink: W) -> Result<SerializedFileWriter<W>> {
        SerializedFileWriter::new(sink, Arc::clone(&self.root), Arc::clone(&self.properties))
    }
}

/// Encodes a column of runs of integers.
fn encode_runs(
    column: &ColumnDescPtr,
    compression: Compression,
    array: &RunArray<Int32Type>,
) -> Result<(Bytes, ColumnCloseResult)> {
    let (values, ends) = (array.values(), array.run_ends().values());
    match values.data_type() {
        DataType::Int8 => runs::encode(
            column,
            compression,
            values.as_primitive::<Int8Type>().values().iter().map(|&value| i32::from(value)),
            ends,
        ),
        DataType::Int32 => {
            runs::encode(column, compression, values.as_primitive::<Int32Type>().values().iter().copied(), ends)
        }
        DataType::Int64 => {
            runs::encode(column, compression, values.as_primitive::<Int64Type>().values().iter().copied(), ends)
        }
        other => Err(ParquetError::General(format!("runs of {other} are not written"))),
    }
}

fn write_all<T: parquet::data_type::DataType>(
    mut writer: ColumnWriterImpl<'_, T>,
    values: &[T::T],
) -> Result<ColumnCloseResult> {
    writer.write_batch(values, None, None)?;
    writer.close()
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
