//! Parties of friends and what they do together, read from whole runs.

use std::collections::HashMap;

use crate::support::{Run, Table, compile, options, simulate};

/// A launch, where many friends are active on one day; nobody is eliminated, so that a party is never torn apart.
const WORLD: &str = "seed = 5\n[clock]\ndays = 1\n[population]\nplayers = 6000\nrealms = 2\n[population.installs]\n\
                     veteran_share = 0\nhorizon_days = 1\n[maps.yard]\nextent_x_m = 400\nextent_y_m = 400\n\
                     generated_radius_m = 10\n[modes.brawl]\nteam_size = 6\nmatch_minutes = 8\n";

fn run(sets: &[&str]) -> Run {
    simulate(&compile(WORLD, sets), &options(2))
}

/// Sessions by party.
fn parties(sessions: &Table) -> HashMap<i64, Vec<usize>> {
    let mut parties: HashMap<i64, Vec<usize>> = HashMap::new();
    (0..sessions.len()).for_each(|row| parties.entry(sessions.numbers("party_id")[row]).or_default().push(row));
    parties
}

#[test]
fn members_of_a_party_log_in_and_out_at_the_same_heartbeats() {
    let run = run(&[]);
    let sessions = run.table("session_ends");
    let (mut members, mut solo) = (0, 0);
    for (id, rows) in parties(&sessions) {
        let beat = |column: &str, row: usize| (sessions.numbers(column)[row] + 29_999).div_euclid(30_000);
        let of = |column: &str| sessions.numbers(column)[rows[0]];
        assert!(rows.iter().any(|&row| sessions.numbers("session_id")[row] == id), "the host of party {id} is in it");
        assert!(rows.len() <= 5);
        for &row in &rows {
            assert_eq!(beat("started_at", row), beat("started_at", rows[0]), "party {id}");
            // Who is still online at the end of the run ends with it.
            assert_eq!(sessions.numbers("heartbeats")[row], of("heartbeats"), "party {id}");
        }
        let players: Vec<i64> = rows.iter().map(|&row| sessions.numbers("player_id")[row]).collect();
        assert!(players.iter().all(|player| players.iter().filter(|other| *other == player).count() == 1));
        *if rows.len() > 1 { &mut members } else { &mut solo } += rows.len();
    }
    assert!(members > 1_000 && solo > 1_000, "{members} sessions in parties, {solo} alone");
}

#[test]
fn nobody_sits_twice_at_once_and_sittings_keep_their_number() {
    let (with, without) = (run(&[]), run(&["parties.share=0"]));
    let (sessions, alone) = (with.table("session_ends"), without.table("session_ends"));
    let mut ids = [&sessions, &alone].map(|table| table.numbers("session_id").to_vec());
    ids.iter_mut().for_each(|ids| ids.sort_unstable());
    assert_eq!(ids[0], ids[1], "friends move sittings and make none");
    let mut order: Vec<usize> = (0..sessions.len()).collect();
    order.sort_unstable_by_key(|&row| sessions.numbers("session_id")[row]);
    for pair in order.windows(2) {
        let of = |column: &str, at: usize| sessions.numbers(column)[pair[at]];
        if of("player_id", 0) == of("player_id", 1) {
            assert!(of("event_ts", 0) <= of("started_at", 1), "session {}", of("session_id", 1));
        }
    }
    assert!(alone.numbers("party_id") == alone.numbers("session_id"), "without parties everybody leads their own");
}

/// Where each session of a party of two or more sits, by match, with its team.
fn seats(run: &Run) -> (HashMap<i64, i64>, HashMap<i64, Vec<(i64, i64)>>) {
    let (sessions, parts) = (run.table("session_ends"), run.table("participations"));
    let mut party_of = HashMap::new();
    for (id, rows) in parties(&sessions).into_iter().filter(|(_, rows)| rows.len() > 1) {
        party_of.extend(rows.iter().map(|&row| (sessions.numbers("session_id")[row], id)));
    }
    let mut seats: HashMap<i64, Vec<(i64, i64)>> = HashMap::new();
    for row in 0..parts.len() {
        let of = |column: &str| parts.numbers(column)[row];
        if party_of.contains_key(&of("session_id")) {
            seats.entry(of("session_id")).or_default().push((of("match_id"), of("team_id")));
        }
    }
    (party_of, seats)
}

#[test]
fn parties_sit_in_one_team_and_go_on_to_the_next_match_together() {
    let run = run(&[]);
    let (party_of, seats) = seats(&run);
    let mut of_party: HashMap<i64, HashMap<i64, Vec<i64>>> = HashMap::new();
    for (session, seats) in &seats {
        for (game, team) in seats {
            of_party.entry(party_of[session]).or_default().entry(*game).or_default().push(*team);
        }
    }
    let sizes = party_of.values().fold(HashMap::new(), |mut sizes: HashMap<i64, usize>, id| {
        *sizes.entry(*id).or_default() += 1;
        sizes
    });
    let (mut whole, mut all, mut later) = (0, 0, 0);
    for (party, games) in &of_party {
        for teams in games.values() {
            let is_whole = teams.len() == sizes[party] && teams.iter().all(|team| team == &teams[0]);
            whole += u32::from(is_whole);
            all += 1;
        }
        later += u32::from(games.len() > 1);
    }
    assert!(f64::from(whole) > 0.97 * f64::from(all), "{whole} of {all} matches of parties are played in one team");
    assert!(later > 300, "{later} parties play more than one match");
}

#[test]
fn parties_move_as_squads() {
    let run = run(&["combat.enabled=false"]);
    let (party_of, _) = seats(&run);
    let beats = run.table("heartbeats");
    let of = |column: &str, row: usize| beats.numbers(column)[row];
    let mut together: HashMap<(i64, i64, i64), Vec<usize>> = HashMap::new();
    for row in 0..beats.len() {
        if let Some(party) = party_of.get(&of("session_id", row)) {
            together.entry((*party, of("match_id", row), of("event_ts", row))).or_default().push(row);
        }
    }
    let distance = |a: usize, b: usize| {
        let [dx, dy] = ["position_x_cm", "position_y_cm"].map(|axis| (of(axis, a) - of(axis, b)) as f64);
        (dx * dx + dy * dy).sqrt()
    };
    let mut apart: Vec<f64> =
        together.values().filter(|rows| rows.len() > 1).map(|rows| distance(rows[0], rows[1])).collect();
    apart.sort_unstable_by(f64::total_cmp);
    let median = apart[apart.len() / 2];
    // Two points of one place of 10 m, or side by side on the way; strangers are 170 m apart on this map.
    assert!(apart.len() > 10_000 && median < 2_000.0, "{} pairs, half within {median} cm", apart.len());
}

#[test]
fn premades_win_more_by_what_the_scenario_says() {
    /// By how much more of their decided matches members of parties have won than who played alone.
    fn advantage(run: &Run) -> f64 {
        let (party_of, _) = seats(run);
        let (parts, matches) = (run.table("participations"), run.table("matches"));
        let winner = matches.columns.get("winner_team").expect("a column");
        let decided: Vec<bool> = match winner {
            crate::support::Column::Optional(teams) => teams.iter().map(Option::is_some).collect(),
            _ => vec![true; matches.len()],
        };
        let decided: HashMap<i64, bool> = matches.numbers("match_id").iter().copied().zip(decided).collect();
        let rows = (0..parts.len()).filter(|&row| decided[&parts.numbers("match_id")[row]]);
        let (premade, alone): (Vec<usize>, Vec<usize>) =
            rows.partition(|&row| party_of.contains_key(&parts.numbers("session_id")[row]));
        let [premade, alone] = [premade, alone].map(|rows| {
            assert!(rows.len() > 10_000, "{}", rows.len());
            let won = rows.iter().filter(|&&row| parts.numbers("won")[row] == 1).count();
            won as f64 / rows.len() as f64
        });
        premade - alone
    }
    let [none, much] = ["parties.mate_skill=0", "parties.mate_skill=4"].map(|set| advantage(&run(&[set])));
    assert!(none.abs() < 0.04, "{none}");
    assert!(much > none + 0.06, "{none} without, {much} with much skill for each mate");
}
