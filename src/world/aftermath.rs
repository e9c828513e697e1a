//! The aftermath of a session: what its end adds to the account of its player, what that unlocks, what the anti-cheat says of
//! it, and whether the player has had enough.

use std::collections::BTreeMap;

use bevy_ecs::prelude::*;
use bevy_ecs::system::SystemParam;

use super::account::{Player, Wallet};
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

/// The accounts that were flagged, and those that will be banned, by day.
#[derive(Resource, Debug, Default)]
pub struct Suspects {
    by_account: BTreeMap<i32, Suspicion>,
    condemned: BTreeMap<u32, Vec<Entity>>,
}

impl Suspects {
    /// Records or plays the state; `find` finds the account of a number, if it is still there.
    pub fn state(&mut self, tape: &mut Tape, find: impl Fn(i32) -> Option<Entity>) {
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
                if let (Some(day), Some(entity)) = (known.ban_day.checked_sub(1), find(id)) {
                    self.condemned.entry(day.into()).or_default().push(entity);
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

/// What it takes to end a session.
#[derive(SystemParam)]
pub struct Aftermath<'w, 's> {
    rules: Res<'w, Rules>,
    now: Res<'w, Now>,
    suspects: ResMut<'w, Suspects>,
    /// Accounts.
    pub players: Query<'w, 's, (&'static mut Player, Option<&'static Wallet>)>,
    commands: Commands<'w, 's>,
}

const HAS_PLAYER: &str = "a player stays for as long as a session is planned or open";

impl Aftermath<'_, '_> {
    /// One open session fewer; an account that will not come back goes with its last.
    pub fn take(&mut self, entity: Entity, parting: Parting, journal: &mut Journal) {
        let (mut player, wallet) = self.players.get_mut(entity).expect(HAS_PLAYER);
        let Parting { session_id, evidence, .. } = parting;
        // The last two bytes of its number count a player's sessions.
        let ordinal = (session_id & 0xffff) as u32;
        let purchases = wallet.map_or(0, |wallet| wallet.purchases);
        let before = Deeds([player.matches, player.kills, ordinal, purchases.saturating_sub(parting.purchases.into())]);
        player.open_sessions -= 1;
        player.matches += u32::from(parting.matches);
        player.kills += u32::from(evidence.kills);
        let after = Deeds([player.matches, player.kills, ordinal + 1, purchases]);
        let event_ts = Timestamp(self.rules.clock.ms(parting.ended_s));
        let player_id = player.id;
        note_growth(&self.rules.careers, journal, (session_id, player_id, event_ts), before, after);
        let has_lost = evidence.deaths > evidence.kills;
        if has_lost && !player.is_leaving && self.rules.effects.losing_ends_career(session_id) {
            player.is_leaving = true;
            let event = Text::at(TruthEvent::GaveUp as usize);
            journal.rows.truth_events.push(TruthEventRow { event_ts, player_id, event });
        }
        if player.is_leaving && player.open_sessions == 0 {
            self.commands.entity(entity).despawn();
        }
        if self.rules.anticheat.keys.enabled {
            self.look_at(entity, player_id, event_ts, parting, journal);
        }
    }

    /// Raises the flags that a session deserves, and condemns an account that has enough of them.
    fn look_at(
        &mut self,
        entity: Entity,
        player_id: i32,
        event_ts: Timestamp,
        Parting { session_id, evidence, .. }: Parting,
        journal: &mut Journal,
    ) {
        for breach in self.rules.anticheat.look_at(evidence) {
            let rule = breach.rule as usize;
            let suspicion = self.suspects.by_account.entry(player_id).or_default();
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
                    self.suspects.condemned.entry(ban_day).or_default().push(entity);
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
    mut players: Query<&mut Player>,
    mut commands: Commands,
) {
    let ticks_per_day = rules.clock.ticks_per_day();
    if !now.tick.is_multiple_of(ticks_per_day) {
        return;
    }
    let day = now.tick / ticks_per_day;
    let event_ts = Timestamp(rules.clock.ms(rules.clock.second(now.tick)));
    for entity in suspects.condemned.remove(&day).unwrap_or_default() {
        // Who has left for good in the meantime needs no ban.
        let Ok(mut player) = players.get_mut(entity) else { continue };
        let suspicion = suspects.by_account.get(&player.id).expect("only who is suspected is condemned");
        player.is_leaving = true;
        if player.open_sessions == 0 {
            commands.entity(entity).despawn();
        }
        journal.rows.bans.push(BanRow {
            event_ts,
            player_id: player.id,
            rule: Text::at(Rule::at(suspicion.rule.into()) as usize),
            is_wave: rules.anticheat.is_wave(day),
        });
    }
}
