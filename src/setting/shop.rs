//! The shop: items, prices, sales and how clusters of payers spend, compiled.

use std::ops::Range;

use crate::random::{self, Purpose, Seed, Streams, item_number, name_key};
use crate::scenario::ExchangeRate;
use crate::scenario::sections::{File, Item};

/// An item of the shop.
#[derive(Clone, Debug)]
pub struct Goods {
    streams: Streams,
    /// Its number, which follows from its name alone.
    pub id: i32,
    /// Index of its category.
    pub category: u16,
    /// Price outside sales.
    pub price_usd_cents: u32,
}

/// How payers of one kind spend.
#[derive(Clone, Debug)]
pub struct Spending {
    /// Chance that something is bought in a session.
    session_chance: f64,
    /// Chance that a purchase is followed by another in the session.
    pub again_chance: f64,
    /// Logarithm of how often each item is bought.
    item_weight_logs: Vec<f64>,
}

/// A sale, on which days prices are lower and more sessions buy.
#[derive(Clone, Debug)]
pub struct Discount {
    /// Its days, relative to the start of the run.
    pub days: Range<u32>,
    /// Part of a price that is left, millionths.
    left_ppm: u32,
    /// How many times as many sessions have a purchase.
    demand: f64,
}

/// Items, prices, sales and spending clusters, compiled.
#[derive(Clone, Debug)]
pub struct Shop {
    /// Items in order of their names.
    pub items: Vec<Goods>,
    /// Categories in order of their names.
    pub categories: Vec<String>,
    clusters: Vec<Spending>,
    /// Sales in order of their names.
    pub sales: Vec<Discount>,
    /// Currencies, by index.
    pub currencies: Vec<ExchangeRate>,
}

impl Shop {
    /// Compiles items and clusters.
    pub fn new(seed: Seed, file: &File) -> Self {
        let mut categories: Vec<String> = file.items.values().map(|item| item.category.clone()).collect();
        categories.sort_unstable();
        categories.dedup();
        let category = |name: &String| categories.binary_search(name).expect("every category is listed") as u16;
        let items = file.items.entries.iter().map(|(name, item)| Goods {
            streams: seed.streams(Purpose::Purchase, name_key(name)),
            id: item_number(name),
            category: category(&item.category),
            price_usd_cents: item.price_usd_cents,
        });
        let clusters = file.clusters.values().map(|cluster| {
            let typical = libm::log(f64::from(cluster.typical_price_usd_cents));
            let weigh = |item: &Item| {
                let off = (libm::log(f64::from(item.price_usd_cents)) - typical) / cluster.price_spread_log;
                libm::log(item.weight) - 0.5 * off * off
            };
            Spending {
                session_chance: cluster.session_chance,
                again_chance: cluster.again_chance,
                item_weight_logs: file.items.values().map(weigh).collect(),
            }
        });
        let sales = file.sales.values().map(|sale| {
            let first = (sale.start.0 - file.clock.start.0) as u32;
            Discount { days: first..first + sale.days, left_ppm: 1_000_000 - sale.discount_ppm(), demand: sale.demand }
        });
        Self {
            items: items.collect(),
            sales: sales.collect(),
            clusters: clusters.collect(),
            currencies: file.currencies.entries.iter().map(|(code, keys)| ExchangeRate::new(code, keys)).collect(),
            categories,
        }
    }

    /// How a spending cluster spends; `None` for those who never pay.
    pub fn spending(&self, cluster: u16) -> Option<&Spending> {
        self.clusters.get(usize::from(cluster.checked_sub(1)?))
    }

    fn sale_on(&self, day: u32) -> Option<&Discount> {
        self.sales.iter().find(|sale| sale.days.contains(&day))
    }

    /// Chance that a session of a cluster has a purchase on a day.
    pub fn session_chance(&self, spending: &Spending, day: u32) -> f64 {
        spending.session_chance * self.sale_on(day).map_or(1.0, |sale| sale.demand)
    }

    /// Price of an item on a day in US cents: a whole cent at least.
    pub fn price_usd_cents(&self, item: usize, day: u32) -> u32 {
        let price = self.items[item].price_usd_cents;
        let on_sale = |sale: &Discount| {
            let left = (u64::from(price) * u64::from(sale.left_ppm) + 500_000) / 1_000_000;
            (left as u32).max(1)
        };
        self.sale_on(day).map_or(price, on_sale)
    }

    /// Which item a purchase of a cluster is.
    pub fn choose(&self, spending: &Spending, about: u64) -> usize {
        let weights = &spending.item_weight_logs;
        let entries = self.items.iter().zip(weights).map(|(item, weight)| (item.streams, *weight));
        random::pick_by_log_weight(about, entries)
    }
}
