//! `skirmish report`: the page of a run drawn anew, its numbers, or two runs side by side.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::screen::{Tone, print, print_document, print_json, say};
use crate::output::OutputError;
use crate::report::{self, Difference, StoredRun};

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folder of another run: print what differs
    #[arg(value_name = "OTHER")]
    other: Option<PathBuf>,
    /// Where the page goes, - for standard output [default: report.html in the folder of the run]
    #[arg(long, value_name = "FILE", conflicts_with = "other")]
    out: Option<PathBuf>,
    /// Print every number with its unit as JSON instead
    #[arg(long, conflicts_with = "out")]
    json: bool,
}

/// Draws the report of a run, or compares two.
pub fn report(args: &ReportArgs) -> Result<(), Failure> {
    let run = StoredRun::open(&args.run)?;
    if let Some(other) = &args.other {
        let other_run = StoredRun::open(other)?;
        let difference = Difference::of((&run.setting, &run.figures), (&other_run.setting, &other_run.figures));
        let names = [&args.run, other].map(|path| path.display().to_string());
        if args.json {
            let mut value = difference.value();
            value["a"] = json!({"run": names[0], "world_hash": run.setting.world_hash});
            value["b"] = json!({"run": names[1], "world_hash": other_run.setting.world_hash});
            return print_json(&value);
        }
        return print(&difference.text([&names[0], &names[1]]));
    }
    if args.json {
        return print_json(&run.value);
    }
    let page = report::page(&run.setting, &run.figures);
    let path = match &args.out {
        Some(path) if path == Path::new("-") => return print_document(&page),
        Some(path) if path.exists() => return Err(OutputError::InTheWay(path.clone()).into()),
        Some(path) => path.clone(),
        None => args.run.join("report.html"),
    };
    publish(&path, &page)?;
    say(Tone::Note, &format!("report: {}", path.display()));
    Ok(())
}

/// Writes a page so that under its name it is whole.
fn publish(path: &Path, page: &str) -> Result<(), Failure> {
    let failed = |what| move |error| Failure::from(OutputError::io(what, path)(error));
    let partial = PathBuf::from(format!("{}.partial", path.display()));
    let mut file = fs::File::create_new(&partial).map_err(failed("creating"))?;
    let written = file.write_all(page.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("writing"));
    let published = written.and_then(|()| fs::rename(&partial, path).map_err(failed("publishing")));
    if published.is_err() {
        fs::remove_file(&partial).ok();
    }
    published
}
