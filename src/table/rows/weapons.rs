//! `weapons`: one row a weapon.

use crate::scenario::sections::Weapon;
use crate::setting::Setting;
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row a weapon.
    WeaponRow in "weapons", Dimension, sorted by (|row| (i64::from(row.weapon.index), 0)) ["weapon"] {
        /// Weapon.
        1 weapon: Text<domain::WeaponName>, Dictionary;
        /// Distance at which it is used most, centimetres.
        2 best_range_cm: i32, Plain;
        /// Share of its kills that are headshots, millionths.
        3 headshot_ppm: i32, Plain;
    }
}

impl Dimension for WeaponRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let row = |(index, weapon): (usize, &Weapon)| Self {
            weapon: Text::at(index),
            best_range_cm: libm::round(weapon.best_range_m * 100.0) as i32,
            headshot_ppm: libm::round(weapon.headshot_share * 1e6) as i32,
        };
        setting.scenario.file.weapons.values().enumerate().map(row).collect()
    }
}
