//! `skirmish plan`: what a run will write and need, and whether it fits; and the check before every run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::PlanArgs;
use super::display::Display;
use super::failure::{self, Failure};
use super::machine;
use super::screen::{print, print_json};
use crate::plan::{self, Needs, Plan};
use crate::report::{grouped, plural, short, size};
use crate::run::RunError;
use crate::setting::{ActivityDay, Setting};

/// Share of what is there that a run may take.
const MARGIN: f64 = 0.95;

/// Estimates and prints.
pub fn plan(args: &PlanArgs) -> Result<(), Failure> {
    let setting = Arc::new(Setting::new(args.scenario.load()?));
    let threads = args.threads.map_or_else(default_threads, usize::from);
    let crowd = |error: crate::encounter::DetectError| RunError::Crowd(error.to_string());
    let mut display = Display::new(&setting.scenario.name, args.json);
    let plan = Plan::new(&setting, threads, &mut |share| display.show_part("stepping one realm", share));
    display.end();
    let plan = plan.map_err(crowd)?;
    if args.growth {
        return print(&growth(&setting, &plan));
    }
    let out = args.out.clone().unwrap_or_else(|| Path::new("output").join(&setting.scenario.name));
    let needs = plan.needs();
    let room = FreeRoom::look(&out, 0);
    let lacks = room.lacks_disk(&needs) || room.lacks_memory(&needs);
    let verdict = lacks.then(|| Failure::Verdict(format!("{} does not fit this machine", setting.scenario.name)));
    if args.json {
        let mut value = value(&setting, &plan, &room, threads);
        if let Some(verdict) = &verdict {
            value["error"] = failure::value(verdict)["error"].clone();
        }
        print_json(&value)?;
    } else {
        print(&page(&setting, &plan, &needs, &room, threads))?;
    }
    verdict.map_or(Ok(()), Err)
}

fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Bytes that there are, where the system tells.
struct FreeRoom {
    out: PathBuf,
    disk: Option<u64>,
    memory: Option<u64>,
}

impl FreeRoom {
    /// `frees` is what will be deleted first.
    fn look(out: &Path, frees: u64) -> Self {
        let disk = machine::free_disk(out).map(|free| free + frees);
        Self { out: out.to_owned(), disk, memory: machine::available_memory() }
    }

    fn lacks_disk(&self, needs: &Needs) -> bool {
        self.disk.is_some_and(|free| needs.disk() > MARGIN * free as f64)
    }

    fn lacks_memory(&self, needs: &Needs) -> bool {
        self.memory.is_some_and(|free| needs.memory > MARGIN * free as f64)
    }
}

/// Refuses a run that cannot fit, in milliseconds and with what to change; `frees` is what it deletes first.
///
/// # Errors
/// [`Failure::TooLarge`] with the figures.
pub fn check_fits(setting: &Setting, threads: usize, out: &Path, frees: u64) -> Result<(), Failure> {
    let (needs, room) = (plan::quick_needs(setting, threads), FreeRoom::look(out, frees));
    let mut problems = Vec::new();
    if room.lacks_disk(&needs) {
        problems.push(disk_problem(setting, &needs, &room));
    }
    if room.lacks_memory(&needs) {
        problems.push(memory_problem(&needs, &room));
    }
    if problems.is_empty() {
        return Ok(());
    }
    problems.push("`skirmish plan` tells more; --allow-large runs it nevertheless".into());
    Err(Failure::TooLarge(format!("{} does not fit this machine: {}", setting.scenario.name, problems.join("; "))))
}

fn disk_problem(setting: &Setting, needs: &Needs, room: &FreeRoom) -> String {
    let free = room.disk.unwrap_or(0);
    let left = MARGIN * free as f64 - needs.others;
    let thinner = if left > 0.0 {
        let one_in = (needs.heartbeats / left).ceil().clamp(2.0, 1e6) as u64;
        let one_in = one_in * u64::from(setting.heartbeats_one_in().max(1));
        format!("write heartbeats of fewer players (--set output.heartbeat_players_one_in={one_in}), ")
    } else {
        "switch off the largest tables (--set output.tables.encounters=false, kills and participations likewise) and \
         write heartbeats of fewer players (output.heartbeat_players_one_in), "
            .into()
    };
    format!(
        "it writes about {} and {} has {} free: {thinner}simulate fewer clock.days, or choose another disk with --out",
        size(needs.disk() as u64),
        room.out.display(),
        size(free)
    )
}

fn memory_problem(needs: &Needs, room: &FreeRoom) -> String {
    format!(
        "it needs about {} of memory and {} are available: use more population.realms, fewer population.players or fewer \
         --threads",
        size(needs.memory as u64),
        size(room.memory.unwrap_or(0))
    )
}

fn page(setting: &Setting, plan: &Plan, needs: &Needs, room: &FreeRoom, threads: usize) -> String {
    let total = plan.activity.total();
    let days = f64::from(setting.clock.days);
    let mut out = format!(
        "{}: {} players, {}, seed {}\n{} heartbeats; {} players and {} sessions on an average day\n\n",
        setting.scenario.name,
        grouped(setting.population.players.into()),
        plural(setting.clock.days, "day"),
        setting.seed.0,
        short(total.heartbeats),
        short(total.players / days),
        short(total.sessions / days),
    );
    out.push_str("  table                     rows       bytes  bytes/row\n");
    // Entries of the scenario take next to nothing.
    let grows = |name: &str| is_fact(name) || crate::table::AccountRows::TABLES.contains(&name);
    for (name, table) in plan.tables.iter().filter(|(name, table)| table.rows >= 0.5 && grows(name)) {
        let per_row = table.bytes / table.rows;
        let (rows, bytes) = (short(table.rows), size(table.bytes as u64));
        out.push_str(&format!("  {name:<17} {rows:>12} {bytes:>11} {per_row:>10.1}\n"));
    }
    let verdict = |lacks: bool| if lacks { "does not fit" } else { "fits" };
    let of = |bytes: Option<u64>| bytes.map_or_else(|| "unknown".into(), size);
    out.push_str(&format!(
        "\n  disk    {:>9}   {} free for {}: {}\n",
        size(needs.disk() as u64),
        of(room.disk),
        room.out.display(),
        verdict(room.lacks_disk(needs))
    ));
    out.push_str(&format!(
        "  memory  {:>9}   {} available: {}\n",
        size(needs.memory as u64),
        of(room.memory),
        verdict(room.lacks_memory(needs))
    ));
    out.push_str(&format!("  GPU     {:>9}   if one is used\n", size(plan.gpu_bytes as u64)));
    let (first, count) = plan.calibrated_on;
    out.push_str(&format!(
        "  time    {:>9}   on {}, {}/s; calibrated on {} of one realm from day {first} on, in {:.1} s\n",
        duration(plan.wall.as_secs_f64()),
        plural(threads as u32, "thread"),
        short(total.heartbeats / plan.wall.as_secs_f64().max(1e-9)),
        plural(count, "day"),
        plan.calibration.as_secs_f64(),
    ));
    if room.lacks_disk(needs) {
        out.push_str(&format!("\nDisk: {}.\n", disk_problem(setting, needs, room)));
    }
    if room.lacks_memory(needs) {
        out.push_str(&format!("\nMemory: {}.\n", memory_problem(needs, room)));
    }
    out
}

/// A time for people.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.1} s"),
        s if s < 5_400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

fn value(setting: &Setting, plan: &Plan, room: &FreeRoom, threads: usize) -> Value {
    let total = plan.activity.total();
    let tables = plan.tables.iter().map(|(name, table)| {
        ((*name).to_owned(), json!({"rows": table.rows.round() as u64, "bytes": table.bytes.round() as u64}))
    });
    json!({
        "scenario": setting.scenario.name,
        "players": setting.population.players,
        "days": setting.clock.days,
        "threads": threads,
        "heartbeats": total.heartbeats.round() as u64,
        "sessions": total.sessions.round() as u64,
        "player_days": total.players.round() as u64,
        "tables": tables.collect::<serde_json::Map<_, _>>(),
        "disk_bytes": plan.needs().disk().round() as u64,
        "memory_bytes": plan.memory_bytes.round() as u64,
        "gpu_bytes": plan.gpu_bytes.round() as u64,
        "wall_seconds": plan.wall.as_secs_f64(),
        "calibration_seconds": plan.calibration.as_secs_f64(),
        "fits": !room.lacks_disk(&plan.needs()) && !room.lacks_memory(&plan.needs()),
        "disk_free_bytes": room.disk,
        "memory_available_bytes": room.memory,
        "heartbeats_by_day": plan.activity.days.iter().map(|day| day.heartbeats.round() as u64).collect::<Vec<_>>(),
    })
}

/// How every table grows: rows and bytes written by the end of each quarter of a year. Tables other than sessions and
/// hidden events grow with the heartbeats.
fn growth(setting: &Setting, plan: &Plan) -> String {
    let total = plan.activity.total();
    let last = setting.clock.days as usize;
    let ends: Vec<usize> = (1..=last.div_ceil(91)).map(|quarter| (quarter * 91).min(last)).collect();
    let mut out =
        format!("| by the end of day | {} |\n", ends.iter().map(usize::to_string).collect::<Vec<_>>().join(" | "));
    out.push_str(&format!("|---|{}\n", "---|".repeat(ends.len())));
    let share = |name: &str, end: usize| {
        let sum = |of: fn(&ActivityDay) -> f64| -> f64 { plan.activity.days[..end].iter().map(of).sum() };
        match name {
            "session_ends" | "purchases" => sum(|day| day.sessions) / total.sessions.max(1.0),
            "truth_events" => sum(|day| day.events) / total.events.max(1.0),
            _ => sum(|day| day.heartbeats) / total.heartbeats.max(1.0),
        }
    };
    let mut sums = vec![0.0; ends.len()];
    for (name, table) in plan.tables.iter().filter(|(name, table)| table.rows >= 0.5 && is_fact(name)) {
        let cells = ends.iter().enumerate().map(|(quarter, &end)| {
            let share = share(name, end);
            sums[quarter] += share * table.bytes;
            format!("{}, {}", short(share * table.rows), size((share * table.bytes) as u64))
        });
        out.push_str(&format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | ")));
    }
    let cells = sums.iter().map(|&bytes| size(bytes as u64)).collect::<Vec<_>>().join(" | ");
    out.push_str(&format!("| all of these | {cells} |\n"));
    out.push_str("\n| written once | rows | bytes |\n|---|---|---|\n");
    for (name, table) in plan.tables.iter().filter(|(name, _)| !is_fact(name)) {
        out.push_str(&format!("| {name} | {} | {} |\n", short(table.rows), size(table.bytes as u64)));
    }
    out
}

fn is_fact(name: &str) -> bool {
    crate::table::all().iter().any(|table| table.name == name && table.kind == crate::table::TableKind::Fact)
}
