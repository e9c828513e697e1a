//! `skirmish run`: progress while it lasts, a useful screen at the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::RunArgs;
use super::display::Display;
use super::failure::Failure;
use super::screen::{Tone, print_json, print_page, say};
use super::signals::Signals;
use crate::inspect;
use crate::output::{Claim, OutputError, Store, write_dimensions};
use crate::report::{self, Figures, grouped, plural, quote, short, size};
use crate::run::{self, Engine, RunError, RunOptions, RunReport, Snapshot};
use crate::setting::Setting;
use crate::table::{self, TableKind};

/// Simulates a scenario.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let signals = Signals::catch();
    let scenario = args.scenario.load()?;
    let root = args.out.clone().unwrap_or_else(|| Path::new("output").join(&scenario.name));
    refuse_odd_name(&root)?;
    let (text, resolved) = (scenario.text.clone(), scenario.resolved_toml());
    let setting = Arc::new(Setting::new(scenario));
    let warnings = setting.warnings();
    if !args.quiet {
        warnings.iter().for_each(|warning| say(Tone::Warning, warning));
    }
    let options = args.pipeline.options();
    // Whatever may refuse the run does so before anything in the folder is touched.
    let claim = Claim::on(&root, args.overwrite)?;
    if !args.allow_large {
        super::plan::check_fits(&setting, options.threads, &root, claim.frees())?;
    }
    let engine = Engine::choose(&options, &setting).map_err(RunError::Gpu)?;
    let store = claim.open()?;
    store.write("run.json", &format!("{:#}\n", run::summary::header(&setting, "running")))?;
    store.write("scenario.toml", &text)?;
    store.write("scenario.resolved.toml", &resolved)?;

    let display = Display::of_run(&setting.scenario.name, setting.clock, args.quiet, args.watch);
    let result = simulate(engine, &setting, &options, &store, &signals, display);
    let (report, tables) = match result {
        Ok(finished) => finished,
        Err(failure) => {
            let status = if matches!(failure, Failure::Signal { .. }) { "interrupted" } else { "failed" };
            let said = std::fs::read_to_string(root.join("run.json")).ok();
            let said = said.and_then(|text| serde_json::from_str(&text).ok());
            let value = run::summary::ended(&setting, said, status, &failure.to_string());
            // The failure itself is what the user must see; a disk too full for run.json adds nothing to it.
            store.write("run.json", &format!("{value:#}\n")).ok();
            store.write("tables.sql", &views(&root)).ok();
            store.discard_staging();
            return Err(failure);
        }
    };
    let value = run::summary::finished(&setting, &report, &tables, options.threads, &warnings);
    store.write("tables.sql", &views(&root))?;
    store.write("dataset-card.md", &run::card(&setting, &tables))?;
    // A match can be shown if everybody's heartbeats are written.
    let replay = if setting.heartbeats_one_in() == 1 {
        inspect::match_record(&root, setting.clock).unwrap_or_else(|error| {
            // A report without it is better than none.
            tracing::warn!("the report shows no match: {error}");
            None
        })
    } else {
        None
    };
    let figures = Figures::of_run(&setting, &report, &tables, replay);
    store.write("report.json", &format!("{}\n", report::data(&setting, &figures)))?;
    store.write("report.html", &report::page(&setting, &figures))?;
    if let Some(golden) = &report.golden {
        store.write("golden.json", &format!("{golden:#}\n"))?;
    }
    store.write("run.json", &format!("{value:#}\n"))?;
    store.discard_staging();
    if !args.quiet {
        report.notes.iter().for_each(|note| say(Tone::Note, note));
    }
    if args.json {
        return print_json(&value);
    }
    if args.quiet {
        return Ok(());
    }
    let (title, page) = last_screen(&setting, &report, &tables, &root);
    print_page(&title, &page)
}

/// A folder whose name cannot be pasted into a shell, or means standard output, is refused.
fn refuse_odd_name(root: &Path) -> Result<(), Failure> {
    let is_odd = absolute(root).to_str().is_none_or(|text| text.contains(char::is_control)) || root == Path::new("-");
    if is_odd {
        let text = format!(
            "--out {:?}: a run needs a folder whose path is text without control characters, and not - (./- is a folder)",
            root.display().to_string()
        );
        return Err(Failure::Usage(text));
    }
    Ok(())
}

/// Views of the tables that have files: a run that ended on its first day has none of facts.
fn views(root: &Path) -> String {
    let has_files = |table: &&'static table::Table| {
        let below = std::fs::read_dir(root.join("tables").join(table.name));
        below.is_ok_and(|mut entries| entries.next().is_some())
    };
    table::views(table::all().into_iter().filter(has_files))
}

type Tables = std::collections::BTreeMap<&'static str, crate::output::TableTotal>;

fn simulate(
    engine: Engine,
    setting: &Arc<Setting>,
    options: &RunOptions,
    store: &Store,
    signals: &Signals,
    mut display: Display,
) -> Result<(RunReport, Tables), Failure> {
    let interrupted = |error| Failure::Signal { signal: signals.which(), error };
    let written = write_dimensions(setting, store, &mut |share| {
        display.show_part("writing accounts", share);
        !signals.is_caught()
    });
    let mut tables = match written {
        Err(OutputError::Stopped) => {
            display.end();
            return Err(interrupted(RunError::Interrupted(0)));
        }
        written => written?,
    };
    let watch = &mut |snapshot: &Snapshot| display.show(snapshot);
    let result = run::run_with(engine, setting, options, Some(store), &signals.caught, watch);
    display.end();
    let report = result.map_err(|error| match error {
        RunError::Interrupted(_) => interrupted(error),
        error => error.into(),
    })?;
    tables.extend(report.committed.tables.iter().map(|(name, total)| (*name, *total)));
    Ok((report, tables))
}

/// The title and the rest of what is printed at the end.
fn last_screen(setting: &Setting, report: &RunReport, tables: &Tables, root: &Path) -> (String, String) {
    let total = run::summary::total(&report.committed.days);
    let seconds = report.elapsed.as_secs_f64();
    let bytes: u64 = tables.values().map(|table| table.bytes).sum();
    let folder = absolute(root);
    let title = format!(
        "{}: {} players, {}, seed {}",
        setting.scenario.name,
        grouped(setting.population.players.into()),
        plural(setting.clock.days, "day"),
        setting.seed.0,
    );
    let mut out = format!(
        "{} heartbeats in {:.1} s ({}/s), {} in {}\n\n",
        grouped(total.heartbeats),
        seconds,
        short(total.heartbeats as f64 / seconds.max(1e-9)),
        size(bytes),
        folder.display(),
    );
    out.push_str("  table                     rows       bytes  bytes/row\n");
    let is_fact = |name: &str| table::all().iter().any(|table| table.name == name && table.kind == TableKind::Fact);
    for (name, table) in tables.iter().filter(|(name, table)| table.rows > 0 && is_fact(name)) {
        let per_row = table.bytes as f64 / table.rows as f64;
        let rows = grouped(table.rows);
        out.push_str(&format!("  {name:<17} {rows:>12} {:>11} {per_row:>10.1}\n", size(table.bytes)));
    }
    let dimensions: Vec<&str> = tables.keys().copied().filter(|name| !is_fact(name)).collect();
    if !dimensions.is_empty() {
        out.push_str(&wrapped("  and dimensions: ", &dimensions));
    }
    out.push_str(&format!("\nReport: {}\n", folder.join("report.html").display()));
    let files = |pattern: &str| format!("{}/{pattern}", quote::glob(&folder.join("tables").display().to_string()));
    if setting.writes("heartbeats") {
        let sql = format!(
            "SELECT event_ts::DATE AS date, count(*) AS heartbeats, count(DISTINCT player_id) AS players \
             FROM read_parquet({}) GROUP BY ALL ORDER BY ALL",
            quote::sql(&files("heartbeats/*/*.parquet"))
        );
        out.push_str(&format!("DuckDB:\n  duckdb -c {}\n", quote::shell_program(&sql)));
    }
    out.push_str(&format!(
        "All tables as views:\n  cd {} && duckdb -init tables.sql\n",
        quote::shell(&folder.display().to_string())
    ));
    if setting.writes("encounters") {
        let program = format!(
            "import polars as pl; print(pl.read_parquet({}).group_by('relation', 'end_reason').len())",
            quote::python(&files("encounters/**/*.parquet"))
        );
        out.push_str(&format!("Polars:\n  python3 -c {}\n", quote::shell_program(&program)));
    }
    (title, out)
}

/// Words after a start, in lines of at most 80 columns.
fn wrapped(start: &str, words: &[&str]) -> String {
    let (mut out, mut line) = (String::new(), start.to_owned());
    for (n, word) in words.iter().enumerate() {
        let word = if n + 1 < words.len() { format!("{word}, ") } else { (*word).to_owned() };
        if line.len() + word.trim_end().len() > 80 {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(start.len());
        }
        line.push_str(&word);
    }
    out + &line + "\n"
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
