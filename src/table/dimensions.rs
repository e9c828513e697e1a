//! Dimensions: small tables that are pure functions of the scenario and the account number.

use super::{Row, Text, domain, table};
use crate::setting::Setting;
use crate::time::Date;

table! {
    /// One row an account that installs within the scenario's horizon.
    PlayerRow in "players", Dimension, sorted by (|row| (i64::from(row.player_id), 0)) ["player_id"] {
        /// Account number, from 1, in order of installation.
        1 player_id: i32, Delta;
        /// Day of installation, UTC.
        2 installed_on: Date, Delta;
        /// Country, ISO 3166-1 alpha-2.
        3 country: Text<domain::Country>, Dictionary;
        /// Data-centre region.
        4 region: Text<domain::Region>, Dictionary;
        /// Realm.
        5 realm_id: i16, Dictionary;
        /// Device.
        6 device: Text<domain::Device>, Dictionary;
        /// Platform.
        7 platform: Text<domain::Platform>, Dictionary;
        /// veteran if installed before the run, otherwise new.
        8 segment: Text<domain::Segment>, Dictionary;
    }
}

table! {
    /// One row a region.
    RegionRow in "regions", Dimension, sorted by (|row| (i64::from(row.region.index), 0)) ["region"] {
        /// Region.
        1 region: Text<domain::Region>, Dictionary;
        /// Expected share of the players, millionths.
        2 share_ppm: i32, Plain;
    }
}

table! {
    /// One row a country of a region; a country may lie in several, so both together are the key.
    CountryRow in "countries", Dimension, sorted by (|row| (i64::from(row.region.index), i64::from(row.country.index))) ["region", "country"] {
        /// Region.
        1 region: Text<domain::Region>, Dictionary;
        /// Country, ISO 3166-1 alpha-2.
        2 country: Text<domain::Country>, Dictionary;
        /// Local time minus UTC in minutes.
        3 utc_offset_minutes: i32, Plain;
        /// Currency, ISO 4217.
        4 currency: Text<domain::Currency>, Dictionary;
    }
}

table! {
    /// One row a device.
    DeviceRow in "devices", Dimension, sorted by (|row| (i64::from(row.device.index), 0)) ["device"] {
        /// Device.
        1 device: Text<domain::Device>, Dictionary;
        /// Platform.
        2 platform: Text<domain::Platform>, Dictionary;
    }
}

table! {
    /// One row an item of the shop.
    ItemRow in "items", Dimension, sorted by (|row| (i64::from(row.item_id), 0)) ["item_id"] {
        /// Item number.
        1 item_id: i16, Plain;
        /// Item name.
        2 item: Text<domain::Item>, Dictionary;
        /// Category.
        3 category: Text<domain::Category>, Dictionary;
        /// Price in hundredths of a US dollar.
        4 price_usd_cents: i32, Plain;
    }
}

table! {
    /// One row a map.
    MapRow in "maps", Dimension, sorted by (|row| (i64::from(row.map.index), 0)) ["map"] {
        /// Map.
        1 map: Text<domain::Map>, Dictionary;
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

table! {
    /// One row a mode.
    ModeRow in "modes", Dimension, sorted by (|row| (i64::from(row.mode.index), 0)) ["mode"] {
        /// Mode.
        1 mode: Text<domain::Mode>, Dictionary;
        /// Teams in a match.
        2 teams: i8, Plain;
        /// Players in a team.
        3 team_size: i32, Plain;
        /// Mean match length in seconds.
        4 match_length_s: i32, Plain;
        /// Whether a death ends the match for the victim.
        5 is_elimination: bool, Plain;
        /// Top speed of players, centimetres per second.
        6 top_speed_cm_per_s: i32, Plain;
    }
}

table! {
    /// One row a weapon.
    WeaponRow in "weapons", Dimension, sorted by (|row| (i64::from(row.weapon.index), 0)) ["weapon"] {
        /// Weapon.
        1 weapon: Text<domain::Weapon>, Dictionary;
        /// Distance at which it is used most, centimetres.
        2 best_range_cm: i32, Plain;
        /// Share of its kills that are headshots, millionths.
        3 headshot_ppm: i32, Plain;
    }
}

table! {
    /// One row a kind of event in the fact tables.
    EventTypeRow in "event_types", Dimension, sorted by (|row| (i64::from(row.event_type.index), 0)) ["event_type"] {
        /// Kind of event.
        1 event_type: Text<domain::EventType>, Dictionary;
        /// Table whose rows are such events.
        2 table_name: Text<domain::TableName>, Dictionary;
        /// What happens.
        3 description: Text<domain::Description>, Dictionary;
    }
}

table! {
    /// One row an account: the latent traits that decide its behaviour and that telemetry would not show.
    TruthPlayerRow in "truth_players", Dimension, sorted by (|row| (i64::from(row.player_id), 0)) ["player_id"] {
        /// Account number.
        1 player_id: i32, Delta;
        /// Archetype.
        2 archetype: Text<domain::Archetype>, Dictionary;
        /// Spending cluster; non_payer for those who never pay.
        3 cluster: Text<domain::Cluster>, Dictionary;
        /// Engagement, thousandths of a standard deviation.
        4 engagement_milli: i32, DeltaRaw;
        /// Skill, thousandths of a standard deviation.
        5 skill_milli: i32, DeltaRaw;
        /// Chance of leaving for good after an active day, millionths.
        6 churn_ppm: i32, DeltaRaw;
        /// Mean session length in seconds.
        7 session_length_s: i32, DeltaRaw;
        /// Minute of the day, local time, around which sessions start.
        8 peak_minute: i32, DeltaRaw;
    }
}

/// The rows of the dimensions that do not grow with the population.
pub struct DimensionRows {
    /// Regions.
    pub regions: Vec<RegionRow>,
    /// Countries.
    pub countries: Vec<CountryRow>,
    /// Devices.
    pub devices: Vec<DeviceRow>,
    /// Items.
    pub items: Vec<ItemRow>,
    /// Maps.
    pub maps: Vec<MapRow>,
    /// Modes.
    pub modes: Vec<ModeRow>,
    /// Weapons.
    pub weapons: Vec<WeaponRow>,
    /// Event types.
    pub event_types: Vec<EventTypeRow>,
}

/// Kinds of event, their tables and what they mean, in order of their names.
pub const EVENT_TYPES: [(&str, &str, &str); 8] = [
    ("encounter", super::EncounterRow::TABLE.name, "two players were close for a while"),
    ("heartbeat", super::HeartbeatRow::TABLE.name, "a session reported its position"),
    ("kill", super::KillRow::TABLE.name, "a player killed an opponent"),
    ("match_end", super::MatchRow::TABLE.name, "a match ended"),
    ("participation", super::ParticipationRow::TABLE.name, "a session took part in a match"),
    ("purchase", super::PurchaseRow::TABLE.name, "a player bought an item"),
    ("session_end", super::SessionEndRow::TABLE.name, "a session ended"),
    ("truth_event", super::TruthEventRow::TABLE.name, "something telemetry would not show happened to an account"),
];

/// Rows of every dimension but players and truth_players.
pub fn dimension_rows(setting: &Setting) -> DimensionRows {
    let file = &setting.scenario.file;
    let region_total: f64 = file.regions.values().map(|region| region.weight).sum();
    let cm = |metres: u32| (metres * 100) as i32;
    DimensionRows {
        regions: file
            .regions
            .values()
            .enumerate()
            .map(|(index, region)| RegionRow {
                region: Text::at(index),
                share_ppm: libm::round(region.weight / region_total * 1e6) as i32,
            })
            .collect(),
        countries: setting
            .population
            .countries
            .iter()
            .enumerate()
            .map(|(index, country)| CountryRow {
                region: Text::at(country.region.into()),
                country: Text::at(index),
                utc_offset_minutes: country.utc_offset_minutes,
                currency: Text::at(country.currency.into()),
            })
            .collect(),
        devices: file
            .devices
            .values()
            .enumerate()
            .map(|(index, device)| DeviceRow {
                device: Text::at(index),
                platform: Text::at(file.platforms.index_of(&device.platform).expect("validated")),
            })
            .collect(),
        items: setting
            .shop
            .items
            .iter()
            .enumerate()
            .map(|(index, item)| ItemRow {
                item_id: index as i16,
                item: Text::at(index),
                category: Text::at(item.category.into()),
                price_usd_cents: item.price_usd_cents as i32,
            })
            .collect(),
        maps: file
            .maps
            .values()
            .enumerate()
            .map(|(index, map)| MapRow {
                map: Text::at(index),
                extent_x_cm: cm(map.extent_x_m),
                extent_y_cm: cm(map.extent_y_m),
                relief_cm: cm(map.relief_m),
                places: setting.grounds[index].places() as i32,
            })
            .collect(),
        modes: file
            .modes
            .values()
            .enumerate()
            .map(|(index, mode)| ModeRow {
                mode: Text::at(index),
                teams: mode.teams as i8,
                team_size: mode.team_size as i32,
                match_length_s: libm::round(mode.match_minutes * 60.0) as i32,
                is_elimination: mode.elimination,
                top_speed_cm_per_s: setting.modes[index].gait.top_speed_cm_per_s as i32,
            })
            .collect(),
        weapons: file
            .weapons
            .values()
            .enumerate()
            .map(|(index, weapon)| WeaponRow {
                weapon: Text::at(index),
                best_range_cm: libm::round(weapon.best_range_m * 100.0) as i32,
                headshot_ppm: libm::round(weapon.headshot_share * 1e6) as i32,
            })
            .collect(),
        event_types: (0..EVENT_TYPES.len())
            .map(|index| EventTypeRow {
                event_type: Text::at(index),
                table_name: Text::at(index),
                description: Text::at(index),
            })
            .collect(),
    }
}

impl PlayerRow {
    /// The row of an account.
    pub fn of(setting: &Setting, id: i32) -> (Self, TruthPlayerRow) {
        let profile = setting.population.profile(id);
        let milli = |value: f64| libm::round(value * 1e3) as i32;
        let row = Self {
            player_id: id,
            installed_on: setting.clock.start.plus(profile.nature.install_day),
            country: Text::at(profile.country.into()),
            region: Text::at(profile.region.into()),
            realm_id: setting.size.realm_of(id) as i16,
            device: Text::at(profile.device.into()),
            platform: Text::at(profile.platform.into()),
            segment: Text::at(usize::from(profile.nature.install_day < 0)),
        };
        let truth = TruthPlayerRow {
            player_id: id,
            archetype: Text::at(profile.nature.archetype.into()),
            cluster: Text::at(profile.cluster.into()),
            engagement_milli: milli(profile.nature.engagement),
            skill_milli: milli(profile.skill),
            churn_ppm: libm::round(profile.nature.churn * 1e6) as i32,
            session_length_s: libm::round(profile.session_s.min(1e9)) as i32,
            peak_minute: (libm::round(profile.peak_hour * 60.0) as i32).rem_euclid(1440),
        };
        (row, truth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_types_are_sorted() {
        assert!(EVENT_TYPES.is_sorted());
    }
}
