//! The first minutes: shipped scenarios, standard input, estimates, lines to paste, what reaches a terminal.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::cli::{RUN, folder, skirmish, start_long, stderr, stdout};
use crate::support::{TempDir, skipped};

/// A command with text on standard input.
fn skirmish_with_input(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    use std::io::Write;
    let mut command = Command::new(env!("CARGO_BIN_EXE_skirmish"));
    command.current_dir(folder).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever has read enough closes the pipe.
    child.stdin.take().unwrap().write_all(input).ok();
    child.wait_with_output().unwrap()
}

const TINY: &[u8] = b"[clock]\ndays = 1\n[population]\nplayers = 300\n[population.installs]\nhorizon_days = 1\n";

#[test]
fn shipped_scenarios_are_listed_and_run_in_any_folder() {
    let folder = TempDir::new();
    let list = stdout(&skirmish(folder.path(), &["list"]));
    for name in ["quickstart", "battle-royale", "twenty-million", "full-house"] {
        assert!(list.lines().any(|line| line.trim_start().starts_with(&format!("{name} "))), "{list}");
    }
    let small = ["--set", "population.players=200", "--backend", "cpu", "--quiet"];
    let output = skirmish(folder.path(), &[&["run", "quickstart"][..], &small].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(folder.path().join("output/quickstart/run.json").exists());
    let output = skirmish(folder.path(), &["init", "--from", "battle-royale", "mine.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shipped = include_str!("../../scenarios/battle-royale.toml");
    assert_eq!(std::fs::read_to_string(folder.path().join("mine.toml")).unwrap(), shipped);
    for (name, hint) in [
        ("quickstrat", "did you mean quickstart, which is shipped?"),
        ("scenarios/million.toml", "did you mean million, which is shipped?"),
        ("min.toml", "did you mean mine.toml?"),
        ("zebra", "`skirmish list` shows"),
    ] {
        let output = skirmish(folder.path(), &["check", name]);
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains(hint), "{name}: {}", stderr(&output));
    }
}

#[test]
fn a_dash_is_standard_input_or_output() {
    let folder = TempDir::new();
    let output = skirmish_with_input(folder.path(), &["check", "-"], TINY);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output =
        skirmish_with_input(folder.path(), &["run", "-", "--backend", "cpu", "--out", "piped", "--quiet"], TINY);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(std::fs::read(folder.path().join("piped/scenario.toml")).unwrap(), TINY);
    assert!(stdout(&skirmish(folder.path(), &["init", "-"])).starts_with("# A Skirmish scenario"));
    assert!(stdout(&skirmish(folder.path(), &["init", "--from", "city"])).contains("[maps.city]"));
    assert!(stdout(&skirmish(folder.path(), &["schema", "-"])).starts_with('{'));
    assert_eq!(skirmish(folder.path(), &["schema", "schema.json"]).status.code(), Some(0));
    assert!(folder.path().join("schema.json").exists());
    let output = skirmish_with_input(folder.path(), &["check", "-"], b"clock = 3\n");
    assert!(stderr(&output).starts_with("standard input:1:1: clock = 3"), "{}", stderr(&output));
}

#[test]
fn what_no_scenario_can_be_is_refused_at_once() {
    let folder = folder();
    let refused = |args: &[&str], hint: &str| {
        let output = skirmish(folder.path(), args);
        assert_eq!(output.status.code(), Some(3), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(hint), "{args:?}: {}", stderr(&output));
    };
    std::fs::write(folder.path().join("large.toml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    refused(&["check", "large.toml"], "longer than 1 MiB");
    refused(&["check", "/dev/zero"], "a device or a pipe");
    let made = Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
    assert!(made.success());
    refused(&["check", "pipe"], "a device or a pipe");
    std::fs::copy(folder.path().join("tiny.toml"), folder.path().join("...toml")).unwrap();
    refused(&["run", "...toml"], "a run cannot be named after this file");
    assert!(!folder.path().join("output").exists());
    refused(&["check", "tiny.toml", "--set", "clock.days=1\nseed=2"], "contains a line break");
    let endless = skirmish_with_input(folder.path(), &["check", "-"], &vec![b'#'; 3 << 20]);
    assert!(stderr(&endless).contains("longer than 1 MiB"), "{}", stderr(&endless));
}

#[test]
fn control_characters_of_names_never_reach_the_terminal() {
    let folder = folder();
    let name = "a\x1b[31mb.toml";
    let output = skirmish(folder.path(), &["check", name]);
    assert!(!stderr(&output).contains('\x1b') && stderr(&output).contains("a\\u{1b}[31mb.toml"), "{}", stderr(&output));
    std::fs::copy(folder.path().join("tiny.toml"), folder.path().join(name)).unwrap();
    let output = skirmish(folder.path(), &["run", name]);
    assert_eq!(output.status.code(), Some(3), "no run is named like that");
    assert!(!stderr(&output).contains('\x1b'), "{}", stderr(&output));
    for out in ["o\x1b[2J", "two\nlines", "-"] {
        let output = skirmish(folder.path(), &[&RUN[..], &["--out", out]].concat());
        assert_eq!(output.status.code(), Some(2), "what could not be pasted is refused: {out:?}");
        assert!(!stdout(&output).contains('\x1b') && !stderr(&output).contains('\x1b'));
        assert!(stderr(&output).lines().count() < 3, "{}", stderr(&output));
    }
    assert!(!folder.path().join("output").exists());
    let forged = stderr(&skirmish(folder.path(), &["check", "none\nerror: forged"]));
    assert!(!forged.lines().any(|line| line == "error: forged"), "{forged}");
}

#[test]
fn a_hundred_thousand_unknown_keys_are_told_within_moments_and_printed_in_part() {
    let folder = TempDir::new();
    let text: String = (0..100_000).map(|n| format!("x{n}=1\n")).collect();
    std::fs::write(folder.path().join("bad.toml"), &text).unwrap();
    let output = skirmish(folder.path(), &["check", "bad.toml"]);
    assert_eq!(output.status.code(), Some(3));
    let lines: Vec<String> = stderr(&output).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 102, "a hundred problems, how many more, and the error");
    assert!(lines[101].contains("100000 problems"), "{}", lines[101]);
    let output = skirmish(folder.path(), &["check", "bad.toml", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(value["error"]["problems"].as_array().unwrap().len(), 100_000);
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let folder = folder();
    for (args, code) in [
        (&["run", "none.toml", "--json"][..], 3),
        (&["plan", "tiny.toml", "--set", "seed=-1", "--json"], 3),
        (&["bench", "tiny.toml", "--threads", "0", "--json"], 2),
        (&["run", "tiny.toml", "--out", "tiny.toml", "--json"], 4),
    ] {
        let output = skirmish(folder.path(), args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(value["error"]["exit_code"], code, "{args:?}");
        assert!(!stderr(&output).is_empty(), "people are told, too");
    }
}

#[test]
fn check_plan_and_run_tell_one_estimate_and_plan_says_whether_it_fits() {
    let folder = folder();
    let json = |args: &[&str]| -> serde_json::Value {
        serde_json::from_str(&stdout(&skirmish(folder.path(), &[args, &["--json"]].concat()))).unwrap()
    };
    let plan = json(&["plan", "tiny.toml"]);
    assert_eq!(plan["fits"], true);
    let expected = &plan["heartbeats"];
    assert_eq!(&json(&["check", "tiny.toml"])["expected_heartbeats"], expected);
    let run = json(&RUN);
    assert_eq!(&run["expected_heartbeats"], expected);
    let alone = json(&[&RUN[..], &["--overwrite", "--set", "parties.share=0"]].concat());
    assert_eq!(&alone["totals"]["heartbeats"], expected, "of so few players every life is counted");
    let page = stdout(&skirmish(folder.path(), &["check", "tiny.toml"]));
    let shown = format!(" {:.1} k heartbeats in all", expected.as_f64().unwrap() / 1e3);
    assert!(page.contains(&shown), "{page}");
    let huge = ["plan", "twenty-million", "--threads", "1", "--set", "clock.days=400"];
    let output = skirmish(folder.path(), &[&huge[..], &["--json"]].concat());
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let fits = value["fits"].as_bool().unwrap();
    assert_eq!(output.status.code(), Some(if fits { 0 } else { 4 }));
}

#[test]
fn version_names_the_commit_and_its_date() {
    let version = stdout(&skirmish(Path::new("."), &["--version"]));
    let rest = version.trim().strip_prefix(concat!("skirmish ", env!("CARGO_PKG_VERSION"), " (")).unwrap();
    let inside = rest.strip_suffix(')').unwrap();
    let (commit, date) = inside.split_once(' ').unwrap();
    let is_commit = commit.len() == 12 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) && date.len() == 10;
    assert!(is_commit || inside == "unknown commit", "{version}");
}

#[test]
fn man_pages_and_completions_are_written_by_one_command_and_never_over_others() {
    let folder = TempDir::new();
    assert_eq!(skirmish(folder.path(), &["generate", "share"]).status.code(), Some(0));
    let page = std::fs::read_to_string(folder.path().join("share/man/man1/skirmish-run.1")).unwrap();
    assert!(page.contains(".TH SKIRMISH-RUN 1") && page.contains("overwrite"), "{page}");
    for file in
        ["man/man1/skirmish.1", "completions/skirmish.bash", "completions/_skirmish", "completions/skirmish.fish"]
    {
        assert!(folder.path().join("share").join(file).exists(), "{file}");
    }
    std::fs::remove_file(folder.path().join("share/man/man1/skirmish.1")).unwrap();
    let output = skirmish(folder.path(), &["generate", "share"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(!folder.path().join("share/man/man1/skirmish.1").exists(), "all or none");
}

#[test]
fn verbose_runs_log_to_standard_error_as_text_or_json() {
    let folder = folder();
    let output = skirmish(folder.path(), &[&RUN[..], &["-v", "--out", "a"]].concat());
    assert!(stderr(&output).contains("INFO"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("DEBUG"), "{}", stderr(&output));
    let output =
        skirmish(folder.path(), &[&RUN[..], &["-vv", "--log-format", "json", "--quiet", "--out", "b"]].concat());
    let said = stderr(&output);
    let lines: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        lines.iter().any(|line| line["level"] == "DEBUG") && lines.iter().any(|line| line["level"] == "INFO"),
        "{said}"
    );
    let output = skirmish(folder.path(), &["check", "none.toml", "--log-format", "json"]);
    assert!(stderr(&output).lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "errors, too");
    assert!(lines.iter().any(|line| line["message"] == "day published" && line["date"] == "2026-01-05"), "{said}");
}

/// What a shell with only our lines and a reader that prints its arguments makes of them.
#[test]
fn pasted_lines_mean_what_they_say_whatever_the_names() {
    let folder = folder();
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("duckdb"), "#!/bin/sh\nprintf '%s\\n' \"$@\" \"$PWD\"\n").unwrap();
    std::fs::write(bin.join("python3"), "#!/bin/sh\nprintf '%s\\n' \"$2\"\n").unwrap();
    assert!(
        Command::new("chmod").arg("+x").args([bin.join("duckdb"), bin.join("python3")]).status().unwrap().success()
    );
    for name in ["$(touch x).toml", "it's.toml", "a [b] \"c\" `d`.toml", "back\\slash!.toml"] {
        std::fs::copy(folder.path().join("tiny.toml"), folder.path().join(name)).unwrap();
        let output = skirmish(folder.path(), &["run", name, "--backend", "cpu"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let screen = stdout(&output);
        let after = |heading: &str| screen.split_once(heading).unwrap().1.lines().next().unwrap().trim().to_owned();
        let run = |line: &str| {
            let output = Command::new("bash")
                .args(["-c", line])
                .current_dir(folder.path())
                .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
                .output()
                .unwrap();
            assert!(output.status.success(), "{line}: {}", stderr(&output));
            stdout(&output)
        };
        let stem = name.strip_suffix(".toml").unwrap();
        let root = folder.path().join("output").join(stem);
        let globbed = root.display().to_string().replace('[', "[[]");
        let sql = run(&after("DuckDB:\n"));
        assert!(
            sql.starts_with("-c\nSELECT ") && sql.contains(&format!("'{}/tables/", globbed.replace('\'', "''"))),
            "{sql}"
        );
        let views = run(&after("All tables as views:\n"));
        assert_eq!(views, format!("-init\ntables.sql\n{}\n", root.display()));
        let python = run(&after("Polars:\n"));
        assert!(python.contains(&globbed.replace('\\', "\\\\").replace('\'', "\\'")), "{python}");
        assert!(!folder.path().join("x").exists(), "nothing was executed");
        let report = std::fs::read_to_string(root.join("report.html")).unwrap();
        assert!(report.contains("skirmish run scenario.toml --out"), "{name}");
    }
}

#[test]
fn colours_are_where_a_terminal_is_and_no_color_is_not() {
    // `script` of util-linux gives the command a terminal.
    let in_terminal = |no_color: &str| {
        let line =
            format!("{} check nowhere.toml; {} list", env!("CARGO_BIN_EXE_skirmish"), env!("CARGO_BIN_EXE_skirmish"));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").env("NO_COLOR", no_color).stdin(Stdio::null());
        command.output().map(|output| stdout(&output))
    };
    match (in_terminal(""), in_terminal("1")) {
        (Ok(coloured), Ok(plain)) if coloured.contains("error") => {
            assert!(
                coloured.contains("\x1b[1;31merror\x1b[0m:") && coloured.contains("\x1b[1mShipped"),
                "{coloured:?}"
            );
            assert!(!plain.contains('\x1b') && plain.contains("error: "), "{plain:?}");
        }
        _ => skipped("no `script` that gives commands a terminal"),
    }
    let piped = skirmish(Path::new("."), &["check", "nowhere.toml"]);
    assert!(!stderr(&piped).contains('\x1b'));
}

#[test]
fn a_wide_terminal_shows_the_day_and_a_narrow_one_a_bar() {
    let folder = folder();
    let shown = |columns: u32, args: &str| {
        let binary = env!("CARGO_BIN_EXE_skirmish");
        let line = format!(
            "stty cols {columns} rows 40; {binary} run tiny.toml --backend cpu --overwrite --set population.players=4000 {args}"
        );
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").stdin(Stdio::null());
        command.current_dir(folder.path()).output().map(|output| stdout(&output))
    };
    let (Ok(wide), Ok(narrow), Ok(watched), Ok(quiet)) =
        (shown(120, ""), shown(80, ""), shown(80, "--watch"), shown(120, "--quiet"))
    else {
        return skipped("no `script` that gives commands a terminal");
    };
    if !narrow.contains("Report:") {
        return skipped("no `script` that gives commands a terminal");
    }
    for part in ["players online by hour", "threads ", "heartbeats ", "memory "] {
        let shows = [&wide, &narrow, &watched, &quiet].map(|screen| screen.contains(part) && screen.contains('│'));
        assert_eq!(shows, [true, false, true, false], "{part}");
    }
    let piped = skirmish(folder.path(), &["run", "tiny.toml", "--backend", "cpu", "--overwrite", "--watch"]);
    assert!(!stderr(&piped).contains('│') && stderr(&piped).contains("online"), "{}", stderr(&piped));
    let both = skirmish(folder.path(), &["run", "tiny.toml", "--watch", "--quiet"]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn who_closes_standard_error_stops_nothing() {
    let folder = folder();
    let code = |line: &str| {
        let line = line.replace("skirmish", env!("CARGO_BIN_EXE_skirmish"));
        Command::new("bash").args(["-c", &line]).current_dir(folder.path()).status().unwrap().code()
    };
    assert_eq!(code("skirmish check none.toml 2>/dev/full"), Some(3));
    assert_eq!(code("skirmish run tiny.toml --backend cpu >/dev/null 2>/dev/full"), Some(0));
    assert_eq!(
        code("skirmish run tiny.toml --backend cpu --out closed 2>&1 >/dev/null | true; exit ${PIPESTATUS[0]}"),
        Some(0)
    );
    let summary = std::fs::read_to_string(folder.path().join("closed/run.json")).unwrap();
    assert!(summary.contains("\"status\": \"complete\""), "{summary}");
}

#[test]
fn documents_and_json_pass_as_they_are() {
    let folder = folder();
    let crlf = "[clock]\r\ndays = 1\r\n";
    std::fs::write(folder.path().join("crlf.toml"), crlf).unwrap();
    assert_eq!(stdout(&skirmish(folder.path(), &["init", "--from", "crlf.toml"])), crlf);
    std::fs::write(folder.path().join("odd.toml"), "\"a\u{85}b\\nwarning: forged\" = 1\n").unwrap();
    let output = skirmish(folder.path(), &["check", "odd.toml", "--json"]);
    let text = stdout(&output);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
    assert!(value["error"]["problems"][0].as_str().unwrap().contains("a\u{85}b\nwarning: forged"), "{value}");
    assert!(!text.contains('\u{85}') && !stderr(&output).lines().any(|line| line.starts_with("warning")));
}

#[test]
fn a_run_that_ends_on_its_first_day_has_views_of_what_it_has() {
    let folder = folder();
    let mut child = start_long(&folder);
    while !folder.path().join("output/tiny/tables/players").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    child.wait().unwrap();
    let views = std::fs::read_to_string(folder.path().join("output/tiny/tables.sql")).unwrap();
    assert!(views.contains("CREATE OR REPLACE VIEW players AS"), "{views}");
    for name in ["heartbeats", "kills"] {
        let is_there =
            folder.path().join("output/tiny/tables").join(name).read_dir().is_ok_and(|mut all| all.next().is_some());
        assert_eq!(views.contains(&format!("VIEW {name} AS")), is_there, "{name}");
    }
}

#[test]
fn a_player_has_a_story_and_a_table_can_be_text() {
    let folder = TempDir::new();
    let sets =
        ["--set", "clock.days=2", "--set", "population.players=300", "--quiet", "--backend", "cpu", "--out", "run"];
    let output = skirmish(folder.path(), &[&["run", "quickstart"][..], &sets].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let run = folder.path().join("run");
    let sessions = crate::support::read_table(&run.join("tables/session_ends"));
    let player = sessions.numbers("player_id")[0];
    let of_player: Vec<usize> = (0..sessions.len()).filter(|&n| sessions.numbers("player_id")[n] == player).collect();
    let kills: i64 = of_player.iter().map(|&n| sessions.numbers("kills")[n]).sum();
    let story = stdout(&skirmish(folder.path(), &["show", "run", "--player", &player.to_string()]));
    assert!(story.starts_with(&format!("player {player}, new, from ")), "{story}");
    assert_eq!(story.matches(" session of ").count(), of_player.len(), "{story}");
    assert!(story.contains(&format!(", {kills} kill")) && story.contains("installed the game"), "{story}");
    // What came of it is told, too.
    let unlocks = crate::support::read_table(&run.join("tables/achievement_unlocks"));
    let player = unlocks.numbers("player_id")[0];
    let own = unlocks.numbers("player_id").iter().filter(|id| **id == player).count();
    let story = stdout(&skirmish(folder.path(), &["show", "run", "--player", &player.to_string()]));
    assert_eq!(story.matches("  unlocked ").count(), own, "{story}");

    for (format, lines) in [("csv", sessions.len() + 1), ("jsonl", sessions.len())] {
        let text = stdout(&skirmish(folder.path(), &["export", "run", "--table", "session_ends", "--format", format]));
        assert_eq!(text.lines().count(), lines);
        let name = format!("sessions.{format}");
        let to_file = ["export", "run", "--table", "session_ends", "--format", format, "--out", &name];
        assert_eq!(skirmish(folder.path(), &to_file).status.code(), Some(0));
        assert_eq!(std::fs::read_to_string(folder.path().join(&name)).unwrap(), text);
        let again = skirmish(folder.path(), &to_file);
        assert_eq!(again.status.code(), Some(4), "{}", stderr(&again));
    }
    // Another reader finds the table in the text: every value, through DuckDB's own readers.
    let script = "import duckdb, sys\nroot = sys.argv[1]\n\
                  names = [row[0] for row in duckdb.execute(f\"describe from '{root}/sessions.csv'\").fetchall()]\n\
                  table = f\"(select * exclude date from '{root}/run/tables/session_ends/*/*.parquet')\"\n\
                  for text in (f\"read_csv('{root}/sessions.csv')\", f\"read_json('{root}/sessions.jsonl')\"):\n\
                  \x20   columns = ', '.join(f'{n}::varchar' if n not in ('started_at', 'event_ts') else f'{n}::timestamp' for n in names)\n\
                  \x20   ours, theirs = f'select {columns} from {table}', f'select {columns} from {text}'\n\
                  \x20   for a, b in ((ours, theirs), (theirs, ours)):\n\
                  \x20       rows = duckdb.execute(f'({a}) except all ({b})').fetchall()\n\
                  \x20       assert not rows, (text, rows[:3])";
    crate::python::run_or_skip(script, &[folder.path().to_str().unwrap()]);

    let summary = std::fs::read_to_string(run.join("run.json")).unwrap();
    std::fs::write(run.join("run.json"), summary.replace("\"complete\"", "\"interrupted\"")).unwrap();
    let output = skirmish(folder.path(), &["show", "run", "--player", &player.to_string()]);
    assert!(stdout(&output) == story && stderr(&output).contains("the run is not finished"), "{}", stderr(&output));
    for (args, code, says) in [
        (&["show", "run", "--player", "301"][..], 2, "there is no such account in this run, which has 1 to 300"),
        (&["show", ".", "--player", "1"], 3, "is no run"),
        (&["export", "run", "--table", "nonsense"], 2, "there is no such table; there are heartbeats"),
        (&["export", "run", "--table", "encounters_team"], 3, "output.tables.encounters_team = true"),
    ] {
        let output = skirmish(folder.path(), args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(says) && stdout(&output).is_empty(), "{args:?}: {}", stderr(&output));
    }
}
