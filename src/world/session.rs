//! Sessions: sittings that have been planned are logged in and out tick by tick.

use std::collections::BTreeMap;

use bevy_ecs::prelude::*;
use bevy_ecs::system::SystemParam;

use super::account::Players;
use super::aftermath::{Aftermath, Parting};
use super::agenda::{Agenda, Identity, PlannedSession};
use super::journal::Journal;
use super::lobby::Lobby;
use super::messages::{Left, LoggedIn, LoggedOut, Seat};
use super::parties::Party;
use super::scoreboard::Tally;
use super::tick::{Now, RealmId, Rules};
use super::trajectory::Track;
use crate::population::{SessionEnd, Sitting};
use crate::setting::{Evidence, Setting};
use crate::table::{SessionEndRow, Text, Timestamp};
use crate::tape::Tape;

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

    /// Moves the end of a session up.
    pub fn move_up(&mut self, setting: &Setting, session_id: i64, from_s: u32, ended_s: u32) {
        let due = self.by_tick.entry(setting.clock.tick_holding(from_s)).or_default();
        let at = due.iter().position(|departure| departure.session_id == session_id).expect("who is online departs");
        let Departure { entity, .. } = due.swap_remove(at);
        self.enter(setting, session_id, ended_s, entity);
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

/// A session that is online.
#[derive(Component, Clone, Debug, Default)]
pub struct Session {
    /// Session number.
    pub id: i64,
    /// Who plays.
    pub identity: Identity,
    /// With whom it plays.
    pub party: Party,
    /// When it started and will end.
    pub sitting: Sitting,
    /// Skill of the player, practice included.
    pub skill: f64,
    /// Matches joined.
    pub matches: u16,
    /// Kills in matches it has left.
    pub kills: u16,
    /// Deaths in matches it has left.
    pub deaths: u16,
    /// Kills by headshots, reports by victims and impossible steps in them.
    pub noticed: [u16; 3],
    /// Purchases.
    pub purchases: u16,
}

/// Where a session sits; nowhere from its elimination to the next tick.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct Seated(pub Option<Seat>);

impl Session {
    /// The session of a planned sitting, for a player who has joined so many matches before.
    fn start(setting: &Setting, planned: &PlannedSession, practice_matches: u32) -> Self {
        Self {
            id: planned.session_id,
            identity: planned.identity,
            party: planned.party,
            sitting: planned.sitting,
            skill: planned.identity.skill + setting.careers.practice(practice_matches),
            ..Self::default()
        }
    }

    /// Adds what was done in a match.
    pub fn credit(&mut self, tally: &Tally) {
        self.kills += tally.kills;
        self.deaths += tally.deaths;
        let noticed = [tally.headshots, tally.reports, tally.jumps];
        self.noticed.iter_mut().zip(noticed).for_each(|(sum, count)| *sum = sum.saturating_add(count));
    }

    /// What it was, once it has ended.
    fn parting(&self) -> Parting {
        let Sitting { started_s, ended_s, .. } = self.sitting;
        let [headshots, reports, jumps] = self.noticed;
        let (kills, deaths) = (self.kills, self.deaths);
        let evidence = Evidence { length_s: ended_s - started_s, kills, deaths, headshots, jumps, reports };
        Parting { session_id: self.id, ended_s, matches: self.matches, purchases: self.purchases, evidence }
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.i64(&mut self.id);
        self.identity.state(tape);
        self.party.state(tape);
        self.sitting.state(tape);
        tape.f64(&mut self.skill);
        tape.u16(&mut self.matches);
        tape.u16(&mut self.kills);
        tape.u16(&mut self.deaths);
        self.noticed.iter_mut().for_each(|count| tape.u16(count));
        tape.u16(&mut self.purchases);
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
    mut logged_in: MessageWriter<LoggedIn>,
    mut aftermath: Aftermath<'_>,
    mut commands: Commands,
) {
    let mut due = agenda.take(now.tick);
    due.sort_unstable_by_key(|planned| (planned.identity.region, planned.session_id));
    let second = rules.clock.second(now.tick);
    let day = now.tick / rules.clock.ticks_per_day();
    for planned in due {
        let player = aftermath.records.players.of(planned.identity.player_id);
        let session = Session::start(&rules, &planned, player.account.matches);
        let Sitting { started_s, ended_s, end } = planned.sitting;
        if (started_s..ended_s).contains(&second) {
            journal.note_visit(player, planned.identity.home(), day);
            journal.note_login(player);
            let session_id = session.id;
            let entity = commands.spawn((session, Seated::default(), Track::default())).id();
            departing.enter(&rules, session_id, ended_s, entity);
            lobby.arrivals.push(entity);
            logged_in.write(LoggedIn(entity));
        } else {
            journal.rows.session_ends.push(session_row(&rules, *realm, &session, ended_s, end));
            aftermath.take(session.parting(), &mut journal);
        }
    }
}

/// At midnight: whoever is online then is active on the new day, too.
pub fn see_in_new_day(
    rules: Res<Rules>,
    now: Res<Now>,
    mut journal: ResMut<Journal>,
    sessions: Query<&Session>,
    mut players: ResMut<Players>,
) {
    let ticks_per_day = rules.clock.ticks_per_day();
    if now.tick.is_multiple_of(ticks_per_day) {
        for session in &sessions {
            let player = players.of(session.identity.player_id);
            journal.note_visit(player, session.identity.home(), now.tick / ticks_per_day);
        }
    }
}

/// What it takes to log sessions out.
#[derive(SystemParam)]
pub struct Departures<'w, 's> {
    rules: Res<'w, Rules>,
    now: Res<'w, Now>,
    departing: ResMut<'w, Departing>,
    sessions: Query<'w, 's, (&'static Session, &'static Seated)>,
    left: MessageWriter<'w, Left>,
    logged_out: MessageWriter<'w, LoggedOut>,
}

impl Departures<'_, '_> {
    /// Tells of the sessions whose end lies in this tick and before a second; `left_tick` is the first tick without them.
    fn tell_before(&mut self, second: u32, left_tick: u32) {
        for Departure { entity, .. } in self.departing.take(self.now.tick, second) {
            let (session, seated) = self.sessions.get(entity).expect(IS_ONLINE);
            if let Some(seat) = seated.0 {
                let left_ms = self.rules.clock.ms(session.sitting.ended_s);
                self.left.write(Left { seat, left_tick, left_ms });
            }
            self.logged_out.write(LoggedOut(entity));
        }
    }
}

/// Sessions that end exactly at this tick log out: they have no heartbeat in it.
pub fn log_out_on_the_tick(mut departures: Departures<'_, '_>) {
    let tick = departures.now.tick;
    let second = departures.rules.clock.second(tick);
    departures.tell_before(second + 1, tick);
}

/// Sessions that end after this tick and before the next log out.
pub fn log_out(mut departures: Departures<'_, '_>) {
    let next_tick = departures.now.tick + 1;
    let next_second = departures.rules.clock.second(next_tick);
    departures.tell_before(next_second, next_tick);
}

/// Accounts for the sessions that have logged out.
pub fn end_sessions(
    rules: Res<Rules>,
    realm: Res<RealmId>,
    mut logged_out: ResMut<Messages<LoggedOut>>,
    mut journal: ResMut<Journal>,
    sessions: Query<&Session>,
    mut aftermath: Aftermath<'_>,
    mut commands: Commands,
) {
    for LoggedOut(entity) in logged_out.drain() {
        let session = sessions.get(entity).expect(IS_ONLINE);
        let Sitting { ended_s, end, .. } = session.sitting;
        journal.rows.session_ends.push(session_row(&rules, *realm, session, ended_s, end));
        aftermath.take(session.parting(), &mut journal);
        commands.entity(entity).despawn();
    }
}

const IS_ONLINE: &str = "who departs is online until then";

/// At the end of the run: accounts for the sessions that are still open, those included whose first heartbeat would come.
pub fn cut_off_sessions(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    agenda: Res<Agenda>,
    mut journal: ResMut<Journal>,
    sessions: Query<&Session>,
) {
    let end_s = rules.clock.second(now.tick);
    let started = agenda.planned().filter(|planned| planned.sitting.started_s < end_s);
    let started: Vec<Session> = started.map(|planned| Session::start(&rules, planned, 0)).collect();
    for session in sessions.iter().chain(&started) {
        journal.rows.session_ends.push(session_row(&rules, *realm, session, end_s, SessionEnd::RunEnd));
    }
}

/// The row of a session that ended.
fn session_row(setting: &Setting, realm: RealmId, session: &Session, ended_s: u32, end: SessionEnd) -> SessionEndRow {
    let (clock, identity) = (setting.clock, &session.identity);
    let started_s = session.sitting.started_s;
    SessionEndRow {
        session_id: session.id,
        player_id: identity.player_id,
        realm_id: realm.0 as i16,
        party_id: session.party.id,
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
