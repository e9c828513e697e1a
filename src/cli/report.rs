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
    /// Folder of another run: print what differs, or write it as a page with --out
    #[arg(value_name = "OTHER")]
    other: Option<PathBuf>,
    /// Where the page goes, - for standard output [default: report.html in the folder of the run]
    #[arg(long, value_name = "FILE")]
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
        let sides = [(&run.setting, &run.figures), (&other_run.setting, &other_run.figures)];
        let names = [&args.run, other].map(|path| path.display().to_string());
        if let Some(path) = &args.out {
            return write_page(path, &report::compare(sides, [&names[0], &names[1]]));
        }
        let difference = Difference::of(sides[0], sides[1]);
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
    match &args.out {
        Some(path) => write_page(path, &page),
        None => {
            // In the folder of a run this name is the run's: what a killed report has left there is written over.
            let path = args.run.join("report.html");
            publish(&path, &page, fs::File::create)
        }
    }
}

/// Writes a page where the user wants it, over nothing that is there.
fn write_page(path: &Path, page: &str) -> Result<(), Failure> {
    if path == Path::new("-") {
        return print_document(page);
    }
    if path.exists() {
        return Err(OutputError::InTheWay(path.to_owned()).into());
    }
    publish(path, page, fs::File::create_new)
}

/// Writes a page so that under its name it is whole.
fn publish(path: &Path, page: &str, create: fn(PathBuf) -> std::io::Result<fs::File>) -> Result<(), Failure> {
    let failed = |what| move |error| Failure::from(OutputError::io(what, path)(error));
    let partial = PathBuf::from(format!("{}.partial", path.display()));
    let mut file = create(partial.clone()).map_err(failed("creating"))?;
    let written = file.write_all(page.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("writing"));
    let published = written.and_then(|()| fs::rename(&partial, path).map_err(failed("publishing")));
    if published.is_err() {
        fs::remove_file(&partial).ok();
    }
    published?;
    say(Tone::Note, &format!("report: {}", path.display()));
    Ok(())
}
