//! The figures of a report: what a run has counted, from memory at its end or from `report.json` ever after.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::output::TableTotal;
use crate::run::RunReport;
use crate::scenario::DATA_VERSION;
use crate::setting::Setting;
use crate::table::Aggregate;
use crate::tally::Tallies;

/// What a report shows.
pub struct Figures {
    /// Sums of each day.
    pub days: Vec<Aggregate>,
    /// Totals by table.
    pub tables: BTreeMap<String, TableTotal>,
    /// Everything else that was counted.
    pub tallies: Tallies,
    /// A match to look at, if there is one.
    pub replay: Option<Value>,
}

impl Figures {
    /// Those of a run that has just ended.
    pub fn of_run(
        setting: &Setting,
        report: &RunReport,
        tables: &BTreeMap<&'static str, TableTotal>,
        replay: Option<Value>,
    ) -> Self {
        Self {
            days: report.committed.days.iter().take(setting.clock.days as usize).cloned().collect(),
            tables: tables.iter().map(|(name, total)| ((*name).to_owned(), *total)).collect(),
            tallies: report.tallies.clone(),
            replay,
        }
    }

    /// Sessions online at most at a tick: in each region, and after those in all together.
    pub fn peaks(&self, setting: &Setting) -> Vec<u32> {
        let size = setting.regions() + 1;
        let mut most = vec![0; size];
        for peaks in self.days.iter().flat_map(|day| day.peaks.0.chunks_exact(size)) {
            most.iter_mut().zip(peaks).for_each(|(most, peak)| *most = (*peak).max(*most));
        }
        most
    }

    /// `report.json` but for what follows from it: every number with its unit and what it is counted by. No wall clock, no
    /// machine.
    pub fn value(&self, setting: &Setting) -> Value {
        let hours = |day: &Aggregate| {
            let hours: Vec<&[u32]> = day.peaks.0.chunks_exact(setting.regions() + 1).collect();
            json!(hours)
        };
        let day = |(n, day): (usize, &Aggregate)| {
            json!({
                "date": setting.clock.date(n as u32).to_string(),
                "contacts": day.contacts,
                "peak_online_by_hour_and_region": hours(day),
            })
        };
        let regions: Vec<&str> = setting.scenario.file.regions.names().chain(["all"]).collect();
        let table = |(name, total): (&String, &TableTotal)| {
            (name.clone(), json!({"rows": total.rows, "bytes": total.bytes, "files": total.files}))
        };
        json!({
            "scenario": setting.scenario.name,
            "world_hash": setting.world_hash,
            "data_version": DATA_VERSION,
            "seed": setting.seed.0,
            "players": setting.population.players,
            "start": setting.clock.start.to_string(),
            "days": setting.clock.days,
            "heartbeat_seconds": setting.clock.heartbeat_s,
            "units": {"contacts": "pairs", "peak_online_by_hour_and_region": "players", "bytes": "bytes"},
            "regions_of_peaks": regions,
            "by_day": self.days.iter().enumerate().map(day).collect::<Vec<_>>(),
            "tables": Value::Object(self.tables.iter().map(table).collect::<Map<_, _>>()),
            "tallies": self.tallies.value(setting),
            "replay": self.replay,
        })
    }

    /// From `report.json`, if it is of this setting.
    pub fn from_value(setting: &Setting, value: &Value) -> Option<Self> {
        let number = |value: &Value| value.as_u64();
        let day = |value: &Value| {
            let mut day = Aggregate { contacts: number(&value["contacts"])?, ..Aggregate::default() };
            for hour in value["peak_online_by_hour_and_region"].as_array()? {
                for peak in hour.as_array()? {
                    day.peaks.0.push(number(peak)? as u32);
                }
            }
            Some(day)
        };
        let table = |(name, value): (&String, &Value)| {
            let total = TableTotal {
                rows: number(&value["rows"])?,
                bytes: number(&value["bytes"])?,
                files: number(&value["files"])?,
            };
            Some((name.clone(), total))
        };
        Some(Self {
            days: value["by_day"].as_array()?.iter().map(day).collect::<Option<_>>()?,
            tables: value["tables"].as_object()?.iter().map(table).collect::<Option<_>>()?,
            tallies: Tallies::from_value(setting, &value["tallies"])?,
            replay: Some(value["replay"].clone()).filter(|replay| !replay.is_null()),
        })
    }
}
