//! Pages: encoded values become pages, pages become column chunks.

use std::hash::Hash;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use crate::lanes::{self, Kernel};

/// Rows in a page: long pages compress better and cost fewer headers.
pub const PAGE_ROWS: usize = 65_536;

/// An encoded column: its pages and what the file says about them.
pub type Chunk = (Bytes, ColumnCloseResult);

/// Compresses pages, keeping its memory from one to the next.
#[derive(Default)]
pub struct Codec {
    /// The level and its compressor.
    zstd: Option<(i32, zstd::bulk::Compressor<'static>)>,
}

impl std::fmt::Debug for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Codec").finish_non_exhaustive()
    }
}

impl Codec {
    /// A page as it lies in the file.
    fn compress(&mut self, compression: Compression, page: Vec<u8>) -> Result<Bytes> {
        let level = match compression {
            Compression::UNCOMPRESSED => return Ok(page.into()),
            Compression::ZSTD(level) => level.compression_level(),
            other => return Err(ParquetError::General(format!("pages are not compressed with {other}"))),
        };
        let (_, zstd) = match &mut self.zstd {
            Some(zstd) if zstd.0 == level => zstd,
            other => other.insert((level, zstd::bulk::Compressor::new(level)?)),
        };
        Ok(zstd.compress(&page)?.into())
    }
}

/// A number that a column can hold.
pub trait Number: Copy + Ord + Hash {
    /// Its distance from a smaller one.
    fn above(self, least: Self) -> u64;
    /// Appends it as a dictionary page holds it.
    fn append_plain(self, page: &mut Vec<u8>);
    /// Least and greatest value of a column.
    fn statistics(least: Self, greatest: Self) -> Statistics;
}

impl Number for i32 {
    fn above(self, least: Self) -> u64 {
        self.abs_diff(least).into()
    }
    fn append_plain(self, page: &mut Vec<u8>) {
        page.extend_from_slice(&self.to_le_bytes());
    }
    fn statistics(least: Self, greatest: Self) -> Statistics {
        Statistics::int32(Some(least), Some(greatest), None, Some(0), false)
    }
}

impl Number for i64 {
    fn above(self, least: Self) -> u64 {
        self.abs_diff(least)
    }
    fn append_plain(self, page: &mut Vec<u8>) {
        page.extend_from_slice(&self.to_le_bytes());
    }
    fn statistics(least: Self, greatest: Self) -> Statistics {
        Statistics::int64(Some(least), Some(greatest), None, Some(0), false)
    }
}

/// A page of distinct values.
pub struct DictionaryPage {
    /// The values, one after the other.
    pub values: Vec<u8>,
    /// How many they are.
    pub distinct: u32,
}

/// A page of rows.
pub struct DataPage {
    /// The encoded rows.
    pub bytes: Vec<u8>,
    /// How many they are.
    pub rows: usize,
}

/// Where a chunk of a column goes and how.
pub struct Target<'c> {
    /// The column.
    pub column: &'c ColumnDescPtr,
    /// How its pages are compressed.
    pub compression: Compression,
    /// By what.
    pub codec: &'c mut Codec,
}

impl Target<'_> {
    /// Writes the pages of a column without missing values.
    ///
    /// # Errors
    /// Only on a defect: memory is all that is written to.
    pub fn write(
        self,
        dictionary: Option<DictionaryPage>,
        encoding: Encoding,
        pages: Vec<DataPage>,
        statistics: Option<Statistics>,
    ) -> Result<Chunk> {
        let Self { column, compression, codec } = self;
        let room = pages.iter().map(|page| page.bytes.len() + 64).sum::<usize>();
        let dictionary_room = dictionary.as_ref().map_or(0, |page| page.values.len() + 64);
        let mut sink = TrackedWrite::new(Vec::with_capacity(room + dictionary_room));
        let mut writer = SerializedPageWriter::new(&mut sink);
        let (mut compressed, mut uncompressed, mut rows) = (0, 0, 0);
        let (mut dictionary_offset, mut data_offset) = (None, None);
        let mut encodings = vec![encoding];
        let stats = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let mut page_stats = vec![stats(PageType::DATA_PAGE, encoding, pages.len() as i32)];
        if let Some(DictionaryPage { values, distinct }) = dictionary {
            let bytes = values.len();
            let buf = codec.compress(compression, values)?;
            let page = Page::DictionaryPage { buf, num_values: distinct, encoding: Encoding::PLAIN, is_sorted: false };
            let written = writer.write_page(CompressedPage::new(page, bytes))?;
            compressed += written.compressed_size;
            uncompressed += written.uncompressed_size;
            dictionary_offset = Some(written.offset as i64);
            encodings.extend([Encoding::PLAIN, Encoding::RLE]);
            page_stats.push(stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1));
        }
        for page in pages {
            let bytes = page.bytes.len();
            let data = Page::DataPage {
                buf: codec.compress(compression, page.bytes)?,
                num_values: page.rows as u32,
                encoding,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            };
            let written = writer.write_page(CompressedPage::new(data, bytes))?;
            compressed += written.compressed_size;
            uncompressed += written.uncompressed_size;
            data_offset.get_or_insert(written.offset as i64);
            rows += page.rows as u64;
        }
        writer.close()?;
        let mut metadata = ColumnChunkMetaData::builder(Arc::clone(column))
            .set_compression(compression)
            .set_encodings(encodings)
            .set_page_encoding_stats(page_stats)
            .set_total_compressed_size(compressed as i64)
            .set_total_uncompressed_size(uncompressed as i64)
            .set_num_values(rows as i64)
            .set_dictionary_page_offset(dictionary_offset)
            .set_data_page_offset(data_offset.unwrap_or(0));
        if let Some(statistics) = statistics {
            metadata = metadata.set_statistics(statistics);
        }
        let close = ColumnCloseResult {
            bytes_written: compressed as u64,
            rows_written: rows,
            metadata: metadata.build()?,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((sink.into_inner()?.into(), close))
    }
}

/// Least and greatest of some values.
pub fn bounds<V: Number>(values: &[V]) -> Option<(V, V)> {
    let first = *values.first()?;
    let mut found = (first, first);
    lanes::widest(Bounds { values, found: &mut found });
    Some(found)
}

struct Bounds<'a, V> {
    values: &'a [V],
    found: &'a mut (V, V),
}

impl<V: Number> Kernel for Bounds<'_, V> {
    #[inline(always)]
    fn run(self) {
        let (least, greatest) = *self.found;
        *self.found = self.values.iter().fold((least, greatest), |(least, greatest), &value| {
            (if value < least { value } else { least }, if value > greatest { value } else { greatest })
        });
    }
}

/// Appends an unsigned integer in groups of seven bits, lowest first.
pub fn append_varint(mut value: u64, page: &mut Vec<u8>) {
    while value > 0x7f {
        page.push(value as u8 | 0x80);
        value >>= 7;
    }
    page.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_the_same_in_every_form() {
        let values: Vec<i64> = (0..1000).map(|n| (n * 7919 % 1000 - 300) << 40).collect();
        for form in lanes::Form::all() {
            let mut found = (values[0], values[0]);
            form.run(Bounds { values: &values, found: &mut found });
            assert_eq!(found, (-300 << 40, 699 << 40), "{form:?}");
        }
        assert_eq!((bounds(&values), bounds::<i32>(&[])), (Some((-300 << 40, 699 << 40)), None));
    }

    #[test]
    fn varints_are_those_of_the_format() {
        let varint = |value| {
            let mut page = Vec::new();
            append_varint(value, &mut page);
            page
        };
        assert_eq!(
            (varint(0), varint(127), varint(128), varint(300)),
            (vec![0], vec![127], vec![128, 1], vec![172, 2])
        );
    }
}
