//! Conservation laws: what must hold between the tables of any run, recomputed from the Parquet files alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::support::{Column, Run, Table, compile, options, simulate};

/// A small world with everything in it: two modes (one with elimination), hysteresis, short matches, many kills.
const WORLD: &str = r#"
seed = 11
[clock]
days = 2
[population]
players = 2500
[population.installs]
veteran_share = 0.3
veteran_days = 10
horizon_days = 3
[encounter]
radius_cm = 900
exit_radius_cm = 1500
merge_gap_s = 90
team_radius_cm = 1500
team_exit_radius_cm = 2500
team_merge_gap_s = 60
[output]
shards = 2
tables = { encounters_swept = true, encounters_team = true, encounters_group = true, rounds = true, heartbeats_received = true, truth_defects = true }
[maps.yard]
extent_x_m = 120
extent_y_m = 90
relief_m = 9
generated_places = 6
[maps.field]
extent_x_m = 300
extent_y_m = 300
[movements.run]
[modes.brawl]
teams = 3
team_size = 4
match_minutes = 7
maps = ["yard"]
kill_chance = 0.6
[modes.last-stand]
teams = 8
team_size = 2
match_minutes = 12
maps = ["field"]
elimination = true
circle_closes = true
join_window_s = 90
[archetypes.fan]
sessions_per_day = 1.8
session_minutes = 50
spenders.minnow = { share = 0.6 }
[effects]
death_ends_session = 0.03
loss_ends_session = 0.1
losing_ends_career = 0.05
party_keeps_player = 0.3
[clusters.minnow]
session_chance = 0.5
again_chance = 0.4
"#;

fn world() -> Run {
    simulate(&compile(WORLD, &[]), &options(2))
}

const HEARTBEAT_MS: i64 = 30_000;
const START_MS: i64 = 20_458 * 86_400_000;
const END_MS: i64 = START_MS + 2 * 86_400_000;

#[test]
fn every_law_holds_on_a_world_with_everything_in_it() {
    let run = world();
    let tables = Tables::read(&run);
    assert!(tables.heartbeats.len() > 100_000, "{}", tables.heartbeats.len());
    assert!(tables.kills.len() > 2_000 && tables.encounters.len() > 10_000 && tables.purchases.len() > 100);
    heartbeats_are_the_ticks_of_their_session(&tables);
    sessions_of_a_player_do_not_overlap(&tables);
    counters_equal_rows(&tables);
    participations_partition_the_heartbeats(&tables);
    nobody_outruns_top_speed(&tables);
    kills_obey_causality(&tables);
    purchases_lie_inside_their_session_and_not_after_death(&tables);
    encounters_are_what_heartbeats_imply(&tables);
    rows_lie_in_the_folder_of_their_day_and_are_sorted(&run, &tables);
    winners_have_the_most_kills_or_stand_last(&tables);
    matches_with_elimination_end_when_they_are_decided(&tables);
    sessions_follow_after_a_pause(&tables);
}

struct Tables {
    sessions: Table,
    heartbeats: Table,
    encounters: Table,
    encounters_swept: Table,
    encounters_team: Table,
    kills: Table,
    matches: Table,
    participations: Table,
    purchases: Table,
}

impl Tables {
    fn read(run: &Run) -> Self {
        Self {
            sessions: run.table("session_ends"),
            heartbeats: run.table("heartbeats"),
            encounters: run.table("encounters"),
            encounters_swept: run.table("encounters_swept"),
            encounters_team: run.table("encounters_team"),
            kills: run.table("kills"),
            matches: run.table("matches"),
            participations: run.table("participations"),
            purchases: run.table("purchases"),
        }
    }

    /// Row of each session in `session_ends`.
    fn session_rows(&self) -> HashMap<i64, usize> {
        rows_by(&self.sessions, "session_id")
    }
}

fn rows_by(table: &Table, key: &str) -> HashMap<i64, usize> {
    let rows: HashMap<i64, usize> = table.numbers(key).iter().enumerate().map(|(row, &id)| (id, row)).collect();
    assert_eq!(rows.len(), table.len(), "{key} is unique");
    rows
}

fn count(values: impl Iterator<Item = i64>) -> HashMap<i64, i64> {
    let mut counts = HashMap::new();
    values.for_each(|value| *counts.entry(value).or_insert(0) += 1);
    counts
}

fn heartbeats_are_the_ticks_of_their_session(t: &Tables) {
    let beats = count(t.heartbeats.numbers("session_id").iter().copied());
    let (started, ended) = (t.sessions.numbers("started_at"), t.sessions.numbers("event_ts"));
    let mut without = 0;
    for (session, row) in t.session_rows() {
        let tick_at_or_after =
            |ms: i64| (ms - START_MS).div_euclid(HEARTBEAT_MS) + i64::from((ms - START_MS) % HEARTBEAT_MS != 0);
        let expected = tick_at_or_after(ended[row]) - tick_at_or_after(started[row]);
        assert_eq!(beats.get(&session).copied().unwrap_or(0), expected, "session {session}");
        assert_eq!(t.sessions.numbers("heartbeats")[row], expected);
        assert_eq!((ended[row] - started[row]) / 1000, t.sessions.numbers("event_length_s")[row]);
        assert!(ended[row] > started[row] && ended[row] % 1000 == 0 && started[row] % 1000 == 0);
        assert!(started[row] >= START_MS && ended[row] <= END_MS);
        without += usize::from(expected == 0);
    }
    assert!(without > 0, "sessions without a heartbeat exist");
    let rows = t.session_rows();
    for (session, &ts) in t.heartbeats.numbers("session_id").iter().zip(t.heartbeats.numbers("event_ts")) {
        let row = rows[session];
        assert!(started[row] <= ts && ts < ended[row] && (ts - START_MS) % HEARTBEAT_MS == 0);
    }
}

fn sessions_of_a_player_do_not_overlap(t: &Tables) {
    let mut by_player: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
    let (started, ended) = (t.sessions.numbers("started_at"), t.sessions.numbers("event_ts"));
    for (row, &player) in t.sessions.numbers("player_id").iter().enumerate() {
        by_player.entry(player).or_default().push((started[row], ended[row]));
        assert_eq!(t.sessions.numbers("session_id")[row] >> 16, player);
    }
    for (player, sessions) in &mut by_player {
        sessions.sort_unstable();
        assert!(sessions.windows(2).all(|pair| pair[0].1 <= pair[1].0), "player {player}: {sessions:?}");
        let per_day = count(sessions.iter().map(|(started, _)| started / 86_400_000));
        assert!(per_day.values().all(|&sessions| sessions <= 10));
    }
    assert!(by_player.values().any(|sessions| sessions.len() > 3));
}

fn counters_equal_rows(t: &Tables) {
    let kills = count(t.kills.numbers("killer_session").iter().copied());
    let deaths = count(t.kills.numbers("victim_session").iter().copied());
    let purchases = count(t.purchases.numbers("session_id").iter().copied());
    let matches = count(t.participations.numbers("session_id").iter().copied());
    let of = |counts: &HashMap<i64, i64>, id| counts.get(&id).copied().unwrap_or(0);
    for (session, row) in t.session_rows() {
        let column = |name: &str| t.sessions.numbers(name)[row];
        assert_eq!(column("kills"), of(&kills, session), "kills of {session}");
        assert_eq!(column("deaths"), of(&deaths, session), "deaths of {session}");
        assert_eq!(column("purchases"), of(&purchases, session), "purchases of {session}");
        assert_eq!(column("matches"), of(&matches, session), "matches of {session}");
    }
    let total = |table: &Table, name: &str| table.numbers(name).iter().sum::<i64>();
    assert_eq!(total(&t.sessions, "kills"), t.kills.len() as i64);
    assert_eq!(total(&t.sessions, "deaths"), t.kills.len() as i64);
    let in_encounters = t.kills.numbers("encounter_id").iter().filter(|&&id| id != 0).count();
    assert_eq!(total(&t.encounters, "kills"), in_encounters as i64);
    assert!(in_encounters > 1_000 && in_encounters + 1_000 < t.kills.len(), "kills are of both sorts");
    let per_match = count(t.kills.numbers("match_id").iter().copied());
    let players = count(t.participations.numbers("match_id").iter().copied());
    for (game, row) in rows_by(&t.matches, "match_id") {
        assert_eq!(t.matches.numbers("kills")[row], of(&per_match, game));
        assert_eq!(t.matches.numbers("players")[row], of(&players, game));
    }
    let pair = |table: &Table, session: &str| {
        let ids = table.numbers("match_id").iter().zip(table.numbers(session));
        let mut counts: HashMap<(i64, i64), i64> = HashMap::new();
        ids.for_each(|(game, session)| *counts.entry((*game, *session)).or_default() += 1);
        counts
    };
    let (killed, died) = (pair(&t.kills, "killer_session"), pair(&t.kills, "victim_session"));
    for row in 0..t.participations.len() {
        let column = |name: &str| t.participations.numbers(name)[row];
        let key = (column("match_id"), column("session_id"));
        assert_eq!(column("kills"), killed.get(&key).copied().unwrap_or(0));
        assert_eq!(column("deaths"), died.get(&key).copied().unwrap_or(0));
    }
    let by_encounter = count(t.kills.numbers("encounter_id").iter().copied());
    for (encounter, row) in rows_by(&t.encounters, "encounter_id") {
        assert_eq!(t.encounters.numbers("kills")[row], of(&by_encounter, encounter));
    }
}

fn participations_partition_the_heartbeats(t: &Tables) {
    let mut beats: HashMap<(i64, i64), Vec<i64>> = HashMap::new();
    let h = &t.heartbeats;
    for row in 0..h.len() {
        let key = (h.numbers("match_id")[row], h.numbers("session_id")[row]);
        beats.entry(key).or_default().push(row as i64);
    }
    let matches = rows_by(&t.matches, "match_id");
    assert_eq!(beats.len(), t.participations.len(), "one participation a session and match");
    for row in 0..t.participations.len() {
        let column = |name: &str| t.participations.numbers(name)[row];
        let rows = &beats[&(column("match_id"), column("session_id"))];
        assert_eq!(rows.len() as i64, column("heartbeats"));
        let ticks: Vec<i64> = rows.iter().map(|&row| h.numbers("event_ts")[row as usize]).collect();
        assert_eq!(ticks[0], column("joined_at"));
        let last = *ticks.last().unwrap();
        assert_eq!(last - ticks[0], (rows.len() as i64 - 1) * HEARTBEAT_MS, "no gaps");
        assert!(last <= column("left_at") && column("left_at") <= last + HEARTBEAT_MS);
        assert!(rows.iter().all(|&row| h.numbers("team_id")[row as usize] == column("team_id")), "one team a match");
        let game = matches[&column("match_id")];
        assert!(t.matches.numbers("started_at")[game] <= ticks[0] && last < t.matches.numbers("ended_at")[game]);
        assert!(column("left_at") <= t.matches.numbers("ended_at")[game]);
    }
}

/// Rows of heartbeats by session, in order of time.
fn trajectories(t: &Tables) -> HashMap<i64, Vec<usize>> {
    let mut by_session: HashMap<i64, Vec<usize>> = HashMap::new();
    for (row, &session) in t.heartbeats.numbers("session_id").iter().enumerate() {
        by_session.entry(session).or_default().push(row);
    }
    for rows in by_session.values_mut() {
        rows.sort_unstable_by_key(|&row| t.heartbeats.numbers("event_ts")[row]);
    }
    by_session
}

fn position(table: &Table, prefix: &str, row: usize) -> [i64; 3] {
    ["x", "y", "z"].map(|axis| table.numbers(&format!("{prefix}{axis}_cm"))[row])
}

fn distance2(a: [i64; 3], b: [i64; 3]) -> i64 {
    (0..3).map(|axis| (a[axis] - b[axis]).pow(2)).sum()
}

const TOP_SPEED_CM_PER_S: i64 = 480;

fn nobody_outruns_top_speed(t: &Tables) {
    let mut respawns: HashMap<i64, Vec<i64>> = HashMap::new();
    for (session, ts) in t.kills.numbers("victim_session").iter().zip(t.kills.numbers("event_ts")) {
        respawns.entry(*session).or_default().push(*ts);
    }
    let reach = TOP_SPEED_CM_PER_S * HEARTBEAT_MS / 1000;
    for (session, rows) in trajectories(t) {
        for pair in rows.windows(2) {
            let column = |name: &str, row: usize| t.heartbeats.numbers(name)[row];
            let (from, to) = (column("event_ts", pair[0]), column("event_ts", pair[1]));
            let same_match = column("match_id", pair[0]) == column("match_id", pair[1]);
            let died = respawns.get(&session).is_some_and(|times| times.iter().any(|&ts| from <= ts && ts < to));
            if same_match && !died {
                let moved = distance2(
                    position(&t.heartbeats, "position_", pair[0]),
                    position(&t.heartbeats, "position_", pair[1]),
                );
                assert!(moved <= reach * reach, "session {session} moved {moved}");
            }
        }
    }
}

fn kills_obey_causality(t: &Tables) {
    let mut at_tick: HashMap<(i64, i64), usize> = HashMap::new();
    for row in 0..t.heartbeats.len() {
        at_tick.insert((t.heartbeats.numbers("session_id")[row], t.heartbeats.numbers("event_ts")[row]), row);
    }
    let sessions = t.session_rows();
    let mut encounters: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    for row in 0..t.encounters.len() {
        let player = |name: &str| t.encounters.numbers(name)[row];
        encounters.entry((player("player_a"), player("player_b"))).or_default().push(row);
    }
    let mut deaths_in_tick: HashMap<(i64, i64), i64> = HashMap::new();
    for row in 0..t.kills.len() {
        let column = |name: &str| t.kills.numbers(name)[row];
        let ts = column("event_ts");
        let tick = ts - (ts - START_MS) % HEARTBEAT_MS;
        let (killer, victim) = (column("killer_session"), column("victim_session"));
        let (a, b) = (at_tick[&(killer, tick)], at_tick[&(victim, tick)]);
        let h = |name: &str, row: usize| t.heartbeats.numbers(name)[row];
        assert_eq!((h("match_id", a), h("match_id", b)), (column("match_id"), column("match_id")));
        assert_ne!(h("team_id", a), h("team_id", b), "opponents");
        let (at_a, at_b) = (position(&t.heartbeats, "position_", a), position(&t.heartbeats, "position_", b));
        assert!(distance2(at_a, at_b) <= 3_500 * 3_500, "within reach at the tick");
        let end = |session: i64| t.sessions.numbers("event_ts")[sessions[&session]];
        assert!(ts < end(killer).min(end(victim)).min(tick + HEARTBEAT_MS));
        // Its encounter is the one that the pair was in at the tick, 0 if it was in none.
        let pair = (column("killer_id").min(column("victim_id")), column("killer_id").max(column("victim_id")));
        let e = |name: &str, encounter: usize| t.encounters.numbers(name)[encounter];
        let covers = |&&row: &&usize| {
            let span = e("started_at", row)..=e("ended_at", row);
            e("match_id", row) == column("match_id") && span.contains(&tick)
        };
        let encounter = encounters.get(&pair).into_iter().flatten().find(covers);
        let number = encounter.map_or(0, |&row| e("encounter_id", row));
        assert_eq!(column("encounter_id"), number);
        for (prefix, from) in [("killer_", at_a), ("victim_", at_b)] {
            let moved = distance2(from, position(&t.kills, prefix, row));
            let reach = TOP_SPEED_CM_PER_S * (ts - tick);
            assert!(moved * 1_000_000 <= reach * reach, "{prefix} moved {moved} in {} ms", ts - tick);
        }
        let apart = distance2(position(&t.kills, "killer_", row), position(&t.kills, "victim_", row));
        assert_eq!(column("distance_cm"), apart.isqrt());
        assert!(deaths_in_tick.insert((victim, tick), ts).is_none(), "one death an interval");
    }
    for row in 0..t.kills.len() {
        let ts = t.kills.numbers("event_ts")[row];
        let tick = ts - (ts - START_MS) % HEARTBEAT_MS;
        let death = deaths_in_tick.get(&(t.kills.numbers("killer_session")[row], tick));
        assert!(death.is_none_or(|&death| death >= ts), "the dead do not kill");
    }
}

fn purchases_lie_inside_their_session_and_not_after_death(t: &Tables) {
    let sessions = t.session_rows();
    let mut deaths: HashMap<i64, Vec<i64>> = HashMap::new();
    for (session, ts) in t.kills.numbers("victim_session").iter().zip(t.kills.numbers("event_ts")) {
        deaths.entry(*session).or_default().push(*ts);
    }
    let mut first_of: HashMap<i64, i64> = HashMap::new();
    for row in 0..t.purchases.len() {
        let column = |name: &str| t.purchases.numbers(name)[row];
        let session = sessions[&column("session_id")];
        let ts = column("event_ts");
        assert!(t.sessions.numbers("started_at")[session] <= ts && ts < t.sessions.numbers("event_ts")[session]);
        let tick = ts - (ts - START_MS) % HEARTBEAT_MS;
        let dead = |times: &Vec<i64>| times.iter().any(|&death| tick <= death && death <= ts);
        assert!(!deaths.get(&column("session_id")).is_some_and(dead), "the dead do not buy");
        assert_eq!(column("purchase_id") >> 20, column("player_id"));
        let is_first = *first_of.entry(column("player_id")).or_insert(column("purchase_id")) == column("purchase_id");
        assert_eq!(column("is_first"), i64::from(is_first));
    }
    rows_by(&t.purchases, "purchase_id");
}

/// What an encounter row says, for comparison: pair, match, start, end, contacts, near, minimum, when, where.
type Encounter = (i64, i64, i64, i64, i64, i64, i64, i64, i64, [i64; 3]);

fn encounters_are_what_heartbeats_imply(t: &Tables) {
    let (radius, exit, gap_ms) = (900_i64, 1500_i64, 90_000_i64);
    let h = &t.heartbeats;
    let mut by_match_and_tick: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    for row in 0..h.len() {
        by_match_and_tick.entry((h.numbers("match_id")[row], h.numbers("event_ts")[row])).or_default().push(row);
    }
    // Every near pair of every tick, by match and pair of sessions, in order of time: plain loops over all pairs.
    let mut near: BTreeMap<(i64, i64, i64), Vec<(i64, i64, [i64; 3])>> = BTreeMap::new();
    for ((game, ts), rows) in &by_match_and_tick {
        for (i, &a) in rows.iter().enumerate() {
            for &b in &rows[i + 1..] {
                let (pa, pb) = (position(h, "position_", a), position(h, "position_", b));
                let d2 = distance2(pa, pb);
                if d2 <= exit * exit {
                    let (sa, sb) = (h.numbers("session_id")[a], h.numbers("session_id")[b]);
                    let middle = [0, 1, 2].map(|axis: usize| (pa[axis] + pb[axis]).div_euclid(2));
                    near.entry((*game, sa.min(sb), sa.max(sb))).or_default().push((*ts, d2, middle));
                }
            }
        }
    }
    let mut expected: Vec<Encounter> = Vec::new();
    for ((game, a, b), beats) in near {
        let mut open: Option<Encounter> = None;
        let mut least = i64::MAX;
        for (ts, d2, middle) in beats {
            if let Some(encounter) = open.filter(|encounter| ts - encounter.4 > gap_ms) {
                expected.push(encounter);
                open = None;
            }
            if open.is_none() && d2 <= radius * radius {
                open = Some((game, a, b, ts, ts, 0, 0, 0, 0, [0; 3]));
                least = i64::MAX;
            }
            if let Some(encounter) = &mut open {
                encounter.4 = ts;
                encounter.5 += i64::from(d2 <= radius * radius);
                encounter.6 += 1;
                if d2 < least {
                    least = d2;
                    (encounter.7, encounter.8, encounter.9) = (d2.isqrt(), ts, middle);
                }
            }
        }
        expected.extend(open);
    }
    let e = &t.encounters;
    let row = |row: usize| {
        let column = |name: &str| e.numbers(name)[row];
        assert!(column("player_a") < column("player_b"));
        assert_eq!((column("session_a") >> 16, column("session_b") >> 16), (column("player_a"), column("player_b")));
        assert_eq!(e.texts("relation")[row] == "opponents", column("team_a") != column("team_b"));
        let at = position(e, "", row);
        let beats = (column("contact_beats"), column("near_beats"));
        let minimum = (column("min_distance_cm"), column("min_distance_at"));
        (
            column("match_id"),
            column("session_a"),
            column("session_b"),
            column("started_at"),
            column("ended_at"),
            beats.0,
            beats.1,
            minimum.0,
            minimum.1,
            at,
        )
    };
    let mut actual: Vec<Encounter> = (0..e.len()).map(row).collect();
    actual.sort_unstable();
    expected.sort_unstable();
    assert_eq!(actual.len(), expected.len());
    for (actual, expected) in actual.iter().zip(&expected) {
        assert_eq!(actual, expected);
    }
    end_reasons_are_what_the_other_tables_imply(t, &t.encounters, gap_ms);
    end_reasons_are_what_the_other_tables_imply(t, &t.encounters_swept, gap_ms);
    end_reasons_are_what_the_other_tables_imply(t, &t.encounters_team, 60_000);
}

/// Teams do not leave: their encounters have no sessions.
fn end_reasons_are_what_the_other_tables_imply(t: &Tables, e: &Table, gap_ms: i64) {
    let has_sessions = e.columns.contains_key("session_a");
    let mut left: HashMap<(i64, i64), i64> = HashMap::new();
    for row in 0..t.participations.len() {
        let column = |name: &str| t.participations.numbers(name)[row];
        left.insert((column("match_id"), column("session_id")), column("left_at"));
    }
    let matches = rows_by(&t.matches, "match_id");
    let mut seen = BTreeMap::new();
    for row in 0..e.len() {
        let column = |name: &str| e.numbers(name)[row];
        let game = column("match_id");
        let match_ends = t.matches.numbers("ended_at")[matches[&game]];
        let leaves = if has_sessions {
            left[&(game, column("session_a"))].min(left[&(game, column("session_b"))])
        } else {
            i64::MAX
        };
        // The tick that holds each event; the earliest closes, and where they fall together the first name wins.
        let tick_of = |ms: i64| (ms - START_MS).div_euclid(HEARTBEAT_MS);
        let separated = tick_of(column("ended_at") + gap_ms) + 1;
        let candidates = [
            (tick_of(END_MS), 0, "run_end"),
            (tick_of(match_ends), 1, "match_end"),
            (if leaves < match_ends { tick_of(leaves) } else { i64::MAX }, 2, "left"),
            (separated, 3, "separated"),
        ];
        let (tick, _, reason) = *candidates.iter().min().unwrap();
        assert_eq!(e.texts("end_reason")[row], reason, "encounter {}", column("encounter_id"));
        let day = if reason == "run_end" { 1 } else { tick / 2880 };
        assert!(e.files[row].starts_with(["date=2026-01-05", "date=2026-01-06"][day as usize]), "{}", e.files[row]);
        assert_eq!(e.files[row].contains("tail-"), reason == "run_end");
        *seen.entry(reason).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 3 + usize::from(has_sessions), "every reason occurs: {seen:?}");
}

fn rows_lie_in_the_folder_of_their_day_and_are_sorted(run: &Run, t: &Tables) {
    for (name, table, time) in [
        ("session_ends", &t.sessions, "event_ts"),
        ("purchases", &t.purchases, "event_ts"),
        ("heartbeats", &t.heartbeats, "event_ts"),
        ("kills", &t.kills, "event_ts"),
        ("matches", &t.matches, "ended_at"),
    ] {
        let reasons = table.columns.contains_key("end_reason").then(|| table.texts("end_reason"));
        for row in 0..table.len() {
            let is_run_end = reasons.is_some_and(|reasons| reasons[row] == "run_end");
            assert_eq!(table.files[row].contains("tail-"), is_run_end, "{name}: {}", table.files[row]);
            let day = ((table.numbers(time)[row] - START_MS) / 86_400_000).min(1);
            let date = ["date=2026-01-05", "date=2026-01-06"][day as usize];
            assert!(table.files[row].starts_with(date), "{name}: {} in {}", table.numbers(time)[row], table.files[row]);
        }
    }
    for table in skirmish::table::all() {
        let rows = run.table(table.name);
        let sorted: Vec<&[i64]> = table
            .sorted_by
            .iter()
            .filter_map(|column| match rows.columns.get(*column) {
                Some(Column::Numbers(values)) => Some(values.as_slice()),
                _ => None,
            })
            .collect();
        for row in 1..rows.len() {
            let key = |row: usize| sorted.iter().map(|column| column[row]).collect::<Vec<_>>();
            assert!(rows.groups[row] != rows.groups[row - 1] || key(row - 1) <= key(row), "{}: row {row}", table.name);
        }
    }
}

fn winners_have_the_most_kills_or_stand_last(t: &Tables) {
    let Column::Optional(winners) = &t.matches.columns["winner_team"] else { panic!("nullable") };
    let (mut eliminated, sessions) = (0, t.session_rows());
    for (game, row) in rows_by(&t.matches, "match_id") {
        let members: Vec<usize> =
            (0..t.participations.len()).filter(|&p| t.participations.numbers("match_id")[p] == game).collect();
        let column = |name: &str, p: usize| t.participations.numbers(name)[p];
        for &p in &members {
            assert_eq!(column("won", p) == 1, winners[row] == Some(column("team_id", p)));
        }
        let ended = t.matches.numbers("ended_at")[row];
        if t.matches.texts("end_reason")[row] == "run_end" {
            assert_eq!(winners[row], None, "match {game} is not decided");
            continue;
        }
        if t.matches.texts("mode")[row] == "last-stand" {
            // Who logs out at the very end would not have played on.
            let stays = |p: usize| t.sessions.numbers("event_ts")[sessions[&column("session_id", p)]] > ended;
            let stands = |p: usize| column("left_at", p) == ended && stays(p);
            let mut standing: Vec<i64> =
                members.iter().filter(|&&p| stands(p)).map(|&p| column("team_id", p)).collect();
            standing.sort_unstable();
            standing.dedup();
            // Whoever lasted longest has won, unless everybody had left before anybody could be killed.
            let until = |p: usize| if stands(p) { i64::MAX } else { column("left_at", p) };
            let longest = members.iter().map(|&p| until(p)).max();
            let mut lasting: Vec<i64> =
                members.iter().filter(|&&p| Some(until(p)) == longest).map(|&p| column("team_id", p)).collect();
            lasting.dedup();
            let is_decided = !standing.is_empty() || ended >= t.matches.numbers("started_at")[row] + 90_000;
            let last = if lasting.len() == 1 && is_decided { Some(lasting[0]) } else { None };
            let beats =
                |p: usize| column("joined_at", p)..column("joined_at", p) + HEARTBEAT_MS * column("heartbeats", p);
            let met = |team: i64| {
                members.iter().filter(|&&p| column("team_id", p) == team).any(|&one| {
                    let meets =
                        |other: usize| beats(other).end > beats(one).start && beats(one).end > beats(other).start;
                    members.iter().any(|&other| column("team_id", other) != team && meets(other))
                })
            };
            assert_eq!(winners[row], last.filter(|&team| met(team)), "match {game}");
            let reason = &t.matches.texts("end_reason")[row];
            assert_eq!(reason == "abandoned", winners[row].is_none() && standing.len() < 2, "match {game}");
            eliminated += usize::from(reason == "eliminated");
        } else {
            let mut kills: BTreeMap<i64, i64> = BTreeMap::new();
            members.iter().for_each(|&p| *kills.entry(column("team_id", p)).or_default() += column("kills", p));
            let best = kills.values().copied().max().unwrap_or(0);
            let leaders: Vec<i64> = kills.iter().filter(|(_, kills)| **kills == best).map(|(team, _)| *team).collect();
            let expected = if best > 0 && leaders.len() == 1 { Some(leaders[0]) } else { None };
            assert_eq!(winners[row], expected, "match {game}");
        }
    }
    assert!(eliminated > 0, "matches end by elimination");
}

fn matches_with_elimination_end_when_they_are_decided(t: &Tables) {
    let mut teams: HashMap<(i64, i64), Vec<i64>> = HashMap::new();
    for row in 0..t.heartbeats.len() {
        let column = |name: &str| t.heartbeats.numbers(name)[row];
        teams.entry((column("match_id"), column("event_ts"))).or_default().push(column("team_id"));
    }
    let mut early = 0;
    for row in 0..t.matches.len() {
        if t.matches.texts("mode")[row] != "last-stand" {
            continue;
        }
        let column = |name: &str| t.matches.numbers(name)[row];
        let joining_ends = column("started_at") + 90_000;
        for ms in (column("started_at")..column("ended_at")).step_by(HEARTBEAT_MS as usize) {
            let mut present = teams.get(&(column("match_id"), ms)).cloned().unwrap_or_default();
            present.dedup();
            present.sort_unstable();
            present.dedup();
            assert!(!present.is_empty(), "match {} goes on with nobody", column("match_id"));
            assert!(ms < joining_ends || present.len() > 1, "match {} goes on with one team", column("match_id"));
        }
        early += usize::from(column("ended_at") == joining_ends);
    }
    assert!(early > 3, "{early} matches are decided when joining ends");
}

fn sessions_follow_after_a_pause(t: &Tables) {
    let mut sessions: Vec<usize> = (0..t.sessions.len()).collect();
    sessions.sort_unstable_by_key(|&row| t.sessions.numbers("session_id")[row]);
    let mut quick = 0;
    for pair in sessions.windows(2) {
        let column = |name: &str, n: usize| t.sessions.numbers(name)[pair[n]];
        if column("player_id", 0) == column("player_id", 1) {
            let pause_s = (column("started_at", 1) - column("event_ts", 0)) / 1000;
            let is_lost = t.sessions.texts("end_reason")[pair[0]] == "disconnect";
            assert!(pause_s >= if is_lost { 5 } else { 60 }, "{pause_s} s after session {}", column("session_id", 0));
            quick += usize::from(is_lost && pause_s < 60);
        }
    }
    assert!(quick > 3, "{quick} sessions follow soon after a lost connection");
}

/// The report's sums are those of the files.
#[test]
fn sums_of_the_report_equal_the_rows_of_the_files() {
    let run = world();
    let total = skirmish::run::summary::total(&run.report.committed.days);
    let rows = |name: &str| run.table(name).len() as u64;
    assert_eq!(total.heartbeats, rows("heartbeats"));
    assert_eq!(total.rows.session_ends, rows("session_ends"));
    let beats = run.table("heartbeats");
    for (day, sums) in run.report.committed.days.iter().take(2).enumerate() {
        let day_of = |ms: i64| (ms - START_MS) / 86_400_000;
        let seen = beats.numbers("player_id").iter().zip(beats.numbers("event_ts"));
        let players: HashSet<i64> = seen.filter(|(_, ms)| day_of(**ms) == day as i64).map(|(id, _)| *id).collect();
        assert_eq!(sums.active_players, players.len() as u64, "day {day}");
    }
    assert_eq!((total.rows.encounters, total.rows.kills), (rows("encounters"), rows("kills")));
    assert_eq!((total.rows.matches, total.rows.participations), (rows("matches"), rows("participations")));
    assert_eq!(total.rows.purchases, rows("purchases"));
    for (name, table) in &run.report.committed.tables {
        assert_eq!(table.rows, rows(name), "{name}");
    }
}

/// Thirty against thirty on a yard of ten metres, a heartbeat a second, nobody ever leaves: more kills than 16 bits hold.
#[test]
fn counters_that_are_full_stay_true() {
    let text = "seed = 1\n[clock]\ndays = 1\nheartbeat_seconds = 2\n[population]\nplayers = 70\nrealms = 1\n\
                [population.installs]\nveteran_share = 0\nhorizon_days = 1\n[sessions]\nmax_minutes = 1440\n\
                [archetypes.all]\nsession_minutes = 1440\n[maps.yard]\nextent_x_m = 10\nextent_y_m = 10\nrelief_m = 1\n\
                generated_radius_m = 2\n[modes.brawl]\nteam_size = 30\nmatch_minutes = 1440\nkill_chance = 1\n";
    let run = simulate(&compile(text, &["output.tables.heartbeats=false"]), &options(2));
    let (sessions, kills) = (run.table("session_ends"), run.table("kills"));
    let largest = *sessions.numbers("kills").iter().max().unwrap();
    assert_eq!(largest, i64::from(i16::MAX), "the limit was reached");
    let total = |name: &str| sessions.numbers(name).iter().sum::<i64>();
    assert_eq!((total("kills"), total("deaths")), (kills.len() as i64, kills.len() as i64));
    let in_encounters = kills.numbers("encounter_id").iter().filter(|&&id| id != 0).count() as i64;
    assert_eq!(run.table("encounters").numbers("kills").iter().sum::<i64>(), in_encounters);
}

/// Once the circle is a point, all who are left meet there, and in the last tick everybody fights.
#[test]
fn closing_circles_leave_a_winner() {
    let text = "[clock]\ndays = 1\n[population]\nplayers = 6000\nrealms = 2\n[population.installs]\nveteran_share = 0\n\
                horizon_days = 1\n[maps.island]\nextent_x_m = 1500\nextent_y_m = 900\nsight_m = 5\n[movements.run]\n\
                [modes.royale]\nteams = 20\nteam_size = 2\nmatch_minutes = 12\nelimination = true\ncircle_closes = true\n\
                join_window_s = 60\nkill_chance = 0.1\n";
    for sets in [&[][..], &["modes.royale.kill_chance=0"]] {
        let run = simulate(&compile(text, sets), &options(2));
        let matches = run.table("matches");
        let Column::Optional(winners) = &matches.columns["winner_team"] else { panic!("nullable") };
        let reasons = matches.texts("end_reason");
        let count = |reason: &str| reasons.iter().filter(|one| *one == reason).count();
        assert!(count("eliminated") > 100, "{}", count("eliminated"));
        for (reason, winner) in reasons.iter().zip(winners) {
            assert_eq!(winner.is_some(), reason == "eliminated", "{reason}");
        }
        assert_eq!(count("completed"), 0, "nobody is left undecided");
    }
}

/// Rounds follow one another, the dead are out until the next, and most rounds win the match.
#[test]
fn rounds_are_what_kills_imply() {
    let text = "[clock]\ndays = 2\n[population]\nplayers = 3000\nrealms = 2\n[population.installs]\nveteran_share = 0\n\
                horizon_days = 2\n[output.tables]\nrounds = true\n[maps.yard]\nextent_x_m = 90\nextent_y_m = 90\nrelief_m = 5\n\
                generated_places = 9\n[modes.rounds]\nteams = 3\nteam_size = 3\nmatch_minutes = 12\nround_s = 150\n\
                kill_chance = 0.9\n[modes.open]\nteam_size = 4\nmatch_minutes = 5\n";
    let run = simulate(&compile(text, &[]), &options(2));
    let (rounds, kills, matches) = (run.table("rounds"), run.table("kills"), run.table("matches"));
    let (participations, sessions) = (run.table("participations"), run.table("session_ends"));
    let session_rows = rows_by(&sessions, "session_id");
    let mut of_match: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    (0..rounds.len()).for_each(|row| of_match.entry(rounds.numbers("match_id")[row]).or_default().push(row));
    let mut killed: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    (0..kills.len()).for_each(|row| killed.entry(kills.numbers("match_id")[row]).or_default().push(row));
    let mut played: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    let of_part = |row: usize| participations.numbers("match_id")[row];
    (0..participations.len()).for_each(|row| played.entry(of_part(row)).or_default().push(row));
    let Column::Optional(winners) = &matches.columns["winner_team"] else { panic!("nullable") };
    let Column::Optional(winners_of_rounds) = &rounds.columns["winner_team"] else { panic!("read like the other") };
    let (mut by_elimination, mut by_time, mut won) = (0, 0, 0);
    for (game, row) in rows_by(&matches, "match_id") {
        if matches.texts("mode")[row] != "rounds" {
            assert!(!of_match.contains_key(&game), "other modes have no rounds");
            continue;
        }
        let mut list = of_match.remove(&game).expect("every match of the mode has rounds");
        list.sort_unstable_by_key(|&round| rounds.numbers("round")[round]);
        let (mut at, mut wins) = (matches.numbers("started_at")[row], BTreeMap::new());
        for (n, &round) in list.iter().enumerate() {
            let column = |name: &str| rounds.numbers(name)[round];
            let winner = winners_of_rounds[round].expect("never missing");
            assert_eq!((column("round"), column("started_at")), (n as i64 + 1, at), "rounds follow one another");
            at = column("ended_at");
            assert!(at > column("started_at") && at <= column("started_at") + 150_000);
            let span = column("started_at")..at;
            let ts = |kill: usize| kills.numbers("event_ts")[kill];
            let inside: Vec<usize> =
                killed.get(&game).into_iter().flatten().copied().filter(|&kill| span.contains(&ts(kill))).collect();
            assert_eq!(column("kills"), inside.len() as i64);
            let mut died: HashMap<i64, i64> = HashMap::new();
            for &kill in &inside {
                assert!(died.insert(kills.numbers("victim_session")[kill], ts(kill)).is_none(), "nobody dies twice");
            }
            for &kill in &inside {
                let death = died.get(&kills.numbers("killer_session")[kill]);
                assert!(death.is_none_or(|&death| death >= ts(kill)), "the dead are out");
            }
            let reason = rounds.texts("end_reason")[round].clone();
            let mut alive: BTreeMap<i64, i64> = BTreeMap::new();
            let mut teams = BTreeMap::new();
            for &part in &played[&game] {
                let of = |name: &str| participations.numbers(name)[part];
                // Who logs out with the tick at which the round ends is gone by then; when the match ends there, too, who
                // is online still has played to its end.
                let is_online = sessions.numbers("event_ts")[session_rows[&of("session_id")]] > at;
                let stays = of("left_at") > at || (of("left_at") == at && is_online);
                if of("joined_at") < at && stays {
                    teams.insert(of("team_id"), ());
                    *alive.entry(of("team_id")).or_default() += i64::from(!died.contains_key(&of("session_id")));
                }
            }
            if reason == "eliminated" || reason == "time_up" {
                let most = alive.values().copied().max().unwrap_or(0);
                let leaders: Vec<i64> = alive.iter().filter(|(_, n)| **n == most).map(|(team, _)| *team).collect();
                let expected = if most > 0 && leaders.len() == 1 && teams.len() > 1 { leaders[0] } else { -1 };
                assert_eq!(winner, expected, "match {game} round {}", n + 1);
                assert_eq!(column("survivors"), alive.values().sum::<i64>());
                let is_decided = teams.len() > 1 && alive.values().filter(|&&n| n > 0).count() <= 1;
                assert_eq!(reason == "eliminated", is_decided);
                by_elimination += usize::from(reason == "eliminated");
                by_time += usize::from(reason == "time_up");
            } else {
                assert_eq!(winner, -1);
            }
            *wins.entry(winner).or_insert(0) += 1;
        }
        assert_eq!(at, matches.numbers("ended_at")[row], "they fill the match");
        wins.remove(&-1);
        let most = wins.values().copied().max().unwrap_or(0);
        let leaders: Vec<i64> = wins.iter().filter(|(_, n)| **n == most).map(|(team, _)| *team).collect();
        if matches.texts("end_reason")[row] != "run_end" {
            assert_eq!(winners[row], if leaders.len() == 1 { Some(leaders[0]) } else { None }, "match {game}");
            won += usize::from(winners[row].is_some());
        }
    }
    assert!(of_match.is_empty());
    assert!(by_elimination > 300 && by_time > 300 && won > 50, "{by_elimination} {by_time} {won}");
}

#[test]
fn no_team_wins_by_its_number_and_arenas_are_used_again() {
    let text = "[clock]\ndays = 2\n[population]\nplayers = 20000\nrealms = 2\n[population.installs]\nveteran_share = 0\n\
                horizon_days = 2\n[modes.duel]\nteam_size = 3\nmatch_minutes = 6\nmaps = [\"courtyard\"]\n\
                [modes.survival]\nteams = 4\nteam_size = 3\nmatch_minutes = 6\nelimination = true\njoin_window_s = 60\n\
                maps = [\"courtyard\"]\n";
    let run = simulate(&compile(text, &["output.tables.heartbeats=false"]), &options(2));
    let matches = run.table("matches");
    let Column::Optional(winners) = &matches.columns["winner_team"] else { panic!("nullable") };
    let wins = |team: i64| {
        let duels = matches.texts("mode").iter().zip(winners).filter(|(mode, _)| *mode == "duel");
        duels.filter(|(_, winner)| **winner == Some(team)).count() as f64
    };
    let share = wins(0) / (wins(0) + wins(1));
    assert!(wins(0) > 2_000.0 && (0.47..0.53).contains(&share), "{share}");
    for row in 0..matches.len() {
        let column = |name: &str| matches.numbers(name)[row];
        assert_eq!(column("match_id") >> 44, column("realm_id"));
        assert_eq!(column("match_id") >> 22 & 0x3f_ffff, column("arena_id"));
    }
    let arenas = *matches.numbers("arena_id").iter().max().unwrap();
    assert!((matches.len() as i64) > 20 * arenas, "{} matches on {arenas} arenas", matches.len());
}

/// Where everybody sees everybody only the engage radius counts; with ordinary sight fights are fewer, and rarer still from afar;
/// who sees half a metre hardly fights at all.
#[test]
fn who_does_not_see_does_not_fight() {
    let text = "[clock]\ndays = 1\n[population]\nplayers = 3000\nrealms = 1\n[population.installs]\nveteran_share = 0\n\
                horizon_days = 1\n[combat]\nengage_radius_m = 60\ndrift_cm_per_s = 0\n";
    let kills = |sight: &str| {
        let maps = ["courtyard", "foundry", "harbour"].map(|map| format!("maps.{map}.sight_m={sight}"));
        let sets = [&maps[0], &maps[1], &maps[2], "output.tables.heartbeats=false"];
        let run = simulate(&compile(text, &sets), &options(1));
        let distances = run.table("kills").numbers("distance_cm").to_vec();
        let far = distances.iter().filter(|&&distance| distance > 3_000).count();
        (distances.len() as f64, far as f64 / distances.len().max(1) as f64)
    };
    let ((blind, _), (near, far_of_near), (all, far_of_all)) = (kills("0.5"), kills("20"), kills("10000"));
    assert!(all > 4_000.0 && near < 0.8 * all && blind < 0.1 * all, "{blind} {near} {all}");
    // Those beyond 30 m are seen in less than exp(-30 / 20) of the cases, the nearer ones in up to all.
    assert!(far_of_near < 0.6 * far_of_all, "{far_of_near} {far_of_all}");
}

#[test]
fn nobody_fights_beyond_the_distance_of_the_mode() {
    let text = "[clock]\ndays = 1\n[population]\nplayers = 2000\nrealms = 1\n[population.installs]\nveteran_share = 0\n\
                horizon_days = 1\n[combat]\nengage_radius_m = 60\ndrift_cm_per_s = 0\n[modes.near]\nengage_radius_m = 5\n\
                maps = [\"courtyard\"]\n[modes.far]\nmaps = [\"courtyard\"]\n";
    let run = simulate(&compile(text, &["output.tables.heartbeats=false"]), &options(1));
    let (matches, kills) = (run.table("matches"), run.table("kills"));
    let modes: HashMap<i64, &String> = matches.numbers("match_id").iter().copied().zip(matches.texts("mode")).collect();
    let farthest = |mode: &str| {
        let of_mode = kills.numbers("match_id").iter().zip(kills.numbers("distance_cm"));
        let distances = of_mode.filter(|(id, _)| modes[id] == mode).map(|(_, distance)| *distance);
        distances.fold((0, 0), |(count, most), distance| (count + 1, most.max(distance)))
    };
    let ((near, nearest_most), (far, farthest_most)) = (farthest("near"), farthest("far"));
    assert!(near > 500 && far > 500, "{near} {far}");
    assert!(nearest_most <= 500 && (5_000..=6_000).contains(&farthest_most), "{nearest_most} {farthest_most}");
}
