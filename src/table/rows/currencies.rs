//! `currencies`: one row a currency.

use crate::scenario::ExchangeRate;
use crate::setting::Setting;
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row a currency. A price of c US cents is c * per_usd_micros * 10^digits / 10^8 minor units, rounded half up, at least 1.
    CurrencyRow in "currencies", Dimension, sorted by (|row| (i64::from(row.currency.index), 0)) ["currency"] {
        /// Currency, ISO 4217.
        1 currency: Text<domain::CurrencyName>, Dictionary;
        /// Digits of the minor unit, in which prices are written: 2 where a unit has hundredths, 0 where it has no parts.
        2 digits: i8, Plain;
        /// Units for one US dollar, millionths.
        3 per_usd_micros: i64, Plain;
    }
}

impl Dimension for CurrencyRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let row = |(index, rate): (usize, &ExchangeRate)| Self {
            currency: Text::at(index),
            digits: rate.digits as i8,
            per_usd_micros: rate.per_usd_micros,
        };
        setting.shop.currencies.iter().enumerate().map(row).collect()
    }
}
