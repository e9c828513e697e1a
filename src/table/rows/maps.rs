//! `maps`: one row a map.

use crate::scenario::sections::Map;
use crate::setting::{Ground, Setting};
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row a map.
    MapRow in "maps", Dimension, sorted by (|row| (i64::from(row.map.index), 0)) ["map"] {
        /// Map.
        1 map: Text<domain::MapName>, Dictionary;
        /// Extent from west to east, centimetres.
        2 extent_x_cm: i32, Plain;
        /// Extent from south to north, centimetres.
        3 extent_y_cm: i32, Plain;
        /// Highest ground, centimetres.
        4 relief_cm: i32, Plain;
        /// Places that draw players.
        5 places: i32, Plain;
    }
}

impl Dimension for MapRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let cm = |metres: u32| (metres * 100) as i32;
        let row = |((index, map), ground): ((usize, &Map), &Ground)| Self {
            map: Text::at(index),
            extent_x_cm: cm(map.extent_x_m),
            extent_y_cm: cm(map.extent_y_m),
            relief_cm: cm(map.relief_m),
            places: ground.places() as i32,
        };
        setting.scenario.file.maps.values().enumerate().zip(&setting.grounds).map(row).collect()
    }
}
