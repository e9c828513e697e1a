//! The sizes that follow from a scenario alone: realms, shards, windows.

use crate::population::{Population, SessionRules, plan_day};
use crate::random::{Purpose, Seed};
use crate::scenario::Scenario;
use crate::time::{Clock, DAY_S};

/// Sizes that decide realms, files and windows. They follow from the scenario alone, never from `clock.days` or the
/// machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Realms.
    pub realms: u32,
    /// Shards: contiguous groups of realms.
    pub shards: u32,
    /// Ticks of a window.
    pub window_ticks: u32,
    /// Rows of a small table that are gathered before they are encoded into row groups of at least so many.
    pub rows_per_group: usize,
    /// Sessions expected online on average, all realms together.
    pub expected_online: f64,
    /// Sessions expected online in the busiest hour of the busiest days, all realms together.
    pub expected_peak: f64,
    /// Sessions expected online in a realm in the quietest hour of the day.
    pub trough_online_per_realm: f64,
}

/// Players expected online in a realm at its peak by default: where nothing but the hour of the day matters that is 2,000 on
/// average.
const PEAK_PER_REALM: f64 = 3_500.0;
/// Rows of heartbeats aimed at in a row group; at the peak up to twice as many.
const ROWS_PER_WINDOW: f64 = 524_288.0;
/// Rows of a small table aimed at in a row group: enough for dictionaries to pay off, few enough to stay in the cache.
const ROWS_PER_GROUP: usize = 1 << 16;
/// Rows of heartbeats a day in a shard by default: 128 MB at 7 bytes.
const ROWS_PER_SHARD: f64 = 18_000_000.0;
/// Lives sampled to estimate how many are online.
const SAMPLE: u32 = 2048;
/// Days over which the busiest ones are averaged: so few lives say little of a single day.
const BUSY_DAYS: usize = 3;

impl Size {
    /// Sizes for a scenario, from sample lives.
    pub fn new(scenario: &Scenario, clock: Clock, population: &Population, sessions: &SessionRules) -> Self {
        let file = &scenario.file;
        let (by_hour, by_day) = estimate_online(file.population.installs.horizon_days, population, sessions);
        let expected_online = by_hour.iter().sum::<f64>() / 24.0;
        let most = |online: &[f64]| online.iter().copied().fold(0.0, f64::max);
        let busiest = most(&by_day.windows(BUSY_DAYS.min(by_day.len())).map(mean).collect::<Vec<_>>());
        let expected_peak = busiest * most(&by_hour) / expected_online.max(f64::MIN_POSITIVE);
        let realms = match file.population.realms {
            0 => (expected_peak / PEAK_PER_REALM).ceil().clamp(2.0, 32_767.0) as u32,
            realms => realms,
        };
        let realms = realms.min(population.players);
        let ticks_per_day = clock.ticks_per_day();
        let written_online = expected_online / f64::from(file.output.heartbeat_players_one_in);
        let rows_per_day = written_online * f64::from(ticks_per_day);
        let shards = match file.output.shards {
            0 => (rows_per_day / ROWS_PER_SHARD).ceil().max(1.0) as u32,
            shards => shards,
        };
        let written_peak = expected_peak / f64::from(file.output.heartbeat_players_one_in);
        let ticks_for = |rows: f64, online: f64| rows / (online / f64::from(realms)).max(1.0);
        let window = ticks_for(ROWS_PER_WINDOW, written_online).min(ticks_for(2.0 * ROWS_PER_WINDOW, written_peak));
        let trough = by_hour.iter().copied().fold(f64::INFINITY, f64::min);
        Self {
            realms,
            shards: shards.min(realms),
            window_ticks: (window as u32).max(120).min(ticks_per_day),
            rows_per_group: ROWS_PER_GROUP,
            expected_online,
            expected_peak,
            trough_online_per_realm: trough / f64::from(realms),
        }
    }

    /// Rows of a realm and day that are a row group of their own at its end: so many that to encode them is work which
    /// workers should share, and few other realms would be in a group with them.
    pub fn rows_of_realm(&self) -> usize {
        self.rows_per_group / 4
    }

    /// Realm of a player.
    pub fn realm_of(&self, player_id: i32) -> u32 {
        (player_id as u32 - 1) % self.realms
    }

    /// Realms of a shard.
    pub fn realms_of(&self, shard: u32) -> std::ops::Range<u32> {
        let bound = |shard: u32| (u64::from(shard) * u64::from(self.realms) / u64::from(self.shards)) as u32;
        bound(shard)..bound(shard + 1)
    }

    /// Shard of a realm.
    pub fn shard_of(&self, realm: u32) -> u32 {
        (0..self.shards).find(|&shard| self.realms_of(shard).contains(&realm)).unwrap_or(0)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Sessions expected online by UTC hour, averaged over the install horizon, and on each of its days, from sample lives spread
/// over all ids.
fn estimate_online(horizon_days: u32, population: &Population, sessions: &SessionRules) -> ([f64; 24], Vec<f64>) {
    let sample = SAMPLE.min(population.players);
    let seed = Seed(0).stream(Purpose::Estimate, 0, 0).bits();
    let mut seconds_by_hour = [0.0; 24];
    let mut seconds_by_day = vec![0.0; horizon_days as usize];
    for n in 0..sample {
        let id = (u64::from(n) * u64::from(population.players) / u64::from(sample)) as i32 + 1;
        let profile = population.profile(id);
        let mut day = population.first_active_day_from(&profile.nature, 0);
        while let Some(today) = day.filter(|&day| day < horizon_days as i32) {
            for sitting in plan_day(Seed(seed), sessions, &profile, today, 0).sittings {
                let (mut from, to) = (sitting.started_s, sitting.ended_s);
                while from < to {
                    let hour_end = (from / 3600 + 1) * 3600;
                    let seconds = f64::from(to.min(hour_end) - from);
                    seconds_by_hour[(from / 3600 % 24) as usize] += seconds;
                    if let Some(sum) = seconds_by_day.get_mut((from / DAY_S) as usize) {
                        *sum += seconds;
                    }
                    from = hour_end;
                }
            }
            day = population.next_active_day(&profile.nature, today);
        }
    }
    let scale = f64::from(population.players) / f64::from(sample.max(1));
    let by_hour = seconds_by_hour.map(|seconds| seconds * scale / f64::from(horizon_days) / 3600.0);
    (by_hour, seconds_by_day.into_iter().map(|seconds| seconds * scale / f64::from(DAY_S)).collect())
}
