//! A worker: steps groups of realms through days, encodes full windows and hands rows to the committer.
//!
//! The realms of a group go tick by tick with one detection for all of them; with a GPU in two halves, one of which is
//! stepped while the other's frame is in flight.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::{Job, Progress, RunError, Shared, StageTimes};
use crate::encounter::backend::{Detection, Engine};
use crate::encounter::{Contacts, DetectError, Detector, Frame};
use crate::journal::{DayRows, EachTable};
use crate::output::OutputError;
use crate::output::commit::{Payload, Sink, Ticket};
use crate::output::encode::Encoder;
use crate::output::pages::Codec;
use crate::realm::Realm;
use crate::table::{HeartbeatRow, Row};
use crate::trajectory::Trajectories;

fn detect_error(error: DetectError) -> RunError {
    match error {
        DetectError::Gpu(_) => RunError::Gpu(error.to_string()),
        DetectError::TooMany(_) => RunError::Crowd(error.to_string()),
        DetectError::Disagrees { .. } => RunError::Verification(error.to_string()),
    }
}

/// One worker thread.
pub struct Worker<'s> {
    shared: &'s Shared,
    /// The halves of a group: one, or two that alternate, so that a GPU detects for one while the other is stepped.
    halves: Vec<Half>,
    encoder: Option<Encoder>,
    codec: Codec,
    times: StageTimes,
    /// Memory for heartbeats, one for each realm of a group.
    memory: Vec<Trajectories>,
    /// Memory for other rows, likewise.
    rows: Vec<DayRows>,
}

impl<'s> Worker<'s> {
    /// A worker of a run.
    pub fn new(shared: &'s Shared) -> Self {
        let writes = shared.setting.writes_rows::<HeartbeatRow>() && shared.options.sink != Sink::Null;
        Self {
            shared,
            halves: (0..if shared.engine.has_gpu() { 2 } else { 1 }).map(|_| Half::new(&shared.engine)).collect(),
            encoder: writes.then(|| Encoder::new(&shared.setting, const { &HeartbeatRow::TABLE })),
            codec: Codec::default(),
            times: StageTimes::default(),
            memory: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Works until there are no jobs left or the run is stopped.
    ///
    /// # Errors
    /// When detection or encoding fails.
    pub fn work(mut self) -> Result<StageTimes, RunError> {
        loop {
            let waiting = Instant::now();
            let Some(Job { day, realms, tickets }) = self.shared.next_job() else { break };
            let starting = Instant::now();
            self.times.wait += starting - waiting;
            let new = |id| Realm::starting(Arc::clone(&self.shared.setting), id, self.shared.options.first_day);
            let mut group: Vec<Realm> =
                realms.into_iter().map(|(id, realm)| realm.unwrap_or_else(|| new(id))).collect();
            self.times.start += starting.elapsed();
            for realm in &mut group {
                let one_in = self.shared.setting.heartbeats_one_in();
                let memory = self.memory.pop().unwrap_or_else(|| Trajectories::new(one_in));
                realm.exchange_trajectories(memory);
                realm.lend_rows(self.rows.pop().unwrap_or_default());
            }
            if self.step_day(day, &mut group, tickets)?.is_none() {
                break;
            }
            for realm in &mut group {
                self.memory.push(realm.exchange_trajectories(Trajectories::default()));
            }
            let is_last = day + 1 == self.shared.setting.clock.days;
            // Nobody asks for a realm after its last day.
            for realm in group.into_iter().filter(|_| !is_last) {
                // The slot is empty while its realm is out, so this never blocks.
                drop(self.shared.realms[realm.id as usize].0.send(Some(realm)));
            }
        }
        Ok(self.times)
    }

    /// Steps a group of realms through a day; `None` if the run was stopped meanwhile.
    fn step_day(&mut self, day: u32, group: &mut [Realm], tickets: Vec<Ticket>) -> Result<Option<()>, RunError> {
        let clock = self.shared.setting.clock;
        let day_end = (day + 1) * clock.ticks_per_day();
        let mut tick = day * clock.ticks_per_day();
        while tick < day_end {
            let window_end = (tick + self.shared.setting.size.window_ticks).min(day_end);
            for realm in &mut *group {
                realm.open_window(tick..window_end);
            }
            if self.step_window(tick..window_end, group)?.is_none() {
                return Ok(None);
            }
            tick = window_end;
            for realm in &mut *group {
                if self.close_window(day, realm)?.is_none() {
                    return Ok(None);
                }
            }
        }
        for (realm, ticket) in group.iter_mut().zip(tickets) {
            // What ends with the run is written into the memory of the day's rows.
            if self.hand_on_rows(day, realm, ticket).is_none() {
                return Ok(None);
            }
            if day + 1 == clock.days {
                realm.lend_rows(self.rows.pop().unwrap_or_default());
                realm.close(day_end);
                if self.hand_on_rows(clock.days, realm, Ticket::default()).is_none() {
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
        let payload = if self.shared.options.sink == Sink::Null {
            let mut counts = Counts(Vec::new());
            let Ok(()) = rows.each(&mut counts);
            Payload::Counts(counts.0, Box::new(std::mem::take(&mut rows.aggregate)))
        } else {
            // Here rather than at the committer: what is sorted by realm already is sorted there.
            rows.copy_sorted(&mut ticket);
            rows.clear();
            Payload::Rows(ticket)
        };
        self.rows.push(rows);
        self.times.encode += started.elapsed();
        self.shared.send(day, realm.id, payload)
    }

    /// Steps a group through a window, its halves in turn: while one is being detected the other is stepped.
    fn step_window(&mut self, ticks: Range<u32>, group: &mut [Realm]) -> Result<Option<()>, RunError> {
        let size = group.len().div_ceil(self.halves.len());
        let radius_cm = self.shared.setting.episodes.exit_radius_cm;
        for tick in ticks {
            if self.shared.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            for (half, realms) in self.halves.iter_mut().zip(group.chunks_mut(size)) {
                half.finish(realms, radius_cm, &mut self.times, &self.shared.progress)?;
                half.begin(tick, realms, radius_cm, &mut self.times)?;
            }
        }
        for (half, realms) in self.halves.iter_mut().zip(group.chunks_mut(size)) {
            half.finish(realms, radius_cm, &mut self.times, &self.shared.progress)?;
        }
        Ok(Some(()))
    }

    fn close_window(&mut self, day: u32, realm: &mut Realm) -> Result<Option<()>, RunError> {
        let Some(encoder) = &self.encoder else { return Ok(Some(())) };
        let started = Instant::now();
        let clock = self.shared.setting.clock;
        let trajectories = realm.trajectories();
        if trajectories.rows() == 0 {
            return Ok(Some(()));
        }
        let columns = trajectories.columns(clock);
        let group = encoder.encode(&columns, &mut self.codec).map_err(OutputError::parquet("heartbeats"))?;
        trajectories.reclaim(columns);
        let encoded = Instant::now();
        self.times.encode += encoded - started;
        let sent = self.shared.send(day, realm.id, Payload::Heartbeats(group));
        self.times.wait += encoded.elapsed();
        Ok(sent)
    }
}

/// Counts rows by table and drops them.
struct Counts(Vec<(&'static str, usize)>);

impl EachTable for Counts {
    type Error = Infallible;

    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> Result<(), Infallible> {
        self.0.push((R::TABLE.name, rows.len()));
        rows.clear();
        Ok(())
    }
}

/// Realms that are detected in one frame.
struct Half {
    detection: Detection,
    frame: Frame,
    contacts: Contacts,
    /// Whether a frame is being detected.
    is_begun: bool,
}

impl Half {
    fn new(engine: &Engine) -> Self {
        let (frame, contacts) = (Frame::default(), Contacts::default());
        Self { detection: engine.detection(), frame, contacts, is_begun: false }
    }

    /// Steps realms up to detection and starts one for the frames of all.
    fn begin(
        &mut self,
        tick: u32,
        realms: &mut [Realm],
        radius_cm: u32,
        times: &mut StageTimes,
    ) -> Result<(), RunError> {
        let started = Instant::now();
        for realm in &mut *realms {
            realm.before_contacts(tick);
        }
        if let [realm] = realms {
            (self.frame, self.contacts) = realm.detection();
        } else {
            self.frame.clear();
            for realm in &*realms {
                self.frame.append(realm.positions());
            }
        }
        let stepped = Instant::now();
        self.detection.start(&self.frame, radius_cm).map_err(detect_error)?;
        self.is_begun = true;
        times.before_contacts += stepped - started;
        times.detect += stepped.elapsed();
        Ok(())
    }

    /// Waits for the contacts of what was begun, if anything was, and steps the realms to the end of the tick.
    fn finish(
        &mut self,
        realms: &mut [Realm],
        radius_cm: u32,
        times: &mut StageTimes,
        progress: &Progress,
    ) -> Result<(), RunError> {
        if !std::mem::take(&mut self.is_begun) {
            return Ok(());
        }
        let started = Instant::now();
        self.detection.detect(&self.frame, radius_cm, &mut self.contacts).map_err(detect_error)?;
        if let [realm] = realms {
            realm.detected(std::mem::take(&mut self.frame), std::mem::take(&mut self.contacts));
        } else {
            let mut first = 0;
            for realm in &mut *realms {
                let (frame, mut contacts) = realm.detection();
                let last = first + frame.matches();
                contacts.copy_matches(&self.contacts, first..last);
                realm.detected(frame, contacts);
                first = last;
            }
        }
        let detected = Instant::now();
        for realm in &mut *realms {
            realm.after_contacts();
        }
        times.detect += detected - started;
        times.after_contacts += detected.elapsed();
        for realm in realms {
            let online = realm.online();
            progress.heartbeats.fetch_add(online as u64, Ordering::Relaxed);
            progress.online[realm.id as usize].store(online as u32, Ordering::Relaxed);
            progress.encounters.fetch_add(realm.take_started_encounters(), Ordering::Relaxed);
            progress.realm_ticks.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
