//! The aftermath of a session: what its end adds to the account of its player, what that unlocks, what the anti-cheat says of
//! it, and whether the player has had enough.

use std::collections::BTreeMap;

use bevy_ecs::prelude::*;
use bevy_ecs::system::SystemParam;

use super::account::{Player, PlayerRecord, Players, ReturnCalendar, Wallets};
use super::journal::Journal;
use super::tick::{Now, Rules};
use crate::random::Purpose;
use crate::setting::{Careers, Deeds, Evidence, Rule};
use crate::table::{
    AchievementUnlockRow, AnticheatFlagRow, BanRow, LevelUpRow, Text, Timestamp, TruthEvent, TruthEventRow,
};
use crate::tape::Tape;

/// What the anti-cheat holds against an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suspicion {
    /// Flags so far.
    flags: u8,
    /// Day of its ban, counted from 1; 0 if it is not condemned.
    ban_day: u16,
    /// Place among the rules of the one that condemned it.
    rule: u8,
}

/// The accounts that were flagged and have not left for good, and those of them that will be banned, by day.
#[derive(Resource, Debug, Default)]
pub struct Suspects {
    by_account: BTreeMap<i32, Suspicion>,
    condemned: BTreeMap<u32, Vec<i32>>,
}

impl Suspects {
    /// Whether an account was banned on a day or before.
    fn is_banned(&self, account: i32, day: u32) -> bool {
        let ban_day = self.by_account.get(&account).map_or(0, |suspicion| suspicion.ban_day);
        ban_day != 0 && u32::from(ban_day - 1) <= day
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        let mut all: Vec<(i32, Suspicion)> = self.by_account.iter().map(|(id, known)| (*id, *known)).collect();
        tape.list(&mut all, |tape, (id, known)| {
            tape.i32(id);
            tape.u8(&mut known.flags);
            tape.u16(&mut known.ban_day);
            tape.u8(&mut known.rule);
        });
        if tape.is_playing() {
            for (id, known) in all {
                self.by_account.insert(id, known);
                // Days that are over are never asked for again.
                if let Some(day) = known.ban_day.checked_sub(1) {
                    self.condemned.entry(day.into()).or_default().push(id);
                }
            }
        }
    }
}

/// A session that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Parting {
    /// Session number.
    pub session_id: i64,
    /// Second at which it ended.
    pub ended_s: u32,
    /// Matches joined.
    pub matches: u16,
    /// Purchases.
    pub purchases: u16,
    /// What the anti-cheat sees of it.
    pub evidence: Evidence,
}

/// What is known of accounts.
#[derive(SystemParam)]
pub struct Records<'w> {
    /// Those with sessions planned or open.
    pub players: ResMut<'w, Players>,
    calendar: ResMut<'w, ReturnCalendar>,
    wallets: ResMut<'w, Wallets>,
    suspects: ResMut<'w, Suspects>,
}

impl Records<'_> {
    /// A player without sessions waits for the next active day, or is forgotten.
    pub fn rest(&mut self, player: Player) {
        match player.next_day {
            Some(day) => self.calendar.enter(day, player.account),
            None => self.forget(player.account.id),
        }
    }

    /// Takes out the accounts that wait for a day; those that were banned meanwhile are forgotten.
    pub fn wake(&mut self, day: u32) -> Vec<PlayerRecord> {
        let mut due = self.calendar.take(day);
        due.retain(|account| {
            let is_banned = self.suspects.is_banned(account.id, day);
            if is_banned {
                self.forget(account.id);
            }
            !is_banned
        });
        due
    }

    fn forget(&mut self, account: i32) {
        self.wallets.by_account.remove(&account);
        self.suspects.by_account.remove(&account);
    }
}

/// What it takes to end a session.
#[derive(SystemParam)]
pub struct Aftermath<'w> {
    rules: Res<'w, Rules>,
    now: Res<'w, Now>,
    /// Accounts.
    pub records: Records<'w>,
}

impl Aftermath<'_> {
    /// One open session fewer; after the last the player waits for its next active day, or is gone.
    pub fn take(&mut self, parting: Parting, journal: &mut Journal) {
        let Parting { session_id, evidence, .. } = parting;
        // The last two bytes of its number count a player's sessions.
        let (player_id, ordinal) = ((session_id >> 16) as i32, (session_id & 0xffff) as u32);
        let player = self.records.players.of(player_id);
        let account = &mut player.account;
        let purchases = self.records.wallets.purchases(player_id);
        let had = purchases.saturating_sub(parting.purchases.into());
        let before = Deeds([account.matches, account.kills, ordinal, had]);
        account.matches += u32::from(parting.matches);
        account.kills += u32::from(evidence.kills);
        let after = Deeds([account.matches, account.kills, ordinal + 1, purchases]);
        player.open_sessions -= 1;
        let event_ts = Timestamp(self.rules.clock.ms(parting.ended_s));
        note_growth(&self.rules.careers, journal, (session_id, player_id, event_ts), before, after);
        let has_lost = evidence.deaths > evidence.kills;
        if has_lost && player.next_day.is_some() && self.rules.effects.losing_ends_career(session_id) {
            player.next_day = None;
            let event = Text::at(TruthEvent::GaveUp as usize);
            journal.rows.truth_events.push(TruthEventRow { event_ts, player_id, event });
        }
        let is_resting = player.open_sessions == 0;
        if self.rules.anticheat.keys.enabled {
            self.look_at(player_id, event_ts, parting, journal);
        }
        if is_resting && let Some(player) = self.records.players.by_account.remove(&player_id) {
            self.records.rest(player);
        }
    }

    /// Raises the flags that a session deserves, and condemns an account that has enough of them.
    fn look_at(
        &mut self,
        player_id: i32,
        event_ts: Timestamp,
        Parting { session_id, evidence, .. }: Parting,
        journal: &mut Journal,
    ) {
        for breach in self.rules.anticheat.look_at(evidence) {
            let rule = breach.rule as usize;
            let suspects = &mut *self.records.suspects;
            let suspicion = suspects.by_account.entry(player_id).or_default();
            suspicion.flags = suspicion.flags.saturating_add(1);
            journal.rows.anticheat_flags.push(AnticheatFlagRow {
                session_id,
                player_id,
                event_ts,
                rule: Text::at(rule),
                value: breach.value,
                bound: breach.bound,
            });
            let is_enough = u32::from(suspicion.flags) >= self.rules.anticheat.keys.flags_to_ban;
            if is_enough && suspicion.ban_day == 0 {
                let day = self.now.tick / self.rules.clock.ticks_per_day();
                let mut draws = self.rules.seed.stream(Purpose::Ban, player_id as u64, 0);
                let waits = !draws.chance(self.rules.anticheat.keys.immediate_share);
                if let Some(ban_day) = self.rules.anticheat.ban_day(day, waits) {
                    (suspicion.ban_day, suspicion.rule) = (ban_day as u16 + 1, rule as u8);
                    suspects.condemned.entry(ban_day).or_default().push(player_id);
                }
            }
        }
    }
}

/// Writes what a session, of a player and ended at a moment, has unlocked and reached by what its player had done before and has
/// done with it.
fn note_growth(
    careers: &Careers,
    journal: &mut Journal,
    (session_id, player_id, event_ts): (i64, i32, Timestamp),
    before: Deeds,
    after: Deeds,
) {
    for (achievement, count) in careers.unlocked(before, after) {
        let row = AchievementUnlockRow {
            session_id,
            player_id,
            event_ts,
            achievement: Text::at(achievement),
            count: count as i32,
        };
        journal.rows.achievement_unlocks.push(row);
    }
    let [had, experience] = [before, after].map(|deeds| careers.experience(deeds));
    let [was, level] = [had, experience].map(|experience| careers.level(experience));
    if level > was {
        journal.rows.notes.levels_before.push(was as u16);
        journal.rows.level_ups.push(LevelUpRow { session_id, player_id, event_ts, level: level as i16, experience });
    }
}

/// At the first tick of a day: bans the accounts that were condemned to it. Sessions that are open go on to their end.
pub fn ban_condemned(
    rules: Res<Rules>,
    now: Res<Now>,
    mut suspects: ResMut<Suspects>,
    mut journal: ResMut<Journal>,
    mut players: ResMut<Players>,
) {
    let ticks_per_day = rules.clock.ticks_per_day();
    if !now.tick.is_multiple_of(ticks_per_day) {
        return;
    }
    let day = now.tick / ticks_per_day;
    let event_ts = Timestamp(rules.clock.ms(rules.clock.second(now.tick)));
    let condemned = suspects.condemned.remove(&day).unwrap_or_default();
    for player_id in condemned {
        // Who has left for good in the meantime needs no ban.
        let Some(suspicion) = suspects.by_account.get(&player_id) else { continue };
        // Whoever waits for another day is forgotten when it comes.
        if let Some(player) = players.by_account.get_mut(&player_id) {
            player.next_day = None;
        }
        journal.rows.bans.push(BanRow {
            event_ts,
            player_id,
            rule: Text::at(Rule::at(suspicion.rule.into()) as usize),
            is_wave: rules.anticheat.is_wave(day),
        });
    }
}
