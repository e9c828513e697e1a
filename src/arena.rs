//! Arenas: server instances that host one match after another, and the modes that are played on them.

use bevy_ecs::prelude::*;

use crate::matches::Match;
use crate::movement::Gait;
use crate::random::{self, Purpose, Seed, Streams, mix, name_key};
use crate::scenario::sections::{File, Mode};
use crate::setting::Setting;
use crate::tape::Tape;

/// A mode, compiled.
#[derive(Clone, Debug)]
pub struct ModeRules {
    /// Streams of the draws that may choose it.
    pub streams: Streams,
    /// How often it is chosen.
    pub weight: f64,
    /// Teams in a match.
    pub teams: u8,
    /// Players in a match.
    pub capacity: u32,
    /// Shortest and longest match in ticks.
    length_ticks: (u32, u32),
    /// Indices of the maps and streams of the draws that may choose them.
    maps: Vec<(u16, Streams)>,
    /// How players move.
    pub gait: Gait,
    /// Whether a death ends the match for the victim.
    pub is_elimination: bool,
    /// Whether the playable circle closes.
    pub circle_closes: bool,
    /// Ticks in which a match with elimination may be joined and nobody is killed.
    pub join_window_ticks: u32,
    /// Chance that a contact of opponents ends in a kill.
    pub kill_chance: f64,
}

impl ModeRules {
    /// Compiles a mode.
    pub fn new(seed: Seed, file: &File, name: &str, mode: &Mode) -> Self {
        let heartbeat = f64::from(file.clock.heartbeat_seconds);
        let ticks = |factor: f64| libm::round(mode.match_minutes * 60.0 * factor / heartbeat).max(1.0) as u32;
        let all_maps = file.maps.names().map(str::to_owned).collect();
        let maps: &Vec<String> = if mode.maps.is_empty() { &all_maps } else { &mode.maps };
        Self {
            streams: seed.streams(Purpose::Mode, name_key(name)),
            weight: mode.weight,
            teams: mode.teams as u8,
            capacity: mode.teams * mode.team_size,
            length_ticks: (ticks(1.0 - mode.match_minutes_spread), ticks(1.0 + mode.match_minutes_spread)),
            maps: maps
                .iter()
                .map(|name| {
                    (file.maps.index_of(name).expect("validated") as u16, seed.streams(Purpose::Map, name_key(name)))
                })
                .collect(),
            gait: Gait::new(file, mode),
            is_elimination: mode.elimination,
            circle_closes: mode.circle_closes,
            join_window_ticks: mode.join_window_s.div_ceil(file.clock.heartbeat_seconds),
            kill_chance: mode.kill_chance,
        }
    }

    /// Players in a team.
    pub fn team_size(&self) -> u32 {
        self.capacity / u32::from(self.teams)
    }
}

/// A server instance.
#[derive(Component, Clone, Debug, Default)]
pub struct Arena {
    /// Number within the realm.
    pub id: u32,
    /// Index of the mode it hosts.
    pub mode: u16,
    /// Index of its region.
    pub region: u16,
    /// Session for which it was opened last: what its draws are about.
    pub founder: i64,
    /// Matches hosted so far.
    pub matches: u32,
}

/// Arenas of a realm and matches of an arena: what their bits of a match number hold.
pub const MAX_PER_FIELD: u32 = 1 << 22;

impl Arena {
    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.u32(&mut self.id);
        tape.u16(&mut self.mode);
        tape.u16(&mut self.region);
        tape.i64(&mut self.founder);
        tape.u32(&mut self.matches);
    }

    /// Starts the next match here, which is still empty.
    pub fn start(&mut self, setting: &Setting, realm: u32, tick: u32, game: &mut Match) {
        let rules = &setting.modes[usize::from(self.mode)];
        let ordinal = self.matches;
        self.matches += 1;
        let about = mix(mix(self.founder as u64).wrapping_add(tick.into()));
        let map = random::pick(about, rules.maps.iter().map(|(_, streams)| (*streams, 1.0)));
        let (shortest, longest) = rules.length_ticks;
        let length = shortest + setting.seed.stream(Purpose::MatchLength, about, 0).below(longest - shortest + 1);
        game.id = i64::from(realm) << 44 | i64::from(self.id) << 22 | i64::from(ordinal);
        game.map = rules.maps[map].0;
        game.region = self.region;
        game.about = about;
        game.started_tick = tick;
        game.ends_tick = tick + length;
    }
}
