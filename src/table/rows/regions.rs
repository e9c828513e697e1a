//! `regions`: one row a data-centre region.

use crate::scenario::sections::Region;
use crate::setting::Setting;
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row a region.
    RegionRow in "regions", Dimension, sorted by (|row| (i64::from(row.region.index), 0)) ["region"] {
        /// Region.
        1 region: Text<domain::RegionName>, Dictionary;
        /// Expected share of the players, millionths.
        2 share_ppm: i32, Plain;
    }
}

impl Dimension for RegionRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let file = &setting.scenario.file;
        let total: f64 = file.regions.values().map(|region| region.weight).sum();
        let row = |(index, region): (usize, &Region)| Self {
            region: Text::at(index),
            share_ppm: libm::round(region.weight / total * 1e6) as i32,
        };
        file.regions.values().enumerate().map(row).collect()
    }
}
