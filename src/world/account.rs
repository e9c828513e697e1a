//! Accounts: the small record of a player that changes, where it waits for the player's next day, and what payers have spent.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use bevy_ecs::prelude::*;

use crate::random::mix;
use crate::tape::Tape;

/// Something of accounts, by their numbers. Whoever goes through all of it sorts what it finds.
pub type ByAccount<T> = HashMap<i32, T, BuildHasherDefault<AccountHasher>>;

/// Mixes an account number.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountHasher(u64);

impl Hasher for AccountHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = mix(self.0 ^ u64::from(byte)));
    }

    fn write_i32(&mut self, number: i32) {
        self.0 = mix(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Bytes that a table by account takes.
fn bytes_of<T>(table: &ByAccount<T>) -> usize {
    // An eighth of its places stays free, and each has a byte of its own.
    table.capacity() * 8 / 7 * (size_of::<(i32, T)>() + 1)
}

/// What outlasts the sessions of a player. At most 24 bytes: a run holds up to 20 million of them. What only few have is kept
/// elsewhere ([`Wallets`], [`super::aftermath::Suspects`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlayerRecord {
    /// Account number, from 1, in order of installation.
    pub id: i32,
    /// Second of the run before which no further session starts: the end of the last one planned, and a break.
    pub free_from_s: u32,
    /// Matches joined so far.
    pub matches: u32,
    /// Kills so far.
    pub kills: u32,
    /// Sessions planned so far.
    pub sessions: u16,
    /// The last day with a heartbeat, counted from 1; 0 before the first.
    pub seen_day: u16,
    /// Set on the first day on which the player cheats.
    pub has_cheated: bool,
}

const _: () = assert!(size_of::<PlayerRecord>() <= 24);

impl PlayerRecord {
    /// An account that has just been made.
    pub fn new(id: i32) -> Self {
        Self { id, ..Self::default() }
    }

    /// Days since the last one with a heartbeat, as far as it is known: 0 on the day after.
    pub fn days_away(&self, day: u32) -> u32 {
        if self.seen_day == 0 { 0 } else { day.saturating_sub(self.seen_day.into()) }
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.i32(&mut self.id);
        tape.u32(&mut self.free_from_s);
        tape.u32(&mut self.matches);
        tape.u32(&mut self.kills);
        tape.u16(&mut self.sessions);
        tape.u16(&mut self.seen_day);
        tape.flag(&mut self.has_cheated);
    }
}

/// A player with sessions planned or open. All others are records in the [`ReturnCalendar`], or gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Player {
    /// The account.
    pub account: PlayerRecord,
    /// The day of the run on which the player is next active; none if it will not come back after the open sessions.
    pub next_day: Option<u16>,
    /// Sessions planned and not yet ended.
    pub open_sessions: u8,
    /// Sessions that have logged in on the day seen last.
    pub logins: u8,
}

impl Player {
    /// Notes a heartbeat on a day; if it is the day's first, the day seen before, counted from 1.
    pub fn see(&mut self, day: u32) -> Option<u16> {
        let day = day as u16 + 1;
        let before = std::mem::replace(&mut self.account.seen_day, day);
        (before != day).then(|| {
            self.logins = 0;
            before
        })
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        self.account.state(tape);
        // No run has so many days.
        let mut next_day = self.next_day.unwrap_or(u16::MAX);
        tape.u16(&mut next_day);
        self.next_day = (next_day != u16::MAX).then_some(next_day);
        tape.u8(&mut self.open_sessions);
        tape.u8(&mut self.logins);
    }
}

/// Players with sessions planned or open, by account. They are no entities: the tables of bevy never shrink, and every
/// realm would keep room for its busiest day.
#[derive(Resource, Debug, Default)]
pub struct Players {
    /// Account number to player.
    pub by_account: ByAccount<Player>,
}

impl Players {
    /// A player with sessions planned or open.
    ///
    /// # Panics
    /// If it is not there: a player stays for as long as it has any.
    pub fn of(&mut self, account: i32) -> &mut Player {
        self.by_account.get_mut(&account).expect("a player stays for as long as a session is planned or open")
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        let mut all: Vec<Player> = self.by_account.values().copied().collect();
        all.sort_unstable_by_key(|player| player.account.id);
        tape.list(&mut all, |tape, player| player.state(tape));
        if tape.is_playing() {
            self.by_account.extend(all.into_iter().map(|player| (player.account.id, player)));
        }
    }
}

/// Days that a run can have: nobody waits for a later one.
pub const MAX_DAYS: u32 = 731;

/// The day on which a player comes back, if that is one that a run can have.
pub fn day_of_return(next_day: Option<i32>) -> Option<u16> {
    next_day.filter(|&day| (day as u32) < MAX_DAYS).map(|day| day as u16)
}

/// Accounts by the day of the run on which their players are next active, so that a day costs its active players alone, and
/// whoever waits for one nothing but its record.
#[derive(Resource, Debug, Default)]
pub struct ReturnCalendar {
    days: Vec<Vec<PlayerRecord>>,
}

impl ReturnCalendar {
    /// Enters an account for a day.
    pub fn enter(&mut self, day: u16, account: PlayerRecord) {
        let day = usize::from(day);
        if self.days.len() <= day {
            self.days.resize_with(day + 1, Vec::new);
        }
        let waiting = &mut self.days[day];
        if waiting.len() == waiting.capacity() {
            // By a quarter: these lists are most of what a large population takes.
            waiting.reserve_exact(waiting.len() / 4 + 4);
        }
        waiting.push(account);
    }

    /// Takes out everyone entered for a day, in no particular order.
    pub fn take(&mut self, day: u32) -> Vec<PlayerRecord> {
        self.days.get_mut(day as usize).map(std::mem::take).unwrap_or_default()
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let waiting: usize = self.days.iter().map(Vec::capacity).sum();
        waiting * size_of::<PlayerRecord>() + self.days.capacity() * size_of::<Vec<PlayerRecord>>()
    }

    /// Accounts that wait.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.days.iter().map(Vec::len).sum()
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        let days = self.days.iter().enumerate();
        let entry = |(day, accounts): (usize, &Vec<PlayerRecord>)| -> Vec<(u16, PlayerRecord)> {
            accounts.iter().map(|account| (day as u16, *account)).collect()
        };
        let mut all: Vec<(u16, PlayerRecord)> = days.flat_map(entry).collect();
        all.sort_unstable_by_key(|(_, account)| account.id);
        tape.list(&mut all, |tape, (day, account)| {
            tape.u16(day);
            account.state(tape);
        });
        if tape.is_playing() {
            all.into_iter().for_each(|(day, account)| self.enter(day, account));
        }
    }
}

/// What an account has paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wallet {
    /// Purchases so far.
    pub purchases: u32,
    /// US cents spent so far.
    pub spent_usd_cents: u32,
    /// The week of the last purchase, counted from 1.
    pub paid_week: u16,
}

/// Wallets by account. Only payers have one.
#[derive(Resource, Debug, Default)]
pub struct Wallets {
    /// Account number to wallet.
    pub by_account: ByAccount<Wallet>,
}

impl Wallets {
    /// Bytes that they take, about.
    pub fn bytes(&self) -> usize {
        bytes_of(&self.by_account)
    }

    /// Purchases of an account.
    pub fn purchases(&self, account: i32) -> u32 {
        self.by_account.get(&account).map_or(0, |wallet| wallet.purchases)
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        let mut all: Vec<(i32, Wallet)> = self.by_account.iter().map(|(id, wallet)| (*id, *wallet)).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        tape.list(&mut all, |tape, (id, wallet)| {
            tape.i32(id);
            tape.u32(&mut wallet.purchases);
            tape.u32(&mut wallet.spent_usd_cents);
            tape.u16(&mut wallet.paid_week);
        });
        if tape.is_playing() {
            self.by_account.extend(all);
        }
    }
}
