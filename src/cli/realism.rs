//! `skirmish realism`: runs measured by the targets of realism.

use std::path::PathBuf;

use clap::Args;

use super::display::Display;
use super::failure::{self, Failure};
use super::screen::{print, print_document, print_json_line};
use crate::realism::{self, Goal};
use crate::report::StoredRun;
use crate::scenario::key::closest;

#[derive(Debug, Args)]
pub struct RealismArgs {
    /// Folders of runs; every run tells what it can
    #[arg(value_name = "RUN", required_unless_present = "list")]
    runs: Vec<PathBuf>,
    /// Measure these targets alone, by name, with commas between
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    only: Vec<String>,
    /// Exit with code 7 if a target that is told misses
    #[arg(long)]
    strict: bool,
    /// Smallest sample that a number may come from, in place of every target's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    min_sample: Option<u64>,
    /// Print every value with its sample as JSON
    #[arg(long)]
    json: bool,
    /// Print all targets and how each is computed as Markdown, and measure nothing
    #[arg(long, conflicts_with_all = ["runs", "only", "strict", "min_sample", "json"])]
    list: bool,
}

/// Measures runs.
pub fn realism(args: &RealismArgs) -> Result<(), Failure> {
    let all = realism::goals();
    if args.list {
        return print_document(&realism::list(&all));
    }
    let goals = chosen(&all, &args.only)?;
    // Whatever is no run is refused before any is read.
    let stored: Vec<StoredRun> = args.runs.iter().map(|run| StoredRun::open(run)).collect::<Result<_, _>>()?;
    let mut display = Display::new("realism", args.json);
    let mut measured = Vec::new();
    for (n, (run, stored)) in args.runs.iter().zip(&stored).enumerate() {
        let days = f64::from(stored.setting.clock.days);
        let mut show = |day| display.show_share((n as f64 + f64::from(day) / days) / args.runs.len() as f64);
        measured.push(realism::measure(run, &stored.setting, &goals, args.min_sample, &mut show)?);
    }
    display.end();
    let misses = realism::misses(&measured);
    let verdict = (args.strict && misses > 0)
        .then(|| Failure::Unreal(format!("--strict: {misses} of the targets that this tells {}", missing(misses))));
    if args.json {
        let mut value = realism::value(&measured);
        if let Some(verdict) = &verdict {
            value["error"] = failure::value(verdict)["error"].clone();
        }
        print_json_line(&value)?;
    } else {
        print(&realism::page(&measured))?;
    }
    verdict.map_or(Ok(()), Err)
}

fn missing(count: usize) -> &'static str {
    if count == 1 { "misses" } else { "miss" }
}

/// The targets that are asked for, in the order of the list.
fn chosen<'g>(all: &'g [Goal], only: &[String]) -> Result<Vec<&'g Goal>, Failure> {
    let keys: Vec<&str> = all.iter().map(|goal| &*goal.key).collect();
    for key in only {
        if !keys.contains(&&**key) {
            let hint = closest(key, &keys).map_or_else(String::new, |near| format!(" Did you mean {near}?"));
            return Err(Failure::Usage(format!(
                "--only {key}: there is no such target.{hint} skirmish realism --list prints all"
            )));
        }
    }
    Ok(all.iter().filter(|goal| only.is_empty() || only.contains(&goal.key)).collect())
}
