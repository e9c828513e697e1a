//! The command line: arguments, exit codes, and which command does what.

mod args;
mod bench;
mod detect;
mod doctor;
mod failure;
mod machine;
mod plan;
mod run;
mod scenario;
mod screen;
mod signals;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::run::{RunError, panic_text};
use args::{BenchArgs, CheckArgs, DocsPage, DoctorArgs, PlanArgs, RunArgs};
use failure::{Failure, describe};
use screen::print;

/// Simulates the telemetry of a global online shooter: exact, deterministic, straight to Parquet.
#[derive(Debug, Parser)]
#[command(name = "skirmish", version, about, max_term_width = 110, arg_required_else_help = true)]
#[command(after_help = "Start here:\n  skirmish run scenarios/quickstart.toml\n\nExit codes: 0 ok, 1 internal error, \
2 usage, 3 invalid scenario or input, 4 output refused, 5 I/O error,\n6 GPU required and failed, 7 verification failed, \
129, 130 and 143 interrupted.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate a scenario and write its tables
    Run(RunArgs),
    /// Check a scenario file and show what it amounts to
    Check(CheckArgs),
    /// Estimate what a run will write and need, and whether it fits this machine
    Plan(PlanArgs),
    /// Write a commented scenario file with every key at its default
    Init {
        /// File to create [default: standard output]
        file: Option<PathBuf>,
    },
    /// Print the JSON Schema of scenario files, for completion in editors
    Schema,
    /// Run the real pipeline on a scenario and print where the time goes
    Bench(BenchArgs),
    /// Find contacts and encounters in positions that Skirmish did not make
    #[command(args_override_self = true)]
    Detect(Box<detect::DetectArgs>),
    /// List GPUs, test them against the CPU and show what --backend auto would choose
    Doctor(DoctorArgs),
    /// Print shell completions
    Completions {
        /// Shell to complete for
        shell: clap_complete::Shell,
    },
    /// Print a generated reference page in Markdown
    Docs {
        /// Page to print
        page: DocsPage,
    },
}

/// Runs the command of a command line and returns its exit code.
pub fn main(args: impl Iterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not errors; a closed pipe while printing them is nobody's fault.
            drop(error.print());
            return error.exit_code() as u8;
        }
    };
    // A defect is told like any other failure; the panic's own message has gone to standard error before.
    let outcome = catch_unwind(AssertUnwindSafe(|| dispatch(cli.command)));
    let outcome = outcome.unwrap_or_else(|panic| Err(RunError::Internal(panic_text(&*panic)).into()));
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            eprintln!("{}", describe(&failure));
            failure.exit_code()
        }
    }
}

fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => scenario::check(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Init { file } => scenario::init(file.as_deref()),
        Command::Schema => print(&format!("{:#}\n", crate::scenario::schema::json_schema())),
        Command::Bench(args) => bench::bench(&args),
        Command::Detect(args) => detect::detect(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut <Cli as clap::CommandFactory>::command(), "skirmish", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
        Command::Docs { page: DocsPage::DataDictionary } => print(&crate::table::page()),
        Command::Docs { page: DocsPage::ScenarioKeys } => print(&crate::scenario::schema::reference_page()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
