//! Encoding: arrays in, Parquet column chunks out. A pure function of the values, their layouts and the format.

use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, DictionaryArray, RunArray};
use arrow_schema::{DataType, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, ColumnWriterImpl, get_column_writer};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, ColumnPath, SchemaDescPtr, TypePtr};

use super::layout::Layout;
use super::pages::{Chunk, Codec, PAGE_ROWS, Target};
use super::{delta, dictionary};

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
    /// Appends the row group to a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append_to<W: Write + Send>(self, writer: &mut SerializedFileWriter<W>) -> Result<()> {
        let mut row_group = writer.next_row_group()?;
        for (bytes, close) in self.chunks {
            row_group.append_column(&bytes, close)?;
        }
        row_group.close()?;
        Ok(())
    }
}

/// What the columns of a file have in common.
#[derive(Clone, Debug, Default)]
pub struct Format {
    /// Level of zstd; `None` for no compression.
    pub zstd_level: Option<i32>,
    /// Columns by which rows of a row group are sorted, by index.
    pub sorted_by: Vec<usize>,
    /// Key-value metadata.
    pub metadata: Vec<(String, String)>,
}

/// Encodes rows of one schema.
pub struct Encoder {
    layouts: Vec<Layout>,
    root: TypePtr,
    descriptor: SchemaDescPtr,
    properties: WriterPropertiesPtr,
}

impl Encoder {
    /// An encoder for columns of a schema, each with its layout. Of nullable ones only those of 8 bits are written.
    ///
    /// # Panics
    /// If a column has a type that is not written, or there is not one layout a column: defects of the caller.
    pub fn new(schema: &Schema, layouts: &[Layout], format: &Format) -> Self {
        assert_eq!(schema.fields().len(), layouts.len(), "one layout a column");
        let properties = Arc::new(properties(schema, layouts, format));
        let descriptor = ArrowSchemaConverter::new().convert(schema).expect("every column type has a Parquet type");
        let (root, descriptor) = (descriptor.root_schema_ptr(), Arc::new(descriptor));
        Self { layouts: layouts.to_vec(), root, descriptor, properties }
    }

    /// Encodes one row group.
    ///
    /// # Errors
    /// Only on a defect: arrays that do not fit the schema.
    pub fn encode(&self, arrays: &[ArrayRef], codec: &mut Codec) -> Result<RowGroup> {
        let columns = self.layouts.iter().zip(self.descriptor.columns()).zip(arrays);
        let chunks = columns
            .map(|((layout, descriptor), array)| self.encode_column(*layout, descriptor, array, codec))
            .collect::<Result<Vec<_>>>()?;
        let rows = arrays.first().map_or(0, |array| array.len());
        let column_bytes: Vec<usize> = chunks.iter().map(|(_, close)| close.bytes_written as usize).collect();
        Ok(RowGroup { rows, bytes: column_bytes.iter().sum(), column_bytes, chunks })
    }

    fn encode_column(
        &self,
        layout: Layout,
        descriptor: &ColumnDescPtr,
        array: &ArrayRef,
        codec: &mut Codec,
    ) -> Result<Chunk> {
        let target = Target { column: descriptor, compression: self.properties.compression(descriptor.path()), codec };
        if layout == Layout::Runs {
            let runs = array.as_any().downcast_ref::<RunArray<Int32Type>>();
            let wrong = || ParquetError::General(format!("{}: its layout is runs, its array not", descriptor.name()));
            return encode_runs(target, runs.ok_or_else(wrong)?);
        }
        if let Some(text) = array.as_any().downcast_ref::<DictionaryArray<Int16Type>>() {
            return dictionary::encode_names(target, text.keys().values(), text.values().as_string());
        }
        match Numbers::of(array, descriptor.max_def_level() > 0)? {
            Numbers::I32(values) if layout.has_differences() => delta::encode(target, &values),
            Numbers::I64(values) if layout.has_differences() => delta::encode(target, values),
            Numbers::I32(values) if layout.has_dictionary() => {
                let chunk = dictionary::encode_numbers(target, &values)?;
                chunk.map_or_else(|| self.write(descriptor, &Numbers::I32(values)), Ok)
            }
            Numbers::I64(values) if layout.has_dictionary() => {
                let chunk = dictionary::encode_numbers(target, values)?;
                chunk.map_or_else(|| self.write(descriptor, &Numbers::I64(values)), Ok)
            }
            values => self.write(descriptor, &values),
        }
    }

    /// Writes a column as its properties say.
    fn write(&self, column: &ColumnDescPtr, values: &Numbers<'_>) -> Result<Chunk> {
        // Two bytes a value is what noisy columns take; memory that is not touched costs nothing.
        let mut sink = TrackedWrite::new(Vec::with_capacity(2 * values.len()));
        let pages = Box::new(SerializedPageWriter::new(&mut sink));
        let writer = get_column_writer(Arc::clone(column), Arc::clone(&self.properties), pages);
        let close = match (writer, values) {
            (ColumnWriter::Int32ColumnWriter(writer), Numbers::I32(values)) => write_all(writer, values, None)?,
            (ColumnWriter::Int64ColumnWriter(writer), Numbers::I64(values)) => write_all(writer, values, None)?,
            (ColumnWriter::BoolColumnWriter(writer), Numbers::Bool(values)) => write_all(writer, values, None)?,
            (ColumnWriter::Int32ColumnWriter(writer), Numbers::Optional(values, present)) => {
                write_all(writer, values, Some(present))?
            }
            _ => return Err(ParquetError::General(format!("{} is not of the type of its values", column.name()))),
        };
        Ok((sink.into_inner()?.into(), close))
    }

    /// A Parquet file writer for this table.
    ///
    /// # Errors
    /// When the first bytes cannot be written.
    pub fn open<W: Write + Send>(&self, sink: W) -> Result<SerializedFileWriter<W>> {
        SerializedFileWriter::new(sink, Arc::clone(&self.root), Arc::clone(&self.properties))
    }
}

/// Values of a column in the types that files hold.
enum Numbers<'a> {
    I32(Cow<'a, [i32]>),
    I64(&'a [i64]),
    Bool(Vec<bool>),
    /// Those that are there, and for every row whether one is (1) or not (0).
    Optional(Vec<i32>, Vec<i16>),
}

impl<'a> Numbers<'a> {
    fn of(array: &'a ArrayRef, is_optional: bool) -> Result<Self> {
        let widened = match array.data_type() {
            DataType::Int8 if is_optional => {
                let values = array.as_primitive::<Int8Type>();
                let present = values.iter().map(|value| i16::from(value.is_some())).collect();
                return Ok(Self::Optional(values.iter().flatten().map(i32::from).collect(), present));
            }
            other if is_optional => {
                return Err(ParquetError::General(format!("nullable columns of {other} are not written")));
            }
            DataType::Int8 => array.as_primitive::<Int8Type>().values().iter().map(|&value| value.into()).collect(),
            DataType::Int16 => array.as_primitive::<Int16Type>().values().iter().map(|&value| value.into()).collect(),
            DataType::Int32 => return Ok(Self::I32(array.as_primitive::<Int32Type>().values()[..].into())),
            DataType::Date32 => return Ok(Self::I32(array.as_primitive::<Date32Type>().values()[..].into())),
            DataType::Int64 => return Ok(Self::I64(array.as_primitive::<Int64Type>().values())),
            DataType::Timestamp(..) => return Ok(Self::I64(array.as_primitive::<TimestampMillisecondType>().values())),
            DataType::Boolean => return Ok(Self::Bool(array.as_boolean().values().iter().collect())),
            other => return Err(ParquetError::General(format!("columns of {other} are not written"))),
        };
        Ok(Self::I32(Cow::Owned(widened)))
    }

    fn len(&self) -> usize {
        match self {
            Self::I32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Optional(_, present) => present.len(),
        }
    }
}

/// Encodes a column of runs of integers.
fn encode_runs(target: Target<'_>, array: &RunArray<Int32Type>) -> Result<Chunk> {
    let ends = array.run_ends().values();
    match Numbers::of(array.values(), false)? {
        Numbers::I32(values) => dictionary::encode_runs(target, &values, ends),
        Numbers::I64(values) => dictionary::encode_runs(target, values, ends),
        _ => Err(ParquetError::General(format!("runs of {} are not written", array.values().data_type()))),
    }
}

fn write_all<T: parquet::data_type::DataType>(
    mut writer: ColumnWriterImpl<'_, T>,
    values: &[T::T],
    present: Option<&[i16]>,
) -> Result<ColumnCloseResult> {
    writer.write_batch(values, present, None)?;
    writer.close()
}

fn properties(schema: &Schema, layouts: &[Layout], format: &Format) -> WriterProperties {
    let compression = format.zstd_level.map_or(Compression::UNCOMPRESSED, |level| {
        Compression::ZSTD(ZstdLevel::try_new(level).expect("levels are validated with the scenario"))
    });
    let ascending =
        |&column: &usize| SortingColumn { column_idx: column as i32, descending: false, nulls_first: false };
    let key_value = |(key, value): &(String, String)| KeyValue { key: key.clone(), value: Some(value.clone()) };
    let mut builder = WriterProperties::builder()
        .set_created_by("skirmish".into())
        .set_compression(compression)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_data_page_size_limit(1 << 20)
        .set_write_batch_size(8192)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_sorting_columns(Some(format.sorted_by.iter().map(ascending).collect()))
        .set_key_value_metadata(Some(format.metadata.iter().map(key_value).collect()));
    for (field, layout) in schema.fields().iter().zip(layouts) {
        let path = || ColumnPath::from(field.name().as_str());
        // Differences and most dictionaries are not left to parquet's writers; these know what remains.
        builder = builder.set_column_dictionary_enabled(path(), layout.has_dictionary());
        if layout.is_raw() {
            builder = builder.set_column_compression(path(), Compression::UNCOMPRESSED);
        }
    }
    builder.build()
}
