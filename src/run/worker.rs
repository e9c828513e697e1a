//! A worker: steps groups of realms through days, encodes full windows and hands rows to the committer.
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
use crate::output::{Encoders, OutputError, Payload, Sink, Ticket};
use crate::parquet::Codec;
use crate::setting::Leg;
use crate::table::{Aggregate, DayRows};
use crate::tally::Tallies;
use crate::world::{Realm, Stepper, Trajectories};

/// One worker thread.
pub struct Worker<'s> {
    shared: &'s Shared,
    /// The halves of a group: one, or two that alternate, so that a GPU detects for one while the other is stepped.
    halves: Vec<(Stepper, Detection)>,
    encoders: Encoders,
    codec: Codec,
    /// Where the time went since it was last told.
    times: StageTimes,
    /// Memory for heartbeats, one for each realm of a group.
    memory: Vec<Trajectories>,
    /// Memory for other rows, likewise.
    rows: Vec<DayRows>,
    tallies: Tallies,
    golden: Option<Golden>,
}

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
            encoders: Encoders::new(&shared.setting),
            codec: Codec::default(),
            times: StageTimes::default(),
            memory: Vec::new(),
            rows: Vec::new(),
            tallies: Tallies::new(&shared.setting),
            golden: shared.setting.scenario.file.report.golden.then(Golden::default),
        }
    }

    /// Works until there are no jobs left or the run is stopped.
    ///
    /// # Errors
    /// When detection or encoding fails.
    pub fn work(mut self) -> Result<Worked, RunError> {
        loop {
            let waiting = Instant::now();
            let Some(Job { day, realms, tickets }) = self.shared.next_job() else { break };
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
                realm.lend_rows(self.rows.pop().unwrap_or_default());
            }
            let first = group.first().map(|realm| realm.id);
            if self.step_day(day, &mut group, tickets)?.is_none() {
                break;
            }
            let seconds = starting.elapsed().as_secs_f64();
            tracing::debug!(day, first_realm = first, realms = group.len(), seconds, "realms stepped");
            for realm in &mut group {
                self.memory.push(realm.exchange_trajectories(Trajectories::default()));
            }
            // Nobody asks for a realm after its last day.
            for realm in group.into_iter().filter(|_| !self.shared.span.is_last(day)) {
                // The slot is empty while its realm is out, so this never blocks.
                drop(self.shared.realms[realm.id as usize].0.send(Some(realm)));
            }
        }
        self.tell_times();
        Ok(Worked { tallies: self.tallies, golden: self.golden })
    }

    /// Adds where the time went since the last call to what all workers have spent.
    fn tell_times(&mut self) {
        for (stepper, _) in &mut self.halves {
            let stepped = std::mem::take(&mut stepper.times);
            self.times.before_contacts += stepped.before_contacts;
            self.times.detect += stepped.detect;
            self.times.after_contacts += stepped.after_contacts;
        }
        self.shared.progress.note_times(&std::mem::take(&mut self.times));
    }

    /// Steps a group of realms through a day; `None` if the run was stopped meanwhile.
    fn step_day(&mut self, day: u32, group: &mut [Realm], tickets: Vec<Ticket>) -> Result<Option<()>, RunError> {
        for window in self.shared.span.windows(day) {
            for realm in &mut *group {
                realm.open_window(window.clone());
            }
            if self.step_window(window, self.shared.span.ticks(day).end, group)?.is_none() {
                return Ok(None);
            }
            for realm in &mut *group {
                if self.close_window(day, realm)?.is_none() {
                    return Ok(None);
                }
            }
            self.tell_times();
        }
        for (realm, ticket) in group.iter_mut().zip(tickets) {
            // What ends with the run is written into the memory of the day's rows.
            if self.hand_on_rows(day, realm, ticket).is_none() {
                return Ok(None);
            }
            if self.shared.span.is_last(day) {
                realm.lend_rows(self.rows.pop().unwrap_or_default());
                realm.close();
                if self.hand_on_rows(day + 1, realm, Ticket::default()).is_none() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(()))
    }

    /// Hands on what a realm has written besides heartbeats and keeps the memory.
    fn hand_on_rows(&mut self, day: u32, realm: &mut Realm, mut ticket: Ticket) -> Option<()> {
        let started = Instant::now();
        let mut rows = realm.take_rows();
        if let Some(golden) = &mut self.golden {
            golden.count(&rows, self.shared.setting.clock);
        }
        self.tallies.count(&self.shared.setting, day, &rows);
        let payload = if self.shared.options.sink == Sink::Null {
            let sums: Aggregate = std::mem::take(&mut rows.sums);
            Payload::Sums(Box::new(sums))
        } else {
            // Here rather than at the committer: what is sorted by realm already is sorted there.
            rows.copy_sorted(&mut ticket);
            Payload::Rows(ticket)
        };
        rows.clear();
        self.rows.push(rows);
        self.times.encode += started.elapsed();
        self.shared.send(Leg { day, realm: realm.id }, payload)
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

    fn close_window(&mut self, day: u32, realm: &mut Realm) -> Result<Option<()>, RunError> {
        let encoder = self.encoders.of("heartbeats").filter(|_| self.shared.options.sink != Sink::Null);
        let Some(encoder) = encoder else { return Ok(Some(())) };
        let (clock, leg) = (self.shared.setting.clock, Leg { day, realm: realm.id });
        let trajectories = realm.trajectories();
        loop {
            let started = Instant::now();
            let Some(columns) = trajectories.next_columns(clock) else { return Ok(Some(())) };
            let group = encoder.encode(&columns, &mut self.codec).map_err(OutputError::parquet("heartbeats"))?;
            trajectories.reclaim(columns);
            let encoded = Instant::now();
            self.times.encode += encoded - started;
            if self.shared.send(leg, Payload::Heartbeats(group)).is_none() {
                return Ok(None);
            }
            self.times.wait += encoded.elapsed();
        }
    }
}
