//! `players`: one row an account.

use crate::population::Profile;
use crate::setting::Setting;
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Account, table};
use crate::time::Date;

table! {
    /// One row an account that installs within the scenario's horizon.
    PlayerRow in "players", Dimension, sorted by (|row| (i64::from(row.player_id), 0)) ["player_id"] {
        /// Account number, from 1, in order of installation.
        1 player_id: i32, Delta;
        /// Day of installation, UTC.
        2 installed_on: Date, Delta;
        /// Country, ISO 3166-1 alpha-2.
        3 country: Text<domain::CountryName>, Dictionary;
        /// Data-centre region.
        4 region: Text<domain::RegionName>, Dictionary;
        /// Realm.
        5 realm_id: i16, Dictionary;
        /// Device.
        6 device: Text<domain::DeviceName>, Dictionary;
        /// Platform.
        7 platform: Text<domain::PlatformName>, Dictionary;
        /// veteran if installed before the run, otherwise new.
        8 segment: Text<domain::SegmentName>, Dictionary;
    }
}

impl Account for PlayerRow {
    fn of(setting: &Setting, profile: &Profile) -> Self {
        let id = profile.nature.id;
        Self {
            player_id: id,
            installed_on: setting.clock.start.plus(profile.nature.install_day),
            country: Text::at(profile.country.into()),
            region: Text::at(profile.region.into()),
            realm_id: setting.size.realm_of(id) as i16,
            device: Text::at(profile.device.into()),
            platform: Text::at(profile.platform.into()),
            segment: Text::at(usize::from(profile.nature.install_day < 0)),
        }
    }
}

/// Names of segments: who installed during the run, and who before.
pub const SEGMENTS: [&str; 2] = ["new", "veteran"];
