//! `skirmish show` and `skirmish export`: looking into a run.

use std::fs;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::screen::{Tone, print, say};
use crate::inspect::{self, InspectError, TextFormat};
use crate::output::OutputError;

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Account whose story is told
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..=i64::from(i32::MAX)))]
    player: i64,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Table, as in the data dictionary
    #[arg(long, value_name = "TABLE")]
    table: String,
    /// How rows are written
    #[arg(long, value_enum, default_value = "csv")]
    format: FormatArg,
    /// File to create [default: standard output, like -]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArg {
    /// Comma-separated values, names in the first line
    Csv,
    /// A JSON object a line
    Jsonl,
}

/// Says so if a run is not whole: what is told then is of its whole days.
fn note_unfinished(run: &Path) {
    let text = fs::read_to_string(run.join("run.json")).unwrap_or_default();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    if summary["status"] != "complete" {
        say(Tone::Note, "the run is not finished: what follows is of the days that are whole");
    }
}

/// Tells the story of a player.
pub fn show(args: &ShowArgs) -> Result<(), Failure> {
    note_unfinished(&args.run);
    print(&inspect::story(&args.run, args.player)?)
}

/// Writes a table as text.
pub fn export(args: &ExportArgs) -> Result<(), Failure> {
    note_unfinished(&args.run);
    let format = match args.format {
        FormatArg::Csv => TextFormat::Csv,
        FormatArg::Jsonl => TextFormat::JsonLines,
    };
    let Some(path) = args.out.as_deref().filter(|path| *path != Path::new("-")) else {
        let mut out = BufWriter::new(std::io::stdout().lock());
        return match inspect::export(&args.run, &args.table, format, &mut out) {
            // Whoever reads has seen enough; what is still buffered is for nobody.
            Err(InspectError::Write(error)) if error.kind() == ErrorKind::BrokenPipe => {
                drop(out.into_parts());
                Ok(())
            }
            result => Ok(result.map(drop)?),
        };
    };
    if path.exists() {
        return Err(OutputError::InTheWay(path.to_owned()).into());
    }
    // Under its name it is whole.
    let partial = PathBuf::from(format!("{}.partial", path.display()));
    let failed = |what| move |error| Failure::from(OutputError::io(what, path)(error));
    let file = fs::File::create_new(&partial).map_err(failed("creating"))?;
    let mut out = BufWriter::new(file);
    let written = inspect::export(&args.run, &args.table, format, &mut out).map_err(Failure::from);
    let written = written.and_then(|_| out.flush().map_err(failed("writing")));
    let published = written.and_then(|()| fs::rename(&partial, path).map_err(failed("publishing")));
    if published.is_err() {
        fs::remove_file(&partial).ok();
    }
    published
}
