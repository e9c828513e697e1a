//! `skirmish realism`: every number computed again by another program, what is refused, and the section of the report.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::{skirmish, stderr, stdout};
use crate::support::{TempDir, skipped};
use crate::warehouse::{python_here, run};

/// Ninety days of accounts and sessions, and nothing of their matches.
const LONG: &str = r#"
seed = 5
[clock]
start = "2026-01-05"
days = 90
heartbeat_seconds = 60
[population]
players = 5000
[population.installs]
veteran_share = 0.3
horizon_days = 60
[output.tables]
heartbeats = false
encounters = false
kills = false
matches = false
participations = false
"#;

/// What a run of some days of a team shooter with rounds tells, of a battle royale, and of many days of sessions.
const TEAM_TELLS: &str = "area_share_holding_30pct_kills,area_share_holding_50pct_kills,area_share_holding_80pct_kills,\
    kd_log_sd,kd_median,kill_distance_lognormal_sigma,kill_distance_m_median,kills_per_player_minute_respawn,\
    kills_per_player_round_pmf_cs,match_continuation_prob_after4,match_continuation_prob_first,\
    minutes_per_active_day_weibull_k,party_solo_share,retention_classic,return_hazard_by_gap_days,\
    session_minutes_median,session_minutes_p99_over_median,session_minutes_weibull_k,\
    sessions_per_active_day_continuation,sessions_per_active_day_mean,utc_concurrency_peak_to_trough_global";
const ROYALE_TELLS: &str = "battle_royale_won_share,br_kills_mean,br_zero_kill_share,party_solo_share";
const LONG_TELLS: &str = "active_days_gini_60d,active_fraction_span14_quantiles,aligned_concurrency_peak_to_trough,\
    arppu_30d_usd,arpu_30d_usd,bottom50pct_payers_revenue_share,daily_ccu_log_residual_sd,dau_over_mau_steady,\
    dow_playtime_weekend_over_tue_thu,first_purchase_after_day7_share_of_30d_payers,\
    first_purchase_day0_share_of_7d_payers,ios_over_android_payer_rate,log_session_len_sd_between_players,\
    log_session_len_sd_within_player,mean_active_days_first7,one_day_only_share,one_time_payers_share,\
    payer_over_nonpayer_active_days_d7,payer_over_nonpayer_games_d7,payer_rate_30d,payer_spend_gini,\
    retention_loglog_slope_1_30,return_hazard_powerlaw_exponent_1_40,start_hour_resultant_quantiles,\
    steam_dow_peakccu_weekend_over_tue_thu,top10pct_payers_revenue_share,top1pct_payers_revenue_share,\
    total_hours_gini,total_hours_weibull_k,weekly_resonance_h7_over_mean_h6_h8";

fn team(folder: &Path, sets: &[&str]) -> PathBuf {
    run(folder, "team", "team-shooter", &[&["population.players=1500", "clock.days=3"], sets].concat())
}

fn royale(folder: &Path) -> PathBuf {
    run(folder, "royale", "battle-royale", &["population.players=3000", "clock.days=1"])
}

/// Few accounts on one day of sessions alone.
fn tiny(folder: &Path, name: &str) -> PathBuf {
    std::fs::write(folder.join("tiny.toml"), LONG).unwrap();
    run(folder, name, "tiny.toml", &["population.players=200", "clock.days=2", "population.installs.horizon_days=2"])
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let output = skirmish(folder, &[&["realism"], args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

/// Python with numpy and scipy, or a visible skip; a failure where SKIRMISH_REQUIRE_DUCKDB=1 says that there must be one.
pub fn oracle() -> Option<PathBuf> {
    let script = "from lib import environments\nprint(environments.python('realism', lambda text: None))";
    let output = python_here("python3").args(["-c", script]).output();
    let made = output.as_ref().is_ok_and(|output| output.status.success());
    if !made {
        let why = output.map_or_else(|error| error.to_string(), |output| stderr(&output));
        let must = std::env::var_os("SKIRMISH_REQUIRE_DUCKDB").is_some_and(|value| value == "1");
        assert!(!must, "SKIRMISH_REQUIRE_DUCKDB=1, but: {why}");
        skipped(&format!("no Python with DuckDB, numpy and scipy for this test: {why}"));
        return None;
    }
    Some(stdout(&output.unwrap()).trim().into())
}

fn compare(python: &Path, run: &Path, tells: &str, rounds: &str, least: &str) {
    let folder = run.parent().unwrap();
    let output = skirmish(folder, &["realism", &run.to_string_lossy(), "--json", "--min-sample", least]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let measured = folder.join("measured.json");
    std::fs::write(&measured, &output.stdout).unwrap();
    let mut check = python_here(python);
    check.args(["-c", include_str!("realism.py")]).args([run, &*measured]).args([tells, rounds, least]);
    let output = check.output().unwrap();
    assert!(output.status.success(), "{}\n{}{}", run.display(), stdout(&output), stderr(&output));
}

#[test]
fn every_target_is_what_duckdb_numpy_and_scipy_compute() {
    let Some(python) = oracle() else { return };
    let folder = TempDir::new();
    compare(&python, &team(folder.path(), &[]), TEAM_TELLS, r#"["rounds"]"#, "50");
    compare(&python, &royale(folder.path()), ROYALE_TELLS, "[]", "50");
    std::fs::write(folder.path().join("long.toml"), LONG).unwrap();
    compare(&python, &run(folder.path(), "long", "long.toml", &[]), LONG_TELLS, "[]", "10");
}

#[test]
fn what_a_run_cannot_tell_it_says_why() {
    let folder = TempDir::new();
    let run = team(folder.path(), &["output.heartbeat_players_one_in=5"]);
    for table in ["rounds", "reports"] {
        std::fs::remove_dir_all(run.join("tables").join(table)).unwrap();
    }
    let output = skirmish(folder.path(), &["realism", "team"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let line = |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    for (key, why) in [
        ("kills_per_player_round_pmf_cs ", "needs table rounds, which the run did not write"),
        ("reported_ever_share ", "needs table reports, which the run did not write"),
        ("retention_loglog_slope_30_365 ", "needs 366 days, the run has 3"),
        ("br_kills_mean ", "needs matches with elimination"),
        ("area_share_holding_30pct_kills ", "needs the heartbeats of all players, the run kept those of one in 5"),
        ("kd_median ", " pass"),
    ] {
        assert!(line(key).ends_with(why), "{}", line(key));
    }
    let few = line("session_minutes_median ");
    assert!(few.contains("  -  too few: ") && few.ends_with(" of 1,000 sessions"), "{few}");
    assert!(text.lines().last().unwrap().ends_with(" not told"), "{text}");
    // A battle royale lacks what the other has, and a number from less than was asked for is none.
    royale(folder.path());
    let royale = json(folder.path(), &["royale", "--only", "kill_distance_m_median,br_kills_mean"]);
    let targets = royale["runs"][0]["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 2);
    let band = |key: &str| &targets.iter().find(|target| target["key"] == key).unwrap()["bands"][0];
    assert_eq!(band("kill_distance_m_median")["reason"], "needs matches without elimination");
    let sample = band("br_kills_mean")["sample"].as_u64().unwrap();
    assert!(sample >= 1000 && band("br_kills_mean")["value"].is_f64(), "{royale}");
    let more = (sample + 1).to_string();
    let refused = json(folder.path(), &["royale", "--only", "br_kills_mean", "--min-sample", &more]);
    let refused = &refused["runs"][0]["targets"][0];
    assert_eq!((&refused["verdict"], &refused["bands"][0]["value"]), (&"not told".into(), &Value::Null));
    let exactly = json(folder.path(), &["royale", "--only", "br_kills_mean", "--min-sample", &sample.to_string()]);
    assert!(exactly["runs"][0]["targets"][0]["bands"][0]["value"].is_f64());
    // Of several runs those tell a target that can.
    let output =
        skirmish(folder.path(), &["realism", "team", "royale", "--only", "br_kills_mean,kd_median,payer_rate_30d"]);
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(": ")).collect();
    let of = |key: &str| lines.iter().filter(|line| line.contains(key)).copied().collect::<Vec<_>>();
    assert!(of("br_kills_mean").len() == 1 && of("br_kills_mean")[0].starts_with("royale: "), "{text}");
    assert!(of("kd_median").len() == 1 && of("kd_median")[0].starts_with("team: "), "{text}");
    assert_eq!(of("payer_rate_30d").len(), 2, "{text}");
    // What none of them tells for the same reason is said once.
    std::fs::remove_dir_all(folder.path().join("royale/tables/reports")).unwrap();
    let output = skirmish(folder.path(), &["realism", "team", "royale", "--only", "reported_ever_share"]);
    let reported = stdout(&output);
    assert_eq!(reported.matches("reported_ever_share").count(), 1, "{reported}");
    assert!(reported.lines().nth(1).unwrap().starts_with("reported_ever_share "), "{reported}");
}

#[test]
fn strict_fails_if_something_that_is_told_misses_and_only_then() {
    let folder = TempDir::new();
    std::fs::write(folder.path().join("tiny.toml"), LONG).unwrap();
    run(folder.path(), "run", "tiny.toml", &["population.players=200", "clock.days=2", "parties.share=0"]);
    let strict = |key: &str, json: &[&str]| {
        let args = [&["realism", "run", "--strict", "--min-sample", "1", "--only", key], json].concat();
        skirmish(folder.path(), &args)
    };
    // Everybody plays alone, which the band misses.
    let output = strict("party_solo_share", &[]);
    assert_eq!(output.status.code(), Some(7), "{}", stdout(&output));
    assert!(stderr(&output).contains("--strict: 1 of the targets"), "{}", stderr(&output));
    assert!(stdout(&output).contains("MISS") && stdout(&output).contains("0 pass, 1 miss, 0 not told"));
    let output = strict("party_solo_share", &["--json"]);
    assert_eq!(output.status.code(), Some(7));
    let value: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&value["error"]["exit_code"], &value["miss"]), (&7.into(), &1.into()));
    let output = strict("payer_rate_30d", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("0 pass, 0 miss, 1 not told"), "{}", stdout(&output));
}

#[test]
fn what_is_no_finished_run_of_this_version_is_refused() {
    let folder = TempDir::new();
    let refused = |args: &[&str], code: i32, said: &[&str]| {
        let output = skirmish(folder.path(), &[&["realism"], args].concat());
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        assert!(stdout(&output).is_empty(), "{args:?}");
        for part in said {
            assert!(stderr(&output).contains(part), "{args:?}: {}", stderr(&output));
        }
    };
    refused(&[], 2, &["RUN"]);
    refused(&["nowhere"], 3, &["nowhere: run.json cannot be read", "give the folder that --out named"]);
    let run = tiny(folder.path(), "run");
    refused(&["run", "nowhere"], 3, &["nowhere: "]);
    let unknown = ["--only kd_medain: there is no such target. Did you mean kd_median?", "skirmish realism --list"];
    refused(&["run", "--only", "kd_medain"], 2, &unknown);
    refused(&["run", "--min-sample", "0"], 2, &["--min-sample"]);
    refused(&["run", "--list"], 2, &["--list"]);
    let said = std::fs::read_to_string(run.join("run.json")).unwrap();
    for (from, to, why) in [
        ("\"complete\"", "\"running\"", "the run is not finished, its status is running; let it finish"),
        ("\"data_version\": ", "\"data_version\": 9", "this skirmish reads"),
    ] {
        std::fs::write(run.join("run.json"), said.replacen(from, to, 1)).unwrap();
        refused(&["run"], 3, &[why]);
    }
    std::fs::write(run.join("run.json"), said).unwrap();
    std::fs::remove_dir_all(run.join("tables")).unwrap();
    refused(&["run"], 3, &["is no run, it has no folder of tables"]);
}

#[test]
fn sessions_out_of_their_order_are_no_numbers_but_an_error() {
    let folder = TempDir::new();
    let run = tiny(folder.path(), "run");
    let days = run.join("tables/session_ends");
    let [first, second] = ["date=2026-01-05", "date=2026-01-06"].map(|day| days.join(day));
    std::fs::rename(&first, days.join("date=2026-01-09")).unwrap();
    assert!(second.exists());
    let output = skirmish(folder.path(), &["realism", "run"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("is not in its place in time; is the run whole?"), "{}", stderr(&output));
}

#[test]
fn the_page_of_targets_is_up_to_date() {
    let output = skirmish(Path::new("."), &["realism", "--list"]);
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/realism-targets.md")).unwrap();
    assert_eq!(stdout(&output), page, "run: skirmish realism --list > docs/realism-targets.md");
    assert_eq!(page.lines().filter(|line| line.starts_with("| `")).count(), 57);
}

#[test]
fn a_report_with_realism_is_the_report_and_a_section() {
    let folder = TempDir::new();
    let run = team(folder.path(), &[]);
    let plain = std::fs::read_to_string(run.join("report.html")).unwrap();
    let output = skirmish(folder.path(), &["report", "team", "--realism", "--out", "real.html"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = std::fs::read_to_string(folder.path().join("real.html")).unwrap();
    let (before, section) = page.split_once("<section id=\"realism\">").unwrap();
    assert_eq!(format!("{before}</main></body></html>\n"), plain, "nothing else changes");
    assert!(!section.contains("NaN") && !section.contains("inf"), "numbers are numbers");
    assert!(!section.contains("style=\"") && !section.contains("<script"), "the policy of the page holds");
    for foreign in ["http:", "https:", "//", "url(", "@import", " src=\""] {
        assert!(!section.contains(foreign), "{foreign}");
    }
    let charts = section.matches("<svg ").count();
    let silent = section.matches("aria-hidden=\"true\"").count();
    assert_eq!(section.matches("role=\"img\" aria-label=\"").count() + silent, charts);
    assert_eq!(
        charts - silent,
        7,
        "a chart each of retention, return, length, start, time, kills for deaths, distance"
    );
    for said in ["CC-BY 4.0", "Forza Horizon 4", "✓ pass", "✗ MISS", "– needs 366 days, the run has 3", "<details>"]
    {
        assert!(section.contains(said), "{said}");
    }
    assert_eq!(section.matches("<section").count() + 1, section.matches("</section>").count());
    // Without matches there are no distances; without anything the rest of the page is there all the same.
    tiny(folder.path(), "tiny");
    for out in ["tiny.html", "-"] {
        let output = skirmish(folder.path(), &["report", "tiny", "--realism", "--out", out]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let page = std::fs::read_to_string(folder.path().join("tiny.html")).unwrap();
    assert!(page.contains("Return after a gap") && !page.contains("Kill distance beside other shooters"));
    std::fs::remove_dir_all(run.join("tables/session_ends")).unwrap();
    let output = skirmish(folder.path(), &["report", "team", "--realism"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("Kill distance beside other shooters") && !page.contains("Return after a gap"));
    assert!(page.contains("needs table session_ends, which the run did not write"));
    let output = skirmish(folder.path(), &["report", "team", "tiny", "--realism"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("--realism"), "{}", stderr(&output));
}

/// The scripts of `tests/realism` compare a run with the sessions of a game: another run of the same scenario, which they cannot
/// tell apart, and one of other habits, which they can.
#[test]
fn a_classifier_and_shapes_tell_players_of_other_habits_and_no_others() {
    let Some(python) = oracle() else { return };
    let folder = TempDir::new();
    let long = |name, set| run(folder.path(), name, "long.toml", &[set]);
    std::fs::write(folder.path().join("long.toml"), LONG).unwrap();
    let learned = long("learned", "seed=6");
    let csv = folder.path().join("sessions.csv.gz");
    let export = r#"
import duckdb, sys
run, csv = sys.argv[1:]
moment = lambda column: f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"
duckdb.sql(
    f"copy (select player_id as pid, {moment('started_at')} as session_start, {moment('event_ts')} as session_end "
    f"from '{run}/tables/session_ends/*/*.parquet') to '{csv}'"
)
"#;
    let output = python_here(&python).args(["-c", export]).args([&learned, &csv]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let compare = |script: &str, run: &Path, args: &[&str]| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/realism").join(script);
        let output = python_here(&python).arg(script).args([run, &*csv]).args(args).output().unwrap();
        (stdout(&output) + &stderr(&output), output.status.code())
    };
    let area = |run: &Path, most: &str| {
        let (text, code) = compare("classifier.py", run, &["--most", most]);
        let area = text.split("curve ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::parse::<f64>);
        (area.unwrap_or_else(|| panic!("{text}")).unwrap(), code)
    };
    let (same_run, other_run) = (long("same", "seed=7"), long("other", "archetypes.casual.sessions_per_day=4"));
    let (same, passes) = area(&same_run, "0.56");
    assert!(same < 0.56 && passes == Some(0), "{same} {passes:?}");
    let (other, fails) = area(&other_run, "0.6");
    assert!(other > 0.6 && fails == Some(1), "{other} {fails:?}");
    let (text, code) = compare("shapes.py", &same_run, &[]);
    assert_eq!((code, text.lines().count()), (Some(0), 11), "{text}");
    let short = long("short", "sessions.length_shape=3");
    let (text, code) = compare("shapes.py", &short, &[]);
    assert!(code == Some(1) && !text.starts_with("session length   distance 0.0"), "{text}");
}
