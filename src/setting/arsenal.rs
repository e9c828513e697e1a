//! Weapons and the rules of fights, compiled.

use crate::random::{self, Purpose, Seed, Stream, Streams, mix, name_key};
use crate::scenario::sections::File;

#[derive(Clone, Debug)]
struct Gun {
    streams: Streams,
    weight_log: f64,
    best_range_log: f64,
    spread: f64,
    headshot_share: f64,
}

/// Weapons and the rules of fights, compiled.
#[derive(Clone, Debug)]
pub struct Arsenal {
    weapons: Vec<Gun>,
    /// Whether anyone is killed.
    pub is_enabled: bool,
    skill_effect: f64,
    /// How fast fighters move between a heartbeat and a kill.
    pub drift_cm_per_s: u32,
}

impl Arsenal {
    /// Compiles weapons and combat.
    pub fn new(seed: Seed, file: &File) -> Self {
        let weapons = file.weapons.entries.iter().map(|(name, weapon)| Gun {
            streams: seed.streams(Purpose::Kill, name_key(name)),
            weight_log: libm::log(weapon.weight),
            best_range_log: libm::log(weapon.best_range_m * 100.0),
            spread: weapon.range_spread_log,
            headshot_share: weapon.headshot_share,
        });
        Self {
            weapons: weapons.collect(),
            is_enabled: file.combat.enabled,
            skill_effect: file.combat.skill_effect,
            drift_cm_per_s: file.combat.drift_cm_per_s,
        }
    }

    /// Chance that the first of two beats the second.
    pub fn win_chance(&self, skill: f64, other: f64) -> f64 {
        1.0 / (1.0 + libm::exp(-self.skill_effect * (skill - other)))
    }

    /// Weapon and headshot of a kill at a distance.
    pub fn choose(&self, about: u64, tick: u32, distance_cm: u32, draws: &mut Stream) -> (usize, bool) {
        let distance_log = libm::log(f64::from(distance_cm.max(50)));
        let entries = self.weapons.iter().map(|weapon| {
            let off = (distance_log - weapon.best_range_log) / weapon.spread;
            (weapon.streams, weapon.weight_log - 0.5 * off * off)
        });
        let index = random::pick_by_log_weight(mix(about).wrapping_add(tick.into()), entries);
        (index, draws.chance(self.weapons[index].headshot_share))
    }
}
