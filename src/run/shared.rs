//! What the workers of a run share: jobs, realms, tickets, and how far they are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::engine::Engine;
use super::options::RunOptions;
use super::progress::Progress;
use crate::output::{Shards, Ticket};
use crate::setting::{Setting, Span};
use crate::world::Realm;

/// What workers share.
pub struct Shared {
    /// The rules of the run.
    pub setting: Arc<Setting>,
    /// The days and realms to step.
    pub span: Span,
    /// How the run is carried out.
    pub options: RunOptions,
    /// What is left to do.
    pub jobs: Mutex<JobQueue>,
    /// The realm of each number while nobody steps it.
    pub realms: Vec<(Sender<Option<Realm>>, Receiver<Option<Realm>>)>,
    /// The rights to step a realm that nobody has.
    pub tickets: Receiver<Ticket>,
    /// Where rows go.
    pub shards: Shards,
    /// Who detects.
    pub engine: Engine,
    /// Set to end the run early.
    pub stop: AtomicBool,
    /// How far the run is.
    pub progress: Progress,
}

/// A day of a group of realms.
pub struct Job {
    /// The day.
    pub day: u32,
    /// The realms; `None` stands for one that has not been made yet.
    pub realms: Vec<(u32, Option<Realm>)>,
}

/// Groups of realms, day after day.
pub struct JobQueue {
    groups: Vec<Vec<u32>>,
    day: u32,
    next: usize,
}

impl JobQueue {
    /// All jobs of a span.
    pub fn new(span: &Span, group: u32, shuffle: Option<u64>) -> Self {
        Self { groups: span.groups(group, shuffle), day: span.days.start, next: 0 }
    }

    fn next(&mut self, span: &Span) -> Option<(u32, Vec<u32>)> {
        if self.next == self.groups.len() {
            self.next = 0;
            self.day += 1;
        }
        let group = self.groups.get(self.next).filter(|_| span.days.contains(&self.day))?;
        self.next += 1;
        Some((self.day, group.clone()))
    }
}

impl Shared {
    /// The next day and group of realms, back from their previous day; a ticket for each is taken.
    pub fn next_job(&self) -> Option<Job> {
        // All of it under the lock: the earliest job always gets its tickets, and no later day of a realm can overtake
        // an earlier one.
        let mut queue = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, ids) = queue.next(&self.span)?;
        ids.iter().try_for_each(|_| self.patiently(&self.tickets).map(|Ticket| ()))?;
        let back = |id: u32| Some((id, self.patiently(&self.realms[id as usize].1)?));
        let realms = ids.into_iter().map(back).collect::<Option<Vec<_>>>()?;
        Some(Job { day, realms })
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
}
