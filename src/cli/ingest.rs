//! `skirmish ingest`: a run into a database, as a live game would feed it.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::{Map, json};

use super::display::Display;
use super::failure::Failure;
use super::screen::{print_json, print_page};
use super::signals::Signals;
use crate::ingest::{self, Address, IngestError, IngestOptions, IngestState, Ingested};
use crate::report::{grouped, short};

#[derive(Debug, Args)]
#[command(after_help = "A database in one command:\n  skirmish ingest output/quickstart --to \"$(oltp/up)\"\n\n\
    The same command goes on after an interruption; every row arrives once.")]
pub struct IngestArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Database, as postgres://user:password@host:port/name?sslmode=...; a password may also be in PGPASSWORD
    #[arg(long, value_name = "URL")]
    to: String,
    /// How many times as fast as the simulated game, such as 60x, or max
    #[arg(long, value_name = "SPEED", default_value = "max", value_parser = speed)]
    speed: Speed,
    /// Tables to send beside sessions, matches and participations [default: all that the run has]
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    tables: Vec<String>,
    /// Go after a run that is still going on, a day behind
    #[arg(long)]
    follow: bool,
    /// Connections that send at the same time, each its share of the realms
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    ingesters: u32,
    /// Heartbeats a transaction, about
    #[arg(long, value_name = "ROWS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch: u32,
    /// When foreign keys of heartbeats, events and purchases are declared
    #[arg(long, value_enum, default_value = "day")]
    foreign_keys: ForeignKeys,
    /// Show nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// Print what was sent as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ForeignKeys {
    /// For a whole day at once, when it is over; until then the procedures alone have looked
    Day,
    /// From the first row on, at nearly twice the cost
    Row,
}

#[derive(Clone, Copy, Debug)]
struct Speed(Option<f64>);

fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed(None));
    }
    let factor = text.strip_suffix('x').and_then(|number| number.parse::<f64>().ok());
    match factor {
        Some(factor) if (0.001..=1e6).contains(&factor) => Ok(Speed(Some(factor))),
        _ => Err("give a factor from 0.001x to 1000000x, such as 60x, or max".into()),
    }
}

/// Feeds a run to a database.
pub fn ingest(args: &IngestArgs) -> Result<(), Failure> {
    let signals = Signals::catch();
    let options = IngestOptions {
        run: args.run.clone(),
        address: Address::parse(&args.to).map_err(IngestError::Usage)?,
        speed: args.speed.0,
        tables: args.tables.clone(),
        follow: args.follow,
        lanes: args.ingesters,
        batch: args.batch as usize,
        seal_days: matches!(args.foreign_keys, ForeignKeys::Day),
    };
    let mut display = Display::new("ingest", args.quiet);
    let started = Instant::now();
    let result = ingest::ingest(&options, &signals.caught, &mut |state| {
        display.show_parts(state.share, &parts(state, started.elapsed().as_secs_f64()));
    });
    display.end();
    let done = match result {
        Err(IngestError::Interrupted) => {
            return Err(Failure::Stopped { signal: signals.which(), error: IngestError::Interrupted });
        }
        result => result?,
    };
    if args.json {
        let rows: Map<_, _> = done.rows.iter().map(|(name, rows)| ((*name).to_owned(), json!(rows))).collect();
        return print_json(&json!({ "rows": rows, "seconds": done.elapsed.as_secs_f64(), "tables": done.tables }));
    }
    if args.quiet {
        return Ok(());
    }
    let (title, page) = last_screen(&done, &options);
    print_page(&title, &page)
}

fn parts(state: &IngestState, seconds: f64) -> Vec<String> {
    if let Some(waiting) = state.waiting {
        return vec![waiting.to_owned()];
    }
    let mut parts = Vec::new();
    if state.share > 0.005 && state.share < 1.0 {
        parts.push(format!("{:.0} s left", seconds / state.share - seconds));
    }
    parts.push(format!("{} heartbeats/s", short(state.heartbeats as f64 / seconds.max(1e-3))));
    parts.push(format!("{} rows", short(state.rows as f64)));
    parts
}

fn last_screen(done: &Ingested, options: &IngestOptions) -> (String, String) {
    let seconds = done.elapsed.as_secs_f64().max(1e-3);
    let total: u64 = done.rows.iter().map(|(_, rows)| rows).sum();
    let title = format!("{}: {} rows in {seconds:.1} s", options.address.shown(), grouped(total));
    let mut page = String::new();
    for (name, rows) in done.rows.iter().filter(|(_, rows)| *rows > 0) {
        page.push_str(&format!("  {name:<16}{:>14}   {:>9}/s\n", grouped(*rows), short(*rows as f64 / seconds)));
    }
    let lacks = |table: &&str| options.tables.is_empty() && !done.tables.contains(table);
    for table in ingest::OPTIONAL.into_iter().filter(lacks) {
        page.push_str(&format!(
            "  {table}: the run has none; for them, run the scenario with output.tables.{table} = true\n"
        ));
    }
    if total == 0 {
        page.push_str("  Everything of this run was there already.\n");
    }
    let url = options.address.shown();
    page.push_str(&format!(
        "\nLook:\n  psql '{url}' -c 'select * from api.active_players order by day'\n  psql '{url}' -c 'select * from \
         api.leaderboard order by place limit 10'\n"
    ));
    (title, page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_factors_or_max() {
        assert!(speed("max").is_ok_and(|speed| speed.0.is_none()));
        assert!(speed("60x").is_ok_and(|speed| speed.0 == Some(60.0)));
        for wrong in ["", "60", "x", "-1x", "0x", "NaNx", "infx", "1e9x"] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
