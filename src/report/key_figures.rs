//! Key figures: the few numbers that a run is told and compared by.

use super::figures::Figures;
use crate::setting::Setting;
use crate::tally::{Axis, Counts, Tallies};

/// A number with its name and unit.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyFigure {
    /// What it is.
    pub name: &'static str,
    /// In what.
    pub unit: &'static str,
    /// How much; nothing where it cannot be said.
    pub value: Option<f64>,
}

impl KeyFigure {
    /// The unit beside the name; nothing if the name says it.
    pub fn shown_unit(&self) -> &'static str {
        let said = self.name.to_lowercase();
        if self.unit == "1" || said.starts_with(self.unit) { "" } else { self.unit }
    }
}

/// Accounts that are made on a day of the run.
pub fn installs(setting: &Setting, day: usize) -> i64 {
    let before = |day: usize| i64::from(setting.population.installed_before(day as i32));
    before(day + 1) - before(day)
}

/// The share of those who have installed on a day of the run that is active so many days later, over all days that the run
/// sees for so long.
pub fn retention(setting: &Setting, cohorts: &Counts, age: usize) -> Option<f64> {
    let days = cohorts.sizes[1];
    let (mut active, mut size) = (0, 0);
    for day in 0..days.saturating_sub(age) {
        active += cohorts.at([day + 1, day + age]);
        size += installs(setting, day);
    }
    (size > 0).then(|| active as f64 / size as f64)
}

/// The Lorenz curve of spending, from those who have spent least: shares of payers and of revenue; and its Gini
/// coefficient.
pub fn spending_curve(tallies: &Tallies) -> (Vec<(f64, f64)>, f64) {
    let (payers, revenue) = (tallies.spenders.sum() as f64, tallies.spent.sum() as f64);
    let mut curve = vec![(0.0, 0.0)];
    let (mut count, mut sum, mut area) = (0.0, 0.0, 0.0);
    for (spenders, spent) in tallies.spenders.counts.iter().zip(&tallies.spent.counts) {
        if *spenders > 0 {
            let before = sum / revenue.max(1.0);
            count += *spenders as f64;
            sum += *spent as f64;
            area += *spenders as f64 / payers * (before + sum / revenue.max(1.0)) / 2.0;
            curve.push((count / payers, sum / revenue.max(1.0)));
        }
    }
    let gini = if payers > 0.0 { 1.0 - 2.0 * area } else { 0.0 };
    (curve, gini)
}

/// The share of revenue of a share of payers, those who have spent least, between the points of a curve.
pub fn revenue_of_least(curve: &[(f64, f64)], share: f64) -> f64 {
    let after = curve.partition_point(|(payers, _)| *payers < share).clamp(1, curve.len().max(2) - 1);
    match (curve.get(after - 1), curve.get(after)) {
        (Some((x0, y0)), Some((x1, y1))) if x1 > x0 => y0 + (y1 - y0) * (share - x0) / (x1 - x0),
        _ => 0.0,
    }
}

/// The key figures of a run.
pub fn key_figures(setting: &Setting, figures: &Figures) -> Vec<KeyFigure> {
    let (clock, tallies) = (setting.clock, &figures.tallies);
    let over = |value: f64, of: f64| (of > 0.0).then(|| value / of);
    let heartbeats = tallies.heartbeats.sum() as f64;
    let hours = heartbeats * f64::from(clock.heartbeat_s) / 3600.0;
    let days = f64::from(clock.days);
    let sessions = tallies.sessions.sum() as f64;
    let encounters = tallies.encounters.sum() as f64;
    let kills = tallies.kills.sum() as f64;
    let daily = tallies.active_players.sum() as f64;
    let installed: i64 = (0..clock.days as usize).map(|day| installs(setting, day)).sum();
    let matches = tallies.matches.sum() as f64;
    let decided = tallies.winners.sum() as f64;
    let nobody = tallies.winners.sizes[1] - 1;
    let won =
        decided - (0..tallies.winners.sizes[0]).map(|mode| tallies.winners.at([mode, nobody])).sum::<i64>() as f64;
    let revenue = tallies.revenue.sum() as f64 / 100.0;
    let payers = tallies.spenders.sum() as f64;
    let (curve, gini) = spending_curve(tallies);
    let top = (1.0 - revenue_of_least(&curve, 0.9)) * 100.0;
    let contacts: u64 = figures.days.iter().map(|day| day.contacts).sum();
    let outcomes = &tallies.encounter_outcomes;
    let opponents = (outcomes.at([1, 0]) + outcomes.at([1, 1])) as f64;
    let percent = |share: Option<f64>| share.map(|share| share * 100.0);
    let half = |tally: &Counts| {
        let busiest = (0..tally.sizes[0]).max_by_key(|&map| tallies.played.along(1)[map])?;
        (tally.row(busiest).iter().sum::<i64>() > 0).then(|| area_of_half(tally.row(busiest)))
    };
    let figure = |name, unit, value| KeyFigure { name, unit, value };
    vec![
        figure("Heartbeats", "heartbeats", Some(heartbeats)),
        figure("Mean online", "players", Some(heartbeats / f64::from(clock.ticks_per_day()) / days)),
        figure("Peak online", "players", figures.peaks(setting).last().map(|peak| f64::from(*peak))),
        figure("Active a day", "players", Some(daily / days)),
        figure("Installed", "players", Some(installed as f64)),
        figure("Retention, day 1", "%", percent(retention(setting, &tallies.active_by_cohort, 1))),
        figure("Retention, day 7", "%", percent(retention(setting, &tallies.active_by_cohort, 7))),
        figure("Retention, day 30", "%", percent(retention(setting, &tallies.active_by_cohort, 30))),
        figure("Sessions", "sessions", Some(sessions)),
        figure("Mean session", "minutes", over(tallies.session_s.sum() as f64 / 60.0, sessions)),
        figure(
            "Median session, from",
            "minutes",
            median(&tallies.session_lengths.along(1), Axis::SessionMinutes, setting),
        ),
        figure("Sessions a day and player", "sessions", over(tallies.logins.sum() as f64, daily)),
        figure("Matches", "matches", Some(matches)),
        figure("Matches with a winner", "%", percent(over(won, decided))),
        figure("Pairs within the radius", "pairs", Some(contacts as f64)),
        figure("Encounters", "encounters", Some(encounters)),
        figure("Encounters a player-hour", "encounters", over(encounters, hours)),
        figure("Encounters a session", "encounters", over(encounters, sessions)),
        figure("Encounters of opponents with a kill", "%", percent(over(outcomes.at([1, 1]) as f64, opponents))),
        figure("Kills", "kills", Some(kills)),
        figure("Kills a player-minute", "kills", over(kills, hours * 60.0)),
        figure("Headshots", "% of kills", percent(over(tallies.headshots.sum() as f64, kills))),
        figure("Half of the time", "% of the busiest map", half(&tallies.occupancy)),
        figure("Half of the kills", "% of the busiest map", half(&tallies.kill_places)),
        figure("Revenue", "US dollars", Some(revenue)),
        figure("Purchases", "purchases", Some(tallies.purchases.sum() as f64)),
        figure("Paying players", "players", Some(payers)),
        figure("Revenue a paying player", "US dollars", over(revenue, payers)),
        figure("Revenue an active player and day", "US dollars", over(revenue, daily)),
        figure("Gini coefficient of spending", "1", (payers > 0.0).then_some(gini)),
        figure("Revenue of the top tenth of payers", "%", (payers > 0.0).then_some(top)),
    ]
}

/// Where the bin begins that holds the median.
fn median(counts: &[i64], axis: Axis, setting: &Setting) -> Option<f64> {
    let half = (counts.iter().sum::<i64>() + 1) / 2;
    let mut sum = 0;
    let bin = counts.iter().position(|count| {
        sum += count;
        half > 0 && sum >= half
    })?;
    axis.labels(setting)[bin].as_f64()
}

/// The share of cells, in percent, on which half of a count lies: as few as hold it.
pub fn area_of_half(counts: &[i64]) -> f64 {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let half = (counts.iter().sum::<i64>() + 1) / 2;
    let mut sum = 0;
    let cells = sorted
        .iter()
        .take_while(|count| {
            let is_needed = sum < half;
            sum += **count;
            is_needed
        })
        .count();
    cells as f64 / counts.len().max(1) as f64 * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_count_lies_on_its_fullest_cells() {
        assert_eq!(area_of_half(&[1, 0, 5, 4]), 25.0);
        assert_eq!(area_of_half(&[1, 1, 1, 1]), 50.0);
        assert_eq!(area_of_half(&[0, 0]), 0.0);
    }

    #[test]
    fn shares_of_revenue_lie_on_the_curve() {
        let curve = [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)];
        let shares = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| revenue_of_least(&curve, share));
        assert_eq!(shares, [0.0, 0.125, 0.25, 0.625, 1.0]);
        assert_eq!(revenue_of_least(&[(0.0, 0.0)], 0.9), 0.0);
    }
}
