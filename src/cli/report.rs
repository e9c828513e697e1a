//! `skirmish report`: the page of a run drawn anew, its numbers, or two runs side by side.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::screen::{Tone, print, print_document, print_json_line, say};
use crate::output::OutputError;
use crate::realism;
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
    /// Measure the run's tables by the targets of `skirmish realism`, and add a section of them to the page
    #[arg(long, conflicts_with_all = ["other", "json"])]
    realism: bool,
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
        let difference = Difference::of(sides);
        if args.json {
            let mut value = difference.value();
            value["a"] = json!({"run": names[0], "world_hash": run.setting.world_hash});
            value["b"] = json!({"run": names[1], "world_hash": other_run.setting.world_hash});
            return print_json_line(&value);
        }
        return print(&difference.text([&names[0], &names[1]]));
    }
    if args.json {
        return print_json_line(&run.value);
    }
    let section = if args.realism { realism::section(&args.run, &run.setting)? } else { String::new() };
    let page = report::page_with(&run.setting, &run.figures, &section);
    match &args.out {
        Some(path) => write_page(path, &page),
        None => {
            // In the folder of a run these names are the run's: what a killed report has left there goes.
            let (path, partial) = (args.run.join("report.html"), partial_of(&args.run.join("report.html")));
            if partial.symlink_metadata().is_ok() {
                fs::remove_file(&partial).map_err(|error| OutputError::io("removing", &partial)(error))?;
            }
            write_whole(&partial, &page)?;
            fs::rename(&partial, &path).map_err(|error| OutputError::io("publishing", &path)(error))?;
            say(Tone::Note, &format!("report: {}", path.display()));
            Ok(())
        }
    }
}

/// Writes a page where the user wants it, over nothing that is there.
fn write_page(path: &Path, page: &str) -> Result<(), Failure> {
    if path == Path::new("-") {
        return print_document(page);
    }
    let partial = partial_of(path);
    for path in [path, &partial] {
        if path.symlink_metadata().is_ok() {
            return Err(OutputError::InTheWay(path.to_owned()).into());
        }
    }
    write_whole(&partial, page)?;
    // Unlike renaming, giving it a second name never replaces what somebody has put there meanwhile.
    let linked = fs::hard_link(&partial, path).or_else(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Err(error),
        // There are file systems without; there, too, the page is whole under its name.
        _ => fs::rename(&partial, path),
    });
    fs::remove_file(&partial).ok();
    linked.map_err(|error| OutputError::io("publishing", path)(error))?;
    say(Tone::Note, &format!("report: {}", path.display()));
    Ok(())
}

/// Where a page is written first.
fn partial_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// Writes a new file; nothing is left of one that could not be written.
fn write_whole(path: &Path, page: &str) -> Result<(), Failure> {
    let mut file = fs::File::create_new(path).map_err(|error| OutputError::io("creating", path)(error))?;
    let written = file.write_all(page.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| {
        fs::remove_file(path).ok();
        OutputError::io("writing", path)(error).into()
    })
}
