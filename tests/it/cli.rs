//! The command as its users meet it: messages, exit codes, what is left on disk.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::{TempDir, files_below, skipped};

pub fn skirmish(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_skirmish")).current_dir(folder).args(args).output().unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A folder with a scenario that runs in a blink.
pub fn folder() -> TempDir {
    let folder = TempDir::new();
    let text = "[clock]\ndays = 1\n[population]\nplayers = 300\n[population.installs]\nhorizon_days = 1\n";
    std::fs::write(folder.path().join("tiny.toml"), text).unwrap();
    folder
}

pub const RUN: [&str; 4] = ["run", "tiny.toml", "--backend", "cpu"];

#[test]
fn a_run_writes_its_folder_and_ends_with_lines_to_copy() {
    let folder = folder();
    let output = skirmish(folder.path(), &RUN);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let screen = stdout(&output);
    assert!(screen.contains("DuckDB:\n  duckdb -c ") && screen.contains("Polars:\n  python3 -c "), "{screen}");
    assert!(screen.contains("heartbeats") && screen.contains("tiny: 300 players, 1 day,"), "{screen}");
    assert!(stderr(&output).contains("online"), "progress in plain lines: {}", stderr(&output));
    let root = folder.path().join("output/tiny");
    for name in ["run.json", "scenario.toml", "scenario.resolved.toml", "tables", "report.html"] {
        assert!(root.join(name).exists(), "{name}");
    }
    assert!(!root.join("_staging").exists());
    let card = std::fs::read_to_string(root.join("dataset-card.md")).unwrap();
    let rows = crate::support::read_table(&root.join("tables/session_ends")).len();
    assert!(card.contains(&format!("| session_ends | a session, written when it has ended | {rows} |")), "{card}");
    assert!(card.contains("data version 10, seed 1") && card.contains("## Known limits"), "{card}");
    let report = std::fs::read_to_string(root.join("report.html")).unwrap();
    let version = stdout(&skirmish(folder.path(), &["--version"])).trim().replace("skirmish ", "Skirmish ");
    for part in [
        &version,
        "data version 10",
        "scenario tiny",
        "seed 1",
        "skirmish run scenario.toml --out &quot;$PWD-again&quot;",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
    let again = skirmish(&root, &["run", "scenario.toml", "--out", "../tiny-again", "--backend", "cpu", "--quiet"]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    let tables = |name: &str| {
        let below = folder.path().join("output").join(name).join("tables");
        let read = |path: String| (std::fs::read(below.join(&path)).unwrap(), path);
        files_below(&below).into_iter().map(read).collect::<Vec<_>>()
    };
    assert!(tables("tiny") == tables("tiny-again"), "the commands of the report give the same tables");
    let summary: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root.join("run.json")).unwrap()).unwrap();
    assert_eq!(summary["status"], "complete");
    assert_eq!(summary["detector"], "cpu");
    assert_eq!(summary["tables"]["heartbeats"]["rows"], summary["totals"]["heartbeats"]);
}

#[test]
fn the_resolved_scenario_of_a_run_runs_to_the_same_world() {
    let folder = folder();
    skirmish(folder.path(), &[&RUN[..], &["--out", "a", "--quiet"]].concat());
    let output =
        skirmish(folder.path(), &["run", "a/scenario.resolved.toml", "--backend", "cpu", "--out", "b", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let hash = |path: &str| {
        let text = std::fs::read_to_string(folder.path().join(path).join("run.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["world_hash"].clone()
    };
    assert_eq!(hash("a"), hash("b"));
}

#[test]
fn quiet_says_nothing_and_json_says_json() {
    let folder = folder();
    let output = skirmish(folder.path(), &[&RUN[..], &["--quiet"]].concat());
    assert_eq!((stdout(&output), stderr(&output)), (String::new(), String::new()));
    let output = skirmish(folder.path(), &[&RUN[..], &["--json", "--quiet", "--overwrite"]].concat());
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(value["scenario"], "tiny");
}

#[test]
fn an_existing_run_is_refused_and_left_alone_until_overwrite() {
    let folder = folder();
    skirmish(folder.path(), &RUN);
    let before = std::fs::read(folder.path().join("output/tiny/run.json")).unwrap();
    let output = skirmish(folder.path(), &RUN);
    assert_eq!(output.status.code(), Some(4));
    let message = stderr(&output);
    assert!(message.contains("output/tiny already holds a run"), "{message}");
    assert!(message.contains("--overwrite") && message.contains("resume"), "{message}");
    assert_eq!(std::fs::read(folder.path().join("output/tiny/run.json")).unwrap(), before);
    assert_eq!(skirmish(folder.path(), &[&RUN[..], &["--overwrite"]].concat()).status.code(), Some(0));
}

#[test]
fn a_folder_that_is_not_a_run_is_never_overwritten() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("thesis")).unwrap();
    std::fs::write(folder.path().join("thesis/chapter.txt"), "precious").unwrap();
    let output = skirmish(folder.path(), &[&RUN[..], &["--out", "thesis", "--overwrite"]].concat());
    assert_eq!(output.status.code(), Some(4));
    assert!(
        stderr(&output).contains("holds chapter.txt, which is not part of what Skirmish writes there"),
        "{}",
        stderr(&output)
    );
    assert!(folder.path().join("thesis/chapter.txt").exists());
}

#[test]
fn overwriting_deletes_nothing_that_no_run_writes() {
    let folder = folder();
    let out = folder.path().join("output/tiny");
    let refuse = |path: &str, run: bool| {
        std::fs::remove_dir_all(&out).ok();
        if run {
            assert_eq!(skirmish(folder.path(), &RUN).status.code(), Some(0));
        }
        let before = if run { files_below(&out) } else { Vec::new() };
        std::fs::create_dir_all(out.join(path).parent().unwrap()).unwrap();
        std::fs::write(out.join(path), "mine").unwrap();
        let output = skirmish(folder.path(), &[&RUN[..], &["--overwrite"]].concat());
        assert_eq!(output.status.code(), Some(4), "{path}");
        assert!(stderr(&output).contains("which is not part of what Skirmish writes there"), "{}", stderr(&output));
        assert_eq!(std::fs::read_to_string(out.join(path)).unwrap(), "mine");
        let mut after = files_below(&out);
        after.retain(|file| file != path);
        assert_eq!(after, before, "nothing else was touched, either");
        stderr(&output)
    };
    assert!(refuse("tables/sql/a.sql", false).contains("holds tables/sql"));
    assert!(refuse("tables/my_features/f.parquet", true).contains("holds tables/my_features"));
    assert!(refuse("tables/kills/kills.parquet", true).contains("holds tables/kills/kills.parquet"));
    let message = refuse("report.html", false);
    assert!(message.contains("holds report.html, but no run.json") && !message.contains("finish"), "{message}");
    assert!(refuse("run.json", false).contains("holds run.json"));
}

/// Starts a run of many days and waits until it says that its first is whole.
pub fn start_long(folder: &TempDir) -> std::process::Child {
    let child = Command::new(env!("CARGO_BIN_EXE_skirmish"))
        .current_dir(folder.path())
        .args(["run", "tiny.toml", "--backend", "cpu", "--overwrite", "--quiet", "--threads", "1"])
        .args(["--set", "clock.days=700", "--set", "population.players=30000"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let says_a_day = || {
        let text = std::fs::read_to_string(folder.path().join("output/tiny/run.json")).unwrap_or_default();
        let said: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        said["status"] == "running" && said["whole_days"][0].is_object()
    };
    for _ in 0..2_400 {
        if says_a_day() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    child
}

#[cfg(unix)]
#[test]
fn a_detection_that_is_interrupted_leaves_nothing() {
    let folder = folder();
    let sets = ["--set", "population.players=60000", "--set", "clock.heartbeat_seconds=5", "--quiet"];
    assert_eq!(skirmish(folder.path(), &[&RUN[..], &sets].concat()).status.code(), Some(0));
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_skirmish"))
            .current_dir(folder.path())
            .args(["detect", "output/tiny/tables/heartbeats", "--out", "found", "--radius-cm", "3000", "--quiet"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        for _ in 0..2_000 {
            if folder.path().join("found/_staging").exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "SIG{signal}");
        let left = files_below(folder.path());
        assert!(left.iter().all(|path| !path.starts_with("found/")), "{left:?}");
        assert!(!folder.path().join("found/_staging").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_second_run_on_a_folder_is_refused_until_the_first_is_gone_however_it_went() {
    let folder = folder();
    let mut first = start_long(&folder);
    let again = [&RUN[..], &["--overwrite", "--quiet"]].concat();
    let refused = skirmish(folder.path(), &again);
    assert_eq!(refused.status.code(), Some(4), "{}", stderr(&refused));
    let expected = format!("output/tiny: a run is in progress there (pid {} on ", first.id());
    assert!(stderr(&refused).contains(&expected), "{}", stderr(&refused));
    first.kill().unwrap();
    first.wait().unwrap();
    let run_json = std::fs::read_to_string(folder.path().join("output/tiny/run.json")).unwrap();
    let said: serde_json::Value = serde_json::from_str(&run_json).unwrap();
    let date = said["whole_days"][0]["date"].as_str().expect("a day was whole before the kill");
    let rows = said["whole_days"][0]["rows"]["heartbeats"].as_u64().unwrap();
    let day = crate::support::read_table(&folder.path().join(format!("output/tiny/tables/heartbeats/date={date}")));
    assert_eq!(day.len() as u64, rows);
    assert!(folder.path().join("output/tiny/_lock").exists(), "a killed run leaves its lock's file");
    let output = skirmish(folder.path(), &RUN);
    assert!(stderr(&output).contains("already holds a run that did not finish"), "{}", stderr(&output));
    let output = skirmish(folder.path(), &again);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!folder.path().join("output/tiny/_lock").exists());
}

#[test]
fn what_refuses_a_run_does_so_before_the_old_one_is_touched() {
    let folder = folder();
    assert_eq!(skirmish(folder.path(), &RUN).status.code(), Some(0));
    let root = folder.path().join("output/tiny");
    let contents = || {
        let files = files_below(&root);
        files.into_iter().map(|path| (std::fs::read(root.join(&path)).unwrap(), path)).collect::<Vec<_>>()
    };
    let before = contents();
    let without_gpu = Command::new(env!("CARGO_BIN_EXE_skirmish"))
        .current_dir(folder.path())
        .args(["run", "tiny.toml", "--overwrite", "--backend", "gpu"])
        .env("VK_DRIVER_FILES", "/nonexistent.json")
        .env("VK_ICD_FILENAMES", "/nonexistent.json")
        .output()
        .unwrap();
    assert_eq!(without_gpu.status.code(), Some(6), "{}", stderr(&without_gpu));
    assert!(contents() == before);
    let sets =
        ["--set", "clock.days=731", "--set", "population.players=20000000", "--set", "clock.heartbeat_seconds=1"];
    let sets =
        [&sets[..], &["--set", "encounter.merge_gap_s=60", "--set", "population.installs.horizon_days=730"]].concat();
    let too_large = skirmish(folder.path(), &[&RUN[..], &["--overwrite"], &sets].concat());
    assert_eq!(too_large.status.code(), Some(4), "{}", stderr(&too_large));
    assert!(contents() == before);
}

#[test]
fn a_missing_scenario_is_named_with_a_remedy() {
    let folder = folder();
    let output = skirmish(folder.path(), &["run", "tinny.toml"]);
    assert_eq!(output.status.code(), Some(3));
    let message = stderr(&output);
    assert!(message.contains("tinny.toml: cannot be read") && message.contains("did you mean tiny.toml?"), "{message}");
    assert!(!folder.path().join("output").exists());
}

#[test]
fn a_path_that_is_nearly_right_is_helped() {
    let folder = folder();
    assert!(stderr(&skirmish(folder.path(), &["run", "tiny"])).contains("did you mean tiny.toml?"));
    assert!(stderr(&skirmish(folder.path(), &["check", "."])).contains("it is a folder"));
    let output = skirmish(folder.path(), &[&RUN[..], &["--out", "tiny.toml"]].concat());
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("tiny.toml exists and is left alone"), "{}", stderr(&output));
}

#[test]
fn a_scenario_that_is_not_text_is_refused() {
    let folder = folder();
    std::fs::write(folder.path().join("binary.toml"), [0xff, 0xfe, 0x00]).unwrap();
    let output = skirmish(folder.path(), &["check", "binary.toml"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("UTF-8"), "{}", stderr(&output));
}

#[test]
fn a_wrong_scenario_runs_nothing_and_counts_its_problems() {
    let folder = folder();
    let output = skirmish(folder.path(), &["run", "tiny.toml", "--set", "clock.days=0", "--set", "clock.dayz=1"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).ends_with("error: 2 problems in the scenario; nothing was run\n"), "{}", stderr(&output));
    assert!(!folder.path().join("output").exists());
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = folder();
    for args in
        [&["run"][..], &["fly"], &["run", "tiny.toml", "--threads", "0"], &["run", "tiny.toml", "--backend", "tpu"]]
    {
        assert_eq!(skirmish(folder.path(), args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn an_output_path_below_a_file_is_an_io_error_with_the_path() {
    let folder = folder();
    let output = skirmish(folder.path(), &[&RUN[..], &["--out", "tiny.toml/run"]].concat());
    assert_eq!(output.status.code(), Some(5));
    let message = stderr(&output);
    assert!(message.contains("tiny.toml/run") && message.contains("folder above"), "{message}");
}

#[test]
fn a_full_disk_stops_the_run_with_code_5_and_leaves_whole_days_only() {
    if !is_mountable() {
        let is_required = std::env::var_os("SKIRMISH_REQUIRE_MOUNT").is_some_and(|value| value == "1");
        assert!(!is_required, "SKIRMISH_REQUIRE_MOUNT=1, but no small file system can be mounted");
        skipped("this system cannot mount a small file system for the full-disk test");
        return;
    }
    let folder = folder();
    // What the dimensions and each day take on a disk, whose files take whole pages.
    let sets = ["--set", "population.players=3000", "--set", "clock.days=3"];
    let whole = skirmish(folder.path(), &[&RUN[..], &sets, &["--out", "whole", "--quiet"]].concat());
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    let tables = folder.path().join("whole/tables");
    let all = files_below(&tables);
    let pages = |date: &str| {
        let files = all.iter().filter(|path| path.contains(date));
        files.map(|path| std::fs::metadata(tables.join(path)).unwrap().len().next_multiple_of(4096)).sum::<u64>()
    };
    let (first, second) = (pages("date=2026-01-05/"), pages("date=2026-01-06/"));
    let dimensions = pages("") - first - second - pages("date=2026-01-07/");
    // Room for the first day and half of the second, and for what lies beside the tables.
    let size = format!("size={}", dimensions + first + second / 2 + 100_000);
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mount = |args: &[&str]| Command::new(args[0]).args(&args[1..]).status().is_ok_and(|status| status.success());
    let disk_text = disk.to_string_lossy().into_owned();
    assert!(mount(&["mount", "-t", "tmpfs", "-o", &size, "tmpfs", &disk_text]));
    let run = [&RUN[..], &sets, &["--out", "disk/run"]].concat();
    let refused = skirmish(folder.path(), &[&run[..], &["--set", "population.players=300000"]].concat());
    let output = skirmish(folder.path(), &[&run[..], &["--allow-large"]].concat());
    let message = stderr(&output);
    let left = files_below(&disk);
    let published = disk.join("run/tables");
    let same = |path: &&String| std::fs::read(published.join(path)).ok() == std::fs::read(tables.join(path)).ok();
    let whole_days: Vec<&String> = all.iter().filter(|path| !path.contains("tail-")).filter(same).collect();
    assert!(mount(&["umount", &disk_text]));
    assert_eq!(refused.status.code(), Some(4), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("--allow-large"), "{}", stderr(&refused));
    assert_eq!(output.status.code(), Some(5), "{message}");
    assert!(message.contains("disk/run") && message.contains("free space"), "{message}");
    // What is in table folders is the first day, whole and as it should be, and nothing else.
    let in_tables = left.iter().filter(|path| path.starts_with("run/tables/")).count();
    assert_eq!(whole_days.len(), in_tables, "{left:?}");
    let facts = all.iter().filter(|path| path.contains("date=2026-01-05/")).count();
    assert!(facts >= 7, "{all:?}");
    assert_eq!(whole_days.iter().filter(|path| path.contains("date=2026-01-05/")).count(), facts, "{left:?}");
    assert!(left.iter().all(|path| !path.contains("_staging")), "{left:?}");
}

pub fn is_mountable() -> bool {
    let folder = TempDir::new();
    let path = folder.path().to_string_lossy().into_owned();
    let run =
        |args: &[&str]| Command::new(args[0]).args(&args[1..]).output().is_ok_and(|output| output.status.success());
    run(&["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", &path]) && run(&["umount", &path])
}

#[test]
fn gpu_without_a_gpu_exits_with_6_and_auto_does_not_mind() {
    let folder = folder();
    // An empty driver list is a machine without a GPU.
    let run = |backend: &str| {
        Command::new(env!("CARGO_BIN_EXE_skirmish"))
            .current_dir(folder.path())
            .args(["run", "tiny.toml", "--overwrite", "--backend", backend])
            .env("VK_DRIVER_FILES", "/nonexistent.json")
            .env("VK_ICD_FILENAMES", "/nonexistent.json")
            .output()
            .unwrap()
    };
    let output = run("gpu");
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    let message = stderr(&output);
    assert!(message.contains("--backend gpu") && message.contains("--backend auto"), "{message}");
    assert_eq!(run("auto").status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn interrupted_runs_exit_with_128_and_the_signal_and_leave_whole_days_only() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let folder = folder();
        let mut child = start_long(&folder);
        let killed = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "SIG{signal}");
        let run_json = std::fs::read_to_string(folder.path().join("output/tiny/run.json")).unwrap();
        assert!(run_json.contains("\"interrupted\""), "{run_json}");
        assert!(!folder.path().join("output/tiny/_staging").exists());
        let tables = folder.path().join("output/tiny/tables");
        let left = files_below(&tables);
        let days = left.iter().filter(|path| path.starts_with("heartbeats/")).count();
        assert!((1..700).contains(&days), "{days}");
        assert!(run_json.contains(&format!("interrupted after {days} complete days")), "{days}: {run_json}");
        let said: serde_json::Value = serde_json::from_str(&run_json).unwrap();
        assert_eq!(said["whole_days"].as_array().map(Vec::len), Some(days), "{run_json}");
        // A run of just those days has the same files, but for what its end cuts off.
        let days = format!("clock.days={days}");
        let sets = ["--set", &days, "--set", "population.players=30000", "--out", "whole", "--quiet", "--overwrite"];
        let whole = skirmish(folder.path(), &[&RUN[..], &sets].concat());
        assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
        let whole = folder.path().join("whole/tables");
        let mut expected = files_below(&whole);
        expected.retain(|path| !path.contains("tail-"));
        assert_eq!(left, expected);
        for path in left {
            assert!(std::fs::read(tables.join(&path)).unwrap() == std::fs::read(whole.join(&path)).unwrap(), "{path}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_run_is_interrupted_while_it_writes_accounts_too() {
    let folder = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_skirmish"))
        .current_dir(folder.path())
        .args(["run", "tiny.toml", "--backend", "cpu", "--quiet", "--allow-large"])
        .args(["--set", "population.players=20000000"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let staging = folder.path().join("output/tiny/_staging");
    for _ in 0..600 {
        if std::fs::read_dir(&staging).is_ok_and(|mut files| files.next().is_some()) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let run_json = std::fs::read_to_string(folder.path().join("output/tiny/run.json")).unwrap();
    assert!(run_json.contains("interrupted after 0 complete days"), "{run_json}");
    assert!(!staging.exists() && !folder.path().join("output/tiny/tables/players").exists());
}

#[test]
fn init_writes_a_file_that_checks_and_is_not_overwritten() {
    let folder = folder();
    assert_eq!(skirmish(folder.path(), &["init", "mine.toml"]).status.code(), Some(0));
    let output = skirmish(folder.path(), &["check", "mine.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("mine.toml is valid"));
    let output = skirmish(folder.path(), &["init", "mine.toml"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("mine.toml exists and is left alone"), "{}", stderr(&output));
}

#[test]
fn check_shows_the_resolved_scenario_and_json() {
    let folder = folder();
    let output = skirmish(folder.path(), &["check", "tiny.toml", "--resolved"]);
    assert!(stdout(&output).contains("[clock]") && stdout(&output).contains("days = 1"));
    let output = skirmish(folder.path(), &["check", "tiny.toml", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(value["status"], "valid");
}

#[test]
fn schema_completions_and_help_are_printed() {
    let folder = folder();
    let schema: serde_json::Value = serde_json::from_str(&stdout(&skirmish(folder.path(), &["schema"]))).unwrap();
    assert_eq!(schema["properties"]["population"]["properties"]["players"]["maximum"], 20_000_000);
    assert!(stdout(&skirmish(folder.path(), &["completions", "bash"])).contains("_skirmish"));
    let help = stdout(&skirmish(folder.path(), &["--help"]));
    assert!(
        help.contains("skirmish run quickstart") && !help.contains("scenarios/") && help.contains("Exit codes"),
        "{help}"
    );
}

#[test]
fn bench_prints_its_figures_and_cleans_up() {
    let folder = folder();
    for sink in ["parquet", "encode", "null"] {
        let output = skirmish(folder.path(), &["bench", "tiny.toml", "--sink", sink, "--backend", "cpu", "--json"]);
        let value: serde_json::Value =
            serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        assert!(value["heartbeats"].as_u64().unwrap() > 1000);
        assert_eq!(value["share_of_encode_limit"].is_number(), sink != "null");
        assert_eq!(value["bytes_per_heartbeat_row"].as_f64().unwrap() > 1.0, sink != "null");
    }
    let left = folder.path().join("output");
    assert!(!left.exists() || std::fs::read_dir(left).unwrap().next().is_none());
}

#[test]
fn doctor_says_what_auto_would_choose() {
    let folder = folder();
    let output = skirmish(folder.path(), &["doctor", "tiny.toml", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(value["auto"].as_str().unwrap().starts_with("cpu"), "{value}");
    let has_adapter = !value["adapters"].as_array().unwrap().is_empty();
    assert_eq!(value["self_test"]["passed"], has_adapter);
}

#[test]
fn a_slice_from_the_middle_of_a_run_is_measured_and_leaves_nothing_behind() {
    let folder = folder();
    let sets = [
        "--set",
        "population.players=2000",
        "--set",
        "clock.heartbeat_seconds=300",
        "--set",
        "encounter.merge_gap_s=300",
    ];
    let args = ["bench", "tiny.toml", "--from-day", "3", "--days", "2", "--backend", "cpu", "--json"];
    let args = [&args[..], &sets, &["--set", "encounter.team_merge_gap_s=300"]].concat();
    let output = skirmish(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&value["first_day"], &value["days"]), (&3.into(), &2.into()));
    assert!(value["heartbeats"].as_u64() > Some(1_000), "{value}");
    assert!(files_below(&folder.path().join("output")).is_empty());
}
