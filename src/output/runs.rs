//! Columns of long runs, written run by run.
//!
//! Heartbeats lie session by session, so that four of their columns repeat a value hundreds of times. A general writer
//! finds every value in its dictionary through a hash; whoever knows the runs looks each up once. What comes out is an
//! ordinary column chunk with a dictionary: a page of distinct values in the order in which they first occur, and a page
//! of run lengths and indices (Parquet format, Encodings: RLE_DICTIONARY).

use std::collections::HashMap;
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

/// A number that a column can hold.
pub trait Number: Copy + Ord + Hash {
    /// Appends it as a dictionary page holds it.
    fn append_plain(self, page: &mut Vec<u8>);
    /// Least and greatest value of a column.
    fn statistics(least: Self, greatest: Self) -> Statistics;
}

impl Number for i32 {
    fn append_plain(self, page: &mut Vec<u8>) {
        page.extend_from_slice(&self.to_le_bytes());
    }
    fn statistics(least: Self, greatest: Self) -> Statistics {
        Statistics::int32(Some(least), Some(greatest), None, Some(0), false)
    }
}

impl Number for i64 {
    fn append_plain(self, page: &mut Vec<u8>) {
        page.extend_from_slice(&self.to_le_bytes());
    }
    fn statistics(least: Self, greatest: Self) -> Statistics {
        Statistics::int64(Some(least), Some(greatest), None, Some(0), false)
    }
}

/// Encodes a column of runs that end at the given rows.
///
/// # Errors
/// Only on a defect: memory is all that is written to.
pub fn encode<V: Number>(
    column: &ColumnDescPtr,
    compression: Compression,
    values: impl Iterator<Item = V> + Clone,
    ends: &[i32],
) -> Result<(Bytes, ColumnCloseResult)> {
    let (mut codes, mut dictionary) = (HashMap::new(), Vec::new());
    for value in values.clone() {
        let next = codes.len() as u32;
        codes.entry(value).or_insert_with(|| {
            value.append_plain(&mut dictionary);
            next
        });
    }
    let distinct = codes.len() as u32;
    // Readers differ on indices of no bits at all.
    let bits = (u32::BITS - distinct.saturating_sub(1).leading_zeros()).max(1);
    let mut indices = vec![bits as u8];
    let mut start = 0;
    for (value, &end) in values.clone().zip(ends) {
        append_varint(u64::from((end - start) as u32) << 1, &mut indices);
        indices.extend_from_slice(&codes[&value].to_le_bytes()[..bits.div_ceil(8) as usize]);
        start = end;
    }
    let statistics = values.clone().min().zip(values.max()).map(|(least, greatest)| V::statistics(least, greatest));
    let pages = Pages { dictionary, distinct, indices, rows: start as usize };
    pages.write(column, compression, statistics)
}

/// Appends an unsigned integer in groups of seven bits, lowest first.
fn append_varint(mut value: u64, page: &mut Vec<u8>) {
    while value > 0x7f {
        page.push(value as u8 | 0x80);
        value >>= 7;
    }
    page.push(value as u8);
}

/// The two pages of a column chunk.
struct Pages {
    dictionary: Vec<u8>,
    distinct: u32,
    indices: Vec<u8>,
    rows: usize,
}

impl Pages {
    fn write(
        self,
        column: &ColumnDescPtr,
        compression: Compression,
        statistics: Option<Statistics>,
    ) -> Result<(Bytes, ColumnCloseResult)> {
        let mut sink = TrackedWrite::new(Vec::with_capacity(self.dictionary.len() + self.indices.len() + 256));
        let mut pages = SerializedPageWriter::new(&mut sink);
        let (dictionary_bytes, index_bytes) = (self.dictionary.len(), self.indices.len());
        let page = Page::DictionaryPage {
            buf: compress(compression, self.dictionary)?,
            num_values: self.distinct,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        let dictionary_page = pages.write_page(CompressedPage::new(page, dictionary_bytes))?;
        let page = Page::DataPage {
            buf: compress(compression, self.indices)?,
            num_values: self.rows as u32,
            encoding: Encoding::RLE_DICTIONARY,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let data_page = pages.write_page(CompressedPage::new(page, index_bytes))?;
        pages.close()?;
        let size = (dictionary_page.compressed_size + data_page.compressed_size) as i64;
        let stats = |page_type, encoding| PageEncodingStats { page_type, encoding, count: 1 };
        let mut metadata = ColumnChunkMetaData::builder(Arc::clone(column))
            .set_compression(compression)
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
            .set_page_encoding_stats(vec![
                stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN),
                stats(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY),
            ])
            .set_total_compressed_size(size)
            .set_total_uncompressed_size((dictionary_page.uncompressed_size + data_page.uncompressed_size) as i64)
            .set_num_values(self.rows as i64)
            .set_dictionary_page_offset(Some(dictionary_page.offset as i64))
            .set_data_page_offset(data_page.offset as i64);
        if let Some(statistics) = statistics {
            metadata = metadata.set_statistics(statistics);
        }
        let close = ColumnCloseResult {
            bytes_written: size as u64,
            rows_written: self.rows as u64,
            metadata: metadata.build()?,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((sink.into_inner()?.into(), close))
    }
}

/// A page as it lies in the file.
fn compress(compression: Compression, page: Vec<u8>) -> Result<Bytes> {
    match compression {
        Compression::UNCOMPRESSED => Ok(page.into()),
        Compression::ZSTD(level) => Ok(zstd::bulk::compress(&page, level.compression_level())?.into()),
        other => Err(ParquetError::General(format!("dictionary pages are not compressed with {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
