//! Plans: estimates against what runs then show, and runs that are refused.

use std::process::{Command, Output};

use skirmish::plan::{self, Plan};

use crate::support::{TempDir, compile, options, simulate};

/// Of a launch and of an established game; one of them with all kinds of encounters.
const WORLDS: [&str; 2] = [
    "seed = 3\n[clock]\ndays = 4\n[population]\nplayers = 6000\n[population.installs]\nveteran_share = 0\nhorizon_days = 4\n\
     [output.tables]\nencounters_swept = true\nencounters_team = true\nencounters_group = true\nrounds = true\nheartbeats_received = true\ntruth_defects = true\n\
     [modes.duel]\nteam_size = 5\nmatch_minutes = 12\n",
    "seed = 4\n[clock]\ndays = 2\n[population]\nplayers = 60000\nrealms = 3\n[output]\nheartbeat_players_one_in = 3\n",
];

#[test]
fn rows_and_bytes_are_within_fifteen_percent_of_what_a_run_shows() {
    for world in WORLDS {
        let setting = compile(world, &[]);
        let plan = Plan::new(&setting, 2, &mut |_| {}).unwrap();
        let run = simulate(&setting, &options(2));
        let mut compared = 0;
        for (name, total) in run.report.committed.tables.iter().filter(|(_, total)| total.rows > 500) {
            let expected = plan.tables[name];
            let off = |expected: f64, actual: u64| (expected / actual as f64 - 1.0).abs();
            assert!(off(expected.rows, total.rows) < 0.15, "{name}: {} rows expected, {}", expected.rows, total.rows);
            assert!(
                off(expected.bytes, total.bytes) < 0.15,
                "{name}: {} bytes expected, {}",
                expected.bytes,
                total.bytes
            );
            compared += 1;
        }
        assert!(compared >= 6, "{compared}");
        // What has a row an entry of the scenario is counted, not estimated.
        for name in ["items", "countries", "maps", "event_types"] {
            assert_eq!(plan.tables[name].rows, run.table(name).len() as f64, "{name}");
        }
        // Every life was drawn, with the draws of the run: sessions are exact, and heartbeats but for those who move a sitting
        // to that of a friend.
        let sums = skirmish::run::summary::total(&run.report.committed.days);
        if setting.population.players <= 20_000 {
            let heartbeats = plan.activity.total().heartbeats;
            if setting.scenario.file.parties.share == 0.0 {
                assert_eq!(heartbeats.round() as u64, sums.heartbeats);
            }
            assert!((heartbeats / sums.heartbeats as f64 - 1.0).abs() < 0.06, "{heartbeats} of {}", sums.heartbeats);
            assert_eq!(plan.activity.total().sessions.round() as u64, sums.rows.session_ends);
        }
        let quick = plan::quick_needs(&setting, 2);
        assert!((quick.disk() / plan.needs().disk() - 1.0).abs() < 0.35, "{quick:?} {:?}", plan.needs());
    }
}

#[test]
fn planned_memory_grows_with_accounts_sessions_and_threads() {
    let folder = TempDir::new();
    let text =
        "[clock]\ndays = 3\n[population]\nplayers = 20000\nrealms = 4\n[population.installs]\nhorizon_days = 3\n";
    std::fs::write(folder.path().join("game.toml"), text).unwrap();
    let memory = |extra: &[&str]| {
        let output = skirmish(&folder, &[&["plan", "game.toml", "--json"], extra].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        value["memory_bytes"].as_f64().unwrap()
    };
    let one = memory(&["--threads", "1"]);
    let two = memory(&["--threads", "2"]);
    let more = memory(&["--threads", "2", "--set", "population.players=80000"]);
    assert!(one < two && two < more, "{one} {two} {more}");
    // Within a factor of what sessions and accounts are: the exact share depends on the machine's allocator.
    assert!((20e6..400e6).contains(&two), "{two}");
}

fn skirmish(folder: &TempDir, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_skirmish")).args(args).current_dir(folder.path()).output().unwrap()
}

#[test]
fn a_run_that_cannot_fit_is_refused_with_figures_and_what_to_change() {
    let folder = TempDir::new();
    std::fs::write(
        folder.path().join("huge.toml"),
        "[clock]\ndays = 731\nheartbeat_seconds = 1\n[population]\nplayers = 20_000_000\n[encounter]\nmerge_gap_s = 60\n",
    )
    .unwrap();
    let output = skirmish(&folder, &["run", "huge.toml", "--out", "out"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{message}");
    for part in ["huge does not fit this machine: it writes about", "TB and out has", " free: ", "--allow-large"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!folder.path().join("out").exists(), "nothing was made");
}

#[test]
fn a_plan_tells_what_fits_and_how_tables_grow() {
    let folder = TempDir::new();
    std::fs::write(folder.path().join("small.toml"), "[clock]\ndays = 200\n[population]\nplayers = 500\n").unwrap();
    let output = skirmish(&folder, &["plan", "small.toml"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for part in ["small: 500 players, 200 days", "heartbeats", "disk", "memory", "time", ": fits"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let output = skirmish(&folder, &["plan", "small.toml", "--growth"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("| by the end of day | 91 | 182 | 200 |"), "{text}");
    assert!(text.contains("| session_ends |") && text.contains("| all of these |"), "{text}");
    let output = skirmish(&folder, &["plan", "small.toml", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["heartbeats_by_day"].as_array().map(Vec::len), Some(200));
    assert!(
        value["disk_bytes"].as_u64() > Some(10_000) && value["tables"]["heartbeats"]["rows"].as_u64() > Some(1_000)
    );
}
