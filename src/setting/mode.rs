//! Modes, compiled: teams, lengths, maps and rules of their matches.

use super::gait::{Dwell, Gait};
use crate::random::{Purpose, Seed, Streams, name_key};
use crate::scenario::sections::{File, Mode};

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
    pub length_ticks: (u32, u32),
    /// Indices of the maps and streams of the draws that may choose them.
    pub maps: Vec<(u16, Streams)>,
    /// How players move.
    pub gait: Gait,
    /// How long they stay at places.
    pub dwell: Dwell,
    /// Whether a team moves as one squad.
    pub is_squad: bool,
    /// Whether a death ends the match for the victim.
    pub is_elimination: bool,
    /// Whether the playable circle closes.
    pub circle_closes: bool,
    /// Longest round in ticks; 0 where there are none.
    pub round_ticks: u32,
    /// Ticks in which a match with elimination may be joined and nobody is killed.
    pub join_window_ticks: u32,
    /// Distance up to which opponents fight.
    pub engage_cm: u32,
    /// Chance that two opponents who see each other fight to the death within a heartbeat, as a fraction of 2^32.
    pub kill_chance: u64,
}

impl ModeRules {
    /// Compiles a mode.
    pub fn new(seed: Seed, file: &File, name: &str, mode: &Mode) -> Self {
        let heartbeat = f64::from(file.clock.heartbeat_seconds);
        let ticks = |factor: f64| libm::round(mode.match_minutes * 60.0 * factor / heartbeat).max(1.0) as u32;
        let movement = file.movements.at(file.movements.index_of(&mode.movement).expect("validated"));
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
            dwell: Dwell::new(movement.dwell_seconds, movement.dwell_shape, heartbeat),
            is_squad: mode.squads,
            is_elimination: mode.elimination,
            circle_closes: mode.circle_closes,
            round_ticks: mode.round_s.div_ceil(file.clock.heartbeat_seconds),
            join_window_ticks: mode.join_window_s.div_ceil(file.clock.heartbeat_seconds),
            engage_cm: 100 * if mode.engage_radius_m > 0 { mode.engage_radius_m } else { file.combat.engage_radius_m },
            kill_chance: (mode.kill_chance * 4_294_967_296.0) as u64,
        }
    }

    /// Players in a team.
    pub fn team_size(&self) -> u32 {
        self.capacity / u32::from(self.teams)
    }
}
