//! The own encoders against parquet's: what they write is what the registry says, and everyone reads the same from it.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Int8Array, Int16Array, Int32Array, PrimitiveArray, RecordBatch, RunArray,
    StringArray, TimestampMillisecondArray,
};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding, PageType};
use parquet::file::reader::{FileReader, SerializedFileReader};
use skirmish::parquet::{Codec, Encoder, Format, Layout};
use skirmish::random::{Purpose, Seed, Stream};

use crate::python;
use crate::support::{TempDir, compile, files_below, options, simulate};

/// Data pages of a column in a row group.
fn data_pages(reader: &SerializedFileReader<File>, group: usize, column: usize) -> usize {
    let group = reader.get_row_group(group).unwrap();
    let pages = group.get_column_page_reader(column).unwrap();
    pages.filter(|page| page.as_ref().unwrap().page_type() == PageType::DATA_PAGE).count()
}

#[test]
fn every_column_of_every_file_is_encoded_as_the_registry_says() {
    let text = "seed = 3\n[clock]\ndays = 1\n[population]\nplayers = 9000\nrealms = 1\n[encounter]\nradius_cm = 1500\n[output.tables]\n\
                encounters_swept = true\nencounters_team = true\nencounters_group = true\nrounds = true\nheartbeats_received = true\ntruth_defects = true\n";
    let run = simulate(&compile(text, &[]), &options(2));
    let (mut seen, mut largest) = (BTreeSet::new(), 0);
    for table in skirmish::table::all() {
        let folder = run.root.join("tables").join(table.name);
        for path in files_below(&folder) {
            let reader = SerializedFileReader::new(File::open(folder.join(&path)).unwrap()).unwrap();
            for (index, group) in reader.metadata().row_groups().iter().enumerate() {
                if group.num_rows() == 0 {
                    continue;
                }
                largest = largest.max(group.num_rows());
                for (place, (column, chunk)) in table.columns.iter().zip(group.columns()).enumerate() {
                    let encodings: BTreeSet<String> = chunk.encodings().map(|encoding| encoding.to_string()).collect();
                    let has = |encoding: Encoding| encodings.contains(&encoding.to_string());
                    let is_as_said = match column.layout {
                        Layout::Delta | Layout::DeltaRaw => encodings.len() == 1 && has(Encoding::DELTA_BINARY_PACKED),
                        // However many rows they have, runs are one page.
                        Layout::Runs => has(Encoding::RLE_DICTIONARY) && data_pages(&reader, index, place) == 1,
                        Layout::Dictionary | Layout::DictionaryRaw => has(Encoding::RLE_DICTIONARY),
                        Layout::Plain => has(Encoding::PLAIN) && !has(Encoding::RLE_DICTIONARY),
                    };
                    let place = format!("{}.{}: {:?} in {path}: {encodings:?}", table.name, column.name, column.layout);
                    assert!(is_as_said, "{place}");
                    let is_raw = chunk.compression() == Compression::UNCOMPRESSED;
                    assert_eq!(is_raw, column.layout.is_raw(), "{place}");
                    seen.insert(format!("{:?}", column.layout));
                }
            }
        }
    }
    assert_eq!(seen.len(), 6, "every layout is used: {seen:?}");
    assert!(largest > 65_536, "there are rows for more than one page: {largest}");
}

/// How the values of a column are drawn.
#[derive(Clone, Copy, Debug)]
enum Values {
    Constant,
    Few,
    Many,
    Rising,
    Extreme,
}

fn draw(values: Values, n: usize, draws: &mut Stream) -> i64 {
    match values {
        Values::Constant => -7,
        Values::Few => i64::from(draws.below(30)) - 9,
        Values::Many => draws.bits() as i64 >> 13,
        Values::Rising => 1_000_000_007 * n as i64 + i64::from(draws.below(1000)),
        // Cut to fewer bits, the first two of each pair are the least and the greatest of 32, 16 and 8.
        Values::Extreme => {
            let bits = [64, 32, 16, 8][draws.below(4) as usize];
            [i64::MIN >> (64 - bits), i64::MAX >> (64 - bits), 0, -1][draws.below(4) as usize]
        }
    }
}

/// An array as it is given to the own encoder, and the same values as a plain one for parquet's.
type Pair = (ArrayRef, ArrayRef);

fn primitive<T: ArrowPrimitiveType>(values: &[i64], cut: impl Fn(i64) -> T::Native) -> Pair {
    let array: ArrayRef = Arc::new(PrimitiveArray::<T>::from_iter_values(values.iter().map(|&value| cut(value))));
    (Arc::clone(&array), array)
}

fn runs<T: ArrowPrimitiveType>(values: &[i64], cut: impl Fn(i64) -> T::Native, draws: &mut Stream) -> Pair {
    let (mut ends, mut firsts, mut all) = (Vec::new(), Vec::new(), Vec::new());
    while all.len() < values.len() {
        let value = cut(values[all.len()]);
        all.resize((all.len() + 1 + draws.below(300) as usize).min(values.len()), value);
        firsts.push(value);
        ends.push(all.len() as i32);
    }
    let ends = Int32Array::from(ends);
    let runs = RunArray::try_new(&ends, &PrimitiveArray::<T>::from_iter_values(firsts)).unwrap();
    (Arc::new(runs), Arc::new(PrimitiveArray::<T>::from_iter_values(all)))
}

/// Every type in every layout that it can have.
fn columns(rows: usize, values: Values, draws: &mut Stream) -> Vec<(String, Layout, bool, Pair)> {
    let mut all = Vec::new();
    for layout in
        [Layout::Delta, Layout::DeltaRaw, Layout::Dictionary, Layout::DictionaryRaw, Layout::Plain, Layout::Runs]
    {
        let numbers: Vec<i64> = (0..rows).map(|n| draw(values, n, draws)).collect();
        let mut add = |kind: &str, pair| all.push((format!("{kind}_{layout:?}").to_lowercase(), layout, false, pair));
        if layout == Layout::Runs {
            add("i8", runs::<Int8Type>(&numbers, |value| value as i8, draws));
            add("i32", runs::<Int32Type>(&numbers, |value| value as i32, draws));
            add("i64", runs::<Int64Type>(&numbers, |value| value, draws));
            continue;
        }
        add("i8", primitive::<Int8Type>(&numbers, |value| value as i8));
        add("i16", primitive::<Int16Type>(&numbers, |value| value as i16));
        add("i32", primitive::<Int32Type>(&numbers, |value| value as i32));
        add("i64", primitive::<Int64Type>(&numbers, |value| value));
    }
    // What has a layout of its own.
    let bits: Vec<bool> = (0..rows).map(|n| draw(values, n, draws) % 2 == 0).collect();
    let times: Vec<i64> =
        (0..rows).map(|n| 1_767_571_200_000 + n as i64 * 30_000 + i64::from(draws.below(9))).collect();
    let optional: Vec<Option<i8>> =
        (0..rows).map(|n| (draws.below(3) > 0).then(|| draw(values, n, draws) as i8)).collect();
    let names: Vec<String> = (0..300).map(|n| format!("name ü {n}")).collect();
    let keys: Vec<i16> = (0..rows).map(|n| draw(values, n, draws).rem_euclid(300) as i16).collect();
    let text = DictionaryArray::new(Int16Array::from(keys.clone()), Arc::new(StringArray::from(names.clone())));
    let plain_text: Vec<&str> = keys.iter().map(|&key| names[key as usize].as_str()).collect();
    let same = |array: ArrayRef| (Arc::clone(&array), array);
    let pairs: [(&str, Layout, bool, Pair); 5] = [
        ("bool", Layout::Plain, false, same(Arc::new(BooleanArray::from(bits)))),
        ("time", Layout::Delta, false, same(Arc::new(TimestampMillisecondArray::from(times)))),
        ("maybe", Layout::Dictionary, true, same(Arc::new(Int8Array::from(optional.clone())))),
        ("maybe_plain", Layout::Plain, true, same(Arc::new(Int8Array::from(optional)))),
        ("text", Layout::Dictionary, false, (Arc::new(text), Arc::new(StringArray::from(plain_text)))),
    ];
    all.extend(pairs.into_iter().map(|(name, layout, nullable, pair)| (name.to_owned(), layout, nullable, pair)));
    all
}

/// Writes the same columns with the own encoders and with parquet's, in so many row groups.
fn write(
    folder: &Path,
    case: &str,
    groups: &[Vec<(String, Layout, bool, Pair)>],
    zstd_level: Option<i32>,
) -> [String; 2] {
    let paths = ["ours", "theirs"].map(|whose| folder.join(format!("{case}-{whose}.parquet")));
    let field = |own: bool| {
        let field = move |(name, _, nullable, pair): &(String, Layout, bool, Pair)| {
            // A column of runs has the type of its values in a file; text says that it is a dictionary.
            let kind = if own && name == "text" { pair.0.data_type() } else { pair.1.data_type() };
            Field::new(name, kind.clone(), *nullable)
        };
        Schema::new(groups[0].iter().map(field).collect::<Vec<_>>())
    };
    let layouts: Vec<Layout> = groups[0].iter().map(|(_, layout, ..)| *layout).collect();
    let format = Format { zstd_level, sorted_by: Vec::new(), metadata: vec![("key".into(), "value".into())] };
    let encoder = Encoder::new(&field(true), &layouts, &format);
    let mut ours = encoder.open(File::create(&paths[0]).unwrap()).unwrap();
    let schema = Arc::new(field(false));
    let mut theirs = ArrowWriter::try_new(File::create(&paths[1]).unwrap(), Arc::clone(&schema), None).unwrap();
    let mut codec = Codec::default();
    for columns in groups {
        let arrays: Vec<ArrayRef> = columns.iter().map(|(.., pair)| Arc::clone(&pair.0)).collect();
        encoder.encode(&arrays, &mut codec).unwrap().append_to(&mut ours).unwrap();
        let arrays: Vec<ArrayRef> = columns.iter().map(|(.., pair)| Arc::clone(&pair.1)).collect();
        theirs.write(&RecordBatch::try_new(Arc::clone(&schema), arrays).unwrap()).unwrap();
        theirs.flush().unwrap();
    }
    ours.finish().unwrap();
    theirs.close().unwrap();
    paths.map(|path| path.to_string_lossy().into_owned())
}

fn read(path: &str) -> Vec<RecordBatch> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    builder.with_batch_size(10_000).build().unwrap().map(|batch| batch.unwrap()).collect()
}

/// Random columns of every type and layout, in lengths around those of groups, blocks and pages.
fn cases(folder: &Path) -> Vec<[String; 2]> {
    let mut draws = Seed(1).stream(Purpose::Probe, 0, 9);
    let mut written = Vec::new();
    let lengths: [&[usize]; 5] = [&[1], &[7, 33], &[129, 1, 1000], &[65_536, 65_537], &[140_000]];
    for (n, values) in
        [Values::Constant, Values::Few, Values::Many, Values::Rising, Values::Extreme].into_iter().enumerate()
    {
        for (m, lengths) in lengths.iter().enumerate() {
            let groups: Vec<_> = lengths.iter().map(|&rows| columns(rows, values, &mut draws)).collect();
            let level = if (n + m) % 3 == 0 { None } else { Some(1 + (n + m) as i32 % 4) };
            written.push(write(folder, &format!("{values:?}-{m}"), &groups, level));
        }
    }
    written
}

#[test]
fn random_columns_read_back_as_those_that_parquets_own_writer_wrote() {
    let folder = TempDir::new();
    for [ours, theirs] in cases(folder.path()) {
        let (ours_read, theirs_read) = (read(&ours), read(&theirs));
        assert!(!ours_read.is_empty());
        for (a, b) in ours_read.iter().zip(&theirs_read) {
            assert_eq!(a.num_columns(), b.num_columns(), "{ours}");
            for (field, (a, b)) in b.schema().fields().iter().zip(a.columns().iter().zip(b.columns())) {
                assert!(a == b, "{ours}: column {}", field.name());
            }
        }
        let rows = |batches: &[RecordBatch]| batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        assert_eq!(rows(&ours_read), rows(&theirs_read), "{ours}");
    }
}

#[test]
fn random_columns_read_the_same_in_duckdb_and_polars() {
    let folder = TempDir::new();
    let cases = cases(folder.path());
    let script = r#"
import sys, duckdb, polars
for ours, theirs in zip(sys.argv[1::2], sys.argv[2::2]):
    a, b = (polars.read_parquet(path) for path in (ours, theirs))
    assert a.height > 0 and a.equals(b.cast(dict(a.schema))), f"polars: {ours}"
    # With their numbers, because rows without a key may be equal.
    rows = lambda path: f"SELECT file_row_number, * FROM read_parquet('{path}', file_row_number = true)"
    for one, other in ((ours, theirs), (theirs, ours)):
        extra = duckdb.sql(f"({rows(one)}) EXCEPT ALL ({rows(other)})").fetchall()
        assert not extra, f"duckdb: {one}: {extra[:1]}"
"#;
    let arguments: Vec<&str> = cases.iter().flatten().map(String::as_str).collect();
    python::run_or_skip(script, &arguments);
}
