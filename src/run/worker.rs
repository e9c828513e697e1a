//! A worker: steps groups of realms through days, and encodes and writes what they leave, window by window.
//!
//! The realms of a group go tick by tick with one detection for all of them; with a GPU in two halves, one of which is
//! stepped while the other's frame is in flight.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::golden::Golden;
use super::options::{RunError, StageTimes};
use super::shared::{Job, Shared};
use crate::encounter::Detection;
use crate::output::{OutputError, Payload, Scribe, Sink};
use crate::setting::Leg;
use crate::table::{DayRows, HeartbeatRow, Row, RowCounts};
use crate::tally::Tallies;
use crate::world::{Realm, Stepper, Trajectories};

/// One worker thread.
pub struct Worker<'s> {
    shared: &'s Shared,
    /// The halves of a group: one, or two that alternate, so that a GPU detects for one while the other is stepped.
    halves: Vec<(Stepper, Detection)>,
    scribe: Scribe,
    /// Where the time went since it was last told.
    times: StageTimes,
    /// Memory for heartbeats, one for each realm of a group.
    memory: Vec<Trajectories>,
    /// Rows of the day so far, likewise: those that do not fill a row group yet.
    gathered: Vec<DayRows>,
    /// Bytes of its windows and other rows when it told them last.
    told_bytes: [u64; 2],
    tallies: Tallies,
    golden: Option<Golden>,
}

/// What is left of a leg when it has been stepped: rows too few for a row group.
type Rest = (Leg, DayRows);

/// What a worker leaves.
pub struct Worked {
    /// What it counted.
    pub tallies: Tallies,
    /// Golden answers, if it was asked for them.
    pub golden: Option<Golden>,
}

impl<'s> Worker<'s> {
    /// A worker of a run.
    pub fn new(shared: &'s Shared) -> Self {
        let halves = if shared.engine.has_gpu() { 2 } else { 1 };
        Self {
            shared,
            halves: (0..halves).map(|_| (Stepper::default(), shared.engine.detection())).collect(),
            scribe: Scribe::new(&shared.setting),
            times: StageTimes::default(),
            memory: Vec::new(),
            gathered: Vec::new(),
            told_bytes: [0; 2],
            tallies: Tallies::new(&shared.setting),
            golden: shared.setting.scenario.file.report.golden.then(Golden::default),
        }
    }

    /// Works until there are no jobs left or the run is stopped.
    ///
    /// # Errors
    /// When detection, encoding or writing fails.
    pub fn work(mut self) -> Result<Worked, RunError> {
        match self.work_off() {
            // Who has stopped the run says why.
            Ok(()) | Err(RunError::Output(OutputError::Stopped)) => {}
            Err(error) => return Err(error),
        }
        self.tell_times();
        Ok(Worked { tallies: self.tallies, golden: self.golden })
    }

    fn work_off(&mut self) -> Result<(), RunError> {
        loop {
            let waiting = Instant::now();
            let Some(Job { day, realms }) = self.shared.next_job() else { break };
            let starting = Instant::now();
            self.times.wait += starting - waiting;
            let new = |id| Realm::starting(Arc::clone(&self.shared.setting), id, self.shared.span.days.start);
            let mut group: Vec<Realm> =
                realms.into_iter().map(|(id, realm)| realm.unwrap_or_else(|| new(id))).collect();
            self.times.start += starting.elapsed();
            for realm in &mut group {
                let one_in = self.shared.setting.heartbeats_one_in();
                let memory = self.memory.pop().unwrap_or_else(|| Trajectories::new(one_in));
                realm.exchange_trajectories(memory);
                let pending = realm.exchange_rows(self.scribe.memory());
                debug_assert!(pending.count() == RowCounts::default(), "rows of realm {} are lost", realm.id);
            }
            let first = group.first().map(|realm| realm.id);
            let Some(rests) = self.step_day(day, &mut group)? else { break };
            let seconds = starting.elapsed().as_secs_f64();
            tracing::debug!(day, first_realm = first, realms = group.len(), seconds, "realms stepped");
            for realm in &mut group {
                self.memory.push(realm.exchange_trajectories(Trajectories::default()));
                let memory = realm.exchange_rows(DayRows::default());
                debug_assert!(memory.count() == RowCounts::default(), "rows of realm {} are lost", realm.id);
                self.scribe.keep(memory);
            }
            // Nobody asks for a realm after its last day.
            for realm in group.into_iter().filter(|_| !self.shared.span.is_last(day)) {
                // The slot is empty while its realm is out, so this never blocks.
                drop(self.shared.realms[realm.id as usize].0.send(Some(realm)));
            }
            // Only now: who brings what a shard waits for writes it, while others step the realms on.
            for (leg, rest) in rests {
                self.shared.shards.deliver(leg, Payload::Rest(Box::new(rest)), &mut self.scribe)?;
            }
            self.tell_times();
        }
        Ok(())
    }

    /// Adds where the time went since the last call to what all workers have spent.
    fn tell_times(&mut self) {
        for (stepper, _) in &mut self.halves {
            let stepped = std::mem::take(&mut stepper.times);
            self.times.before_contacts += stepped.before_contacts;
            self.times.detect += stepped.detect;
            self.times.after_contacts += stepped.after_contacts;
        }
        self.times.encode += std::mem::take(&mut self.scribe.encode_time);
        self.times.write += std::mem::take(&mut self.scribe.write_time);
        self.times.wait += std::mem::take(&mut self.scribe.wait_time);
        self.shared.progress.note_times(&std::mem::take(&mut self.times));
    }

    /// Tells what memory its realms and itself have.
    fn tell_memory(&mut self, group: &mut [Realm]) {
        let progress = &self.shared.progress;
        group.iter().for_each(|realm| progress.note_accounts(realm));
        let lent: usize = group.iter_mut().map(|realm| realm.trajectories().bytes()).sum();
        let windows = lent + self.memory.iter().map(Trajectories::bytes).sum::<usize>();
        let rows = self.gathered.iter().map(DayRows::bytes).sum::<usize>() + self.scribe.bytes();
        progress.note_memory(&mut self.told_bytes, [windows as u64, rows as u64]);
    }

    /// Steps a group of realms through a day; what is left of it, or `None` if the run was stopped meanwhile.
    fn step_day(&mut self, day: u32, group: &mut [Realm]) -> Result<Option<Vec<Rest>>, RunError> {
        for window in self.shared.span.windows(day) {
            for realm in &mut *group {
                realm.open_window(window.clone());
            }
            if self.step_window(window, self.shared.span.ticks(day).end, group)?.is_none() {
                return Ok(None);
            }
            self.gathered.resize_with(group.len(), DayRows::default);
            for (n, realm) in group.iter_mut().enumerate() {
                self.close_window(day, realm)?;
                self.gather(Leg { day, realm: realm.id }, realm, n)?;
            }
            self.tell_times();
            self.tell_memory(group);
        }
        let mut rests = Vec::new();
        for (n, realm) in group.iter_mut().enumerate() {
            let leg = Leg { day, realm: realm.id };
            rests.push((leg, self.take_gathered(leg, n)?));
            if self.shared.span.is_last(day) {
                realm.close();
                let closing = Leg { day: day + 1, realm: realm.id };
                self.gather(closing, realm, n)?;
                rests.push((closing, self.take_gathered(closing, n)?));
            }
        }
        Ok(Some(rests))
    }

    /// Counts what the n-th realm has written besides heartbeats since the last window, and writes the tables that are enough
    /// for row groups.
    fn gather(&mut self, leg: Leg, realm: &mut Realm, n: usize) -> Result<(), RunError> {
        let started = Instant::now();
        let mut rows = realm.exchange_rows(self.scribe.memory());
        if let Some(golden) = &mut self.golden {
            golden.count(&rows, self.shared.setting.clock);
        }
        self.tallies.count(&self.shared.setting, leg.day, &rows);
        let gathered = &mut self.gathered[n];
        if self.shared.options.sink == Sink::Null {
            gathered.sums.merge(&rows.sums);
        } else {
            gathered.append(&mut rows);
        }
        self.scribe.keep(rows);
        self.times.encode += started.elapsed();
        self.write_gathered(leg, n, self.shared.setting.size.rows_per_group)
    }

    /// Writes the tables of which the n-th realm has at least so many rows.
    fn write_gathered(&mut self, leg: Leg, n: usize, least: usize) -> Result<(), RunError> {
        if self.shared.options.sink != Sink::Null {
            for (table, group) in self.scribe.encode(&mut self.gathered[n], least)? {
                self.shared.shards.deliver(leg, Payload::Group(table, group), &mut self.scribe)?;
            }
        }
        Ok(())
    }

    /// What is left of a day of the n-th realm once what is enough for row groups of its own has been written.
    fn take_gathered(&mut self, leg: Leg, n: usize) -> Result<DayRows, RunError> {
        self.write_gathered(leg, n, self.shared.setting.size.rows_of_realm())?;
        let mut rest = std::mem::replace(&mut self.gathered[n], self.scribe.memory());
        // It may have to wait.
        rest.fit();
        Ok(rest)
    }

    /// Steps a group through a window of a day, its halves in turn: while one is being detected the other is stepped.
    fn step_window(&mut self, ticks: Range<u32>, day_end: u32, group: &mut [Realm]) -> Result<Option<()>, RunError> {
        let size = group.len().div_ceil(self.halves.len());
        for tick in ticks {
            if self.shared.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            for ((stepper, detection), realms) in self.halves.iter_mut().zip(group.chunks_mut(size)) {
                if stepper.finish(realms, detection)? {
                    realms.iter_mut().for_each(|realm| self.shared.progress.note(realm));
                }
                if tick + 1 == day_end {
                    // What follows may publish the day.
                    detection.close_with_next();
                }
                stepper.begin(tick, realms, detection)?;
            }
        }
        for ((stepper, detection), realms) in self.halves.iter_mut().zip(group.chunks_mut(size)) {
            if stepper.finish(realms, detection)? {
                realms.iter_mut().for_each(|realm| self.shared.progress.note(realm));
            }
        }
        Ok(Some(()))
    }

    /// Writes the heartbeats of a window.
    fn close_window(&mut self, day: u32, realm: &mut Realm) -> Result<(), RunError> {
        let name = HeartbeatRow::TABLE.name;
        let (clock, leg) = (self.shared.setting.clock, Leg { day, realm: realm.id });
        let trajectories = realm.trajectories();
        while self.shared.options.sink != Sink::Null {
            let started = Instant::now();
            let Scribe { encoders, codec, .. } = &mut self.scribe;
            let Some(encoder) = encoders.of(name) else { break };
            let Some(columns) = trajectories.next_columns(clock) else { break };
            let group = encoder.encode(&columns, codec).map_err(OutputError::parquet(name))?;
            trajectories.reclaim(columns);
            self.times.encode += started.elapsed();
            self.shared.shards.deliver(leg, Payload::Group(name, group), &mut self.scribe)?;
        }
        Ok(())
    }
}
