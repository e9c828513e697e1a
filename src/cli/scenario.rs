//! `skirmish check`, `list`, `init` and `schema`.

use std::path::Path;

use serde_json::json;

use super::args::{CheckArgs, InitArgs};
use super::failure::Failure;
use super::generate::create;
use super::screen::{Tone, print, print_document, print_json, print_page, say};
use crate::report::quote::shell;
use crate::report::{grouped, plural, short};
use crate::run::summary;
use crate::scenario::{SHIPPED, Scenario, Shipped, schema};
use crate::setting::Setting;

/// Checks a scenario and shows what it amounts to.
pub fn check(args: &CheckArgs) -> Result<(), Failure> {
    let scenario = args.scenario.load()?;
    if args.resolved {
        return print_document(&scenario.resolved_toml());
    }
    let setting = Setting::new(scenario);
    let warnings = setting.warnings();
    if args.json {
        let mut value = summary::header(&setting, "valid");
        value["warnings"] = json!(warnings);
        return print_json(&value);
    }
    warnings.iter().for_each(|warning| say(Tone::Warning, warning));
    if args.quiet {
        return Ok(());
    }
    let (size, clock) = (&setting.size, setting.clock);
    let heartbeats = setting.activity().total().heartbeats;
    let ticks = f64::from(clock.ticks_per_day()) * f64::from(clock.days);
    let path = &args.scenario.scenario;
    let label = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
    let title = format!("{label} is valid");
    let page = format!(
        "  {} players, {} from {}, seed {}\n  {} in {}, a row group of heartbeats every {} ticks\n  \
         about {} online on average, {} heartbeats in all\n  world hash {}\n",
        grouped(setting.population.players.into()),
        plural(clock.days, "day"),
        clock.start,
        setting.seed.0,
        plural(size.realms, "realm"),
        plural(size.shards, "shard"),
        size.window_ticks,
        grouped((heartbeats / ticks).round() as u64),
        short(heartbeats),
        setting.world_hash,
    );
    print_page(&title, &page)
}

/// The shipped scenarios, a line each.
pub fn list() -> Result<(), Failure> {
    let widest = SHIPPED.iter().map(|shipped| shipped.name.len()).max().unwrap_or(0);
    let line = |shipped: &Shipped| format!("  {:<widest$}  {}\n", shipped.name, shipped.summary());
    let lines: String = SHIPPED.iter().map(line).collect();
    print_page(
        "Shipped scenarios",
        &format!(
            "{lines}\nRun one:      skirmish run {0}\nChange one:   skirmish init --from {0} mine.toml\n",
            SHIPPED[0].name
        ),
    )
}

/// Writes the commented file, or another one to start from.
pub fn init(args: &InitArgs) -> Result<(), Failure> {
    let text = match &args.from {
        None => schema::commented_file(),
        Some(from) => Scenario::load(from, &[])?.text,
    };
    let Some(path) = file_of(args.file.as_deref()) else { return print_document(&text) };
    crate::scenario::name_of(path).map_err(Failure::Usage)?;
    create(path, text.as_bytes())?;
    // A name that begins with a dash would be taken for an option.
    let dot = if path.as_os_str().as_encoded_bytes().starts_with(b"-") { "./" } else { "" };
    let name = shell(&format!("{dot}{}", path.display()));
    print(&format!("{} written; edit it, then: skirmish check {name}\n", path.display()))
}

/// Writes the JSON Schema.
pub fn schema(file: Option<&Path>) -> Result<(), Failure> {
    let text = format!("{:#}\n", schema::json_schema());
    let Some(path) = file_of(file) else { return print_document(&text) };
    create(path, text.as_bytes())?;
    print(&format!("{} written\n", path.display()))
}

/// The file that a path means, unless it is standard output.
fn file_of(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| *path != Path::new("-"))
}
