//! Committing: one thread appends row groups in canonical order and publishes finished files a day at a time.
//!
//! Workers finish realms in any order; what arrives early waits here (bounded by the tickets that workers need to
//! start a realm). Files are staged, finished and synced before they are renamed into a table folder, so a reader
//! never sees part of one; on any error everything staged is deleted.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use parquet::file::writer::SerializedFileWriter;

use super::OutputError;
use super::encode::{Encoder, RowGroup};
use super::folder::{FileName, RunFolder};
use super::pages::Codec;
use crate::aggregate::Aggregate;
use crate::journal::{DayRows, EachTable};
use crate::setting::Setting;
use crate::table::{self, HeartbeatRow, Nature, Row};

/// Rows of a small table that are gathered before they are encoded into row groups of at least so many: enough for
/// dictionaries to pay off, few enough to stay in the cache.
pub const ROWS_PER_GROUP: usize = 1 << 17;

/// Where rows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// To Parquet files.
    Parquet,
    /// Encoded, then dropped.
    Encode,
    /// Dropped before encoding.
    Null,
}

/// What a worker hands over.
#[derive(Debug)]
pub struct Message {
    /// Simulated day; one past the last for what exists only because the run ended.
    pub day: u32,
    /// Realm.
    pub realm: u32,
    /// The rows.
    pub payload: Payload,
}

/// The right to step a realm through a day, and the memory for the rows that it writes.
pub type Ticket = Box<DayRows>;

/// Rows of a realm and a day, in the order in which a worker produces them.
#[derive(Debug)]
pub enum Payload {
    /// A full window of heartbeats.
    Heartbeats(RowGroup),
    /// Everything else of the day: the last message of a realm and day.
    Rows(Ticket),
    /// The same where nothing is encoded: rows by table, and the sums.
    Counts(Vec<(&'static str, usize)>, Box<Aggregate>),
}

/// Rows and bytes of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableTotal {
    /// Rows.
    pub rows: u64,
    /// Bytes: of files for [`Sink::Parquet`], of column chunks for [`Sink::Encode`].
    pub bytes: u64,
    /// Files.
    pub files: u64,
}

/// What the committer has to tell at the end.
#[derive(Debug, Default)]
pub struct Committed {
    /// Totals by table.
    pub tables: BTreeMap<&'static str, TableTotal>,
    /// Sums by day; the last entry belongs to the end of the run.
    pub days: Vec<Aggregate>,
    /// Time spent encoding.
    pub encode_time: Duration,
    /// Time spent writing and syncing.
    pub write_time: Duration,
}

/// The next message, unless the run is stopped: workers keep the channel open for as long as the run lasts.
fn receive(messages: &Receiver<Message>, stop: &AtomicBool) -> Result<Message, OutputError> {
    loop {
        match messages.recv_timeout(Duration::from_millis(50)) {
            Ok(message) => return Ok(message),
            Err(RecvTimeoutError::Timeout) if !stop.load(Ordering::Relaxed) => {}
            Err(_) => return Err(OutputError::Stopped),
        }
    }
}

struct OpenFile {
    name: FileName,
    path: PathBuf,
    writer: SerializedFileWriter<File>,
}

/// What is being written of one kind: the open file of each table, and rows of small tables gathered for it.
#[derive(Default)]
struct Part {
    open: BTreeMap<&'static str, OpenFile>,
    gathered: DayRows,
}

/// The committer of a run.
pub struct Committer {
    setting: Arc<Setting>,
    folder: Option<RunFolder>,
    sink: Sink,
    encoders: BTreeMap<&'static str, Encoder>,
    codec: Codec,
    /// Files and rows of the days, and of what exists only because the run ended.
    parts: [Part; 2],
    finished: Vec<FileName>,
    committed: Committed,
    bytes_seen: Arc<AtomicU64>,
    first_day: u32,
}

impl Committer {
    /// A committer that writes into a folder, or nowhere.
    pub fn new(setting: Arc<Setting>, folder: Option<RunFolder>, sink: Sink, bytes_seen: Arc<AtomicU64>) -> Self {
        let facts = table::all().into_iter().filter(|table| table.nature == Nature::Fact && setting.writes(table.name));
        let encoders = facts.map(|table| (table.name, Encoder::new(&setting, table))).collect();
        Self {
            setting,
            folder,
            sink,
            encoders,
            codec: Codec::default(),
            parts: Default::default(),
            finished: Vec::new(),
            committed: Committed::default(),
            bytes_seen,
            first_day: 0,
        }
    }

    /// Expects the first messages for a later day.
    pub fn starting_on(mut self, first_day: u32) -> Self {
        self.first_day = first_day;
        self
    }

    /// Takes messages until every realm of every day has been committed or `stop` is set; returns a ticket to the workers
    /// for each.
    ///
    /// # Errors
    /// When a file cannot be written, or when the workers stop early ([`OutputError::Stopped`]). Whatever was staged
    /// is deleted; published days stay.
    pub fn run(
        mut self,
        messages: &Receiver<Message>,
        tickets: &Sender<Ticket>,
        stop: &AtomicBool,
    ) -> Result<Committed, OutputError> {
        let result = self.commit_all(messages, tickets, stop);
        if let Some(folder) = &self.folder {
            self.parts = Default::default();
            folder.discard_staging();
        }
        result.map(|()| self.committed)
    }

    fn commit_all(
        &mut self,
        messages: &Receiver<Message>,
        tickets: &Sender<Ticket>,
        stop: &AtomicBool,
    ) -> Result<(), OutputError> {
        let (days, realms) = (self.setting.clock.days, self.setting.size.realms);
        let mut early: BTreeMap<(u32, u32), Vec<Payload>> = BTreeMap::new();
        let mut next = (self.first_day, 0);
        while next.0 <= days {
            let message = receive(messages, stop)?;
            early.entry((message.day, message.realm)).or_default().push(message.payload);
            while let Some(payloads) = early.get_mut(&next) {
                let mut complete = None;
                for payload in payloads.drain(..) {
                    complete = self.take(next.0, next.1, payload)?.or(complete);
                }
                let Some(ticket) = complete else { break };
                early.remove(&next);
                self.end_realm(next.0, next.1)?;
                // A realm's last day is followed at once by what ends with the run, so that no more than a few realms
                // of that ever wait, however many sessions are open.
                let is_last = next.0 + 1 == days;
                if !is_last {
                    // The channel holds every ticket there is, so this never blocks; nobody may be left to take it.
                    let _ = tickets.try_send(ticket);
                }
                next = match next {
                    (day, realm) if is_last => (day + 1, realm),
                    (day, realm) if realm + 1 == realms => (day + 1, 0),
                    (day, realm) if day == days => (days - 1, realm + 1),
                    (day, realm) => (day, realm + 1),
                };
            }
        }
        Ok(())
    }

    fn part(&mut self, day: u32) -> &mut Part {
        &mut self.parts[usize::from(day >= self.setting.clock.days)]
    }

    /// Takes over what a message brings; returns the memory of its rows, emptied.
    fn take(&mut self, day: u32, realm: u32, payload: Payload) -> Result<Option<Ticket>, OutputError> {
        match payload {
            Payload::Heartbeats(group) => {
                self.append(day, realm, HeartbeatRow::TABLE.name, group)?;
                Ok(None)
            }
            Payload::Rows(mut rows) => {
                self.sums_of(day).merge(&rows.aggregate);
                self.part(day).gathered.append(&mut rows);
                Ok(Some(rows))
            }
            Payload::Counts(tables, aggregate) => {
                self.sums_of(day).merge(&aggregate);
                for (table, rows) in tables {
                    self.committed.tables.entry(table).or_default().rows += rows as u64;
                }
                Ok(Some(Ticket::default()))
            }
        }
    }

    fn sums_of(&mut self, day: u32) -> &mut Aggregate {
        let days = &mut self.committed.days;
        if days.len() <= day as usize {
            days.resize_with(day as usize + 1, Aggregate::default);
        }
        &mut days[day as usize]
    }

    /// After a realm: full row groups of small tables are written; after a shard, its files are finished; after a day,
    /// they are published.
    fn end_realm(&mut self, day: u32, realm: u32) -> Result<(), OutputError> {
        let size = &self.setting.size;
        let shard = size.shard_of(realm);
        let ends_shard = realm + 1 == size.realms_of(shard).end;
        let ends_day = realm + 1 == size.realms;
        let mut gathered = std::mem::take(&mut self.part(day).gathered);
        gathered.each(&mut EncodeSmall { committer: self, day, realm, ends_shard })?;
        self.part(day).gathered = gathered;
        if ends_shard {
            self.finish_shard(day, shard)?;
        }
        if ends_day && let Some(folder) = &self.folder {
            for name in self.finished.drain(..) {
                folder.publish(&name)?;
            }
        }
        Ok(())
    }

    fn append(&mut self, day: u32, realm: u32, table: &'static str, group: RowGroup) -> Result<(), OutputError> {
        let started = Instant::now();
        let total = self.committed.tables.entry(table).or_default();
        total.rows += group.rows as u64;
        if self.sink == Sink::Encode {
            total.bytes += group.bytes as u64;
        }
        self.bytes_seen.fetch_add(group.bytes as u64, Ordering::Relaxed);
        if self.folder.is_some() {
            let shard = self.setting.size.shard_of(realm);
            let file = self.file(day, shard, table)?;
            group.append_to(&mut file.writer).map_err(OutputError::parquet(file.path.clone()))?;
        }
        self.committed.write_time += started.elapsed();
        Ok(())
    }

    /// The open file of a table, created if need be.
    fn file(&mut self, day: u32, shard: u32, table: &'static str) -> Result<&mut OpenFile, OutputError> {
        use std::collections::btree_map::Entry;
        let is_tail = day >= self.setting.clock.days;
        match self.parts[usize::from(is_tail)].open.entry(table) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(slot) => {
                let folder = self.folder.as_ref().ok_or(OutputError::Stopped)?;
                let encoder = self.encoders.get(table).ok_or(OutputError::Stopped)?;
                let last_day = self.setting.clock.days - 1;
                let date = Some(self.setting.clock.date(day.min(last_day)));
                let name = FileName { table, date, is_tail: day > last_day, shard, sequence: 0 };
                let (path, file) = folder.stage(&name)?;
                let writer = encoder.open(file).map_err(OutputError::parquet(path.clone()))?;
                Ok(slot.insert(OpenFile { name, path, writer }))
            }
        }
    }

    /// Finishes and syncs the files of a shard; on ordinary days every enabled table has one, with no rows if need be.
    fn finish_shard(&mut self, day: u32, shard: u32) -> Result<(), OutputError> {
        if self.folder.is_none() {
            return Ok(());
        }
        let started = Instant::now();
        if day < self.setting.clock.days {
            let tables: Vec<&'static str> = self.encoders.keys().copied().collect();
            for table in tables {
                self.file(day, shard, table)?;
            }
        }
        for (table, mut file) in std::mem::take(&mut self.part(day).open) {
            file.writer.finish().map_err(OutputError::parquet(file.path.clone()))?;
            let bytes = file.writer.bytes_written() as u64;
            file.writer.inner().sync_all().map_err(OutputError::io("syncing", &file.path))?;
            let total = self.committed.tables.entry(table).or_default();
            total.bytes += bytes;
            total.files += 1;
            self.finished.push(file.name);
        }
        self.committed.write_time += started.elapsed();
        Ok(())
    }
}

/// Encodes the gathered rows of each small table once they fill a row group or the shard ends.
struct EncodeSmall<'c> {
    committer: &'c mut Committer,
    day: u32,
    realm: u32,
    ends_shard: bool,
}

impl EachTable for EncodeSmall<'_> {
    type Error = OutputError;

    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> Result<(), OutputError> {
        if rows.is_empty() || !(self.ends_shard || rows.len() >= ROWS_PER_GROUP) {
            return Ok(());
        }
        let name = R::TABLE.name;
        let committer = &mut *self.committer;
        if let Some(encoder) = committer.encoders.get(name) {
            let started = Instant::now();
            table::sort_rows(rows);
            // A large realm has more than fit one group; the groups are of one size.
            let groups = (rows.len() / ROWS_PER_GROUP).max(1);
            let encode = |rows: &[R]| encoder.encode(&R::arrays(rows, &committer.setting.names), &mut committer.codec);
            let groups = rows.chunks(rows.len().div_ceil(groups)).map(encode).collect::<Result<Vec<_>, _>>();
            committer.committed.encode_time += started.elapsed();
            for group in groups.map_err(OutputError::parquet(name))? {
                committer.append(self.day, self.realm, name, group)?;
            }
        }
        rows.clear();
        Ok(())
    }
}
