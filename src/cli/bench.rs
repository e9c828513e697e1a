//! `skirmish bench`: the real pipeline on a scenario, and where its time goes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::args::BenchArgs;
use super::display::Display;
use super::failure::Failure;
use super::machine;
use super::screen::{print, print_json};
use crate::output::OutputError;
use crate::output::Sink;
use crate::output::Store;
use crate::report::{grouped, short, size};
use crate::run::summary::{stage_seconds, total};
use crate::run::{self, MemoryUse, RunOptions, RunReport, Snapshot};
use crate::scenario::Scenario;
use crate::setting::Setting;

/// Runs the pipeline and prints its figures.
pub fn bench(args: &BenchArgs) -> Result<(), Failure> {
    let mut sets = args.scenario.sets.clone();
    if args.days.is_some() || args.from_day > 0 {
        let days = args.from_day + args.days.unwrap_or(1);
        sets.push(format!("clock.days={days}"));
    }
    let setting = Arc::new(Setting::new(Scenario::load(&args.scenario.scenario, &sets)?));
    let options = RunOptions { sink: args.sink.into(), first_day: args.from_day, ..args.pipeline.options() };
    let scratch = match options.sink {
        Sink::Parquet => Some(Scratch::new()?),
        Sink::Encode | Sink::Null => None,
    };
    // The most that was resident while each day was simulated, looked at about ten times a second, and who had it.
    let mut by_day: Vec<(u64, MemoryUse)> = Vec::new();
    let mut display = Display::new(&setting.scenario.name, args.json);
    let mut watch = |snapshot: &Snapshot| {
        display.show(snapshot);
        let day = snapshot.days as usize;
        by_day.resize(by_day.len().max(day + 1), Default::default());
        let resident = machine::resident_memory().unwrap_or(0);
        if resident >= by_day[day].0 {
            by_day[day] = (resident, snapshot.memory);
        }
    };
    let report = run::run(
        &setting,
        &options,
        scratch.as_ref().and_then(|scratch| scratch.0.as_ref()),
        &AtomicBool::new(false),
        &mut watch,
    );
    display.end();
    let report = report?;
    // Before the limit is measured, which takes memory of its own.
    let peak = machine::peak_memory();
    by_day.truncate((setting.clock.days - options.first_day) as usize);
    let limit = match options.sink {
        Sink::Null => None,
        Sink::Parquet | Sink::Encode => {
            Some(run::limit::encode_limit(&setting, &report, &options).map_err(OutputError::parquet("rows"))?)
        }
    };
    let mut value = figures(&setting, &options, &report, limit);
    value["peak_memory_bytes"] = json!(peak);
    value["resident_memory_bytes_by_day"] = by_day.iter().map(|(resident, _)| *resident).collect();
    value["memory_bytes_by_owner_and_day"] = owners(&by_day);
    if args.json { print_json(&value) } else { print(&page(&value)) }
}

/// Who had the memory, by day: what is counted, and the rest: sessions, matches, what shards have gathered, the process and
/// what its allocator holds.
fn owners(by_day: &[(u64, MemoryUse)]) -> Value {
    let rest = |(resident, MemoryUse { accounts, windows, rows, queues }): &(u64, MemoryUse)| {
        resident.saturating_sub(accounts + windows + rows + queues)
    };
    let of = |bytes: fn(&MemoryUse) -> u64| by_day.iter().map(|(_, memory)| bytes(memory)).collect::<Vec<u64>>();
    json!({
        "accounts": of(|memory| memory.accounts),
        "windows": of(|memory| memory.windows),
        "rows": of(|memory| memory.rows),
        "queues": of(|memory| memory.queues),
        "rest": by_day.iter().map(rest).collect::<Vec<u64>>(),
    })
}

/// A run beside the others that is deleted at the end.
struct Scratch(Option<Store>);

impl Scratch {
    fn new() -> Result<Self, OutputError> {
        let root = Path::new("output").join(format!("bench-{}", std::process::id()));
        Store::for_run(&root, false).map(|store| Self(Some(store)))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be deleted stays; the figures are there all the same.
        drop(self.0.take().map(Store::delete));
    }
}

fn figures(setting: &Setting, options: &RunOptions, report: &RunReport, limit: Option<f64>) -> Value {
    let sums = total(&report.committed.days);
    let seconds = report.elapsed.as_secs_f64().max(1e-9);
    let rate = sums.heartbeats as f64 / seconds;
    let bytes: u64 = report.committed.tables.values().map(|table| table.bytes).sum();
    let heartbeats = report.committed.tables.get("heartbeats").copied().unwrap_or_default();
    let per_row = |bytes: u64| bytes as f64 / (sums.heartbeats as f64).max(1.0);
    let stages = stage_seconds(&report.stages);
    let busy: f64 = stages.iter().map(|(_, seconds)| seconds).sum();
    let mut value = json!({
        "scenario": setting.scenario.name,
        "first_day": options.first_day,
        "days": setting.clock.days - options.first_day,
        "threads": options.threads,
        "sink": format!("{:?}", options.sink).to_lowercase(),
        "detector": report.detector,
        "notes": report.notes,
        "heartbeats": sums.heartbeats,
        "wall_seconds": seconds,
        "heartbeats_per_second": rate,
        "contacts_per_heartbeat": per_row(sums.contacts),
        "encounters_per_heartbeat": per_row(sums.rows.encounters),
        "kills_per_heartbeat": per_row(sums.rows.kills),
        "bytes_per_heartbeat_row": per_row(heartbeats.bytes),
        "bytes_per_heartbeat_in_all": per_row(bytes),
    });
    for (name, seconds) in stages {
        value["stage_share"][name] = json!(seconds / busy.max(1e-9));
        value["stage_ns_per_heartbeat"][name] = json!(seconds * 1e9 / (sums.heartbeats as f64).max(1.0));
    }
    if let Some(limit) = limit {
        value["encode_limit_heartbeats_per_second"] = json!(limit);
        value["share_of_encode_limit"] = json!(rate / limit);
    }
    value
}

fn page(value: &Value) -> String {
    let number = |key: &str| value[key].as_f64().unwrap_or(0.0);
    let from = match value["first_day"].as_u64() {
        None | Some(0) => String::new(),
        Some(day) => format!(" from day {day} on"),
    };
    let mut out = format!(
        "{}, {} days{from}, {} threads, sink {}, {}\n",
        value["scenario"].as_str().unwrap_or("?"),
        value["days"],
        value["threads"],
        value["sink"].as_str().unwrap_or("?"),
        value["detector"].as_str().unwrap_or("?"),
    );
    for note in value["notes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        out.push_str(&format!("  note: {note}\n"));
    }
    out.push_str(&format!(
        "  {} heartbeats in {:.2} s: {}/s\n",
        grouped(number("heartbeats") as u64),
        number("wall_seconds"),
        short(number("heartbeats_per_second"))
    ));
    if let Some(share) = value["share_of_encode_limit"].as_f64() {
        let limit = short(number("encode_limit_heartbeats_per_second"));
        out.push_str(&format!("  {share:.2} of the encode limit ({limit} heartbeats/s with no simulation)\n"));
    }
    out.push_str(&format!(
        "  {:.2} bytes a heartbeat row, {:.2} with all tables; peak memory {}\n",
        number("bytes_per_heartbeat_row"),
        number("bytes_per_heartbeat_in_all"),
        value["peak_memory_bytes"].as_u64().map_or_else(|| "unknown".into(), size)
    ));
    let by_day = value["resident_memory_bytes_by_day"].as_array().cloned().unwrap_or_default();
    let by_day: Vec<String> = by_day
        .iter()
        .filter_map(Value::as_u64)
        .filter(|&bytes| bytes > 0)
        .map(|bytes| (bytes / 1_000_000).to_string())
        .collect();
    if by_day.len() > 1 {
        out.push_str(&format!("  resident memory by day, MB: {}\n", by_day.join(" ")));
    }
    let most = |values: &Value| values.as_array().into_iter().flatten().filter_map(Value::as_u64).max().unwrap_or(0);
    let owners = value["memory_bytes_by_owner_and_day"].as_object().into_iter().flatten();
    let owners: Vec<String> =
        owners.map(|(owner, by_day)| format!("{} {}", owner.replace('_', " "), size(most(by_day)))).collect();
    out.push_str(&format!("  most by owner: {}\n", owners.join(", ")));
    out.push_str(&format!(
        "  a heartbeat has {:.3} contacts, {:.3} encounters, {:.3} kills\n\n  stage             share   ns/heartbeat\n",
        number("contacts_per_heartbeat"),
        number("encounters_per_heartbeat"),
        number("kills_per_heartbeat"),
    ));
    if let Some(stages) = value["stage_share"].as_object() {
        for (name, share) in stages {
            let ns = value["stage_ns_per_heartbeat"][name].as_f64().unwrap_or(0.0);
            out.push_str(&format!("  {name:<16} {:>5.1} % {ns:>12.1}\n", share.as_f64().unwrap_or(0.0) * 100.0));
        }
    }
    out
}
