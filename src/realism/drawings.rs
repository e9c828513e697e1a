//! Charts of what targets look at, beside bands, other games and laws.
//!
//! The curves of two games are computed from the data set digital-wellbeing/gametime-longitudinal, CC-BY 4.0, which is said
//! where they are shown.

use serde_json::Value;

use super::facts::Facts;
use super::fights::kill_death_ratios;
use super::match_book::Style;
use super::play::played_seconds;
use super::retention::{retention, return_hazard};
use super::session_pass::SessionSums;
use super::statistics::held_by_least;
use super::targets::Goal;
use crate::report::chart::{self, Caption, MOST_LINES, Series};

/// Return hazards of two games by gap, from 1 day.
const OTHERS: &str = include_str!("return_hazards.json");
/// Longest gap that is drawn, days.
const LONGEST_GAP: usize = 40;
/// Minutes of a bar of session lengths, and how many bars.
const LENGTH_BINS: (usize, usize) = (10, 24);
/// Metres of a bar of kill distances, and how many bars.
const DISTANCE_BINS: (usize, usize) = (3, 24);
/// Bars for a ratio of one, and how many bars.
const RATIO_BINS: (usize, usize) = (5, 20);
/// Kill distances of shooters are about lognormal: median in metres, standard deviation of ln.
const DISTANCE_LAW: (f64, f64) = (15.5, 0.75);

/// All charts that the run has something for.
pub fn draw(out: &mut String, facts: &Facts<'_>, goals: &[Goal]) {
    if let Some(sums) = &facts.sessions {
        retention_curve(out, facts, goals);
        hazards(out, sums, goals, facts.days());
        session_lengths(out, sums);
        start_hours(out, facts, sums);
        play_time(out, facts);
        kill_death(out, facts);
    }
    kill_distances(out, facts);
}

/// A target's bands as two series over labels.
fn bands(goals: &[Goal], key: &str, labels: &[String], scale: f64) -> [Series; 2] {
    let goal = goals.iter().find(|goal| goal.key == key);
    let of =
        |label: &String| goal.and_then(|goal| goal.bands.iter().find(|band| band.label.as_deref() == Some(&**label)));
    let series = |name: &str, side: fn(&super::targets::Band) -> f64| Series {
        name: name.to_owned(),
        values: labels.iter().map(|label| of(label).map(|band| side(band) * scale)).collect(),
    };
    [series("asked, at least", |band| band.low), series("asked, at most", |band| band.high)]
}

fn retention_curve(out: &mut String, facts: &Facts<'_>, goals: &[Goal]) {
    let Some(goal) = goals.iter().find(|goal| goal.key == "retention_classic") else { return };
    let labels: Vec<String> = goal.bands.iter().filter_map(|band| band.label.clone()).collect();
    let share = |label: &String| {
        let age = label.parse().ok()?;
        let (share, seen) = retention(facts, age).ok()?;
        share.filter(|_| seen > 0).map(|share| share * 100.0)
    };
    let run = Series { name: "this run".into(), values: labels.iter().map(share).collect() };
    let (_, installed) = retention(facts, 0).unwrap_or((None, 0));
    let [low, high] = bands(goals, &goal.key, &labels, 100.0);
    let caption = Caption {
        title: "Retention beside what is asked",
        about: "Of accounts that install in the run, the share that plays so many days later. Days are those that targets name.",
        x: "days since installing",
        y: "% of accounts",
        count: Some((installed, "accounts installed")),
    };
    chart::lines(out, &caption, &labels, &[run, low, high]);
}

fn hazards(out: &mut String, sums: &SessionSums, goals: &[Goal], days: u32) {
    let labels: Vec<String> = (1..=LONGEST_GAP).map(|gap| gap.to_string()).collect();
    let seen = |gap: &usize| *gap < days as usize;
    let of = |gap: usize| Some(gap).filter(seen).and_then(|gap| return_hazard(sums, gap).0);
    let mut series = vec![Series {
        name: "this run".into(),
        values: (1..=LONGEST_GAP).map(|gap| of(gap).map(|chance| chance * 100.0)).collect(),
    }];
    let others: Value = serde_json::from_str(OTHERS).unwrap_or_default();
    for name in ["Gran Turismo Sport", "Forza Horizon 4"] {
        let values = (0..LONGEST_GAP).map(|place| others[name][place].as_f64().map(|chance| chance * 100.0));
        series.push(Series { name: name.into(), values: values.collect() });
    }
    series.extend(bands(goals, "return_hazard_by_gap_days", &labels, 100.0));
    let caption = Caption {
        title: "Return after a gap",
        about: "Chance to play again just so many days after an active day, of those who have not before. The two games: \
                digital-wellbeing/gametime-longitudinal, CC-BY 4.0.",
        x: "days since the last active day",
        y: "% of accounts that are still away",
        count: Some((sums.gaps.total() + sums.cut_off.total(), "active days")),
    };
    chart::lines(out, &caption, &labels, &series);
}

/// Shares of counts in bins, in percent; what lies beyond the last bin is left out of the bars.
fn binned(values: impl Iterator<Item = (f64, u64)>, width: f64, count: usize) -> Vec<f64> {
    let (mut bins, mut all) = (vec![0; count], 0);
    for (value, times) in values {
        all += times;
        if let Some(bin) = bins.get_mut((value / width) as usize) {
            *bin += times;
        }
    }
    bins.into_iter().map(|times| times as f64 / (all as f64).max(1.0) * 100.0).collect()
}

fn session_lengths(out: &mut String, sums: &SessionSums) {
    let (minutes, count) = LENGTH_BINS;
    let values = sums.lengths.occurred().map(|(seconds, times)| (seconds as f64 / 60.0, times));
    let shares = binned(values, minutes as f64, count);
    let mean = sums.lengths.mean().unwrap_or(1.0) / 60.0;
    let beyond = |bin: usize| libm::exp(-((bin * minutes) as f64) / mean);
    let law = (0..count).map(|bin| (beyond(bin) - beyond(bin + 1)) * 100.0);
    let labels: Vec<String> = (0..count).map(|bin| (bin * minutes).to_string()).collect();
    let caption = Caption {
        title: "Length of settled sessions",
        about: "Sessions that started before the last day and lasted a minute or more; beside it an exponential law of the \
                same mean, which is close in many games.",
        x: "minutes, from",
        y: "% of sessions",
        count: Some((sums.lengths.total(), "sessions")),
    };
    chart::bars(out, &caption, &labels, &[Series::new("this run", shares), Series::new("exponential", law)]);
}

fn start_hours(out: &mut String, facts: &Facts<'_>, sums: &SessionSums) {
    let names = facts.setting.scenario.file.regions.names();
    let mut regions: Vec<(&str, &[u64; 24])> = names.zip(&sums.starts).collect();
    let total = |hours: &[u64; 24]| hours.iter().sum::<u64>();
    regions.retain(|(_, hours)| total(hours) > 0);
    regions.sort_by_key(|(_, hours)| std::cmp::Reverse(total(hours)));
    regions.truncate(MOST_LINES);
    let series = regions.iter().map(|(name, hours)| {
        let all = total(hours) as f64;
        Series::new(name, hours.iter().map(move |count| *count as f64 / all * 100.0))
    });
    let labels: Vec<String> = (0..24).map(|hour| format!("{hour:02}")).collect();
    let caption = Caption {
        title: "When sessions start",
        about: "By region of the player; the largest if there are many.",
        x: "hour, UTC",
        y: "% of the region's sessions",
        count: Some((sums.sessions, "sessions")),
    };
    chart::lines(out, &caption, &labels, &series.collect::<Vec<_>>());
}

fn play_time(out: &mut String, facts: &Facts<'_>) {
    let seconds = played_seconds(facts);
    let labels: Vec<String> = (0..=50).map(|n| (n * 2).to_string()).collect();
    let share = |n: i32| held_by_least(&seconds, f64::from(n) / 50.0).unwrap_or(0.0) * 100.0;
    let series = [
        Series::new("played", (0..=50).map(share)),
        Series::new("if all played the same", (0..=50).map(|n| f64::from(n) * 2.0)),
    ];
    let caption = Caption {
        title: "Who plays",
        about: "Share of all time played of those who played least (Lorenz curve).",
        x: "% of accounts that played, from least to most",
        y: "% of time",
        count: Some((seconds.len() as u64, "accounts")),
    };
    chart::lines(out, &caption, &labels, &series);
}

fn kill_death(out: &mut String, facts: &Facts<'_>) {
    let ratios = kill_death_ratios(facts);
    if ratios.is_empty() {
        return;
    }
    let (each, count) = RATIO_BINS;
    let width = 1.0 / each as f64;
    let shares = binned(ratios.iter().map(|ratio| (*ratio, 1)), width, count);
    let labels: Vec<String> = (0..count).map(|bin| format!("{:.1}", bin as f64 * width)).collect();
    let caption = Caption {
        title: "Kills for each death of an account",
        about: "Accounts with at least 20 kills and deaths together.",
        x: "kills for each death, from",
        y: "% of accounts",
        count: Some((ratios.len() as u64, "accounts")),
    };
    chart::bars(out, &caption, &labels, &[Series::new("share", shares)]);
}

fn kill_distances(out: &mut String, facts: &Facts<'_>) {
    let Some(sums) = &facts.matches else { return };
    if sums.seen[Style::Respawn as usize] + sums.seen[Style::Rounds as usize] == 0 || sums.distances.total() == 0 {
        return;
    }
    let (metres, count) = DISTANCE_BINS;
    let values = sums.distances.occurred().map(|(cm, times)| (cm as f64 / 100.0, times));
    let shares = binned(values, metres as f64, count);
    let (median, sigma) = DISTANCE_LAW;
    let within = |bin: usize| match bin * metres {
        0 => 0.0,
        far => 0.5 * (1.0 + libm::erf(libm::log(far as f64 / median) / (sigma * std::f64::consts::SQRT_2))),
    };
    let law = (0..count).map(|bin| (within(bin + 1) - within(bin)) * 100.0);
    let labels: Vec<String> = (0..count).map(|bin| (bin * metres).to_string()).collect();
    let caption = Caption {
        title: "Kill distance beside other shooters",
        about: "Kills outside of modes with elimination; beside it a lognormal law, median 15.5 m, standard deviation of ln .75.",
        x: "metres, from",
        y: "% of kills",
        count: Some((sums.distances.total(), "kills")),
    };
    chart::bars(out, &caption, &labels, &[Series::new("this run", shares), Series::new("lognormal", law)]);
}
