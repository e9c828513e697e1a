//! Committing: one thread appends row groups in canonical order and publishes finished files a day at a time.
//!
//! Workers finish realms in any order; what arrives early waits here (bounded by the tickets that workers need to
//! start a realm). Files are staged, finished and synced before they are renamed into a table folder, so a reader
//! never sees part of one; on any error everything staged is deleted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::encoders::Encoders;
use super::error::OutputError;
use super::grammar::FileName;
use super::store::{FinishedFile, Store};
use super::table_file::{TableFile, TableTotal};
use crate::parquet::{Codec, RowGroup};
use crate::setting::{Leg, Setting, Span};
use crate::table::{self, Aggregate, DayRows, EachTable, HeartbeatRow, Row};

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
    /// Whose rows they are.
    pub leg: Leg,
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
    /// The sums alone, where nothing is encoded.
    Sums(Box<Aggregate>),
}

/// A day whose files are all where readers look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeDay {
    /// Simulated day.
    pub day: u32,
    /// Rows by table.
    pub rows: BTreeMap<&'static str, u64>,
}

/// Told of all whole days, each time that one is added.
pub type WholeDays = Box<dyn FnMut(&[WholeDay]) -> Result<(), OutputError> + Send>;

/// What the committer has to tell at the end.
#[derive(Debug, Default)]
pub struct Committed {
    /// The days that are whole, with what their files hold.
    pub whole_days: Vec<WholeDay>,
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

/// What is being written of one kind: the open file of each table, and rows of small tables gathered for it.
#[derive(Default)]
struct Writing {
    open: BTreeMap<&'static str, TableFile>,
    gathered: DayRows,
    /// Files that are whole and wait for the others of their kind.
    finished: Vec<FinishedFile>,
    /// Rows of the day so far, by table.
    rows: BTreeMap<&'static str, u64>,
}

/// The committer of a run.
pub struct Committer {
    span: Span,
    regions: usize,
    store: Option<Store>,
    sink: Sink,
    encoders: Encoders,
    codec: Codec,
    /// Files and rows of the days, and of what exists only because the run ended.
    parts: [Writing; 2],
    committed: Committed,
    bytes_seen: Arc<AtomicU64>,
    whole_days: WholeDays,
}

impl Committer {
    /// A committer of a span that writes through a store, or nowhere.
    pub fn new(setting: &Setting, span: Span, store: Option<Store>, sink: Sink, bytes_seen: Arc<AtomicU64>) -> Self {
        Self {
            span,
            regions: setting.regions(),
            store,
            sink,
            encoders: Encoders::new(setting),
            codec: Codec::default(),
            parts: Default::default(),
            committed: Committed::default(),
            bytes_seen,
            whole_days: Box::new(|_| Ok(())),
        }
    }

    /// Tells of whole days as they come.
    pub fn telling(self, whole_days: WholeDays) -> Self {
        Self { whole_days, ..self }
    }

    /// Takes messages until every leg of the span has been committed or `stop` is set; returns a ticket to the workers
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
        if let Some(store) = &self.store {
            self.parts = Default::default();
            store.discard_staging();
        }
        result.map(|()| self.committed)
    }

    fn commit_all(
        &mut self,
        messages: &Receiver<Message>,
        tickets: &Sender<Ticket>,
        stop: &AtomicBool,
    ) -> Result<(), OutputError> {
        let mut early: BTreeMap<Leg, Vec<Payload>> = BTreeMap::new();
        let mut next = self.span.first();
        while let Some(mut leg) = next {
            let message = receive(messages, stop)?;
            early.entry(message.leg).or_default().push(message.payload);
            while let Some(payloads) = early.get_mut(&leg) {
                let mut complete = None;
                for payload in payloads.drain(..) {
                    complete = self.take(leg, payload)?.or(complete);
                }
                let Some(ticket) = complete else { break };
                early.remove(&leg);
                self.end_leg(leg)?;
                // The ticket of a realm's last day serves for what ends with the run, too.
                if !self.span.is_last(leg.day) {
                    // The channel holds every ticket there is, so this never blocks; nobody may be left to take it.
                    let _ = tickets.try_send(ticket);
                }
                next = self.span.after(leg);
                leg = match next {
                    Some(leg) => leg,
                    None => break,
                };
            }
        }
        Ok(())
    }

    fn part(&mut self, leg: Leg) -> &mut Writing {
        &mut self.parts[usize::from(self.span.is_closing(leg.day))]
    }

    /// Takes over what a message brings; returns the memory of its rows, emptied.
    fn take(&mut self, leg: Leg, payload: Payload) -> Result<Option<Ticket>, OutputError> {
        match payload {
            Payload::Heartbeats(group) => {
                self.append(leg, HeartbeatRow::TABLE.name, group)?;
                Ok(None)
            }
            Payload::Rows(mut rows) => {
                self.sums_of(leg.day).merge(&rows.sums);
                self.part(leg).gathered.append(&mut rows);
                Ok(Some(rows))
            }
            Payload::Sums(sums) => {
                self.sums_of(leg.day).merge(&sums);
                for (table, rows) in sums.rows.by_table() {
                    self.committed.tables.entry(table).or_default().rows += rows;
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
    fn end_leg(&mut self, leg: Leg) -> Result<(), OutputError> {
        let ends_shard = self.span.ends_shard(leg.realm);
        let mut gathered = std::mem::take(&mut self.part(leg).gathered);
        gathered.each(&mut EncodeSmall { committer: self, leg, ends_shard })?;
        self.part(leg).gathered = gathered;
        if ends_shard {
            self.finish_shard(leg)?;
        }
        if self.span.ends_day(leg.realm) {
            let regions = self.regions;
            self.sums_of(leg.day).close_day(regions);
        }
        if self.span.ends_day(leg.realm)
            && let Some(store) = &self.store
        {
            let started = Instant::now();
            let finished = std::mem::take(&mut self.parts[usize::from(self.span.is_closing(leg.day))].finished);
            store.publish(finished)?;
            let rows = std::mem::take(&mut self.part(leg).rows);
            if !self.span.is_closing(leg.day) {
                let (date, written): (_, u64) = (self.span.date(leg.day), rows.values().sum());
                tracing::info!(%date, rows = written, "day published");
                self.committed.whole_days.push(WholeDay { day: leg.day, rows });
                (self.whole_days)(&self.committed.whole_days)?;
            }
            self.committed.write_time += started.elapsed();
        }
        Ok(())
    }

    fn append(&mut self, leg: Leg, table: &'static str, group: RowGroup) -> Result<(), OutputError> {
        let started = Instant::now();
        let total = self.committed.tables.entry(table).or_default();
        total.rows += group.rows as u64;
        *self.parts[usize::from(self.span.is_closing(leg.day))].rows.entry(table).or_default() += group.rows as u64;
        if self.sink == Sink::Encode {
            total.bytes += group.bytes as u64;
        }
        self.bytes_seen.fetch_add(group.bytes as u64, Ordering::Relaxed);
        if let Some(file) = self.file(leg, table)? {
            file.append(group)?;
        }
        self.committed.write_time += started.elapsed();
        Ok(())
    }

    /// The open file of a table, created if need be; `None` where nothing is written.
    fn file(&mut self, leg: Leg, table: &'static str) -> Result<Option<&mut TableFile>, OutputError> {
        use std::collections::btree_map::Entry;
        let Some((store, encoder)) = self.store.as_ref().zip(self.encoders.of(table)) else { return Ok(None) };
        let is_tail = self.span.is_closing(leg.day);
        match self.parts[usize::from(is_tail)].open.entry(table) {
            Entry::Occupied(open) => Ok(Some(open.into_mut())),
            Entry::Vacant(slot) => {
                let name = FileName::of_leg(table, &self.span, leg);
                Ok(Some(slot.insert(TableFile::create(store, &name, encoder)?)))
            }
        }
    }

    /// Finishes and syncs the files of a shard; on ordinary days every enabled table has one, with no rows if need be.
    fn finish_shard(&mut self, leg: Leg) -> Result<(), OutputError> {
        let started = Instant::now();
        if !self.span.is_closing(leg.day) {
            let tables: Vec<&'static str> = self.encoders.facts().collect();
            for table in tables {
                self.file(leg, table)?;
            }
        }
        for (table, file) in std::mem::take(&mut self.part(leg).open) {
            let (finished, bytes) = file.finish()?;
            let total = self.committed.tables.entry(table).or_default();
            total.bytes += bytes;
            total.files += 1;
            self.part(leg).finished.push(finished);
        }
        self.committed.write_time += started.elapsed();
        Ok(())
    }
}

/// Encodes the gathered rows of each small table once they fill a row group or the shard ends.
struct EncodeSmall<'c> {
    committer: &'c mut Committer,
    leg: Leg,
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
        if committer.encoders.of(name).is_some() {
            let started = Instant::now();
            table::sort_rows(rows);
            // A large realm has more than fit one group; the groups are of one size.
            let groups = (rows.len() / ROWS_PER_GROUP).max(1);
            let encode = |rows: &[R]| committer.encoders.encode(rows, &mut committer.codec).transpose();
            let groups = rows.chunks(rows.len().div_ceil(groups)).filter_map(encode).collect::<Result<Vec<_>, _>>();
            committer.committed.encode_time += started.elapsed();
            for group in groups.map_err(OutputError::parquet(name))? {
                committer.append(self.leg, name, group)?;
            }
        }
        rows.clear();
        Ok(())
    }
}
