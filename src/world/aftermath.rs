//! The aftermath of a session: what its end adds to the account of its player, what that unlocks, what the anti-cheat says of
//! it, and whether the player has had enough.

use std::collections::BTreeMap;

use bevy_ecs::prelude::*;
use bevy_ecs::system::SystemParam;

use super::account::{Player, Suspicion, Wallet};
use super::journal::Journal;
use super::tick::{Now, Rules};
use crate::random::Purpose;
use crate::setting::{Deeds, Evidence, Rule};
use crate::table::{
    AchievementUnlockRow, AnticheatFlagRow, BanRow, LevelUpRow, Text, Timestamp, TruthEvent, TruthEventRow,
};

/// The accounts that will be banned, by day.
#[derive(Resource, Debug, Default)]
pub struct Condemned {
    by_day: BTreeMap<u32, Vec<Entity>>,
}

impl Condemned {
    /// Enters an account for a day.
    pub fn enter(&mut self, day: u32, player: Entity) {
        self.by_day.entry(day).or_default().push(player);
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
    condemned: ResMut<'w, Condemned>,
    /// Accounts.
    pub players: Query<'w, 's, (&'static mut Player, Option<&'static Wallet>, Option<&'static Suspicion>)>,
    commands: Commands<'w, 's>,
}

const HAS_PLAYER: &str = "a player stays for as long as a session is planned or open";

impl Aftermath<'_, '_> {
    /// One open session fewer; an account that will not come back goes with its last.
    pub fn take(&mut self, entity: Entity, parting: Parting, journal: &mut Journal) {
        let (mut player, wallet, suspicion) = self.players.get_mut(entity).expect(HAS_PLAYER);
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
        for (achievement, count) in self.rules.careers.unlocked(before, after) {
            let row = AchievementUnlockRow {
                session_id,
                player_id,
                event_ts,
                achievement: Text::at(achievement),
                count: count as i32,
            };
            journal.rows.achievement_unlocks.push(row);
        }
        let [had, experience] = [before, after].map(|deeds| self.rules.careers.experience(deeds));
        let [was, level] = [had, experience].map(|experience| self.rules.careers.level(experience));
        if level > was {
            journal.rows.notes.levels_before.push(was as u16);
            journal.rows.level_ups.push(LevelUpRow {
                session_id,
                player_id,
                event_ts,
                level: level as i16,
                experience,
            });
        }
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
            let suspicion = suspicion.copied().unwrap_or_default();
            self.look_at(entity, player_id, event_ts, parting, suspicion, journal);
        }
    }

    /// Raises the flags that a session deserves, and condemns an account that has enough of them.
    fn look_at(
        &mut self,
        entity: Entity,
        player_id: i32,
        event_ts: Timestamp,
        Parting { session_id, evidence, .. }: Parting,
        mut suspicion: Suspicion,
        journal: &mut Journal,
    ) {
        let before = suspicion;
        for breach in self.rules.anticheat.look_at(evidence) {
            let rule = breach.rule as usize;
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
                    self.condemned.enter(ban_day, entity);
                }
            }
        }
        if suspicion != before {
            // Whoever leaves for good is not there any more when this is done.
            self.commands.queue(move |world: &mut World| {
                if let Ok(mut player) = world.get_entity_mut(entity) {
                    player.insert(suspicion);
                }
            });
        }
    }
}

/// At the first tick of a day: bans the accounts that were condemned to it. Sessions that are open go on to their end.
pub fn ban_condemned(
    rules: Res<Rules>,
    now: Res<Now>,
    mut condemned: ResMut<Condemned>,
    mut journal: ResMut<Journal>,
    mut players: Query<(&mut Player, &Suspicion)>,
    mut commands: Commands,
) {
    let ticks_per_day = rules.clock.ticks_per_day();
    if !now.tick.is_multiple_of(ticks_per_day) {
        return;
    }
    let day = now.tick / ticks_per_day;
    let event_ts = Timestamp(rules.clock.ms(rules.clock.second(now.tick)));
    for entity in condemned.by_day.remove(&day).unwrap_or_default() {
        // Who has left for good in the meantime needs no ban.
        let Ok((mut player, suspicion)) = players.get_mut(entity) else { continue };
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
