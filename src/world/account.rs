//! Accounts: the small record of a player that changes, and the calendar of the days on which players come back.

use bevy_ecs::prelude::*;

use crate::tape::Tape;

/// The mutable part of every account. At most 24 bytes: a run holds up to 20 million of them. What only few have is in components
/// of their own.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Player {
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
    /// Sessions planned and not yet ended.
    pub open_sessions: u8,
    /// The last day with a heartbeat, counted from 1; 0 before the first.
    pub seen_day: u16,
    /// Sessions that have logged in on that day.
    pub logins: u8,
    /// Set when the player will not come back after the open sessions.
    pub is_leaving: bool,
    /// Set on the first day on which the player cheats.
    pub has_cheated: bool,
}

const _: () = assert!(size_of::<Player>() <= 24);

impl Player {
    /// Notes a heartbeat on a day; if it is the day's first, the day seen before, counted from 1.
    pub fn see(&mut self, day: u32) -> Option<u16> {
        let day = day as u16 + 1;
        let before = std::mem::replace(&mut self.seen_day, day);
        (before != day).then(|| {
            self.logins = 0;
            before
        })
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
        tape.u8(&mut self.open_sessions);
        tape.u16(&mut self.seen_day);
        tape.u8(&mut self.logins);
        tape.flag(&mut self.is_leaving);
        tape.flag(&mut self.has_cheated);
    }
}

/// What an account has paid. Only payers have it.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[component(storage = "SparseSet")]
pub struct Wallet {
    /// Purchases so far.
    pub purchases: u32,
    /// US cents spent so far.
    pub spent_usd_cents: u32,
    /// The week of the last purchase, counted from 1.
    pub paid_week: u16,
}

impl Wallet {
    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.u32(&mut self.purchases);
        tape.u32(&mut self.spent_usd_cents);
        tape.u16(&mut self.paid_week);
    }
}

/// Days that a run can have: nobody waits for a later one.
pub const MAX_DAYS: u32 = 731;

/// Which players are next active on which day of the run, so that a day costs its active players alone.
#[derive(Resource, Debug, Default)]
pub struct ReturnCalendar {
    days: Vec<Vec<Entity>>,
}

impl ReturnCalendar {
    /// Enters a player for a day.
    pub fn enter(&mut self, day: u32, player: Entity) {
        let day = day as usize;
        if self.days.len() <= day {
            self.days.resize_with(day + 1, Vec::new);
        }
        self.days[day].push(player);
    }

    /// Takes out everyone entered for a day, in no particular order.
    pub fn take(&mut self, day: u32) -> Vec<Entity> {
        self.days.get_mut(day as usize).map(std::mem::take).unwrap_or_default()
    }

    /// Every entry, for saving.
    pub fn entries(&self) -> impl Iterator<Item = (u32, Entity)> {
        self.days.iter().enumerate().flat_map(|(day, players)| players.iter().map(move |player| (day as u32, *player)))
    }
}
