//! How far a run is: counted by its workers, told to whoever watches.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::options::StageTimes;
use crate::setting::Span;
use crate::time::Clock;
use crate::world::Realm;

/// Hours of a day.
const HOURS: usize = 24;

/// Who has the memory, in bytes, as far as it is counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryUse {
    /// Accounts that wait for another day.
    pub accounts: u64,
    /// Heartbeats of open windows, and their columns while they are encoded.
    pub windows: u64,
    /// Rows of other tables that workers have.
    pub rows: u64,
    /// What is early and waits for its turn in a shard.
    pub queues: u64,
}

/// What workers count while a run lasts.
pub struct Progress {
    clock: Clock,
    span: Span,
    heartbeats: AtomicU64,
    encounters: AtomicU64,
    /// Sessions online, by realm.
    online: Vec<AtomicU32>,
    /// Heartbeats by day and hour.
    hours: Vec<[AtomicU64; HOURS]>,
    /// Steps of a realm by a tick, by day.
    realm_ticks: Vec<AtomicU64>,
    stages: Mutex<StageTimes>,
    /// Bytes of waiting accounts, by realm.
    account_bytes: Vec<AtomicU64>,
    /// Bytes of windows, and of other rows.
    worker_bytes: [AtomicU64; 2],
}

/// Where a run stands.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Share of the run's ticks that are done, over all realms.
    pub done: f64,
    /// Simulated days that are done.
    pub days: f64,
    /// Days that are written and whole.
    pub whole_days: u32,
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
    /// Where workers have spent their time so far.
    pub stages: StageTimes,
    /// Who has the memory.
    pub memory: MemoryUse,
    /// The first day that is not done; the last one at the end.
    pub day: u32,
    /// Mean number online in each hour of that day, as far as its realms have been stepped.
    pub by_hour: [f64; HOURS],
    /// Likewise for the day before, if the run has one: it is nearly or quite done.
    pub day_before: Option<[f64; HOURS]>,
}

impl Progress {
    /// Of a run that has not begun.
    pub fn new(clock: Clock, span: &Span) -> Self {
        let days = 0..span.days.len();
        Self {
            clock,
            span: span.clone(),
            heartbeats: AtomicU64::new(0),
            encounters: AtomicU64::new(0),
            online: span.realms.clone().map(|_| AtomicU32::new(0)).collect(),
            hours: days.clone().map(|_| Default::default()).collect(),
            realm_ticks: days.map(|_| AtomicU64::new(0)).collect(),
            stages: Mutex::default(),
            account_bytes: span.realms.clone().map(|_| AtomicU64::new(0)).collect(),
            worker_bytes: Default::default(),
        }
    }

    /// Counts a tick of a realm.
    pub fn note(&self, realm: &mut Realm) {
        let ticks = self.clock.ticks_per_day();
        let (day, in_day) = (realm.last_tick() / ticks, realm.last_tick() % ticks);
        let at = (day - self.span.days.start) as usize;
        let online = realm.online();
        self.heartbeats.fetch_add(online as u64, Ordering::Relaxed);
        self.hours[at][self.clock.hour_of(in_day) as usize].fetch_add(online as u64, Ordering::Relaxed);
        self.online[realm.id as usize].store(online as u32, Ordering::Relaxed);
        self.encounters.fetch_add(realm.take_started_encounters(), Ordering::Relaxed);
        self.realm_ticks[at].fetch_add(1, Ordering::Relaxed);
    }

    /// Notes the memory of the accounts of a realm.
    pub fn note_accounts(&self, realm: &Realm) {
        self.account_bytes[realm.id as usize].store(realm.account_bytes() as u64, Ordering::Relaxed);
    }

    /// Notes the memory of a worker's windows and other rows, and forgets what it had before.
    pub fn note_memory(&self, before: &mut [u64; 2], now: [u64; 2]) {
        for ((bytes, before), now) in self.worker_bytes.iter().zip(before).zip(now) {
            bytes.fetch_add(now.wrapping_sub(std::mem::replace(before, now)), Ordering::Relaxed);
        }
    }

    /// Adds what a worker has spent its time on.
    pub fn note_times(&self, times: &StageTimes) {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).merge(times);
    }

    /// Where workers have spent their time so far.
    pub fn stages(&self) -> StageTimes {
        *self.stages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the run stands; what others know of it is theirs to add.
    pub fn snapshot(&self) -> Snapshot {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let of_day = u64::from(self.clock.ticks_per_day()) * self.span.realms.len() as u64;
        let done = self.realm_ticks.iter().map(load).sum::<u64>() as f64 / self.span.realm_ticks() as f64;
        let open = self.realm_ticks.iter().position(|ticks| load(ticks) < of_day);
        let at = open.unwrap_or(self.realm_ticks.len().saturating_sub(1));
        let by_hour = |hours: &[AtomicU64; HOURS]| {
            std::array::from_fn(|hour| {
                let ticks = self.clock.ticks_in_hour(hour as u32).max(1);
                load(&hours[hour]) as f64 / f64::from(ticks)
            })
        };
        Snapshot {
            done,
            days: done * self.span.days.len() as f64,
            online: self.online.iter().map(|online| u64::from(online.load(Ordering::Relaxed))).sum(),
            heartbeats: load(&self.heartbeats),
            encounters: load(&self.encounters),
            stages: self.stages(),
            day: self.span.days.start + at as u32,
            by_hour: self.hours.get(at).map(by_hour).unwrap_or_default(),
            day_before: at.checked_sub(1).and_then(|before| self.hours.get(before)).map(by_hour),
            memory: MemoryUse {
                accounts: self.account_bytes.iter().map(load).sum(),
                windows: load(&self.worker_bytes[0]),
                rows: load(&self.worker_bytes[1]),
                queues: 0,
            },
            ..Snapshot::default()
        }
    }
}
