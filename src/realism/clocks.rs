//! When they play: each account's own hours, the world's, the week.

use super::accounts::{Habits, OWN_SESSIONS};
use super::facts::Facts;
use super::reading::{Ask, Read, Reading};
use super::retention::sessions;
use super::statistics::{deviation, mean, quantile};
use super::untold::Untold;

/// Days of the week, Monday first, that are compared.
const WEEKEND: [usize; 2] = [5, 6];
const MIDWEEK: [usize; 3] = [1, 2, 3];
/// Days before and after a day whose mean is its level.
const AROUND: usize = 3;

/// The keys told here.
pub const READINGS: [(&str, Read); 6] = [
    ("start_hour_resultant_quantiles", |ask| {
        let own = owners(ask.facts);
        let mut lengths: Vec<f64> = own.map(Habits::resultant).collect();
        lengths.sort_by(f64::total_cmp);
        Ok(Reading::new(quantile(&lengths, f64::from(ask.number()) / 100.0), lengths.len() as u64))
    }),
    ("aligned_concurrency_peak_to_trough", |ask| {
        let hours = ask.facts.aligned.ok_or_else(|| Untold::NoTable("session_ends".into()))?;
        let value = peak_to_trough(hours.iter().map(|seconds| *seconds as f64));
        Ok(Reading::new(value, owners(ask.facts).count() as u64).with(hours.as_slice().into()))
    }),
    ("utc_concurrency_peak_to_trough_global", |ask| {
        let sums = sessions(ask.facts)?;
        let hours = sums.online.by_hour();
        Ok(Reading::new(peak_to_trough(hours.iter().map(|online| *online as f64)), sums.sessions))
    }),
    ("dow_playtime_weekend_over_tue_thu", |ask| weekend_over_midweek(ask, |day| day.mean)),
    ("steam_dow_peakccu_weekend_over_tue_thu", |ask| weekend_over_midweek(ask, |day| day.peak)),
    ("daily_ccu_log_residual_sd", daily_noise),
];

/// Accounts with sessions enough to have hours of their own.
fn owners<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Habits> {
    facts.accounts.all.iter().filter(|habits| habits.sessions >= OWN_SESSIONS)
}

fn peak_to_trough(hours: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let trough = hours.clone().fold(f64::INFINITY, f64::min);
    (trough > 0.0).then(|| hours.fold(0.0, f64::max) / trough)
}

/// Mean over weekend days over mean over days of midweek, in whole weeks.
fn weekend_over_midweek(ask: &Ask<'_>, of: fn(&super::online::DayOnline) -> f64) -> Result<Reading, Untold> {
    let (sums, clock) = (sessions(ask.facts)?, ask.facts.setting.clock);
    let days = sums.online.days();
    let first = (7 - clock.start.weekday()) % 7;
    let weeks = days.get(first..).unwrap_or_default().chunks_exact(7);
    if weeks.len() == 0 {
        return Err(Untold::Lacks("a whole week from Monday to Sunday".into()));
    }
    let over = |weekdays: &[usize]| {
        let values: Vec<f64> = weeks.clone().flat_map(|week| weekdays.iter().map(|day| of(&week[*day]))).collect();
        mean(&values)
    };
    let midweek = over(&MIDWEEK).filter(|value| *value > 0.0);
    Ok(Reading::new(over(&WEEKEND).zip(midweek).map(|(weekend, midweek)| weekend / midweek), sums.sessions))
}

/// Standard deviation of ln of daily peaks without trend and week.
fn daily_noise(ask: &Ask<'_>) -> Result<Reading, Untold> {
    let (sums, clock) = (sessions(ask.facts)?, ask.facts.setting.clock);
    let peaks: Vec<f64> = sums.online.days().iter().skip(1).map(|day| day.peak).collect();
    if peaks.contains(&0.0) {
        return Ok(Reading::new(None, sums.sessions));
    }
    let logs: Vec<f64> = peaks.into_iter().map(libm::log).collect();
    let mut by_weekday: [Vec<f64>; 7] = Default::default();
    for (at, around) in logs.windows(2 * AROUND + 1).enumerate() {
        let day = at + AROUND;
        let weekday = clock.date(day as u32 + 1).weekday();
        by_weekday[weekday].push(logs[day] - around.iter().sum::<f64>() / around.len() as f64);
    }
    let without_mean = |of: &Vec<f64>| {
        let level = mean(of).unwrap_or(0.0);
        of.iter().map(|value| value - level).collect::<Vec<f64>>()
    };
    let residuals: Vec<f64> = by_weekday.iter().flat_map(without_mean).collect();
    Ok(Reading::new(deviation(&residuals), sums.sessions))
}
