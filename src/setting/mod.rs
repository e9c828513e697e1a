//! The setting of a run: a scenario compiled into what systems look up, and the sizes that follow from it alone.

mod activity;
mod anticheat;
mod arsenal;
mod careers;
mod cheating;
mod defects;
mod effects;
mod gait;
mod ground;
mod mode;
mod party;
mod raster;
mod routes;
mod shop;
mod sight;
mod size;
mod span;

pub(crate) use activity::{Activity, ActivityDay};
pub(crate) use anticheat::{Anticheat, Evidence, Rule};
pub(crate) use arsenal::Arsenal;
pub(crate) use careers::{Careers, Deed, Deeds};
pub(crate) use cheating::{Cheating, HONEST};
pub(crate) use defects::{Defect, Defects};
pub(crate) use effects::{EFFECTS, Effects};
pub(crate) use gait::{Dwell, Gait, Model, ROUNDING_CM};
pub(crate) use ground::{Circle, Ground, HypotExact, Relief, spot_in_disc};
pub(crate) use mode::ModeRules;
pub(crate) use party::PartyRules;
pub(crate) use raster::Raster;
pub(crate) use shop::{Goods, Shop, Spending};
pub(crate) use size::Size;
pub(crate) use span::{Leg, Span};

use std::ops::Range;
use std::sync::OnceLock;

use crate::encounter::{EpisodeRules, SweepRules};
use crate::population::{Friendships, Population, SessionRules};
use crate::random::Seed;
use crate::scenario::Scenario;
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
    /// Who knows whom.
    pub friendships: Friendships,
    /// Who plays together.
    pub parties: PartyRules,
    /// Maps, by index.
    pub grounds: Vec<Ground>,
    /// The raster over the maps.
    pub raster: Raster,
    /// Modes, by index.
    pub modes: Vec<ModeRules>,
    /// Weapons and fights.
    pub arsenal: Arsenal,
    /// Items and spending.
    pub shop: Shop,
    /// How players grow.
    pub careers: Careers,
    /// Who cheats.
    pub cheating: Cheating,
    /// Who is found out.
    pub anticheat: Anticheat,
    /// What makes players stop.
    pub effects: Effects,
    /// What happens to heartbeats on their way.
    pub defects: Defects,
    /// Encounters.
    pub episodes: EpisodeRules,
    /// Distance up to which pairs are looked for: those that meet, and those that fight.
    pub detection_radius_cm: u32,
    /// Encounters between heartbeats, if they are written.
    pub sweep: Option<SweepRules>,
    /// Encounters of teams, if they are written.
    pub team_episodes: Option<EpisodeRules>,
    /// Whether groups are written.
    pub lists_groups: bool,
    /// Whether rounds are written.
    pub lists_rounds: bool,
    /// Shortest encounter that is written, of those two kinds.
    pub min_duration_ms: i64,
    /// Which pairs count.
    pub relation: Relation,
    /// Realms, shards, windows.
    pub size: Size,
    /// [`Scenario::world_hash`].
    pub world_hash: String,
    activity: OnceLock<Activity>,
}

impl Setting {
    /// Compiles a scenario.
    pub fn new(scenario: Scenario) -> Self {
        let file = &scenario.file;
        let seed = Seed(file.seed);
        let clock = Clock { start: file.clock.start, days: file.clock.days, heartbeat_s: file.clock.heartbeat_seconds };
        let population = Population::new(file);
        let sessions = SessionRules::new(file);
        let grounds: Vec<Ground> = file.maps.entries.iter().map(|(name, map)| Ground::new(seed, name, map)).collect();
        let modes: Vec<ModeRules> =
            file.modes.entries.iter().map(|(name, mode)| ModeRules::new(seed, file, name, mode)).collect();
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
        let size = Size::new(&scenario, clock, &population, &sessions);
        let arsenal = Arsenal::new(seed, file);
        let friendships = Friendships::new(file, &population, size.realms);
        let parties = PartyRules::new(file);
        let fighting_cm = modes.iter().map(|mode| mode.engage_cm).max().filter(|_| arsenal.is_enabled);
        let world_hash = scenario.world_hash();
        let (careers, cheating) = (Careers::new(file), Cheating::new(file));
        let (anticheat, effects) = (Anticheat::new(file), Effects::new(file));
        Self {
            seed,
            clock,
            population,
            sessions,
            friendships,
            parties,
            raster: Raster::new(&grounds),
            grounds,
            modes,
            arsenal,
            shop,
            careers,
            cheating,
            anticheat,
            effects,
            defects: Defects::new(file, clock),
            episodes,
            detection_radius_cm: episodes.exit_radius_cm.max(fighting_cm.unwrap_or(0)),
            sweep,
            team_episodes,
            lists_groups: tables.encounters_group,
            lists_rounds: tables.rounds,
            min_duration_ms,
            relation,
            size,
            world_hash,
            activity: OnceLock::new(),
            scenario,
        }
    }

    /// What is expected to happen on each day: the one estimate that `check`, `plan` and run.json tell.
    pub(crate) fn activity(&self) -> &Activity {
        self.activity.get_or_init(|| Activity::estimate(self.seed, self.clock, &self.population, &self.sessions))
    }

    /// Regions.
    pub fn regions(&self) -> usize {
        self.scenario.file.regions.entries.len()
    }

    /// Accounts of a realm made on a day of the run.
    pub fn installs_on(&self, realm: u32, day: i32) -> impl Iterator<Item = i32> + use<> {
        self.accounts_of(realm, self.population.installed_before(day)..self.population.installed_before(day + 1))
    }

    /// Accounts of a realm made before a day of the run.
    pub fn installed_before(&self, realm: u32, day: i32) -> impl Iterator<Item = i32> + use<> {
        self.accounts_of(realm, 0..self.population.installed_before(day))
    }

    /// Accounts of a realm, of those counted from 0 in order of installation.
    fn accounts_of(&self, realm: u32, order: Range<u32>) -> impl Iterator<Item = i32> + use<> {
        // The n-th account has the id n + 1 and is dealt to realm n modulo realms.
        let realms = self.size.realms;
        let first = realm + realms * order.start.saturating_sub(realm).div_ceil(realms);
        (first..order.end).step_by(realms as usize).map(|n| n as i32 + 1)
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

    /// Whether heartbeats are sent to a collector.
    pub fn has_collector(&self) -> bool {
        self.writes("heartbeats_received") || self.writes("truth_defects")
    }

    /// Whether a table is written.
    pub fn writes(&self, table: &str) -> bool {
        self.scenario.file.output.tables.writes(table)
    }

    /// The days and realms of the whole run.
    pub fn span(&self) -> Span {
        Span::whole(self.clock, &self.size)
    }

    /// One player in how many has heartbeats written; 0 for none.
    pub fn heartbeats_one_in(&self) -> u32 {
        let output = &self.scenario.file.output;
        if output.tables.heartbeats { output.heartbeat_players_one_in } else { 0 }
    }
}
