//! The command line: arguments, exit codes, and which command does what.

mod bench;
mod detect;
mod doctor;
mod machine;
mod plan;
mod run;
mod scenario;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::detect::{DetectFailure, InputError};
use crate::encounter::Verify;
use crate::output::OutputError;
use crate::output::Sink;
use crate::report::{grouped, plural};
use crate::run::{Backend, RunError, RunOptions, panic_text};
use crate::scenario::{Problems, Scenario};

/// Simulates the telemetry of a global online shooter: exact, deterministic, straight to Parquet.
#[derive(Debug, Parser)]
#[command(name = "skirmish", version, about, max_term_width = 110, arg_required_else_help = true)]
#[command(after_help = "Start here:\n  skirmish run scenarios/quickstart.toml\n\nExit codes: 0 ok, 1 internal error, \
2 usage, 3 invalid scenario or input, 4 output refused, 5 I/O error,\n6 GPU required and failed, 7 verification failed, \
130 and 143 interrupted.")]
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DocsPage {
    /// Tables and columns
    DataDictionary,
    /// Scenario keys
    ScenarioKeys,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BackendArg {
    /// The faster one on this scenario's frames; a software GPU is never chosen
    Auto,
    /// The CPU
    Cpu,
    /// The GPU, or exit code 6
    Gpu,
}

impl From<BackendArg> for Backend {
    fn from(arg: BackendArg) -> Self {
        match arg {
            BackendArg::Auto => Self::Auto,
            BackendArg::Cpu => Self::Cpu,
            BackendArg::Gpu => Self::Gpu,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SinkArg {
    /// Parquet files in a temporary folder
    Parquet,
    /// Encoded, then dropped
    Encode,
    /// Dropped before encoding
    Null,
}

impl From<SinkArg> for Sink {
    fn from(arg: SinkArg) -> Self {
        match arg {
            SinkArg::Parquet => Self::Parquet,
            SinkArg::Encode => Self::Encode,
            SinkArg::Null => Self::Null,
        }
    }
}

#[derive(Debug, Args)]
struct ScenarioArgs {
    /// Scenario file (TOML)
    #[arg(value_name = "FILE")]
    scenario: PathBuf,
    /// Override a key, such as clock.days=1 or encounter.relation=allies; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
}

impl ScenarioArgs {
    fn load(&self) -> Result<Scenario, Failure> {
        Ok(Scenario::load(&self.scenario, &self.sets)?)
    }
}

#[derive(Debug, Args)]
struct PipelineArgs {
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Who finds encounters; the result is the same
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendArg,
    /// Which answers of a GPU are compared with the CPU's
    #[arg(long, value_enum, default_value = "sample")]
    gpu_verify: VerifyArg,
}

impl PipelineArgs {
    fn options(&self) -> RunOptions {
        let mut options = RunOptions {
            backend: self.backend.into(),
            gpu_verify: match self.gpu_verify {
                VerifyArg::Off => Verify::Off,
                VerifyArg::Sample => Verify::Sample,
                VerifyArg::All => Verify::All,
            },
            ..RunOptions::default()
        };
        if let Some(threads) = self.threads {
            options.threads = threads.into();
        }
        options
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum VerifyArg {
    /// None
    Off,
    /// One in 256
    Sample,
    /// All; slower than the CPU alone
    All,
}

#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Run folder [default: output/<scenario name>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace an existing run
    #[arg(long)]
    overwrite: bool,
    /// Run even if it seems to need more disk or memory than there is
    #[arg(long)]
    allow_large: bool,
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// Show nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// Print run.json to standard output instead of the summary
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct PlanArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Run folder whose disk is looked at [default: output/<scenario name>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print how every table grows, quarter by quarter, as Markdown
    #[arg(long)]
    growth: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "growth")]
    json: bool,
}

#[derive(Debug, Args)]
struct CheckArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Show nothing but problems
    #[arg(long, short)]
    quiet: bool,
    /// Print what the scenario amounts to as JSON
    #[arg(long)]
    json: bool,
    /// Print the scenario with every default filled in
    #[arg(long)]
    resolved: bool,
}

#[derive(Debug, Args)]
struct BenchArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Simulate so many days instead of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=731))]
    days: Option<u32>,
    /// Measure a slice that begins on this day, one day long unless --days says otherwise
    #[arg(long, value_name = "DAY", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=730))]
    from_day: u32,
    /// What to do with rows
    #[arg(long, value_enum, default_value = "parquet")]
    sink: SinkArg,
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct DoctorArgs {
    /// Scenario whose frames are used for the choice [default: the built-in one]
    #[arg(value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Why a command failed, and with which exit code.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Scenario(#[from] Problems),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("{error}")]
    Signal { signal: i32, error: RunError },
    #[error("{0}")]
    Verification(String),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    TooLarge(String),
    #[error(transparent)]
    Input(InputError),
}

impl From<DetectFailure> for Failure {
    fn from(failure: DetectFailure) -> Self {
        match failure {
            DetectFailure::Input(error) => Self::Input(error),
            DetectFailure::Output(error) => Self::Output(error),
        }
    }
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Scenario(_) => 3,
            Self::Output(error) | Self::Run(RunError::Output(error)) => match error {
                OutputError::Exists(..)
                | OutputError::Detected(_)
                | OutputError::Foreign(..)
                | OutputError::InTheWay(_) => 4,
                OutputError::Io { .. } => 5,
                OutputError::Parquet { .. } | OutputError::Stopped => 1,
            },
            Self::Run(RunError::Gpu(_)) => 6,
            Self::Run(RunError::Crowd(_)) => 3,
            Self::Run(RunError::Verification(_)) => 7,
            Self::Run(RunError::Interrupted(_)) => 130,
            Self::Run(RunError::Internal(_)) => 1,
            Self::Signal { signal, .. } => (128 + signal) as u8,
            Self::Verification(_) => 7,
            Self::Usage(_) => 2,
            Self::TooLarge(_) => 4,
            Self::Input(_) => 3,
        }
    }
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

fn describe(failure: &Failure) -> String {
    match failure {
        Failure::Scenario(problems) => {
            let count = problems.0.len();
            let plural = if count == 1 { "" } else { "s" };
            format!("{problems}\nerror: {count} problem{plural} in the scenario; nothing was run")
        }
        failure => format!("error: {failure}"),
    }
}

fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => scenario::check(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Init { file } => scenario::init(file.as_deref()),
        Command::Schema => scenario::print(&format!("{:#}\n", crate::scenario::schema::json_schema())),
        Command::Bench(args) => bench::bench(&args),
        Command::Detect(args) => detect::detect(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut <Cli as clap::CommandFactory>::command(), "skirmish", &mut script);
            scenario::print(&String::from_utf8_lossy(&script))
        }
        Command::Docs { page: DocsPage::DataDictionary } => scenario::print(&crate::table::page()),
        Command::Docs { page: DocsPage::ScenarioKeys } => scenario::print(&crate::scenario::schema::reference_page()),
    }
}

/// A number in millions, thousands or ones, three digits.
fn short(value: f64) -> String {
    match value {
        v if v >= 1e9 => format!("{:.2} G", v / 1e9),
        v if v >= 1e6 => format!("{:.2} M", v / 1e6),
        v if v >= 1e4 => format!("{:.1} k", v / 1e3),
        v => format!("{v:.0}"),
    }
}

/// A size in bytes.
fn size(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e12 => format!("{:.2} TB", b / 1e12),
        b if b >= 1e9 => format!("{:.2} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.1} MB", b / 1e6),
        b if b >= 1e3 => format!("{:.1} kB", b / 1e3),
        b => format!("{b:.0} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_for_people() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(short(5_120_000.0), "5.12 M");
        assert_eq!(size(5_300_000), "5.3 MB");
    }

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
