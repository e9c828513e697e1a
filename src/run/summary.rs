//! `run.json`: what a run was and how it went. The only place where wall clock and machine appear.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::options::{RunReport, StageTimes};
use crate::output::{TableTotal, WholeDay};
use crate::scenario::DATA_VERSION;
use crate::setting::Setting;
use crate::table::Aggregate;
use crate::version::{COMMIT, VERSION};

/// What is known before the first tick.
pub fn header(setting: &Setting, status: &str) -> Value {
    let scenario = &setting.scenario;
    let size = &setting.size;
    let heartbeats = setting.activity().total().heartbeats;
    let ticks = f64::from(setting.clock.ticks_per_day()) * f64::from(setting.clock.days);
    json!({
        "status": status,
        "scenario": scenario.name,
        "set": scenario.sets,
        "world_hash": setting.world_hash,
        "seed": setting.seed.0,
        "skirmish_version": VERSION,
        "commit": COMMIT,
        "data_version": DATA_VERSION,
        "start": setting.clock.start.to_string(),
        "days": setting.clock.days,
        "realms": size.realms,
        "shards": size.shards,
        "window_ticks": size.window_ticks,
        "expected_online": (heartbeats / ticks).round(),
        "expected_heartbeats": heartbeats.round() as u64,
    })
}

/// The file while a run lasts: what is known of it, and the days that are whole.
pub fn running(setting: &Setting, whole_days: &[WholeDay]) -> Value {
    let mut value = header(setting, "running");
    value["whole_days"] = whole_day_values(setting, whole_days);
    value
}

/// The file of a run that ended early, from what it said while it lasted.
pub fn ended(setting: &Setting, said: Option<Value>, status: &str, error: &str) -> Value {
    let mut value = header(setting, status);
    value["error"] = json!(error);
    value["whole_days"] = said.map_or_else(|| json!([]), |said| said["whole_days"].clone());
    value
}

fn whole_day_values(setting: &Setting, whole_days: &[WholeDay]) -> Value {
    let value = |whole: &WholeDay| json!({ "date": setting.clock.date(whole.day).to_string(), "rows": whole.rows });
    Value::Array(whole_days.iter().map(value).collect())
}

/// The whole file of a finished run.
pub fn finished(
    setting: &Setting,
    report: &RunReport,
    tables: &BTreeMap<&'static str, TableTotal>,
    threads: usize,
    warnings: &[String],
) -> Value {
    let mut value = header(setting, "complete");
    let total = total(&report.committed.days);
    value["detector"] = json!(report.detector);
    value["threads"] = json!(threads);
    value["warnings"] = json!(warnings.iter().chain(&report.notes).collect::<Vec<_>>());
    value["tables"] = table_values(tables);
    value["whole_days"] = whole_day_values(setting, &report.committed.whole_days);
    value["totals"] = aggregate_value(&total);
    // Players active on several days would count several times.
    value["totals"].as_object_mut().map(|totals| totals.remove("active_players"));
    let days = report.committed.days.iter().take(setting.clock.days as usize).enumerate();
    let by_day = days.map(|(day, sums)| {
        let mut value = aggregate_value(sums);
        value["date"] = json!(setting.clock.date(day as u32).to_string());
        value
    });
    value["days_detail"] = Value::Array(by_day.collect());
    value["timing"] = timing(report, total.heartbeats);
    value
}

/// Sums of all days.
pub fn total(days: &[Aggregate]) -> Aggregate {
    let mut total = Aggregate::default();
    days.iter().for_each(|day| total.merge(day));
    total
}

fn table_values(tables: &BTreeMap<&'static str, TableTotal>) -> Value {
    let values = tables.iter().map(|(name, total)| {
        ((*name).to_owned(), json!({"rows": total.rows, "bytes": total.bytes, "files": total.files}))
    });
    Value::Object(values.collect::<Map<_, _>>())
}

fn aggregate_value(sums: &Aggregate) -> Value {
    json!({
        "active_players": sums.active_players,
        "heartbeats": sums.heartbeats,
        "contacts": sums.contacts,
        "sessions": sums.rows.session_ends,
        "session_seconds": sums.session_s,
        "encounters": sums.rows.encounters,
        "kills": sums.rows.kills,
        "matches": sums.rows.matches,
        "purchases": sums.rows.purchases,
        "revenue_usd_cents": sums.revenue_usd_cents,
    })
}

fn timing(report: &RunReport, heartbeats: u64) -> Value {
    let seconds = report.elapsed.as_secs_f64();
    let mut value = json!({
        "wall_seconds": seconds,
        "heartbeats_per_second": heartbeats as f64 / seconds.max(1e-9),
    });
    for (name, share) in stage_seconds(&report.stages) {
        value["stage_seconds"][name] = json!(share);
    }
    value
}

/// Thread-seconds by stage, in order of the pipeline.
pub fn stage_seconds(stages: &StageTimes) -> [(&'static str, f64); 9] {
    [
        ("start", stages.start.as_secs_f64()),
        ("before_contacts", stages.before_contacts.as_secs_f64()),
        ("detect", stages.detect.as_secs_f64()),
        ("after_contacts", stages.after_contacts.as_secs_f64()),
        ("encode", stages.encode.as_secs_f64()),
        ("write", stages.write.as_secs_f64()),
        ("sync", stages.sync.as_secs_f64()),
        ("wait", stages.wait.as_secs_f64()),
        ("serial", stages.serial.as_secs_f64()),
    ]
}
