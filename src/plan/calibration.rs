//! Calibration: one realm is stepped and encoded to learn what a heartbeat brings in rows, bytes, memory and time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::encounter::{CpuDetector, DetectError};
use crate::output::Encoders;
use crate::parquet::{Codec, RowGroup};
use crate::setting::{ActivityDay, Setting};
use crate::table::{self, AccountRows, DimensionRows, EachTable, Row, TableKind};
use crate::world::{Realm, step_day};

/// What of the cores gets done when all are busy: they share caches and memory.
const CORE_SHARE: f64 = 0.97;
/// Writing a byte into the page cache and syncing it.
const WRITE_S_PER_BYTE: f64 = 1.0e-9;

/// Rows and bytes expected of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TablePlan {
    /// Rows.
    pub rows: f64,
    /// Bytes of its files.
    pub bytes: f64,
}

/// Rows of a small table in memory.
#[derive(Clone, Copy, Debug, Default)]
struct SmallRows {
    rows: f64,
    bytes: f64,
    is_written: bool,
}

/// What one realm did while it was measured.
#[derive(Default)]
pub struct Calibration {
    /// Heartbeats.
    pub heartbeats: f64,
    /// Sessions that ended.
    pub sessions: f64,
    /// Rows of small tables and the memory that they take, by table; and whether it is written.
    small: BTreeMap<&'static str, SmallRows>,
    /// Rows and encoded bytes by table; of the two tables of accounts, a sample.
    pub tables: BTreeMap<&'static str, TablePlan>,
    codec: Codec,
    /// Stepping and encoding.
    work_s: f64,
    /// Making the realm, an account that it looked at.
    start_s_per_account: f64,
    /// Writing the tables of accounts.
    pub dimension_s: f64,
}

impl Calibration {
    /// Steps a realm through some days and encodes its rows; a whole run is also closed. `watch` is told the share done.
    ///
    /// # Errors
    /// If more encounters at once are met than can be counted.
    pub fn run(
        setting: &Arc<Setting>,
        (first_day, days): (u32, u32),
        is_whole: bool,
        watch: &mut dyn FnMut(f64),
    ) -> Result<Self, DetectError> {
        let encoders = Encoders::new(setting);
        let mut measured = Self::default();
        measured.sample_accounts(setting, &encoders);
        let started = Instant::now();
        let mut realm = Realm::starting(Arc::clone(setting), 0, first_day);
        let accounts =
            f64::from(setting.population.installed_before(first_day as i32)) / f64::from(setting.size.realms);
        measured.start_s_per_account = started.elapsed().as_secs_f64() / accounts.max(1.0);
        let mut detector = CpuDetector::default();
        for day in first_day..first_day + days {
            watch(f64::from(day - first_day) / f64::from(days));
            let started = Instant::now();
            let heartbeats = step_day(&mut realm, day, &mut detector, &mut |trajectories| {
                let Some(encoder) = encoders.of("heartbeats") else { return };
                while let Some(columns) = trajectories.next_columns(setting.clock) {
                    // Arrays of our own tables always fit their schema; a defect there is the run's to tell.
                    if let Ok(group) = encoder.encode(&columns, &mut measured.codec) {
                        measured.note("heartbeats", &group);
                    }
                    trajectories.reclaim(columns);
                }
            })?;
            measured.heartbeats += heartbeats as f64;
            if is_whole && day + 1 == setting.clock.days {
                realm.close();
            }
            let mut rows = realm.take_rows();
            measured.sessions += rows.session_ends.len() as f64;
            let Ok(()) = rows.each(&mut EncodeAll { measured: &mut measured, encoders: &encoders });
            measured.work_s += started.elapsed().as_secs_f64();
        }
        Ok(measured)
    }

    fn note(&mut self, table: &'static str, group: &RowGroup) {
        let table = self.tables.entry(table).or_default();
        table.rows += group.rows as f64;
        table.bytes += group.bytes as f64;
    }

    /// Encodes accounts spread over all numbers, to know the size and time of the tables that have a row each, and the
    /// entries of the scenario.
    fn sample_accounts(&mut self, setting: &Setting, encoders: &Encoders) {
        let players = setting.population.players;
        let sample = players.min(4_096);
        let started = Instant::now();
        let id = |n: u32| (u64::from(n) * u64::from(players) / u64::from(sample)) as i32 + 1;
        let mut rows = AccountRows::of(setting, (0..sample).map(id));
        let Ok(()) = rows.each(&mut EncodeAll { measured: self, encoders });
        let Ok(()) = DimensionRows::of(setting).each(&mut EncodeAll { measured: self, encoders });
        let written = AccountRows::TABLES.iter().filter(|table| setting.writes(table)).count();
        let share = written as f64 / AccountRows::TABLES.len() as f64;
        self.dimension_s = share * started.elapsed().as_secs_f64() * f64::from(players) / f64::from(sample);
    }

    /// Memory of the rows of small tables that come with a heartbeat.
    pub fn small_row_bytes(&self) -> f64 {
        self.small.values().map(|table| table.bytes).sum::<f64>() / self.heartbeats.max(1.0)
    }

    /// Memory of the rows that a realm with so many heartbeats a day gathers for row groups of so many rows.
    pub fn gathered_bytes(&self, heartbeats: f64, rows_per_group: f64) -> f64 {
        let share = heartbeats / self.heartbeats.max(1.0);
        let written = self.small.values().filter(|table| table.is_written && table.rows > 0.0);
        written.map(|table| (table.rows * share).min(rows_per_group) * table.bytes / table.rows).sum()
    }

    /// Time of the whole run without its dimensions: workers side by side, and no more of them at once than there are cores.
    pub fn seconds(&self, setting: &Setting, total: &ActivityDay, bytes: f64, threads: usize) -> f64 {
        let veterans = f64::from(setting.population.installed_before(0));
        let runs = total.heartbeats / self.heartbeats.max(1.0);
        let work = self.work_s * runs + veterans * self.start_s_per_account + bytes * WRITE_S_PER_BYTE;
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        let threads = (threads as f64).min(f64::from(setting.size.realms));
        (work / threads).max(work / (cores * if cores > 1.0 { CORE_SHARE } else { 1.0 }))
    }
}

/// Encodes the rows of every enabled table.
struct EncodeAll<'c> {
    measured: &'c mut Calibration,
    encoders: &'c Encoders,
}

impl EachTable for EncodeAll<'_> {
    type Error = std::convert::Infallible;

    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> Result<(), Self::Error> {
        if R::TABLE.kind == TableKind::Fact {
            let small = self.measured.small.entry(R::TABLE.name).or_default();
            small.rows += rows.len() as f64;
            small.bytes += (rows.len() * size_of::<R>()) as f64;
            small.is_written = self.encoders.of(R::TABLE.name).is_some();
        }
        if rows.is_empty() {
            return Ok(());
        }
        table::sort_rows(rows);
        // As above: a defect is the run's to tell.
        if let Ok(Some(group)) = self.encoders.encode(rows, &mut self.measured.codec) {
            self.measured.note(R::TABLE.name, &group);
        }
        Ok(())
    }
}
