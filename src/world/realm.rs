//! A realm: one closed world and its two schedules, stepped tick by tick around detection.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bevy_ecs::prelude::*;

use super::account::{MAX_DAYS, Player, ReturnCalendar};
use super::arena::Arena;
use super::journal::Journal;
use super::matches::{Leaving, Match, Seat};
use super::matchmaking::Lobby;
use super::purchase::Shopping;
use super::schedule::Half;
use super::session::{self, Agenda, Departing, Identity, Plan, Session};
use super::tick::{Found, Now, Positions, RealmId, Rules};
use super::trajectory::{Track, Trajectories};
use crate::encounter::{Contacts, Frame};
use crate::population::{SessionEnd, Sitting};
use crate::setting::Setting;
use crate::setting::Span;
use crate::table::Aggregate;
use crate::table::{DayRows, MatchEnd};
use crate::tape::Tape;

/// One closed world.
pub struct Realm {
    /// Number.
    pub id: u32,
    setting: Arc<Setting>,
    world: World,
    before: Half,
    after: Half,
    encounters_seen: i64,
    /// The tick to step next, once known.
    next_tick: Option<u32>,
}

impl Realm {
    /// The realm at the start of the run: veterans waiting for their next active day.
    pub fn new(setting: Arc<Setting>, id: u32) -> Self {
        Self::starting(setting, id, 0)
    }

    /// The realm as if the run began on a later day, for measuring a slice of it: everyone who installed before is a
    /// veteran. Nobody is online at first, so that the slice differs a little from the same days of the whole run.
    pub fn starting(setting: Arc<Setting>, id: u32, first_day: u32) -> Self {
        let mut realm = Self::empty(setting, id);
        let setting = Arc::clone(&realm.setting);
        realm.next_tick = Some(first_day * setting.clock.ticks_per_day());
        let veterans = setting.population.installed_before(first_day as i32);
        for player_id in RealmId(id).accounts(&setting, 0, veterans) {
            let nature = setting.population.nature(player_id);
            let day = setting.population.first_active_day_from(&nature, first_day as i32);
            if let Some(day) = day.filter(|&day| (day as u32) < MAX_DAYS) {
                let entity = realm.world.spawn(Player { id: player_id, ..Player::default() }).id();
                realm.world.resource_mut::<ReturnCalendar>().enter(day as u32, entity);
            }
        }
        realm
    }

    fn empty(setting: Arc<Setting>, id: u32) -> Self {
        let mut world = World::new();
        world.insert_resource(Rules(Arc::clone(&setting)));
        world.insert_resource(RealmId(id));
        world.insert_resource(Now::default());
        world.insert_resource(ReturnCalendar::default());
        world.insert_resource(Agenda::default());
        world.insert_resource(Departing::default());
        world.insert_resource(Lobby::default());
        world.insert_resource(Positions::default());
        world.insert_resource(Found::default());
        world.insert_resource(Journal::default());
        world.insert_resource(Trajectories::new(setting.heartbeats_one_in()));
        Self {
            id,
            setting,
            world,
            before: Half::before_contacts(),
            after: Half::after_contacts(),
            encounters_seen: 0,
            next_tick: None,
        }
    }

    /// Steps up to detection; the frame is then in [`Self::positions`]. Ticks must follow one another without a gap.
    pub(super) fn before_contacts(&mut self, tick: u32) {
        let expected = self.next_tick.replace(tick + 1).unwrap_or(tick);
        assert_eq!(tick, expected, "realm {} was stepped out of turn", self.id);
        self.world.resource_mut::<Now>().tick = tick;
        self.before.run(&mut self.world);
        let online = self.positions().len() as u64;
        let hour = self.setting.clock.second(tick) / 3600 % 24;
        self.world.resource_mut::<Journal>().rows.sums.heartbeats_by_hour[hour as usize] += online;
    }

    /// Positions of the tick.
    pub(super) fn positions(&self) -> &Frame {
        &self.world.resource::<Positions>().0
    }

    /// Takes out the positions and the place for contacts.
    pub(super) fn lend_detection(&mut self) -> (Frame, Contacts) {
        let frame = std::mem::take(&mut self.world.resource_mut::<Positions>().0);
        let contacts = std::mem::take(&mut self.world.resource_mut::<Found>().0);
        (frame, contacts)
    }

    /// Gives back what [`Self::lend_detection`] took.
    pub(super) fn take_detection(&mut self, frame: Frame, contacts: Contacts) {
        self.world.resource_mut::<Journal>().rows.sums.contacts += contacts.pairs.len() as u64;
        self.world.resource_mut::<Positions>().0 = frame;
        self.world.resource_mut::<Found>().0 = contacts;
    }

    /// Steps on from detection to the end of the tick.
    pub(super) fn after_contacts(&mut self) {
        self.after.run(&mut self.world);
    }

    /// Days and realms of the run.
    pub(super) fn span(&self) -> Span {
        self.setting.span()
    }

    /// Distance up to which pairs are looked for.
    pub(super) fn detection_radius_cm(&self) -> u32 {
        self.setting.episodes.exit_radius_cm
    }

    /// A realm that measures its systems one by one, for benches; see [`Self::system_times`].
    pub fn measured(setting: Arc<Setting>, id: u32) -> Self {
        let mut realm = Self::new(setting, id);
        realm.before.measure();
        realm.after.measure();
        realm
    }

    /// Every system and its time so far, in the order in which they run; empty unless they are measured.
    pub fn system_times(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        self.before.times().chain(self.after.times())
    }

    /// Lends the realm memory for its heartbeats; returns what it had.
    pub fn exchange_trajectories(&mut self, trajectories: Trajectories) -> Trajectories {
        std::mem::replace(&mut self.world.resource_mut::<Trajectories>(), trajectories)
    }

    /// Starts a window of heartbeats.
    pub fn open_window(&mut self, ticks: Range<u32>) {
        self.world.resource_mut::<Trajectories>().open(ticks);
    }

    /// Heartbeats of the window that is full.
    pub fn trajectories(&mut self) -> &mut Trajectories {
        self.world.resource_mut::<Trajectories>().into_inner()
    }

    /// Lends the realm memory for its rows, once it has handed on those it had.
    pub fn lend_rows(&mut self, memory: DayRows) {
        let had = std::mem::replace(&mut self.world.resource_mut::<Journal>().rows, memory);
        debug_assert!(had.sums == Aggregate::default(), "rows of realm {} are lost", self.id);
    }

    /// Rows since the last call.
    pub fn take_rows(&mut self) -> DayRows {
        self.world.resource_mut::<Journal>().take()
    }

    /// Encounters that began since the last call.
    pub fn take_started_encounters(&mut self) -> u64 {
        let started = self.world.resource::<Journal>().next_encounter;
        (started - std::mem::replace(&mut self.encounters_seen, started)) as u64
    }

    /// Sessions online.
    pub fn online(&self) -> usize {
        self.positions().len()
    }

    /// Ends everything that is still open at the end of the run.
    pub fn close(&mut self) {
        let setting = Arc::clone(&self.setting);
        let end_tick = self.next_tick.unwrap_or(0);
        let end_s = setting.clock.second(end_tick);
        let end_ms = setting.clock.ms(end_s);
        let mut journal = std::mem::take(&mut *self.world.resource_mut::<Journal>());
        for (_, entity) in self.world.resource::<Lobby>().games.clone() {
            let Some(mut game) = self.world.entity_mut(entity).take::<Match>() else { continue };
            game.end = MatchEnd::RunEnd;
            game.close(&setting, self.id, end_tick, &mut journal);
            for participant in game.present.clone() {
                let member = game.roster[participant as usize].session;
                if let Some(mut session) = self.world.get_mut::<Session>(member) {
                    let leaving = Leaving { left_tick: end_tick, left_ms: end_ms };
                    game.leave(participant, leaving, &mut session);
                }
            }
        }
        let mut sessions = self.world.query::<&Session>();
        let open = sessions.iter(&self.world).cloned();
        let started = self.world.resource::<Agenda>().plans().filter(|plan| plan.sitting.started_s < end_s);
        let all: Vec<Session> = open.chain(started.map(|plan| session::open_session(plan, 0))).collect();
        for session in all {
            journal.rows.session_ends.push(session::session_row(
                &setting,
                self.id,
                &session,
                end_s,
                SessionEnd::RunEnd,
            ));
        }
        *self.world.resource_mut::<Journal>() = journal;
    }

    /// The state between two epochs. Loading it with [`Self::load`] gives a realm that steps on to the same bytes.
    pub fn save(&mut self) -> Vec<u8> {
        let mut tape = Tape::record();
        self.state(&mut tape);
        tape.into_bytes()
    }

    /// A realm from a saved state; `None` if the state is damaged.
    pub fn load(setting: Arc<Setting>, id: u32, state: Vec<u8>) -> Option<Self> {
        let mut realm = Self::empty(setting, id);
        let mut tape = Tape::play(state);
        realm.state(&mut tape);
        tape.played_to_the_end().then_some(realm)
    }

    /// Records or plays everything. Entities are written as the ids of what they stand for and found again on load.
    fn state(&mut self, tape: &mut Tape) {
        self.world.resource_mut::<Journal>().state(tape);
        let players = self.players_state(tape);
        let sessions = self.sessions_state(tape, &players);
        self.plans_state(tape, &players);
        self.matches_state(tape, &sessions);
    }

    fn players_state(&mut self, tape: &mut Tape) -> HashMap<i32, Entity> {
        let calendar = self.world.resource::<ReturnCalendar>();
        let days: HashMap<Entity, u32> = calendar.entries().map(|(day, entity)| (entity, day)).collect();
        let mut query = self.world.query::<(Entity, &Player)>();
        let mut records: Vec<(Player, u32)> = query
            .iter(&self.world)
            .map(|(entity, player)| (*player, days.get(&entity).copied().unwrap_or(u32::MAX)))
            .collect();
        records.sort_unstable_by_key(|(player, _)| player.id);
        tape.list(&mut records, |tape, (player, day)| {
            player.state(tape);
            tape.u32(day);
        });
        let mut by_id = HashMap::new();
        if tape.is_playing() {
            for (player, day) in records {
                let entity = self.world.spawn(player).id();
                by_id.insert(player.id, entity);
                if day != u32::MAX {
                    self.world.resource_mut::<ReturnCalendar>().enter(day, entity);
                }
            }
        }
        by_id
    }

    fn sessions_state(&mut self, tape: &mut Tape, players: &HashMap<i32, Entity>) -> HashMap<i64, Entity> {
        let mut query = self.world.query::<(&Session, Option<&Shopping>)>();
        let mut records: Vec<SessionRecord> = query
            .iter(&self.world)
            .map(|(session, shopping)| SessionRecord(Some(session.clone()), shopping.copied().unwrap_or_default()))
            .collect();
        records.sort_unstable_by_key(|record| record.0.as_ref().map(|session| session.id));
        tape.list(&mut records, |tape, SessionRecord(session, shopping)| {
            session.get_or_insert_with(blank_session).state(tape);
            shopping.state(tape);
        });
        // Eliminated sessions wait in the lobby between two ticks; everyone else of the lobby has been seated.
        let lobby = self.world.resource::<Lobby>();
        let id_of = |entity: &Entity| self.world.get::<Session>(*entity).map(|session| session.id);
        let mut waiting: Vec<i64> = lobby.arrivals.iter().filter_map(id_of).collect();
        waiting.sort_unstable();
        tape.list(&mut waiting, Tape::i64);
        let mut by_id = HashMap::new();
        if tape.is_playing() {
            let setting = Arc::clone(&self.setting);
            for SessionRecord(session, shopping) in records {
                let Some(mut session) = session else { continue };
                session.player = players.get(&session.identity.player_id).copied().unwrap_or(Entity::PLACEHOLDER);
                let (id, ended_s) = (session.id, session.sitting.ended_s);
                let mut entity = self.world.spawn(session);
                if shopping.goes_on() {
                    entity.insert(shopping);
                }
                let entity = entity.id();
                self.world.resource_mut::<Departing>().enter(&setting, id, ended_s, entity);
                by_id.insert(id, entity);
            }
            let arrivals = waiting.iter().filter_map(|id| by_id.get(id).copied()).collect();
            self.world.resource_mut::<Lobby>().arrivals = arrivals;
        }
        by_id
    }

    fn plans_state(&mut self, tape: &mut Tape, players: &HashMap<i32, Entity>) {
        let mut records: Vec<(Identity, i64, Sitting)> = self
            .world
            .resource::<Agenda>()
            .plans()
            .map(|plan| (plan.identity, plan.session_id, plan.sitting))
            .collect();
        tape.list(&mut records, |tape, (identity, session_id, sitting)| {
            identity.state(tape);
            tape.i64(session_id);
            sitting.state(tape);
        });
        if tape.is_playing() {
            let setting = Arc::clone(&self.setting);
            let mut agenda = self.world.resource_mut::<Agenda>();
            for (identity, session_id, sitting) in records {
                let player = players.get(&identity.player_id).copied().unwrap_or(Entity::PLACEHOLDER);
                agenda.restore(&setting, Plan { player, identity, session_id, sitting });
            }
        }
    }

    fn matches_state(&mut self, tape: &mut Tape, sessions: &HashMap<i64, Entity>) {
        let games = self.world.resource::<Lobby>().games.clone();
        let mut records: Vec<(Option<Match>, Arena)> = Vec::new();
        for (_, entity) in games {
            let game = self.world.get::<Match>(entity).cloned();
            let arena = game.as_ref().and_then(|game| self.world.get::<Arena>(game.arena)).cloned();
            records.push((game, arena.unwrap_or_default()));
        }
        tape.list(&mut records, |tape, (game, arena)| {
            game.get_or_insert_with(Match::blank).state(tape);
            arena.state(tape);
        });
        let idle = self.world.resource::<Lobby>().idle_arenas.clone();
        let mut idle: Vec<Arena> =
            idle.into_iter().filter_map(|(_, entity)| self.world.get::<Arena>(entity)).cloned().collect();
        tape.list(&mut idle, |tape, arena| arena.state(tape));
        tape.u32(&mut self.world.resource_mut::<Lobby>().arenas_opened);
        if !tape.is_playing() {
            return;
        }
        for arena in idle {
            let entry = (arena.id, self.world.spawn(arena).id());
            self.world.resource_mut::<Lobby>().idle_arenas.push(entry);
        }
        for (game, arena) in records {
            let Some(mut game) = game else { continue };
            game.arena = self.world.spawn(arena).id();
            let entity = self.world.spawn_empty().id();
            for (participant, participation) in game.roster.iter_mut().enumerate() {
                let member = sessions.get(&participation.session_id).copied();
                if let Some(member) = member.filter(|_| participation.is_present) {
                    participation.session = member;
                    if let Some(mut session) = self.world.get_mut::<Session>(member) {
                        session.seat = Some(Seat { game: entity, participant: participant as u32 });
                    }
                }
            }
            self.world.resource_mut::<Lobby>().games.push((game.id, entity));
            self.world.entity_mut(entity).insert(game);
        }
    }
}

#[derive(Default)]
struct SessionRecord(Option<Session>, Shopping);

/// A session to play a tape into.
fn blank_session() -> Session {
    Session {
        player: Entity::PLACEHOLDER,
        id: 0,
        identity: Identity::default(),
        party_id: 0,
        sitting: Sitting::default(),
        skill: 0.0,
        seat: None,
        track: Track::default(),
        matches: 0,
        kills: 0,
        deaths: 0,
        purchases: 0,
    }
}
