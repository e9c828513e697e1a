//! `devices`: one row a device.

use crate::scenario::sections::Device;
use crate::setting::Setting;
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row a device.
    DeviceRow in "devices", Dimension, sorted by (|row| (i64::from(row.device.index), 0)) ["device"] {
        /// Device.
        1 device: Text<domain::DeviceName>, Dictionary;
        /// Platform.
        2 platform: Text<domain::PlatformName>, Dictionary;
    }
}

impl Dimension for DeviceRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let file = &setting.scenario.file;
        let row = |(index, device): (usize, &Device)| Self {
            device: Text::at(index),
            platform: Text::at(file.platforms.index_of(&device.platform).expect("validated")),
        };
        file.devices.values().enumerate().map(row).collect()
    }
}
