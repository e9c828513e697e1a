//! The command line: arguments, exit codes, and which command does what.

mod args;
mod bench;
mod detect;
mod display;
mod doctor;
mod failure;
mod generate;
mod ingest;
mod inspect;
mod log;
mod machine;
mod panel;
mod plan;
mod realism;
mod report;
mod run;
mod scenario;
mod screen;
mod signals;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

use crate::run::{RunError, panic_text};
use crate::version::FULL;
use args::{BenchArgs, CheckArgs, DocsPage, DoctorArgs, InitArgs, PlanArgs, RunArgs};
use failure::{Failure, describe};
use log::LogArgs;
use screen::{Tone, print_document, print_json, say, say_line};

/// Simulates the telemetry of a global online shooter: exact, deterministic, straight to Parquet.
#[derive(Debug, Parser)]
#[command(name = "skirmish", version = FULL, about, max_term_width = 110, arg_required_else_help = true)]
#[command(
    after_help = "Start here:\n  skirmish run quickstart\n\nExit codes:\n  0 ok                          5 I/O error\n  \
1 internal error              6 GPU required and failed\n  2 wrong usage                 7 verification failed\n  \
3 invalid scenario or input   129, 130, 143 interrupted\n  4 output refused, or it does not fit"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate a scenario and write its tables
    Run(RunArgs),
    /// List the shipped scenarios
    List,
    /// Check a scenario and show what it amounts to
    Check(CheckArgs),
    /// Estimate what a run will write and need, and whether it fits this machine
    Plan(PlanArgs),
    /// Write a scenario file to start from: every key at its default, commented, or a shipped scenario
    Init(InitArgs),
    /// Write the JSON Schema of scenario files, for completion in editors
    Schema {
        /// File to create [default: standard output, like -]
        file: Option<PathBuf>,
    },
    /// Run the real pipeline on a scenario and print where the time goes
    Bench(BenchArgs),
    /// Find contacts and encounters in positions that Skirmish did not make
    #[command(args_override_self = true)]
    Detect(Box<detect::DetectArgs>),
    /// Draw the report of a run anew, print its numbers, or compare two runs
    Report(report::ReportArgs),
    /// Measure how real runs look, by targets from published work
    Realism(realism::RealismArgs),
    /// Tell the story of one player of a run
    Show(inspect::ShowArgs),
    /// Write a table of a run as CSV or JSON lines
    Export(inspect::ExportArgs),
    /// Feed a run to a PostgreSQL database, as a live game would (oltp/up makes one)
    Ingest(ingest::IngestArgs),
    /// List GPUs, test them against the CPU and show what --backend auto would choose
    Doctor(DoctorArgs),
    /// Print shell completions
    Completions {
        /// Shell to complete for
        shell: clap_complete::Shell,
    },
    /// Write man pages and the completions of all shells, for packages
    Generate {
        /// Folder to write them to; what is there is not overwritten
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Print a generated reference page
    Docs {
        /// Page to print
        page: DocsPage,
    },
}

/// Runs the command of a command line and returns its exit code.
pub fn main(args: impl Iterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.collect();
    let wants_json = args.iter().any(|arg| arg == "--json");
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not errors; a closed pipe while printing them is nobody's fault.
            drop(error.print());
            let code = error.exit_code() as u8;
            if code != 0 && wants_json {
                let text = error.to_string();
                let first = text.lines().next().unwrap_or("").trim_start_matches("error: ").to_owned();
                drop(print_json(&failure::value(&Failure::Usage(first))));
            }
            return code;
        }
    };
    log::start(&cli.log);
    // A defect is told like any other failure; the panic's own message has gone to standard error before.
    let outcome = catch_unwind(AssertUnwindSafe(|| dispatch(cli.command)));
    let outcome = outcome.unwrap_or_else(|panic| Err(RunError::Internal(panic_text(&*panic)).into()));
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            let (problems, error) = describe(&failure);
            problems.iter().for_each(|problem| say_line(problem));
            say(Tone::Error, &error);
            // A verdict was part of the page that has been printed.
            if wants_json && !matches!(failure, Failure::Verdict(_) | Failure::Unreal(_)) {
                drop(print_json(&failure::value(&failure)));
            }
            failure.exit_code()
        }
    }
}

fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Run(args) => run::run(&args),
        Command::List => scenario::list(),
        Command::Check(args) => scenario::check(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Init(args) => scenario::init(&args),
        Command::Schema { file } => scenario::schema(file.as_deref()),
        Command::Bench(args) => bench::bench(&args),
        Command::Detect(args) => detect::detect(&args),
        Command::Report(args) => report::report(&args),
        Command::Realism(args) => realism::realism(&args),
        Command::Show(args) => inspect::show(&args),
        Command::Export(args) => inspect::export(&args),
        Command::Ingest(args) => ingest::ingest(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut <Cli as CommandFactory>::command(), "skirmish", &mut script);
            print_document(&String::from_utf8_lossy(&script))
        }
        Command::Generate { folder } => generate::generate(&<Cli as CommandFactory>::command(), &folder),
        Command::Docs { page: DocsPage::DataDictionary } => print_document(&crate::table::page()),
        Command::Docs { page: DocsPage::ScenarioKeys } => print_document(&crate::scenario::schema::reference_page()),
        Command::Docs { page: DocsPage::DbtSources } => print_document(&crate::table::dbt::sources()),
        Command::Docs { page: DocsPage::DbtColumns } => print_document(&crate::table::dbt::columns()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as CommandFactory>::command().debug_assert();
    }
}
