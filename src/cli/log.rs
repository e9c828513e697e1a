//! What the program says of its own work with `-v`: log lines on standard error.

use clap::{Args, ValueEnum};
use tracing::level_filters::LevelFilter;

use super::screen::speak_json;

/// How much is logged, and how.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Say on standard error what is being done; twice for more
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Logging")]
    pub verbose: u8,
    /// How log lines look
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT", help_heading = "Logging")]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line, warnings and errors, too; no progress
    Json,
}

/// From now on logs what was asked for.
pub fn start(args: &LogArgs) {
    let is_json = matches!(args.log_format, LogFormat::Json);
    let level = match args.verbose {
        0 if is_json => LevelFilter::WARN,
        0 => return,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_ansi(false);
    // A process has one subscriber; a second one could only come from a caller's own, which then stays.
    drop(match args.log_format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    });
    if is_json {
        speak_json();
    }
}
