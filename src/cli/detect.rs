//! `skirmish detect`: contacts and encounters of anyone's Parquet.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::display::Display;
use super::failure::Failure;
use super::screen::{print, print_json};
use super::signals::Signals;
use crate::detect::{self, Columns, DetectFailure, DetectOptions, LengthUnit, TimeUnit};
use crate::encounter::MAX_RADIUS_CM;
use crate::output::OutputError;
use crate::report::{grouped, short};

/// Flags of `skirmish detect`. The defaults fit the heartbeats of a run.
#[derive(Debug, Args)]
pub struct DetectArgs {
    /// Parquet files, folders of them, or patterns in quotes
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Folder to write to: tables/contacts and tables/encounters
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace the two tables of an earlier detection; nothing else is ever touched
    #[arg(long)]
    overwrite: bool,
    /// Column of positions east
    #[arg(long, value_name = "COLUMN", default_value = "position_x_cm")]
    x: String,
    /// Column of positions north
    #[arg(long, value_name = "COLUMN", default_value = "position_y_cm")]
    y: String,
    /// Column of positions up; none for a plane
    #[arg(long, value_name = "COLUMN", default_value = "position_z_cm")]
    z: String,
    /// Unit of the positions
    #[arg(long, value_enum, default_value = "cm")]
    unit: LengthUnitArg,
    /// Fractions of positions are rounded to a grid of this many centimetres
    #[arg(long, value_name = "CM", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    grid_cm: u32,
    /// Column of what keeps players apart (match, map, ...); none if all can meet
    #[arg(long, value_name = "COLUMN", default_value = "match_id")]
    group: String,
    /// Column of times: timestamps, or integers in --time-unit
    #[arg(long, value_name = "COLUMN", default_value = "event_ts")]
    time: String,
    /// Unit of times that are integers
    #[arg(long, value_enum, default_value = "ms")]
    time_unit: TimeUnitArg,
    /// Column of players
    #[arg(long, value_name = "COLUMN", default_value = "player_id")]
    id: String,
    /// A pair this near or nearer is in contact; beyond 37,836 in whole steps of a coarser grid
    #[arg(long, value_name = "CM", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    radius_cm: u32,
    /// A pair this near or nearer keeps an open encounter alive [default: the radius]
    #[arg(long, value_name = "CM", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    exit_radius_cm: Option<u32>,
    /// Longest time between two near times of one encounter
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(0..=4_000_000))]
    merge_gap_s: u32,
    /// Most memory for rows that overlap in time, and for pairs that are near at once
    #[arg(long, value_name = "MB", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..))]
    memory_mb: u32,
    /// Show nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// Print a summary as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LengthUnitArg {
    /// Centimetres
    Cm,
    /// Metres
    M,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TimeUnitArg {
    /// Seconds
    S,
    /// Milliseconds
    Ms,
}

/// Detects and prints a summary.
pub fn detect(args: &DetectArgs) -> Result<(), Failure> {
    let unless_none = |name: &String| (name != "none").then(|| name.clone());
    let exit_radius_cm = args.exit_radius_cm.unwrap_or(args.radius_cm);
    if exit_radius_cm < args.radius_cm {
        return Err(Failure::Usage(format!(
            "--exit-radius-cm {exit_radius_cm}: must be at least --radius-cm {}",
            args.radius_cm
        )));
    }
    let step_cm = step_cm(args.radius_cm, exit_radius_cm, args.grid_cm)?;
    let options = DetectOptions {
        inputs: args.inputs.clone(),
        columns: Columns {
            x: args.x.clone(),
            y: args.y.clone(),
            z: unless_none(&args.z),
            group: unless_none(&args.group),
            time: args.time.clone(),
            id: args.id.clone(),
            unit: match args.unit {
                LengthUnitArg::Cm => LengthUnit::Centimetres,
                LengthUnitArg::M => LengthUnit::Metres,
            },
            time_unit: match args.time_unit {
                TimeUnitArg::S => TimeUnit::Seconds,
                TimeUnitArg::Ms => TimeUnit::Milliseconds,
            },
            grid_cm: args.grid_cm,
        },
        radius_cm: args.radius_cm,
        exit_radius_cm,
        step_cm,
        merge_gap_s: args.merge_gap_s,
        memory_bytes: (args.memory_mb as usize) << 20,
    };
    let started = Instant::now();
    let mut display = Display::new("detect", args.quiet);
    let signals = Signals::catch();
    let detected = detect::detect(&options, &args.out, args.overwrite, &mut |share| {
        display.show_share(share);
        !signals.is_caught()
    });
    display.end();
    let summary = match detected {
        Err(DetectFailure::Output(OutputError::Stopped)) => {
            return Err(Failure::Interrupted { signal: signals.which() });
        }
        detected => detected?,
    };
    let seconds = started.elapsed().as_secs_f64();
    if args.json {
        return print_json(&json!({
                "files": summary.files, "rows": summary.rows, "times": summary.times, "players": summary.players,
                "groups": summary.groups, "contacts": summary.contacts, "encounters": summary.encounters,
                "seconds": seconds,
        }));
    }
    if args.quiet {
        return Ok(());
    }
    print(&format!(
        "{} positions of {} players in {} groups at {} times\n{} contacts and {} encounters in {:.1} s ({}/s), in {}\n",
        grouped(summary.rows),
        grouped(summary.players),
        grouped(summary.groups),
        grouped(summary.times),
        grouped(summary.contacts),
        grouped(summary.encounters),
        seconds,
        short(summary.rows as f64 / seconds.max(1e-9)),
        args.out.join("tables").display(),
    ))
}

/// What distances are computed in: centimetres, or steps of the grid where the radius is too large for those.
fn step_cm(radius_cm: u32, exit_radius_cm: u32, grid_cm: u32) -> Result<u32, Failure> {
    if exit_radius_cm <= MAX_RADIUS_CM {
        return Ok(1);
    }
    if !radius_cm.is_multiple_of(grid_cm) || !exit_radius_cm.is_multiple_of(grid_cm) {
        return Err(Failure::Usage(format!(
            "--radius-cm {radius_cm}, exit {exit_radius_cm}: beyond {MAX_RADIUS_CM} both must be multiples of --grid-cm {grid_cm}"
        )));
    }
    if exit_radius_cm / grid_cm > MAX_RADIUS_CM {
        return Err(Failure::Usage(format!(
            "--radius-cm {radius_cm}, exit {exit_radius_cm}: more than {MAX_RADIUS_CM} steps of --grid-cm {grid_cm}; use a \
             grid of at least {}",
            exit_radius_cm.div_ceil(MAX_RADIUS_CM)
        )));
    }
    Ok(grid_cm)
}
