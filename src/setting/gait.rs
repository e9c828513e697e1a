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
    /// Farthest step of anyone in one interval, in centimetres.
    pub top_step_cm: u64,
    /// Farthest step over the ground in one interval.
    pub stride: f64,
    /// Farthest roaming on each axis.
    roam: f32,
    /// Share of travellers who walk.
    walk_share: f64,
}

/// How long players stay at a place: by a Weibull distribution, whose chance of moving on falls with time. Such a one is a
/// mixture of memoryless ones (Jewell 1982), so that nobody has to remember when it came: whoever sets out draws how
/// restless it will be where it goes.
#[derive(Clone, Debug)]
pub struct Dwell {
    /// Chances of moving on within a heartbeat interval, as fractions of 2^32, each as likely as another.
    chances: Vec<u32>,
}

/// Steps of each of the two draws that make a restlessness.
const RESTLESS_STEPS: u32 = 64;

impl Dwell {
    /// Compiles how long players stay: the mean, the shape (below 1 the longer, the longer still; 1 forgets) and the interval,
    /// in seconds.
    pub fn new(mean_s: f64, shape: f64, interval_s: f64) -> Self {
        let intervals = interval_s / mean_s.max(1e-9) * libm::tgamma(1.0 + 1.0 / shape);
        let middle = |step: u32| (f64::from(step) + 0.5) / f64::from(RESTLESS_STEPS);
        // A positive stable number, whose Laplace transform is exp(-s^shape) (Kanter 1975).
        let restlessness = |step: u32| {
            let angle = std::f64::consts::PI * middle(step % RESTLESS_STEPS);
            let exponential = -libm::log(middle(step / RESTLESS_STEPS));
            libm::sin(shape * angle) / libm::pow(libm::sin(angle), 1.0 / shape)
                * libm::pow(libm::sin((1.0 - shape) * angle) / exponential, (1.0 - shape) / shape)
        };
        let chance = |step| -libm::expm1(-restlessness(step) * intervals);
        let chances = (0..RESTLESS_STEPS * RESTLESS_STEPS).map(|step| (chance(step) * f64::from(u32::MAX)) as u32);
        Self { chances: chances.collect() }
    }

    /// The chance of moving on from the place that somebody sets out for, by a word, as a fraction of 2^32.
    #[inline]
    pub fn choose_chance(&self, word: u64) -> u32 {
        self.chances[word as usize % self.chances.len()]
    }
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
            top_step_cm: u64::from(movement.top_speed_cm_per_s) * u64::from(file.clock.heartbeat_seconds),
            stride: (f64::from(movement.top_speed_cm_per_s) * heartbeat * SLOPE_ALLOWANCE - ROUNDING_CM).max(0.0),
            roam: (movement.roam_m * 100) as f32,
            walk_share: movement.walk_share,
        }
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

    /// Who has stayed so many intervals is still there with the chance of a Weibull distribution.
    #[test]
    fn stays_are_of_the_shape_and_the_mean() {
        for (mean_s, shape, scale_s) in [(18.055, 0.6, 12.0), (60.0, 0.5, 30.0), (60.0, 1.0, 60.0)] {
            let dwell = Dwell::new(mean_s, shape, 30.0);
            for intervals in [1, 2, 3, 5, 10, 20] {
                let stay =
                    |chance: &u32| libm::pow(1.0 - f64::from(*chance) / f64::from(u32::MAX), f64::from(intervals));
                let still = dwell.chances.iter().map(stay).sum::<f64>() / dwell.chances.len() as f64;
                let expected = libm::exp(-libm::pow(30.0 * f64::from(intervals) / scale_s, shape));
                assert!((still - expected).abs() < 0.004, "{shape}, {intervals}: {still} of {expected}");
            }
        }
        assert_eq!(Dwell::new(0.0, 0.6, 30.0).choose_chance(7), u32::MAX, "nobody stays");
    }

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
