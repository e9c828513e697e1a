//! The same scenario gives the same bytes, however it is run.

use std::sync::Arc;

use skirmish::encounter::CpuDetector;
use skirmish::encounter::Verify;
use skirmish::encounter::gpu::GpuDetector;
use skirmish::run::Backend;
use skirmish::run::RunOptions;
use skirmish::setting::Setting;
use skirmish::table::{DayRows, TableKind};
use skirmish::world::{LoadError, Realm, Stepper};

use crate::database::rows_of;
use crate::support::{Run, compile, gpu_or_skip, options, simulate};

/// Small, but with everything: five realms in two shards, both kinds of mode, large and small matches, so that the GPU meets all pairs and cell lists.
const WORLD: &str = r#"
seed = 5
[clock]
days = 2
heartbeat_seconds = 60
[population]
players = 4000
realms = 5
[population.installs]
veteran_share = 0.5
veteran_days = 20
horizon_days = 2
[encounter]
radius_cm = 1000
exit_radius_cm = 1300
[output]
shards = 2
tables = { encounters_swept = true, encounters_team = true, encounters_group = true, rounds = true, heartbeats_received = true, truth_defects = true }
[maps.square]
extent_x_m = 250
extent_y_m = 250
[defects]
late_share = 0.1
duplicate_share = 0.02
lost_share = 0.02
jitter_share = 0.1
skew_share = 0.05
[outages.cable]
hour_utc = 20
[sales.launch]
days = 1
[cheating]
share = 0.2
[cheats.speed]
onset_days = 0
speed_factor = 2
[cheats.teleport]
onset_days = 5
teleport_chance = 0.1
[cheats.aim]
skill = 1
headshot_factor = 3
[reports]
honest_per_kill = 0.01
cheater_per_kill = 0.05
[anticheat]
jumps = 1
headshot_kills = 4
flags_to_ban = 1
wave_days = 1
[effects]
death_ends_session = 0.05
loss_ends_session = 0.2
losing_ends_career = 0.2
party_keeps_player = 0.5
[movements.run]
[modes.crowd]
teams = 2
team_size = 150
match_minutes = 45
[modes.duel]
teams = 4
team_size = 2
match_minutes = 8
round_s = 180
[modes.survival]
teams = 10
team_size = 2
match_minutes = 15
elimination = true
circle_closes = true
join_window_s = 120
"#;

fn world(sets: &[&str]) -> Arc<Setting> {
    compile(WORLD, sets)
}

/// The world with several windows a day, in which tables fill row groups: what takes thousands of players otherwise.
fn crowded() -> Arc<Setting> {
    let mut setting = world(&[]);
    let size = &mut Arc::get_mut(&mut setting).unwrap().size;
    (size.window_ticks, size.rows_per_group) = (300, 400);
    setting
}

#[test]
fn threads_order_and_grouping_of_realms_show_in_no_byte() {
    for setting in [world(&[]), crowded()] {
        let reference = simulate(&setting, &options(1)).digests();
        assert!(reference.len() > 40);
        for threads in [2, 5] {
            assert_eq!(simulate(&setting, &options(threads)).digests(), reference, "{threads} threads");
        }
        for (group, shuffle) in [(1, Some(1)), (2, None), (3, Some(2)), (5, None), (5, Some(3))] {
            let options = RunOptions { realms_per_group: Some(group), shuffle, ..options(2) };
            assert_eq!(simulate(&setting, &options).digests(), reference, "groups of {group}, shuffle {shuffle:?}");
        }
    }
}

#[test]
fn windows_and_row_groups_of_any_size_hold_the_same_rows() {
    let (whole, crowded) = (simulate(&world(&[]), &options(2)), simulate(&crowded(), &options(2)));
    // Windows of 300 of 1,440 ticks, realms that fill groups in a window and leave rows for their shard.
    let groups = |run: &Run| run.table("kills").groups.chunk_by(|a, b| a == b).map(<[usize]>::len).collect::<Vec<_>>();
    let (few, groups) = (groups(&whole).len(), groups(&crowded));
    assert!(groups.len() > 2 * few, "{few} and {groups:?}");
    assert!(
        groups.iter().any(|&rows| rows >= 400) && groups.iter().any(|&rows| (100..400).contains(&rows)),
        "{groups:?}"
    );
    for table in skirmish::table::all().into_iter().filter(|table| table.kind == TableKind::Fact) {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let rows = |run: &Run| rows_of(&run.root, table.name, &columns);
        assert!(rows(&crowded) == rows(&whole), "{}", table.name);
    }
    assert_eq!(crowded.report.tallies, whole.report.tallies, "what is counted window by window");
}

#[test]
fn many_threads_and_few_realms_step_every_realm_in_turn() {
    // One group for eight workers: each day is waited for by all of them at once.
    let sets = [
        "clock.days=15",
        "clock.heartbeat_seconds=3600",
        "encounter.merge_gap_s=3600",
        "encounter.team_merge_gap_s=3600",
    ];
    let setting = world(&[&sets[..], &["population.players=60", "population.realms=2"]].concat());
    let reference = simulate(&setting, &options(1)).digests();
    for _ in 0..4 {
        let options = RunOptions { realms_per_group: Some(2), ..options(8) };
        assert!(simulate(&setting, &options).digests() == reference);
    }
}

#[test]
fn cpu_and_gpu_write_the_same_bytes() {
    if gpu_or_skip(GpuDetector::open).is_none() {
        return;
    }
    let setting = world(&["clock.days=1"]);
    let reference = simulate(&setting, &options(2)).digests();
    for (threads, group) in [(1, 1), (2, 3), (5, 2)] {
        let options = RunOptions {
            backend: Backend::Gpu,
            gpu_verify: Verify::All,
            realms_per_group: Some(group),
            shuffle: Some(threads as u64),
            ..options(threads)
        };
        let run = simulate(&setting, &options);
        assert!(run.report.detector.starts_with("gpu"), "{}", run.report.detector);
        assert_eq!(run.digests(), reference, "{threads} threads, groups of {group}");
    }
}

#[test]
fn the_seed_changes_the_rows() {
    let [first, second] = ["seed=5", "seed=6"].map(|seed| simulate(&world(&["clock.days=1", seed]), &options(2)));
    for table in skirmish::table::all() {
        let [a, b] = [&first, &second].map(|run| run.table(table.name));
        // Whoever is condemned on the first day is banned on the second.
        if table.name == "bans" {
            continue;
        }
        assert!(a.len() > 0, "{} has rows", table.name);
        // The other dimensions say what the scenario says.
        let is_drawn = table.kind == TableKind::Fact || ["players", "truth_players"].contains(&table.name);
        assert_eq!(a.columns == b.columns, !is_drawn, "{}", table.name);
    }
}

#[test]
fn turning_a_table_off_changes_no_byte_of_any_other() {
    let all = simulate(&world(&["clock.days=1"]), &options(2)).digests();
    for table in skirmish::table::all() {
        let switch = format!("output.tables.{}=false", table.name);
        let rest = simulate(&world(&["clock.days=1", &switch]), &options(2)).digests();
        let expected: Vec<_> =
            all.iter().filter(|(path, _)| !path.starts_with(&format!("{}/", table.name))).cloned().collect();
        assert!(expected.len() < all.len(), "{} has files", table.name);
        assert_eq!(rest, expected, "without {}", table.name);
    }
}

#[test]
fn a_longer_run_changes_only_the_tail() {
    let is_tail = |path: &str| path.contains("/tail-");
    let short = simulate(&world(&["clock.days=1"]), &options(2)).digests();
    let long = simulate(&world(&["clock.days=2"]), &options(2)).digests();
    let tails = short.iter().filter(|(path, _)| is_tail(path)).count();
    assert!(tails >= 6, "sessions, matches, participations and encounters were open: {tails}");
    for file in short.iter().filter(|(path, _)| !is_tail(path)) {
        assert!(long.contains(file), "{} is the same in the longer run", file.0);
    }
}

#[test]
fn every_enabled_table_has_a_file_for_every_day_and_nothing_else_stands_in_its_folder() {
    let run = simulate(&world(&["output.tables.kills=false"]), &options(2));
    let files: Vec<String> = run.digests().into_iter().map(|(path, _)| path).collect();
    for table in skirmish::table::all() {
        let own: Vec<&String> = files.iter().filter(|path| path.starts_with(&format!("{}/", table.name))).collect();
        match (table.name, table.kind) {
            ("kills", _) => assert!(own.is_empty()),
            (name, TableKind::Fact) => {
                for date in ["2026-01-05", "2026-01-06"] {
                    for shard in 0..2 {
                        let path = format!("{name}/date={date}/part-{shard:05}-00000.parquet");
                        assert!(files.contains(&path), "{path}");
                    }
                }
            }
            (name, _) => assert_eq!(own, [&format!("{name}/part-00000-00000.parquet")]),
        }
    }
    assert!(files.iter().all(|path| path.ends_with(".parquet")));
    assert!(!run.root.join("tables/kills").exists());
    assert!(!run.root.join("_staging").exists());
}

/// Digest of the digests of all files of a run.
fn digest_of(run: &Run) -> String {
    use sha2::Digest;
    let lines: String = run.digests().iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    skirmish::scenario::hex(&sha2::Sha256::digest(lines))
}

#[test]
fn the_golden_digest_is_unchanged() {
    let golden = include_str!("golden.txt").trim();
    let run = simulate(&world(&[]), &options(2));
    assert_eq!(
        digest_of(&run),
        golden,
        "the data has changed: if that is meant, raise DATA_VERSION, explain it in CHANGELOG.md and update \
         tests/it/golden.txt"
    );
}

/// Steps a realm through a span of ticks on the CPU.
fn step(realm: &mut Realm, ticks: std::ops::Range<u32>) -> DayRows {
    let (mut stepper, mut detector) = (Stepper::default(), CpuDetector::default());
    realm.open_window(ticks.clone());
    for tick in ticks {
        stepper.step(tick, std::slice::from_mut(realm), &mut detector).unwrap();
    }
    realm.take_rows()
}

/// A tick before which somebody was eliminated who plays on.
fn after_an_elimination(setting: &Arc<Setting>) -> u32 {
    let mut realm = Realm::new(Arc::clone(setting), 1);
    let ticks = 0..setting.clock.ticks_per_day();
    let waits = |tick: &u32| {
        step(&mut realm, *tick..tick + 1);
        realm.waiting() > 0
    };
    ticks.into_iter().find(waits).expect("somebody is eliminated on a day") + 1
}

#[test]
fn a_realm_that_was_saved_and_loaded_steps_on_like_one_that_was_not() {
    let setting = world(&[]);
    let day = setting.clock.ticks_per_day();
    // A save in the middle of the day catches matches and encounters in flight, and players who wait for the next match.
    let cuts = [1, day / 2, day - 1, day, after_an_elimination(&setting)];
    for cut in cuts {
        let mut kept = Realm::new(Arc::clone(&setting), 1);
        step(&mut kept, 0..cut);
        let state = kept.save();
        let mut loaded = Realm::load(Arc::clone(&setting), 1, &state).expect("the state is whole");
        assert_eq!(loaded.save(), state, "saving what was loaded gives the same bytes");
        let end = cut + day / 2;
        let (mut a, mut b) = (step(&mut kept, cut..end), step(&mut loaded, cut..end));
        kept.close();
        loaded.close();
        assert!(!a.session_ends.is_empty() && !a.encounters.is_empty());
        for (rows, others) in [(&mut a, &mut b), (&mut kept.take_rows(), &mut loaded.take_rows())] {
            for rows in [&mut *rows, &mut *others] {
                let mut sorted = DayRows::default();
                rows.copy_sorted(&mut sorted);
                *rows = sorted;
            }
            assert_eq!(format!("{rows:?}"), format!("{others:?}"), "cut at tick {cut}");
        }
        let columns = |realm: &mut Realm| realm.trajectories().next_columns(setting.clock);
        assert!(columns(&mut kept) == columns(&mut loaded), "heartbeats, cut at tick {cut}");
    }
}

#[test]
fn damage_in_any_byte_of_a_saved_state_is_refused() {
    let sets = ["population.players=120", "population.realms=2", "clock.heartbeat_seconds=3600"];
    let setting = world(&[&sets[..], &["encounter.merge_gap_s=3600", "encounter.team_merge_gap_s=3600"]].concat());
    let mut realm = Realm::new(Arc::clone(&setting), 1);
    step(&mut realm, 0..20);
    let state = realm.save();
    let empty = Realm::new(Arc::clone(&setting), 1).save();
    assert!(state.len() > empty.len() + 500, "sessions are open: {} bytes", state.len());
    let load = |state: &[u8]| Realm::load(Arc::clone(&setting), 1, state).err();
    assert_eq!(load(&state), None);
    for at in 0..state.len() {
        let mut damaged = state.clone();
        damaged[at] ^= 1 << (at % 8);
        assert_eq!(load(&damaged), Some(LoadError::Damaged), "byte {at}");
        assert_eq!(load(&state[..at]), Some(LoadError::Damaged), "{at} bytes");
    }
    assert_eq!(load(&[&state[..], &[0]].concat()), Some(LoadError::Damaged), "a byte too many");
}

/// A saved state with a byte changed and the digest made right again.
fn forged(state: &[u8], at: usize, byte: u8) -> Vec<u8> {
    use sha2::Digest;
    let mut forged = state[..state.len() - 32].to_vec();
    forged[at] = byte;
    let digest = sha2::Sha256::digest(&forged);
    forged.extend_from_slice(&digest);
    forged
}

#[test]
fn a_saved_state_of_another_version_is_refused() {
    let setting = world(&[]);
    let state = Realm::new(Arc::clone(&setting), 1).save();
    let load = |state: &[u8]| Realm::load(Arc::clone(&setting), 1, state).err();
    // Eight letters, the version of states and that of data.
    assert_eq!(load(&forged(&state, 0, b'S')), Some(LoadError::Damaged));
    for at in [8, 12] {
        let error = load(&forged(&state, at, 77)).expect("it is refused");
        assert!(matches!(&error, LoadError::Version { found, .. } if found.contains("77")), "{error}");
    }
    let other = world(&["output.tables.encounters_swept=false"]);
    assert_eq!(Realm::load(other, 1, &state).err(), Some(LoadError::Tables));
}

#[test]
fn a_saved_state_is_refused_by_another_realm_and_another_world() {
    let setting = world(&[]);
    let mut realm = Realm::new(Arc::clone(&setting), 2);
    step(&mut realm, 0..10);
    let state = realm.save();
    let refused = Realm::load(Arc::clone(&setting), 3, &state).err();
    assert_eq!(refused, Some(LoadError::Realm { found: 2, expected: 3 }));
    let other = world(&["seed=6"]);
    let refused = Realm::load(other, 2, &state).err();
    assert!(matches!(refused, Some(LoadError::World { found, .. }) if found == setting.world_hash));
    let longer = world(&["clock.days=30", "output.tables.kills=false"]);
    let loaded = Realm::load(longer, 2, &state);
    assert!(loaded.is_ok(), "a longer run with fewer tables is the same world");
}
