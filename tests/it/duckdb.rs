//! Contacts and encounters against an independent engine: a plain SQL self-join in DuckDB over the run's Parquet.

use std::process::Command;

use crate::python;
use crate::support::{TempDir, compile, options, simulate};

/// Runs SQL that must return no row, and shows the rows that it does return.
pub fn expect_no_rows(queries: &[(&str, String)]) {
    let script = "import duckdb, sys\nrows = duckdb.execute(sys.argv[2]).fetchall()\n\
                  sys.exit(f'{sys.argv[1]}: {rows[:5]}' if rows else 0)";
    for (what, sql) in queries {
        python::run_or_skip(script, &[what, sql]);
    }
}

const WORLD: &str = "seed = 9\n[clock]\ndays = 1\n[population]\nplayers = 1500\n[population.installs]\nveteran_share = 0\n\
                     horizon_days = 1\n[encounter]\nradius_cm = 900\nexit_radius_cm = 1400\nmerge_gap_s = 120\n\
                     min_duration_s = 20\nsweep_max_step_cm = 5000\nteam_radius_cm = 1700\nteam_exit_radius_cm = 2600\n\
                     team_merge_gap_s = 90\n[output.tables]\nencounters_swept = true\nencounters_team = true\n\
                     encounters_group = true\n[maps.yard]\nextent_x_m = 140\nextent_y_m = 120\n[modes.brawl]\nteams = 3\nteam_size = 6\nmatch_minutes = 9\n";

/// Pairs of one match and tick at most the exit radius apart, by definition.
fn near(heartbeats: &str) -> String {
    format!(
        "SELECT a.match_id, a.event_ts, a.session_id AS session_a, b.session_id AS session_b,
                (a.position_x_cm - b.position_x_cm)::HUGEINT ** 2 + (a.position_y_cm - b.position_y_cm)::HUGEINT ** 2
                + (a.position_z_cm - b.position_z_cm)::HUGEINT ** 2 AS d2,
                (a.position_x_cm::BIGINT + b.position_x_cm) >> 1 AS x_cm,
                (a.position_y_cm::BIGINT + b.position_y_cm) >> 1 AS y_cm,
                (a.position_z_cm::BIGINT + b.position_z_cm) >> 1 AS z_cm
         FROM {heartbeats} a JOIN {heartbeats} b
           ON a.match_id = b.match_id AND a.event_ts = b.event_ts AND a.session_id < b.session_id
         WHERE d2 <= 1400 * 1400"
    )
}

/// Encounters by definition: runs of near ticks at most 120 s apart, from their first contact on.
fn episodes(heartbeats: &str) -> String {
    format!(
        "WITH near AS ({near}),
              gaps AS (SELECT *, coalesce(event_ts - lag(event_ts) OVER pair > INTERVAL 120 SECOND, true) AS starts
                       FROM near WINDOW pair AS (PARTITION BY match_id, session_a, session_b ORDER BY event_ts)),
              runs AS (SELECT *, count_if(starts) OVER (PARTITION BY match_id, session_a, session_b ORDER BY event_ts) AS run
                       FROM gaps),
              opened AS (SELECT *, min(event_ts) FILTER (d2 <= 900 * 900)
                                     OVER (PARTITION BY match_id, session_a, session_b, run) AS first_contact FROM runs)
         SELECT match_id, session_a, session_b, min(event_ts) AS started_at, max(event_ts) AS ended_at,
                count_if(d2 <= 900 * 900)::INT AS contact_beats, count(*)::INT AS near_beats,
                floor(sqrt(min(d2)::DOUBLE))::INT AS min_distance_cm, arg_min(event_ts, (d2, event_ts)) AS min_distance_at,
                arg_min(x_cm, (d2, event_ts))::INT AS x_cm, arg_min(y_cm, (d2, event_ts))::INT AS y_cm,
                arg_min(z_cm, (d2, event_ts))::INT AS z_cm
         FROM opened WHERE event_ts >= first_contact GROUP BY match_id, session_a, session_b, run",
        near = near(heartbeats)
    )
}

fn difference(left: &str, right: &str) -> [String; 2] {
    [format!("({left}) EXCEPT ALL ({right})"), format!("({right}) EXCEPT ALL ({left})")]
}

const COLUMNS: &str = "match_id, session_a, session_b, started_at, ended_at, contact_beats, near_beats, min_distance_cm, \
                       min_distance_at, x_cm, y_cm, z_cm";

#[test]
fn duckdb_finds_the_encounters_of_a_run_row_for_row() {
    let run = simulate(&compile(WORLD, &[]), &options(2));
    assert!(run.table("encounters").len() > 5_000);
    let table = |name: &str| format!("'{}/tables/{name}/*/*.parquet'", run.root.display());
    // The row's players are ordered by account, and so are its sessions: an account is the high part of a session.
    let ours = format!("SELECT {COLUMNS} FROM {}", table("encounters"));
    let [missing, invented] = difference(&format!("SELECT {COLUMNS} FROM ({})", episodes(&table("heartbeats"))), &ours);
    expect_no_rows(&[
        ("encounters that are missing", missing),
        ("encounters that are invented", invented),
        (
            "kills of who are not within 35 m of each other at their tick, or near in an encounter that is not theirs",
            format!(
                "WITH killed AS (
                    SELECT *, time_bucket(INTERVAL 30 SECOND, event_ts) AS tick_ts,
                        least(killer_session, victim_session) AS session_a,
                        greatest(killer_session, victim_session) AS session_b
                    FROM {kills}
                 )
                 SELECT k.* FROM killed k
                 LEFT JOIN ({near}) n ON n.match_id = k.match_id AND n.event_ts = k.tick_ts
                  AND n.session_a = k.session_a AND n.session_b = k.session_b
                 LEFT JOIN {encounters} e ON e.match_id = k.match_id AND k.tick_ts BETWEEN e.started_at AND e.ended_at
                  AND e.session_a = k.session_a AND e.session_b = k.session_b
                 WHERE n.d2 IS NULL OR k.encounter_id <> coalesce(e.encounter_id, 0)
                    OR (k.encounter_id <> 0 AND n.d2 > 1400 * 1400)",
                kills = table("kills"),
                encounters = table("encounters"),
                near = near(&table("heartbeats")).replace("1400 * 1400", "3500 * 3500")
            ),
        ),
    ]);
}

/// Division rounded down and the integer square root, which SQL does not have.
const MACROS: &str = "
    CREATE MACRO floor_div(n, d) AS (n - ((n % d) + d) % d) // d;
    CREATE MACRO near_root(n) AS floor(sqrt(greatest(n, 0)::DOUBLE))::HUGEINT;
    CREATE MACRO floor_root(n) AS CASE WHEN near_root(n) * near_root(n) > n THEN near_root(n) - 1
                                       WHEN (near_root(n) + 1) * (near_root(n) + 1) <= n THEN near_root(n) + 1
                                       ELSE near_root(n) END;";

/// Spans within the two radii between heartbeats: by the quadratic formula on integers of 128 bits, where Skirmish
/// searches by bisection.
fn spans(heartbeats: &str, kills: &str, radius: u32, exit: u32) -> String {
    format!(
        "WITH steps AS (
            SELECT h.match_id, h.session_id, epoch_ms(h.event_ts) AS t0, position_x_cm AS x0, position_y_cm AS y0, position_z_cm AS z0,
                   lead(position_x_cm) OVER w AS x1, lead(position_y_cm) OVER w AS y1, lead(position_z_cm) OVER w AS z1,
                   epoch_ms(lead(h.event_ts) OVER w) AS t1
            FROM {heartbeats} h WINDOW w AS (PARTITION BY h.match_id, h.session_id ORDER BY h.event_ts)),
         walks AS (
            SELECT s.*, x1 - x0 AS dx, y1 - y0 AS dy, z1 - z0 AS dz FROM steps s
            ANTI JOIN {kills} k ON k.match_id = s.match_id AND k.victim_session = s.session_id
                               AND epoch_ms(k.event_ts) >= s.t0 AND epoch_ms(k.event_ts) < s.t1
            WHERE t1 = t0 + 30000 AND dx * dx + dy * dy + dz * dz <= 5000 * 5000),
         pairs AS (
            SELECT a.match_id, a.session_id AS session_a, b.session_id AS session_b, a.t0,
                   a.x0 + b.x0 AS sx, a.y0 + b.y0 AS sy, a.z0 + b.z0 AS sz,
                   a.dx + b.dx AS sdx, a.dy + b.dy AS sdy, a.dz + b.dz AS sdz,
                   ((b.x0 - a.x0)::HUGEINT ** 2 + (b.y0 - a.y0)::HUGEINT ** 2 + (b.z0 - a.z0)::HUGEINT ** 2)::HUGEINT AS pp,
                   ((b.dx - a.dx)::HUGEINT ** 2 + (b.dy - a.dy)::HUGEINT ** 2 + (b.dz - a.dz)::HUGEINT ** 2)::HUGEINT AS vv,
                   (b.x0 - a.x0)::HUGEINT * (b.dx - a.dx) + (b.y0 - a.y0)::HUGEINT * (b.dy - a.dy)
                   + (b.z0 - a.z0)::HUGEINT * (b.dz - a.dz) AS pv
            FROM walks a JOIN walks b ON a.match_id = b.match_id AND a.t0 = b.t0 AND a.session_id < b.session_id),
         roots AS (
            SELECT *, pv * pv - vv * (pp - {radius} * {radius}) AS d_contact, pv * pv - vv * (pp - {exit} * {exit}) AS d_near,
                   CASE WHEN vv = 0 OR pv >= 0 THEN pp WHEN -pv >= vv THEN pp + 2 * pv + vv ELSE (pp * vv - pv * pv) // vv END AS d2,
                   CASE WHEN vv = 0 OR pv >= 0 THEN 0 WHEN -pv >= vv THEN 30000 ELSE (-pv * 30000) // vv END AS moment
            FROM pairs),
         bounds AS (
            SELECT *, -floor_div(pv * 30000 + floor_root(30000::HUGEINT * 30000 * d_near), vv) AS n0,
                   floor_div(-pv * 30000 + floor_root(30000::HUGEINT * 30000 * d_near), vv) AS n1,
                   -floor_div(pv * 30000 + floor_root(30000::HUGEINT * 30000 * greatest(d_contact, 0)), vv) AS c0,
                   floor_div(-pv * 30000 + floor_root(30000::HUGEINT * 30000 * greatest(d_contact, 0)), vv) AS c1
            FROM roots WHERE vv > 0 AND d_near >= 0
            UNION ALL
            SELECT *, 0, 30000, CASE WHEN pp <= {radius} * {radius} THEN 0 ELSE 30001 END, 30000 FROM roots WHERE vv = 0 AND pp <= {exit} * {exit})
         SELECT match_id, session_a, session_b, t0, d2, t0 + moment AS d2_at,
                t0 + least(greatest(n0, 0), n1, 30000) AS near_from, t0 + least(n1, 30000) AS near_to,
                CASE WHEN d_contact >= 0 AND c1 >= 0 AND c0 <= 30000 THEN t0 + least(greatest(c0, 0), c1, 30000) END AS contact_from,
                CASE WHEN d_contact >= 0 AND c1 >= 0 AND c0 <= 30000 THEN t0 + least(c1, 30000) END AS contact_to,
                floor_div(sx::HUGEINT * 30000 + sdx::HUGEINT * moment, 60000) AS x_cm,
                floor_div(sy::HUGEINT * 30000 + sdy::HUGEINT * moment, 60000) AS y_cm,
                floor_div(sz::HUGEINT * 30000 + sdz::HUGEINT * moment, 60000) AS z_cm
         FROM bounds WHERE n1 >= 0 AND n0 <= 30000"
    )
}

/// Swept encounters by definition: spans merged over gaps from exit to next entry, from the first contact on.
fn swept_episodes(heartbeats: &str, kills: &str, radius: u32, exit: u32, least_ms: u32) -> String {
    format!(
        "WITH spans AS ({spans}),
              gaps AS (SELECT *, coalesce(near_from - lag(near_to) OVER pair > 120000, true) AS starts
                       FROM spans WINDOW pair AS (PARTITION BY match_id, session_a, session_b ORDER BY t0)),
              runs AS (SELECT *, count_if(starts) OVER (PARTITION BY match_id, session_a, session_b ORDER BY t0) AS run FROM gaps),
              opened AS (SELECT *, min(contact_from) OVER (PARTITION BY match_id, session_a, session_b, run) AS first_contact FROM runs)
         SELECT match_id, session_a, session_b, epoch_ms(first_contact::BIGINT) AS started_at, epoch_ms(max(near_to)::BIGINT) AS ended_at,
                sum(coalesce(contact_to - contact_from, 0))::INT AS contact_ms,
                sum(near_to - greatest(near_from, first_contact))::INT AS near_ms,
                floor_root(min(d2))::INT AS min_distance_cm,
                epoch_ms(arg_min(d2_at, (d2, t0))::BIGINT) AS min_distance_at, arg_min(x_cm, (d2, t0))::INT AS x_cm,
                arg_min(y_cm, (d2, t0))::INT AS y_cm, arg_min(z_cm, (d2, t0))::INT AS z_cm
         FROM opened WHERE near_to >= first_contact GROUP BY match_id, session_a, session_b, run, first_contact
         HAVING max(near_to) - first_contact >= {least_ms}",
        spans = spans(heartbeats, kills, radius, exit)
    )
}

#[test]
fn duckdb_finds_the_encounters_between_heartbeats_row_for_row() {
    // Radii of metres, and of a few centimetres, where what lies between two integers matters.
    for (radius, exit, least, touches_least) in [(900, 1400, 5_000, 500), (2, 3, 100, 100)] {
        let sets = [format!("encounter.radius_cm={radius}"), format!("encounter.exit_radius_cm={exit}")];
        let small = [
            "maps.yard.extent_x_m=30",
            "maps.yard.extent_y_m=30",
            "maps.yard.relief_m=2",
            "encounter.min_duration_s=0",
            // Who dies less often comes as near as this more often.
            "combat.engage_radius_m=1",
        ];
        let mut sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        if radius < 100 {
            sets.extend(small);
        }
        let run = simulate(&compile(WORLD, &sets), &options(2));
        let swept = run.table("encounters_swept");
        let touches = swept.numbers("near_ms").iter().filter(|&&ms| ms < 30_000).count();
        assert!(swept.len() > least && touches > touches_least, "{} with {touches} short", swept.len());
        let table = |name: &str| format!("'{}/tables/{name}/*/*.parquet'", run.root.display());
        let columns = "match_id, session_a, session_b, started_at, ended_at, contact_ms, near_ms, min_distance_cm, \
                       min_distance_at, x_cm, y_cm, z_cm";
        let ours = format!("SELECT {columns} FROM {}", table("encounters_swept"));
        let least_ms = if radius < 100 { 0 } else { 20_000 };
        let theirs = swept_episodes(&table("heartbeats"), &table("kills"), radius, exit, least_ms);
        let [missing, invented] = difference(&format!("SELECT {columns} FROM ({theirs})"), &ours);
        expect_no_rows(&[
            ("swept encounters that are missing", format!("{MACROS} {missing}")),
            ("swept encounters that are invented", format!("{MACROS} {invented}")),
        ]);
    }
}

#[test]
fn duckdb_finds_the_encounters_of_teams_row_for_row() {
    // Fractions of a centimetre matter where the radius is a few of them.
    team_encounters_agree(1_700, 2_600, 500);
    team_encounters_agree(25, 40, 10);
}

fn team_encounters_agree(radius: u32, exit: u32, least: usize) {
    let sets = [format!("encounter.team_radius_cm={radius}"), format!("encounter.team_exit_radius_cm={exit}")];
    let mut sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    if radius < 100 {
        sets.extend([
            "encounter.min_duration_s=0",
            "population.players=4000",
            "maps.yard.extent_x_m=10",
            "maps.yard.extent_y_m=10",
            "maps.yard.relief_m=0",
        ]);
    }
    let least_s = if radius < 100 { 0 } else { 20 };
    let run = simulate(&compile(WORLD, &sets), &options(2));
    assert!(run.table("encounters_team").len() > least, "{}", run.table("encounters_team").len());
    let table = |name: &str| format!("'{}/tables/{name}/*/*.parquet'", run.root.display());
    let theirs = format!(
        "WITH teams AS (SELECT match_id, event_ts, team_id, count(*)::HUGEINT AS n, sum(position_x_cm)::HUGEINT AS x,
                               sum(position_y_cm)::HUGEINT AS y, sum(position_z_cm)::HUGEINT AS z
                        FROM {heartbeats} GROUP BY match_id, event_ts, team_id),
              near AS (SELECT a.match_id, a.event_ts, a.team_id AS team_a, b.team_id AS team_b, a.n * b.n AS nn,
                              ((a.x * b.n - b.x * a.n) ** 2 + (a.y * b.n - b.y * a.n) ** 2
                               + (a.z * b.n - b.z * a.n) ** 2)::HUGEINT AS scaled,
                              scaled <= {radius} * {radius} * nn * nn AS is_contact,
                              floor_div(scaled, nn * nn) AS d2,
                              floor_div(a.x * b.n + b.x * a.n, 2 * nn) AS x_cm, floor_div(a.y * b.n + b.y * a.n, 2 * nn) AS y_cm,
                              floor_div(a.z * b.n + b.z * a.n, 2 * nn) AS z_cm
                       FROM teams a JOIN teams b ON a.match_id = b.match_id AND a.event_ts = b.event_ts AND a.team_id < b.team_id
                       WHERE scaled <= {exit} * {exit} * nn * nn),
              gaps AS (SELECT *, coalesce(event_ts - lag(event_ts) OVER pair > INTERVAL 90 SECOND, true) AS starts
                       FROM near WINDOW pair AS (PARTITION BY match_id, team_a, team_b ORDER BY event_ts)),
              runs AS (SELECT *, count_if(starts) OVER (PARTITION BY match_id, team_a, team_b ORDER BY event_ts) AS run FROM gaps),
              opened AS (SELECT *, min(event_ts) FILTER (is_contact)
                                     OVER (PARTITION BY match_id, team_a, team_b, run) AS first_contact FROM runs)
         SELECT match_id, team_a, team_b, min(event_ts) AS started_at, max(event_ts) AS ended_at,
                count_if(is_contact)::INT AS contact_beats, count(*)::INT AS near_beats,
                floor_root(min(d2))::INT AS min_distance_cm, arg_min(event_ts, (d2, NOT is_contact, event_ts)) AS min_distance_at,
                arg_min(x_cm, (d2, NOT is_contact, event_ts))::INT AS x_cm,
                arg_min(y_cm, (d2, NOT is_contact, event_ts))::INT AS y_cm,
                arg_min(z_cm, (d2, NOT is_contact, event_ts))::INT AS z_cm
         FROM opened WHERE event_ts >= first_contact GROUP BY match_id, team_a, team_b, run
         HAVING max(event_ts) - min(event_ts) >= INTERVAL {least_s} SECOND",
        heartbeats = table("heartbeats")
    );
    let columns = "match_id, team_a, team_b, started_at, ended_at, contact_beats, near_beats, min_distance_cm, \
                   min_distance_at, x_cm, y_cm, z_cm";
    let ours = format!("SELECT {columns} FROM {}", table("encounters_team"));
    let [missing, invented] = difference(&format!("SELECT {columns} FROM ({theirs})"), &ours);
    expect_no_rows(&[
        ("team encounters that are missing", format!("{MACROS} {missing}")),
        ("team encounters that are invented", format!("{MACROS} {invented}")),
    ]);
}

#[test]
fn duckdb_finds_the_groups_row_for_row() {
    let run = simulate(&compile(WORLD, &["population.players=400"]), &options(2));
    let groups = run.table("encounters_group");
    let large = groups.numbers("size").iter().filter(|&&size| size > 3).count();
    assert!(groups.len() > 2_000 && large > 50, "{} with {large} of more than three", groups.len());
    let table = |name: &str| format!("'{}/tables/{name}/*/*.parquet'", run.root.display());
    let theirs = format!(
        "WITH RECURSIVE
           edges AS MATERIALIZED (SELECT * FROM ({near}) WHERE d2 <= 900 * 900),
           links AS MATERIALIZED (SELECT match_id, event_ts, session_a AS one, session_b AS other FROM edges
                                  UNION ALL SELECT match_id, event_ts, session_b, session_a FROM edges),
           reach AS (SELECT match_id, event_ts, one, one AS member FROM links
                     UNION SELECT r.match_id, r.event_ts, r.one, l.other FROM reach r JOIN links l
                       ON l.match_id = r.match_id AND l.event_ts = r.event_ts AND l.one = r.member),
           members AS (SELECT match_id, event_ts, member, min(one) AS first_session FROM reach GROUP BY ALL),
           teams AS (SELECT m.*, h.team_id FROM members m JOIN {heartbeats} h
                       ON h.match_id = m.match_id AND h.event_ts = m.event_ts AND h.session_id = m.member),
           counts AS (SELECT m.match_id, m.event_ts, m.first_session, count(*)::INT AS contacts FROM edges e JOIN members m
                        ON m.match_id = e.match_id AND m.event_ts = e.event_ts AND m.member = e.session_a GROUP BY ALL)
         SELECT t.match_id, t.event_ts, (epoch_ms(t.event_ts) // 30000 - epoch_ms(TIMESTAMP '2026-01-05') // 30000)::INT AS tick,
                t.first_session, count(*)::INT AS size, any_value(c.contacts) AS contacts, count(DISTINCT team_id)::TINYINT AS teams
         FROM teams t JOIN counts c USING (match_id, event_ts, first_session) GROUP BY t.match_id, t.event_ts, t.first_session",
        near = near(&table("heartbeats")),
        heartbeats = table("heartbeats")
    );
    let columns = "match_id, event_ts, tick, first_session, size, contacts, teams";
    let ours = format!("SELECT {columns} FROM {}", table("encounters_group"));
    let [missing, invented] = difference(&format!("SELECT {columns} FROM ({theirs})"), &ours);
    expect_no_rows(&[("groups that are missing", missing), ("groups that are invented", invented)]);
}

#[test]
fn duckdb_finds_what_detect_finds_in_files_it_wrote_itself() {
    let folder = TempDir::new();
    let make = "import duckdb, sys\nduckdb.sql(f\"\"\"COPY (
        SELECT 'map-' || (i % 7) AS zone, 'p' || (i % 211)::VARCHAR AS who, to_timestamp(1750000000 + (i // 211) * 5)::TIMESTAMP AS moment,
               (hash(i) % 60000) / 1000.0 AS east, (hash(i, 1) % 60000) / 1000.0 AS north
        FROM range(211 * 400) t(i) ORDER BY hash(i, 2)) TO '{sys.argv[1]}' (ROW_GROUP_SIZE 5000)\"\"\")";
    let input = folder.path().join("in.parquet");
    if !python::run_or_skip(make, &[&input.to_string_lossy()]) {
        return;
    }
    let out = folder.path().join("out");
    let output = Command::new(env!("CARGO_BIN_EXE_skirmish"))
        .args(["detect", &input.to_string_lossy(), "--out", &out.to_string_lossy(), "--json"])
        .args([
            "--x", "east", "--y", "north", "--z", "none", "--unit", "m", "--group", "zone", "--time", "moment", "--id",
            "who",
        ])
        .args(["--radius-cm", "400", "--merge-gap-s", "30"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (input, contacts) = (input.display(), format!("'{}/tables/contacts/*.parquet'", out.display()));
    // Players change zone from time to time (211 is not a multiple of 7), so every zone sees most players.
    let by_definition = format!(
        "WITH p AS (SELECT zone, who, moment, round(east * 100)::BIGINT AS x, round(north * 100)::BIGINT AS y FROM '{input}')
         SELECT a.moment AS event_ts, a.zone AS group_id, a.who AS player_a, b.who AS player_b,
                floor(sqrt(((a.x - b.x) ** 2 + (a.y - b.y) ** 2)::DOUBLE))::INT AS distance_cm
         FROM p a JOIN p b ON a.zone = b.zone AND a.moment = b.moment AND a.who < b.who
         WHERE (a.x - b.x) ** 2 + (a.y - b.y) ** 2 <= 400 * 400"
    );
    let ours = format!("SELECT event_ts, group_id, player_a, player_b, distance_cm FROM {contacts}");
    let [missing, invented] = difference(&by_definition, &ours);
    expect_no_rows(&[
        ("contacts that are missing", missing),
        ("contacts that are invented", invented),
        ("no contacts at all", format!("SELECT 'none' FROM {contacts} HAVING count(*) < 1000")),
        (
            "encounters whose contacts do not add up",
            format!(
                "SELECT * FROM (SELECT sum(contact_beats) AS beats FROM '{}/tables/encounters/*.parquet'),
                               (SELECT count(*) AS rows FROM {contacts}) WHERE beats <> rows",
                out.display()
            ),
        ),
    ]);
}

#[test]
fn a_run_is_read_in_duckdbs_shell_and_its_days_have_the_players_that_the_report_counts() {
    let folder = TempDir::new();
    let text = "[clock]\ndays = 3\n[population]\nplayers = 800\n[population.installs]\nhorizon_days = 4\n";
    let root = folder.path().join("it's [a] run");
    std::fs::write(folder.path().join("it.toml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_skirmish"))
        .current_dir(folder.path())
        .args(["run", "it.toml", "--backend", "cpu", "--out", "it's [a] run"])
        .output()
        .unwrap();
    let screen = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |after: &str| screen.split_once(after).unwrap().1.lines().next().unwrap().trim().to_owned();
    let script = r#"
import json, os, subprocess, sys
root, by_day, views = sys.argv[1:]
bin = os.path.dirname(sys.executable)
env = dict(os.environ, PATH=bin + ":" + os.environ["PATH"])
def rows(line):
    done = subprocess.run(["bash", "-c", line], env=env, capture_output=True, text=True)
    assert done.returncode == 0, line + done.stderr
    return json.loads(done.stdout)
told = json.load(open(root + "/run.json"))
days = {day["date"]: day for day in told["days_detail"]}
found = rows(by_day.replace("duckdb -c", "duckdb -json -c"))
assert len(found) == 3, found
for row in found:
    day = days[row["date"]]
    assert (row["heartbeats"], row["players"]) == (day["heartbeats"], day["active_players"]), (row, day)
    assert str(f'{row["players"]:,}') in open(root + "/report.html").read()
for table, total in told["tables"].items():
    [count] = rows(views + f' -json -c "SELECT count(*) AS n FROM {table}"')
    assert count["n"] == total["rows"], (table, count)
comments = rows(views + ' -json -c "SELECT count(*) AS n FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"')
assert comments[0]["n"] == 0, comments
"#;
    python::run_or_skip(script, &[&root.to_string_lossy(), &line("DuckDB:\n"), &line("All tables as views:\n")]);
}
