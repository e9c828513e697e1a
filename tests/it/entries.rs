//! A new entry of a scenario moves only what it wins, on whole runs.

use std::collections::{HashMap, HashSet};

use crate::support::{Column, Run, Table, compile, options, simulate};

/// Two of everything, nobody ever eliminated.
const WORLD: &str = r#"
seed = 9
[clock]
days = 1
[population]
players = 3000
realms = 2
[population.installs]
veteran_share = 0
horizon_days = 1
# Nobody's day depends on friends.
[parties]
share = 0
[regions.east]
countries.DE = { utc_offset_minutes = 60, currency = "EUR" }
countries.PL = { utc_offset_minutes = 60, currency = "EUR" }
[regions.west]
countries.US = { utc_offset_minutes = -300, currency = "USD" }
countries.MX = { utc_offset_minutes = -360, currency = "USD" }
[devices.desktop]
platform = "pc"
[devices.phone]
platform = "mobile"
[archetypes.casual]
[archetypes.fan]
session_minutes = 90
spenders.minnow = { share = 0.9 }
[clusters.minnow]
session_chance = 0.6
again_chance = 0.5
[weapons.rifle]
[weapons.pistol]
[items.hat]
[items.boots]
price_usd_cents = 299
[maps.yard]
extent_x_m = 120
extent_y_m = 120
places.gate = { x_m = 20, y_m = 20 }
places.well = { x_m = 90, y_m = 60 }
spawns.east = { x_m = 85, y_m = 55 }
spawns.west = { x_m = 20, y_m = 20 }
[maps.field]
extent_x_m = 150
extent_y_m = 150
[modes.brawl]
maps = ["yard"]
match_minutes = 8
[modes.chase]
match_minutes = 6
"#;

/// Runs without and with a new entry.
fn runs(entry: &str) -> (Run, Run) {
    let run = |text: &str| simulate(&compile(text, &[]), &options(2));
    (run(WORLD), run(&format!("{WORLD}\n{entry}\n")))
}

/// A row as text, without some columns.
fn row(table: &Table, row: usize, without: &[&str]) -> String {
    let mut names: Vec<&String> = table.columns.keys().filter(|name| !without.contains(&name.as_str())).collect();
    names.sort_unstable();
    let cell = |name: &String| match &table.columns[name] {
        Column::Numbers(values) => values[row].to_string(),
        Column::Texts(values) => values[row].clone(),
        Column::Optional(values) => format!("{:?}", values[row]),
    };
    names.into_iter().map(|name| format!("{name}={}", cell(name))).collect::<Vec<_>>().join(" ")
}

/// Rows that differ carry the new entry; returns how many do, and the keys of those.
fn won(before: &Table, after: &Table, key: &str, column: &str, entry: &str, without: &[&str]) -> HashSet<i64> {
    let old: HashMap<i64, usize> = before.numbers(key).iter().enumerate().map(|(row, key)| (*key, row)).collect();
    assert_eq!(old.len(), before.len(), "{key} is unique");
    let mut won = HashSet::new();
    let mut kept = 0;
    for n in 0..after.len() {
        let key = after.numbers(key)[n];
        if after.texts(column)[n] == entry {
            won.insert(key);
        } else {
            assert_eq!(row(after, n, without), row(before, old[&key], without));
            kept += 1;
        }
    }
    assert!(won.len() > 20 && kept > 20, "{entry} wins {} and leaves {kept}", won.len());
    won
}

/// Sessions of all players but some: when they were and on what.
fn sittings(run: &Run, without: &HashSet<i64>) -> Vec<String> {
    let sessions = run.table("session_ends");
    let of_others = (0..sessions.len()).filter(|&n| !without.contains(&sessions.numbers("player_id")[n]));
    // Whom they met in matches depends on everyone.
    let hidden = ["party_id", "kills", "deaths", "matches", "purchases"];
    of_others.map(|n| row(&sessions, n, &hidden)).collect()
}

/// All tables but some hold the same rows.
fn expect_equal(before: &Run, after: &Run, but: &[&str]) {
    let is_written = |table: &&&skirmish::table::Table| before.root.join("tables").join(table.name).exists();
    for table in skirmish::table::all().iter().filter(is_written).filter(|table| !but.contains(&table.name)) {
        let (old, new) = (before.table(table.name), after.table(table.name));
        assert!(old.columns == new.columns && old.files == new.files, "{}", table.name);
    }
}

#[test]
fn new_regions_countries_and_devices_move_only_the_players_they_win() {
    for (column, name, entry) in [
        ("region", "south", "[regions.south]\nweight = 0.3\ncountries.BR = { utc_offset_minutes = -180 }"),
        ("country", "FR", "[regions.east.countries.FR]\ncurrency = \"EUR\"\nutc_offset_minutes = 60"),
        ("device", "console", "[devices.console]\nplatform = \"console\"\nweight = 0.3"),
    ] {
        let (before, after) = runs(entry);
        let won = won(&before.table("players"), &after.table("players"), "player_id", column, name, &[]);
        assert_eq!(sittings(&before, &won), sittings(&after, &won), "{name}");
        if name == "FR" {
            let players = before.table("players");
            let regions = players.numbers("player_id").iter().zip(players.texts("region"));
            assert!(regions.filter(|(id, _)| won.contains(id)).all(|(_, region)| region == "east"));
        }
    }
}

#[test]
fn a_new_archetype_moves_only_the_players_it_wins() {
    let (before, after) = runs("[archetypes.bored]\nshare = 0.3\nsession_minutes = 10");
    let (old, new) = (before.table("truth_players"), after.table("truth_players"));
    let won = won(&old, &new, "player_id", "archetype", "bored", &[]);
    assert_eq!(sittings(&before, &won), sittings(&after, &won));
    assert!(before.table("players").columns == after.table("players").columns, "it decides nothing else about them");
}

#[test]
fn new_weapons_and_items_move_only_the_rows_they_win_and_no_other_table() {
    for (table, dimension, key, column, name, entry) in [
        ("kills", "weapons", "kill_id", "weapon", "bow", "[weapons.bow]\nweight = 0.4"),
        ("purchases", "items", "purchase_id", "item", "cape", "[items.cape]\nweight = 0.4"),
    ] {
        let (before, after) = runs(entry);
        won(&before.table(table), &after.table(table), key, column, name, &[]);
        assert_eq!(before.table(table).len(), after.table(table).len());
        expect_equal(&before, &after, &[table, dimension]);
    }
}

#[test]
fn a_new_map_moves_only_the_matches_it_wins() {
    let (before, after) = runs("[maps.cellar]\nextent_x_m = 60\nextent_y_m = 60\nrelief_m = 0");
    let won = won(&before.table("matches"), &after.table("matches"), "match_id", "map", "cellar", &[]);
    let steps = |run: &Run| -> Vec<String> {
        let beats = run.table("heartbeats");
        let elsewhere = (0..beats.len()).filter(|&n| !won.contains(&beats.numbers("match_id")[n]));
        elsewhere.map(|n| row(&beats, n, &[])).collect()
    };
    assert!(steps(&before) == steps(&after), "heartbeats of other matches are the same");
}

#[test]
fn a_new_mode_moves_only_the_choices_it_wins() {
    let (before, after) = runs("[modes.parade]\nweight = 0.4\nmatch_minutes = 7");
    /// The mode that each session chooses first. Whether it chooses again or stays where it is depends on the others.
    fn chosen(run: &Run) -> HashMap<i64, String> {
        let (matches, parts) = (run.table("matches"), run.table("participations"));
        let ids = matches.numbers("match_id").iter().copied();
        let modes: HashMap<i64, &String> = ids.zip(matches.texts("mode")).collect();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_unstable_by_key(|&n| std::cmp::Reverse(parts.numbers("joined_at")[n]));
        let mode = |n: usize| (parts.numbers("session_id")[n], modes[&parts.numbers("match_id")[n]].clone());
        order.into_iter().map(mode).collect()
    }
    let (before, after) = (chosen(&before), chosen(&after));
    let (mut kept, mut won) = (0, 0);
    for (session, new) in &after {
        let old = &before[session];
        assert!(new == "parade" || new == old, "session {session}: {old} becomes {new}");
        *if new == "parade" { &mut won } else { &mut kept } += 1;
    }
    assert!(won > 100 && kept > won, "{won} won, {kept} kept");
}

#[test]
fn a_new_place_moves_only_those_who_go_there() {
    let quiet = "[combat]\nenabled = false";
    let run = |entry: &str| {
        let text = format!("{WORLD}\n{quiet}\n{entry}\n");
        simulate(&compile(&text, &["modes.brawl.weight=1000"]), &options(2)).table("heartbeats")
    };
    let place = [60, 100];
    let (before, after) = (run(""), run("[maps.yard.places.shed]\nx_m = 60\ny_m = 100\npopularity = 0.2"));
    assert_eq!(before.len(), after.len());
    let at = |table: &Table, n: usize| ["x", "y"].map(|axis| table.numbers(&format!("position_{axis}_cm"))[n]);
    let from_place = |at: [i64; 2]| {
        let offset = [0, 1].map(|axis| (at[axis] - 100 * place[axis]) as f64);
        (offset[0] * offset[0] + offset[1] * offset[1]).sqrt()
    };
    let key = |table: &Table, n: usize| (table.numbers("session_id")[n], table.numbers("match_id")[n]);
    let (mut same, mut parted, mut has_parted) = (0, 0, false);
    for n in 1..after.len() {
        assert_eq!(key(&before, n), key(&after, n));
        has_parted &= key(&after, n) == key(&after, n - 1);
        if has_parted {
            continue;
        }
        if at(&before, n) == at(&after, n) {
            same += 1;
            continue;
        }
        // The first step that differs leads to the new place.
        (parted, has_parted) = (parted + 1, true);
        let is_first = key(&after, n) != key(&after, n - 1);
        // Who has just joined comes from a spawn, the farther of which is 97 m from there, its radius included.
        let last = if is_first { 9_750.0 } else { from_place(at(&after, n - 1)) };
        let next = from_place(at(&after, n));
        assert!(next < last || next < 1_000.0, "heartbeat {n}: {last:.0} cm, then {next:.0} cm from the new place");
    }
    assert!(parted > 500 && same > 20 * parted, "{parted} part after {same} common heartbeats");
}

/// Shares of heartbeats in each of sixteen sectors around a point, and the farthest of them.
fn around(beats: &Table, centre: [i64; 2]) -> ([f64; 16], f64) {
    let (mut sectors, mut farthest) = ([0.0; 16], 0.0_f64);
    let share = 1.0 / beats.len() as f64;
    for n in 0..beats.len() {
        let offset = [
            (beats.numbers("position_x_cm")[n] - centre[0]) as f64,
            (beats.numbers("position_y_cm")[n] - centre[1]) as f64,
        ];
        let turn = libm::atan2(offset[1], offset[0]) / std::f64::consts::TAU + 0.5;
        sectors[((turn * 16.0) as usize).min(15)] += share;
        farthest = farthest.max((offset[0] * offset[0] + offset[1] * offset[1]).sqrt());
    }
    (sectors, farthest)
}

#[test]
fn places_and_spawns_are_round() {
    let text = "[clock]\ndays = 1\n[population]\nplayers = 1500\nrealms = 1\n[population.installs]\nveteran_share = 0\n\
                horizon_days = 1\n[combat]\nenabled = false\n[maps.dish]\nrelief_m = 0\n\
                places.centre = { x_m = 200, y_m = 200, radius_m = 90 }\n\
                spawns.centre = { x_m = 200, y_m = 200, radius_m = 90 }\n[movements.run]\nroam_m = 0\ndwell_seconds = 0\n\
                [modes.brawl]\n";
    let beats = simulate(&compile(text, &[]), &options(2)).table("heartbeats");
    assert!(beats.len() > 50_000);
    let (sectors, farthest) = around(&beats, [20_000, 20_000]);
    assert!((8_950.0..=9_000.0).contains(&farthest), "nobody is farther out than the radius: {farthest}");
    for share in sectors {
        assert!((share * 16.0 - 1.0).abs() < 0.06, "{sectors:?}");
    }
}

#[test]
fn nobody_piles_up_on_the_border() {
    let world = |movement: &str| {
        let text = format!(
            "[clock]\ndays = 1\n[population]\nplayers = 1500\nrealms = 1\n[population.installs]\nveteran_share = 0\n\
             horizon_days = 1\n[combat]\nenabled = false\n[maps.box]\nextent_x_m = 100\nextent_y_m = 80\nrelief_m = 0\n\
             spawns.all = {{ x_m = 50, y_m = 40, radius_m = 60 }}\n[modes.brawl]\n[movements.run]\n{movement}\n"
        );
        simulate(&compile(&text, &[]), &options(2)).table("heartbeats")
    };
    let shares = |beats: &Table| {
        let extents = [("position_x_cm", 10_000_i64), ("position_y_cm", 8_000)];
        let margin = |n: usize| {
            // How far from the nearest border, as a share of the extent.
            let of = |(axis, extent): (&str, i64)| {
                let at = beats.numbers(axis)[n];
                at.min(extent - at) as f64 / extent as f64
            };
            extents.map(of).into_iter().fold(1.0, f64::min)
        };
        let margins: Vec<f64> = (0..beats.len()).map(margin).collect();
        let share =
            |below: f64| margins.iter().filter(|margin| **margin <= below).count() as f64 / margins.len() as f64;
        (share(0.0), share(0.02))
    };
    // Who stays around points that lie everywhere is near the border no more often than elsewhere: the outer 2 % on each side
    // are 1 - 0.96^2 of the map.
    let (on_it, near_it) = shares(&world("roam_m = 30\ndwell_seconds = 86400.0"));
    assert!(on_it < 0.001 && near_it < 1.1 * (1.0 - 0.96 * 0.96), "roaming: {on_it} {near_it}");
    // Flights that would end outside are mirrored by the border; on the way there are fewer near it.
    let (on_it, near_it) = shares(&world("model = \"levy_walk\"\nroam_m = 2\ndwell_seconds = 30.0"));
    assert!(on_it < 0.001 && (0.04..0.085).contains(&near_it), "flights: {on_it} {near_it}");
}
