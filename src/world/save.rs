//! Saved state: which behaviours have state, and how their actors find one another again.
//!
//! What a component saves stands beside it, in a function that both records and plays. Here are the order of all of it
//! and the links: entities are written as the ids of what they stand for and found again by them. A saved realm says
//! what it is (version, world, realm, next tick) and ends with a digest, so that damage in any byte is refused.

use std::collections::HashMap;

use bevy_ecs::component::Mutable;
use bevy_ecs::prelude::*;
use sha2::{Digest, Sha256};

use super::account::{Players, ReturnCalendar, Wallets};
use super::aftermath::Suspects;
use super::agenda::{Agenda, Identity, PlannedSession};
use super::arena::{Arena, Host};
use super::bodies::Bodies;
use super::game::Match;
use super::journal::Journal;
use super::lobby::{IS_OPEN, Lobby};
use super::meeting::Encounters;
use super::messages::Seat;
use super::parties::Party;
use super::purchase::Shopping;
use super::roster::Roster;
use super::scoreboard::Scoreboard;
use super::session::{Departing, Seated, Session};
use super::swept::SweptEncounters;
use super::teams::TeamEncounters;
use super::trajectory::Track;
use crate::population::Sitting;
use crate::scenario::DATA_VERSION;
use crate::setting::Setting;
use crate::tape::Tape;

/// Version of what is written here; a change of any `state` function raises it.
const STATE_VERSION: u32 = 10;
const MAGIC: [u8; 8] = *b"skirmish";
const DIGEST_BYTES: usize = 32;

/// Why a saved realm is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Bytes are missing, changed or too many.
    #[error("the saved state is damaged; start again from an earlier one")]
    Damaged,
    /// It was saved by another version.
    #[error("the saved state is of version {found}, this is {expected}; continue it with the version that made it")]
    Version {
        /// Version of the state, with that of the data.
        found: String,
        /// This version.
        expected: String,
    },
    /// It belongs to another scenario.
    #[error("the saved state is of another world ({found}, not {expected}); use the scenario that made it")]
    World {
        /// World hash of the state.
        found: String,
        /// World hash of the scenario.
        expected: String,
    },
    /// Tables that need a state of their own were written, or were not.
    #[error(
        "the saved state was made with other switches; set output.tables.encounters_swept, encounters_team and \
         encounters_group as they were"
    )]
    Tables,
    /// It is another realm.
    #[error("the saved state is of realm {found}, not of realm {expected}")]
    Realm {
        /// Realm of the state.
        found: u32,
        /// Realm asked for.
        expected: u32,
    },
}

/// What a saved realm says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    magic: [u8; 8],
    state_version: u32,
    data_version: u32,
    /// World hash, in ASCII.
    world: Vec<u8>,
    realm: u32,
    /// What is kept only where its table is written: encounters between heartbeats, of teams, groups.
    keeps: [bool; 3],
    /// The tick to step next.
    pub next_tick: u32,
}

impl Header {
    /// What a realm of a setting says before a tick.
    pub fn of(setting: &Setting, realm: u32, next_tick: u32) -> Self {
        let world = setting.world_hash.clone().into_bytes();
        let keeps = [setting.sweep.is_some(), setting.team_episodes.is_some(), setting.lists_groups];
        Self { magic: MAGIC, state_version: STATE_VERSION, data_version: DATA_VERSION, world, realm, keeps, next_tick }
    }

    fn state(&mut self, tape: &mut Tape) {
        self.magic.iter_mut().for_each(|byte| tape.u8(byte));
        tape.u32(&mut self.state_version);
        tape.u32(&mut self.data_version);
        tape.list(&mut self.world, Tape::u8);
        tape.u32(&mut self.realm);
        self.keeps.iter_mut().for_each(|keeps| tape.flag(keeps));
        tape.u32(&mut self.next_tick);
    }

    fn version(&self) -> String {
        format!("{}.{}", self.data_version, self.state_version)
    }

    fn world(&self) -> String {
        String::from_utf8_lossy(&self.world).into_owned()
    }
}

/// Records a world.
pub fn save(world: &mut World, setting: &Setting, header: &Header) -> Vec<u8> {
    let mut tape = Tape::record();
    header.clone().state(&mut tape);
    play(world, setting, &mut tape);
    let mut bytes = tape.into_bytes();
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

/// Checks a saved state and reads what it says of itself; what follows is for [`load`].
///
/// # Errors
/// If it is damaged, or of another version, world or realm.
pub fn open(setting: &Setting, realm: u32, state: &[u8]) -> Result<(Header, Tape), LoadError> {
    let (body, digest) = state.split_last_chunk::<DIGEST_BYTES>().ok_or(LoadError::Damaged)?;
    if Sha256::digest(body)[..] != digest[..] {
        return Err(LoadError::Damaged);
    }
    let (mut tape, mut found) = (Tape::play(body.to_vec()), Header::default());
    found.state(&mut tape);
    let expected = Header::of(setting, realm, found.next_tick);
    if found.magic != expected.magic {
        Err(LoadError::Damaged)
    } else if found.version() != expected.version() {
        Err(LoadError::Version { found: found.version(), expected: expected.version() })
    } else if found.world != expected.world {
        Err(LoadError::World { found: found.world(), expected: expected.world() })
    } else if found.realm != realm {
        Err(LoadError::Realm { found: found.realm, expected: realm })
    } else if found.keeps != expected.keeps {
        Err(LoadError::Tables)
    } else {
        Ok((found, tape))
    }
}

/// Plays a saved state into an empty world.
///
/// # Errors
/// If there is less or more of it than expected.
pub fn load(world: &mut World, setting: &Setting, mut tape: Tape) -> Result<(), LoadError> {
    play(world, setting, &mut tape);
    if tape.played_to_the_end() { Ok(()) } else { Err(LoadError::Damaged) }
}

/// Records or plays everything.
fn play(world: &mut World, setting: &Setting, tape: &mut Tape) {
    world.resource_mut::<Journal>().state(tape);
    world.resource_mut::<Players>().state(tape);
    world.resource_mut::<ReturnCalendar>().state(tape);
    world.resource_mut::<Wallets>().state(tape);
    world.resource_mut::<Suspects>().state(tape);
    let sessions = play_sessions(world, setting, tape);
    play_agenda(world, setting, tape);
    play_arenas(world, tape);
    play_matches(world, tape, &sessions);
}

/// What holds of every link of a state whose digest is right.
const IS_SAVED: &str = "what a saved actor is linked to was saved with it";

const IS_PLAYED: &str = "it was recorded or played above";

/// Records how many entities there are, or makes as many.
fn play_entities(world: &mut World, tape: &mut Tape, recorded: Vec<Entity>) -> Vec<Entity> {
    let count = tape.count(recorded.len());
    if tape.is_playing() { (0..count).map(|_| world.spawn_empty().id()).collect() } else { recorded }
}

/// Records or plays a component of some entities, all of which have it.
fn play_components<C: Component<Mutability = Mutable> + Default>(
    world: &mut World,
    tape: &mut Tape,
    entities: &[Entity],
    state: fn(&mut C, &mut Tape),
) {
    for &entity in entities {
        if tape.is_playing() {
            world.entity_mut(entity).insert(C::default());
        }
        state(&mut world.get_mut::<C>(entity).expect("every actor of a kind has its components"), tape);
    }
}

/// Entities with a component, in the order of what it is known by.
fn in_order<C: Component, K: Ord>(world: &mut World, key: fn(&C) -> K) -> Vec<Entity> {
    let mut query = world.query::<(Entity, &C)>();
    let mut entities: Vec<(K, Entity)> = query.iter(world).map(|(entity, c)| (key(c), entity)).collect();
    entities.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    entities.into_iter().map(|(_, entity)| entity).collect()
}

fn play_sessions(world: &mut World, setting: &Setting, tape: &mut Tape) -> HashMap<i64, Entity> {
    let recorded = in_order(world, |session: &Session| session.id);
    let entities = play_entities(world, tape, recorded);
    play_components(world, tape, &entities, Session::state);
    let mut by_id = HashMap::new();
    for &entity in &entities {
        // Only those shop who will buy something.
        let mut shopping = world.get::<Shopping>(entity).copied().unwrap_or_default();
        shopping.state(tape);
        let session = world.get::<Session>(entity).expect(IS_PLAYED);
        let (id, ended_s) = (session.id, session.sitting.ended_s);
        by_id.insert(id, entity);
        if tape.is_playing() {
            world.entity_mut(entity).insert((Seated::default(), Track::default()));
            if shopping.goes_on() {
                world.entity_mut(entity).insert(shopping);
            }
            world.resource_mut::<Departing>().enter(setting, id, ended_s, entity);
        }
    }
    // Eliminated sessions wait in the lobby between two ticks; everyone else of the lobby has been seated.
    let waiting = world.resource::<Lobby>().arrivals.iter();
    let id_of = |entity: &Entity| world.get::<Session>(*entity).expect("who waits is online").id;
    let mut waiting: Vec<i64> = waiting.map(id_of).collect();
    waiting.sort_unstable();
    tape.list(&mut waiting, Tape::i64);
    if tape.is_playing() {
        let arrivals = waiting.iter().map(|id| *by_id.get(id).expect(IS_SAVED)).collect();
        world.resource_mut::<Lobby>().arrivals = arrivals;
    }
    by_id
}

fn play_agenda(world: &mut World, setting: &Setting, tape: &mut Tape) {
    let planned = world.resource::<Agenda>().planned();
    let mut records: Vec<(Identity, i64, Sitting, Party)> =
        planned.map(|planned| (planned.identity, planned.session_id, planned.sitting, planned.party)).collect();
    tape.list(&mut records, |tape, (identity, session_id, sitting, party)| {
        identity.state(tape);
        tape.i64(session_id);
        sitting.state(tape);
        party.state(tape);
    });
    if tape.is_playing() {
        let mut agenda = world.resource_mut::<Agenda>();
        for (identity, session_id, sitting, party) in records {
            agenda.enter(setting, PlannedSession { identity, session_id, sitting, party });
        }
    }
}

/// Arenas; those without a match are idle.
fn play_arenas(world: &mut World, tape: &mut Tape) {
    let recorded = in_order(world, |arena: &Arena| arena.id);
    let entities = play_entities(world, tape, recorded);
    play_components(world, tape, &entities, Arena::state);
    tape.u32(&mut world.resource_mut::<Lobby>().arenas_opened);
    if tape.is_playing() {
        for entity in entities {
            let Arena { id, mode, region, .. } = *world.get::<Arena>(entity).expect(IS_PLAYED);
            world.resource_mut::<Lobby>().idle_arenas.entry((mode, region)).or_default().insert(id, entity);
        }
    }
}

fn play_matches(world: &mut World, tape: &mut Tape, sessions: &HashMap<i64, Entity>) {
    let recorded = world.resource::<Lobby>().games.iter().map(|(_, entity)| *entity).collect();
    let games = play_entities(world, tape, recorded);
    play_components(world, tape, &games, Match::state);
    play_components(world, tape, &games, Roster::state);
    play_components(world, tape, &games, Scoreboard::state);
    play_components(world, tape, &games, Bodies::state);
    play_components(world, tape, &games, Encounters::state);
    play_components(world, tape, &games, SweptEncounters::state);
    play_components(world, tape, &games, TeamEncounters::state);
    if tape.is_playing() {
        games.into_iter().for_each(|game| link_match(world, game, sessions));
    }
}

/// Enters a match into the lobby, gives it its arena and seats its sessions.
fn link_match(world: &mut World, game: Entity, sessions: &HashMap<i64, Entity>) {
    let state = world.get::<Match>(game).expect(IS_OPEN);
    let (id, arena_id, kind) = (state.id, state.arena_id, (state.mode, state.region));
    let mut lobby = world.resource_mut::<Lobby>();
    lobby.games.push((id, game));
    let host = lobby.idle_arenas.get_mut(&kind).and_then(|arenas| arenas.remove(&arena_id));
    let host = Host(host.expect(IS_SAVED));
    let mut roster = std::mem::take(&mut *world.get_mut::<Roster>(game).expect(IS_OPEN));
    roster.seat_again(|session_id, participant| {
        let session = *sessions.get(&session_id).expect(IS_SAVED);
        world.get_mut::<Seated>(session).expect(IS_SAVED).0 = Some(Seat { game, participant });
        session
    });
    world.entity_mut(game).insert((host, roster));
}
