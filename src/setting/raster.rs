//! A raster over the maps of a scenario, on which occupancy and kills are counted.

use super::ground::Ground;

/// Cells of all maps together that the raster is meant to stay below.
const MOST_CELLS: usize = 1 << 16;
/// Sides that a map is divided into, at least and at most.
const SIDES: std::ops::RangeInclusive<usize> = 8..=64;
/// Bits of a fraction of a side. Coordinates have up to 28 bits, sides 7.
const FRACTION_BITS: u32 = 56;

/// Every map is divided into the same number of cells along each axis, west to east and south to north.
#[derive(Clone, Debug)]
pub struct Raster {
    /// Cells along an axis.
    pub side: usize,
    /// Cells a centimetre along each axis of each map, rounded up, as fractions.
    scale: Vec<[u64; 2]>,
}

impl Raster {
    /// The raster of some maps: finer for fewer.
    pub fn new(grounds: &[Ground]) -> Self {
        // A power of two, so that coarser rasters divide it.
        let most = (MOST_CELLS / grounds.len().max(1)).isqrt().clamp(*SIDES.start(), *SIDES.end());
        let side = 1 << most.ilog2();
        let scale = |extent: i32| ((side as u64) << FRACTION_BITS).div_ceil(extent.max(1) as u64);
        Self { side, scale: grounds.iter().map(|ground| ground.extent.map(scale)).collect() }
    }

    /// Cells of a map.
    pub fn cells(&self) -> usize {
        self.side * self.side
    }

    /// Cells of all maps.
    pub fn len(&self) -> usize {
        self.cells() * self.scale.len()
    }

    /// What finds the cells of a map.
    pub fn of_map(&self, map: usize) -> MapRaster {
        MapRaster { side: self.side, first: map * self.cells(), scale: self.scale[map] }
    }
}

/// The raster of one map.
#[derive(Clone, Copy, Debug)]
pub struct MapRaster {
    side: usize,
    first: usize,
    scale: [u64; 2],
}

impl MapRaster {
    /// The cell of a position among those of all maps: `floor(x * side / extent)` along each axis, the far border being of
    /// the last cell.
    #[inline]
    pub fn cell(&self, x: i32, y: i32) -> usize {
        let along = |at: i32, axis: usize| {
            let cell = (at.max(0) as u64 * self.scale[axis]) >> FRACTION_BITS;
            (cell as usize).min(self.side - 1)
        };
        self.first + along(y, 1) * self.side + along(x, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_those_of_whole_numbers() {
        for extent in [10_000_i32, 16_000, 99_991, 400_000, 3_000_000] {
            for side in [8_usize, 17, 64] {
                let scale = ((side as u64) << FRACTION_BITS).div_ceil(extent as u64);
                let raster = MapRaster { side, first: 0, scale: [scale; 2] };
                for n in 0..20_000_i64 {
                    // Everywhere, and on both sides of every border between two cells.
                    let border = i64::from(extent) * (n % (side as i64 + 1)) / side as i64;
                    for x in [i64::from(extent) * n / 20_000, border, border + 1, border - 1] {
                        let x = x.clamp(0, extent.into());
                        let right = (x * side as i64 / i64::from(extent)).min(side as i64 - 1);
                        assert_eq!(raster.cell(x as i32, 0), right as usize, "{x} of {extent} in {side}");
                    }
                }
            }
        }
    }
}
