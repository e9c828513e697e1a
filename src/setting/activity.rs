//! What happens on each day of a run, from sample lives.

use crate::population::{Population, SessionRules, plan_day};
use crate::random::Seed;
use crate::time::{Clock, DAY_S};

/// Lives sampled: few enough for milliseconds, so many that small populations are counted in full.
const LIVES: u32 = 20_000;

/// What happens on each day of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    /// Days.
    pub days: Vec<ActivityDay>,
    /// Most accounts that are installed and not gone for good.
    pub resident: f64,
}

/// Expected sums of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ActivityDay {
    /// Players active.
    pub players: f64,
    /// Sessions that start.
    pub sessions: f64,
    /// Heartbeats of all players.
    pub heartbeats: f64,
    /// Installs and departures for good.
    pub events: f64,
}

impl Activity {
    /// From sample lives, drawn like those of the run: of every account if there are not too many.
    pub fn estimate(seed: Seed, clock: Clock, population: &Population, sessions: &SessionRules) -> Self {
        let last = clock.days as i32;
        let sample = LIVES.min(population.players);
        let scale = f64::from(population.players) / f64::from(sample);
        let mut days = vec![ActivityDay::default(); clock.days as usize];
        let mut resident_changes = vec![0.0; clock.days as usize + 1];
        for n in 0..sample {
            let id = (u64::from(n) * u64::from(population.players) / u64::from(sample)) as i32 + 1;
            let install_day = population.install_day(id);
            if install_day >= last {
                continue;
            }
            let profile = population.profile(id);
            let mut day = population.first_active_day_from(&profile.nature, 0);
            if day.is_none() {
                continue;
            }
            resident_changes[install_day.max(0) as usize] += scale;
            if install_day >= 0 {
                days[install_day as usize].events += scale;
            }
            let (mut free_from_s, mut last_seen) = (0, 0);
            while let Some(today) = day.filter(|&day| day < last) {
                days[today as usize].players += scale;
                let plan = plan_day(seed, sessions, &profile, today, free_from_s);
                free_from_s = plan.free_from_s;
                for sitting in plan.sittings {
                    days[today as usize].sessions += scale;
                    add_heartbeats(clock, &mut days, sitting.started_s, sitting.ended_s, scale);
                }
                last_seen = today;
                day = population.next_active_day(&profile.nature, today);
            }
            if day.is_none() {
                days[last_seen as usize].events += scale;
                resident_changes[last_seen as usize + 1] -= scale;
            }
        }
        let mut living = 0.0;
        let resident = resident_changes.iter().fold(0.0_f64, |most, change| {
            living += change;
            most.max(living)
        });
        Self { days, resident }
    }

    /// Sums of all days.
    pub fn total(&self) -> ActivityDay {
        self.days.iter().fold(ActivityDay::default(), |sum, day| ActivityDay {
            players: sum.players + day.players,
            sessions: sum.sessions + day.sessions,
            heartbeats: sum.heartbeats + day.heartbeats,
            events: sum.events + day.events,
        })
    }

    /// Most heartbeats of a day.
    pub fn busiest(&self) -> f64 {
        self.days.iter().map(|day| day.heartbeats).fold(0.0, f64::max)
    }

    /// The day by which half of all heartbeats have come.
    pub fn median_day(&self) -> u32 {
        let half = self.total().heartbeats / 2.0;
        let mut sum = 0.0;
        let reaches_half = |day: &ActivityDay| {
            sum += day.heartbeats;
            sum >= half
        };
        self.days.iter().position(reaches_half).unwrap_or(0) as u32
    }
}

/// Spreads the heartbeats of a sitting over the days that it touches.
fn add_heartbeats(clock: Clock, days: &mut [ActivityDay], started_s: u32, ended_s: u32, scale: f64) {
    let mut from = started_s;
    while from < ended_s {
        let to = ended_s.min((from / DAY_S + 1) * DAY_S);
        if let Some(day) = days.get_mut((from / DAY_S) as usize) {
            day.heartbeats += scale * f64::from(clock.tick_at_or_after(to) - clock.tick_at_or_after(from));
        }
        from = to;
    }
}
