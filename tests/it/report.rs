//! The report: every number counted again from the tables by another engine, the page's shape, what it is refused for.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::cli::{skirmish, stderr, stdout};
use crate::python;
use crate::support::TempDir;
use crate::warehouse::{python_here, python_of, runs_long};

/// Two modes on two maps, days across the ends of a week and a month, veterans and newcomers, everything written.
const WORLD: &str = r#"
seed = 11
[clock]
start = "2026-01-29"
days = 6
heartbeat_seconds = 60
[population]
players = 3000
realms = 2
[population.installs]
veteran_share = 0.4
horizon_days = 6
[reports]
honest_per_kill = 0.01
[anticheat]
reports = 1
ratio_kills = 5
ratio = 3
flags_to_ban = 1
wave_days = 2
[maps.yard]
extent_x_m = 160
extent_y_m = 160
generated_places = 9
generated_radius_m = 8
[maps.field]
extent_x_m = 733
extent_y_m = 401
generated_places = 20
generated_radius_m = 15
[modes.duel]
teams = 2
team_size = 6
match_minutes = 9.0
kill_chance = 0.45
maps = ["yard", "field"]
[modes.last]
teams = 12
team_size = 1
match_minutes = 15.0
elimination = true
join_window_s = 120
kill_chance = 0.6
maps = ["yard"]
"#;

fn simulated(folder: &Path, name: &str, sets: &[&str]) -> std::path::PathBuf {
    std::fs::write(folder.join("world.toml"), WORLD).unwrap();
    let mut args = vec!["run", "world.toml", "--quiet", "--backend", "cpu", "--out", name];
    sets.iter().for_each(|set| args.extend(["--set", set]));
    let output = skirmish(folder, &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    folder.join(name)
}

fn read(run: &Path, name: &str) -> String {
    std::fs::read_to_string(run.join(name)).unwrap()
}

#[test]
fn every_tally_is_what_duckdb_counts_in_the_tables() {
    let folder = TempDir::new();
    let run = simulated(folder.path(), "run", &[]);
    python::run_or_skip(include_str!("report.py"), &[&run.to_string_lossy()]);
    // Hours that have one heartbeat or two.
    let sets = ["clock.heartbeat_seconds=2700", "encounter.merge_gap_s=2700", "population.players=9000"];
    let sparse = simulated(folder.path(), "sparse", &sets);
    python::run_or_skip(include_str!("report.py"), &[&sparse.to_string_lossy()]);
}

#[test]
fn a_report_depends_on_the_run_alone() {
    let folder = TempDir::new();
    let few = ["population.players=500", "clock.days=2"];
    let one = simulated(folder.path(), "one", &few);
    std::fs::write(folder.path().join("world.toml"), WORLD).unwrap();
    let args = ["run", "world.toml", "-q", "--threads", "1", "--out", "two", "--backend", "cpu"];
    let output = skirmish(folder.path(), &[&args[..], &["--set", few[0], "--set", few[1]]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let two = folder.path().join("two");
    for name in ["report.html", "report.json"] {
        assert_eq!(read(&one, name), read(&two, name), "{name}");
    }
    // Drawn anew it is the same, whatever has become of the tables.
    std::fs::remove_dir_all(two.join("tables")).unwrap();
    std::fs::write(two.join("report.html"), "").unwrap();
    let output = skirmish(folder.path(), &["report", "two"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(read(&one, "report.html"), read(&two, "report.html"));
    let output = skirmish(folder.path(), &["report", "two", "--json"]);
    let value: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(value, serde_json::from_str::<Value>(&read(&one, "report.json")).unwrap());
    assert!(value["tallies"].as_object().unwrap().values().all(|tally| tally["unit"].is_string()));
}

#[test]
fn two_runs_are_compared_figure_by_figure() {
    let folder = TempDir::new();
    let one = simulated(folder.path(), "one", &["population.players=500", "clock.days=2"]);
    simulated(folder.path(), "two", &["population.players=900", "clock.days=2", "seed=5"]);
    let output = skirmish(folder.path(), &["report", "one", "two", "--json"]);
    let value: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let figures = value["figures"].as_array().unwrap();
    assert!(figures.len() > 25);
    let heartbeats = figures.iter().find(|figure| figure["name"] == "Heartbeats").unwrap();
    let said: Value = serde_json::from_str(&read(&one, "run.json")).unwrap();
    assert_eq!(heartbeats["a"].as_f64(), said["totals"]["heartbeats"].as_f64());
    let difference = heartbeats["b"].as_f64().unwrap() - heartbeats["a"].as_f64().unwrap();
    assert_eq!(heartbeats["difference"].as_f64(), Some(difference));
    assert!(difference > 0.0);
    let output = skirmish(folder.path(), &["report", "one", "two"]);
    let text = stdout(&output);
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    assert!(text.contains("Heartbeats ") && text.contains(" %"), "{text}");
    let output = skirmish(folder.path(), &["report", "one", "one"]);
    assert!(stdout(&output).lines().skip(1).all(|line| line.contains(" same") || line.contains(" - ")));
    // Entry by entry: what is said to differ, and nothing else, leads from the counts of one run to those of the other.
    let counts =
        |name: &str| -> Value { serde_json::from_str(&read(&folder.path().join(name), "report.json")).unwrap() };
    let (a, b) = (counts("one"), counts("two"));
    for (name, tally) in value["tallies"].as_object().unwrap() {
        let entries = |run: &Value| entries_of(&run["tallies"][name]);
        let (mut reached, wanted) = (entries(&a), entries(&b));
        for entry in tally["entries_that_differ"].as_array().unwrap() {
            let at = entry["at"].as_array().unwrap().iter().map(|label| label.as_str().unwrap().to_owned()).collect();
            let count: &mut i64 = reached.entry(at).or_default();
            assert_eq!((*count, entry["a"].as_i64()), (entry["a"].as_i64().unwrap(), Some(*count)), "{name}");
            assert_ne!(entry["a"], entry["b"], "{name}");
            *count = entry["b"].as_i64().unwrap();
        }
        reached.retain(|_, count| *count != 0);
        assert_eq!(reached, wanted, "{name}");
    }
    // As a page.
    let output = skirmish(folder.path(), &["report", "one", "two", "--out", "both.html"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = std::fs::read_to_string(folder.path().join("both.html")).unwrap();
    assert!(page.ends_with("</html>\n") && page.len() < 400_000 && !page.contains("NaN"));
    let heartbeats = page.split("Heartbeats<td>").nth(1).unwrap();
    assert!(heartbeats.split("<tr>").next().unwrap().contains(" %"), "{}", &heartbeats[..80]);
    assert!(page.matches("<svg viewBox=\"0 0 480").count() > 12, "both are drawn");
    let again = skirmish(folder.path(), &["report", "one", "two", "--out", "both.html"]);
    assert_eq!(again.status.code(), Some(4), "{}", stderr(&again));
}

#[test]
fn runs_of_other_days_maps_and_regions_are_compared_as_far_as_they_can_be() {
    let folder = TempDir::new();
    simulated(folder.path(), "one", &["population.players=500", "clock.days=2"]);
    let sets = ["population.players=500", "clock.days=3", "clock.start=2026-03-02", "maps.yard.extent_x_m=200"];
    simulated(folder.path(), "two", &sets);
    let value = |a: &str, b: &str| -> Value {
        serde_json::from_str(&stdout(&skirmish(folder.path(), &["report", a, b, "--json"]))).unwrap()
    };
    let both = value("one", "two");
    assert!(both["tallies"]["occupancy"]["entries_are_not_compared"].is_string());
    let entries = both["tallies"]["active_by_cohort"]["entries_that_differ"].as_array().unwrap();
    for entry in entries {
        let labels = entry["at"].as_array().unwrap().iter().map(|label| label.as_str().unwrap());
        assert!(labels.into_iter().all(|label| label.starts_with("day ") || label == "before"), "{entry}");
    }
    assert!(entries.iter().any(|entry| entry["a"].as_i64() > Some(0) && entry["b"].as_i64() > Some(0)));
    // The other way round everything is the other way round.
    let turned = value("two", "one");
    for (name, tally) in both["tallies"].as_object().unwrap() {
        let entries = |value: &Value| value["entries_that_differ"].as_array().map_or(0, Vec::len);
        assert_eq!(entries(tally), entries(&turned["tallies"][name]), "{name}");
        assert_eq!(tally["a"], turned["tallies"][name]["b"], "{name}");
    }
}

#[test]
fn a_match_is_shown_only_if_everybody_s_heartbeats_are_there() {
    let folder = TempDir::new();
    let run = simulated(folder.path(), "run", &["population.players=900", "clock.days=1"]);
    assert!(read(&run, "report.html").contains("id=\"replay\""));
    let sets = ["population.players=900", "clock.days=1", "output.heartbeat_players_one_in=10"];
    let sampled = simulated(folder.path(), "sampled", &sets);
    assert!(!read(&sampled, "report.html").contains("id=\"replay\""));
}

/// The counts of a tally that are not 0, by the entries of its axes.
fn entries_of(tally: &Value) -> BTreeMap<Vec<String>, i64> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let axes: Vec<&Vec<Value>> =
        tally["axes"].as_array().unwrap().iter().map(|axis| axis["entries"].as_array().unwrap()).collect();
    let counts = tally["counts"].as_array().unwrap().iter().map(|count| count.as_i64().unwrap());
    let mut out = BTreeMap::new();
    for (place, count) in counts.enumerate().filter(|(_, count)| *count != 0) {
        let mut rest = place;
        let mut at: Vec<String> = Vec::new();
        for entries in axes.iter().rev() {
            at.insert(0, text(&entries[rest % entries.len()]));
            rest /= entries.len();
        }
        out.insert(at, count);
    }
    out
}

#[test]
fn what_a_killed_report_leaves_is_in_nobodys_way() {
    let folder = TempDir::new();
    let few = ["population.players=200", "clock.days=1"];
    let run = simulated(folder.path(), "run", &few);
    let page = read(&run, "report.html");
    std::fs::write(run.join("report.html.partial"), &page[..100]).unwrap();
    let output = skirmish(folder.path(), &["report", "run"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(read(&run, "report.html") == page && !run.join("report.html.partial").exists());
    std::fs::write(run.join("report.html.partial"), &page[..100]).unwrap();
    let overwriting = ["run", "world.toml", "-q", "--overwrite", "--out", "run", "--set", few[0], "--set", few[1]];
    let output = skirmish(folder.path(), &overwriting);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!run.join("report.html.partial").exists());
    // Outside of a run such a name may be anybody's.
    std::fs::write(folder.path().join("page.html.partial"), "mine").unwrap();
    let output = skirmish(folder.path(), &["report", "run", "--out", "page.html"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("page.html.partial"), "{}", stderr(&output));
    assert_eq!(read(folder.path(), "page.html.partial"), "mine");
    // A link is somebody's, too, wherever it leads.
    for (link, to) in [("link.html", "nowhere"), ("linked.html.partial", "page.html.partial")] {
        std::os::unix::fs::symlink(to, folder.path().join(link)).unwrap();
        let out = link.trim_end_matches(".partial");
        let output = skirmish(folder.path(), &["report", "run", "--out", out]);
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert!(folder.path().join(link).is_symlink());
    }
    std::os::unix::fs::symlink("../page.html.partial", run.join("report.html.partial")).unwrap();
    let output = skirmish(folder.path(), &["report", "run"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(read(folder.path(), "page.html.partial"), "mine");
    assert!(!run.join("report.html").is_symlink());
}

#[test]
fn names_in_a_report_are_inert_and_the_page_asks_for_nothing() {
    let folder = TempDir::new();
    // Names in a scenario are letters and digits; that of its file is what it is.
    let name = "<img src=x onerror=alert(1)>\"'&.toml";
    std::fs::write(folder.path().join(name), WORLD).unwrap();
    let args = ["run", name, "-q", "--out", "run", "--set", "population.players=300", "--set", "clock.days=1"];
    let output = skirmish(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = read(&folder.path().join("run"), "report.html");
    assert!(page.contains("&lt;img ") && !page.contains("<img"));
    // What runs is the one script whose hash the page allows; data is none.
    assert!(page.matches("<script>").count() <= 1 && page.matches("<script").count() <= 2);
    assert!(!page.contains("style=\"") && !page.contains(" onclick"), "styles are in one place");
    assert!(page.contains("default-src 'none'"));
    for foreign in ["http:", "https:", "//", "url(", "@import", " src=\""] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.len() < 400_000, "{}", page.len());
    // Every chart says in words what it shows.
    let charts = page.matches("<svg ").count();
    let silent = page.matches("aria-hidden=\"true\"").count();
    assert_eq!(page.matches("role=\"img\" aria-label=\"").count() + silent, charts);
    assert!(charts - silent > 12, "{charts}");
}

#[test]
fn a_browser_opens_it_at_every_width_light_dark_and_printed() {
    if !runs_long("the report in Chromium") {
        return;
    }
    let folder = TempDir::new();
    let run = simulated(folder.path(), "run", &["population.players=2000"]);
    // Pictures of the last test are for people to look at.
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    let mut check = python_here(python_of("dashboard"));
    let output = check
        .args(["-c", include_str!("report_browser.py")])
        .arg(run.join("report.html"))
        .arg(&pictures)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn runs_of_every_size_have_a_report() {
    let folder = TempDir::new();
    let mut maps = String::new();
    for n in 0..200 {
        maps.push_str(&format!(
            "[maps.m{n:03}]\nextent_x_m = {}\nextent_y_m = 90\nrelief_m = 2\ngenerated_places = 3\n",
            60 + n
        ));
    }
    let most = format!(
        "[clock]\ndays = 1\nheartbeat_seconds = 300\n[population]\nplayers = 2000\n{maps}[modes.m]\nteams = 2\nteam_size = 3\nmatch_minutes = 10.0\n"
    );
    std::fs::write(folder.path().join("maps.toml"), most).unwrap();
    let mut modes = String::new();
    for n in 0..200 {
        modes.push_str(&format!(
            "[modes.mode-with-a-name-that-is-as-long-as-names-may-ever-be-{n:03}]\nteam_size = 1\n"
        ));
    }
    let mut crowded = String::new();
    for n in 0..8 {
        crowded.push_str(&format!("[maps.m{n}]\nextent_x_m = 900\nextent_y_m = 900\ngenerated_places = 200\n"));
    }
    let mut regions = String::new();
    for n in 0..12 {
        regions.push_str(&format!(
            "[regions.r{n:02}.countries]\nA{} = {{}}\n[modes.m{n:02}]\nteam_size = 1\n",
            char::from(b'A' + n)
        ));
    }
    let start =
        "[clock]\ndays = 1\nheartbeat_seconds = 300\n[encounter]\nmerge_gap_s = 300\n[population]\nplayers = 2000\n";
    std::fs::write(folder.path().join("modes.toml"), format!("{start}{modes}")).unwrap();
    std::fs::write(folder.path().join("crowded.toml"), format!("{start}{crowded}[modes.m]\nteam_size = 3\n")).unwrap();
    std::fs::write(folder.path().join("regions.toml"), format!("{start}{regions}")).unwrap();
    let cases: [(&str, &str, &[&str]); 7] = [
        ("modes", "modes.toml", &[]),
        ("crowded", "crowded.toml", &[]),
        (
            "regions",
            "regions.toml",
            &[
                "population.players=300",
                "clock.days=730",
                "clock.heartbeat_seconds=3600",
                "encounter.merge_gap_s=3600",
                "population.installs.horizon_days=700",
                "output.tables.heartbeats=false",
            ],
        ),
        ("maps", "maps.toml", &["encounter.merge_gap_s=300"]),
        ("player", "quickstart", &["population.players=1", "clock.days=1"]),
        ("nobody", "quickstart", &["population.players=50", "clock.days=1", "output.tables.heartbeats=false"]),
        (
            "years",
            "quickstart",
            &[
                "population.players=40",
                "clock.days=730",
                "population.installs.horizon_days=700",
                "clock.heartbeat_seconds=3600",
                "encounter.merge_gap_s=3600",
                "output.tables.heartbeats=false",
            ],
        ),
    ];
    for (name, scenario, sets) in cases {
        let mut args = vec!["run", scenario, "--quiet", "--backend", "cpu", "--out", name];
        sets.iter().for_each(|set| args.extend(["--set", set]));
        let output = skirmish(folder.path(), &args);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        let page = read(&folder.path().join(name), "report.html");
        assert!(page.ends_with("</html>\n") && page.len() < 400_000, "{name}: {}", page.len());
        for nonsense in ["NaN", "inf", "null", "-0.0\""] {
            assert!(!page.contains(nonsense), "{name}: {nonsense}");
        }
    }
    let page = read(&folder.path().join("player"), "report.html");
    assert!(page.contains("Little data: "), "a chart with little data says so");
    let page = |name: &str| read(&folder.path().join(name), "report.html");
    assert!(page("maps").contains("The 8 of "), "what is left out is said");
    assert!(page("crowded").contains("100 of its 200 places"));
    assert!(page("regions").contains("6 others") && page("regions").contains("Means of "));
    assert!(page("modes").contains(" others") && !page("modes").contains("width=\"-"));
}

#[test]
fn what_is_no_finished_run_is_refused_and_nothing_is_written() {
    let folder = TempDir::new();
    let run = simulated(folder.path(), "run", &["population.players=200", "clock.days=1"]);
    let refused = |name: &str, words: &str| {
        let output = skirmish(folder.path(), &["report", name]);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains(words) && stderr(&output).lines().count() == 1, "{}", stderr(&output));
    };
    refused("none", "give the folder that --out named");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    refused("empty", "give the folder that --out named");
    assert_eq!(std::fs::read_dir(folder.path().join("empty")).unwrap().count(), 0);
    let page = read(&run, "report.html");
    let said = read(&run, "run.json");
    let change = |from: &str, to: &str| {
        assert!(said.contains(from), "{from}");
        std::fs::write(run.join("run.json"), said.replacen(from, to, 1)).unwrap();
    };
    change("\"status\": \"complete\"", "\"status\": \"running\"");
    refused("run", "let it finish");
    change("\"data_version\": ", "\"data_version\": 9");
    refused("run", "data version");
    change("\"seed\": 11", "\"seed\": 12");
    std::fs::write(run.join("run.json"), &said).unwrap();
    let counted = read(&run, "report.json");
    std::fs::write(run.join("report.json"), &counted[..counted.len() / 2]).unwrap();
    refused("run", "damaged");
    std::fs::write(run.join("report.json"), counted.replacen("\"world_hash\":\"", "\"world_hash\":\"0", 1)).unwrap();
    refused("run", "is not of the scenario beside it");
    std::fs::remove_file(run.join("report.json")).unwrap();
    refused("run", "report.json cannot be read");
    std::fs::write(run.join("report.json"), &counted).unwrap();
    let output = skirmish(folder.path(), &["report", "run", "--out", "run/report.html"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert_eq!(read(&run, "report.html"), page);
}
