//! Weapons and the rules of fights, compiled into tables.

use std::sync::OnceLock;

use crate::random::{self, Purpose, Seed, Stream, Streams, mix, name_key};
use crate::scenario::sections::File;

/// Steps of the table of duels for a unit of skill, and units up to which it goes.
const DUEL_STEPS: f64 = 128.0;
const DUEL_REACH: f64 = 16.0;
/// Distances at which weapons are told apart: so many in each octave of centimetres.
const RANGES_PER_OCTAVE: u32 = 8;
/// The first octave begins here, and so many follow it: up to half a kilometre.
const FIRST_OCTAVE: u32 = 5;
const OCTAVES: u32 = 11;
/// Kills at a distance that are told apart: each is won by one weapon in a race of their names, so that a new weapon takes its
/// share from all others. So few that all distances together fit a near cache; what is a few hundredths off at one of them
/// comes true over several.
const KILLS: usize = 1 << 9;

#[derive(Clone, Debug)]
struct Gun {
    key: u64,
    weight_log: f64,
    best_range_log: f64,
    spread: f64,
    headshot_share: f64,
}

/// Weapons and the rules of fights, compiled.
#[derive(Clone, Debug)]
pub struct Arsenal {
    seed: Seed,
    weapons: Vec<Gun>,
    /// Weapons of the kills at each distance, once anyone is killed at it.
    choices: Vec<OnceLock<Vec<u16>>>,
    /// Chances to win by how much more skill one has, as fractions of 2^32.
    duels: Vec<u32>,
    /// Whether anyone is killed.
    pub is_enabled: bool,
    form_spread: f64,
    /// How fast fighters move between a heartbeat and a kill.
    pub drift_cm_per_s: u32,
}

impl Arsenal {
    /// Compiles weapons and combat.
    pub fn new(seed: Seed, file: &File) -> Self {
        let weapons = file.weapons.entries.iter().map(|(name, weapon)| Gun {
            key: name_key(name),
            weight_log: libm::log(weapon.weight),
            best_range_log: libm::log(weapon.best_range_m * 100.0),
            spread: weapon.range_spread_log,
            headshot_share: weapon.headshot_share,
        });
        let duel = |step: u32| {
            let lead = f64::from(step) / DUEL_STEPS - DUEL_REACH;
            (f64::from(u32::MAX) / (1.0 + libm::exp(-file.combat.skill_effect * lead))) as u32
        };
        Self {
            seed,
            weapons: weapons.collect(),
            choices: (0..OCTAVES * RANGES_PER_OCTAVE).map(|_| OnceLock::new()).collect(),
            duels: (0..=(2.0 * DUEL_REACH * DUEL_STEPS) as u32).map(duel).collect(),
            is_enabled: file.combat.enabled,
            form_spread: file.combat.form_spread,
            drift_cm_per_s: file.combat.drift_cm_per_s,
        }
    }

    /// By how much a player is better than usual in a match, in units of skill.
    pub fn form(&self, draws: &mut Stream) -> f64 {
        if self.form_spread > 0.0 { self.form_spread * draws.normal() } else { 0.0 }
    }

    /// Whether the first of two beats the second; `word` is uniform.
    #[inline]
    pub fn wins(&self, skill: f64, other: f64, word: u32) -> bool {
        let lead = (skill - other).clamp(-DUEL_REACH, DUEL_REACH);
        word < self.duels[((lead + DUEL_REACH) * DUEL_STEPS + 0.5) as usize]
    }

    /// Weapon and headshot of a kill at a distance; `aim` is how many times as many headshots as those of the weapon.
    #[inline]
    pub fn choose(&self, distance_cm: u32, aim: f64, draws: &mut Stream) -> (usize, bool) {
        let range = range_of(distance_cm);
        let choices = self.choices[range].get_or_init(|| self.choices_at(range));
        let bits = draws.bits();
        let index = usize::from(choices[bits as usize % KILLS]);
        (index, random::unit_of(bits) < aim * self.weapons[index].headshot_share)
    }

    fn choices_at(&self, range: usize) -> Vec<u16> {
        let distance_log = libm::log(middle_of(range));
        let weights: Vec<f64> = self
            .weapons
            .iter()
            .map(|weapon| {
                let off = (distance_log - weapon.best_range_log) / weapon.spread;
                weapon.weight_log - 0.5 * off * off
            })
            .collect();
        // Relative to the largest, because weights span more than floats do.
        let most = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let entries: Vec<(Streams, f64)> = self
            .weapons
            .iter()
            .zip(&weights)
            // Races of its own at each distance.
            .map(|(weapon, weight)| {
                let about = mix(weapon.key.wrapping_add(range as u64));
                (self.seed.streams(Purpose::Kill, about), libm::exp(weight - most))
            })
            .collect();
        random::winners(KILLS, &entries)
    }
}

/// The range that a distance lies in: eighths of octaves.
#[inline]
fn range_of(distance_cm: u32) -> usize {
    let distance = distance_cm.clamp(1 << FIRST_OCTAVE, (1 << (FIRST_OCTAVE + OCTAVES)) - 1);
    let octave = distance.ilog2();
    let eighth = (distance >> (octave - RANGES_PER_OCTAVE.ilog2())) - RANGES_PER_OCTAVE;
    ((octave - FIRST_OCTAVE) * RANGES_PER_OCTAVE + eighth) as usize
}

/// The distance in the middle of a range, in centimetres.
fn middle_of(range: usize) -> f64 {
    let (octave, eighth) = (range as u32 / RANGES_PER_OCTAVE, range as u32 % RANGES_PER_OCTAVE);
    f64::from(1u32 << (octave + FIRST_OCTAVE)) * (1.0 + (f64::from(eighth) + 0.5) / f64::from(RANGES_PER_OCTAVE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn arsenal(sets: &[&str]) -> Arsenal {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Arsenal::new(Seed(3), &Scenario::parse("t", "t", "", &sets).expect("valid").file)
    }

    #[test]
    fn every_distance_has_a_range_around_its_middle() {
        for distance in (1..100_000).chain([u32::MAX]) {
            let (range, middle) = (range_of(distance), middle_of(range_of(distance)));
            assert!(range < (OCTAVES * RANGES_PER_OCTAVE) as usize);
            if (32..65_536).contains(&distance) {
                assert!((f64::from(distance) / middle - 1.0).abs() < 1.0 / 16.0, "{distance}: {middle}");
            }
        }
    }

    #[test]
    fn duels_and_weapons_come_true() {
        let arsenal = arsenal(&["combat.skill_effect=0.8"]);
        let mut draws = Seed(1).stream(Purpose::Probe, 0, 0);
        for lead in [-20.0, -1.5, 0.0, 0.7, 3.0_f64] {
            let wins = (0..100_000).filter(|_| arsenal.wins(lead, 0.0, draws.bits() as u32)).count() as f64 / 1e5;
            let expected = 1.0 / (1.0 + libm::exp(-0.8 * lead.clamp(-DUEL_REACH, DUEL_REACH)));
            assert!((wins - expected).abs() < 0.006, "{lead}: {wins}");
        }
        for distance in [200, 1_500, 9_000] {
            let mut counts = vec![0.0; arsenal.weapons.len()];
            (0..100_000).for_each(|_| counts[arsenal.choose(distance, 1.0, &mut draws).0] += 1e-5);
            let log = libm::log(middle_of(range_of(distance)));
            let weights: Vec<f64> = arsenal
                .weapons
                .iter()
                .map(|gun| {
                    let off = (log - gun.best_range_log) / gun.spread;
                    libm::exp(gun.weight_log - 0.5 * off * off)
                })
                .collect();
            let all: f64 = weights.iter().sum();
            for (count, weight) in counts.iter().zip(&weights) {
                assert!((count - weight / all).abs() < 0.08, "at {distance}: {counts:?} for {weights:?}");
            }
        }
    }
}
