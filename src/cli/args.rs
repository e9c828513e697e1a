//! What commands take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::screen::{Tone, say};
use crate::encounter::Verify;
use crate::output::Sink;
use crate::run::{Backend, RunOptions};
use crate::scenario::{Scenario, Shipped};

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DocsPage {
    /// Tables and columns
    DataDictionary,
    /// Scenario keys
    ScenarioKeys,
    /// Tables and columns as sources of the warehouse, in YAML
    DbtSources,
    /// What these columns mean, as texts that the warehouse refers to
    DbtColumns,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum BackendArg {
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
pub enum SinkArg {
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
pub struct ScenarioArgs {
    /// Scenario: a TOML file, the name of a shipped one (`skirmish list`), or - for standard input
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// Override a key, such as clock.days=1 or encounter.relation=opponents; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

impl ScenarioArgs {
    /// The scenario, checked.
    pub fn load(&self) -> Result<Scenario, Failure> {
        if self.scenario.is_file() && self.scenario.to_str().and_then(Shipped::named).is_some() {
            let name = self.scenario.display();
            say(Tone::Note, &format!("{name} is a file here; the shipped scenario of that name is not meant"));
        }
        Ok(Scenario::load(&self.scenario, &self.sets)?)
    }
}

#[derive(Debug, Args)]
pub struct PipelineArgs {
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Who finds encounters; the result is the same
    #[arg(long, value_enum, default_value = "auto")]
    pub backend: BackendArg,
    /// Which answers of a GPU are compared with the CPU's
    #[arg(long, value_enum, default_value = "sample")]
    pub gpu_verify: VerifyArg,
}

impl PipelineArgs {
    /// What they say of a run.
    pub fn options(&self) -> RunOptions {
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
pub enum VerifyArg {
    /// None; what cannot be right is found out all the same
    Off,
    /// The first, every 256th and the last of each day; a wrong one ends the run (exit 7) before the day is published
    Sample,
    /// All, slower than the CPU alone; after a wrong one the CPU goes on
    All,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Run folder [default: output/<scenario name>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace an existing run
    #[arg(long)]
    pub overwrite: bool,
    /// Run even if it seems to need more disk or memory than there is
    #[arg(long)]
    pub allow_large: bool,
    #[command(flatten)]
    pub pipeline: PipelineArgs,
    /// Show the day being simulated, rates, stages and memory, as on terminals of 100 columns and more
    #[arg(long, conflicts_with = "quiet")]
    pub watch: bool,
    /// Show nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
    /// Print run.json to standard output instead of the summary
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Run folder whose disk is looked at [default: output/<scenario name>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Print how every table grows, quarter by quarter, as Markdown
    #[arg(long)]
    pub growth: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "growth")]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// File to create [default: standard output, like -]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Start from a shipped scenario (`skirmish list`) or another file instead of all keys at their defaults
    #[arg(long, value_name = "SCENARIO")]
    pub from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Show nothing but problems
    #[arg(long, short)]
    pub quiet: bool,
    /// Print what the scenario amounts to as JSON
    #[arg(long, conflicts_with = "resolved")]
    pub json: bool,
    /// Print the scenario with every default filled in
    #[arg(long)]
    pub resolved: bool,
}

#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Simulate so many days instead of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=731))]
    pub days: Option<u32>,
    /// Measure a slice that begins on this day, one day long unless --days says otherwise
    #[arg(long, value_name = "DAY", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=730))]
    pub from_day: u32,
    /// What to do with rows
    #[arg(long, value_enum, default_value = "parquet")]
    pub sink: SinkArg,
    #[command(flatten)]
    pub pipeline: PipelineArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Scenario whose frames are used for the choice [default: the built-in one]
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
