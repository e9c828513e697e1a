//! Matchmaking: every waiting session gets a seat, matches whose time is up make room for the next.
//!
//! An arena opens when no match of a mode has room and goes idle when a match ends with too few players or by
//! elimination; idle arenas are used again before new ones open. A session is in exactly one match at every heartbeat.

use std::cmp::Ordering;

use bevy_ecs::prelude::*;

use super::arena::{Arena, MAX_PER_FIELD};
use super::journal::Journal;
use super::matches::{Leaving, Match};
use super::session::Session;
use super::tick::Rules;
use super::tick::{Now, RealmId};
use crate::random::{self, mix};

/// Who waits for a match, and the matches there are.
#[derive(Resource, Debug, Default)]
pub struct Lobby {
    /// Sessions to seat at this tick.
    pub arrivals: Vec<Entity>,
    /// Open matches by number.
    pub games: Vec<(i64, Entity)>,
    /// Arenas without a match, by number: used again before new ones open.
    pub idle_arenas: Vec<(u32, Entity)>,
    /// Arenas opened so far.
    pub arenas_opened: u32,
}

/// Ends matches whose time is up at this tick; arenas with enough players go on with the next one.
pub fn end_matches(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    mut lobby: ResMut<Lobby>,
    mut journal: ResMut<Journal>,
    mut matches: Query<&mut Match>,
    mut arenas: Query<&mut Arena>,
    mut sessions: Query<&mut Session>,
    mut commands: Commands,
    mut staying: Local<Vec<Candidate>>,
) {
    let Lobby { arrivals, games, idle_arenas, .. } = &mut *lobby;
    let second = rules.clock.second(now.tick);
    let leaving = Leaving { left_tick: now.tick, left_ms: rules.clock.ms(second) };
    games.retain_mut(|(id, entity)| {
        let Ok(mut game) = matches.get_mut(*entity) else { return false };
        if game.ends_tick > now.tick {
            return true;
        }
        let game = &mut *game;
        game.close(&rules, realm.0, now.tick, &mut journal);
        staying.clear();
        for member in 0..game.present.len() {
            let participant = game.present[member];
            let member = game.roster[participant as usize].session;
            if let Ok(mut session) = sessions.get_mut(member) {
                game.leave(participant, leaving, &mut session);
                // One that logs out at this very tick has no heartbeat in the next match.
                if session.sitting.ended_s > second {
                    staying.push(Candidate::of(&session, member));
                }
            }
        }
        let mode = &rules.modes[usize::from(game.mode)];
        let goes_on = !mode.is_elimination && staying.len() as u32 * 4 >= mode.capacity;
        let arena = arenas.get_mut(game.arena).ok();
        let Some(mut arena) = arena.filter(|arena| goes_on && arena.matches < MAX_PER_FIELD) else {
            arrivals.extend(staying.iter().map(|candidate| candidate.entity));
            match arenas.get(game.arena) {
                Ok(arena) if arena.matches < MAX_PER_FIELD => idle_arenas.push((arena.id, game.arena)),
                _ => commands.entity(game.arena).despawn(),
            }
            commands.entity(*entity).despawn();
            return false;
        };
        game.clear();
        arena.start(&rules, realm.0, now.tick, game);
        staying.sort_unstable_by(Candidate::best_first);
        for candidate in &*staying {
            if let Ok(mut session) = sessions.get_mut(candidate.entity) {
                game.join(*entity, candidate.entity, &mut session, mode.team_size(), now.tick);
            }
        }
        *id = game.id;
        true
    });
    games.sort_unstable();
    idle_arenas.sort_unstable();
}

/// A session that is to be seated.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    skill: f64,
    session_id: i64,
    entity: Entity,
}

impl Candidate {
    fn of(session: &Session, entity: Entity) -> Self {
        Self { skill: session.skill, session_id: session.id, entity }
    }

    /// Best first, ties by session: dealt to the smallest team in turn, teams come out balanced.
    fn best_first(&self, other: &Self) -> Ordering {
        other.skill.total_cmp(&self.skill).then(self.session_id.cmp(&other.session_id))
    }
}

/// A match that could be joined.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    entity: Entity,
    mode: u16,
    region: u16,
    /// Its place among those opened in this tick, if it is one.
    fresh: Option<usize>,
    is_open: bool,
}

/// Seats everyone who waits: in a match of the drawn mode with room, of the own region if there is one; otherwise a
/// new arena opens.
pub fn fill_matches(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    mut lobby: ResMut<Lobby>,
    mut matches: Query<&mut Match>,
    arenas: Query<&Arena>,
    mut sessions: Query<&mut Session>,
    mut commands: Commands,
    mut rooms: Local<Vec<Room>>,
) {
    if lobby.arrivals.is_empty() {
        return;
    }
    let candidate = |entity| Some(Candidate::of(sessions.get(entity).ok()?, entity));
    let mut arrivals: Vec<Candidate> = lobby.arrivals.drain(..).filter_map(candidate).collect();
    arrivals.sort_unstable_by(Candidate::best_first);
    let mut fresh: Vec<Match> = Vec::new();
    rooms.clear();
    rooms.extend(lobby.games.iter().filter_map(|(_, entity)| {
        let game = matches.get(*entity).ok()?;
        let is_open = game.is_open(&rules.modes[usize::from(game.mode)], now.tick);
        is_open.then_some(Room { entity: *entity, mode: game.mode, region: game.region, fresh: None, is_open })
    }));
    for Candidate { entity, .. } in arrivals {
        let Ok(mut session) = sessions.get_mut(entity) else { continue };
        let entries = rules.modes.iter().map(|mode| (mode.streams, mode.weight));
        // Members of a party want the same.
        let draw = mix(session.party_id as u64).wrapping_add(session.matches.into());
        let mode = random::pick(draw, entries) as u16;
        let fits = |room: &Room| room.is_open && room.mode == mode;
        let room = rooms
            .iter()
            .position(|room| fits(room) && room.region == session.identity.region)
            .or_else(|| rooms.iter().position(fits))
            .unwrap_or_else(|| {
                let (region, founder) = (session.identity.region, session.id);
                let fits = |arena: &Arena| arena.mode == mode && arena.region == region;
                let idle = lobby.idle_arenas.iter().position(|(_, entity)| arenas.get(*entity).is_ok_and(fits));
                let (arena_entity, mut arena) = match idle.map(|at| lobby.idle_arenas.remove(at).1) {
                    Some(entity) => (entity, arenas.get(entity).cloned().unwrap_or_default()),
                    None => {
                        let id = lobby.arenas_opened;
                        // There are at most as many as sessions online at once, and a realm never has millions.
                        assert!(id < MAX_PER_FIELD, "more than 4,194,304 arenas in one realm; use more realms");
                        lobby.arenas_opened += 1;
                        (commands.spawn_empty().id(), Arena { id, mode, region, founder, matches: 0 })
                    }
                };
                arena.founder = founder;
                let mut game = Match::new(arena_entity, arena.id, mode, rules.modes[usize::from(mode)].teams);
                arena.start(&rules, realm.0, now.tick, &mut game);
                commands.entity(arena_entity).insert(arena);
                let entity = commands.spawn_empty().id();
                rooms.push(Room { entity, mode, region, fresh: Some(fresh.len()), is_open: true });
                fresh.push(game);
                rooms.len() - 1
            });
        let room = &mut rooms[room];
        let mode_rules = &rules.modes[usize::from(mode)];
        if let Some(game) = room.fresh.map(|at| &mut fresh[at]) {
            game.join(room.entity, entity, &mut session, mode_rules.team_size(), now.tick);
            room.is_open = game.is_open(mode_rules, now.tick);
        } else if let Ok(mut game) = matches.get_mut(room.entity) {
            game.join(room.entity, entity, &mut session, mode_rules.team_size(), now.tick);
            room.is_open = game.is_open(mode_rules, now.tick);
        }
    }
    for (room, game) in rooms.iter().filter(|room| room.fresh.is_some()).zip(fresh) {
        lobby.games.push((game.id, room.entity));
        commands.entity(room.entity).insert(game);
    }
    lobby.games.sort_unstable();
}
