//! Who players are and on which days they come back: pure functions of seed and account number, never stored.
//!
//! Return days follow the fitted model of `docs/` (Lomax gaps that lengthen with account age, permanent churn after
//! each active day, both tied to engagement); its parameters are `population.retention` of the scenario.

use std::ops::Range;

use crate::random::{self, Purpose, Seed, Stream, Streams, name_key, normal_cdf};
use crate::scenario::sections::{File, Retention};
use crate::time::Date;

/// A country within a region, with what decides who lives there.
#[derive(Clone, Debug)]
pub struct CountryRules {
    /// ISO 3166-1 alpha-2 code.
    pub code: String,
    /// Index of its region.
    pub region: u16,
    /// Index of its currency.
    pub currency: u16,
    /// Local time minus UTC.
    pub utc_offset_minutes: i32,
    streams: Streams,
    weight: f64,
}

/// What decides who lives in a region.
#[derive(Clone, Debug)]
struct RegionRules {
    streams: Streams,
    weight: f64,
    /// Its part of [`Population::countries`].
    countries: Range<usize>,
}

#[derive(Clone, Debug)]
struct DeviceRules {
    platform: u16,
    streams: Streams,
    weight: f64,
    payer_factor: f64,
}

#[derive(Clone, Debug)]
struct ArchetypeRules {
    streams: Streams,
    share: f64,
    engagement: (f64, f64),
    skill: (f64, f64),
    further_sessions: f64,
    session_minutes: f64,
    /// Cluster index (from 1), key and share; cluster 0 are the non-payers.
    spenders: Vec<(u16, f64)>,
}

#[derive(Clone, Debug)]
struct PlatformRules {
    length_factor: f64,
    sessions_factor: f64,
}

/// Longest gap in days after which somebody comes back on any weekday: it has never been away.
const SOON: i32 = 4;

/// The part of a player that decides on which days they come back: all that is needed of one who does not play.
#[derive(Clone, Debug, PartialEq)]
pub struct Nature {
    /// Account number.
    pub id: i32,
    /// Day of installation relative to the start of the run; negative for veterans.
    pub install_day: i32,
    /// Index of the archetype.
    pub archetype: u16,
    /// Engagement, in standard deviations of the population.
    pub engagement: f64,
    /// Chance of leaving for good after an active day.
    pub churn: f64,
    /// Scale of the gaps between active days, before age.
    gap_scale: f64,
    /// Weekday that it would rather come back on than one or two days before or after, 0 = Monday.
    favourite: u8,
    /// Draws of the further traits.
    traits: Stream,
}

/// Everything about a player that never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What decides when the player comes back.
    pub nature: Nature,
    /// Index into [`Population::countries`].
    pub country: u16,
    /// Index of the region.
    pub region: u16,
    /// Index of the device.
    pub device: u16,
    /// Index of the platform.
    pub platform: u16,
    /// Spending cluster: 0 never pays, n is the n-th cluster of the scenario.
    pub cluster: u16,
    /// First day on which a payer pays, if it is active then, relative to the start of the run.
    pub pays_from: i32,
    /// Local time minus UTC.
    pub utc_offset_minutes: i32,
    /// Skill, in standard deviations of the population.
    pub skill: f64,
    /// Mean number of sessions after the first on an active day.
    pub further_sessions: f64,
    /// Mean length of a session in seconds.
    pub session_s: f64,
    /// Hour of the day, local time, around which sessions start.
    pub peak_hour: f64,
    /// How wide the hours around it are, relative to the scenario's.
    pub clock_width: f64,
}

/// The population of a scenario, compiled for drawing.
#[derive(Clone, Debug)]
pub struct Population {
    seed: Seed,
    start: Date,
    /// Accounts ever.
    pub players: u32,
    /// Day of the first entry of `installed_by`.
    first_day: i32,
    /// Accounts made up to and including each day.
    installed_by: Vec<u32>,
    regions: Vec<RegionRules>,
    /// Countries of all regions, region by region.
    pub countries: Vec<CountryRules>,
    devices: Vec<DeviceRules>,
    archetypes: Vec<ArchetypeRules>,
    platforms: Vec<PlatformRules>,
    retention: Retention,
    /// [`age_factor`] by age in days.
    age_factors: Vec<f64>,
    weekday_chance: [f64; 7],
    engagement_drift_per_day: f64,
    peak_hour: (f64, f64),
    clock_width: (f64, f64),
    length_spread: f64,
    length_engagement: f64,
    /// What moves the logarithm of further sessions: engagement, and its spread beside it.
    further: (f64, f64),
    payer_correlation: f64,
    /// Cumulative share of payers by the age at which they first pay.
    first_purchase: Vec<f64>,
}

impl Population {
    /// Compiles the population of a validated scenario.
    pub fn new(file: &File) -> Self {
        let seed = Seed(file.seed);
        let (mut regions, mut countries) = (Vec::new(), Vec::new());
        for (index, (name, region)) in file.regions.entries.iter().enumerate() {
            regions.push(RegionRules {
                streams: seed.streams(Purpose::Region, name_key(name)),
                weight: region.weight,
                countries: countries.len()..countries.len() + region.countries.len(),
            });
            for (code, country) in &region.countries.entries {
                countries.push(CountryRules {
                    code: code.clone(),
                    region: index as u16,
                    currency: file.currencies.index_of(&country.currency).expect("validated") as u16,
                    utc_offset_minutes: country.utc_offset_minutes,
                    streams: seed.streams(Purpose::Country, name_key(&format!("{name}/{code}"))),
                    weight: country.weight,
                });
            }
        }
        let devices = file.devices.entries.iter().map(|(name, device)| DeviceRules {
            platform: file.platforms.index_of(&device.platform).expect("validated") as u16,
            streams: seed.streams(Purpose::Device, name_key(name)),
            weight: device.weight,
            payer_factor: device.payer_factor,
        });
        let archetypes = file.archetypes.entries.iter().map(|(name, archetype)| ArchetypeRules {
            streams: seed.streams(Purpose::Archetype, name_key(name)),
            share: archetype.share,
            engagement: (archetype.engagement, archetype.engagement_spread),
            skill: (archetype.skill, archetype.skill_spread),
            further_sessions: archetype.sessions_per_day - 1.0,
            session_minutes: archetype.session_minutes,
            spenders: archetype
                .spenders
                .entries
                .iter()
                .map(|(name, spender)| (file.clusters.index_of(name).expect("validated") as u16 + 1, spender.share))
                .collect(),
        });
        let platforms = file.platforms.values().map(|platform| PlatformRules {
            length_factor: platform.length_factor,
            sessions_factor: platform.sessions_factor,
        });
        let weights = &file.population.retention.weekday_weights;
        let best = weights.iter().copied().fold(0.0, f64::max);
        let (first_day, installed_by) = install_curve(file);
        Self {
            seed,
            start: file.clock.start,
            players: file.population.players,
            first_day,
            installed_by,
            regions,
            countries,
            devices: devices.collect(),
            archetypes: archetypes.collect(),
            platforms: platforms.collect(),
            retention: file.population.retention.clone(),
            age_factors: (0..2000).map(|age| age_factor(age, file.population.retention.gap_age_exponent)).collect(),
            weekday_chance: std::array::from_fn(|day| weights[day] / best),
            engagement_drift_per_day: file.population.installs.engagement_drift_per_year / 365.0,
            peak_hour: (file.sessions.peak_hour_local, file.sessions.peak_hour_spread_hours),
            clock_width: (file.sessions.clock_width, file.sessions.clock_width_spread_log),
            length_spread: file.sessions.length_spread_log,
            length_engagement: file.sessions.length_engagement_effect,
            further: (file.sessions.further_engagement_effect, file.sessions.further_spread_log),
            payer_correlation: file.payers.engagement_correlation,
            first_purchase: first_purchase_ages(file),
        }
    }

    /// Accounts made before a day of the run: ids `1..=installed_before(day)`.
    pub fn installed_before(&self, day: i32) -> u32 {
        let index = day - self.first_day;
        if index <= 0 {
            return 0;
        }
        self.installed_by.get(index as usize - 1).copied().unwrap_or(self.players)
    }

    /// Day on which an account was made.
    pub fn install_day(&self, id: i32) -> i32 {
        self.first_day + self.installed_by.partition_point(|&installed| i64::from(installed) < i64::from(id)) as i32
    }

    /// Index of the country of a player: first the region is drawn, so that a new country moves nobody between regions.
    pub fn country_of(&self, id: i32) -> usize {
        let about = id as u64;
        let region = random::pick(about, self.regions.iter().map(|region| (region.streams, region.weight)));
        let countries = &self.regions[region].countries;
        let entries = self.countries[countries.clone()].iter().map(|country| (country.streams, country.weight));
        countries.start + random::pick(about, entries)
    }

    /// What decides when a player comes back.
    pub fn nature(&self, id: i32) -> Nature {
        let about = id as u64;
        let pick_archetype = self.archetypes.iter().map(|archetype| (archetype.streams, archetype.share));
        let index = random::pick(about, pick_archetype);
        let archetype = &self.archetypes[index];
        let mut traits = self.seed.stream(Purpose::Traits, about, 0);
        let install_day = self.install_day(id);
        let engagement = archetype.engagement.0
            + archetype.engagement.1 * traits.normal()
            + self.engagement_drift_per_day * f64::from(install_day);
        let tie = self.retention.churn_engagement_correlation;
        let restlessness = normal_cdf(tie * engagement + libm::sqrt(1.0 - tie * tie) * traits.normal());
        let churn = 1.0 - libm::pow(1.0 - restlessness, 1.0 / self.retention.churn_exponent);
        let gap_scale = libm::exp(self.retention.gap_scale_log - self.retention.gap_engagement_effect * engagement);
        let favourite = traits.below(7) as u8;
        Nature { id, install_day, archetype: index as u16, engagement, churn, gap_scale, favourite, traits }
    }

    /// The player of an account number.
    pub fn profile(&self, id: i32) -> Profile {
        let about = id as u64;
        let nature = self.nature(id);
        let country = self.country_of(id);
        let pick_device = self.devices.iter().map(|device| (device.streams, device.weight));
        let device = random::pick(about, pick_device);
        let archetype = &self.archetypes[usize::from(nature.archetype)];
        let platform_index = self.devices[device].platform;
        let platform = &self.platforms[platform_index as usize];
        let mut traits = nature.traits.clone();
        let skill = archetype.skill.0 + archetype.skill.1 * traits.normal();
        let length_log = self.length_engagement * nature.engagement + self.length_spread * traits.normal();
        let (effect, spread) = self.further;
        let further_log =
            effect * (nature.engagement - archetype.engagement.0) + spread * (traits.normal() - 0.5 * spread);
        let peak_hour = self.peak_hour.0 + self.peak_hour.1 * traits.normal();
        let clock_width = self.clock_width.0 * libm::exp(self.clock_width.1 * traits.normal());
        Profile {
            country: country as u16,
            region: self.countries[country].region,
            device: device as u16,
            platform: platform_index,
            cluster: self.cluster_of(&nature, archetype, self.devices[device].payer_factor),
            pays_from: nature.install_day + self.first_purchase_age(id),
            utc_offset_minutes: self.countries[country].utc_offset_minutes,
            skill,
            further_sessions: archetype.further_sessions * platform.sessions_factor * libm::exp(further_log),
            session_s: archetype.session_minutes * 60.0 * platform.length_factor * libm::exp(length_log),
            peak_hour,
            clock_width,
            nature,
        }
    }

    /// The spending cluster of a player: a part of an archetype pays, more of it on some devices, and mostly the keen.
    fn cluster_of(&self, nature: &Nature, archetype: &ArchetypeRules, payer_factor: f64) -> u16 {
        let (mean, spread) = archetype.engagement;
        let tie = self.payer_correlation;
        let mut draws = self.seed.stream(Purpose::Cluster, nature.id as u64, 0);
        let keenness = (nature.engagement - mean) / spread.max(1e-9);
        let reluctance = normal_cdf(libm::sqrt(1.0 - tie * tie) * draws.normal() - tie * keenness);
        let payers: f64 = archetype.spenders.iter().map(|(_, share)| share).sum();
        if reluctance >= payers * payer_factor {
            return 0;
        }
        let mut rest = draws.unit() * payers;
        for (cluster, share) in &archetype.spenders {
            rest -= share;
            if rest < 0.0 {
                return *cluster;
            }
        }
        0
    }

    /// Age in days at which a payer first pays.
    fn first_purchase_age(&self, id: i32) -> i32 {
        let draw = self.seed.stream(Purpose::FirstPurchase, id as u64, 0).unit();
        // The last share may be a rounding below 1.
        let age = self.first_purchase.partition_point(|&share| share < draw);
        age.min(self.first_purchase.len() - 1) as i32
    }

    /// The next active day after an active one, or `None` if the player is gone for good.
    pub fn next_active_day(&self, nature: &Nature, day: i32) -> Option<i32> {
        let rules = &self.retention;
        // The ordinal is the account's age, so that moving the start of the run moves nobody's life.
        let age = day - nature.install_day;
        let mut draws = self.seed.stream(Purpose::Return, nature.id as u64, age as u64);
        if age == 0 && draws.chance(2.0 * rules.one_day_share * (1.0 - normal_cdf(nature.engagement))) {
            return None;
        }
        if draws.chance(nature.churn) {
            return None;
        }
        Some(self.next_day(nature, day, draws))
    }

    /// The next active day of a player who would be gone for good after an active one and comes back after all.
    pub fn next_day_after_all(&self, nature: &Nature, day: i32) -> i32 {
        let age = day - nature.install_day;
        self.next_day(nature, day, self.seed.stream(Purpose::Return, nature.id as u64, 1 << 32 | age as u64))
    }

    fn next_day(&self, nature: &Nature, day: i32, mut draws: Stream) -> i32 {
        let (rules, age) = (&self.retention, day - nature.install_day);
        let gap =
            nature.gap_scale * self.age_factor(age) * (libm::pow(draws.unit(), -1.0 / rules.gap_tail_exponent) - 1.0);
        let gap = libm::ceil(gap.clamp(1.0, 1e6)) as i32;
        let mut next = day.saturating_add(gap);
        // Weekday preference: a rejected day moves on to the next; ten rejections in a row are not worth waiting for.
        for _ in 0..10 {
            if draws.chance(self.weekday_chance[self.start.plus(next).weekday()]) {
                break;
            }
            next += 1;
        }
        if gap > SOON && draws.chance(rules.favourite_weekday_pull) {
            let is_favourite = |next: &i32| self.start.plus(*next).weekday() == usize::from(nature.favourite);
            next = [next, next - 1, next + 1, next - 2, next + 2].into_iter().find(is_favourite).unwrap_or(next);
        }
        next
    }

    /// How much longer gaps are at an age in days.
    fn age_factor(&self, age: i32) -> f64 {
        let known = self.age_factors.get(age as usize).copied();
        known.unwrap_or_else(|| age_factor(age, self.retention.gap_age_exponent))
    }

    /// First active day not before `from` of a player who installed earlier, or `None` if gone by then.
    pub fn first_active_day_from(&self, nature: &Nature, from: i32) -> Option<i32> {
        let mut day = nature.install_day;
        while day < from {
            day = self.next_active_day(nature, day)?;
        }
        Some(day)
    }
}

fn age_factor(age: i32, exponent: f64) -> f64 {
    libm::pow(1.0 + f64::from(age) / 30.0, exponent)
}

/// Cumulative share of payers by the age at which they first pay.
fn first_purchase_ages(file: &File) -> Vec<f64> {
    let keys = &file.payers;
    let weight = |age: u32| libm::pow(f64::from(age + 1), -keys.first_purchase_exponent);
    let total: f64 = (0..keys.first_purchase_days).map(weight).sum();
    let mut sum = 0.0;
    let share = |age| {
        sum += weight(age) / total;
        sum
    };
    (0..keys.first_purchase_days).map(share).collect()
}

/// The days of campaigns among those on which accounts are made.
fn campaign_days(file: &File) -> Vec<u32> {
    let installs = &file.population.installs;
    let Some(apart) = 365_u32.checked_div(installs.campaigns_per_year).map(|days| days.max(1)) else { return vec![] };
    let begins = |part: u32| {
        let mut draws = Seed(file.seed).stream(Purpose::Campaign, part.into(), 0);
        part * apart + draws.below(apart)
    };
    let days = |part: u32| begins(part)..begins(part) + installs.campaign_days;
    (0..installs.horizon_days.div_ceil(apart)).flat_map(days).filter(|day| *day < installs.horizon_days).collect()
}

/// First day and cumulative number of accounts by day.
fn install_curve(file: &File) -> (i32, Vec<u32>) {
    let players = f64::from(file.population.players);
    let installs = &file.population.installs;
    let veterans = libm::round(players * installs.veteran_share);
    let first_day = if veterans > 0.0 { -(installs.veteran_days as i32) } else { 0 };
    let mut installed_by = Vec::new();
    if veterans > 0.0 {
        let days = f64::from(installs.veteran_days);
        installed_by
            .extend((1..=installs.veteran_days).map(|day| libm::round(veterans * f64::from(day) / days) as u32));
    }
    let horizon = installs.horizon_days;
    let launch_total: f64 = (0..horizon).map(|day| 1.0 / f64::from(day + 1)).sum();
    let campaigns = campaign_days(file);
    let weight = |day: u32| if campaigns.contains(&day) { installs.campaign_factor } else { 1.0 };
    let even_total: f64 = (0..horizon).map(weight).sum();
    let (mut launched, mut even) = (0.0, 0.0);
    for day in 0..horizon {
        launched += 1.0 / f64::from(day + 1) / launch_total;
        even += weight(day) / even_total;
        let share = installs.launch_share * launched + (1.0 - installs.launch_share) * even;
        installed_by.push((veterans + libm::round((players - veterans) * share)) as u32);
    }
    if let Some(last) = installed_by.last_mut() {
        *last = file.population.players;
    }
    (first_day, installed_by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn population(sets: &[&str]) -> Population {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Population::new(&Scenario::parse("t", "t", "", &sets).expect("valid").file)
    }

    #[test]
    fn ids_are_dealt_in_order_of_installation() {
        let population = population(&["population.players=1000"]);
        let mut last = i32::MIN;
        for id in 1..=1000 {
            let day = population.install_day(id);
            assert!(day >= last && (-180..30).contains(&day), "{id} {day}");
            assert!(population.installed_before(day) < id as u32 && id as u32 <= population.installed_before(day + 1));
            last = day;
        }
        assert_eq!((population.installed_before(-200), population.installed_before(500)), (0, 1000));
    }

    #[test]
    fn everyone_installs_on_day_zero_when_told_so() {
        let population = population(&["population.installs.veteran_share=0", "population.installs.horizon_days=1"]);
        assert_eq!((population.installed_before(0), population.installed_before(1)), (0, population.players));
    }

    /// Bands of the published targets (targets.json: retention_classic, one_day_only_share).
    #[test]
    fn retention_lies_in_the_published_bands() {
        let population = population(&["population.installs.veteran_share=0", "population.players=20000"]);
        let (mut active, mut once) = ([0u32; 181], 0);
        for id in 1..=20_000 {
            let nature = population.nature(id);
            let mut day = nature.install_day;
            let mut days = 1;
            while let Some(next) = population.next_active_day(&nature, day) {
                if next - nature.install_day > 730 {
                    break;
                }
                if let Some(count) = active.get_mut((next - nature.install_day) as usize) {
                    *count += 1;
                }
                day = next;
                days += 1;
            }
            once += u32::from(days == 1);
        }
        let share = |count: u32| f64::from(count) / 20_000.0;
        for (day, low, high) in
            [(1, 0.30, 0.45), (7, 0.14, 0.23), (30, 0.06, 0.12), (90, 0.03, 0.065), (180, 0.018, 0.04)]
        {
            assert!((low..high).contains(&share(active[day])), "D{day} = {}", share(active[day]));
        }
        assert!((0.22..0.42).contains(&share(once)), "{}", share(once));
    }

    /// Chance of coming back exactly so many days after an active day, if not before, over a run of 400 days.
    fn hazards(sets: &[&str]) -> [f64; 9] {
        let population = population(sets);
        let (mut returns, mut at_risk) = ([0_u32; 9], [0_u32; 9]);
        for id in 1..=20_000 {
            let nature = population.nature(id);
            let mut day = nature.install_day;
            while day < 400 {
                let next = population.next_active_day(&nature, day).unwrap_or(i32::MAX);
                for gap in 1..=8_i32.min(400 - day) {
                    at_risk[gap as usize] += u32::from(next >= day.saturating_add(gap));
                    returns[gap as usize] += u32::from(next == day.saturating_add(gap));
                }
                day = next;
            }
        }
        std::array::from_fn(|gap| f64::from(returns[gap]) / f64::from(at_risk[gap].max(1)))
    }

    /// Bands of targets.json (return_hazard_by_gap_days, weekly_resonance_h7_over_mean_h6_h8).
    #[test]
    fn players_return_as_published_with_a_peak_after_a_week() {
        let few = ["population.players=20000", "population.installs.veteran_share=0"];
        let hazard = hazards(&few);
        for (gap, low, high) in [(1, 0.45, 0.68), (2, 0.23, 0.34), (3, 0.16, 0.24), (4, 0.125, 0.17), (7, 0.09, 0.14)] {
            assert!((low..high).contains(&hazard[gap]), "{gap}: {}", hazard[gap]);
        }
        let resonance = |hazard: [f64; 9]| hazard[7] / (0.5 * (hazard[6] + hazard[8]));
        assert!((1.1..1.4).contains(&resonance(hazard)), "{}", resonance(hazard));
        let without = hazards(&[&few[..], &["population.retention.favourite_weekday_pull=0"]].concat());
        assert!(resonance(without) < 1.05, "{}", resonance(without));
    }

    #[test]
    fn campaigns_bring_newcomers_and_later_ones_are_less_keen() {
        let sets = [
            "population.players=100000",
            "population.installs.veteran_share=0",
            "population.installs.horizon_days=365",
        ];
        let population = population(&[&sets[..], &["population.installs.launch_share=0"]].concat());
        let by_day: Vec<u32> =
            (0..365).map(|day| population.installed_before(day + 1) - population.installed_before(day)).collect();
        let usual = *by_day.iter().min().expect("days");
        let busy = by_day.iter().filter(|&&installed| installed > 2 * usual).count();
        assert_eq!(busy, 8 * 3, "{by_day:?}");
        let busiest = f64::from(*by_day.iter().max().expect("days")) / f64::from(usual);
        assert!((2.9..3.1).contains(&busiest), "{busiest}");
        let mean =
            |ids: Range<i32>| ids.clone().map(|id| population.nature(id).engagement).sum::<f64>() / ids.len() as f64;
        let drift = mean(80_000..100_000) - mean(1..20_000);
        assert!((-0.22..-0.1).contains(&drift), "{drift}");
    }
}
