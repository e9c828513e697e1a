//! Purchases: when players buy during a session, and what.

use bevy_ecs::prelude::*;

use super::account::{Wallet, Wallets};
use super::game::Match;
use super::journal::Journal;
use super::lobby::IS_OPEN;
use super::messages::LoggedIn;
use super::scoreboard::Scoreboard;
use super::session::{Seated, Session};
use super::tick::{Now, Rules};
use crate::random::Purpose;
use crate::setting::{Setting, Spending};
use crate::table::{Payment, PurchaseRow, Text, Timestamp};
use crate::tape::Tape;
use crate::time::DAY_S;

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
    /// Draws whether and when a session has its first purchase: from its first heartbeat on, before its end. Who has never
    /// paid does so in the first session from a day of its own on; whose day was before the run has.
    fn plan(setting: &Setting, session: &Session, is_first: impl Fn() -> bool) -> Option<Self> {
        let spending = spending_of(setting, session)?;
        let day = session.sitting.started_s / DAY_S;
        let mut draws = setting.seed.stream(Purpose::Purchase, session.id as u64, 0);
        let buys = draws.chance(setting.shop.session_chance(spending, day));
        let buys = match session.identity.pays_from {
            from @ 0.. if is_first() => from <= day as i32,
            _ => buys,
        };
        buys.then(|| {
            let first_s = setting.clock.second(setting.clock.tick_at_or_after(session.sitting.started_s));
            Self { next_s: first_s + draws.below(session.sitting.ended_s - first_s) }
        })
    }

    /// Whether another purchase is planned.
    pub fn goes_on(&self) -> bool {
        self.next_s < u32::MAX
    }

    /// Nothing is bought from a second on: the session ends there.
    pub fn stop_at(&mut self, ended_s: u32) {
        if self.next_s >= ended_s {
            self.next_s = u32::MAX;
        }
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.u32(&mut self.next_s);
    }
}

/// Plans the first purchase of those who have logged in and will buy something.
pub fn plan_purchases(
    rules: Res<Rules>,
    mut logged_in: ResMut<Messages<LoggedIn>>,
    sessions: Query<&Session>,
    wallets: Res<Wallets>,
    mut commands: Commands,
) {
    for LoggedIn(entity) in logged_in.drain() {
        let session = sessions.get(entity).expect("who has just logged in is online");
        let is_first = || wallets.purchases(session.identity.player_id) == 0;
        if let Some(shopping) = Shopping::plan(&rules, session, is_first) {
            commands.entity(entity).insert(shopping);
        }
    }
}

/// Makes the purchases of this tick. Who has died in it buys at the next one, if still there.
pub fn make_purchases(
    rules: Res<Rules>,
    now: Res<Now>,
    mut journal: ResMut<Journal>,
    mut sessions: Query<(&mut Session, &mut Shopping, &Seated)>,
    mut wallets: ResMut<Wallets>,
    matches: Query<(&Match, &Scoreboard)>,
) {
    let next_tick_s = rules.clock.second(now.tick + 1);
    for (mut session, mut shopping, seated) in &mut sessions {
        while shopping.next_s < next_tick_s {
            let tick_ms = rules.clock.ms(rules.clock.second(now.tick));
            let seat = seated.0.expect("who is online at a tick sits in a match");
            let (game, scoreboard) = matches.get(seat.game).expect(IS_OPEN);
            let died_ms = scoreboard.of(seat.participant).died_ms;
            // Who is out of a match with elimination buys nothing more in this tick, not even before the death.
            let is_out = game.mode(&rules).is_elimination;
            if died_ms >= tick_ms && (is_out || died_ms <= rules.clock.ms(shopping.next_s)) {
                shopping.next_s = if next_tick_s < session.sitting.ended_s { next_tick_s } else { u32::MAX };
                break;
            }
            let wallet = wallets.by_account.entry(session.identity.player_id).or_default();
            let row = purchase_row(&rules, &session, shopping.next_s, wallet.purchases);
            journal.rows.notes.payments.push(note_payment(&rules, wallet, &session, shopping.next_s, &row));
            journal.rows.purchases.push(row);
            session.purchases += 1;
            wallet.purchases += 1;
            shopping.next_s = next_purchase(&rules, &session, shopping.next_s);
        }
    }
}

/// Adds a purchase to what its player has spent.
fn note_payment(setting: &Setting, wallet: &mut Wallet, session: &Session, second: u32, row: &PurchaseRow) -> Payment {
    let week = setting.clock.week(second / DAY_S) as u16 + 1;
    let payment = Payment {
        spent_before: wallet.spent_usd_cents,
        country: session.identity.country,
        is_first_of_week: std::mem::replace(&mut wallet.paid_week, week) != week,
    };
    wallet.spent_usd_cents = wallet.spent_usd_cents.saturating_add(row.price_usd_cents as u32);
    payment
}

/// When the next purchase of a session that just made one happens, or `u32::MAX`.
fn next_purchase(setting: &Setting, session: &Session, last_s: u32) -> u32 {
    let mut draws = setting.seed.stream(Purpose::Purchase, session.id as u64, session.purchases.into());
    let rest_s = session.sitting.ended_s - last_s - 1;
    let spending = spending_of(setting, session).expect(IS_PAYER);
    if rest_s > 0 && draws.chance(spending.again_chance) { last_s + 1 + draws.below(rest_s) } else { u32::MAX }
}

const IS_PAYER: &str = "only who belongs to a spending cluster buys";

fn spending_of<'s>(setting: &'s Setting, session: &Session) -> Option<&'s Spending> {
    setting.shop.spending(session.identity.cluster)
}

fn purchase_row(setting: &Setting, session: &Session, second: u32, ordinal: u32) -> PurchaseRow {
    let shop = &setting.shop;
    let identity = &session.identity;
    let purchase_id = i64::from(identity.player_id) << 20 | i64::from(ordinal);
    let spending = spending_of(setting, session).expect(IS_PAYER);
    let item = shop.choose(spending, purchase_id as u64);
    let price_usd_cents = shop.price_usd_cents(item, second / DAY_S);
    let currency = setting.population.countries[usize::from(identity.country)].currency;
    PurchaseRow {
        purchase_id,
        player_id: identity.player_id,
        session_id: session.id,
        event_ts: Timestamp(setting.clock.ms(second)),
        item_id: shop.items[item].id,
        item: Text::at(item),
        category: Text::at(shop.items[item].category.into()),
        price_minor: shop.currencies[usize::from(currency)].price(price_usd_cents) as i32,
        currency: Text::at(currency.into()),
        price_usd_cents: price_usd_cents as i32,
        is_first: ordinal == 0,
    }
}
