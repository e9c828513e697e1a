//! A run: workers step realms, a committer writes, the caller watches. The only module that starts threads.
//!
//! Jobs are (day, group of realms) in canonical order. A worker takes the next job with one ticket a realm and, once they
//! are back from their previous day, the realms; what it does with them is in `worker`. The committer gives the tickets
//! back. Tickets bound how far workers run ahead of it, so memory does not grow with simulated time.

mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::encounter::backend::{Backend, Engine, Verify};
use crate::output::OutputError;
use crate::output::commit::{Committed, Committer, Message, Payload, Sink, Ticket};
use crate::output::folder::RunFolder;
use crate::realm::Realm;
use crate::setting::Setting;
use worker::Worker;

/// How a run is carried out. Nothing here changes a byte of any table.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Worker threads; at least 1.
    pub threads: usize,
    /// Who detects encounters.
    pub backend: Backend,
    /// Which answers of a GPU are compared with the CPU's.
    pub gpu_verify: Verify,
    /// Where rows go.
    pub sink: Sink,
    /// Realms that a worker steps together; `None` chooses by backend.
    pub realms_per_group: Option<u32>,
    /// Day to start on: a slice of the run, for measuring.
    pub first_day: u32,
    /// Hands out realms in a shuffled order, to show that the order decides nothing.
    pub shuffle: Option<u64>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            threads: thread::available_parallelism().map_or(1, usize::from),
            backend: Backend::Auto,
            gpu_verify: Verify::Sample,
            sink: Sink::Parquet,
            realms_per_group: None,
            first_day: 0,
            shuffle: None,
        }
    }
}

/// Why a run did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Output failed.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The GPU was demanded and failed.
    #[error("--backend gpu: {0}; use --backend auto to go on without one")]
    Gpu(String),
    /// The GPU was demanded and gave a wrong answer.
    #[error("--backend gpu: {0}; use --backend cpu, and report it with the output of `skirmish doctor`")]
    Verification(String),
    /// More encounters at once than can be counted.
    #[error("{0}; use a smaller encounter.radius_cm, a larger map or smaller matches")]
    Crowd(String),
    /// The user stopped it.
    #[error(
        "interrupted after {0} complete days, which are kept whole; the unfinished one was discarded. Run again with --overwrite to start over"
    )]
    Interrupted(u32),
    /// A defect in Skirmish.
    #[error("internal error: {0}; please report it with the scenario file")]
    Internal(String),
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Share of the run's ticks that are done, over all realms.
    pub done: f64,
    /// Simulated days that are done.
    pub days: f64,
    /// Sessions online in the realms being stepped or last stepped.
    pub online: u64,
    /// Heartbeats so far.
    pub heartbeats: u64,
    /// Encounters so far.
    pub encounters: u64,
    /// Encoded bytes so far.
    pub bytes: u64,
    /// Time since the start.
    pub elapsed: Duration,
}

/// Where workers spent their time, summed over threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageTimes {
    /// Making realms, with the lives of their veterans up to the first day.
    pub start: Duration,
    /// Systems before detection.
    pub before_contacts: Duration,
    /// Detection.
    pub detect: Duration,
    /// Systems after detection.
    pub after_contacts: Duration,
    /// Encoding, the committer's share included.
    pub encode: Duration,
    /// Waiting for realms, tickets and the committer.
    pub wait: Duration,
    /// Writing and syncing, by the committer.
    pub write: Duration,
}

impl StageTimes {
    fn merge(&mut self, other: &Self) {
        self.start += other.start;
        self.before_contacts += other.before_contacts;
        self.detect += other.detect;
        self.after_contacts += other.after_contacts;
        self.encode += other.encode;
        self.wait += other.wait;
        self.write += other.write;
    }
}

/// What a finished run has to tell.
#[derive(Debug)]
pub struct RunReport {
    /// Rows, bytes and sums.
    pub committed: Committed,
    /// Time by stage.
    pub stages: StageTimes,
    /// Wall-clock time of the simulation.
    pub elapsed: Duration,
    /// Who detected encounters, in words.
    pub detector: String,
    /// What went wrong without stopping the run.
    pub notes: Vec<String>,
}

/// What workers share.
struct Shared {
    setting: Arc<Setting>,
    options: RunOptions,
    jobs: Mutex<JobQueue>,
    /// The realm of each number while nobody steps it.
    realms: Vec<(Sender<Option<Realm>>, Receiver<Option<Realm>>)>,
    tickets: Receiver<Ticket>,
    messages: Sender<Message>,
    engine: Engine,
    stop: AtomicBool,
    progress: Progress,
}

#[derive(Default)]
struct Progress {
    realm_ticks: AtomicU64,
    heartbeats: AtomicU64,
    encounters: AtomicU64,
    online: Vec<AtomicU32>,
}

/// A day of a group of realms.
struct Job {
    day: u32,
    realms: Vec<(u32, Option<Realm>)>,
    tickets: Vec<Ticket>,
}

struct JobQueue {
    groups: Vec<Vec<u32>>,
    day: u32,
    next: usize,
}

impl Shared {
    /// The next day and group of realms, with a ticket for each realm and the realms themselves, back from their
    /// previous day; `None` stands for a realm that has not been made yet.
    fn next_job(&self) -> Option<Job> {
        // All of it under the lock: the earliest job always gets its tickets, and no later day of a realm can overtake
        // an earlier one.
        let mut queue = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.next == queue.groups.len() {
            queue.next = 0;
            queue.day += 1;
        }
        if queue.day >= self.setting.clock.days {
            return None;
        }
        let (day, ids) = (queue.day, queue.groups[queue.next].clone());
        queue.next += 1;
        let tickets = ids.iter().map(|_| self.patiently(&self.tickets)).collect::<Option<Vec<_>>>()?;
        let back = |id: u32| Some((id, self.patiently(&self.realms[id as usize].1)?));
        let realms = ids.into_iter().map(back).collect::<Option<Vec<_>>>()?;
        Some(Job { day, realms, tickets })
    }

    /// Receives, unless the run is stopped meanwhile.
    fn patiently<T>(&self, channel: &Receiver<T>) -> Option<T> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
            match channel.recv_timeout(Duration::from_millis(50)) {
                Ok(value) => return Some(value),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn send(&self, day: u32, realm: u32, payload: Payload) -> Option<()> {
        self.messages.send(Message { day, realm, payload }).ok()
    }
}

/// Runs a scenario into a folder (or nowhere, for benches). `watch` is called about ten times a second; the run ends
/// early once `interrupt` is set.
///
/// # Errors
/// See [`RunError`]. Table folders hold only whole, published days, whatever happens.
pub fn run(
    setting: &Arc<Setting>,
    options: &RunOptions,
    folder: Option<&RunFolder>,
    interrupt: &AtomicBool,
    watch: &mut dyn FnMut(&Snapshot),
) -> Result<RunReport, RunError> {
    let engine = Engine::choose(options.backend, options.gpu_verify, setting).map_err(RunError::Gpu)?;
    run_with(engine, setting, options, folder, interrupt, watch)
}

/// [`run`] with a detector of the caller's choice.
///
/// # Errors
/// See [`RunError`].
pub fn run_with(
    engine: Engine,
    setting: &Arc<Setting>,
    options: &RunOptions,
    folder: Option<&RunFolder>,
    interrupt: &AtomicBool,
    watch: &mut dyn FnMut(&Snapshot),
) -> Result<RunReport, RunError> {
    let started = Instant::now();
    let threads = options.threads.max(1);
    let realms = setting.size.realms;
    let group = options.realms_per_group.unwrap_or_else(|| engine.realms_per_group(setting, threads)).clamp(1, realms);
    let groups = deal_groups(realms, group, options.shuffle);
    // In canonical order a few realms ahead are enough; shuffled, the realm the committer waits for may come last.
    let tickets = if options.shuffle.is_some() { 2 * realms as usize + 1 } else { (2 * threads + 1) * group as usize };
    let (ticket_sender, ticket_receiver) = bounded(tickets);
    for _ in 0..tickets {
        ticket_sender.send(Ticket::default()).map_err(|_| RunError::Internal("tickets were refused".into()))?;
    }
    let (message_sender, message_receiver) = bounded(4 * threads);
    let bytes_seen = Arc::new(AtomicU64::new(0));
    let committer = Committer::new(Arc::clone(setting), folder.cloned(), options.sink, Arc::clone(&bytes_seen))
        .starting_on(options.first_day);
    let shared = Shared {
        setting: Arc::clone(setting),
        options: options.clone(),
        jobs: Mutex::new(JobQueue { groups, day: options.first_day, next: 0 }),
        realms: (0..realms).map(|_| bounded(1)).collect(),
        tickets: ticket_receiver,
        messages: message_sender,
        engine,
        stop: AtomicBool::new(false),
        progress: Progress { online: (0..realms).map(|_| AtomicU32::new(0)).collect(), ..Progress::default() },
    };
    for (sender, _) in &shared.realms {
        sender.send(None).map_err(|_| RunError::Internal("realms were refused".into()))?;
    }

    let outcome = thread::scope(|scope| -> Result<Outcome, RunError> {
        let shared = &shared;
        let (done_sender, done) = bounded::<()>(threads + 1);
        let spawn = |name: String| thread::Builder::new().name(name);
        let commit_done = done_sender.clone();
        let commit = spawn("committer".into())
            .spawn_scoped(scope, move || {
                let commit = || committer.run(&message_receiver, &ticket_sender, &shared.stop);
                let result = catch_unwind(AssertUnwindSafe(commit));
                // Workers must not wait for a committer that is gone.
                shared.stop.fetch_or(!matches!(result, Ok(Ok(_))), Ordering::Relaxed);
                drop(message_receiver);
                drop(commit_done);
                result
            })
            .map_err(|error| RunError::Internal(format!("no thread for the committer: {error}")))?;
        let mut workers = Vec::new();
        for n in 0..threads {
            let worker_done = done_sender.clone();
            let worker = spawn(format!("worker-{n}"))
                .spawn_scoped(scope, move || {
                    let result = catch_unwind(AssertUnwindSafe(|| Worker::new(shared).work()));
                    // A worker that fails must not leave the others waiting for its realms.
                    shared.stop.fetch_or(!matches!(result, Ok(Ok(_))), Ordering::Relaxed);
                    drop(worker_done);
                    result
                })
                .map_err(|error| {
                    shared.stop.store(true, Ordering::Relaxed);
                    RunError::Internal(format!("no thread for a worker: {error}"))
                })?;
            workers.push(worker);
        }
        drop(done_sender);
        let is_interrupted = watch_until_done(shared, &done, interrupt, started, &bytes_seen, watch);
        let mut outcome = Outcome { is_interrupted, ..Outcome::default() };
        for worker in workers {
            match worker.join() {
                Ok(Ok(Ok(times))) => outcome.stages.merge(&times),
                Ok(Ok(Err(error))) => outcome.errors.push(error),
                Ok(Err(panic)) | Err(panic) => outcome.errors.push(RunError::Internal(panic_text(&*panic))),
            }
        }
        match commit.join() {
            Ok(Ok(committed)) => outcome.committed = Some(committed),
            Ok(Err(panic)) | Err(panic) => outcome.errors.push(RunError::Internal(panic_text(&*panic))),
        }
        Ok(outcome)
    })?;
    conclude(outcome, shared, started)
}

#[derive(Default)]
struct Outcome {
    is_interrupted: bool,
    stages: StageTimes,
    errors: Vec<RunError>,
    committed: Option<Result<Committed, OutputError>>,
}

fn conclude(outcome: Outcome, shared: Shared, started: Instant) -> Result<RunReport, RunError> {
    let day = shared.jobs.lock().unwrap_or_else(PoisonError::into_inner).day;
    if let Some(error) = outcome.errors.into_iter().next() {
        return Err(error);
    }
    let committed = match outcome.committed {
        Some(Err(OutputError::Stopped)) if outcome.is_interrupted => return Err(RunError::Interrupted(day)),
        Some(result) => result?,
        None => return Err(RunError::Internal("the committer left no answer".into())),
    };
    let mut stages = outcome.stages;
    stages.encode += committed.encode_time;
    stages.write = committed.write_time;
    let notes = shared.engine.notes();
    let detector = shared.engine.describe();
    Ok(RunReport { committed, stages, elapsed: started.elapsed(), detector, notes })
}

/// What a panic said.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a thread panicked".into())
}

/// Realms in groups, in canonical or shuffled order.
fn deal_groups(realms: u32, group: u32, shuffle: Option<u64>) -> Vec<Vec<u32>> {
    let mut order: Vec<u32> = (0..realms).collect();
    if let Some(key) = shuffle {
        order.sort_unstable_by_key(|&realm| crate::random::mix(key ^ u64::from(realm) << 8));
    }
    order.chunks(group as usize).map(<[u32]>::to_vec).collect()
}

/// Tells the caller how far the run is until all threads are done; true if the caller asked to stop.
fn watch_until_done(
    shared: &Shared,
    done: &Receiver<()>,
    interrupt: &AtomicBool,
    started: Instant,
    bytes_seen: &AtomicU64,
    watch: &mut dyn FnMut(&Snapshot),
) -> bool {
    let clock = shared.setting.clock;
    let days = f64::from(clock.days - shared.options.first_day);
    let total = days * f64::from(clock.ticks_per_day()) * f64::from(shared.setting.size.realms);
    let mut is_interrupted = false;
    loop {
        let is_done = matches!(done.recv_timeout(Duration::from_millis(100)), Err(RecvTimeoutError::Disconnected));
        let progress = &shared.progress;
        let share = progress.realm_ticks.load(Ordering::Relaxed) as f64 / total;
        watch(&Snapshot {
            done: share,
            days: share * days,
            online: progress.online.iter().map(|online| u64::from(online.load(Ordering::Relaxed))).sum(),
            heartbeats: progress.heartbeats.load(Ordering::Relaxed),
            encounters: progress.encounters.load(Ordering::Relaxed),
            bytes: bytes_seen.load(Ordering::Relaxed),
            elapsed: started.elapsed(),
        });
        if is_done {
            return is_interrupted;
        }
        if interrupt.load(Ordering::Relaxed) && !is_interrupted {
            is_interrupted = true;
            shared.stop.store(true, Ordering::Relaxed);
        }
    }
}
