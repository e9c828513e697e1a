//! Scenario files: those that are shipped run, those that are wrong are told apart with exact messages.

use std::path::Path;
use std::sync::Arc;

use skirmish::scenario::Scenario;
use skirmish::setting::Setting;

use crate::support::{Run, compile, options, simulate};

fn shipped() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

#[test]
fn every_shipped_scenario_runs_shrunk() {
    let files = shipped();
    let names: Vec<_> = files.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    for name in ["quickstart", "million", "battle-royale", "city", "close-calls", "twenty-million", "full-house"] {
        assert!(names.contains(&name.to_owned()), "{name} is shipped");
    }
    for path in files {
        let mut sets = vec!["population.players=3000", "population.realms=2", "clock.days=1"];
        if path.ends_with("twenty-million.toml") {
            // Three thousand accounts over two years would leave nobody to meet on the first day.
            sets.push("population.installs.horizon_days=3");
        }
        let sets: Vec<String> = sets.into_iter().map(str::to_owned).collect();
        let scenario = Scenario::load(&path, &sets).unwrap();
        let run = simulate(&Arc::new(Setting::new(scenario)), &options(2));
        let sums = skirmish::run::summary::total(&run.report.committed.days);
        assert!(sums.heartbeats > 10_000, "{}: {sums:?}", path.display());
        assert!(sums.rows.encounters > 50, "{}: {sums:?}", path.display());
    }
}

#[test]
fn shipped_scenarios_stay_under_the_promised_rates_of_encounters_and_kills() {
    for path in shipped() {
        let sets = ["clock.days=1".to_owned()];
        let scenario = Scenario::load(&path, &sets).unwrap();
        if scenario.file.population.players > 100_000 {
            continue;
        }
        let run = simulate(&Arc::new(Setting::new(scenario)), &options(2));
        let sums = skirmish::run::summary::total(&run.report.committed.days);
        let per_heartbeat = |count: u64| count as f64 / sums.heartbeats as f64;
        assert!(
            per_heartbeat(sums.rows.encounters) < 0.15 && per_heartbeat(sums.rows.kills) < 0.3,
            "{}: {sums:?}",
            path.display()
        );
    }
}

/// Cases of the form: a line with ###, the file, options of --set, a line with >>>, the messages.
const BAD: &str = include_str!("bad_scenarios.txt");

#[test]
fn bad_scenarios_are_refused_with_exactly_these_messages() {
    let mut cases = 0;
    for case in BAD.split("### ").filter(|case| !case.trim().is_empty()) {
        let (name, rest) = case.split_once('\n').unwrap();
        let (input, expected) = rest.split_once(">>>\n").unwrap();
        let (sets, text): (Vec<&str>, Vec<&str>) = input.lines().partition(|line| line.starts_with("--set "));
        let sets: Vec<String> = sets.iter().map(|line| line["--set ".len()..].to_owned()).collect();
        let problems = Scenario::parse("bad", "bad.toml", &text.join("\n"), &sets).expect_err(name);
        assert_eq!(problems.0.join("\n"), expected.trim_end(), "{name}");
        cases += 1;
    }
    assert!(cases >= 60, "{cases}");
}

#[test]
fn a_mode_too_large_for_the_quietest_hour_is_warned_about_with_both_figures() {
    let sets = ["modes.team-battle.team_size=500".to_owned()];
    let setting = Setting::new(Scenario::parse("t", "t", "", &sets).unwrap());
    let warnings = setting.warnings();
    let warning = warnings.iter().find(|warning| warning.starts_with("modes.team-battle")).expect("a warning");
    let trough = format!("expects {:.0};", setting.size.trough_online_per_realm);
    assert!(warning.contains("1000 players") && warning.contains(&trough), "{warning}");
}

#[test]
fn a_least_duration_that_filters_nothing_is_warned_about() {
    let warnings = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Setting::new(Scenario::parse("t", "t", "", &sets).unwrap()).warnings()
    };
    let useless = warnings(&["encounter.preset=gfw"]);
    assert!(useless.len() == 1 && useless[0].contains("min_duration_s = 720"), "{useless:?}");
    assert_eq!(warnings(&["encounter.preset=gfw", "output.tables.encounters_swept=true"]), [""; 0]);
}

#[test]
fn the_defaults_are_not_warned_about() {
    assert_eq!(Setting::new(Scenario::parse("t", "t", "", &[]).unwrap()).warnings(), [""; 0]);
}

#[test]
fn sizes_do_not_depend_on_the_length_of_the_run() {
    let size = |days: u32| {
        let sets = [format!("clock.days={days}"), "population.players=500000".into()];
        Setting::new(Scenario::parse("t", "t", "", &sets).unwrap()).size
    };
    assert_eq!(size(1), size(700));
}

#[test]
fn a_preset_fills_in_what_the_scenario_does_not_say() {
    let encounter = |text: &str, sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Scenario::parse("t", "t", text, &sets).unwrap().file.encounter
    };
    let cdc = encounter("[encounter]\npreset = \"cdc\"", &[]);
    assert_eq!((cdc.radius_cm, cdc.min_duration_s, cdc.merge_gap_s), (183, 900, 86_400));
    let own = encounter("[encounter]\nradius_cm = 250\npreset = \"cdc\"", &["encounter.min_duration_s=60"]);
    assert_eq!((own.radius_cm, own.min_duration_s, own.merge_gap_s), (250, 60, 86_400));
    let sprint = encounter("", &["encounter.preset=sprint"]);
    assert_eq!((sprint.team_radius_cm, sprint.team_merge_gap_s, sprint.relation.as_str()), (5_000, 180, "opponents"));
    let (none, gfw) = (encounter("", &[]), encounter("", &["encounter.preset=gfw"]));
    assert_eq!((none.radius_cm, none.min_duration_s), (1_000, 0));
    assert_eq!((gfw.radius_cm, gfw.min_duration_s, gfw.merge_gap_s), (5_000, 720, none.merge_gap_s));
}

#[test]
fn encounters_shorter_than_the_least_duration_are_not_written_and_change_no_other_row() {
    let run = |seconds: u32| {
        let sets = [
            "clock.days=1".to_owned(),
            "population.players=3000".into(),
            "output.tables.encounters_swept=true".into(),
            "output.tables.encounters_team=true".into(),
            format!("encounter.min_duration_s={seconds}"),
        ];
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        simulate(&compile("", &sets), &options(2))
    };
    let (all, long) = (run(0), run(45));
    for name in ["encounters_swept", "encounters_team"] {
        let rows = |run: &Run, least: i64| -> Vec<(i64, i64)> {
            let table = run.table(name);
            let (starts, ends) = (table.numbers("started_at"), table.numbers("ended_at"));
            let duration = starts.iter().zip(ends).map(|(start, end)| end - start);
            table.numbers("encounter_id").iter().copied().zip(duration).filter(|(_, ms)| *ms >= least).collect()
        };
        assert_eq!(rows(&all, 45_000), rows(&long, 0), "{name}");
        assert!(rows(&all, 0).len() > rows(&long, 0).len() && !rows(&long, 0).is_empty(), "{name}");
    }
    assert_eq!(all.table("encounters").numbers("ended_at"), long.table("encounters").numbers("ended_at"));
}

#[test]
fn sampled_heartbeats_are_whole_trajectories_of_the_chosen_and_change_nothing_else() {
    let run = |one_in: u32| {
        let sets = ["clock.days=1", "population.players=3000", &format!("output.heartbeat_players_one_in={one_in}")];
        simulate(&compile("", &sets), &options(2))
    };
    let (all, some) = (run(1), run(7));
    let (everyone, chosen) = (all.table("heartbeats"), some.table("heartbeats"));
    let players: std::collections::BTreeSet<i64> = chosen.numbers("player_id").iter().copied().collect();
    let active: std::collections::BTreeSet<i64> = everyone.numbers("player_id").iter().copied().collect();
    let share = players.len() as f64 / active.len() as f64;
    assert!((0.1..0.19).contains(&share), "{share}");
    let names = ["session_id", "event_ts", "player_id", "match_id", "team_id", "position_x_cm", "position_z_cm"];
    let rows = |table: &crate::support::Table, keep: &dyn Fn(i64) -> bool| {
        let rows = (0..table.len()).filter(|&row| keep(table.numbers("player_id")[row]));
        let mut rows: Vec<Vec<i64>> =
            rows.map(|row| names.iter().map(|name| table.numbers(name)[row]).collect()).collect();
        rows.sort_unstable();
        rows
    };
    assert!(rows(&everyone, &|player| players.contains(&player)) == rows(&chosen, &|_| true));
    let others = |run: &Run| -> Vec<_> {
        run.digests().into_iter().filter(|(path, _)| !path.starts_with("heartbeats/")).collect()
    };
    assert_eq!(others(&all), others(&some));
}
