//! The agenda: at midnight new accounts are installed and the sittings of everyone active today are planned.

use std::collections::BTreeMap;

use bevy_ecs::prelude::*;

use super::account::{MAX_DAYS, Player, ReturnCalendar};
use super::journal::Journal;
use super::tick::{Now, RealmId, Rules};
use crate::population::{Sitting, plan_day};
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
    /// Index of the client version.
    pub client_version: u16,
    /// Skill before practice.
    pub skill: f64,
}

impl Identity {
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
        tape.u16(&mut self.client_version);
        tape.f64(&mut self.skill);
    }
}

/// A sitting of a known player that has not started yet.
#[derive(Clone, Copy, Debug)]
pub struct PlannedSession {
    /// The player.
    pub player: Entity,
    /// Who that is.
    pub identity: Identity,
    /// Session number.
    pub session_id: i64,
    /// When.
    pub sitting: Sitting,
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
    mut calendar: ResMut<ReturnCalendar>,
    mut agenda: ResMut<Agenda>,
    mut journal: ResMut<Journal>,
    mut players: Query<&mut Player>,
    mut commands: Commands,
) {
    if !now.tick.is_multiple_of(rules.clock.ticks_per_day()) {
        return;
    }
    let day = now.tick / rules.clock.ticks_per_day();
    let due = calendar.take(day).into_iter();
    let mut active: Vec<(Entity, Player)> =
        due.map(|entity| (entity, *players.get(entity).expect("only who is there has an entry"))).collect();
    active.sort_unstable_by_key(|(_, player)| player.id);
    let returning = active.len();
    for id in rules.installs_on(realm.0, day as i32) {
        active.push((commands.spawn_empty().id(), Player { id, ..Player::default() }));
        let event_ts = Timestamp(rules.clock.ms(day * DAY_S));
        let event = Text::at(TruthEvent::Installed as usize);
        journal.rows.truth_events.push(TruthEventRow { event_ts, player_id: id, event });
    }
    for (n, (entity, mut player)) in active.into_iter().enumerate() {
        plan_sittings(&rules, day, entity, &mut player, &mut calendar, &mut agenda, &mut journal);
        if player.is_leaving && player.open_sessions == 0 {
            commands.entity(entity).despawn();
        } else if n < returning {
            *players.get_mut(entity).expect("it was there a moment ago") = player;
        } else {
            commands.entity(entity).insert(player);
        }
    }
}

fn plan_sittings(
    setting: &Setting,
    day: u32,
    entity: Entity,
    player: &mut Player,
    calendar: &mut ReturnCalendar,
    agenda: &mut Agenda,
    journal: &mut Journal,
) {
    let profile = setting.population.profile(player.id);
    let identity = Identity {
        player_id: player.id,
        country: profile.country,
        region: profile.region,
        platform: profile.platform,
        device: profile.device,
        cluster: profile.cluster,
        client_version: setting.sessions.client_version(setting.seed, player.id, day as i32),
        skill: profile.skill,
    };
    let mut last_start_s = day * DAY_S;
    let plan = plan_day(setting.seed, &setting.sessions, &profile, day as i32, player.free_from_s);
    player.free_from_s = plan.free_from_s;
    for sitting in plan.sittings {
        // Session ids leave 16 bits for the ordinal; a player who exhausts them has no more sessions to give.
        let Some(next) = player.sessions.checked_add(1) else { break };
        let session_id = i64::from(player.id) << 16 | i64::from(player.sessions);
        player.sessions = next;
        player.open_sessions += 1;
        last_start_s = sitting.started_s;
        agenda.enter(setting, PlannedSession { player: entity, identity, session_id, sitting });
    }
    match setting.population.next_active_day(&profile.nature, day as i32) {
        Some(next) if (next as u32) < MAX_DAYS => calendar.enter(next as u32, entity),
        // Back only after the longest run there can be: as good as gone, but not churned.
        Some(_) => player.is_leaving = true,
        None => {
            player.is_leaving = true;
            let event_ts = Timestamp(setting.clock.ms(last_start_s));
            journal.rows.truth_events.push(TruthEventRow {
                event_ts,
                player_id: player.id,
                event: Text::at(TruthEvent::Churned as usize),
            });
        }
    }
}
