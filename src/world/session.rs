//! Sessions: sittings are planned for each active player at midnight, then logged in and out tick by tick.

use std::collections::BTreeMap;

use bevy_ecs::prelude::*;
use bevy_ecs::system::SystemParam;

use super::account::{MAX_DAYS, Player, ReturnCalendar};
use super::journal::Journal;
use super::matches::{Leaving, Match, Seat};
use super::matchmaking::Lobby;
use super::purchase::Shopping;
use super::tick::Rules;
use super::tick::{Now, RealmId};
use super::trajectory::Track;
use crate::population::{SessionEnd, Sitting, plan_day};
use crate::random::Purpose;
use crate::setting::Setting;
use crate::table::{SessionEndRow, Text, Timestamp, TruthEvent, TruthEventRow};
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
pub struct Plan {
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
    by_tick: BTreeMap<u32, Vec<Plan>>,
}

impl Agenda {
    fn enter(&mut self, setting: &Setting, plan: Plan) {
        let clock = setting.clock;
        let first_tick = clock.tick_at_or_after(plan.sitting.started_s);
        let has_heartbeat = clock.second(first_tick) < plan.sitting.ended_s;
        let due = if has_heartbeat { first_tick } else { clock.tick_holding(plan.sitting.ended_s) };
        self.by_tick.entry(due).or_default().push(plan);
    }

    /// Every plan, for saving and closing.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.by_tick.values().flatten()
    }

    /// Enters a plan again, after loading.
    pub fn restore(&mut self, setting: &Setting, plan: Plan) {
        self.enter(setting, plan);
    }
}

/// Sessions online by the tick that holds their end.
#[derive(Resource, Debug, Default)]
pub struct Departing {
    by_tick: BTreeMap<u32, Vec<Departure>>,
}

/// A session online and its end; departures of a tick are in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Departure {
    session_id: i64,
    ended_s: u32,
    entity: Entity,
}

impl Departing {
    /// Enters a session that has logged in.
    pub fn enter(&mut self, setting: &Setting, session_id: i64, ended_s: u32, entity: Entity) {
        let departure = Departure { session_id, ended_s, entity };
        self.by_tick.entry(setting.clock.tick_holding(ended_s)).or_default().push(departure);
    }

    /// Takes out who leaves in a tick and before a second, by session number.
    fn take(&mut self, tick: u32, second: u32) -> Vec<Departure> {
        let Some(due) = self.by_tick.get_mut(&tick) else { return Vec::new() };
        let mut leaving: Vec<Departure> = due.extract_if(.., |departure| departure.ended_s < second).collect();
        if due.is_empty() {
            self.by_tick.remove(&tick);
        }
        leaving.sort_unstable();
        leaving
    }
}

/// An open session.
#[derive(Component, Clone, Debug)]
pub struct Session {
    /// The account.
    pub player: Entity,
    /// Session number.
    pub id: i64,
    /// Who plays.
    pub identity: Identity,
    /// Session number of the leader of its party: its own if it plays alone.
    pub party_id: i64,
    /// When it started and will end.
    pub sitting: Sitting,
    /// Skill of the player, practice included.
    pub skill: f64,
    /// Match it is in, if any.
    pub seat: Option<Seat>,
    /// Its heartbeats in the open window.
    pub track: Track,
    /// Matches joined.
    pub matches: u16,
    /// Kills in matches it has left.
    pub kills: u16,
    /// Deaths in matches it has left.
    pub deaths: u16,
    /// Purchases.
    pub purchases: u16,
}

impl Session {
    /// Records or plays everything but the links to other entities.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.i64(&mut self.id);
        self.identity.state(tape);
        tape.i64(&mut self.party_id);
        self.sitting.state(tape);
        tape.f64(&mut self.skill);
        tape.u16(&mut self.matches);
        tape.u16(&mut self.kills);
        tape.u16(&mut self.deaths);
        tape.u16(&mut self.purchases);
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
    let mut active: Vec<(Entity, Player)> = Vec::new();
    for entity in calendar.take(day) {
        if let Ok(player) = players.get(entity) {
            active.push((entity, *player));
        }
    }
    active.sort_unstable_by_key(|(_, player)| player.id);
    for id in realm.installs_on(&rules, day as i32) {
        let player = Player { id, ..Player::default() };
        active.push((commands.spawn(player).id(), player));
        let event_ts = Timestamp(rules.clock.ms(day * DAY_S));
        journal.rows.truth_events.push(TruthEventRow {
            event_ts,
            player_id: id,
            event: Text::at(TruthEvent::Installed as usize),
        });
    }
    journal.rows.sums.active_players += active.len() as u64;
    for (entity, mut player) in active {
        plan_sittings(&rules, day, entity, &mut player, &mut calendar, &mut agenda, &mut journal);
        if player.is_leaving && player.open_sessions == 0 {
            commands.entity(entity).despawn();
        } else if let Ok(mut stored) = players.get_mut(entity) {
            *stored = player;
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
    for sitting in plan_day(setting.seed, &setting.sessions, &profile, day as i32, player.busy_until_s) {
        // Session ids leave 16 bits for the ordinal; a player who exhausts them has no more sessions to give.
        let Some(next) = player.sessions.checked_add(1) else { break };
        let session_id = i64::from(player.id) << 16 | i64::from(player.sessions);
        player.sessions = next;
        player.open_sessions += 1;
        player.busy_until_s = sitting.ended_s;
        last_start_s = sitting.started_s;
        agenda.enter(setting, Plan { player: entity, identity, session_id, sitting });
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

/// Logs in the sessions whose first heartbeat is now, and accounts for those that had none.
pub fn log_in(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    mut agenda: ResMut<Agenda>,
    mut lobby: ResMut<Lobby>,
    mut departing: ResMut<Departing>,
    mut journal: ResMut<Journal>,
    mut players: Query<&mut Player>,
    mut commands: Commands,
) {
    let mut plans = Vec::new();
    while let Some(entry) = agenda.by_tick.first_entry().filter(|entry| *entry.key() <= now.tick) {
        plans.extend(entry.remove());
    }
    plans.sort_unstable_by_key(|plan| (plan.identity.region, plan.session_id));
    let second = rules.clock.second(now.tick);
    let mut party = Party::default();
    for plan in plans {
        let mut session = open_session(&plan, players.get(plan.player).map_or(0, |player| player.matches));
        if (plan.sitting.started_s..plan.sitting.ended_s).contains(&second) {
            party.take_in(&rules, &mut session);
            let shopping = Shopping::plan(&rules, &session);
            let (session_id, ended_s) = (session.id, session.sitting.ended_s);
            let mut entity = commands.spawn(session);
            if let Some(shopping) = shopping {
                entity.insert(shopping);
            }
            let entity = entity.id();
            departing.enter(&rules, session_id, ended_s, entity);
            lobby.arrivals.push(entity);
        } else {
            journal.rows.session_ends.push(session_row(
                &rules,
                realm.0,
                &session,
                plan.sitting.ended_s,
                plan.sitting.end,
            ));
            release_player(&mut players, &mut commands, &session);
        }
    }
}

/// The party that is forming while sessions of one region log in one after the other.
#[derive(Default)]
struct Party {
    leader: Option<(u16, i64)>,
    size: u32,
}

impl Party {
    /// Lets a session join the party of those before it, or lead one of its own.
    fn take_in(&mut self, setting: &Setting, session: &mut Session) {
        let region = session.identity.region;
        let rules = &setting.sessions;
        let joins = |leader: &(u16, i64)| {
            leader.0 == region
                && self.size < rules.party_size_max
                && setting.seed.stream(Purpose::Party, session.id as u64, 0).chance(rules.party_chance)
        };
        if let Some((_, leader)) = self.leader.filter(joins) {
            session.party_id = leader;
            self.size += 1;
            return;
        }
        *self = Self { leader: Some((region, session.id)), size: 1 };
    }
}

/// The session of a plan at its login.
pub fn open_session(plan: &Plan, practice_matches: u32) -> Session {
    Session {
        player: plan.player,
        id: plan.session_id,
        identity: plan.identity,
        party_id: plan.session_id,
        sitting: plan.sitting,
        // Practice: a power-type learning curve (FACTS C8), a quarter of a standard deviation at e times 20 matches.
        skill: plan.identity.skill + 0.25 * libm::log1p(f64::from(practice_matches) / 20.0),
        seat: None,
        track: Track::default(),
        matches: 0,
        kills: 0,
        deaths: 0,
        purchases: 0,
    }
}

/// What it takes to end sessions.
#[derive(SystemParam)]
pub struct Departures<'w, 's> {
    rules: Res<'w, Rules>,
    realm: Res<'w, RealmId>,
    journal: ResMut<'w, Journal>,
    departing: ResMut<'w, Departing>,
    sessions: Query<'w, 's, &'static mut Session>,
    matches: Query<'w, 's, &'static mut Match>,
    players: Query<'w, 's, &'static mut Player>,
    commands: Commands<'w, 's>,
}

impl Departures<'_, '_> {
    /// Ends every session whose end lies in a tick and before a second; `left_tick` is the first tick without them.
    fn end_before(&mut self, tick: u32, second: u32, left_tick: u32) {
        for Departure { entity, .. } in self.departing.take(tick, second) {
            let Ok(mut session) = self.sessions.get_mut(entity) else { continue };
            let Sitting { ended_s, end, .. } = session.sitting;
            if let Some(seat) = session.seat
                && let Ok(mut game) = self.matches.get_mut(seat.game)
            {
                let leaving = Leaving { left_tick, left_ms: self.rules.clock.ms(ended_s) };
                game.leave(seat.participant, leaving, &mut session);
            }
            self.journal.rows.session_ends.push(session_row(&self.rules, self.realm.0, &session, ended_s, end));
            release_player(&mut self.players, &mut self.commands, &session);
            self.commands.entity(entity).despawn();
        }
    }
}

/// Ends sessions that end exactly at this tick: they have no heartbeat in it.
pub fn log_out_on_the_tick(now: Res<Now>, mut departures: Departures<'_, '_>) {
    let second = departures.rules.clock.second(now.tick);
    departures.end_before(now.tick, second + 1, now.tick);
}

/// Ends sessions that end after this tick and before the next.
pub fn log_out(now: Res<Now>, mut departures: Departures<'_, '_>) {
    let next_second = departures.rules.clock.second(now.tick + 1);
    departures.end_before(now.tick, next_second, now.tick + 1);
}

/// One open session fewer; an account that will not come back goes with its last.
fn release_player(players: &mut Query<&mut Player>, commands: &mut Commands, session: &Session) {
    if let Ok(mut player) = players.get_mut(session.player) {
        player.open_sessions -= 1;
        player.matches += u32::from(session.matches);
        player.purchases += u32::from(session.purchases);
        if player.is_leaving && player.open_sessions == 0 {
            commands.entity(session.player).despawn();
        }
    }
}

/// The row of a session that ended.
pub fn session_row(setting: &Setting, realm: u32, session: &Session, ended_s: u32, end: SessionEnd) -> SessionEndRow {
    let (clock, identity) = (setting.clock, &session.identity);
    let started_s = session.sitting.started_s;
    SessionEndRow {
        session_id: session.id,
        player_id: identity.player_id,
        realm_id: realm as i16,
        party_id: session.party_id,
        region: Text::at(identity.region.into()),
        country: Text::at(identity.country.into()),
        platform: Text::at(identity.platform.into()),
        device: Text::at(identity.device.into()),
        client_version: Text::at(identity.client_version.into()),
        started_at: Timestamp(clock.ms(started_s)),
        event_ts: Timestamp(clock.ms(ended_s)),
        event_length_s: (ended_s - started_s) as i32,
        heartbeats: (clock.tick_at_or_after(ended_s) - clock.tick_at_or_after(started_s)) as i32,
        matches: session.matches as i16,
        kills: session.kills as i16,
        deaths: session.deaths as i16,
        purchases: session.purchases as i16,
        end_reason: Text::at(end as usize),
    }
}
