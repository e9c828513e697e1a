//! Writing contacts and encounters of [`super::detect`]: ids and groups in the type they came in.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::column::Labels;
use super::input::Source;
use super::timeline::Timeline;
use crate::encounter::{EndReason, Episode, Open as _};
use crate::output::OutputError;
use crate::output::{FileName, StagedFile, Store};

/// Rows gathered before they are written.
const BATCH_ROWS: usize = 1 << 18;

/// A pair within the radius at a time.
#[derive(Clone, Copy, Debug)]
pub struct FoundContact {
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// Code of the group.
    pub group: u32,
    /// Codes of the players.
    pub pair: (u32, u32),
    /// Squared distance.
    pub d2: u32,
}

/// An encounter that ended.
#[derive(Clone, Copy, Debug)]
pub struct FoundEncounter {
    /// Code of the group.
    pub group: u32,
    /// The episode; its pair are codes of players.
    pub episode: Episode,
    /// Why it ended.
    pub reason: EndReason,
    /// Milliseconds since 1970 of its start, its end and its least distance.
    times_ms: [i64; 3],
}

impl FoundEncounter {
    /// An episode of a group that ended.
    pub fn new(group: u32, episode: Episode, reason: EndReason, timeline: &Timeline) -> Self {
        let times_ms = [episode.started_tick, episode.last_tick, episode.min_tick].map(|tick| timeline.ms(tick));
        Self { group, episode, reason, times_ms }
    }
}

struct DetectedFile {
    schema: SchemaRef,
    writer: ArrowWriter<StagedFile>,
}

/// The two tables.
pub struct Writer {
    contact_file: DetectedFile,
    encounter_file: DetectedFile,
    contacts: Vec<FoundContact>,
    encounters: Vec<FoundEncounter>,
    step_cm: u32,
}

/// A squared distance in steps as a distance in centimetres, rounded down.
fn distance_cm(d2: u32, step_cm: u32) -> i32 {
    (u64::from(d2) * u64::from(step_cm).pow(2)).isqrt() as i32
}

impl Writer {
    /// Stages both files.
    ///
    /// # Errors
    /// When one cannot be created.
    pub fn create(store: &Store, text_groups: bool, text_ids: bool, step_cm: u32) -> Result<Self, OutputError> {
        let named =
            |name: &str, is_text: bool| Field::new(name, if is_text { DataType::Utf8 } else { DataType::Int64 }, false);
        let time = |name: &str| Field::new(name, DataType::Timestamp(TimeUnit::Millisecond, None), false);
        let int = |name: &str| Field::new(name, DataType::Int32, false);
        let contacts = vec![
            time("event_ts"),
            named("group_id", text_groups),
            named("player_a", text_ids),
            named("player_b", text_ids),
            int("distance_cm"),
        ];
        let encounters = vec![
            Field::new("encounter_id", DataType::Int64, false),
            named("group_id", text_groups),
            named("player_a", text_ids),
            named("player_b", text_ids),
            time("started_at"),
            time("ended_at"),
            int("contact_beats"),
            int("near_beats"),
            int("min_distance_cm"),
            time("min_distance_at"),
            int("x_cm"),
            int("y_cm"),
            int("z_cm"),
            Field::new("end_reason", DataType::Utf8, false),
        ];
        Ok(Self {
            contact_file: DetectedFile::create(store, "contacts", contacts)?,
            encounter_file: DetectedFile::create(store, "encounters", encounters)?,
            contacts: Vec::new(),
            encounters: Vec::new(),
            step_cm,
        })
    }

    /// Adds a contact.
    ///
    /// # Errors
    /// When rows cannot be written.
    pub fn contact(&mut self, source: &Source, row: FoundContact) -> Result<(), OutputError> {
        self.contacts.push(row);
        if self.contacts.len() >= BATCH_ROWS { self.write_contacts(source) } else { Ok(()) }
    }

    /// Adds an encounter.
    ///
    /// # Errors
    /// When rows cannot be written.
    pub fn encounter(&mut self, source: &Source, row: FoundEncounter) -> Result<(), OutputError> {
        self.encounters.push(row);
        if self.encounters.len() >= BATCH_ROWS { self.write_encounters(source) } else { Ok(()) }
    }

    /// Writes what is left, finishes both files and publishes them.
    ///
    /// # Errors
    /// When something cannot be written; nothing is published then.
    pub fn finish(mut self, source: &Source, store: &Store) -> Result<(), OutputError> {
        self.write_contacts(source)?;
        self.write_encounters(source)?;
        let mut finished = Vec::new();
        for mut file in [self.contact_file, self.encounter_file] {
            let written = file.writer.finish();
            written.map_err(OutputError::parquet(file.writer.inner().path()))?;
            finished.push(file.writer.inner().finish()?);
        }
        store.publish(finished)
    }

    fn write_contacts(&mut self, source: &Source) -> Result<(), OutputError> {
        let rows = std::mem::take(&mut self.contacts);
        let time = rows.iter().map(|row| row.time_ms);
        let pairs: Vec<(u32, u32)> = rows.iter().map(|row| ordered(source.ids(), row.pair)).collect();
        self.contact_file.write(vec![
            Arc::new(TimestampMillisecondArray::from_iter_values(time)),
            column(source.groups(), rows.iter().map(|row| row.group)),
            column(source.ids(), pairs.iter().map(|pair| pair.0)),
            column(source.ids(), pairs.iter().map(|pair| pair.1)),
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| distance_cm(row.d2, self.step_cm)))),
        ])
    }

    fn write_encounters(&mut self, source: &Source) -> Result<(), OutputError> {
        let mut rows = std::mem::take(&mut self.encounters);
        rows.sort_unstable_by_key(|row| row.episode.number);
        let pairs: Vec<(u32, u32)> = rows.iter().map(|row| ordered(source.ids(), row.episode.participants())).collect();
        let time = |which: usize| -> ArrayRef {
            Arc::new(TimestampMillisecondArray::from_iter_values(rows.iter().map(|row| row.times_ms[which])))
        };
        let int = |value: fn(&Episode) -> i32| -> ArrayRef {
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| value(&row.episode))))
        };
        let distances = rows.iter().map(|row| distance_cm(row.episode.min_d2, self.step_cm));
        let reasons = rows.iter().map(|row| EndReason::NAMES[row.reason as usize]);
        self.encounter_file.write(vec![
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.episode.number))),
            column(source.groups(), rows.iter().map(|row| row.group)),
            column(source.ids(), pairs.iter().map(|pair| pair.0)),
            column(source.ids(), pairs.iter().map(|pair| pair.1)),
            time(0),
            time(1),
            int(|episode| episode.contact_ticks as i32),
            int(|episode| episode.near_ticks as i32),
            Arc::new(Int32Array::from_iter_values(distances)),
            time(2),
            int(|episode| episode.midpoint[0]),
            int(|episode| episode.midpoint[1]),
            int(|episode| episode.midpoint[2]),
            Arc::new(StringArray::from_iter_values(reasons)),
        ])
    }
}

impl DetectedFile {
    fn create(store: &Store, table: &'static str, fields: Vec<Field>) -> Result<Self, OutputError> {
        let name = FileName::only(table);
        let staged = store.stage(&name)?;
        let path = staged.path().to_owned();
        let schema = Arc::new(Schema::new(fields));
        let level = ZstdLevel::try_new(1).expect("level 1 exists");
        let properties =
            WriterProperties::builder().set_created_by("skirmish".into()).set_compression(Compression::ZSTD(level));
        let writer = ArrowWriter::try_new(staged, Arc::clone(&schema), Some(properties.build()));
        Ok(Self { schema, writer: writer.map_err(OutputError::parquet(path))? })
    }

    fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), OutputError> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(ParquetError::from);
        let written = batch.and_then(|batch| self.writer.write(&batch));
        written.map_err(OutputError::parquet(self.writer.inner().path()))
    }
}

/// A pair with the smaller id first.
fn ordered(ids: &Labels, (a, b): (u32, u32)) -> (u32, u32) {
    let is_ordered = match ids {
        Labels::None => true,
        Labels::Numbers(_, values) => values[a as usize] < values[b as usize],
        Labels::Texts(_, values) => values[a as usize] < values[b as usize],
    };
    if is_ordered { (a, b) } else { (b, a) }
}

/// A column of the values behind codes.
fn column(names: &Labels, codes: impl Iterator<Item = u32>) -> ArrayRef {
    match names {
        Labels::None => Arc::new(Int64Array::from_iter_values(codes.map(i64::from))),
        Labels::Numbers(_, values) => Arc::new(Int64Array::from_iter_values(codes.map(|code| values[code as usize]))),
        Labels::Texts(_, values) => Arc::new(StringArray::from_iter_values(codes.map(|code| &values[code as usize]))),
    }
}
