//! Planning: what a run will write and need, before anything runs.
//!
//! How many heartbeats and sessions there will be follows from sample lives, spread over all accounts and drawn like
//! those of the run (for small populations, from all of them). What a heartbeat brings in rows of other tables, in bytes
//! and in time is measured: a short calibration steps one realm and encodes its rows, on a day in the middle of the run's
//! heartbeats, or over all days where that is short. Memory is a sum of what lives at once.

mod calibration;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::encounter::DetectError;
use crate::output::Encoders;
use crate::setting::{Activity, ActivityDay, Setting};
use crate::table::{self, AccountRows, Table, TableKind};
use calibration::Calibration;
pub(crate) use calibration::TablePlan;

/// Heartbeats of one realm up to which the calibration steps all of its days.
const SHORT: f64 = 2e6;
/// Starting and ending a run.
const PROCESS_S: f64 = 0.03;

/// What is expected of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Day by day.
    pub activity: Activity,
    /// Enabled tables.
    pub tables: BTreeMap<&'static str, TablePlan>,
    /// Peak memory of the process.
    pub memory_bytes: f64,
    /// Memory of a GPU, if one is used.
    pub gpu_bytes: f64,
    /// Wall-clock time.
    pub wall: Duration,
    /// Time that the calibration took.
    pub calibration: Duration,
    /// The first day of the calibration, and how many it stepped.
    pub calibrated_on: (u32, u32),
}

impl Plan {
    /// Estimates a run on so many threads; `watch` is told the share of the calibration that is done.
    ///
    /// # Errors
    /// If the calibration meets more encounters at once than can be counted.
    pub fn new(setting: &Arc<Setting>, threads: usize, watch: &mut dyn FnMut(f64)) -> Result<Self, DetectError> {
        let started = Instant::now();
        let activity = setting.activity().clone();
        let total = activity.total();
        let realms = f64::from(setting.size.realms);
        let is_short = total.heartbeats / realms <= SHORT;
        let calibrated_on = if is_short { (0, setting.clock.days) } else { (activity.median_day(), 1) };
        let sample = Calibration::run(setting, calibrated_on, is_short, watch)?;
        let encoders = Encoders::new(setting);
        let mut tables = BTreeMap::new();
        let files = f64::from(setting.size.shards) * f64::from(setting.clock.days);
        for table in table::all().into_iter().filter(|table| setting.writes(table.name)) {
            let plan = match table.kind {
                TableKind::Fact => {
                    let rows = rows_of(setting, table, &total, &sample);
                    let measured = sample.tables.get(table.name).copied().unwrap_or_default();
                    let bytes_per_row = measured.bytes / measured.rows.max(1.0);
                    TablePlan { rows, bytes: rows * bytes_per_row + files * empty_file_bytes(&encoders, table) }
                }
                TableKind::Dimension => dimension(setting, &encoders, table, &sample),
            };
            tables.insert(table.name, plan);
        }
        let bytes: f64 = tables.values().map(|table| table.bytes).sum();
        let seconds = PROCESS_S + sample.dimension_s + sample.seconds(setting, &total, bytes, threads);
        Ok(Self {
            memory_bytes: memory_bytes(setting, &activity, threads, &|heartbeats| SmallBytes {
                window: heartbeats * sample.small_row_bytes(),
                gathered: sample.gathered_bytes(heartbeats, setting.size.rows_per_group as f64),
            }),
            gpu_bytes: gpu_bytes(setting, &activity),
            activity,
            tables,
            wall: Duration::from_secs_f64(seconds),
            calibration: started.elapsed(),
            calibrated_on,
        })
    }

    /// Bytes of everything.
    pub fn needs(&self) -> Needs {
        let heartbeats = self.tables.get("heartbeats").map_or(0.0, |table| table.bytes);
        let all: f64 = self.tables.values().map(|table| table.bytes).sum();
        Needs { heartbeats, others: all - heartbeats, memory: self.memory_bytes }
    }
}

fn rows_of(setting: &Setting, table: &Table, total: &ActivityDay, sample: &Calibration) -> f64 {
    let measured = sample.tables.get(table.name).map_or(0.0, |table| table.rows);
    match table.name {
        "heartbeats" => total.heartbeats / f64::from(setting.heartbeats_one_in().max(1)),
        "session_ends" => total.sessions,
        "truth_events" => total.events,
        "purchases" => measured * total.sessions / sample.sessions.max(1.0),
        _ => measured * total.heartbeats / sample.heartbeats.max(1.0),
    }
}

fn dimension(setting: &Setting, encoders: &Encoders, table: &Table, sample: &Calibration) -> TablePlan {
    let empty = empty_file_bytes(encoders, table);
    let measured = sample.tables.get(table.name).copied().unwrap_or_default();
    if AccountRows::TABLES.contains(&table.name) {
        let players = f64::from(setting.population.players);
        TablePlan { rows: players, bytes: empty + players * measured.bytes / measured.rows.max(1.0) }
    } else {
        // The others have a row an entry of the scenario and were encoded whole.
        TablePlan { rows: measured.rows, bytes: empty + measured.bytes }
    }
}

fn empty_file_bytes(encoders: &Encoders, table: &Table) -> f64 {
    let empty = encoders.of(table.name).map(|encoder| encoder.open(Vec::new())?.into_inner());
    empty.and_then(Result::ok).map_or(0.0, |bytes| bytes.len() as f64)
}

/// Bytes of a heartbeat in a window: its position while the window fills, and its columns when it is full.
const WINDOW_ROW_BYTES: f64 = 24.0;
/// Bytes of an encoded heartbeat that waits for its turn.
const EARLY_ROW_BYTES: f64 = 2.0;
/// Bytes of the rows of small tables that come with a heartbeat, where they have not been measured.
const SMALL_ROW_BYTES: f64 = 30.0;
/// Bytes of an account that waits for its next day, of a session with its part in a match, and of the process itself.
const ACCOUNT_BYTES: f64 = 28.0;
const SESSION_BYTES: f64 = 8_000.0;
const PROCESS_BYTES: f64 = 28e6;
/// How much more rows of small tables take than they are: they are grown, copied into order, and turned into columns.
const COPIES: f64 = 1.9;
/// How much more still where a window is a day, so that no memory is used again.
const DAY_COPIES: f64 = 1.3;
/// Bytes of the rows of the tables that have many, where each has nearly enough for a row group.
const FULL_GROUP_ROW_BYTES: f64 = 250.0;

/// Bytes of the rows of small tables that come with so many heartbeats.
struct SmallBytes {
    /// All of them.
    window: f64,
    /// Those that wait for a row group.
    gathered: f64,
}

/// Peak memory: the process, the accounts that are resident between days, the sessions online, and for each worker the window
/// being filled, the rows of small tables that come in it, and those that are gathered for a row group.
fn memory_bytes(setting: &Setting, activity: &Activity, threads: usize, small: &dyn Fn(f64) -> SmallBytes) -> f64 {
    let (size, clock) = (&setting.size, setting.clock);
    let (realms, threads) = (f64::from(size.realms), threads as f64);
    let ticks_per_day = f64::from(clock.ticks_per_day());
    let busiest = activity.busiest();
    let online = busiest / ticks_per_day;
    // A run of one day never holds more realms than are being stepped.
    let tickets = (2.0 * threads + 1.0).min(realms);
    let held = if clock.days == 1 { tickets / realms } else { 1.0 };
    let one_in = f64::from(setting.heartbeats_one_in());
    let (per_realm, workers) = (busiest / realms, threads.min(realms));
    let window = online / realms * f64::from(size.window_ticks.min(clock.ticks_per_day()));
    let written = if one_in > 0.0 { 1.0 / one_in } else { 0.0 };
    let (of_window, gathered) = (small(window).window, small(per_realm).gathered);
    let rows = if size.window_ticks < clock.ticks_per_day() {
        // What the window brings, the memory that it is brought in next, and what waits for a row group.
        2.0 * of_window + gathered
    } else {
        DAY_COPIES * of_window.max(gathered)
    };
    // Encoded heartbeats of realms that finish before their turn wait.
    let early = (workers - 1.0) * per_realm * written;
    PROCESS_BYTES
        + held * activity.resident * ACCOUNT_BYTES
        + held * online * SESSION_BYTES
        + workers * (window * written * WINDOW_ROW_BYTES + rows * COPIES)
        + early * EARLY_ROW_BYTES
}

/// Memory of a GPU: three frames of positions, matches and pairs.
fn gpu_bytes(setting: &Setting, activity: &Activity) -> f64 {
    let online = activity.busiest() / f64::from(setting.clock.ticks_per_day());
    3.0 * online.min(100_000.0_f64.max(online / f64::from(setting.size.realms))) * 12.0
}

/// Bytes a heartbeat in all tables, for what is told without a calibration.
const QUICK_ROW_BYTES: f64 = 5.7;
const QUICK_OTHER_BYTES: f64 = 4.3;
/// Bytes of a heartbeat as a collector has received it: in order of arrival nothing lies beside what it resembles.
const QUICK_RECEIVED_BYTES: f64 = 10.0;
/// Memory of such a row, with that of its defects.
const RECEIVED_ROW_BYTES: f64 = 64.0;

/// Bytes that a run needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needs {
    /// On disk, for heartbeats.
    pub heartbeats: f64,
    /// On disk, for everything else.
    pub others: f64,
    /// In memory.
    pub memory: f64,
}

impl Needs {
    /// On disk.
    pub fn disk(&self) -> f64 {
        self.heartbeats + self.others
    }
}

/// What a run needs, estimated in milliseconds.
pub fn quick_needs(setting: &Setting, threads: usize) -> Needs {
    let activity = setting.activity();
    let heartbeats = activity.total().heartbeats;
    let one_in = setting.heartbeats_one_in();
    let rows = if one_in == 0 { 0.0 } else { heartbeats / f64::from(one_in) };
    let others = if setting.writes("encounters") { QUICK_OTHER_BYTES * heartbeats } else { 0.0 };
    let sent = heartbeats / f64::from(setting.scenario.file.output.heartbeat_players_one_in);
    let received = if setting.writes("heartbeats_received") { QUICK_RECEIVED_BYTES * sent } else { 0.0 };
    // Rows of a day wait as they were made.
    let waiting = if setting.has_collector() { RECEIVED_ROW_BYTES * sent / heartbeats.max(1.0) } else { 0.0 };
    let small = |heartbeats: f64| {
        let window = heartbeats * (SMALL_ROW_BYTES + waiting);
        SmallBytes { window, gathered: window.min(setting.size.rows_per_group as f64 * FULL_GROUP_ROW_BYTES) }
    };
    Needs {
        heartbeats: rows * QUICK_ROW_BYTES,
        others: others + received,
        memory: memory_bytes(setting, activity, threads, &small),
    }
}
