//! The warehouse: built of a run by dbt on DuckDB, asked seven questions, and refused where it must be.
//!
//! Its Python packages go into an environment below the build folder, made once by `warehouse/build` itself. One build is
//! part of every test run; the others are skipped, by name, unless SKIRMISH_TESTS=all. Where Python or a package cannot be
//! had all are skipped, visibly; SKIRMISH_TESTS=all turns that into a failure, too.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::cli::{skirmish, stderr, stdout};
use crate::python;
use crate::support::{TempDir, files_below, skipped};

pub fn wants_all() -> bool {
    std::env::var_os("SKIRMISH_TESTS").is_some_and(|value| value == "all")
}

/// Whether a test that takes long may run; says so if not.
pub fn runs_long(what: &str) -> bool {
    if !wants_all() {
        skipped(&format!("{what}: SKIRMISH_TESTS=all runs it"));
    }
    wants_all()
}

/// Whether the machine's Python is one that the warehouse runs on; says so if not.
pub fn has_python() -> bool {
    let new_enough = "import sys\nsys.exit(sys.version_info < (3, 11))";
    let is_there = Command::new("python3").args(["-c", new_enough]).status().is_ok_and(|status| status.success());
    assert!(is_there || !wants_all(), "SKIRMISH_TESTS=all, but there is no Python 3.11 or newer");
    if !is_there {
        skipped("no Python 3.11 or newer for the warehouse");
    }
    is_there
}

/// A command of the warehouse.
fn warehouse(command: &str, args: &[&str]) -> Output {
    python_here(Path::new(env!("CARGO_MANIFEST_DIR")).join("warehouse").join(command)).args(args).output().unwrap()
}

/// Builds a warehouse; `None` if there is nothing to build it with.
pub fn built(run: &Path) -> Option<()> {
    let output = warehouse("build", &[run.to_str().unwrap()]);
    if output.status.code() == Some(5) && !wants_all() {
        skipped(&format!("no Python packages for the warehouse: {}", stderr(&output)));
        return None;
    }
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    Some(())
}

/// A Python of the warehouse's environments, which is made if need be.
pub fn python_of(purpose: &str) -> PathBuf {
    let script = format!("from lib import environments\nprint(environments.python('{purpose}', lambda text: None))");
    let output = python_here("python3").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).trim().into()
}

/// A Python that finds the warehouse's modules.
pub fn python_here(interpreter: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(interpreter);
    command.env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("warehouse"));
    command.env("SKIRMISH_ENVIRONMENTS", Path::new(env!("CARGO_TARGET_TMPDIR")).join("environments"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// A finished run of a scenario file or a shipped one.
pub fn run(folder: &Path, name: &str, scenario: &str, sets: &[&str]) -> PathBuf {
    let mut args = vec!["run", scenario, "--quiet", "--backend", "cpu", "--out", name];
    sets.iter().for_each(|set| args.extend(["--set", set]));
    let output = skirmish(folder, &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    folder.join(name)
}

pub fn small(folder: &Path, name: &str, sets: &[&str]) -> PathBuf {
    let few = ["population.players=600", "clock.start=\"2026-01-30\"", "population.installs.horizon_days=3"];
    run(folder, name, "quickstart", &[&few[..], sets].concat())
}

/// Runs Python with `duckdb` at the warehouse's version; the script has the warehouse as `db` and must not fail.
pub fn look(run: &Path, script: &str) {
    let whole = format!(
        "import duckdb, sys\ndb = duckdb.connect(sys.argv[1] + '/_warehouse/warehouse.duckdb', read_only=True)\n{script}"
    );
    let output = Command::new(python_of("build")).args(["-c", &whole, run.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", stderr(&output));
}

fn ask(run: &Path, args: &[&str]) -> Value {
    let output = warehouse("ask", &[&[run.to_str().unwrap()], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

/// Where two values differ, numbers with or without a point being equal if they are.
fn difference(ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => (a.as_f64() != b.as_f64()).then(|| format!("{a} and {b}")),
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => a.iter().find_map(|(key, a)| {
            let why = difference(a, b.get(key).unwrap_or(&Value::Null));
            why.map(|why| format!("{key}: {why}"))
        }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a.iter().zip(b).find_map(|(a, b)| difference(a, b)),
        (a, b) => (a != b).then(|| format!("{a} and {b}")),
    }
}

#[test]
fn the_warehouse_answers_what_the_simulator_counted() {
    if !has_python() {
        return;
    }
    let folder = TempDir::new();
    // A name that each of shell, SQL, patterns, templates, addresses and partitions would like to read in its own way.
    let name = "country=US/players=7/it's a [run] {{ of }} 50% * \"x\" #1";
    let run = run(folder.path(), name, "analyst", &[]);
    if built(&run).is_none() {
        return;
    }
    let golden: Value = serde_json::from_slice(&std::fs::read(run.join("golden.json")).unwrap()).unwrap();
    let golden = golden.as_array().unwrap();
    assert_eq!(golden.len(), 3);
    for (n, counted) in golden.iter().enumerate() {
        let mut counted = counted.clone();
        let mut take = |name: &str| counted.as_object_mut().unwrap().remove(name).unwrap();
        let (day, month, player) = (take("day"), take("month"), take("player").to_string());
        let given = ["--day", day.as_str().unwrap(), "--month", month.as_str().unwrap(), "--player", &player];
        let answers = ask(&run, &given);
        assert_eq!(difference(&answers, &counted), None);
        if n == 0 {
            assert_eq!(difference(&ask(&run, &[]), &counted), None, "what is asked by default");
        }
        // Allies and opponents are all there are.
        let of = |relation: &str| {
            let answer = ask(&run, &[&given[..], &["--relation", relation, "--only", "q7"]].concat());
            (answer["q7"]["encounters"].as_u64().unwrap(), answer["q7"]["allies"].as_u64().unwrap())
        };
        let ((allies, theirs), (opponents, none)) = (of("allies"), of("opponents"));
        assert_eq!((theirs, none), (allies, 0));
        assert_eq!(Value::from(allies + opponents), answers["q7"]["encounters"]);
        assert!(allies > 100 && opponents > 100);
    }
    // Every column says what it means, and nothing is described that is not there: the build has looked at the first.
    look(
        &run,
        "n = db.execute('select count(distinct table_name) from duckdb_columns() where not internal').fetchone()[0]\nassert n > 60, n",
    );
    let output = python_here(python_of("build")).args(["-m", "lib.oracle_run"]).arg(&run).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let refused = |args: &[&str], code: i32, says: &str| {
        let output = warehouse("ask", &[&[run.to_str().unwrap()], args].concat());
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(says) && stdout(&output).is_empty(), "{args:?}: {}", stderr(&output));
    };
    refused(&["--day", "2026-04-01"], 2, "the run has 2026-01-14 to 2026-03-31");
    refused(&["--day", "2026-1-20"], 2, "is no day such as");
    refused(&["--day", "2026-02-30"], 2, "is no day such as");
    refused(&["--month", "2025-12"], 2, "the run has 2026-01 to 2026-03");
    refused(&["--month", "2026-13"], 2, "is no month such as");
    refused(&["--day", "2026-01-20", "--month", "2026-02"], 2, "in another month");
    refused(&["--player", "4001"], 2, "no such account in this run");
    refused(&["--player", "x"], 2, "whole numbers");
    for day in ["2026-01-14", "2026-03-31"] {
        assert_eq!(ask(&run, &["--day", day, "--only", "q1"])["q1"]["day"], day);
    }
    // An installed account that never played is known, and has done nothing.
    look(&run, "assert db.execute('select count(*) from dim_players where not has_played').fetchone()[0] > 0");

    // Who will come back can be learnt, and the truth knows better.
    if let Some(python) = crate::realism::oracle() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/churn_model.py");
        let output = python_here(python).arg(script).arg(&run).output().unwrap();
        let text = stdout(&output);
        assert!(output.status.success(), "{text}{}", stderr(&output));
        let areas: Vec<f64> = text.lines().filter_map(|line| line.split_once("curve ")?.1.parse().ok()).collect();
        assert!(areas.len() == 2 && (0.8..0.97).contains(&areas[0]) && areas[1] > areas[0] + 0.02, "{text}");
    }

    // The warehouse stays beside a run that is overwritten, and says that it is of another one.
    let output = skirmish(folder.path(), &["run", "quickstart", "--quiet", "--overwrite", "--out", name]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    refused(&[], 4, "is of another run");
}

#[test]
fn encounters_from_heartbeats_are_those_of_the_engine_whatever_counts_as_one() {
    if !runs_long("encounters in SQL with other radii and relations") {
        return;
    }
    let folder = TempDir::new();
    let worlds: [&[&str]; 3] = [
        &["encounter.radius_cm=700", "encounter.exit_radius_cm=1900", "encounter.merge_gap_s=60"],
        &["encounter.relation=opponents", "encounter.merge_gap_s=30", "output.tables.kills=false"],
        &["encounter.relation=allies", "combat.enabled=false", "clock.heartbeat_seconds=60"],
    ];
    for (n, sets) in worlds.into_iter().enumerate() {
        let run = small(folder.path(), &format!("world-{n}"), sets);
        // That they are the same rows is one of the build's own checks; here, that there is something to check.
        if built(&run).is_some() {
            look(&run, "assert db.execute('select count(*) from encounters_from_heartbeats').fetchone()[0] > 500");
        }
    }
    let run = small(folder.path(), "thinned", &["output.heartbeat_players_one_in=7"]);
    if built(&run).is_some() {
        look(
            &run,
            "assert not db.execute(\"select 1 from duckdb_views() where view_name = 'encounters_from_heartbeats'\").fetchall()",
        );
    }
}

#[test]
fn models_follow_the_tables_that_a_run_has() {
    if !runs_long("warehouses of runs without some tables, or with all") {
        return;
    }
    let folder = TempDir::new();
    let off = |tables: &str| -> Vec<String> {
        tables.split_whitespace().map(|table| format!("output.tables.{table}=false")).collect()
    };
    let rest = "heartbeats purchases encounters kills matches participations truth_events players truth_players regions \
                countries currencies devices items maps modes weapons event_types";
    let cases = [
        (rest, "player_days active_players_daily streaks", "dim_players fact_kills retention_classic churn_features"),
        (
            "players matches truth_players",
            "fact_kills encounter_funnel anomaly_features",
            "dim_players fact_matches cohorts",
        ),
    ];
    for (n, (without, there, not_there)) in cases.into_iter().enumerate() {
        let sets = off(without);
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let run = small(folder.path(), &format!("case-{n}"), &sets);
        if built(&run).is_none() {
            return;
        }
        look(
            &run,
            &format!(
                "names = {{name for name, in db.execute('select distinct table_name from duckdb_columns()').fetchall()}}\n\
                 assert names >= set('{there}'.split()), names\nassert not names & set('{not_there}'.split()), names"
            ),
        );
    }
    let answers = ask(&folder.path().join("case-0"), &[]);
    assert!(answers["q6"].is_null() && answers["q7"]["encounters"].is_null(), "{answers}");
    assert!(answers["q7"]["sessions"].as_u64() > Some(0) && answers["q1"]["players"].as_u64() > Some(0), "{answers}");
    // Hardly anybody, and nobody at all.
    let run = small(folder.path(), "empty", &["population.players=1", "clock.days=1"]);
    assert!(built(&run).is_some());
    let all =
        ["encounters_swept", "encounters_team", "encounters_group", "rounds", "heartbeats_received", "truth_defects"]
            .map(|t| format!("output.tables.{t}=true"));
    let sets: Vec<&str> = all.iter().map(String::as_str).chain(["clock.days=1"]).collect();
    let run = small(folder.path(), "all", &sets);
    if built(&run).is_some() {
        look(&run, "assert db.execute('select count(*) from stg_encounters_swept').fetchone()[0] > 100");
    }
}

/// Writes a change of a run's summary.
fn edit(run: &Path, change: impl FnOnce(&mut Value)) {
    let path = run.join("run.json");
    let mut summary: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut summary);
    std::fs::write(&path, summary.to_string()).unwrap();
}

#[test]
fn what_cannot_be_built_is_refused_and_leaves_the_old_warehouse() {
    let folder = TempDir::new();
    let refused = |path: &Path, code: i32, says: &str| {
        let output = warehouse("build", &[path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).contains(says), "{says}: {}", stderr(&output));
    };
    if !has_python() {
        return;
    }
    refused(&folder.path().join("nowhere"), 3, "there is no such folder");
    refused(folder.path(), 3, "is no run, it has no run.json");
    let odd = folder.path().join("what?");
    std::fs::create_dir(&odd).unwrap();
    refused(&odd, 3, "move the run");
    std::fs::write(folder.path().join("file"), "").unwrap();
    refused(&folder.path().join("file"), 3, "is a file");
    let run = small(folder.path(), "run", &[]);
    edit(&run, |summary| summary["status"] = "interrupted".into());
    refused(&run, 3, "its status is 'interrupted'");
    edit(&run, |summary| summary["status"] = "complete".into());
    edit(&run, |summary| summary["data_version"] = 3.into());
    refused(&run, 3, "has data version 3");
    edit(&run, |summary| summary["data_version"] = skirmish::scenario::DATA_VERSION.into());
    let without = small(folder.path(), "without", &["output.tables.session_ends=false"]);
    refused(&without, 3, "output.tables.session_ends = true");
    let lost = run.join("tables/kills/date=2026-01-31/part-00000-00000.parquet");
    let bytes = std::fs::read(&lost).unwrap();
    std::fs::remove_file(&lost).unwrap();
    refused(&run, 3, "something was lost or added");
    std::fs::write(&lost, &bytes[..bytes.len() - 1]).unwrap();
    refused(&run, 3, "something was lost or added");
    std::fs::write(&lost, &bytes).unwrap();
    std::fs::write(lost.with_extension("txt"), "mine").unwrap();
    refused(&run, 3, "is not of the run");
    std::fs::remove_file(lost.with_extension("txt")).unwrap();
    assert!(!run.join("_warehouse").exists(), "nothing was made for what was refused");
    for (change, says) in [("tables", "lacks what a finished run says"), ("start", "lacks what a finished run says")] {
        let before = std::fs::read(run.join("run.json")).unwrap();
        edit(&run, |summary| drop(summary.as_object_mut().unwrap().remove(change)));
        refused(&run, 3, says);
        std::fs::write(run.join("run.json"), before).unwrap();
    }
    for (option, value) in [("--memory", "lots"), ("--conf", "x"), ("--threads", "0"), ("--scratch", "/nowhere/here")] {
        let output = warehouse("build", &[run.to_str().unwrap(), option, value]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(value), "{}", stderr(&output));
    }
    for command in ["build", "ask", "dashboard"] {
        assert!(stdout(&warehouse(command, &["--help"])).starts_with(&format!("usage: warehouse/{command}")));
    }
    assert!(!run.join("_warehouse").exists(), "nothing was made for what was refused");
    let output = warehouse("ask", &[run.to_str().unwrap()]);
    assert!([Some(3), Some(5)].contains(&output.status.code()), "{}", stderr(&output));

    if !runs_long("locked and foreign warehouses, broken laws") || built(&run).is_none() {
        return;
    }
    let warehouse_of = run.join("_warehouse/warehouse.duckdb");
    let whole = std::fs::read(&warehouse_of).unwrap();
    let keeps = || {
        assert!(std::fs::read(&warehouse_of).unwrap() == whole, "the old warehouse is as it was");
        let left: Vec<String> = files_below(&run.join("_warehouse"));
        assert_eq!(left, ["_lock", "warehouse.duckdb"]);
    };
    // Somebody else writes to it, or has left changes behind.
    let mut writer = Command::new("python3");
    writer.args(["-c", "import fcntl, sys, time\nf = open(sys.argv[1], 'r+b')\nfcntl.lockf(f, fcntl.LOCK_EX)\nprint('locked', flush=True)\ntime.sleep(60)"]);
    let mut writer = writer.arg(&warehouse_of).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = [0; 6];
    std::io::Read::read_exact(writer.stdout.as_mut().unwrap(), &mut line).unwrap();
    refused(&run, 4, "has it open for writing");
    writer.kill().unwrap();
    writer.wait().unwrap();
    let wal = warehouse_of.with_extension("duckdb.wal");
    std::fs::write(&wal, "changes").unwrap();
    refused(&run, 4, "changes that are not in the warehouse yet");
    std::fs::remove_file(&wal).unwrap();
    keeps();
    // A build that is ended takes what it has started with it, and one that is killed leaves nothing for long.
    let start = |signal: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("warehouse/build");
        let mut build = Child(python_here(path).arg(&run).arg("--quiet").spawn().unwrap());
        let building = || files_below(&run.join("_warehouse")).iter().any(|file| file.ends_with("/warehouse.duckdb"));
        wait_until("a build has begun", building);
        let id = build.0.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        build.0.wait().unwrap()
    };
    assert_eq!(start("-TERM").code(), Some(143));
    keeps();
    assert_eq!(start("-KILL").code(), None);
    refused(&run, 4, "another build is at work");
    // What was started ends by itself, and the lock with it; then all can be built, and what was left is gone.
    let again = || warehouse("build", &[run.to_str().unwrap(), "--quiet"]).status.code();
    wait_until("the lock", || again() == Some(0));
    assert_eq!(files_below(&run.join("_warehouse")), ["_lock", "warehouse.duckdb"]);
    let whole = std::fs::read(&warehouse_of).unwrap();
    let keeps = || {
        assert!(std::fs::read(&warehouse_of).unwrap() == whole, "the old warehouse is as it was");
        assert_eq!(files_below(&run.join("_warehouse")), ["_lock", "warehouse.duckdb"]);
    };
    // Somebody writes to the warehouse while another is built.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("warehouse/build");
    let mut build =
        Child(python_here(path).arg(&run).arg("--quiet").stderr(std::process::Stdio::null()).spawn().unwrap());
    wait_until("a build has begun", || {
        files_below(&run.join("_warehouse")).iter().any(|file| file.ends_with("/warehouse.duckdb"))
    });
    std::fs::write(&warehouse_of, [&whole[..], b"theirs"].concat()).unwrap();
    assert_eq!(build.0.wait().unwrap().code(), Some(4));
    assert!(std::fs::read(&warehouse_of).unwrap().ends_with(b"theirs"));
    std::fs::write(&warehouse_of, &whole).unwrap();
    keeps();
    // A law is broken: one more kill, which nobody died of, in files that are as large as the run says.
    let sessions = run.join("tables/session_ends/date=2026-01-31/part-00000-00000.parquet");
    let before = std::fs::read(&sessions).unwrap();
    let script = "import duckdb, sys\nduckdb.execute(f\"create table t as from '{sys.argv[1]}'\")\n\
                  duckdb.execute('update t set kills = kills + 1 where session_id = (select min(session_id) from t)')\n\
                  duckdb.execute(f\"copy t to '{sys.argv[1]}'\")";
    assert!(python::run_or_skip(script, &[sessions.to_str().unwrap()]));
    let difference = std::fs::metadata(&sessions).unwrap().len() as i64 - before.len() as i64;
    edit(&run, |summary| {
        let bytes = &mut summary["tables"]["session_ends"]["bytes"];
        *bytes = (bytes.as_i64().unwrap() + difference).into();
    });
    refused(&run, 7, "kills_equal_deaths does not hold");
    keeps();
    std::fs::write(&sessions, &before).unwrap();
    edit(&run, |summary| {
        let bytes = &mut summary["tables"]["session_ends"]["bytes"];
        *bytes = (bytes.as_i64().unwrap() - difference).into();
    });
    // Somebody's table in it.
    let script = "import duckdb, sys\nduckdb.connect(sys.argv[1]).execute('create table my_notes as select 1 as n')";
    let output = Command::new(python_of("build")).args(["-c", script]).arg(&warehouse_of).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    refused(&run, 4, "holds my_notes, which this build does not make");
    let output = warehouse("build", &[run.to_str().unwrap(), "--replace", "--quiet"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

/// A process that ends with the value.
pub struct Child(pub std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Waits until something is so, for at most ten minutes.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !is_so() {
        assert!(started.elapsed().as_secs() < 600, "waited in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn spark_builds_the_same_rows_on_a_cluster_that_loses_a_worker() {
    if !runs_long("the warehouse on a Spark cluster") {
        return;
    }
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=2"]);
    if built(&run).is_none() {
        return;
    }
    let interpreter = python_of("spark");
    let output =
        Command::new(&interpreter).args(["-c", "import pyspark\nprint(pyspark.__path__[0])"]).output().unwrap();
    let spark_class = Path::new(stdout(&output).trim()).join("bin/spark-class");
    let start = |name: &str, args: &[&str]| {
        let log = std::fs::File::create(folder.path().join(name)).unwrap();
        let mut command = Command::new(&spark_class);
        command.args(args).env("SPARK_NO_DAEMONIZE", "1").env("SPARK_LOCAL_IP", "127.0.0.1");
        command.stdout(log.try_clone().unwrap()).stderr(log);
        Child(command.spawn().unwrap())
    };
    let log = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let host = ["--host", "127.0.0.1", "--webui-port", "0"];
    let master = [&["org.apache.spark.deploy.master.Master", "--port", "0"][..], &host].concat();
    let _master = start("master.log", &master);
    // Its port is the one that was free.
    let url = || {
        log("master.log").split("Starting Spark master at ").nth(1).map(|rest| rest.lines().next().unwrap().to_owned())
    };
    wait_until("a master", || url().is_some());
    let url = url().unwrap();
    let mut workers: Vec<Child> = ["one", "two"]
        .map(|name| {
            let work = folder.path().join(format!("work-{name}"));
            let args = ["org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g", "--work-dir"];
            start(&format!("{name}.log"), &[&args[..], &[work.to_str().unwrap()], &host, &[&url]].concat())
        })
        .into();
    wait_until("two workers", || log("master.log").matches("Registering worker").count() == 2);

    let options = ["--engine", "spark", "--master", &url, "--no-checks", "--copy-views", "--memory", "1g"];
    let conf = ["--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.executor.memory=768m"];
    let build_log = std::fs::File::create(folder.path().join("build.log")).unwrap();
    let mut build = python_here(Path::new(env!("CARGO_MANIFEST_DIR")).join("warehouse/build"));
    build.arg(&run).args(options).args(conf).stdout(build_log.try_clone().unwrap()).stderr(build_log);
    let mut build = Child(build.spawn().unwrap());
    // In the middle of it one worker is gone, and so is what it had computed.
    let done = || {
        let building = std::fs::read_dir(run.join("_warehouse")).unwrap().map(|entry| entry.unwrap().path());
        let mut building = building.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("_building"));
        let tables = building.next().and_then(|path| std::fs::read_dir(path.join("spark")).ok());
        tables.map_or(0, Iterator::count)
    };
    wait_until("a few tables", || done() >= 8 || build.0.try_wait().unwrap().is_some());
    assert!(build.0.try_wait().unwrap().is_none(), "{}", log("build.log"));
    assert!(log("master.log").matches("Launching executor").count() >= 2, "{}", log("master.log"));
    workers.pop();
    let status = build.0.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{}", log("build.log"));
    assert!(log("master.log").contains("Removing worker"), "{}", log("master.log"));

    let output = python_here(python_of("build")).args(["-m", "lib.compare_run"]).arg(&run).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains(": no difference"), "{}", stdout(&output));
}

#[test]
fn every_tool_reads_the_same_from_every_table() {
    if !runs_long("a run read by DuckDB, Polars, pandas, DataFusion and Spark") {
        return;
    }
    let folder = TempDir::new();
    let all =
        ["encounters_swept", "encounters_team", "encounters_group", "rounds", "heartbeats_received", "truth_defects"]
            .map(|t| format!("output.tables.{t}=true"));
    let sets: Vec<&str> = all.iter().map(String::as_str).collect();
    let run = small(folder.path(), "run", &sets);
    let read = |tool: &str| {
        let purpose = if tool == "spark" { "spark" } else { "examples" };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/with_{tool}.py"));
        let output = python_here(python_of(purpose)).arg(path).arg(&run).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{tool}: {}", stderr(&output));
        serde_json::from_str::<Value>(&stdout(&output)).unwrap()
    };
    let first = read("duckdb");
    assert_eq!(first.as_object().unwrap().len(), skirmish::table::all().len());
    assert!(first["heartbeats"]["rows"].as_u64() > Some(10_000));
    for tool in ["polars", "pandas", "datafusion", "spark"] {
        assert_eq!(difference(&read(tool), &first), None, "{tool}");
    }
}

#[test]
fn the_dashboard_shows_a_warehouse_and_asks_nobody_else() {
    if !runs_long("the dashboard, alone and in Chromium") {
        return;
    }
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=9"]);
    let output = warehouse("dashboard", &[run.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("has no warehouse yet"), "{}", stderr(&output));
    built(&run).unwrap();
    // Pictures of the last test are for people to look at.
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard");
    let mut check = python_here(python_of("dashboard"));
    let output = check.args(["-m", "lib.dashboard_check"]).arg(&run).arg(&pictures).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(pictures.join("dashboard-dark.png").exists());
}
