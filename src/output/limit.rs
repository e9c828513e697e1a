//! The encode limit: how fast rows of a run could be encoded if there were no simulation.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::ArrayRef;
use parquet::errors::{ParquetError, Result};

use super::encode::Encoder;
use super::pages::Codec;
use crate::encounter::cpu::CpuDetector;
use crate::journal::{DayRows, EachTable};
use crate::realm::Realm;
use crate::run::{RunOptions, RunReport};
use crate::setting::Setting;
use crate::table::{HeartbeatRow, Row};
use crate::trajectory::Trajectories;

/// A day of one realm as the simulation leaves it.
#[derive(Clone)]
struct Sample {
    /// Heartbeats in it.
    heartbeats: u64,
    /// Its windows.
    windows: Vec<Trajectories>,
    /// Its other rows.
    rows: DayRows,
}

/// Heartbeats a second at which the rows of all enabled tables are put in order, turned into columns and encoded on so
/// many threads, without simulating or writing them: a day of one realm, again and again. Its small tables are a row
/// group each, where a run gathers realms, and its heartbeats are in order after the first round.
///
/// # Errors
/// Only on a defect of the encoder.
pub fn encode_limit(setting: &Arc<Setting>, report: &RunReport, options: &RunOptions) -> Result<f64> {
    let (sample, threads) = (Sample::of(setting, options.first_day), options.threads);
    if sample.heartbeats == 0 {
        return Ok(f64::INFINITY);
    }
    // As long as the run itself took, at most three seconds, at least three rounds.
    let budget = report.elapsed.as_secs_f64().clamp(0.3, 3.0);
    let mut samples: Vec<Sample> = (0..threads).map(|_| sample.clone()).collect();
    let started = Instant::now();
    let rounds: Result<Vec<u64>> = std::thread::scope(|scope| {
        let work = |sample: &mut Sample| -> Result<u64> {
            let (mut rounds, mut sorted, mut codec) = (0, DayRows::default(), Codec::default());
            while rounds < 3 || started.elapsed().as_secs_f64() < budget {
                sample.encode(setting, &mut sorted, &mut codec)?;
                rounds += 1;
            }
            Ok(rounds)
        };
        let workers: Vec<_> = samples.iter_mut().map(|sample| scope.spawn(move || work(sample))).collect();
        let panicked = |_| Err(ParquetError::General("a thread panicked".into()));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(panicked)).collect()
    });
    let total: u64 = rounds?.iter().sum();
    Ok(total as f64 * sample.heartbeats as f64 / started.elapsed().as_secs_f64())
}

impl Sample {
    /// The first realm on a day.
    fn of(setting: &Arc<Setting>, day: u32) -> Self {
        let mut realm = Realm::starting(Arc::clone(setting), 0, day);
        let mut windows = Vec::new();
        let heartbeats = realm.step_day(day, &mut CpuDetector::default(), &mut |trajectories| {
            windows.push(std::mem::replace(trajectories, Trajectories::new(setting.heartbeats_one_in())));
        });
        // A run that could be measured has no more pairs than can be counted.
        Self { heartbeats: heartbeats.unwrap_or(0), windows, rows: realm.take_rows() }
    }

    /// What workers and committer do with it.
    fn encode(&mut self, setting: &Setting, sorted: &mut DayRows, codec: &mut Codec) -> Result<()> {
        if setting.writes_rows::<HeartbeatRow>() {
            let encoder = Encoder::new(setting, const { &HeartbeatRow::TABLE });
            for window in self.windows.iter_mut().filter(|window| window.rows() > 0) {
                let columns = window.columns(setting.clock);
                encoder.encode(&columns, codec)?;
                window.reclaim(columns);
            }
        }
        self.rows.copy_sorted(sorted);
        sorted.each(&mut EncodeRows { setting, codec })
    }
}

struct EncodeRows<'s> {
    setting: &'s Setting,
    codec: &'s mut Codec,
}

impl EachTable for EncodeRows<'_> {
    type Error = ParquetError;

    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> Result<()> {
        if !rows.is_empty() && self.setting.writes_rows::<R>() {
            let encoder = Encoder::new(self.setting, const { &R::TABLE });
            encoder.encode(&R::arrays(rows, &self.setting.names), self.codec)?;
        }
        rows.clear();
        Ok(())
    }
}

/// Encoder and columns of each enabled table that has rows on the first day of the first realm, for benches.
pub fn sample_tables(setting: &Arc<Setting>) -> Vec<(Encoder, Vec<ArrayRef>)> {
    let mut sample = Sample::of(setting, 0);
    let mut tables = ListTables { setting, tables: Vec::new() };
    for window in sample.windows.iter_mut().filter(|window| window.rows() > 0) {
        let encoder = Encoder::new(setting, const { &HeartbeatRow::TABLE });
        tables.tables.push((encoder, window.columns(setting.clock)));
    }
    let mut sorted = DayRows::default();
    sample.rows.copy_sorted(&mut sorted);
    let Ok(()) = sorted.each(&mut tables);
    tables.tables
}

struct ListTables<'s> {
    setting: &'s Setting,
    tables: Vec<(Encoder, Vec<ArrayRef>)>,
}

impl EachTable for ListTables<'_> {
    type Error = Infallible;

    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> std::result::Result<(), Infallible> {
        if !rows.is_empty() && self.setting.writes_rows::<R>() {
            let encoder = Encoder::new(self.setting, const { &R::TABLE });
            self.tables.push((encoder, R::arrays(rows, &self.setting.names)));
        }
        Ok(())
    }
}
