//! Feeding a run to a database, as a live game would: through stored procedures, a slice of time a transaction.
//!
//! Realms go in lanes, a connection each; nothing in a realm refers to another. How far a lane is stands in the database
//! and moves in the transaction of its rows, so that after any crash the same command goes on, and every row is there
//! once. The database is given what it can take: the next slice is cut when the last one is confirmed.

mod address;
mod database;
mod feed;
mod ingest_error;
mod run_source;
mod slice;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

pub use address::Address;
use database::{CalendarDay, Document, Moment, Uplink};
use feed::{Feed, IngestLane, Values, each_row};
pub use ingest_error::IngestError;
pub use run_source::OPTIONAL;
use run_source::{DAY_MS, RunSource, RunState};
use slice::{SENT, achievement_named};

use crate::inspect::{Datum, InspectError, RowView, table_named};
use crate::scenario::DATA_VERSION;

/// What to do.
pub struct IngestOptions {
    /// Folder of the run.
    pub run: PathBuf,
    /// Where to.
    pub address: Address,
    /// Simulated seconds a second; as fast as the database takes it if there is none.
    pub speed: Option<f64>,
    /// Heartbeats, kills, purchases; all that there are if none is named.
    pub tables: Vec<String>,
    /// Whether to go after a run that is still going on.
    pub follow: bool,
    /// Connections.
    pub lanes: u32,
    /// Heartbeats a transaction, about, and rows a call, at most.
    pub batch: usize,
    /// Whether foreign keys of heartbeats, events and purchases are declared when their day is over.
    pub seal_days: bool,
}

/// How far an ingestion is.
#[derive(Clone, Debug, Default)]
pub struct IngestState {
    /// Share of simulated time that is done.
    pub share: f64,
    /// Rows that were sent by this command.
    pub rows: u64,
    /// Of them heartbeats.
    pub heartbeats: u64,
    /// What is waited for, if anything.
    pub waiting: Option<&'static str>,
}

/// What an ingestion has done.
#[derive(Clone, Debug)]
pub struct Ingested {
    /// Rows by kind, of this command.
    pub rows: Vec<(&'static str, u64)>,
    /// How long it took.
    pub elapsed: Duration,
    /// Heartbeats, kills, purchases: those that were sent.
    pub tables: Vec<&'static str>,
}

/// Simulated time that a transaction covers at most where there are few heartbeats or none.
const LONGEST_SLICE_MS: i64 = 3_600_000;
const WAITING: &str = "waiting for the run";
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What lanes share.
struct Ingestion<'o> {
    options: &'o IngestOptions,
    run: &'o RunSource,
    tables: &'o [&'static str],
    stop: &'o AtomicBool,
    started: Instant,
    /// Lanes that have finished a day, by day.
    finished: Vec<AtomicU64>,
    /// Up to which moment each lane is.
    positions: Vec<AtomicI64>,
    counts: [AtomicU64; SENT.len()],
    is_waiting: AtomicBool,
}

/// Feeds a run to a database; tells how far it is from time to time.
pub fn ingest(
    options: &IngestOptions,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(&IngestState),
) -> Result<Ingested, IngestError> {
    if options.follow {
        wait_for_tables(&options.run, stop, observe)?;
    }
    let run = RunSource::open(&options.run, options.follow)?;
    let tables = run.choose(&options.tables)?;
    let started = Instant::now();
    let mut line = Uplink::new(&options.address, [stop, stop], false);
    register(&mut line, &run, options.batch)?;
    let shared = Ingestion {
        options,
        run: &run,
        tables: &tables,
        stop,
        started,
        finished: (0..run.days).map(|_| AtomicU64::new(0)).collect(),
        positions: (0..options.lanes).map(|_| AtomicI64::new(run.start_ms())).collect(),
        counts: Default::default(),
        is_waiting: AtomicBool::new(false),
    };
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..options.lanes)
            .map(|number| {
                let (shared, failed) = (&shared, &failed);
                scope.spawn(move || {
                    let result =
                        LaneWorker::new(shared, IngestLane { number, of: shared.options.lanes }, failed).work();
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    result
                })
            })
            .collect();
        while !lanes.iter().all(|lane| lane.is_finished()) {
            observe(&shared.state());
            std::thread::sleep(LOOK_EVERY);
        }
        observe(&shared.state());
        let results: Vec<_> = lanes.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        // The lane that failed says why; others stopped because of it.
        let mut stopped = Ok(());
        for result in results {
            match result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                Err(IngestError::Interrupted) => stopped = Err(IngestError::Interrupted),
                other => other?,
            }
        }
        stopped
    })?;
    let rows = SENT.into_iter().zip(shared.counts.iter().map(|count| count.load(Ordering::Relaxed)));
    Ok(Ingested { rows: rows.collect(), elapsed: started.elapsed(), tables: tables.clone() })
}

impl Ingestion<'_> {
    fn state(&self) -> IngestState {
        let total = (self.run.end_ms() - self.run.start_ms()) * self.positions.len() as i64;
        let done: i64 =
            self.positions.iter().map(|position| position.load(Ordering::Relaxed) - self.run.start_ms()).sum();
        IngestState {
            share: done as f64 / total.max(1) as f64,
            rows: self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum(),
            heartbeats: self.counts[0].load(Ordering::Relaxed),
            waiting: self.is_waiting.load(Ordering::Relaxed).then_some(WAITING),
        }
    }

    fn count(&self, sent: &[usize]) {
        for (count, &rows) in self.counts.iter().zip(sent) {
            count.fetch_add(rows as u64, Ordering::Relaxed);
        }
    }
}

/// Waits until a run that has begun has a whole day: before, tables are missing that it will have.
fn wait_for_tables(run: &Path, stop: &AtomicBool, observe: &mut dyn FnMut(&IngestState)) -> Result<(), IngestError> {
    while run_source::progress(run)? == RunState::Running(0) {
        if stop.load(Ordering::Relaxed) {
            return Err(IngestError::Interrupted);
        }
        observe(&IngestState { waiting: Some(WAITING), ..IngestState::default() });
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Says which run it is and what its world is made of: what everything else refers to.
fn register(line: &mut Uplink<'_>, run: &RunSource, rows: usize) -> Result<(), IngestError> {
    let catalogue = catalogue(run)?.to_string();
    let start = Moment(run.start_ms());
    let stream = format!("{} players", run.world_hash);
    let position = line.persist(|batch| {
        let arguments: database::Arguments<'_> = vec![
            Box::new(run.world_hash.as_str()),
            Box::new(run.scenario.as_str()),
            Box::new(DATA_VERSION as i32),
            Box::new(CalendarDay(run.start.0)),
            Box::new(run.days as i32),
        ];
        batch.call("register_run", arguments)?;
        batch.call("register_catalogue", vec![Box::new(Document(&catalogue))])?;
        batch.ask_moment("claim_stream", vec![Box::new(stream.as_str()), Box::new(start)])
    })?;
    if position > run.start_ms() {
        return Ok(());
    }
    let columns = ["player_id", "installed_on", "country", "region", "realm_id", "device", "segment"];
    // Whoever reads knows nothing of databases: why sending failed waits here.
    let mut failed = Ok(());
    let read = run.tables.read(table_named("players")?, None, None, &mut |batch| {
        let mut values: Vec<Values> = Vec::with_capacity(batch.num_rows());
        each_row(batch, &columns, &mut |_, row| values.push(row));
        for values in values.chunks(rows) {
            failed = line.persist(|batch| slice::send_players(batch, values, &columns));
            if failed.is_err() {
                return Err(InspectError::Stopped);
            }
        }
        Ok(())
    });
    failed?;
    read?;
    line.persist(|batch| {
        // Somebody else may have sent the same meanwhile.
        match batch.ask_moment("claim_stream", vec![Box::new(stream.as_str()), Box::new(start)])? {
            position if position > run.start_ms() => Ok(()),
            _ => {
                let end = Moment(run.end_ms());
                batch.call("advance_stream", vec![Box::new(stream.as_str()), Box::new(start), Box::new(end)])
            }
        }
    })
}

/// The dimensions of a run as the document that `api.register_catalogue` takes.
fn catalogue(run: &RunSource) -> Result<Value, IngestError> {
    let mut catalogue = Map::new();
    let optional = ["sales", "achievements"].into_iter().filter(|table| run.tables.has(table));
    let always = ["regions", "currencies", "countries", "devices", "items", "maps", "modes", "weapons"];
    for name in always.into_iter().chain(optional) {
        let mut rows = Vec::new();
        run.tables.read(table_named(name)?, None, None, &mut |batch| {
            for row in 0..batch.num_rows() {
                let row = RowView { batch, row };
                let schema = batch.schema();
                let fields = schema.fields().iter().map(|field| {
                    let value = match row.value(field.name()) {
                        Datum::Number(number) => json!(number),
                        Datum::Truth(truth) => json!(truth),
                        other => json!(other.plain()),
                    };
                    (field.name().clone(), value)
                });
                let mut fields: Map<_, _> = fields.collect();
                // The database has achievements of its own, and titles for all.
                if let Some(name) = fields.get("achievement").and_then(Value::as_str).map(str::to_owned) {
                    fields.insert("achievement".into(), json!(achievement_named(&name)));
                    fields.insert("title".into(), json!(name));
                }
                rows.push(Value::Object(fields));
            }
            Ok(())
        })?;
        catalogue.insert(name.to_owned(), Value::Array(rows));
    }
    Ok(Value::Object(catalogue))
}

/// A lane at work.
struct LaneWorker<'s> {
    shared: &'s Ingestion<'s>,
    lane: IngestLane,
    stream: String,
    line: Uplink<'s>,
    /// Where the lane stood when it began: a pace counts from there.
    began_at: i64,
}

impl<'s> LaneWorker<'s> {
    fn new(shared: &'s Ingestion<'s>, lane: IngestLane, failed: &'s AtomicBool) -> Self {
        let of = format!("{} of {}", lane.number + 1, lane.of);
        let stream = format!("{} {of}: {}", shared.run.world_hash, shared.tables.join(","));
        let line = Uplink::new(&shared.options.address, [shared.stop, failed], true);
        Self { shared, lane, stream, line, began_at: shared.run.start_ms() }
    }

    fn work(&mut self) -> Result<(), IngestError> {
        let run = self.shared.run;
        let mut position = self.claim(run.start_ms())?;
        self.began_at = position;
        let mut feed = Feed::new(run, self.lane, self.shared.tables);
        for day in 0..run.days {
            let until = run.start_ms() + i64::from(day + 1) * DAY_MS;
            if position < until {
                self.wait_for(day)?;
                self.open(day)?;
                feed.enter(day)?;
                // What is there already, of this day and of days before.
                feed.skip(position)?;
                while position < until {
                    position = self.step(&mut feed, day, position, until)?;
                    self.shared.positions[self.lane.number as usize].store(position, Ordering::Relaxed);
                }
            }
            self.leave(day)?;
        }
        self.shared.positions[self.lane.number as usize].store(run.end_ms(), Ordering::Relaxed);
        Ok(())
    }

    /// Sends the next slice; returns how far the lane is then.
    fn step(&mut self, feed: &mut Feed<'s>, day: u32, from: i64, limit: i64) -> Result<i64, IngestError> {
        let options = self.shared.options;
        // At a pace, a transaction covers about a second of the reader's time.
        let span =
            options.speed.map_or(LONGEST_SLICE_MS, |speed| ((speed * 1000.0) as i64).clamp(1000, LONGEST_SLICE_MS));
        let slice = feed.cut(from, limit, options.batch, span)?;
        self.wait_until(slice.until)?;
        let stream = self.stream.clone();
        let [first, next] = [slice.from, slice.until].map(Moment);
        let position = self.line.persist(|batch| {
            // First, so that two who work on one stream do not both begin.
            let position = batch.ask_moment("claim_stream", vec![Box::new(stream.as_str()), Box::new(first)])?;
            if position == slice.from {
                slice.send(batch, options.batch)?;
                let place: database::Arguments<'_> = vec![Box::new(stream.as_str()), Box::new(first), Box::new(next)];
                batch.call("advance_stream", place)?;
            }
            Ok(position)
        })?;
        if position == slice.from {
            self.shared.count(&slice.size());
            return Ok(slice.until);
        }
        if position < slice.from {
            let why = "the stream has gone back; was the database restored meanwhile? Start again".into();
            return Err(IngestError::Refused { database: options.address.shown().to_owned(), why });
        }
        // Somebody else works on this stream, or what we sent was confirmed without our hearing of it. They may have cut
        // elsewhere, so what this slice holds beyond their position is read again.
        *feed = Feed::new(self.shared.run, self.lane, self.shared.tables);
        feed.enter(day)?;
        feed.skip(position)?;
        Ok(position)
    }

    /// How far the stream is.
    fn claim(&mut self, first: i64) -> Result<i64, IngestError> {
        let stream = self.stream.clone();
        self.line
            .persist(|batch| batch.ask_moment("claim_stream", vec![Box::new(stream.as_str()), Box::new(Moment(first))]))
    }

    /// Makes the partitions of a day.
    fn open(&mut self, day: u32) -> Result<(), IngestError> {
        let date = CalendarDay(self.shared.run.start.0 + day as i32);
        let is_sealed = !self.shared.options.seal_days;
        self.line.persist(|batch| batch.call("open_day", vec![Box::new(date), Box::new(is_sealed)]))
    }

    /// Counts the lane out of a day; whoever is last closes it.
    fn leave(&mut self, day: u32) -> Result<(), IngestError> {
        let before = self.shared.finished[day as usize].fetch_add(1, Ordering::Relaxed);
        if !self.shared.options.seal_days || before + 1 < u64::from(self.lane.of) {
            return Ok(());
        }
        let date = CalendarDay(self.shared.run.start.0 + day as i32);
        self.line.persist(|batch| batch.call("seal_day", vec![Box::new(date)]))
    }

    /// Waits until a day can be sent: a day ahead must be whole.
    fn wait_for(&self, day: u32) -> Result<(), IngestError> {
        if !self.shared.options.follow {
            return Ok(());
        }
        loop {
            match run_source::progress(&self.shared.run.root)? {
                RunState::Complete => break,
                // The last day is whole only with what ends the run.
                RunState::Running(whole) if day + 2 <= whole && day + 2 < self.shared.run.days => break,
                RunState::Running(_) => {}
            }
            self.shared.is_waiting.store(true, Ordering::Relaxed);
            self.line.check_stop()?;
            std::thread::sleep(LOOK_EVERY * 2);
        }
        self.shared.is_waiting.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Waits until a simulated moment is due.
    fn wait_until(&self, moment: i64) -> Result<(), IngestError> {
        let Some(speed) = self.shared.options.speed else { return Ok(()) };
        let due = Duration::from_secs_f64((moment - self.began_at).max(0) as f64 / 1000.0 / speed);
        while let Some(left) = due.checked_sub(self.shared.started.elapsed()) {
            self.line.check_stop()?;
            std::thread::sleep(left.min(LOOK_EVERY));
        }
        Ok(())
    }
}
