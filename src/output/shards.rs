//! Shards: files of a day that realms share, written by whoever has rows for them.
//!
//! A file holds its realms in their order, and workers finish realms in any. So each shard knows which leg comes next: the
//! worker that brings it writes it, and after it what has come early and follows; what is early waits (bounded by the
//! tickets that workers need to step a realm). Nobody waits for a shard that somebody else is writing. Whoever ends the day
//! of a shard closes its files; they are synced beside the workers, and the committer publishes them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crossbeam_channel::Sender;

use super::error::OutputError;
use super::grammar::FileName;
use super::scribe::Scribe;
use super::store::{FinishedFile, Store};
use super::table_file::{TableFile, TableTotal};
use crate::parquet::RowGroup;
use crate::setting::{Leg, Span};
use crate::table::{Aggregate, DayRows};

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

/// The right to step a realm through a day.
#[derive(Debug)]
pub struct Ticket;

/// Rows of a realm and a day, in the order in which a worker produces them.
#[derive(Debug)]
pub enum Payload {
    /// A row group of a table.
    Group(&'static str, RowGroup),
    /// The sums of the day, and rows too few for a group of their own: the last of a realm and day.
    Rest(Box<DayRows>),
}

impl Payload {
    fn bytes(&self) -> u64 {
        match self {
            Self::Group(_, group) => group.bytes as u64,
            Self::Rest(rows) => rows.bytes() as u64,
        }
    }
}

/// A day of a shard whose files are whole: closed, or synced as well.
#[derive(Debug)]
pub struct ShardDay<F> {
    /// Simulated day.
    pub day: u32,
    /// Its files.
    pub files: Vec<F>,
    /// What they hold, by table.
    pub tables: BTreeMap<&'static str, TableTotal>,
    /// Its sums.
    pub sums: Aggregate,
}

impl ShardDay<TableFile> {
    /// Syncs its files.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(self) -> Result<ShardDay<FinishedFile>, OutputError> {
        let Self { day, files, tables, sums } = self;
        let files = files.into_iter().map(|file| file.sync()).collect::<Result<_, _>>()?;
        Ok(ShardDay { day, files, tables, sums })
    }
}

/// What is being written of one kind: of the days, or of what exists only because the run ended.
#[derive(Default)]
struct Writing {
    /// The open file of each table.
    open: BTreeMap<&'static str, TableFile>,
    /// Rows of small tables gathered for it, and the sums of the day so far.
    gathered: DayRows,
    /// Rows and bytes of the day so far.
    tables: BTreeMap<&'static str, TableTotal>,
}

/// A shard.
struct Shard {
    /// Its realms.
    span: Span,
    /// The leg that is written next.
    next: Option<Leg>,
    /// What waits for its turn.
    early: BTreeMap<Leg, VecDeque<Payload>>,
    /// Absent while somebody is writing.
    parts: Option<[Writing; 2]>,
}

/// The shards of a run.
pub struct Shards {
    span: Span,
    store: Option<Store>,
    sink: Sink,
    rows_per_group: usize,
    shards: Vec<Mutex<Shard>>,
    /// Where closed days go, until nobody takes them any more.
    days: Mutex<Option<Sender<ShardDay<TableFile>>>>,
    tickets: Sender<Ticket>,
    /// Bytes that have been encoded.
    bytes_seen: AtomicU64,
    /// Bytes that wait for their turn.
    bytes_waiting: AtomicU64,
}

impl Shards {
    /// The shards of a span, written through a store, or nowhere. Days go on to be synced, tickets back to the workers.
    pub fn new(
        span: &Span,
        rows_per_group: usize,
        store: Option<Store>,
        sink: Sink,
        days: Sender<ShardDay<TableFile>>,
        tickets: Sender<Ticket>,
    ) -> Self {
        let shard = |span: Span| {
            Mutex::new(Shard { next: span.first(), span, early: BTreeMap::new(), parts: Some(Default::default()) })
        };
        Self {
            span: span.clone(),
            store,
            sink,
            rows_per_group,
            shards: span.shards().map(shard).collect(),
            days: Mutex::new(Some(days)),
            tickets,
            bytes_seen: AtomicU64::new(0),
            bytes_waiting: AtomicU64::new(0),
        }
    }

    /// Bytes that have been encoded so far.
    pub fn bytes_seen(&self) -> u64 {
        self.bytes_seen.load(Ordering::Relaxed)
    }

    /// Bytes of what is early.
    pub fn bytes_waiting(&self) -> u64 {
        self.bytes_waiting.load(Ordering::Relaxed)
    }

    /// From now on nothing is taken any more: who syncs days has seen the last one.
    pub fn end(&self) {
        *self.days.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Takes over what a leg brings, and writes whatever is next.
    ///
    /// # Errors
    /// When a file cannot be written, or when nobody is left to sync it ([`OutputError::Stopped`]).
    pub fn deliver(&self, leg: Leg, payload: Payload, scribe: &mut Scribe) -> Result<(), OutputError> {
        let mut shard = self.lock(leg);
        self.bytes_waiting.fetch_add(payload.bytes(), Ordering::Relaxed);
        shard.early.entry(leg).or_default().push_back(payload);
        // Who is writing takes this along.
        let Some(mut parts) = shard.parts.take() else { return Ok(()) };
        while let Some((leg, payload)) = shard.take_next() {
            let is_closing = shard.span.is_closing(leg.day);
            let ends_day = matches!(payload, Payload::Rest(_)) && shard.span.ends_day(leg.realm);
            drop(shard);
            self.bytes_waiting.fetch_sub(payload.bytes(), Ordering::Relaxed);
            let part = &mut parts[usize::from(is_closing)];
            match payload {
                Payload::Group(table, group) => self.append(leg, table, group, part, scribe)?,
                Payload::Rest(rows) => self.end_leg(leg, *rows, ends_day, part, scribe)?,
            }
            shard = self.lock(leg);
        }
        shard.parts = Some(parts);
        Ok(())
    }

    fn lock(&self, leg: Leg) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[self.span.shard_of(leg.realm) as usize];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a realm: full row groups of small tables are written; after the shard's last, its files are closed.
    fn end_leg(
        &self,
        leg: Leg,
        mut rows: DayRows,
        ends_day: bool,
        part: &mut Writing,
        scribe: &mut Scribe,
    ) -> Result<(), OutputError> {
        let started = Instant::now();
        part.gathered.append(&mut rows);
        scribe.keep(rows);
        scribe.encode_time += started.elapsed();
        if self.sink != Sink::Null {
            let least = if ends_day { 1 } else { self.rows_per_group };
            for (table, group) in scribe.encode(&mut part.gathered, least)? {
                self.append(leg, table, group, part, scribe)?;
            }
        }
        if ends_day {
            let day = self.close(leg, part, scribe)?;
            let started = Instant::now();
            let days = self.days.lock().unwrap_or_else(PoisonError::into_inner).clone();
            days.and_then(|days| days.send(day).ok()).ok_or(OutputError::Stopped)?;
            scribe.wait_time += started.elapsed();
        }
        // The ticket of a realm's last day serves for what ends with the run, too.
        if !self.span.is_last(leg.day) {
            // The channel holds every ticket there is, so this never blocks; nobody may be left to take it.
            let _ = self.tickets.try_send(Ticket);
        }
        Ok(())
    }

    fn append(
        &self,
        leg: Leg,
        table: &'static str,
        group: RowGroup,
        part: &mut Writing,
        scribe: &mut Scribe,
    ) -> Result<(), OutputError> {
        let started = Instant::now();
        let total = part.tables.entry(table).or_default();
        total.rows += group.rows as u64;
        if self.sink == Sink::Encode {
            total.bytes += group.bytes as u64;
        }
        self.bytes_seen.fetch_add(group.bytes as u64, Ordering::Relaxed);
        if let Some(file) = self.file(leg, table, part, scribe)? {
            file.append(group)?;
        }
        scribe.write_time += started.elapsed();
        Ok(())
    }

    /// The open file of a table, created if need be; `None` where nothing is written.
    fn file<'p>(
        &self,
        leg: Leg,
        table: &'static str,
        part: &'p mut Writing,
        scribe: &Scribe,
    ) -> Result<Option<&'p mut TableFile>, OutputError> {
        use std::collections::btree_map::Entry;
        let Some((store, encoder)) = self.store.as_ref().zip(scribe.encoders.of(table)) else { return Ok(None) };
        match part.open.entry(table) {
            Entry::Occupied(open) => Ok(Some(open.into_mut())),
            Entry::Vacant(slot) => {
                let name = FileName::of_leg(table, &self.span, leg);
                Ok(Some(slot.insert(TableFile::create(store, &name, encoder)?)))
            }
        }
    }

    /// Closes the files of a day; on ordinary days every enabled table has one, with no rows if need be.
    fn close(&self, leg: Leg, part: &mut Writing, scribe: &mut Scribe) -> Result<ShardDay<TableFile>, OutputError> {
        let started = Instant::now();
        if !self.span.is_closing(leg.day) {
            let tables: Vec<&'static str> = scribe.encoders.facts().collect();
            for table in tables {
                self.file(leg, table, part, scribe)?;
            }
        }
        let sums = std::mem::take(&mut part.gathered.sums);
        let mut day = ShardDay { day: leg.day, files: Vec::new(), tables: std::mem::take(&mut part.tables), sums };
        for (table, mut file) in std::mem::take(&mut part.open) {
            let bytes = file.close()?;
            let total = day.tables.entry(table).or_default();
            total.bytes += bytes;
            total.files += 1;
            day.files.push(file);
        }
        if self.sink == Sink::Null {
            for (table, rows) in day.sums.rows.by_table() {
                day.tables.entry(table).or_default().rows += rows;
            }
        }
        part.gathered.clear();
        scribe.write_time += started.elapsed();
        Ok(day)
    }
}

impl Shard {
    /// Takes out what is written next, if it is there.
    fn take_next(&mut self) -> Option<(Leg, Payload)> {
        let leg = self.next?;
        let waiting = self.early.get_mut(&leg)?;
        let payload = waiting.pop_front()?;
        if matches!(payload, Payload::Rest(_)) {
            self.early.remove(&leg);
            self.next = self.span.after(leg);
        }
        Some((leg, payload))
    }
}
