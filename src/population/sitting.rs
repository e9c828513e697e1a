//! Sittings: when a player plays on an active day, for how long, and how each sitting ends. A pure function of the
//! player and the day.

use super::player::Profile;
use crate::random::{Purpose, Seed};
use crate::scenario::sections::File;
use crate::tape::Tape;
use crate::time::DAY_S;

/// Why a session ends. The order is that of the names in `session_ends.end_reason`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum SessionEnd {
    /// The player stopped.
    #[default]
    Logout = 0,
    /// The connection was lost.
    Disconnect = 1,
    /// The player was removed.
    Kicked = 2,
    /// The run ended.
    RunEnd = 3,
}

impl SessionEnd {
    /// Names in order.
    pub const NAMES: [&str; 4] = ["logout", "disconnect", "kicked", "run_end"];
}

/// Most sessions that start in a UTC day.
const MAX_PER_DAY: usize = 10;

/// The rules of sittings, compiled.
#[derive(Clone, Debug)]
pub struct SessionRules {
    /// Cumulative share of starts by hour relative to the own peak, from 12 hours before.
    start_cumulative: [f64; 24],
    length_by_count: [f64; 6],
    /// Power of an exponential draw that has the shape of lengths, and its mean.
    length_power: f64,
    length_mean: f64,
    further_decay: f64,
    max_s: f64,
    disconnect_share: f64,
    kicked_share: f64,
    break_s: f64,
    reconnect_s: f64,
    release_days: u32,
    update_lag_days: f64,
}

impl SessionRules {
    /// Compiles the rules.
    pub fn new(file: &File) -> Self {
        let keys = &file.sessions;
        let total: f64 = keys.start_weights_by_hour.iter().sum();
        let mut sum = 0.0;
        let start_cumulative = std::array::from_fn(|hour| {
            sum += keys.start_weights_by_hour[hour] / total;
            sum
        });
        Self {
            start_cumulative,
            length_by_count: std::array::from_fn(|count| keys.length_by_count[count]),
            length_power: 1.0 / keys.length_shape,
            length_mean: libm::tgamma(1.0 + 1.0 / keys.length_shape),
            further_decay: keys.further_decay,
            max_s: f64::from(keys.max_minutes) * 60.0,
            disconnect_share: keys.disconnect_share,
            kicked_share: keys.kicked_share,
            break_s: keys.break_minutes * 60.0,
            reconnect_s: keys.reconnect_seconds,
            release_days: keys.client_release_days,
            update_lag_days: keys.client_update_lag_days,
        }
    }

    /// Names of all client versions of a run of so many days; index 0 was released before the run.
    pub fn client_versions(release_days: u32) -> Vec<String> {
        (0..=731 / release_days + 1).map(|release| format!("1.{release}")).collect()
    }

    /// Version a player runs on a day, as an index into the above.
    pub fn client_version(&self, seed: Seed, player_id: i32, day: i32) -> u16 {
        let release = day.max(0) as u32 / self.release_days;
        let age = f64::from(day.max(0) as u32 % self.release_days);
        let lag = seed.stream(Purpose::Client, player_id as u64, release.into()).exponential(self.update_lag_days);
        (release + u32::from(age >= lag)) as u16
    }
}

/// One planned sitting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sitting {
    /// Login, seconds since the run's start.
    pub started_s: u32,
    /// Logout.
    pub ended_s: u32,
    /// How it will end.
    pub end: SessionEnd,
}

impl Sitting {
    /// Records or plays the sitting.
    pub fn state(&mut self, tape: &mut Tape) {
        let mut end = self.end as u8;
        tape.u32(&mut self.started_s);
        tape.u32(&mut self.ended_s);
        tape.u8(&mut end);
        self.end = [SessionEnd::Logout, SessionEnd::Disconnect, SessionEnd::Kicked, SessionEnd::RunEnd]
            [usize::from(end.min(3))];
    }
}

/// Shortest break between two sittings, and shortest time that it takes to come back after a lost connection.
const MIN_BREAK_S: f64 = 60.0;
const MIN_RECONNECT_S: f64 = 5.0;

/// What a player does on an active day.
#[derive(Clone, Debug, PartialEq)]
pub struct DayPlan {
    /// Sittings in order.
    pub sittings: Vec<Sitting>,
    /// Second from which the player may sit down again: the end of the last sitting and a break.
    pub free_from_s: u32,
}

/// The sittings of a player on an active day, none before `free_from_s`.
pub fn plan_day(seed: Seed, rules: &SessionRules, profile: &Profile, day: i32, free_from_s: u32) -> DayPlan {
    let mut draws = seed.stream(Purpose::Sessions, profile.nature.id as u64, (day - profile.nature.install_day) as u64);
    let midnight = day as u32 * DAY_S;
    let mut again = profile.further_sessions / (1.0 + profile.further_sessions);
    let mut count = 1;
    while count < MAX_PER_DAY && draws.chance(again) {
        count += 1;
        again *= rules.further_decay;
    }
    let scale = profile.session_s * rules.length_by_count[count.min(6) - 1] / rules.length_mean;
    let mut starts: Vec<u32> = (0..count)
        .map(|_| {
            let at = draws.unit();
            let bin = rules.start_cumulative.partition_point(|&cumulative| cumulative < at).min(23);
            let local = profile.peak_hour + (bin as f64 - 12.0 + draws.unit()) * profile.clock_width;
            let utc_s = (local * 3600.0) as i32 - profile.utc_offset_minutes * 60;
            midnight + utc_s.rem_euclid(DAY_S as i32) as u32
        })
        .collect();
    starts.sort_unstable();
    let mut plan = DayPlan { sittings: Vec::with_capacity(count), free_from_s };
    for start in starts {
        let length = libm::pow(draws.exponential(1.0), rules.length_power);
        let reason = draws.unit();
        let end = match reason {
            r if r < rules.kicked_share => SessionEnd::Kicked,
            r if r < rules.kicked_share + rules.disconnect_share => SessionEnd::Disconnect,
            _ => SessionEnd::Logout,
        };
        // A connection is lost, or a player removed, at any moment of a sitting as it was meant to be.
        let part = if end == SessionEnd::Logout { 1.0 } else { draws.unit() };
        let length_s = (scale * length * part).clamp(1.0, rules.max_s) as u32;
        let (mean_pause, min_pause) = match end {
            SessionEnd::Disconnect => (rules.reconnect_s, MIN_RECONNECT_S),
            _ => (rules.break_s, MIN_BREAK_S),
        };
        let pause_s = draws.exponential(mean_pause).clamp(min_pause, f64::from(DAY_S)) as u32;
        let started_s = start.max(plan.free_from_s);
        // A sitting pushed past midnight by the one before is one the player does not have time for.
        if started_s < midnight + DAY_S {
            let sitting = Sitting { started_s, ended_s: started_s + length_s.max(1), end };
            plan.free_from_s = sitting.ended_s + pause_s;
            plan.sittings.push(sitting);
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::Population;
    use crate::scenario::Scenario;

    #[test]
    fn sittings_start_today_number_at_most_ten_and_follow_after_a_break() {
        let sets = ["archetypes.casual.sessions_per_day=8".to_owned(), "sessions.disconnect_share=0.3".to_owned()];
        let file = Scenario::parse("t", "t", "", &sets).expect("valid").file;
        let (population, rules) = (Population::new(&file), SessionRules::new(&file));
        let (mut most, mut quick) = (0, 0);
        for id in 1..3000 {
            let profile = population.profile(id);
            let mut free_from_s = 3 * DAY_S + 5000;
            let plan = plan_day(Seed(file.seed), &rules, &profile, 3, free_from_s);
            assert!(plan.sittings.len() <= 10);
            most = most.max(plan.sittings.len());
            for sitting in plan.sittings {
                assert!(sitting.started_s >= free_from_s && sitting.started_s < 4 * DAY_S);
                assert!(sitting.ended_s > sitting.started_s);
                quick += u32::from(sitting.started_s < free_from_s + 60);
                free_from_s = sitting.ended_s + if sitting.end == SessionEnd::Disconnect { 5 } else { 60 };
            }
            assert!(plan.free_from_s >= free_from_s);
        }
        assert!(most >= 8 && quick > 50, "{most} sittings on a day, {quick} right after another");
    }

    /// Bands of targets.json (sessions_per_active_day_continuation, start_hour_resultant_quantiles).
    #[test]
    fn sessions_go_on_evenly_and_start_at_hours_of_their_own() {
        let file = Scenario::parse("t", "t", "", &[]).expect("valid").file;
        let (population, rules) = (Population::new(&file), SessionRules::new(&file));
        let mut days = [0_u32; MAX_PER_DAY + 2];
        let mut resultants = Vec::new();
        let (mut lost, mut whole) = ((0.0, 0.0), (0.0, 0.0));
        for id in 1..20_000 {
            let profile = population.profile(id);
            let (mut x, mut y, mut starts) = (0.0, 0.0, 0.0);
            let mut next = population.first_active_day_from(&profile.nature, 0);
            while let Some(day) = next.filter(|day| *day < 200) {
                next = population.next_active_day(&profile.nature, day);
                let plan = plan_day(Seed(file.seed), &rules, &profile, day, 0);
                (1..=plan.sittings.len()).for_each(|count| days[count] += 1);
                for sitting in plan.sittings {
                    let turn = f64::from(sitting.started_s % DAY_S) / f64::from(DAY_S) * std::f64::consts::TAU;
                    (x, y, starts) = (x + libm::cos(turn), y + libm::sin(turn), starts + 1.0);
                    let sums = if sitting.end == SessionEnd::Logout { &mut whole } else { &mut lost };
                    *sums = (sums.0 + f64::from(sitting.ended_s - sitting.started_s), sums.1 + 1.0);
                }
            }
            if starts >= 10.0 {
                resultants.push(libm::sqrt(x * x + y * y) / starts);
            }
        }
        let chances: Vec<f64> = (1..=6).map(|count| f64::from(days[count + 1]) / f64::from(days[count])).collect();
        let (low, high) = chances.iter().fold((1.0_f64, 0.0_f64), |(low, high), &c| (low.min(c), high.max(c)));
        assert!(low > 0.25 && high < 0.48 && high - low < 0.1, "{chances:?}");
        resultants.sort_by(f64::total_cmp);
        // Published are .46, .58 and .73; parties, which move sittings, widen hours further.
        let [low, middle, high] = [1, 2, 3].map(|quarter| resultants[resultants.len() * quarter / 4]);
        assert!((0.55..0.7).contains(&middle) && (0.15..0.3).contains(&(high - low)), "{low} {middle} {high}");
        let part = lost.0 / lost.1 / (whole.0 / whole.1);
        assert!((0.45..0.55).contains(&part), "a connection is lost half-way on average: {part}");
    }
}
