//! How they play: sessions a day, their length, matches in a row, parties.

use serde_json::json;

use super::accounts::{Habits, OWN_SESSIONS};
use super::facts::Facts;
use super::frequencies::Frequencies;
use super::reading::{Ask, Read, Reading};
use super::retention::sessions;
use super::statistics::{gini, weibull_shape};
use super::untold::Untold;

/// Sessions of a day up to which continuation is looked at.
const MOST_SESSIONS: usize = 6;
/// Matches of a session from which continuation is pooled.
const LATE_MATCHES: usize = 4;

/// The keys told here.
pub const READINGS: [(&str, Read); 13] = [
    ("sessions_per_active_day_continuation", day_continuation),
    ("sessions_per_active_day_mean", |ask| {
        let sums = sessions(ask.facts)?;
        Ok(Reading::new(sums.day_sessions.mean(), sums.day_sessions.total()))
    }),
    ("session_minutes_weibull_k", |ask| shape(&sessions(ask.facts)?.lengths)),
    ("session_minutes_median", |ask| {
        let lengths = &sessions(ask.facts)?.lengths;
        Ok(Reading::new(lengths.quantile(0.5).map(|seconds| seconds / 60.0), lengths.total()))
    }),
    ("session_minutes_p99_over_median", |ask| {
        let lengths = &sessions(ask.facts)?.lengths;
        let ends = lengths.quantile(0.99).zip(lengths.quantile(0.5));
        Ok(Reading::new(ends.map(|(high, middle)| high / middle), lengths.total()))
    }),
    ("minutes_per_active_day_weibull_k", |ask| shape(&sessions(ask.facts)?.day_seconds)),
    ("log_session_len_sd_between_players", |ask| {
        let parts = VarianceParts::of(ask.facts);
        Ok(Reading::new(parts.between(), parts.accounts))
    }),
    ("log_session_len_sd_within_player", |ask| {
        let parts = VarianceParts::of(ask.facts);
        Ok(Reading::new(parts.within().map(f64::sqrt), parts.accounts))
    }),
    ("total_hours_weibull_k", |ask| {
        let seconds = played_seconds(ask.facts);
        let counted: Vec<(f64, u64)> =
            seconds.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect();
        Ok(Reading::new(weibull_shape(&counted), seconds.len() as u64))
    }),
    ("total_hours_gini", |ask| {
        let seconds = played_seconds(ask.facts);
        Ok(Reading::new(gini(&seconds), seconds.len() as u64))
    }),
    ("match_continuation_prob_first", |ask| {
        let matches = &sessions(ask.facts)?.matches;
        let joined = matches.at_least(1);
        Ok(Reading::new((joined > 0).then(|| matches.at_least(2) as f64 / joined as f64), joined))
    }),
    ("match_continuation_prob_after4", |ask| {
        let matches = &sessions(ask.facts)?.matches;
        let late = matches.occurred().filter(|(count, _)| *count >= LATE_MATCHES);
        let (mut ended, mut went_on) = (0, 0);
        for (count, times) in late {
            ended += times;
            went_on += times * (count - LATE_MATCHES) as u64;
        }
        let all = ended + went_on;
        Ok(Reading::new((all > 0).then(|| went_on as f64 / all as f64), all))
    }),
    ("party_solo_share", |ask| {
        let parties = &sessions(ask.facts)?.parties;
        let all = parties.sessions();
        Ok(Reading::new((all > 0).then(|| parties.alone() as f64 / all as f64), all))
    }),
];

fn shape(spread: &Frequencies) -> Result<Reading, Untold> {
    Ok(Reading::new(spread.weibull_shape(), spread.total()))
}

/// Chances of another session on the same day: their mean over the number of sessions so far, or how far they lie apart.
fn day_continuation(ask: &Ask<'_>) -> Result<Reading, Untold> {
    let days = &sessions(ask.facts)?.day_sessions;
    let enough = (1..=MOST_SESSIONS).take_while(|count| days.at_least(*count) >= ask.least.max(1));
    let chances: Vec<f64> = enough.map(|count| days.at_least(count + 1) as f64 / days.at_least(count) as f64).collect();
    let (low, high) = (chances.iter().copied().fold(1.0, f64::min), chances.iter().copied().fold(0.0, f64::max));
    let value = if ask.label == "mean" { super::statistics::mean(&chances) } else { Some(high - low) };
    // A spread takes two.
    let sample = days.at_least(2);
    Ok(Reading::new(value, sample).with(json!({ "by_sessions_so_far": chances })))
}

/// Sorted seconds that accounts played, of those that did.
pub fn played_seconds(facts: &Facts<'_>) -> Vec<f64> {
    let played = facts.accounts.all.iter().map(|habits| habits.played_s).filter(|seconds| *seconds > 0);
    let mut seconds: Vec<f64> = played.map(|seconds| seconds as f64).collect();
    seconds.sort_by(f64::total_cmp);
    seconds
}

/// The two parts of the variance of ln length: between accounts and within, by a one-way random-effects model.
struct VarianceParts {
    accounts: u64,
    sessions: f64,
    squared_sizes: f64,
    sum: f64,
    /// Sum of squares of deviations from the account's mean.
    within: f64,
    /// Sum over accounts of sessions times squared mean.
    means: f64,
}

impl VarianceParts {
    fn of(facts: &Facts<'_>) -> Self {
        let mut parts = Self { accounts: 0, sessions: 0.0, squared_sizes: 0.0, sum: 0.0, within: 0.0, means: 0.0 };
        let enough = |habits: &&Habits| habits.settled.0 >= OWN_SESSIONS;
        for (count, logs, squares) in facts.accounts.all.iter().filter(enough).map(|habits| habits.settled) {
            let size = f64::from(count);
            parts.accounts += 1;
            parts.sessions += size;
            parts.squared_sizes += size * size;
            parts.sum += logs;
            parts.within += squares - logs * logs / size;
            parts.means += logs * logs / size;
        }
        parts
    }

    /// Variance within accounts.
    fn within(&self) -> Option<f64> {
        let freedom = self.sessions - self.accounts as f64;
        (freedom > 0.0).then(|| self.within / freedom)
    }

    /// Standard deviation between accounts; 0 where chance alone would make as much.
    fn between(&self) -> Option<f64> {
        let others = self.accounts as f64 - 1.0;
        let size = (self.sessions - self.squared_sizes / self.sessions) / others;
        let mean_square = (self.means - self.sum * self.sum / self.sessions) / others;
        let within = self.within().filter(|_| others > 0.0)?;
        Some(((mean_square - within) / size).max(0.0).sqrt())
    }
}
