//! The agenda: at midnight new accounts are installed and the sittings of everyone active today are planned.

use std::collections::BTreeMap;

use bevy_ecs::prelude::*;

use super::account::{Player, PlayerRecord, day_of_return};
use super::aftermath::Records;
use super::journal::Journal;
use super::parties::{Active, Party, gather};
use super::tick::{Now, RealmId, Rules};
use crate::population::{Profile, Sitting, plan_day};
use crate::setting::Setting;
use crate::table::{Text, Timestamp, TruthEvent, TruthEventRow};
use crate::tape::Tape;
use crate::time::DAY_S;

/// What a session needs to know of its player: small indices, so that profiles are computed once a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Identity {
    /// Account number.
    pub player_id: i32,
    /// Index of the country.
    pub country: u16,
    /// Index of the region.
    pub region: u16,
    /// Index of the platform.
    pub platform: u16,
    /// Index of the device.
    pub device: u16,
    /// Spending cluster, 0 for non-payers.
    pub cluster: u16,
    /// First day on which a payer pays; negative if that was before the run.
    pub pays_from: i32,
    /// Index of the client version.
    pub client_version: u16,
    /// How it cheats today, counted from 1; 0 for the honest.
    pub cheat: u16,
    /// Skill before practice.
    pub skill: f64,
}

impl Identity {
    /// Of a player on a day, who cheats in a way, counted from 1.
    fn of(setting: &Setting, profile: &Profile, day: u32, account: &PlayerRecord, cheat: u16) -> Self {
        let player_id = profile.nature.id;
        let edge = setting.cheating.effect(cheat).map_or(0.0, |effect| effect.skill);
        Self {
            player_id,
            country: profile.country,
            region: profile.region,
            platform: profile.platform,
            device: profile.device,
            cluster: profile.cluster,
            pays_from: profile.pays_from,
            client_version: setting.sessions.client_version(setting.seed, player_id, day as i32),
            cheat,
            skill: profile.skill - setting.careers.rust(account.days_away(day)) + edge,
        }
    }

    /// Indices of the country and the platform.
    pub fn home(&self) -> [u16; 2] {
        [self.country, self.platform]
    }

    /// Records or plays the identity.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.i32(&mut self.player_id);
        tape.u16(&mut self.country);
        tape.u16(&mut self.region);
        tape.u16(&mut self.platform);
        tape.u16(&mut self.device);
        tape.u16(&mut self.cluster);
        tape.i32(&mut self.pays_from);
        tape.u16(&mut self.client_version);
        tape.u16(&mut self.cheat);
        tape.f64(&mut self.skill);
    }
}

/// A sitting of a known player that has not started yet.
#[derive(Clone, Copy, Debug)]
pub struct PlannedSession {
    /// Who plays.
    pub identity: Identity,
    /// Session number.
    pub session_id: i64,
    /// When.
    pub sitting: Sitting,
    /// With whom.
    pub party: Party,
}

/// Planned sittings by the tick that has to act on them: the first heartbeat, or for a sitting between two ticks the
/// tick that holds its end.
#[derive(Resource, Debug, Default)]
pub struct Agenda {
    by_tick: BTreeMap<u32, Vec<PlannedSession>>,
}

impl Agenda {
    /// Enters a sitting.
    pub fn enter(&mut self, setting: &Setting, planned: PlannedSession) {
        let clock = setting.clock;
        let first_tick = clock.tick_at_or_after(planned.sitting.started_s);
        let has_heartbeat = clock.second(first_tick) < planned.sitting.ended_s;
        let due = if has_heartbeat { first_tick } else { clock.tick_holding(planned.sitting.ended_s) };
        self.by_tick.entry(due).or_default().push(planned);
    }

    /// Takes out what is due up to a tick.
    pub fn take(&mut self, tick: u32) -> Vec<PlannedSession> {
        let mut due = Vec::new();
        while let Some(entry) = self.by_tick.first_entry().filter(|entry| *entry.key() <= tick) {
            due.extend(entry.remove());
        }
        due
    }

    /// Everything that is planned.
    pub fn planned(&self) -> impl Iterator<Item = &PlannedSession> {
        self.by_tick.values().flatten()
    }
}

/// At the first tick of a day: installs the day's new accounts and plans the sittings of everyone active today.
pub fn wake_players(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    mut records: Records<'_>,
    mut agenda: ResMut<Agenda>,
    mut journal: ResMut<Journal>,
) {
    if !now.tick.is_multiple_of(rules.clock.ticks_per_day()) {
        return;
    }
    let day = now.tick / rules.clock.ticks_per_day();
    let waiting = records.wake(day).into_iter().map(|account| Player { account, ..Player::default() });
    // Some still have a session of the day before.
    let is_due = |player: &&Player| player.next_day.is_some_and(|next| u32::from(next) == day);
    let mut awake: Vec<Player> = waiting.chain(records.players.by_account.values().filter(is_due).copied()).collect();
    awake.sort_unstable_by_key(|player| player.account.id);
    for id in rules.installs_on(realm.0, day as i32) {
        awake.push(Player { account: PlayerRecord::new(id), ..Player::default() });
        let event_ts = Timestamp(rules.clock.ms(day * DAY_S));
        journal.rows.truth_events.push(truth(event_ts, id, TruthEvent::Installed));
    }
    let online = records.players.by_account.len();
    // What a launch needed is given back.
    records.players.by_account.shrink_to(2 * (online + awake.len()));
    let mut identities = Vec::with_capacity(awake.len());
    let mut active = Vec::with_capacity(awake.len());
    for Player { account, .. } in &mut awake {
        let mut profile = rules.population.profile(account.id);
        let cheat = rules.cheating.on_day(&rules.population, &rules.friendships, account.id, day);
        if let Some(effect) = rules.cheating.effect(cheat) {
            profile.session_s *= effect.hours_factor;
            if !std::mem::replace(&mut account.has_cheated, true) {
                let event_ts = Timestamp(rules.clock.ms(day * DAY_S));
                journal.rows.truth_events.push(truth(event_ts, account.id, TruthEvent::BeganCheating));
            }
        }
        identities.push(Identity::of(&rules, &profile, day, account, cheat));
        active.push(plan_sittings(&rules, day, account, &profile));
    }
    gather(&rules, &mut active);
    for ((mut player, identity), active) in awake.into_iter().zip(identities).zip(active) {
        player.account.free_from_s = active.plan.free_from_s;
        let mut last_start_s = day * DAY_S;
        let mut next_day = active.next_day;
        if next_day.is_none() && active.parties.iter().any(|party| party.size > 1) {
            let nature = &rules.population.nature(player.account.id);
            let comes_back = rules.effects.party_keeps(player.account.id, day);
            next_day = comes_back.then(|| rules.population.next_day_after_all(nature, day as i32));
        }
        // Back only after the longest run there can be is as good as gone, but not churned.
        player.next_day = day_of_return(next_day);
        for (sitting, party) in active.plan.sittings.into_iter().zip(active.parties) {
            let session_id = session_number(player.account.id, player.account.sessions);
            player.account.sessions += 1;
            player.open_sessions += 1;
            last_start_s = sitting.started_s;
            agenda.enter(&rules, PlannedSession { identity, session_id, sitting, party });
        }
        if player.open_sessions == 0 {
            records.rest(player);
        } else {
            records.players.by_account.insert(player.account.id, player);
        }
        if next_day.is_none() {
            let event_ts = Timestamp(rules.clock.ms(last_start_s));
            journal.rows.truth_events.push(truth(event_ts, player.account.id, TruthEvent::Churned));
        }
    }
}

fn truth(event_ts: Timestamp, player_id: i32, event: TruthEvent) -> TruthEventRow {
    TruthEventRow { event_ts, player_id, event: Text::at(event as usize) }
}

/// Number of a player's n-th session.
fn session_number(player_id: i32, ordinal: u16) -> i64 {
    i64::from(player_id) << 16 | i64::from(ordinal)
}

/// What a player wants to do today, before friends have a say.
fn plan_sittings(setting: &Setting, day: u32, account: &PlayerRecord, profile: &Profile) -> Active {
    let mut plan = plan_day(setting.seed, &setting.sessions, profile, day as i32, account.free_from_s);
    // Session ids leave 16 bits for the ordinal; a player who exhausts them has no more sessions to give.
    plan.sittings.truncate(usize::from(u16::MAX - account.sessions));
    let alone = |n: u16| Party { id: session_number(account.id, account.sessions + n), size: 1 };
    Active {
        social: setting.friendships.social(profile),
        free_from_s: account.free_from_s,
        parties: (0..plan.sittings.len() as u16).map(alone).collect(),
        next_day: setting.population.next_active_day(&profile.nature, day as i32),
        plan,
    }
}
