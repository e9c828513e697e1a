//! Sight: how often two players see each other, by how far apart and where on a map they are.

use std::sync::OnceLock;

/// Cells of a map along each axis.
const SIDE: usize = 32;
/// Steps of the table in which a chance falls to 1/e.
const STEPS_PER_E: f64 = 64.0;
/// Steps of the table: the last chance is below a hundred thousandth.
const STEPS: usize = 768;

/// How far one sees on a map: the chance of a line of sight falls exponentially with distance, at each place at its own rate.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Cells a centimetre, east and north.
    scale: [f64; 2],
    /// Centre of each place with the distance, in centimetres, at which the chance has fallen to 1/e there.
    places: Vec<([i32; 2], f64)>,
    /// Steps of the table a centimetre, by cell, once anyone looks.
    cells: OnceLock<Vec<f32>>,
    /// The chances, as fractions of 2^32.
    chances: Vec<u32>,
}

impl Sight {
    /// Of a map with an extent and places, each seen from as far as its distance says; a map has at least one.
    pub fn new(extent: [i32; 2], places: Vec<([i32; 2], f64)>) -> Self {
        let chance = |step: usize| {
            let share = libm::exp(-(step as f64) / STEPS_PER_E);
            (share * f64::from(u32::MAX)) as u32
        };
        Self {
            scale: extent.map(|extent| SIDE as f64 / f64::from(extent)),
            places,
            cells: OnceLock::new(),
            chances: (0..STEPS).map(chance).collect(),
        }
    }

    /// The chance that two players see each other, as a fraction of 2^32: so far apart, with so much as twice the point
    /// midway between them.
    #[inline]
    pub fn chance(&self, distance_cm: f64, twice_midway: [i32; 2]) -> u32 {
        let cells = self.cells.get_or_init(|| self.fill());
        let [column, row] = [0, 1].map(|axis| {
            let at = f64::from(twice_midway[axis]) * 0.5 * self.scale[axis];
            (at as usize).min(SIDE - 1)
        });
        let step = (distance_cm * f64::from(cells[row * SIDE + column])) as usize;
        self.chances.get(step).copied().unwrap_or(0)
    }

    /// Every cell has the sight of the place that is nearest to its centre, the first among equals.
    fn fill(&self) -> Vec<f32> {
        let centre = |cell: usize, axis: usize| (cell as f64 + 0.5) / self.scale[axis];
        let of_cell = |cell: usize| {
            let at = [centre(cell % SIDE, 0), centre(cell / SIDE, 1)];
            let far = |place: [i32; 2]| {
                let [dx, dy] = [0, 1].map(|axis| f64::from(place[axis]) - at[axis]);
                dx * dx + dy * dy
            };
            let nearest = self.places.iter().min_by(|a, b| far(a.0).total_cmp(&far(b.0)));
            nearest.map_or(0.0, |(_, distance)| (STEPS_PER_E / distance) as f32)
        };
        (0..SIDE * SIDE).map(of_cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sight_falls_with_distance_and_by_place() {
        let sight = Sight::new([10_000, 20_000], vec![([2_000, 5_000], 1_000.0), ([8_000, 15_000], 3_000.0)]);
        let share = |distance, at: [i32; 2]| f64::from(sight.chance(distance, at.map(|at| 2 * at))) / 4_294_967_296.0;
        for distance in [0.0, 100.0, 999.0, 2_500.0, 9_000.0] {
            for (at, reach) in [([1_900, 4_000], 1_000.0), ([9_999, 20_000], 3_000.0)] {
                let expected = libm::exp(-distance / reach);
                assert!((share(distance, at) - expected).abs() < 0.016, "{distance} at {at:?}");
            }
        }
        assert_eq!(sight.chance(1e9, [0, 0]), 0);
    }
}
