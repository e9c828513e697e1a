//! How few of a map's cells hold most of its kills.

use super::frequencies::Frequencies;

/// Side of a cell in centimetres: 256 Hammer units, in which the published figures are counted, are 488.
pub const CELL_CM: i64 = 500;
/// Longest side of a map that is compared with the published figures, which are of maps of team shooters.
pub const LONGEST_CM: i64 = 100_000;

/// Kills and visits of a map, cell by cell.
#[derive(Clone, Debug)]
pub struct Hotspots {
    columns: i64,
    rows: i64,
    kills: Vec<u32>,
    walked: Vec<bool>,
}

impl Hotspots {
    /// A map where nothing has happened; nothing for one that is too large.
    pub fn new(extent_cm: [i64; 2]) -> Option<Self> {
        if extent_cm.iter().any(|side| *side > LONGEST_CM) {
            return None;
        }
        let [columns, rows] = extent_cm.map(|side| (side + CELL_CM - 1) / CELL_CM);
        let cells = (columns * rows) as usize;
        Some(Self { columns, rows, kills: vec![0; cells], walked: vec![false; cells] })
    }

    fn cell(&self, x_cm: i64, y_cm: i64) -> usize {
        let column = (x_cm / CELL_CM).clamp(0, self.columns - 1);
        let row = (y_cm / CELL_CM).clamp(0, self.rows - 1);
        (row * self.columns + column) as usize
    }

    /// Somebody stood there.
    pub fn visit(&mut self, x_cm: i64, y_cm: i64) {
        let cell = self.cell(x_cm, y_cm);
        self.walked[cell] = true;
    }

    /// Somebody died there.
    pub fn kill(&mut self, x_cm: i64, y_cm: i64) {
        let cell = self.cell(x_cm, y_cm);
        self.walked[cell] = true;
        self.kills[cell] += 1;
    }

    /// Kills on the map.
    pub fn total(&self) -> u64 {
        self.kills.iter().map(|kills| u64::from(*kills)).sum()
    }

    /// Cells that somebody stood or died in.
    pub fn walkable(&self) -> u64 {
        self.walked.iter().filter(|walked| **walked).count() as u64
    }

    /// Share of the walkable cells that holds a share of the kills, in percent, densest cells first.
    pub fn area_holding(&self, percent: u64) -> Option<f64> {
        let mut spread = Frequencies::default();
        self.kills.iter().for_each(|kills| spread.add(*kills as usize));
        let by_density: Vec<(usize, u64)> = spread.occurred().collect();
        let wanted = (self.total() * percent).div_ceil(100);
        let (mut cells, mut held) = (0, 0);
        for (kills, times) in by_density.into_iter().rev().filter(|(kills, _)| *kills > 0) {
            let needed = (wanted - held).div_ceil(kills as u64).min(times);
            cells += needed;
            held += needed * kills as u64;
            if held >= wanted {
                break;
            }
        }
        (self.walkable() > 0).then(|| cells as f64 / self.walkable() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_densest_cells_are_counted_first() {
        let mut spots = Hotspots::new([2_000, 1_400]).unwrap();
        assert_eq!((spots.columns, spots.rows), (4, 3));
        for (x, kills) in [(100, 6), (600, 3), (1_100, 1)] {
            (0..kills).for_each(|_| spots.kill(x, 0));
        }
        spots.visit(1_999, 1_399);
        assert_eq!((spots.total(), spots.walkable()), (10, 4));
        assert_eq!(
            [30, 60, 61, 90, 91].map(|percent| spots.area_holding(percent).unwrap()),
            [0.25, 0.25, 0.5, 0.5, 0.75]
        );
        assert!(Hotspots::new([100_001, 50]).is_none());
    }
}
