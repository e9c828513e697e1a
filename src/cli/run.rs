//! `skirmish run`: progress while it lasts, a useful screen at the end.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::args::RunArgs;
use super::failure::Failure;
use super::screen::print;
use super::signals::Signals;
use crate::output::{Claim, OutputError, Store, write_dimensions};
use crate::report;
use crate::report::{grouped, plural, short, size};
use crate::run::{self, Engine, RunError, RunOptions, RunReport, Snapshot};
use crate::setting::Setting;
use crate::table::{self, TableKind};

/// Simulates a scenario.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let signals = Signals::catch();
    let scenario = args.scenario.load()?;
    let root = args.out.clone().unwrap_or_else(|| Path::new("output").join(&scenario.name));
    let (text, resolved) = (scenario.text.clone(), scenario.resolved_toml());
    let setting = Arc::new(Setting::new(scenario));
    let warnings = setting.warnings();
    if !args.quiet {
        warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
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

    let result = simulate(engine, &setting, &options, &store, &signals, args.quiet);
    let (report, tables) = match result {
        Ok(finished) => finished,
        Err(failure) => {
            let status = if matches!(failure, Failure::Signal { .. }) { "interrupted" } else { "failed" };
            let said = std::fs::read_to_string(root.join("run.json")).ok();
            let said = said.and_then(|text| serde_json::from_str(&text).ok());
            let value = run::summary::ended(&setting, said, status, &failure.to_string());
            // The failure itself is what the user must see; a disk too full for run.json adds nothing to it.
            store.write("run.json", &format!("{value:#}\n")).ok();
            store.discard_staging();
            return Err(failure);
        }
    };
    let value = run::summary::finished(&setting, &report, &tables, options.threads, &warnings);
    store.write("report.html", &report::page(&setting, &report, &tables))?;
    store.write("run.json", &format!("{value:#}\n"))?;
    store.discard_staging();
    if !args.quiet {
        report.notes.iter().for_each(|note| eprintln!("note: {note}"));
    }
    if args.json {
        return print(&format!("{value:#}\n"));
    }
    if !args.quiet {
        print(&last_screen(&setting, &report, &tables, &root))?;
    }
    Ok(())
}

type Tables = std::collections::BTreeMap<&'static str, crate::output::TableTotal>;

fn simulate(
    engine: Engine,
    setting: &Arc<Setting>,
    options: &RunOptions,
    store: &Store,
    signals: &Signals,
    is_quiet: bool,
) -> Result<(RunReport, Tables), Failure> {
    let interrupted = |error| Failure::Signal { signal: signals.which(), error };
    let mut display = Display::new(setting, is_quiet);
    let written = write_dimensions(setting, store, &mut |share| {
        display.show_accounts(share);
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

/// A progress bar on a terminal, plain lines elsewhere.
enum Display {
    Nothing,
    Bar(ProgressBar),
    Lines { last: Instant, started: bool },
}

const BAR_STEPS: u64 = 10_000;
const LINE_EVERY: Duration = Duration::from_secs(5);

impl Display {
    fn new(setting: &Setting, is_quiet: bool) -> Self {
        if is_quiet {
            return Self::Nothing;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Lines { last: Instant::now(), started: false };
        }
        let bar = ProgressBar::new(BAR_STEPS);
        // The message is cut to the width that is left, so that a narrow terminal shows one line all the same.
        let style = ProgressStyle::with_template("{prefix} {bar:16} {percent:>3} %  {wide_msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_prefix(setting.scenario.name.clone());
        bar.set_style(style);
        Self::Bar(bar)
    }

    /// Before the first day: the tables that have a row an account.
    fn show_accounts(&mut self, share: f64) {
        match self {
            Self::Nothing => {}
            Self::Bar(bar) => bar.set_message(format!("writing accounts: {:.0} %", share * 100.0)),
            Self::Lines { last, .. } => {
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    eprintln!("  0.0 %  writing accounts: {:.0} %", share * 100.0);
                }
            }
        }
    }

    fn show(&mut self, snapshot: &Snapshot) {
        match self {
            Self::Nothing => {}
            Self::Bar(bar) => {
                bar.set_position((snapshot.done * BAR_STEPS as f64) as u64);
                bar.set_message(describe(snapshot));
            }
            Self::Lines { last, started } => {
                if !*started || last.elapsed() >= LINE_EVERY || snapshot.done >= 1.0 {
                    *started = true;
                    *last = Instant::now();
                    eprintln!("{:5.1} %  {}", snapshot.done * 100.0, describe(snapshot));
                }
            }
        }
    }

    fn end(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// Where a run stands, the most important first.
fn describe(snapshot: &Snapshot) -> String {
    let seconds = snapshot.elapsed.as_secs_f64();
    let mut parts = vec![format!("day {:.1}", snapshot.days)];
    if snapshot.done > 0.005 && snapshot.done < 1.0 {
        parts.push(format!("{:.0} s left", seconds / snapshot.done - seconds));
    }
    parts.push(format!("{} online", short(snapshot.online as f64)));
    parts.push(format!("{} heartbeats/s", short(snapshot.heartbeats as f64 / seconds.max(1e-3))));
    parts.push(format!("{} encounters", short(snapshot.encounters as f64)));
    if snapshot.bytes > 0 {
        parts.push(format!("{} written", size(snapshot.bytes)));
    }
    parts.join("  ")
}

fn last_screen(setting: &Setting, report: &RunReport, tables: &Tables, root: &Path) -> String {
    let total = run::summary::total(&report.committed.days);
    let seconds = report.elapsed.as_secs_f64();
    let bytes: u64 = tables.values().map(|table| table.bytes).sum();
    let folder = absolute(root);
    let mut out = format!(
        "\n{}: {} players, {}, seed {}\n{} heartbeats in {:.1} s ({}/s), {} in {}\n\n",
        setting.scenario.name,
        grouped(setting.population.players.into()),
        plural(setting.clock.days, "day"),
        setting.seed.0,
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
        out.push_str(&format!("  and dimensions: {}\n", dimensions.join(", ")));
    }
    if setting.writes("heartbeats") && setting.writes("encounters") {
        let tables = folder.join("tables");
        out.push_str(&format!(
            "\nReport: {}\nDuckDB:\n  duckdb -c \"SELECT date, count(*) AS heartbeats, count(DISTINCT player_id) AS players \
             FROM read_parquet('{}/heartbeats/*/*.parquet', hive_partitioning = true) GROUP BY date ORDER BY date\"\n",
            folder.join("report.html").display(),
            tables.display()
        ));
        out.push_str(&format!(
            "Polars:\n  python3 -c \"import polars as pl; \
             print(pl.read_parquet('{}/encounters/**/*.parquet').group_by('relation', 'end_reason').len())\"\n",
            tables.display()
        ));
    }
    out
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
