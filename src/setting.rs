//! The setting of a run: a scenario compiled into what systems look up, and the sizes that follow from it alone.

use std::sync::Arc;

use bevy_ecs::prelude::*;

use crate::arena::ModeRules;
use crate::combat::Arsenal;
use crate::encounter::episode::EpisodeRules;
use crate::encounter::sweep::SweepRules;
use crate::ground::Ground;
use crate::player::Population;
use crate::purchase::Shop;
use crate::random::{Purpose, Seed};
use crate::scenario::Scenario;
use crate::sitting::{self, SessionRules};
use crate::table::{Names, Row};
use crate::time::Clock;

/// Which pairs count as encounters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Every pair.
    Any,
    /// Pairs of different teams.
    Opponents,
    /// Pairs of one team.
    Allies,
}

impl Relation {
    /// Whether a pair counts.
    pub fn includes(self, are_opponents: bool) -> bool {
        match self {
            Self::Any => true,
            Self::Opponents => are_opponents,
            Self::Allies => !are_opponents,
        }
    }
}

/// A compiled scenario.
#[derive(Debug)]
pub struct Setting {
    /// The scenario it was compiled from.
    pub scenario: Scenario,
    /// Seed of all draws.
    pub seed: Seed,
    /// Clock.
    pub clock: Clock,
    /// Population.
    pub population: Population,
    /// Sessions.
    pub sessions: SessionRules,
    /// Maps, by index.
    pub grounds: Vec<Ground>,
    /// Modes, by index.
    pub modes: Vec<ModeRules>,
    /// Weapons and fights.
    pub arsenal: Arsenal,
    /// Items and spending.
    pub shop: Shop,
    /// Encounters.
    pub episodes: EpisodeRules,
    /// Encounters between heartbeats, if they are written.
    pub sweep: Option<SweepRules>,
    /// Encounters of teams, if they are written.
    pub team_episodes: Option<EpisodeRules>,
    /// Whether groups are written.
    pub lists_groups: bool,
    /// Shortest encounter that is written, of those two kinds.
    pub min_duration_ms: i64,
    /// Which pairs count.
    pub relation: Relation,
    /// Realms, shards, windows.
    pub size: Size,
    /// Names of text columns.
    pub names: Names,
    /// [`Scenario::world_hash`].
    pub world_hash: String,
}

/// The setting as systems see it.
#[derive(Resource, Clone, Debug)]
pub struct Rules(pub Arc<Setting>);

impl std::ops::Deref for Rules {
    type Target = Setting;
    fn deref(&self) -> &Setting {
        &self.0
    }
}

impl Setting {
    /// Compiles a scenario.
    pub fn new(scenario: Scenario) -> Self {
        let file = &scenario.file;
        let seed = Seed(file.seed);
        let clock = Clock { start: file.clock.start, days: file.clock.days, heartbeat_s: file.clock.heartbeat_seconds };
        let population = Population::new(file);
        let sessions = SessionRules::new(file);
        let grounds = file.maps.entries.iter().map(|(name, map)| Ground::new(seed, name, map)).collect();
        let modes = file.modes.entries.iter().map(|(name, mode)| ModeRules::new(seed, file, name, mode)).collect();
        let encounter = &file.encounter;
        let episodes = EpisodeRules {
            radius_cm: encounter.radius_cm,
            exit_radius_cm: encounter.exit_radius_cm.max(encounter.radius_cm),
            gap_ticks: encounter.merge_gap_s / clock.heartbeat_s,
        };
        let tables = &file.output.tables;
        let sweep = tables.encounters_swept.then(|| SweepRules {
            radius_cm: episodes.radius_cm,
            exit_radius_cm: episodes.exit_radius_cm,
            gap_ms: i64::from(encounter.merge_gap_s) * 1000,
            max_step_cm: encounter.sweep_max_step_cm,
        });
        let team_episodes = tables.encounters_team.then(|| EpisodeRules {
            radius_cm: encounter.team_radius_cm,
            exit_radius_cm: encounter.team_exit_radius_cm.max(encounter.team_radius_cm),
            gap_ticks: encounter.team_merge_gap_s / clock.heartbeat_s,
        });
        let min_duration_ms = i64::from(encounter.min_duration_s) * 1000;
        let relation = match encounter.relation.as_str() {
            "opponents" => Relation::Opponents,
            "allies" => Relation::Allies,
            _ => Relation::Any,
        };
        let shop = Shop::new(seed, file);
        let names = crate::table::dictionary::names(&scenario, &population, &shop);
        let size = Size::new(&scenario, clock, &population, &sessions);
        let arsenal = Arsenal::new(seed, file);
        let world_hash = scenario.world_hash();
        Self {
            seed,
            clock,
            population,
            sessions,
            grounds,
            modes,
            arsenal,
            shop,
            episodes,
            sweep,
            team_episodes,
            lists_groups: tables.encounters_group,
            min_duration_ms,
            relation,
            size,
            names,
            world_hash,
            scenario,
        }
    }

    /// What a user should know before a run, one line each.
    pub fn warnings(&self) -> Vec<String> {
        let trough = self.size.trough_online_per_realm;
        let file = &self.scenario.file;
        let too_large = |(name, mode): &(String, crate::scenario::sections::Mode)| {
            let size = mode.teams * mode.team_size;
            (f64::from(size) > trough / 3.0).then(|| {
                let fewer = if self.size.realms > 1 {
                    format!("fewer population.realms (now {}), ", self.size.realms)
                } else {
                    String::new()
                };
                format!(
                    "modes.{name}: matches of {size} players want {} online in a realm, which in its quietest hour \
                     expects {trough:.0}; they will run short of players then. Use {fewer}more population.players, \
                     or smaller matches",
                    3 * size
                )
            })
        };
        let (encounter, tables) = (&file.encounter, &file.output.tables);
        let filters_nothing = encounter.min_duration_s > 0 && !tables.encounters_swept && !tables.encounters_team;
        let useless = filters_nothing.then(|| {
            format!(
                "encounter.min_duration_s = {}: it filters encounters_swept and encounters_team, and neither is written; set \
                 output.tables.encounters_swept = true",
                encounter.min_duration_s
            )
        });
        file.modes.entries.iter().filter_map(too_large).chain(useless).collect()
    }

    /// Whether a table is written.
    pub fn writes(&self, table: &str) -> bool {
        let tables = &self.scenario.file.output.tables;
        match table {
            "session_ends" => tables.session_ends,
            "purchases" => tables.purchases,
            "heartbeats" => tables.heartbeats,
            "encounters" => tables.encounters,
            "encounters_swept" => tables.encounters_swept,
            "encounters_team" => tables.encounters_team,
            "encounters_group" => tables.encounters_group,
            "kills" => tables.kills,
            "matches" => tables.matches,
            "participations" => tables.participations,
            "players" => tables.players,
            "regions" => tables.regions,
            "countries" => tables.countries,
            "devices" => tables.devices,
            "items" => tables.items,
            "maps" => tables.maps,
            "modes" => tables.modes,
            "weapons" => tables.weapons,
            "event_types" => tables.event_types,
            "truth_players" => tables.truth_players,
            "truth_events" => tables.truth_events,
            _ => false,
        }
    }

    /// One player in how many has heartbeats written; 0 for none.
    pub fn heartbeats_one_in(&self) -> u32 {
        let output = &self.scenario.file.output;
        if output.tables.heartbeats { output.heartbeat_players_one_in } else { 0 }
    }

    /// Whether a row type's table is written.
    pub fn writes_rows<R: Row>(&self) -> bool {
        self.writes(R::TABLE.name)
    }
}

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
    /// Sessions expected online on average, all realms together.
    pub expected_online: f64,
    /// Sessions expected online in a realm in the quietest hour of the day.
    pub trough_online_per_realm: f64,
}

/// Players expected online in a realm by default.
const ONLINE_PER_REALM: f64 = 2000.0;
/// Rows of heartbeats aimed at in a row group.
const ROWS_PER_WINDOW: f64 = 524_288.0;
/// Rows of heartbeats a day in a shard by default: 128 MB at 7 bytes.
const ROWS_PER_SHARD: f64 = 18_000_000.0;
/// Lives sampled to estimate how many are online.
const SAMPLE: u32 = 2048;

impl Size {
    fn new(scenario: &Scenario, clock: Clock, population: &Population, sessions: &SessionRules) -> Self {
        let file = &scenario.file;
        let by_hour = estimate_online(file.population.installs.horizon_days, population, sessions);
        let expected_online = by_hour.iter().sum::<f64>() / 24.0;
        let realms = match file.population.realms {
            0 => (expected_online / ONLINE_PER_REALM).ceil().clamp(2.0, 32_767.0) as u32,
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
        let window = ROWS_PER_WINDOW / (written_online / f64::from(realms)).max(1.0);
        let trough = by_hour.iter().copied().fold(f64::INFINITY, f64::min);
        Self {
            realms,
            shards: shards.min(realms),
            window_ticks: (window as u32).max(120).min(ticks_per_day),
            expected_online,
            trough_online_per_realm: trough / f64::from(realms),
        }
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

/// Sessions expected online by UTC hour, averaged over the install horizon, from sample lives spread over all ids.
fn estimate_online(horizon_days: u32, population: &Population, sessions: &SessionRules) -> [f64; 24] {
    let sample = SAMPLE.min(population.players);
    let seed = Seed(0).stream(Purpose::Estimate, 0, 0).bits();
    let mut seconds_by_hour = [0.0; 24];
    for n in 0..sample {
        let id = (u64::from(n) * u64::from(population.players) / u64::from(sample)) as i32 + 1;
        let profile = population.profile(id);
        let mut day = population.first_active_day_from(&profile.nature, 0);
        while let Some(today) = day.filter(|&day| day < horizon_days as i32) {
            for sitting in sitting::plan_day(Seed(seed), sessions, &profile, today, 0) {
                let (mut from, to) = (sitting.started_s, sitting.ended_s);
                while from < to {
                    let hour_end = (from / 3600 + 1) * 3600;
                    seconds_by_hour[(from / 3600 % 24) as usize] += f64::from(to.min(hour_end) - from);
                    from = hour_end;
                }
            }
            day = population.next_active_day(&profile.nature, today);
        }
    }
    let scale = f64::from(population.players) / f64::from(sample.max(1)) / f64::from(horizon_days) / 3600.0;
    seconds_by_hour.map(|seconds| seconds * scale)
}
