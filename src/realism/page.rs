//! Verdicts for people and for programs.

use serde_json::{Value, json};

use super::conduct::Conduct;
use super::measured::Measured;
use super::reading::Reading;
use super::targets::{Band, Goal};
use super::untold::Untold;
use super::verdict::{Judged, Verdict, holds};
use crate::report::grouped;

/// A line: what it is about, what is asked, what there is, and what follows.
struct PageLine([String; 4]);

/// The verdicts on runs, a block a key, and how many there are of each.
pub fn page(runs: &[Measured<'_>]) -> String {
    let keys = runs.first().map_or(0, |run| run.keys.len());
    let mut lines = vec![PageLine(["target", "asked", "got", ""].map(str::to_owned))];
    for key in 0..keys {
        lines.extend(block(runs, key));
    }
    let width = |column: usize| lines.iter().map(|line| line.0[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut out = String::new();
    for PageLine([about, asked, got, verdict]) in &lines {
        let [about_width, asked_width, got_width] = widths;
        let line = format!("{about:about_width$}  {asked:asked_width$}  {got:>got_width$}  {verdict}");
        out += line.trim_end();
        out.push('\n');
    }
    for run in runs {
        let name = if runs.len() > 1 { format!("{}: ", run.name) } else { String::new() };
        out += &run.conduct.as_ref().map_or_else(String::new, |conduct| fairness(&name, conduct));
    }
    let [pass, miss, untold] = tally(runs);
    out + &format!("\n{pass} pass, {miss} miss, {untold} not told\n")
}

/// How the anti-cheat of a run does; nothing if nobody has cheated or the run does not tell.
fn fairness(name: &str, conduct: &Conduct) -> String {
    let Some(cheaters) = conduct.cheaters() else { return String::new() };
    let count = |count: usize| grouped(count as u64);
    let number = |value: Option<f64>| value.map_or("-".into(), significant);
    let mut out = format!("\n{name}{} accounts have cheated; of the accounts named by\n", count(cheaters));
    for (what, grade) in conduct.grades() {
        let (precision, recall) = (number(grade.precision()), number(grade.recall()));
        out += &format!("  {what:8} {:>7}: precision {precision:>5}, recall {recall:>6}\n", count(grade.named));
    }
    let by_cheat = conduct.flagged_by_cheat().into_iter();
    let by_cheat: Vec<String> = by_cheat.map(|(cheat, (found, all))| format!("{cheat} {found} of {all}")).collect();
    if by_cheat.is_empty() { out } else { out + &format!("  flagged: {}\n", by_cheat.join(", ")) }
}

/// The lines of a key: of every run that tells it; if none does, of every run why not, once where all say the same.
fn block(runs: &[Measured<'_>], key: usize) -> Vec<PageLine> {
    let telling: Vec<&Measured<'_>> = runs.iter().filter(|run| run.keys[key].is_told()).collect();
    let of_run = |run: &&Measured<'_>| lines(&run.keys[key], if runs.len() > 1 { &run.name } else { "" });
    let Some((first, others)) = runs.split_first().filter(|_| telling.is_empty()) else {
        return telling.iter().flat_map(of_run).collect();
    };
    if others.iter().all(|run| run.keys[key].reason() == first.keys[key].reason()) {
        return lines(&first.keys[key], "");
    }
    runs.iter().flat_map(|run| of_run(&run)).collect()
}

/// The lines of a key of a run, which has a name where there are several.
fn lines(judged: &Judged<'_>, run: &str) -> Vec<PageLine> {
    let about = if run.is_empty() { judged.goal.key.clone() } else { format!("{run}: {}", judged.goal.key) };
    let bands = format!("{} bands", judged.bands.len());
    if let [(band, told)] = &judged.bands[..] {
        return vec![line(about, band, told)];
    }
    if !judged.is_told() {
        let why = judged.reason().map_or_else(String::new, ToString::to_string);
        return vec![PageLine([about, bands, "-".into(), why])];
    }
    let mut lines = vec![PageLine([about, bands, String::new(), summary(judged)])];
    let of_band = |(band, told): &(&Band, Result<Reading, Untold>)| {
        line(format!("  {}", band.label.as_deref().unwrap_or("")), band, told)
    };
    lines.extend(judged.bands.iter().map(of_band));
    lines
}

fn line(about: String, band: &Band, told: &Result<Reading, Untold>) -> PageLine {
    let asked = format!("{} to {}", band.low, band.high);
    match told {
        Ok(reading) => {
            let verdict = if holds(band, told) == Some(true) { Verdict::Pass } else { Verdict::Miss };
            PageLine([about, asked, significant(reading.value.unwrap_or(f64::NAN)), verdict.word().into()])
        }
        Err(why) => PageLine([about, asked, "-".into(), why.to_string()]),
    }
}

/// What follows from several bands.
fn summary(judged: &Judged<'_>) -> String {
    let told = judged.bands.iter().filter(|(_, told)| told.is_ok()).count();
    match judged.verdict() {
        Verdict::Untold => format!("not told: {told} of {} bands are, and pass", judged.bands.len()),
        verdict => verdict.word().into(),
    }
}

/// A number to three significant digits.
pub fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let digits = 2 - libm::floor(libm::log10(value.abs())) as i32;
    format!("{value:.*}", digits.clamp(0, 9) as usize)
}

/// Keys that pass, miss and are not told. One that several runs tell misses if it does in any.
fn tally(runs: &[Measured<'_>]) -> [usize; 3] {
    let mut counts = [0; 3];
    for key in 0..runs.first().map_or(0, |run| run.keys.len()) {
        let has = |verdict| runs.iter().any(|run| run.keys[key].verdict() == verdict);
        let place = match (has(Verdict::Miss), has(Verdict::Pass)) {
            (true, _) => 1,
            (false, true) => 0,
            (false, false) => 2,
        };
        counts[place] += 1;
    }
    counts
}

/// Keys that miss in any run.
pub fn misses(runs: &[Measured<'_>]) -> usize {
    tally(runs)[1]
}

/// The verdicts on runs as JSON.
pub fn value(runs: &[Measured<'_>]) -> Value {
    let run = |run: &Measured<'_>| {
        let keys: Vec<Value> = run.keys.iter().map(Judged::value).collect();
        json!({"run": run.name, "world_hash": run.world_hash, "targets": keys, "anticheat": run.conduct.as_ref().map(Conduct::value)})
    };
    let [pass, miss, untold] = tally(runs);
    json!({
        "runs": runs.iter().map(run).collect::<Vec<_>>(),
        "pass": pass,
        "miss": miss,
        "not_told": untold,
    })
}

const HEAD: &str = "\
# Realism: how each target is computed

Generated by `skirmish realism --list`; a test fails when it is out of date.

`skirmish realism RUN` measures a run by these targets. What the sources are is said below the table: R is for retention,
S sessions, P spending, C combat, M maps, T teams, X cheating. A target with several bands passes only if all of them
hold. A number that would come from a smaller sample than the last column says is not told; nor is one that takes more
days, or tables, than the run has.

Sessions that the end of the run cut off say when they started, not how long they would have lasted. So lengths are of
*settled* sessions: those that started before the run's last day and lasted at least a minute.

| target | asked | unit | source | how | days | smallest sample |
|---|---|---|---|---|---|---|
";

/// Where the rows of the table of stylised facts come from.
const SOURCES: &str = include_str!("sources.json");
const SOURCES_HEAD: &str = "
## Sources

The data set digital-wellbeing/gametime-longitudinal is of volunteers who play paid games: its shapes say more than its
levels.

| source | what it is |
|---|---|
";

/// All targets as a page in Markdown.
pub fn list(goals: &[Goal]) -> String {
    let mut out = HEAD.to_owned();
    for goal in goals {
        let band = |band: &Band| {
            let label = band.label.as_ref().map_or_else(String::new, |label| format!("{label}: "));
            format!("{label}{} to {}", band.low, band.high)
        };
        let asked: Vec<String> = goal.bands.iter().map(band).collect();
        out += &format!(
            "| `{}` | {} | {} | {} | {} | {} | {} {} |\n",
            goal.key,
            asked.join("; "),
            goal.unit,
            goal.row,
            goal.how,
            goal.days,
            grouped(goal.least),
            goal.of
        );
    }
    out += SOURCES_HEAD;
    let sources: Value = serde_json::from_str(SOURCES).unwrap_or_default();
    for (row, source) in sources.as_object().into_iter().flatten() {
        out += &format!("| {row} | {} |\n", source.as_str().unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_says_where_it_comes_from_and_every_source_is_one_of_a_target() {
        let sources: Value = serde_json::from_str(SOURCES).unwrap();
        let mut said: Vec<&str> = sources.as_object().unwrap().keys().map(String::as_str).collect();
        let goals = super::super::targets::goals();
        let mut named: Vec<&str> = goals.iter().map(|goal| &*goal.row).collect();
        said.sort_unstable();
        named.sort_unstable();
        named.dedup();
        assert_eq!(said, named);
    }

    #[test]
    fn numbers_have_three_digits_that_say_something() {
        let said = [0.0123456, 0.3, 1.5, 15.55, 123.4, 5_432.1, -0.4567].map(significant);
        assert_eq!(said, ["0.0123", "0.300", "1.50", "15.6", "123", "5432", "-0.457"]);
    }
}
