//! Ways of moving, compiled for a heartbeat interval.

use super::ground::Relief;
use crate::scenario::sections::{File, Mode};

/// Slopes make ways longer than their shadow on the ground: a map's relief of at most a tenth of its extent costs at
/// most 1 % of the distance, so horizontal steps stay this far below top speed.
const SLOPE_ALLOWANCE: f64 = 0.985;

/// Rounding to whole centimetres on three axes.
pub const ROUNDING_CM: f64 = 3.0;

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
    roam: i32,
    /// Chance of moving on from a place, as a fraction of 2^32.
    pub leave_chance: u32,
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
            roam: (movement.roam_m * 100) as i32,
            leave_chance: ((1.0 - libm::exp(-heartbeat / movement.dwell_seconds.max(1e-9))) * f64::from(u32::MAX))
                as u32,
        }
    }

    /// Where a player who roams goes from a point on a map of some extent, by the high quarters of a word.
    #[inline(always)]
    pub fn roam_from(&self, relief: Relief, from: [i32; 2], bits: u64) -> [i32; 2] {
        let [x, y] = [0, 1].map(|axis| {
            let quarter = (bits >> (32 + 16 * axis)) as i64 & 0xffff;
            let roam = self.roam.min(relief.extent[axis]);
            from[axis] + ((quarter * i64::from(2 * roam + 1)) >> 16) as i32 - roam
        });
        relief.turn_back(x, y)
    }

    /// Share of the stride that a traveller covers: nobody runs at top speed all the time.
    #[inline(always)]
    pub fn pace(unit: f64) -> f64 {
        0.55 + 0.45 * unit
    }
}
