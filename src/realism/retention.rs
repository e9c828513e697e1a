//! Who comes back: retention by age, return by gap, active days.

use super::accounts::{FIRST_DAYS, Habits};
use super::facts::Facts;
use super::reading::{Ask, Read, Reading};
use super::session_pass::SessionSums;
use super::statistics::{gini, loglog_slope, quantile};
use super::untold::Untold;

/// Days of age through which the early slope goes, and the late one.
const EARLY: [u32; 6] = [1, 2, 3, 7, 14, 30];
const LATE: [u32; 5] = [30, 60, 90, 180, 365];
/// Gaps through which the exponent of the return hazard goes.
const HAZARD_DAYS: u32 = 40;
/// Days that an account must be seen for to be called a one-day player.
const ONE_DAY_SEEN: i32 = 31;
/// Days from the first to the last active day, both included, from which an account has an active fraction.
const SPAN_DAYS: i32 = 14;
/// Days of a run before its monthly active accounts are steady.
const STEADY_DAY: usize = 60;

/// The keys told here.
pub const READINGS: [(&str, Read); 10] = [
    ("retention_classic", |ask| {
        let age = ask.number();
        ask.needs_days(age + 1)?;
        let (value, sample) = retention(ask.facts, age)?;
        Ok(Reading::new(value, sample))
    }),
    ("retention_loglog_slope_1_30", |ask| retention_slope(ask, &EARLY)),
    ("retention_loglog_slope_30_365", |ask| retention_slope(ask, &LATE)),
    ("mean_active_days_first7", |ask| {
        let seen = cohort(ask.facts, FIRST_DAYS);
        let days: u64 = seen.iter().map(|habits| u64::from(habits.early_days)).sum();
        Ok(Reading::new(Some(days as f64 / (seen.len() as f64).max(1.0)), seen.len() as u64))
    }),
    ("one_day_only_share", |ask| {
        let seen = cohort(ask.facts, ONE_DAY_SEEN);
        let once = seen.iter().filter(|habits| habits.active_days == 1).count();
        Ok(Reading::new(Some(once as f64 / (seen.len() as f64).max(1.0)), seen.len() as u64))
    }),
    ("return_hazard_by_gap_days", |ask| {
        let gap = ask.number();
        ask.needs_days(gap + 1)?;
        let (value, sample) = return_hazard(sessions(ask.facts)?, gap as usize);
        Ok(Reading::new(value, sample))
    }),
    ("return_hazard_powerlaw_exponent_1_40", |ask| {
        let sums = sessions(ask.facts)?;
        let points: Option<Vec<(f64, f64)>> =
            (1..=HAZARD_DAYS).map(|gap| Some((f64::from(gap), return_hazard(sums, gap as usize).0?))).collect();
        let (_, sample) = return_hazard(sums, HAZARD_DAYS as usize);
        Ok(Reading::new(points.and_then(|points| loglog_slope(&points)), sample))
    }),
    ("weekly_resonance_h7_over_mean_h6_h8", |ask| {
        let sums = sessions(ask.facts)?;
        let [(before, _), (at, _), (after, sample)] = [6, 7, 8].map(|gap| return_hazard(sums, gap));
        let around = before.zip(after).map(|(before, after)| 0.5 * (before + after)).filter(|mean| *mean > 0.0);
        Ok(Reading::new(at.zip(around).map(|(at, around)| at / around), sample))
    }),
    ("active_fraction_span14_quantiles", |ask| {
        let fractions = active_fractions(ask.facts);
        Ok(Reading::new(quantile(&fractions, f64::from(ask.number()) / 100.0), fractions.len() as u64))
    }),
    ("active_days_gini_60d", |ask| {
        let counts = ask.facts.accounts.all.iter().map(|habits| habits.recent_days).filter(|days| *days > 0);
        let mut days: Vec<f64> = counts.map(f64::from).collect();
        days.sort_by(f64::total_cmp);
        Ok(Reading::new(gini(&days), days.len() as u64))
    }),
];

/// One more, which looks at days instead of accounts.
pub const STICKINESS: (&str, Read) = ("dau_over_mau_steady", |ask| {
    let sums = sessions(ask.facts)?;
    let days = sums.daily.iter().zip(sums.monthly()).skip(STEADY_DAY).filter(|(_, monthly)| *monthly > 0);
    let ratios: Vec<f64> = days.map(|(daily, monthly)| *daily as f64 / monthly as f64).collect();
    let least = sums.monthly().into_iter().skip(STEADY_DAY).min().unwrap_or(0);
    Ok(Reading::new(super::statistics::mean(&ratios), least.max(0) as u64))
});

/// The sessions of a run.
pub fn sessions<'a>(facts: &'a Facts<'_>) -> Result<&'a SessionSums, Untold> {
    facts.sessions.as_ref().ok_or_else(|| Untold::NoTable("session_ends".into()))
}

/// Accounts that install in the run and are seen for their first `ages` days.
pub fn cohort<'a>(facts: &'a Facts<'_>, ages: i32) -> Vec<&'a Habits> {
    facts.accounts.all.iter().filter(|habits| habits.is_seen_for(ages, facts.days())).collect()
}

/// Share of accounts that is active at an age in days, of those that the run sees for so long, and their number.
pub fn retention(facts: &Facts<'_>, age: u32) -> Result<(Option<f64>, u64), Untold> {
    let seen = facts.accounts.all.iter().filter(|habits| habits.is_seen_for(age as i32 + 1, facts.days())).count();
    let active = sessions(facts)?.retained.get(age as usize).copied().unwrap_or(0);
    Ok(((seen > 0).then(|| active as f64 / seen as f64), seen as u64))
}

fn retention_slope(ask: &Ask<'_>, ages: &[u32]) -> Result<Reading, Untold> {
    let (mut points, mut least) = (Vec::new(), u64::MAX);
    for age in ages {
        let (share, seen) = retention(ask.facts, *age)?;
        points.push((f64::from(*age), share.unwrap_or(0.0)));
        least = least.min(seen);
    }
    Ok(Reading::new(loglog_slope(&points), least))
}

/// Chance that an account comes back exactly `gap` days after an active day, if it has not before, and how often that could
/// have been seen.
pub fn return_hazard(sums: &SessionSums, gap: usize) -> (Option<f64>, u64) {
    let at_risk = sums.gaps.at_least(gap) + sums.cut_off.at_least(gap);
    ((at_risk > 0).then(|| sums.gaps.count(gap) as f64 / at_risk as f64), at_risk)
}

/// Sorted active fractions of accounts with a long enough span, in the run's last days: as many as were looked at in those
/// games, because over a longer time a life has longer gaps.
fn active_fractions(facts: &Facts<'_>) -> Vec<f64> {
    let fraction = |habits: &Habits| {
        let (_, last) = habits.active?;
        let first = i32::from(habits.recent_from.checked_sub(1)?);
        let span = last - first + 1;
        (span >= SPAN_DAYS).then(|| f64::from(habits.recent_days) / f64::from(span))
    };
    let mut fractions: Vec<f64> = facts.accounts.all.iter().filter_map(fraction).collect();
    fractions.sort_by(f64::total_cmp);
    fractions
}
