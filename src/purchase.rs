//! Purchases: when players buy during a session, and what.

use bevy_ecs::prelude::*;

use crate::journal::Journal;
use crate::matches::Match;
use crate::player::Player;
use crate::random::{self, Purpose, Seed, Streams, name_key};
use crate::realm::Now;
use crate::scenario::sections::File;
use crate::session::Session;
use crate::setting::{Rules, Setting};
use crate::table::{PurchaseRow, Text, Timestamp};
use crate::tape::Tape;

/// An item of the shop.
#[derive(Clone, Debug)]
pub struct Item {
    streams: Streams,
    /// Index of its category.
    pub category: u16,
    /// Price.
    pub price_usd_cents: u32,
}

#[derive(Clone, Debug)]
struct Cluster {
    session_chance: f64,
    again_chance: f64,
    /// Logarithm of how often each item is bought.
    item_weight_logs: Vec<f64>,
}

/// Items, prices and spending clusters, compiled.
#[derive(Clone, Debug)]
pub struct Shop {
    /// Items in order of their names.
    pub items: Vec<Item>,
    /// Categories in order of their names.
    pub categories: Vec<String>,
    clusters: Vec<Cluster>,
    /// Units of each currency for a US dollar.
    per_usd: Vec<f64>,
}

impl Shop {
    /// Compiles items and clusters.
    pub fn new(seed: Seed, file: &File) -> Self {
        let mut categories: Vec<String> = file.items.values().map(|item| item.category.clone()).collect();
        categories.sort_unstable();
        categories.dedup();
        let category = |name: &String| categories.binary_search(name).expect("every category is listed") as u16;
        let items = file.items.entries.iter().map(|(name, item)| Item {
            streams: seed.streams(Purpose::Purchase, name_key(name)),
            category: category(&item.category),
            price_usd_cents: item.price_usd_cents,
        });
        let clusters = file.clusters.values().map(|cluster| {
            let typical = libm::log(f64::from(cluster.typical_price_usd_cents));
            let weigh = |item: &crate::scenario::sections::Item| {
                let off = (libm::log(f64::from(item.price_usd_cents)) - typical) / cluster.price_spread_log;
                libm::log(item.weight) - 0.5 * off * off
            };
            Cluster {
                session_chance: cluster.session_chance,
                again_chance: cluster.again_chance,
                item_weight_logs: file.items.values().map(weigh).collect(),
            }
        });
        Self {
            items: items.collect(),
            clusters: clusters.collect(),
            per_usd: file.currencies.values().map(|currency| currency.per_usd).collect(),
            categories,
        }
    }

    /// A price in the hundredths of a currency, at least 1.
    fn price_in(&self, currency: u16, usd_cents: u32) -> i32 {
        libm::round(f64::from(usd_cents) * self.per_usd[usize::from(currency)]).clamp(1.0, f64::from(i32::MAX)) as i32
    }
}

/// When a session's player buys next. Only those sessions have it who buy something.
#[derive(Component, Clone, Copy, Debug)]
pub struct Shopping {
    /// Second of the next purchase; `u32::MAX` if there is none.
    next_s: u32,
}

impl Default for Shopping {
    fn default() -> Self {
        Self { next_s: u32::MAX }
    }
}

impl Shopping {
    /// Draws whether and when a session has its first purchase: from its first heartbeat on, before its end.
    pub fn plan(setting: &Setting, session: &Session) -> Option<Self> {
        let cluster = cluster_of(setting, session)?;
        let mut draws = setting.seed.stream(Purpose::Purchase, session.id as u64, 0);
        draws.chance(cluster.session_chance).then(|| {
            let first_s = setting.clock.second(setting.clock.tick_at_or_after(session.sitting.started_s));
            Self { next_s: first_s + draws.below(session.sitting.ended_s - first_s) }
        })
    }

    /// Whether another purchase is planned.
    pub fn goes_on(&self) -> bool {
        self.next_s < u32::MAX
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.u32(&mut self.next_s);
    }
}

fn cluster_of<'s>(setting: &'s Setting, session: &Session) -> Option<&'s Cluster> {
    setting.shop.clusters.get(usize::from(session.identity.cluster).checked_sub(1)?)
}

/// Makes the purchases of this tick. Who has died in it buys at the next one, if still there.
pub fn make_purchases(
    rules: Res<Rules>,
    now: Res<Now>,
    mut journal: ResMut<Journal>,
    mut sessions: Query<(&mut Session, &mut Shopping)>,
    players: Query<&Player>,
    matches: Query<&Match>,
) {
    let next_tick_s = rules.clock.second(now.tick + 1);
    for (mut session, mut shopping) in &mut sessions {
        while shopping.next_s < next_tick_s {
            let tick_ms = rules.clock.ms(rules.clock.second(now.tick));
            let died_ms = match session.seat.map(|seat| (seat, matches.get(seat.game))) {
                Some((seat, Ok(game))) => game.roster[seat.participant as usize].died_ms,
                // Without a seat after combat: eliminated in this tick.
                _ => tick_ms,
            };
            if died_ms >= tick_ms && died_ms <= rules.clock.ms(shopping.next_s) {
                shopping.next_s = if next_tick_s < session.sitting.ended_s { next_tick_s } else { u32::MAX };
                break;
            }
            let Ok(player) = players.get(session.player) else { break };
            let ordinal = player.purchases + u32::from(session.purchases);
            journal.rows.purchases.push(purchase_row(&rules, &session, shopping.next_s, ordinal));
            session.purchases += 1;
            shopping.next_s = next_purchase(&rules, &session, shopping.next_s);
        }
    }
}

/// When the next purchase of a session that just made one happens, or `u32::MAX`.
fn next_purchase(setting: &Setting, session: &Session, last_s: u32) -> u32 {
    let mut draws = setting.seed.stream(Purpose::Purchase, session.id as u64, session.purchases.into());
    let rest_s = session.sitting.ended_s - last_s - 1;
    match cluster_of(setting, session) {
        Some(cluster) if rest_s > 0 && draws.chance(cluster.again_chance) => last_s + 1 + draws.below(rest_s),
        _ => u32::MAX,
    }
}

fn purchase_row(setting: &Setting, session: &Session, second: u32, ordinal: u32) -> PurchaseRow {
    let shop = &setting.shop;
    let identity = &session.identity;
    let weights = &shop.clusters[usize::from(identity.cluster) - 1].item_weight_logs;
    let purchase_id = i64::from(identity.player_id) << 20 | i64::from(ordinal);
    let entries = shop.items.iter().zip(weights).map(|(item, weight)| (item.streams, *weight));
    let item = random::pick_by_log_weight(purchase_id as u64, entries);
    let currency = setting.population.countries[usize::from(identity.country)].currency;
    PurchaseRow {
        purchase_id,
        player_id: identity.player_id,
        session_id: session.id,
        event_ts: Timestamp(setting.clock.ms(second)),
        item_id: item as i16,
        item: Text::at(item),
        category: Text::at(shop.items[item].category.into()),
        price_cents: shop.price_in(currency, shop.items[item].price_usd_cents),
        currency: Text::at(currency.into()),
        price_usd_cents: shop.items[item].price_usd_cents as i32,
        is_first: ordinal == 0,
    }
}
