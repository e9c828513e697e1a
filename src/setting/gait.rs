//! Ways of moving, compiled for a heartbeat interval.

use super::ground::Relief;
use crate::random::unit_of_half;
use crate::scenario::sections::{File, Mode};

/// Slopes make ways longer than their shadow on the ground: a map's relief of at most a tenth of its extent costs at
/// most 1 % of the distance, so horizontal steps stay this far below top speed.
const SLOPE_ALLOWANCE: f64 = 0.985;

/// Rounding to whole centimetres on three axes.
pub const ROUNDING_CM: f64 = 3.0;

/// Slowest pace of who walks and of who runs, as shares of top speed (in Counter-Strike 130 and 250 units a second).
const WALK: f64 = 0.48;
const RUN: f64 = 0.9;

/// Where players go next.
#[derive(Clone, Copy, Debug)]
pub enum Model {
    /// To places, by popularity.
    Hotspots,
    /// Anywhere.
    RandomWaypoint,
    /// In any direction, mostly not far.
    LevyWalk {
        /// Of the power law of lengths.
        exponent: f64,
        /// Shortest length in centimetres.
        min_step: f64,
    },
}

/// A way of moving, compiled for a heartbeat interval.
#[derive(Clone, Copy, Debug)]
pub struct Gait {
    /// Where players go next.
    pub model: Model,
    /// Nobody is ever faster.
    pub top_speed_cm_per_s: u32,
    /// Farthest step over the ground in one interval.
    pub stride: f64,
    /// Farthest roaming on each axis.
    roam: f32,
    /// Share of travellers who walk.
    walk_share: f64,
    /// Chance of moving on from a place, as a fraction of 2^32.
    leave_chance: u32,
}

impl Gait {
    /// Compiles the movement of a mode.
    pub fn new(file: &File, mode: &Mode) -> Self {
        let movement = file.movements.at(file.movements.index_of(&mode.movement).expect("validated"));
        let heartbeat = f64::from(file.clock.heartbeat_seconds);
        let model = match movement.model.as_str() {
            "hotspots" => Model::Hotspots,
            "random_waypoint" => Model::RandomWaypoint,
            _ => Model::LevyWalk { exponent: movement.levy_exponent, min_step: movement.levy_min_step_m * 100.0 },
        };
        Self {
            model,
            top_speed_cm_per_s: movement.top_speed_cm_per_s,
            stride: (f64::from(movement.top_speed_cm_per_s) * heartbeat * SLOPE_ALLOWANCE - ROUNDING_CM).max(0.0),
            roam: (movement.roam_m * 100) as f32,
            walk_share: movement.walk_share,
            leave_chance: ((1.0 - libm::exp(-heartbeat / movement.dwell_seconds.max(1e-9))) * f64::from(u32::MAX))
                as u32,
        }
    }

    /// Whether somebody leaves its place in an interval, by the word of its squad.
    #[inline(always)]
    pub fn leaves(&self, word: u64) -> bool {
        (word as u32) < self.leave_chance
    }

    /// How far a traveller gets in an interval, by the word of its squad: some walk, most run.
    #[inline(always)]
    pub fn reach(&self, word: u64) -> f64 {
        let unit = unit_of_half((word >> 32) as u32);
        let slowest = if unit < self.walk_share { WALK } else { RUN };
        self.stride * (slowest + (1.0 - RUN) * unit)
    }

    /// Where a player who stays around a point is next, by two halves of a word: mostly near it.
    #[inline(always)]
    pub fn roam_around(&self, relief: Relief, anchor: [i32; 2], word: u64) -> [i32; 2] {
        let [x, y] = [0, 1].map(|axis| {
            let half = (word >> (32 * axis)) as i32;
            // From -1 to 1; the density of the sum of two uniform draws, which is highest in the middle, by its inverse.
            let even = half as f32 * (1.0 / 2_147_483_648.0);
            let out = (1.0 - (1.0 - even.abs()).sqrt()).copysign(even);
            anchor[axis] + nearest(out * self.roam.min(relief.extent[axis] as f32))
        });
        relief.turn_back(x, y)
    }
}

/// The whole number nearest to one below 2^22, by additions, which run in lanes: adding so much that no bits are left for
/// fractions rounds, and the low half of the mantissa is the number in two's complement.
#[inline(always)]
fn nearest(number: f32) -> i32 {
    const LARGE: f32 = (3u32 << 22) as f32;
    (number + LARGE).to_bits().cast_signed() - LARGE.to_bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_the_nearest() {
        let mut draws = crate::random::Seed(1).stream(crate::random::Purpose::Probe, 0, 1);
        let edges =
            [0.0, -0.0, 0.49, -0.49, 0.51, -0.51, 7.0, -7.0, 99_999.4, -99_999.4, 100_000.0, -100_000.0, 4_000_000.0];
        for number in edges.into_iter().chain((0..10_000).map(|_| (draws.unit() - 0.5) as f32 * 2e5)) {
            assert!((nearest(number) as f32 - number).abs() <= 0.5, "{number} -> {}", nearest(number));
        }
    }
}
