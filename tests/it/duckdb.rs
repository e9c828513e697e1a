//! Contacts and encounters against an independent engine: a plain SQL self-join in DuckDB over the run's Parquet.
//!
//! DuckDB comes from PyPI into a virtual environment below the build folder, made once. Where Python or the package
//! cannot be had the tests are skipped, visibly; SKIRMISH_REQUIRE_DUCKDB=1 turns the skip into a failure.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{TempDir, compile, options, simulate, skipped};

/// Python with DuckDB, or why there is none.
fn python() -> Result<&'static Path, &'static str> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let prepare = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("duckdb-venv");
        let python = folder.join("bin/python");
        let run = |program: &Path, args: &[&str]| {
            let output = Command::new(program).args(args).output().map_err(|error| error.to_string())?;
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() { Ok(()) } else { Err(error) }
        };
        if run(&python, &["-c", "import duckdb"]).is_err() {
            run(Path::new("python3"), &["-m", "venv", &folder.to_string_lossy()])?;
            run(&python, &["-m", "pip", "install", "--quiet", "duckdb==1.4.*"])?;
        }
        run(&python, &["-c", "import duckdb"]).map(|()| python)
    };
    PYTHON.get_or_init(prepare).as_deref().map_err(String::as_str)
}

/// Runs SQL that must return no row, and shows the rows that it does return.
fn expect_no_rows(queries: &[(&str, String)]) {
    let python = match python() {
        Ok(python) => python,
        Err(error) if std::env::var_os("SKIRMISH_REQUIRE_DUCKDB").is_some_and(|value| value == "1") => {
            panic!("SKIRMISH_REQUIRE_DUCKDB=1, but: {error}")
        }
        Err(error) => {
            skipped(&format!("no DuckDB for this test: {error}"));
            return;
        }
    };
    for (what, sql) in queries {
        let script =
            "import duckdb, sys\nrows = duckdb.sql(sys.argv[1]).fetchall()\nprint(rows[:5])\nsys.exit(bool(rows))";
        let output = Command::new(python).args(["-c", script, sql]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{what}: {text}\n{sql}");
    }
}

const WORLD: &str = "seed = 9\n[clock]\ndays = 1\n[population]\nplayers = 1500\n[population.installs]\nveteran_share = 0\n\
                     horizon_days = 1\n[encounter]\nradius_cm = 900\nexit_radius_cm = 1400\nmerge_gap_s = 120\n\
                     [maps.yard]\nextent_x_m = 140\nextent_y_m = 120\n[modes.brawl]\nteam_size = 8\nmatch_minutes = 9\n";

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
            "kills without a contact of opponents at their tick",
            format!(
                "SELECT k.* FROM {kills} k LEFT JOIN ({near}) n
                   ON n.match_id = k.match_id AND n.event_ts = time_bucket(INTERVAL 30 SECOND, k.event_ts)
                  AND n.session_a = least(k.killer_session, k.victim_session)
                  AND n.session_b = greatest(k.killer_session, k.victim_session) AND n.d2 <= 900 * 900
                 WHERE n.d2 IS NULL",
                kills = table("kills"),
                near = near(&table("heartbeats"))
            ),
        ),
    ]);
}

#[test]
fn duckdb_finds_what_detect_finds_in_files_it_wrote_itself() {
    let Ok(python) = python() else {
        // Reports the skip, or fails where a skip is not allowed.
        return expect_no_rows(&[]);
    };
    let folder = TempDir::new();
    let make = "import duckdb, sys\nduckdb.sql(f\"\"\"COPY (
        SELECT 'map-' || (i % 7) AS zone, 'p' || (i % 211)::VARCHAR AS who, to_timestamp(1750000000 + (i // 211) * 5)::TIMESTAMP AS moment,
               (hash(i) % 60000) / 1000.0 AS east, (hash(i, 1) % 60000) / 1000.0 AS north
        FROM range(211 * 400) t(i) ORDER BY hash(i, 2)) TO '{sys.argv[1]}' (ROW_GROUP_SIZE 5000)\"\"\")";
    let input = folder.path().join("in.parquet");
    let status = Command::new(python).args(["-c", make, &input.to_string_lossy()]).status().unwrap();
    assert!(status.success());
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
         SELECT a.moment AS event_ts, a.zone AS \"group\", a.who AS player_a, b.who AS player_b,
                floor(sqrt(((a.x - b.x) ** 2 + (a.y - b.y) ** 2)::DOUBLE))::INT AS distance_cm
         FROM p a JOIN p b ON a.zone = b.zone AND a.moment = b.moment AND a.who < b.who
         WHERE (a.x - b.x) ** 2 + (a.y - b.y) ** 2 <= 400 * 400"
    );
    let ours = format!("SELECT event_ts, \"group\", player_a, player_b, distance_cm FROM {contacts}");
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
