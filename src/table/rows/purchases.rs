//! `purchases`: one row a purchase.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a purchase. Purchases happen inside sessions only.
    PurchaseRow in "purchases", Fact, sorted by (|row| (row.purchase_id, 0)) ["purchase_id"] {
        /// Purchase: player_id << 20 | ordinal of the purchase among the player's.
        1 purchase_id: i64, Delta;
        /// Account number.
        2 player_id: i32, Delta;
        /// Session it happened in.
        3 session_id: i64, Delta;
        /// When, UTC; whole seconds.
        4 event_ts: Timestamp, Plain;
        /// Item number: a hash of the item's name.
        12 item_id: i32, Dictionary;
        /// Item name.
        6 item: Text<domain::ItemName>, Dictionary;
        /// Item category.
        7 category: Text<domain::CategoryName>, Dictionary;
        /// Price paid, in minor units of the currency: yen, euro cents. See currencies.
        13 price_minor: i32, Dictionary;
        /// Currency paid in, ISO 4217.
        9 currency: Text<domain::CurrencyName>, Dictionary;
        /// Price in hundredths of a US dollar.
        10 price_usd_cents: i32, Dictionary;
        /// Whether it is the player's first in the run.
        11 is_first: bool, Plain;
    }
}
