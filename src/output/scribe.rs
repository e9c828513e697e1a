//! What a worker encodes with: its encoders, and the time that it takes.

use std::time::{Duration, Instant};

use super::encoders::Encoders;
use super::error::OutputError;
use crate::parquet::{Codec, RowGroup};
use crate::setting::Setting;
use crate::table::{self, DayRows, EachTable, Row};

/// Memory that is kept for rows: of a realm that is stepped, and of one that waits.
const MOST_SPARE: usize = 2;

/// Row groups with their tables.
pub type TableGroups = Vec<(&'static str, RowGroup)>;

/// A worker's encoders.
pub struct Scribe {
    /// One a table that is written.
    pub encoders: Encoders,
    /// Its compressor.
    pub codec: Codec,
    /// Rows of a row group of a small table.
    rows_per_group: usize,
    /// Time spent encoding.
    pub encode_time: Duration,
    /// Time spent writing and syncing.
    pub write_time: Duration,
    /// Time spent waiting for those who sync.
    pub wait_time: Duration,
    /// Memory for rows that nobody uses.
    spare: Vec<DayRows>,
}

impl Scribe {
    /// A scribe of a run.
    pub fn new(setting: &Setting) -> Self {
        Self {
            encoders: Encoders::new(setting),
            codec: Codec::default(),
            rows_per_group: setting.size.rows_per_group,
            wait_time: Duration::ZERO,
            encode_time: Duration::ZERO,
            write_time: Duration::ZERO,
            spare: Vec::new(),
        }
    }

    /// Memory for rows.
    pub fn memory(&mut self) -> DayRows {
        self.spare.pop().unwrap_or_default()
    }

    /// Bytes of the memory that it keeps.
    pub fn bytes(&self) -> usize {
        self.spare.iter().map(DayRows::bytes).sum()
    }

    /// Keeps the memory of rows that were handed on, unless there is enough: those of others end here, too.
    pub fn keep(&mut self, mut memory: DayRows) {
        if self.spare.len() < MOST_SPARE {
            memory.clear();
            self.spare.push(memory);
        }
    }

    /// Encodes the rows of each table that has at least so many, and drops those of tables that are not written.
    ///
    /// # Errors
    /// Only on a defect: arrays that do not fit the schema.
    pub fn encode(&mut self, rows: &mut DayRows, least: usize) -> Result<TableGroups, OutputError> {
        let started = Instant::now();
        let mut encode = EncodeFull { scribe: self, least, groups: Vec::new() };
        rows.each(&mut encode)?;
        let groups = encode.groups;
        self.encode_time += started.elapsed();
        Ok(groups)
    }
}

/// Encodes the rows of tables that have enough of them.
struct EncodeFull<'s> {
    scribe: &'s mut Scribe,
    least: usize,
    groups: TableGroups,
}

impl EachTable for EncodeFull<'_> {
    type Error = OutputError;

    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> Result<(), OutputError> {
        let (name, scribe) = (R::TABLE.name, &mut *self.scribe);
        if scribe.encoders.of(name).is_none() {
            rows.clear();
        }
        if rows.is_empty() || rows.len() < self.least {
            return Ok(());
        }
        table::sort_rows(rows);
        // A large realm has more than fit one group; the groups are of one size.
        let groups = (rows.len() / scribe.rows_per_group).max(1);
        for rows in rows.chunks(rows.len().div_ceil(groups)) {
            let encoded = scribe.encoders.encode(rows, &mut scribe.codec).map_err(OutputError::parquet(name))?;
            self.groups.extend(encoded.map(|group| (name, group)));
        }
        rows.clear();
        Ok(())
    }
}
