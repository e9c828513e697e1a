//! `skirmish check`, `init` and what prints a page.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use super::args::CheckArgs;
use super::failure::Failure;
use super::screen::print;
use crate::output::OutputError;
use crate::report::{grouped, plural, short};
use crate::run::summary;
use crate::scenario::schema;
use crate::setting::Setting;

/// Checks a scenario and shows what it amounts to.
pub fn check(args: &CheckArgs) -> Result<(), Failure> {
    let scenario = args.scenario.load()?;
    if args.resolved {
        return print(&scenario.resolved_toml());
    }
    let setting = Setting::new(scenario);
    let warnings = setting.warnings();
    if args.json {
        let mut value = summary::header(&setting, "valid");
        value["warnings"] = json!(warnings);
        return print(&format!("{value:#}\n"));
    }
    for warning in &warnings {
        eprintln!("warning: {warning}");
    }
    if args.quiet {
        return Ok(());
    }
    let (size, clock) = (&setting.size, setting.clock);
    let heartbeats = size.expected_online * f64::from(clock.ticks_per_day()) * f64::from(clock.days);
    print(&format!(
        "{} is valid\n  {} players, {} from {}, seed {}\n  {} in {}, a row group of heartbeats every {} ticks\n  \
         about {} online on average, {} heartbeats in all\n  world hash {}\n",
        args.scenario.scenario.display(),
        grouped(setting.population.players.into()),
        plural(clock.days, "day"),
        clock.start,
        setting.seed.0,
        plural(size.realms, "realm"),
        plural(size.shards, "shard"),
        size.window_ticks,
        grouped(size.expected_online as u64),
        short(heartbeats),
        setting.world_hash,
    ))
}

/// Writes the commented file.
pub fn init(file: Option<&Path>) -> Result<(), Failure> {
    let text = schema::commented_file();
    let Some(path) = file else { return print(&text) };
    let mut created = std::fs::File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => OutputError::InTheWay(path.to_owned()),
        _ => OutputError::io("creating", path)(error),
    })?;
    created.write_all(text.as_bytes()).map_err(OutputError::io("writing", path))?;
    print(&format!("{} written; edit it, then: skirmish check {}\n", path.display(), path.display()))
}
