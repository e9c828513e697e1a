//! `sales`: one row a sale of the shop.

use crate::scenario::sections::Sale;
use crate::setting::Setting;
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};
use crate::time::Date;

table! {
    /// One row a sale of the shop: days on which prices are lower and more sessions buy. A sale changes no first purchase, so
    /// that its true effect on the revenue of later ones is the product of both factors, as far as a session can still buy.
    SaleRow in "sales", Dimension, sorted by (|row| (i64::from(row.sale.index), 0)) ["sale"] {
        /// Sale.
        1 sale: Text<domain::SaleName>, Dictionary;
        /// Its first day.
        2 starts_on: Date, Plain;
        /// Its last day.
        3 ends_on: Date, Plain;
        /// Part of every price that is taken off, millionths.
        4 discount_ppm: i32, Plain;
        /// How many times as many sessions of those who have paid before have a purchase, millionths.
        5 demand_ppm: i32, Plain;
    }
}

impl Dimension for SaleRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let row = |(index, sale): (usize, &Sale)| Self {
            sale: Text::at(index),
            starts_on: sale.start,
            ends_on: sale.start.plus(sale.days as i32 - 1),
            discount_ppm: sale.discount_ppm() as i32,
            demand_ppm: libm::round(sale.demand * 1e6) as i32,
        };
        setting.scenario.file.sales.values().enumerate().map(row).collect()
    }
}
