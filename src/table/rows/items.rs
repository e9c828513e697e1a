//! `items`: one row an item of the shop.

use crate::setting::{Goods, Setting};
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row an item of the shop.
    ItemRow in "items", Dimension, sorted by (|row| (i64::from(row.item.index), 0)) ["item"] {
        /// Item number: a hash of the item's name, the same in every scenario.
        5 item_id: i32, Plain;
        /// Item name.
        2 item: Text<domain::ItemName>, Dictionary;
        /// Category.
        3 category: Text<domain::CategoryName>, Dictionary;
        /// Price in hundredths of a US dollar.
        4 price_usd_cents: i32, Plain;
    }
}

impl Dimension for ItemRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let row = |(index, item): (usize, &Goods)| Self {
            item_id: item.id,
            item: Text::at(index),
            category: Text::at(item.category.into()),
            price_usd_cents: item.price_usd_cents as i32,
        };
        setting.shop.items.iter().enumerate().map(row).collect()
    }
}
