//! The encode limit: how fast rows of a run could be encoded if there were no simulation.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::ArrayRef;
use parquet::errors::{ParquetError, Result};

use super::options::{RunOptions, RunReport};
use crate::encounter::CpuDetector;
use crate::output::Encoders;
use crate::parquet::Codec;
use crate::setting::Setting;
use crate::table::{DayRows, EachTable, Row};
use crate::world::{Realm, Trajectories, step_day};

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
            let encoders = Encoders::new(setting);
            while rounds < 3 || started.elapsed().as_secs_f64() < budget {
                sample.encode(setting, &encoders, &mut sorted, &mut codec)?;
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
        let heartbeats = step_day(&mut realm, day, &mut CpuDetector::default(), &mut |trajectories| {
            windows.push(std::mem::replace(trajectories, Trajectories::new(setting.heartbeats_one_in())));
        });
        // A run that could be measured has no more pairs than can be counted.
        Self { heartbeats: heartbeats.unwrap_or(0), windows, rows: realm.take_rows() }
    }

    /// What workers do with it.
    fn encode(
        &mut self,
        setting: &Setting,
        encoders: &Encoders,
        sorted: &mut DayRows,
        codec: &mut Codec,
    ) -> Result<()> {
        if let Some(encoder) = encoders.of("heartbeats") {
            for window in &mut self.windows {
                while let Some(columns) = window.next_columns(setting.clock) {
                    encoder.encode(&columns, codec)?;
                    window.reclaim(columns);
                }
            }
        }
        self.rows.copy_sorted(sorted);
        sorted.each(&mut EncodeRows { encoders, codec })
    }
}

struct EncodeRows<'s> {
    encoders: &'s Encoders,
    codec: &'s mut Codec,
}

impl EachTable for EncodeRows<'_> {
    type Error = ParquetError;

    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> Result<()> {
        if !rows.is_empty() {
            self.encoders.encode(rows, self.codec)?;
        }
        rows.clear();
        Ok(())
    }
}

/// Columns of each table of facts that has rows on the first day of the first realm, for benches.
pub fn sample_tables(setting: &Arc<Setting>) -> Vec<(&'static str, Vec<ArrayRef>)> {
    let mut sample = Sample::of(setting, 0);
    let windows = sample.windows.iter_mut();
    let windows = windows.filter_map(|window| Some(("heartbeats", window.next_columns(setting.clock)?)));
    let mut tables = ListTables { encoders: Encoders::new(setting), tables: windows.collect() };
    let mut sorted = DayRows::default();
    sample.rows.copy_sorted(&mut sorted);
    let Ok(()) = sorted.each(&mut tables);
    tables.tables
}

struct ListTables {
    encoders: Encoders,
    tables: Vec<(&'static str, Vec<ArrayRef>)>,
}

impl EachTable for ListTables {
    type Error = Infallible;

    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> std::result::Result<(), Infallible> {
        if !rows.is_empty() {
            self.tables.push((R::TABLE.name, self.encoders.columns(rows)));
        }
        Ok(())
    }
}
