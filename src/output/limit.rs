//! The encode limit: how fast rows of a run could be encoded if there were no simulation.

use std::sync::Arc;
use std::time::Instant;

use arrow_array::ArrayRef;
use parquet::errors::Result;

use super::encode::Encoder;
use super::pages::Codec;
use crate::encounter::cpu::CpuDetector;
use crate::journal::EachTable;
use crate::realm::Realm;
use crate::run::{RunOptions, RunReport};
use crate::setting::Setting;
use crate::table::{HeartbeatRow, Row, Table, sort_rows};

/// Rows that are encoded over and over.
struct Sample {
    /// Heartbeats in it.
    heartbeats: usize,
    /// Encoder and columns of each enabled table.
    tables: Vec<(Encoder, Vec<ArrayRef>)>,
}

/// Heartbeats a second at which the rows of all enabled tables encode on so many threads, without simulating them:
/// a day of one realm, encoded repeatedly in row groups as they are in a run.
///
/// # Errors
/// Only on a defect of the encoder.
pub fn encode_limit(setting: &Arc<Setting>, report: &RunReport, options: &RunOptions) -> Result<f64> {
    let (sample, threads) = (sample(setting, options.first_day), options.threads);
    if sample.heartbeats == 0 {
        return Ok(f64::INFINITY);
    }
    // As long as the run itself took, at most three seconds, at least three rounds.
    let budget = report.elapsed.as_secs_f64().clamp(0.3, 3.0);
    let started = Instant::now();
    let rounds: Result<Vec<u64>> = std::thread::scope(|scope| {
        let worker = || -> Result<u64> {
            let (mut rounds, mut codec) = (0, Codec::default());
            while rounds < 3 || started.elapsed().as_secs_f64() < budget {
                for (encoder, columns) in &sample.tables {
                    encoder.encode(columns, &mut codec)?;
                }
                rounds += 1;
            }
            Ok(rounds)
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(Ok(0))).collect()
    });
    let total: u64 = rounds?.iter().sum();
    Ok(total as f64 * sample.heartbeats as f64 / started.elapsed().as_secs_f64())
}

/// Encoder and columns of each enabled table that has rows on the first day of the first realm, for benches.
pub fn sample_tables(setting: &Arc<Setting>) -> Vec<(Encoder, Vec<ArrayRef>)> {
    sample(setting, 0).tables
}

fn sample(setting: &Arc<Setting>, day: u32) -> Sample {
    let mut realm = Realm::starting(Arc::clone(setting), 0, day);
    let mut detector = CpuDetector::default();
    let mut sample = Sample { heartbeats: 0, tables: Vec::new() };
    let heartbeats = realm.step_day(day, &mut detector, &mut |trajectories| {
        if trajectories.rows() > 0 {
            add(&mut sample, setting, const { &HeartbeatRow::TABLE }, trajectories.columns(setting.clock));
        }
    });
    // A run that could be measured has no more pairs than can be counted.
    sample.heartbeats = heartbeats.unwrap_or(0) as usize;
    let mut rows = realm.take_rows();
    let Ok(()) = rows.each(&mut AddRows { sample: &mut sample, setting });
    sample
}

/// Adds the columns of every table that has rows.
struct AddRows<'s> {
    sample: &'s mut Sample,
    setting: &'s Setting,
}

impl EachTable for AddRows<'_> {
    type Error = std::convert::Infallible;

    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> std::result::Result<(), Self::Error> {
        if !rows.is_empty() {
            sort_rows(rows);
            add(self.sample, self.setting, const { &R::TABLE }, R::arrays(rows, &self.setting.names));
        }
        Ok(())
    }
}

fn add(sample: &mut Sample, setting: &Setting, table: &'static Table, columns: Vec<ArrayRef>) {
    if setting.writes(table.name) {
        sample.tables.push((Encoder::new(setting, table), columns));
    }
}
