//! A run: workers step realms and write what they leave, a committer publishes, the caller watches. The only module that
//! starts threads.
//!
//! Jobs are (day, group of realms) in canonical order. A worker takes the next job with one ticket a realm and, once they
//! are back from their previous day, the realms (`shared`); what it does with them is in `worker`. A ticket comes back when
//! its realm's day has been written. Tickets bound how much waits for its turn, so memory does not grow with simulated time.
//! `progress` is how far the run is and who has the memory, `engine` chooses the detector, by a `race` if need be, `limit`
//! measures encoding alone, `summary` is run.json.

mod card;
mod engine;
mod golden;
pub mod limit;
mod options;
mod progress;
pub mod race;
mod shared;
pub mod summary;
mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

pub use card::card;
pub use engine::Engine;
pub use options::{Backend, RunError, RunOptions, RunReport};
pub(crate) use progress::{MemoryUse, Snapshot};

use crate::output::{Committed, Committer, OutputError, Shards, Store, Ticket, WholeDay, sync_days};
use crate::setting::Setting;
use crate::tally::Tallies;
use golden::Golden;
use progress::Progress;
use shared::{JobQueue, Shared};
use worker::Worker;

/// Threads that wait for the disk, so that no worker does: enough for the files of several shards side by side.
const SYNCERS: usize = 4;

/// Runs a scenario into a folder (or nowhere, for benches). `watch` is called about ten times a second; the run ends
/// early once `interrupt` is set.
///
/// # Errors
/// See [`RunError`]. Table folders hold only whole, published days, whatever happens.
pub fn run(
    setting: &Arc<Setting>,
    options: &RunOptions,
    store: Option<&Store>,
    interrupt: &AtomicBool,
    watch: &mut dyn FnMut(&Snapshot),
) -> Result<RunReport, RunError> {
    let engine = Engine::choose(options, setting).map_err(RunError::Gpu)?;
    run_with(engine, setting, options, store, interrupt, watch)
}

/// [`run`] with a detector of the caller's choice.
///
/// # Errors
/// See [`RunError`].
pub fn run_with(
    engine: Engine,
    setting: &Arc<Setting>,
    options: &RunOptions,
    store: Option<&Store>,
    interrupt: &AtomicBool,
    watch: &mut dyn FnMut(&Snapshot),
) -> Result<RunReport, RunError> {
    let started = Instant::now();
    let threads = options.threads.max(1);
    let span = setting.span().starting_on(options.first_day);
    let realms = span.realms.len();
    let group = options.realms_per_group.unwrap_or_else(|| engine.realms_per_group(setting, &span, threads));
    let group = group.clamp(1, realms as u32);
    // In canonical order a few realms ahead are enough; shuffled, the realm that a shard waits for may come last.
    let tickets = if options.shuffle.is_some() { 2 * realms + 1 } else { (2 * threads + 1) * group as usize };
    let (ticket_sender, ticket_receiver) = bounded(tickets);
    for _ in 0..tickets {
        ticket_sender.send(Ticket).map_err(|_| RunError::Internal("tickets were refused".into()))?;
    }
    let (closed_sender, closed_receiver) = bounded(SYNCERS);
    let (synced_sender, synced_receiver) = bounded(SYNCERS);
    let whole_days = Arc::new(AtomicU32::new(0));
    let tell = {
        let (setting, store, whole_days) = (Arc::clone(setting), store.cloned(), Arc::clone(&whole_days));
        move |days: &[WholeDay]| {
            whole_days.store(days.len() as u32, Ordering::Relaxed);
            // Who finds the folder after a crash knows what is whole.
            let said = || format!("{:#}\n", summary::running(&setting, days));
            store.as_ref().map_or(Ok(()), |store| store.write("run.json", &said()))
        }
    };
    let committer = Committer::new(span.clone(), setting.regions(), store.cloned(), Box::new(tell));
    let shared = Shared {
        setting: Arc::clone(setting),
        jobs: Mutex::new(JobQueue::new(&span, group, options.shuffle)),
        realms: (0..realms).map(|_| bounded(1)).collect(),
        progress: Progress::new(setting.clock, &span),
        shards: Shards::new(
            &span,
            setting.size.rows_per_group,
            store.cloned(),
            options.sink,
            closed_sender,
            ticket_sender,
        ),
        span,
        options: options.clone(),
        tickets: ticket_receiver,
        engine,
        stop: AtomicBool::new(false),
    };
    for (sender, _) in &shared.realms {
        sender.send(None).map_err(|_| RunError::Internal("realms were refused".into()))?;
    }

    tracing::info!(
        scenario = setting.scenario.name,
        world = setting.world_hash,
        days = shared.span.days.len(),
        realms,
        threads,
        realms_together = group,
        detector = shared.engine.describe(),
        "run started"
    );
    let outcome = thread::scope(|scope| -> Result<Ending, RunError> {
        let shared = &shared;
        let (done_sender, done) = bounded::<()>(threads + 1);
        let spawn = |name: String| thread::Builder::new().name(name);
        let commit_done = done_sender.clone();
        let commit = spawn("committer".into())
            .spawn_scoped(scope, move || {
                let commit = || committer.run(&synced_receiver, &shared.stop);
                let result = catch_unwind(AssertUnwindSafe(commit));
                // Workers must not wait for a committer that is gone.
                shared.stop.fetch_or(!matches!(result, Ok(Ok(_))), Ordering::Relaxed);
                shared.shards.end();
                drop(synced_receiver);
                drop(commit_done);
                result
            })
            .map_err(|error| RunError::Internal(format!("no thread for the committer: {error}")))?;
        let mut syncers = Vec::new();
        for n in 0..SYNCERS {
            let (closed, synced) = (closed_receiver.clone(), synced_sender.clone());
            let syncer = spawn(format!("syncer-{n}")).spawn_scoped(scope, move || {
                let result = catch_unwind(AssertUnwindSafe(|| sync_days(&closed, &synced)));
                shared.stop.fetch_or(result.is_err(), Ordering::Relaxed);
                result
            });
            syncers.push(syncer.map_err(|error| {
                shared.stop.store(true, Ordering::Relaxed);
                RunError::Internal(format!("no thread for syncing: {error}"))
            })?);
        }
        drop((closed_receiver, synced_sender));
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
        let is_interrupted = watch_until_done(shared, &done, interrupt, &mut || {
            let (bytes, whole_days) = (shared.shards.bytes_seen(), whole_days.load(Ordering::Relaxed));
            let mut snapshot = Snapshot { bytes, whole_days, elapsed: started.elapsed(), ..shared.progress.snapshot() };
            snapshot.memory.queues = shared.shards.bytes_waiting();
            watch(&snapshot);
        });
        let mut outcome = Ending { is_interrupted, ..Ending::default() };
        for worker in workers {
            match worker.join() {
                Ok(Ok(Ok(worked))) => {
                    match &mut outcome.tallies {
                        Some(all) => all.merge(&worked.tallies),
                        none => *none = Some(worked.tallies),
                    }
                    match (&mut outcome.golden, worked.golden) {
                        (Some(all), Some(more)) => all.merge(more),
                        (all, more) => *all = all.take().or(more),
                    }
                }
                Ok(Ok(Err(error))) => outcome.errors.push(error),
                Ok(Err(panic)) | Err(panic) => outcome.errors.push(RunError::Internal(panic_text(&*panic))),
            }
        }
        match commit.join() {
            Ok(Ok(committed)) => outcome.committed = Some(committed),
            Ok(Err(panic)) | Err(panic) => outcome.errors.push(RunError::Internal(panic_text(&*panic))),
        }
        for syncer in syncers {
            match syncer.join() {
                Ok(Ok(time)) => outcome.sync_time += time,
                Ok(Err(panic)) | Err(panic) => outcome.errors.push(RunError::Internal(panic_text(&*panic))),
            }
        }
        Ok(outcome)
    });
    let whole_days = whole_days.load(Ordering::Relaxed);
    let report = outcome.and_then(|outcome| conclude(outcome, shared, started, whole_days));
    // Nobody writes any more; what was staged and not published is of days that are not whole.
    if let Some(store) = store {
        store.discard_staging();
    }
    report
}

#[derive(Default)]
struct Ending {
    is_interrupted: bool,
    tallies: Option<Tallies>,
    golden: Option<Golden>,
    errors: Vec<RunError>,
    committed: Option<Result<Committed, OutputError>>,
    sync_time: Duration,
}

fn conclude(outcome: Ending, shared: Shared, started: Instant, whole_days: u32) -> Result<RunReport, RunError> {
    if let Some(error) = outcome.errors.into_iter().next() {
        return Err(error);
    }
    let committed = match outcome.committed {
        Some(Err(OutputError::Stopped)) if outcome.is_interrupted => return Err(RunError::Interrupted(whole_days)),
        Some(result) => result?,
        None => return Err(RunError::Internal("the committer left no answer".into())),
    };
    let mut stages = shared.progress.stages();
    stages.sync = outcome.sync_time;
    stages.serial = committed.time;
    let notes = shared.engine.notes();
    let detector = shared.engine.describe();
    let seconds = started.elapsed().as_secs_f64();
    tracing::info!(seconds, detector, "run finished");
    let golden = outcome.golden.map(|golden| golden.answers(&shared.setting));
    let tallies = outcome.tallies.unwrap_or_else(|| Tallies::new(&shared.setting));
    Ok(RunReport { committed, tallies, stages, elapsed: started.elapsed(), detector, notes, golden })
}

/// What a panic said.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a thread panicked".into())
}

/// Calls the watcher until all threads are done; true if the caller asked to stop.
fn watch_until_done(shared: &Shared, done: &Receiver<()>, interrupt: &AtomicBool, watch: &mut dyn FnMut()) -> bool {
    let mut is_interrupted = false;
    loop {
        let is_done = matches!(done.recv_timeout(Duration::from_millis(100)), Err(RecvTimeoutError::Disconnected));
        watch();
        if is_done {
            return is_interrupted;
        }
        if interrupt.load(Ordering::Relaxed) && !is_interrupted {
            is_interrupted = true;
            shared.stop.store(true, Ordering::Relaxed);
        }
    }
}
