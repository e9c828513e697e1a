//! `countries`: one row a country of a region.

use crate::population::CountryRules;
use crate::setting::Setting;
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row a country of a region; a country may lie in several, so both together are the key.
    CountryRow in "countries", Dimension, sorted by (|row| (i64::from(row.region.index), i64::from(row.country.index))) ["region", "country"] {
        /// Region.
        1 region: Text<domain::RegionName>, Dictionary;
        /// Country, ISO 3166-1 alpha-2.
        2 country: Text<domain::CountryName>, Dictionary;
        /// Local time minus UTC in minutes.
        3 utc_offset_minutes: i32, Plain;
        /// Currency, ISO 4217.
        4 currency: Text<domain::CurrencyName>, Dictionary;
    }
}

impl Dimension for CountryRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let row = |(index, country): (usize, &CountryRules)| Self {
            region: Text::at(country.region.into()),
            country: Text::at(index),
            utc_offset_minutes: country.utc_offset_minutes,
            currency: Text::at(country.currency.into()),
        };
        setting.population.countries.iter().enumerate().map(row).collect()
    }
}
