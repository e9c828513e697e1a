//! Matchmaking: every waiting session gets a seat, matches whose time is up make room for the next.
//!
//! An arena opens when no match of a mode has room and goes idle when a match ends with too few players or by
//! elimination; idle arenas are used again before new ones open. A session is in exactly one match at every heartbeat.

use bevy_ecs::prelude::*;

use crate::arena::{Arena, MAX_PER_FIELD};
use crate::journal::Journal;
use crate::matches::{Leaving, Match};
use crate::random::{self, mix};
use crate::realm::{Now, RealmId};
use crate::session::Session;
use crate::setting::Rules;

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
) {
    let ending: Vec<Entity> = lobby
        .games
        .iter()
        .filter(|(_, game)| matches.get(*game).is_ok_and(|game| game.ends_tick <= now.tick))
        .map(|(_, game)| *game)
        .collect();
    for entity in ending {
        let Ok(mut game) = matches.get_mut(entity) else { continue };
        game.close(&rules, realm.0, now.tick, &mut journal);
        lobby.games.retain(|(_, other)| *other != entity);
        let leaving = Leaving { left_tick: now.tick, left_ms: rules.clock.ms(rules.clock.second(now.tick)) };
        let mut staying = Vec::new();
        for participant in game.present.clone() {
            let member = game.roster[participant as usize].session;
            if let Ok(mut session) = sessions.get_mut(member) {
                game.leave(participant, leaving, &mut session);
                // One that logs out at this very tick has no heartbeat in the next match.
                if session.sitting.ended_s > rules.clock.second(now.tick) {
                    staying.push(member);
                }
            }
        }
        let mode = &rules.modes[usize::from(game.mode)];
        let goes_on = !mode.is_elimination && staying.len() as u32 * 4 >= mode.capacity;
        let (arena_entity, mode_index, region) = (game.arena, game.mode, game.region);
        commands.entity(entity).despawn();
        let Ok(mut arena) = arenas.get_mut(arena_entity) else { continue };
        if !goes_on || arena.matches == MAX_PER_FIELD {
            lobby.arrivals.extend(staying);
            if arena.matches < MAX_PER_FIELD {
                lobby.idle_arenas.push((arena.id, arena_entity));
            } else {
                commands.entity(arena_entity).despawn();
            }
            continue;
        }
        let mut next = arena.next_match(&rules, realm.0, arena_entity, mode_index, region, now.tick);
        let next_entity = commands.spawn_empty().id();
        sort_by_skill(&mut staying, |entity| sessions.get(entity).ok().map(|session| (session.skill, session.id)));
        for member in staying {
            if let Ok(mut session) = sessions.get_mut(member) {
                next.join(next_entity, member, &mut session, mode.team_size(), now.tick);
            }
        }
        lobby.games.push((next.id, next_entity));
        commands.entity(next_entity).insert(next);
    }
    lobby.games.sort_unstable();
    lobby.idle_arenas.sort_unstable();
}

/// Best first, ties by session: dealt to the smallest team in turn, teams come out balanced.
fn sort_by_skill(members: &mut [Entity], skill: impl Fn(Entity) -> Option<(f64, i64)>) {
    members.sort_by(|&a, &b| {
        let (a, b) = (skill(a).unwrap_or_default(), skill(b).unwrap_or_default());
        b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
    });
}

/// A match that could be joined.
struct Room {
    entity: Entity,
    mode: u16,
    region: u16,
    /// Set if the match is opened in this tick.
    fresh: Option<Match>,
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
) {
    if lobby.arrivals.is_empty() {
        return;
    }
    let mut arrivals = std::mem::take(&mut lobby.arrivals);
    arrivals.retain(|&entity| sessions.contains(entity));
    sort_by_skill(&mut arrivals, |entity| sessions.get(entity).ok().map(|session| (session.skill, session.id)));
    let mut rooms: Vec<Room> = Vec::new();
    for (_, entity) in &lobby.games {
        if let Ok(game) = matches.get(*entity) {
            let is_open = game.is_open(&rules.modes[usize::from(game.mode)], now.tick);
            rooms.push(Room { entity: *entity, mode: game.mode, region: game.region, fresh: None, is_open });
        }
    }
    for entity in arrivals {
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
                let game = arena.next_match(&rules, realm.0, arena_entity, mode, region, now.tick);
                commands.entity(arena_entity).insert(arena);
                let entity = commands.spawn_empty().id();
                rooms.push(Room { entity, mode, region: session.identity.region, fresh: Some(game), is_open: true });
                rooms.len() - 1
            });
        let room = &mut rooms[room];
        let mode_rules = &rules.modes[usize::from(mode)];
        if let Some(game) = &mut room.fresh {
            game.join(room.entity, entity, &mut session, mode_rules.team_size(), now.tick);
            room.is_open = game.is_open(mode_rules, now.tick);
        } else if let Ok(mut game) = matches.get_mut(room.entity) {
            game.join(room.entity, entity, &mut session, mode_rules.team_size(), now.tick);
            room.is_open = game.is_open(mode_rules, now.tick);
        }
    }
    for room in rooms {
        if let Some(game) = room.fresh {
            lobby.games.push((game.id, room.entity));
            commands.entity(room.entity).insert(game);
        }
    }
    lobby.games.sort_unstable();
}
