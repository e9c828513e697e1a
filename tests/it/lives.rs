//! Careers, cheats, the anti-cheat and what makes players stop, recomputed by DuckDB from a run's tables.

use std::path::Path;
use std::sync::Arc;

use skirmish::setting::Setting;

use crate::cli::{stderr, stdout};
use crate::duckdb::expect_no_rows;
use crate::realism::oracle;
use crate::support::{Run, TempDir, compile, options, simulate};
use crate::warehouse::{python_here, run};

/// Six days in which a third of the accounts cheat, victims report often and rules are strict.
const WORLD: &str = "seed = 4\n[clock]\nstart = \"2026-03-02\"\ndays = 6\n[population]\nplayers = 2500\nrealms = 2\n\
                     [population.installs]\nveteran_share = 0.3\nveteran_days = 20\nhorizon_days = 4\n[payers]\n\
                     first_purchase_days = 2\n[clusters.all]\nsession_chance = 0.5\nagain_chance = 0.4\n[archetypes.any]\n\
                     spenders.all = { share = 0.4 }\n[maps.field]\nextent_x_m = 500\nextent_y_m = 500\n[modes.battle]\n\
                     teams = 2\nteam_size = 12\nmatch_minutes = 9\n[movements.run]\nroam_m = 3\n[reports]\n\
                     honest_per_kill = 0.01\ncheater_per_kill = 0.2\n[cheating]\nshare = 0.3\ncontagion = 0.2\ncontagion_days = 1\n\
                     [cheats.aim]\nonset_days = 1\nskill = 2\nheadshot_factor = 4\n[cheats.speed]\nonset_days = 0\nspeed_factor = 3\n\
                     [cheats.teleport]\nonset_days = 2\nteleport_chance = 0.2\n[cheats.farm]\nonset_days = 0\nhours_factor = 9\n\
                     [anticheat]\njumps = 2\nheadshot_kills = 5\nheadshot_share = 0.6\nratio_kills = 6\nratio = 3\n\
                     session_minutes = 200\nreports = 1\nflags_to_ban = 2\nwave_days = 2\n[careers]\nlevel_experience = 150\n\
                     [achievements]\none = { counts = \"matches\", threshold = 1 }\nnine = { counts = \"matches\", threshold = 9 }\n\
                     dozen = { counts = \"kills\", threshold = 12 }\nthird = { counts = \"sessions\", threshold = 3 }\n\
                     rich = { counts = \"purchases\", threshold = 2 }\n";

fn world(sets: &[&str]) -> (Arc<Setting>, Run) {
    let setting = compile(WORLD, sets);
    let run = simulate(&setting, &options(2));
    (setting, run)
}

/// A table of a run in DuckDB.
fn table(run: &Run, name: &str) -> String {
    let root = run.root.join("tables").join(name);
    format!("(FROM read_parquet('{}/**/*.parquet', hive_partitioning = false))", root.display())
}

/// Sessions that have ended of themselves, with what their players had done by then.
fn careers(run: &Run) -> String {
    format!(
        "SELECT *, sum(matches) OVER w AS all_matches, sum(kills) OVER w AS all_kills, count(*) OVER w AS all_sessions,
                sum(purchases) OVER w AS all_purchases
         FROM {} WHERE end_reason <> 'run_end' WINDOW w AS (PARTITION BY player_id ORDER BY session_id)",
        table(run, "session_ends")
    )
}

#[test]
fn achievements_and_levels_are_what_sessions_add_up_to() {
    let (_, run) = world(&[]);
    assert!(run.table("achievement_unlocks").len() > 2_000 && run.table("level_ups").len() > 1_000);
    let careers = careers(&run);
    let done = "CASE counts WHEN 'matches' THEN all_matches WHEN 'kills' THEN all_kills
                            WHEN 'sessions' THEN all_sessions ELSE all_purchases END";
    let own =
        "CASE counts WHEN 'matches' THEN matches WHEN 'kills' THEN kills WHEN 'sessions' THEN 1 ELSE purchases END";
    let unlocks = format!(
        "SELECT session_id, player_id, event_ts, achievement, ({done})::INT AS count
         FROM ({careers}) CROSS JOIN {} WHERE {done} >= threshold AND {done} - {own} < threshold",
        table(&run, "achievements")
    );
    let levels = format!(
        "WITH levels AS (SELECT level, round(150 * (level - 1) ** 1.6) AS takes FROM range(2, 101) AS l(level)),
              had AS (SELECT *, 50 * all_matches + 10 * all_kills AS now, 50 * matches + 10 * kills AS own FROM ({careers})),
              reached AS (SELECT session_id, player_id, event_ts,
                                 1 + (SELECT count(*) FROM levels WHERE takes <= now) AS level,
                                 1 + (SELECT count(*) FROM levels WHERE takes <= now - own) AS was, now FROM had)
         SELECT session_id, player_id, event_ts, level::SMALLINT AS level, now::BIGINT AS experience
         FROM reached WHERE level > was"
    );
    for (what, name, expected) in [("unlocks", "achievement_unlocks", unlocks), ("levels", "level_ups", levels)] {
        let written = format!("SELECT * FROM {}", table(&run, name));
        expect_no_rows(&[
            (what, format!("({written}) EXCEPT ALL ({expected})")),
            (what, format!("({expected}) EXCEPT ALL ({written})")),
        ]);
    }
}

#[test]
fn flags_are_what_the_rules_say_of_telemetry_and_bans_follow_flags() {
    let (_, run) = world(&[]);
    assert!(run.table("bans").len() > 100, "{}", run.table("bans").len());
    let (kills, reports, heartbeats) = (table(&run, "kills"), table(&run, "reports"), table(&run, "heartbeats"));
    let (flags, bans, sessions) = (table(&run, "anticheat_flags"), table(&run, "bans"), table(&run, "session_ends"));
    let evidence = format!(
        "WITH steps AS (SELECT session_id, match_id, event_ts, lag(event_ts) OVER w AS before, lag(match_id) OVER w AS in_match,
                  (position_x_cm - lag(position_x_cm) OVER w)::BIGINT ** 2 + (position_y_cm - lag(position_y_cm) OVER w)::BIGINT ** 2
                  + (position_z_cm - lag(position_z_cm) OVER w)::BIGINT ** 2 AS d2
                FROM {heartbeats} WINDOW w AS (PARTITION BY session_id ORDER BY event_ts)),
              jumps AS (SELECT session_id, count(*) AS jumps FROM steps
                WHERE d2 > 14400::BIGINT ** 2 AND match_id = in_match AND NOT EXISTS (SELECT 1 FROM {kills} AS k
                  WHERE k.victim_session = steps.session_id AND k.event_ts >= before AND k.event_ts < steps.event_ts)
                GROUP BY ALL),
              heads AS (SELECT killer_session AS session_id, count(*) AS headshots FROM {kills} WHERE is_headshot GROUP BY ALL),
              told AS (SELECT reported_session AS session_id, count(*) AS reports FROM {reports} GROUP BY ALL)
         SELECT s.*, coalesce(jumps, 0) AS jumps, coalesce(headshots, 0) AS headshots, coalesce(reports, 0) AS reports
         FROM {sessions} AS s LEFT JOIN jumps USING (session_id) LEFT JOIN heads USING (session_id) LEFT JOIN told USING (session_id)
         WHERE end_reason <> 'run_end'"
    );
    let rule = |name: &str, applies: &str, value: &str, bound: u32| {
        format!(
            "SELECT session_id, player_id, event_ts, '{name}' AS rule, ({value})::INT AS value, {bound} AS bound
             FROM evidence WHERE {applies} AND {value} >= {bound}"
        )
    };
    let expected = format!(
        "WITH evidence AS ({evidence}) {}",
        [
            rule("impossible_movement", "true", "jumps", 2),
            rule("headshots", "kills >= 5", "headshots * 1000 // kills::INT", 600),
            rule("kill_ratio", "kills >= 6", "kills::INT * 1000 // greatest(deaths, 1)", 3000),
            rule("hours", "true", "event_length_s // 60", 200),
            rule("reports", "true", "reports", 1),
        ]
        .join(" UNION ALL ")
    );
    let truth = table(&run, "truth_players");
    expect_no_rows(&[
        ("flags that no rule raises", format!("(SELECT * FROM {flags}) EXCEPT ALL ({expected})")),
        ("flags that are missing", format!("({expected}) EXCEPT ALL (SELECT * FROM {flags})")),
        (
            "rules that nobody has broken",
            format!("SELECT rule, count(*) AS n FROM ({expected}) GROUP BY rule HAVING n < 10 UNION ALL
                     SELECT 'all', count(DISTINCT rule) FROM {flags} HAVING count(DISTINCT rule) <> 5"),
        ),
        (
            "impossible steps of the honest",
            format!("SELECT f.* FROM {flags} AS f JOIN {truth} AS t USING (player_id)
                     WHERE rule = 'impossible_movement' AND cheat NOT IN ('speed', 'teleport')"),
        ),
        (
            "sessions after a ban",
            format!("SELECT * FROM {sessions} AS s JOIN {bans} AS b USING (player_id) WHERE s.started_at >= b.event_ts"),
        ),
        (
            "bans without two flags before them, twice, or at another time than midnight",
            format!("SELECT b.player_id, count(f.rule) FROM {bans} AS b LEFT JOIN {flags} AS f
                       ON f.player_id = b.player_id AND f.event_ts < b.event_ts
                     GROUP BY b.player_id, b.event_ts HAVING count(f.rule) < 2
                     UNION ALL SELECT player_id, count(*) FROM {bans} GROUP BY ALL HAVING count(*) > 1
                     UNION ALL SELECT player_id, 0 FROM {bans} WHERE event_ts <> event_ts::DATE
                     OR is_wave <> (datediff('day', DATE '2026-03-02', event_ts::DATE) % 2 = 0)"),
        ),
        (
            "condemned who still play after the next wave",
            format!("WITH second AS (SELECT player_id, event_ts FROM {flags}
                                     QUALIFY row_number() OVER (PARTITION BY player_id ORDER BY event_ts, session_id, rule) = 2),
                     wave AS (SELECT *, DATE '2026-03-02'
                                + 2 * (datediff('day', DATE '2026-03-02', event_ts::DATE) // 2 + 1)::INT AS day FROM second)
                     SELECT * FROM wave JOIN {sessions} AS s USING (player_id) WHERE s.started_at >= wave.day"),
        ),
        (
            "reports that are not of a kill by its victim",
            format!("SELECT * FROM {reports} AS r LEFT JOIN {kills} AS k USING (kill_id)
                     WHERE (r.event_ts = k.event_ts AND r.match_id = k.match_id AND reporter_id = victim_id
                            AND reported_id = killer_id AND reported_session = killer_session) IS NOT TRUE"),
        ),
    ]);
}

#[test]
fn cheats_begin_when_the_truth_says_and_show_in_telemetry() {
    let (_, run) = world(&["anticheat.enabled=false"]);
    assert_eq!((run.table("bans").len(), run.table("anticheat_flags").len()), (0, 0));
    let (truth, events, sessions) =
        (table(&run, "truth_players"), table(&run, "truth_events"), table(&run, "session_ends"));
    let kills = table(&run, "kills");
    // The first day on which somebody plays who cheats by then; that of a session cut by midnight is the day of its login.
    let begins = format!(
        "SELECT player_id, min(started_at::DATE) AS day FROM {sessions} JOIN {truth} USING (player_id)
         WHERE cheat <> 'none' AND datediff('day', DATE '2026-03-02', started_at::DATE) >= cheats_from_day GROUP BY ALL"
    );
    expect_no_rows(&[
        (
            "days on which cheaters begin",
            format!("SELECT * FROM ({begins}) AS b FULL JOIN (SELECT * FROM {events} WHERE event = 'began_cheating') AS e
                     USING (player_id) WHERE (b.day = e.event_ts) IS NOT TRUE AND b.day IS NOT NULL"),
        ),
        (
            "followers of nobody, or before their leader",
            format!("SELECT * FROM {truth} AS t LEFT JOIN {truth} AS l ON t.cheats_after = l.player_id
                     WHERE t.cheats_after > 0 AND (l.cheat <> 'none' AND l.cheats_after = 0
                           AND l.cheats_from_day <= t.cheats_from_day) IS NOT TRUE
                     UNION ALL SELECT * FROM {truth} AS t JOIN {truth} AS l ON false
                     WHERE (t.cheat = 'none') <> (t.cheats_from_day = -1)"),
        ),
        (
            "aim and farms that do not show",
            format!("WITH heads AS (SELECT cheat, avg(is_headshot::INT) AS share, count(*) AS n FROM {kills} AS k
                       JOIN {truth} AS t ON t.player_id = k.killer_id
                       WHERE cheat = 'none' OR datediff('day', DATE '2026-03-02', k.event_ts::DATE) > cheats_from_day GROUP BY ALL),
                     hours AS (SELECT cheat, avg(event_length_s) AS s FROM {sessions} JOIN {truth} USING (player_id)
                       WHERE cheat IN ('none', 'farm') AND end_reason = 'logout' GROUP BY ALL)
                     SELECT a.share, n.share FROM heads AS a, heads AS n
                     WHERE a.cheat = 'aim' AND n.cheat = 'none' AND a.share < 3 * n.share
                     UNION ALL SELECT f.s, n.s FROM hours AS f, hours AS n WHERE f.cheat = 'farm' AND n.cheat = 'none' AND f.s < 3 * n.s"),
        ),
    ]);
    assert!(run.table("truth_events").texts("event").iter().filter(|event| *event == "began_cheating").count() > 300);
}

const HONEST: &str = "cheating.share=0";

#[test]
fn what_makes_players_stop_does_so_as_often_as_it_says() {
    let (_, run) = world(&[HONEST, "effects.death_ends_session=0.2"]);
    let (sessions, kills) = (table(&run, "session_ends"), table(&run, "kills"));
    let next = "time_bucket(INTERVAL 30 SECOND, k.event_ts) + INTERVAL 30 SECOND";
    let ended = format!(
        "SELECT avg((s.event_ts < {next} + INTERVAL 30 SECOND)::INT) AS share, count(*) AS n FROM {kills} AS k
         JOIN {sessions} AS s ON s.session_id = k.victim_session WHERE s.event_ts >= {next}"
    );
    // Some would have ended then anyway: one in a hundred at most.
    expect_no_rows(&[(
        "ends after a death",
        format!("SELECT * FROM ({ended}) WHERE n < 3000 OR share NOT BETWEEN 0.185 AND 0.22"),
    )]);

    let (_, run) = world(&[HONEST, "effects.loss_ends_session=1"]);
    let (sessions, parts, matches) =
        (table(&run, "session_ends"), table(&run, "participations"), table(&run, "matches"));
    expect_no_rows(&[(
        "who plays on after a lost match",
        format!(
            "SELECT * FROM {parts} AS p JOIN {matches} AS m USING (match_id) JOIN {sessions} AS s USING (session_id)
                 WHERE m.winner_team <> p.team_id AND p.left_at = m.ended_at AND s.event_ts > m.ended_at
                   AND s.event_ts >= m.ended_at + INTERVAL 60 SECOND"
        ),
    )]);

    let (_, run) = world(&[HONEST, "effects.losing_ends_career=1"]);
    let (sessions, events) = (table(&run, "session_ends"), table(&run, "truth_events"));
    expect_no_rows(&[
        (
            "who comes back after a lost session",
            format!(
                "SELECT * FROM {sessions} AS l JOIN {sessions} AS s USING (player_id)
                     WHERE l.deaths > l.kills AND l.end_reason <> 'run_end' AND s.started_at::DATE > l.event_ts::DATE"
            ),
        ),
        (
            "who gave up without losing",
            format!(
                "SELECT * FROM {events} AS e WHERE event = 'gave_up' AND NOT EXISTS (SELECT 1 FROM {sessions} AS s
                     WHERE s.player_id = e.player_id AND s.event_ts = e.event_ts AND deaths > kills)"
            ),
        ),
        ("nobody gave up", format!("SELECT count(*) AS n FROM {events} WHERE event = 'gave_up' HAVING n < 100")),
    ]);
}

#[test]
fn who_has_played_in_a_party_comes_back_if_the_scenario_says_so() {
    let churned_after_parties = |run: &Run| {
        format!(
            "SELECT e.player_id FROM {} AS e WHERE event = 'churned' AND EXISTS (SELECT 1 FROM {} AS s
             JOIN (SELECT party_id FROM {} GROUP BY ALL HAVING count(*) > 1) USING (party_id)
             WHERE s.player_id = e.player_id AND s.started_at::DATE = e.event_ts::DATE)",
            table(run, "truth_events"),
            table(run, "session_ends"),
            table(run, "session_ends")
        )
    };
    let (_, kept) = world(&[HONEST, "effects.party_keeps_player=1"]);
    let (_, lost) = world(&[HONEST]);
    expect_no_rows(&[
        ("who leaves after a party", churned_after_parties(&kept)),
        (
            "nobody leaves who was alone",
            format!(
                "SELECT count(*) AS n FROM {} WHERE event = 'churned' HAVING n < 200",
                table(&kept, "truth_events")
            ),
        ),
        ("nobody leaves anyway", format!("SELECT count(*) AS n FROM ({}) HAVING n < 50", churned_after_parties(&lost))),
    ]);
}

/// A day whose heartbeats suffer all that can happen to them.
const DEFECTS: [&str; 10] = [
    "clock.days=1",
    "output.tables.heartbeats_received=true",
    "output.tables.truth_defects=true",
    "defects.late_share=0.1",
    "defects.duplicate_share=0.05",
    "defects.lost_share=0.05",
    "defects.jitter_share=0.2",
    "defects.skew_share=0.1",
    "outages.cable.hour_utc=20",
    "outages.cable.start=2026-03-02",
];

#[test]
fn what_a_collector_receives_is_the_clean_twin_and_the_defects_that_the_truth_lists() {
    let (_, clean) = world(&["clock.days=1"]);
    let (_, run) = world(&DEFECTS);
    let [expected, found] = [&clean, &run].map(|run| {
        let mut digests = run.digests();
        digests.retain(|(file, _)| !["heartbeats_received", "truth_defects"].iter().any(|name| file.contains(name)));
        digests
    });
    assert!(expected.len() > 20 && expected == found, "what is clean does not depend on defects");
    let (received, truth, heartbeats) =
        (table(&run, "heartbeats_received"), table(&run, "truth_defects"), table(&run, "heartbeats"));
    let size = |defect: &str| format!("coalesce(sum(shift_ms) FILTER (defect = '{defect}'), 0)");
    let implied = format!(
        "WITH truth AS (SELECT session_id, event_ts, {late} AS late, {again} AS again, {jitter} + {skew} AS shift,
                               count(*) FILTER (defect IN ('lost', 'outage')) > 0 AS is_lost,
                               count(*) FILTER (defect = 'duplicate') > 0 AS is_double FROM {truth} GROUP BY ALL),
              sent AS (SELECT h.*, coalesce(late, 0) AS late, coalesce(again, 0) AS again, coalesce(shift, 0) AS shift,
                              coalesce(is_double, false) AS is_double
                       FROM {heartbeats} AS h LEFT JOIN truth USING (session_id, event_ts) WHERE is_lost IS NOT TRUE)
         SELECT event_ts + to_milliseconds((late + copy * again)::BIGINT) AS received_at, session_id,
                event_ts + to_milliseconds(shift::BIGINT) AS event_ts, player_id, match_id, team_id, position_x_cm, position_y_cm,
                position_z_cm
         FROM sent CROSS JOIN range(2) AS c(copy) WHERE copy = 0 OR is_double",
        late = size("late"),
        again = size("duplicate"),
        jitter = size("jitter"),
        skew = size("skew"),
    );
    let written = format!("SELECT * FROM {received}");
    expect_no_rows(&[
        ("received without a reason", format!("({written}) EXCEPT ALL ({implied})")),
        ("missing without a reason", format!("({implied}) EXCEPT ALL ({written})")),
        ("a kind of defect is missing", format!("SELECT count(DISTINCT defect) AS n FROM {truth} HAVING n <> 6")),
        (
            "outages of another region or time",
            format!(
                "SELECT * FROM {truth} AS t JOIN {} AS p USING (session_id) JOIN {} AS m USING (match_id)
                     WHERE defect = 'outage' AND t.event_ts >= p.joined_at AND t.event_ts < p.left_at
                       AND (region <> 'eu-west' OR hour(t.event_ts) <> 20)",
                table(&run, "participations"),
                table(&run, "matches")
            ),
        ),
    ]);
}

#[test]
fn estimates_from_telemetry_come_near_the_truth() {
    let Some(python) = oracle() else { return };
    let folder = TempDir::new();
    let sets = [
        "population.players=5000",
        "clock.days=30",
        "effects.death_ends_session=0.02",
        "effects.loss_ends_session=0.1",
        "output.tables.heartbeats=false",
        "output.tables.encounters=false",
    ];
    let run = run(folder.path(), "causes", "team-shooter", &sets);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/causality.py");
    let output = python_here(&python).arg(&script).arg(&run).output().unwrap();
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    let row = |name: &str| -> Vec<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {text}"));
        line.split_whitespace().map(|word| word.parse().unwrap()).collect()
    };
    for (name, size) in [("a death ", 0.02), ("a lost match ", 0.1)] {
        let [estimate, two_errors, truth] = row(name)[..] else { panic!("{text}") };
        assert_eq!(truth, size);
        assert!((estimate - truth).abs() <= 2.0 * two_errors && two_errors < 0.1 * truth, "{text}");
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("a purchase, ")).count(), 3);
    let output = python_here(&python).arg(&script).arg(folder.path()).output().unwrap();
    assert!(!output.status.success() && stderr(&output).contains("usage: "), "{}", stderr(&output));
}
