//! Arenas and matches: where sessions play, who is on which team, and when a round ends.
//!
//! An arena is a server instance that hosts one match after another; it opens when no match of a mode has room and
//! closes when a match ends with too few players. A session is in exactly one match at every heartbeat.

use bevy_ecs::prelude::*;

use crate::encounter::episode::{Book, EndReason};
use crate::journal::Journal;
use crate::movement::{self, Body, Gait};
use crate::random::{self, Purpose, mix, name_key};
use crate::realm::{Now, RealmId};
use crate::scenario::sections::{File, Mode};
use crate::session::Session;
use crate::setting::{Rules, Setting};
use crate::table::{MatchRow, ParticipationRow, Text, Timestamp};
use crate::tape::Tape;

/// A mode, compiled.
#[derive(Clone, Debug)]
pub struct ModeRules {
    key: u64,
    weight: f64,
    /// Teams in a match.
    pub teams: u8,
    /// Players in a match.
    pub capacity: u32,
    /// Shortest and longest match in ticks.
    length_ticks: (u32, u32),
    /// Indices and keys of the maps.
    maps: Vec<(u16, u64)>,
    /// How players move.
    pub gait: Gait,
    /// Whether a death ends the match for the victim.
    pub is_elimination: bool,
    /// Whether the playable circle closes.
    pub circle_closes: bool,
    /// Ticks in which a match with elimination may be joined and nobody is killed.
    pub join_window_ticks: u32,
    /// Chance that a contact of opponents ends in a kill.
    pub kill_chance: f64,
}

impl ModeRules {
    /// Compiles a mode.
    pub fn new(file: &File, name: &str, mode: &Mode) -> Self {
        let heartbeat = f64::from(file.clock.heartbeat_seconds);
        let ticks = |factor: f64| libm::round(mode.match_minutes * 60.0 * factor / heartbeat).max(1.0) as u32;
        let all_maps = file.maps.names().map(str::to_owned).collect();
        let maps: &Vec<String> = if mode.maps.is_empty() { &all_maps } else { &mode.maps };
        Self {
            key: name_key(name),
            weight: mode.weight,
            teams: mode.teams as u8,
            capacity: mode.teams * mode.team_size,
            length_ticks: (ticks(1.0 - mode.match_minutes_spread), ticks(1.0 + mode.match_minutes_spread)),
            maps: maps
                .iter()
                .map(|name| (file.maps.index_of(name).expect("validated") as u16, name_key(name)))
                .collect(),
            gait: Gait::new(file, mode),
            is_elimination: mode.elimination,
            circle_closes: mode.circle_closes,
            join_window_ticks: mode.join_window_s.div_ceil(file.clock.heartbeat_seconds),
            kill_chance: mode.kill_chance,
        }
    }

    fn team_size(&self) -> u32 {
        self.capacity / u32::from(self.teams)
    }
}

/// A server instance.
#[derive(Component, Clone, Debug, Default)]
pub struct Arena {
    /// Number within the realm.
    pub id: u32,
    /// Index of the mode it hosts.
    mode: u16,
    /// Index of its region.
    region: u16,
    /// Session for which it was opened last: what its draws are about.
    founder: i64,
    /// Matches hosted so far.
    matches: u32,
}

/// Arenas of a realm and matches of an arena: what their bits of a match number hold.
const MAX_PER_FIELD: u32 = 1 << 22;

/// Where a session sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The match.
    pub game: Entity,
    /// Number of the participation in it.
    pub participant: u32,
}

/// A session's part in a match.
#[derive(Clone, Debug)]
pub struct Participation {
    /// The session's entity while it is present.
    pub session: Entity,
    /// Session.
    pub session_id: i64,
    /// Account.
    pub player_id: i32,
    /// Party.
    party_id: i64,
    /// Team.
    pub team: u8,
    /// Whether it is still in the match.
    pub is_present: bool,
    /// Skill.
    pub skill: f64,
    /// Second at which the session ends.
    pub ended_s: u32,
    /// First heartbeat in the match.
    pub joined_tick: u32,
    /// First tick after the last heartbeat, once gone.
    pub left_tick: u32,
    /// When it left, once gone.
    pub left_ms: i64,
    /// When it last died, milliseconds since 1970; `i64::MIN` if never.
    pub died_ms: i64,
    /// Whether it respawns at the next heartbeat.
    pub must_spawn: bool,
    /// Kills.
    pub kills: u16,
    /// Deaths.
    pub deaths: u16,
    /// Kills and deaths that the session's counters still hold.
    room: [u16; 2],
}

impl Default for Participation {
    fn default() -> Self {
        Self {
            session: Entity::PLACEHOLDER,
            session_id: 0,
            player_id: 0,
            party_id: 0,
            team: 0,
            is_present: true,
            skill: 0.0,
            ended_s: 0,
            joined_tick: 0,
            left_tick: 0,
            left_ms: 0,
            died_ms: i64::MIN,
            must_spawn: true,
            kills: 0,
            deaths: 0,
            room: [0; 2],
        }
    }
}

impl Participation {
    /// Whether another kill can be counted.
    pub fn can_kill(&self) -> bool {
        self.kills < self.room[0]
    }

    /// Whether another death can be counted.
    pub fn can_die(&self) -> bool {
        self.deaths < self.room[1]
    }

    fn state(&mut self, tape: &mut Tape) {
        tape.i64(&mut self.session_id);
        tape.i32(&mut self.player_id);
        tape.i64(&mut self.party_id);
        tape.u8(&mut self.team);
        tape.flag(&mut self.is_present);
        tape.f64(&mut self.skill);
        tape.u32(&mut self.ended_s);
        tape.u32(&mut self.joined_tick);
        tape.u32(&mut self.left_tick);
        tape.i64(&mut self.left_ms);
        tape.i64(&mut self.died_ms);
        tape.flag(&mut self.must_spawn);
        tape.u16(&mut self.kills);
        tape.u16(&mut self.deaths);
        tape.u16(&mut self.room[0]);
        tape.u16(&mut self.room[1]);
    }
}

/// Largest kills, deaths and encounter kills that a row can tell. Whoever has reached it neither kills nor dies any
/// more, so that every count stays true.
pub const MAX_COUNT: u16 = i16::MAX as u16;

/// When a session leaves a match.
#[derive(Clone, Copy, Debug)]
pub struct Leaving {
    /// First tick without it.
    pub left_tick: u32,
    /// Exact time, milliseconds since 1970.
    pub left_ms: i64,
}

/// Why a match ends. The order is that of the names in `matches.end_reason`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum MatchEnd {
    /// Its time was up.
    #[default]
    Completed = 0,
    /// One team was left.
    Eliminated = 1,
    /// Nobody was left.
    Abandoned = 2,
    /// The run ended.
    RunEnd = 3,
}

/// Names of [`MatchEnd`], in order.
pub const MATCH_ENDS: [&str; 4] = ["completed", "eliminated", "abandoned", "run_end"];

/// One round on an arena.
#[derive(Component, Clone, Debug)]
pub struct Match {
    /// Match number.
    pub id: i64,
    /// Its arena's entity.
    pub arena: Entity,
    /// Its arena's number.
    pub arena_id: u32,
    /// Index of the mode.
    pub mode: u16,
    /// Index of the map.
    pub map: u16,
    /// Index of the region.
    pub region: u16,
    /// What its draws are about.
    pub about: u64,
    /// First tick.
    pub started_tick: u32,
    /// First tick after the last planned one.
    pub ends_tick: u32,
    /// How it ends then.
    pub end: MatchEnd,
    /// Everyone who ever took part, by participation number.
    pub roster: Vec<Participation>,
    /// Participation numbers of those present, ascending: the order of the match in a frame.
    pub present: Vec<u32>,
    /// Those present, by team.
    team_sizes: Vec<u32>,
    /// Sum of their skills, by team.
    team_skills: Vec<f64>,
    /// Kills by team.
    scores: Vec<u32>,
    /// Open encounters.
    pub book: Book,
    /// Whether anyone left in this tick.
    pub has_leavers: bool,
}

impl Match {
    fn new(arena: Entity, arena_id: u32, mode: u16, teams: u8) -> Self {
        Self {
            id: 0,
            arena,
            arena_id,
            mode,
            map: 0,
            region: 0,
            about: 0,
            started_tick: 0,
            ends_tick: 0,
            end: MatchEnd::Completed,
            roster: Vec::new(),
            present: Vec::new(),
            team_sizes: vec![0; teams.into()],
            team_skills: vec![0.0; teams.into()],
            scores: vec![0; teams.into()],
            book: Book::default(),
            has_leavers: false,
        }
    }

    /// Whether a session may join at a tick.
    fn is_open(&self, mode: &ModeRules, tick: u32) -> bool {
        (self.present.len() as u32) < mode.capacity
            && (!mode.is_elimination || tick < self.started_tick + mode.join_window_ticks)
    }

    /// Seats a session beside a member of its party if that team has room, otherwise in the smallest team,
    /// among equals the weakest.
    fn join(&mut self, game: Entity, entity: Entity, session: &mut Session, team_size: u32, tick: u32) {
        let mates = self.present.iter().map(|&participant| &self.roster[participant as usize]);
        let team = mates
            .filter(|mate| mate.party_id == session.party_id && self.team_sizes[usize::from(mate.team)] < team_size)
            .map(|mate| usize::from(mate.team))
            .next();
        // The smallest team, and among equals the weakest.
        let smallest = || {
            (0..self.team_sizes.len()).min_by(|&a, &b| {
                let by_size = self.team_sizes[a].cmp(&self.team_sizes[b]);
                by_size.then_with(|| self.team_skills[a].total_cmp(&self.team_skills[b]))
            })
        };
        let team = team.or_else(smallest).unwrap_or(0);
        self.team_sizes[team] += 1;
        self.team_skills[team] += session.skill;
        let participant = self.roster.len() as u32;
        self.present.push(participant);
        self.roster.push(Participation {
            session: entity,
            session_id: session.id,
            player_id: session.identity.player_id,
            party_id: session.party_id,
            team: team as u8,
            skill: session.skill,
            ended_s: session.sitting.ended_s,
            joined_tick: tick,
            room: [MAX_COUNT - session.kills, MAX_COUNT - session.deaths],
            ..Participation::default()
        });
        session.seat = Some(Seat { game, participant });
        session.matches += 1;
    }

    /// Takes a session out; what it did moves to its counters. It stays in `present` until the tick's end.
    pub fn leave(&mut self, participant: u32, leaving: Leaving, session: &mut Session) {
        let participation = &mut self.roster[participant as usize];
        if !participation.is_present {
            return;
        }
        participation.is_present = false;
        participation.left_tick = leaving.left_tick;
        participation.left_ms = leaving.left_ms;
        session.kills += participation.kills;
        session.deaths += participation.deaths;
        session.seat = None;
        self.team_sizes[usize::from(participation.team)] -= 1;
        self.team_skills[usize::from(participation.team)] -= participation.skill;
        self.has_leavers = true;
    }

    /// Counts a kill.
    pub fn score(&mut self, killer: u32, victim: u32, died_ms: i64) {
        let killer = &mut self.roster[killer as usize];
        killer.kills += 1;
        self.scores[usize::from(killer.team)] += 1;
        let victim = &mut self.roster[victim as usize];
        victim.deaths += 1;
        victim.died_ms = died_ms;
        victim.must_spawn = true;
    }

    /// Drops those who left from `present`.
    pub fn sweep_present(&mut self) {
        let roster = &self.roster;
        self.present.retain(|&participant| roster[participant as usize].is_present);
    }

    /// Ends a match with elimination once one team is left, and any match that nobody can join or plays any more.
    pub fn end_if_decided(&mut self, mode: &ModeRules, next_tick: u32) {
        let teams_left = self.team_sizes.iter().filter(|&&size| size > 0).count();
        let is_closed = mode.is_elimination && next_tick >= self.started_tick + mode.join_window_ticks;
        if teams_left == 0 {
            (self.ends_tick, self.end) = (next_tick, MatchEnd::Abandoned);
        } else if is_closed && teams_left == 1 && mode.teams > 1 && next_tick < self.ends_tick {
            (self.ends_tick, self.end) = (next_tick, MatchEnd::Eliminated);
        }
    }

    /// The winning team: the last one standing, or else the only one with the most kills.
    fn winner(&self, mode: &ModeRules) -> Option<u8> {
        let only = |mut teams: Box<dyn Iterator<Item = usize> + '_>| match (teams.next(), teams.next()) {
            (Some(team), None) => Some(team as u8),
            _ => None,
        };
        if mode.is_elimination {
            return only(Box::new((0..self.team_sizes.len()).filter(|&team| self.team_sizes[team] > 0)));
        }
        let best = self.scores.iter().copied().max().filter(|&best| best > 0)?;
        only(Box::new((0..self.scores.len()).filter(move |&team| self.scores[team] == best)))
    }

    /// Closes the match: encounters, its own row and those of everyone who took part.
    pub fn close(&mut self, setting: &Setting, realm: u32, end_tick: u32, journal: &mut Journal) {
        let reason = if self.end == MatchEnd::RunEnd { EndReason::RunEnd } else { EndReason::MatchEnd };
        let mut book = std::mem::take(&mut self.book);
        book.close_all(reason, |episode, reason| {
            journal.encounters.push(crate::combat::encounter_row(setting, realm, self, &episode, reason));
        });
        let mode = &setting.modes[usize::from(self.mode)];
        // A match that only the end of the run has cut off is not decided.
        let winner = if self.end == MatchEnd::RunEnd { None } else { self.winner(mode) };
        let ms = |tick: u32| Timestamp(setting.clock.ms(setting.clock.second(tick)));
        journal.matches.push(MatchRow {
            match_id: self.id,
            realm_id: realm as i16,
            region: Text::at(self.region.into()),
            arena_id: self.arena_id as i32,
            map: Text::at(self.map.into()),
            mode: Text::at(self.mode.into()),
            started_at: ms(self.started_tick),
            ended_at: ms(end_tick),
            teams: mode.teams as i8,
            players: self.roster.len() as i32,
            kills: self.scores.iter().sum::<u32>() as i32,
            winner_team: winner.map(|team| team as i8),
            end_reason: Text::at(self.end as usize),
        });
        for participation in &self.roster {
            let (left_tick, left_at) = if participation.is_present {
                (end_tick, ms(end_tick))
            } else {
                (participation.left_tick, Timestamp(participation.left_ms))
            };
            journal.participations.push(ParticipationRow {
                match_id: self.id,
                session_id: participation.session_id,
                player_id: participation.player_id,
                team_id: participation.team as i8,
                joined_at: ms(participation.joined_tick),
                left_at,
                heartbeats: (left_tick - participation.joined_tick) as i32,
                kills: participation.kills as i16,
                deaths: participation.deaths as i16,
                won: winner == Some(participation.team),
            });
        }
    }

    /// Records or plays everything but the links to other entities.
    pub fn state(&mut self, tape: &mut Tape) {
        let mut end = self.end as u8;
        tape.i64(&mut self.id);
        tape.u32(&mut self.arena_id);
        tape.u16(&mut self.mode);
        tape.u16(&mut self.map);
        tape.u16(&mut self.region);
        tape.u64(&mut self.about);
        tape.u32(&mut self.started_tick);
        tape.u32(&mut self.ends_tick);
        tape.u8(&mut end);
        tape.list(&mut self.roster, |tape, participation| participation.state(tape));
        tape.list(&mut self.present, Tape::u32);
        tape.list(&mut self.team_sizes, Tape::u32);
        tape.list(&mut self.team_skills, Tape::f64);
        tape.list(&mut self.scores, Tape::u32);
        self.book.state(tape);
        self.end =
            [MatchEnd::Completed, MatchEnd::Eliminated, MatchEnd::Abandoned, MatchEnd::RunEnd][usize::from(end.min(3))];
    }

    /// A match to play a tape into.
    pub fn blank() -> Self {
        Self::new(Entity::PLACEHOLDER, 0, 0, 0)
    }
}

impl Arena {
    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.u32(&mut self.id);
        tape.u16(&mut self.mode);
        tape.u16(&mut self.region);
        tape.i64(&mut self.founder);
        tape.u32(&mut self.matches);
    }

    /// The next match here, still empty.
    fn next_match(&mut self, setting: &Setting, realm: u32, arena: Entity, mode: u16, region: u16, tick: u32) -> Match {
        let rules = &setting.modes[usize::from(mode)];
        let ordinal = self.matches;
        self.matches += 1;
        let about = mix(mix(self.founder as u64).wrapping_add(tick.into()));
        let map = random::pick(setting.seed, Purpose::Map, about, rules.maps.iter().map(|(_, key)| (*key, 1.0)));
        let (shortest, longest) = rules.length_ticks;
        let length = shortest + setting.seed.stream(Purpose::MatchLength, about, 0).below(longest - shortest + 1);
        let mut game = Match::new(arena, self.id, mode, rules.teams);
        game.id = i64::from(realm) << 44 | i64::from(self.id) << 22 | i64::from(ordinal);
        game.map = rules.maps[map].0;
        game.region = region;
        game.about = about;
        game.started_tick = tick;
        game.ends_tick = tick + length;
        game
    }
}

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
    mut sessions: Query<(&mut Session, &mut Body)>,
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
            if let Ok((mut session, mut body)) = sessions.get_mut(member) {
                game.leave(participant, leaving, &mut session);
                body.slot.leave_seat();
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
        sort_by_skill(&mut staying, |entity| sessions.get(entity).ok().map(|(session, _)| (session.skill, session.id)));
        for member in staying {
            if let Ok((mut session, _)) = sessions.get_mut(member) {
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
        let entries = rules.modes.iter().map(|mode| (mode.key, mode.weight));
        // Members of a party want the same.
        let draw = mix(session.party_id as u64).wrapping_add(session.matches.into());
        let mode = random::pick(rules.seed, Purpose::Mode, draw, entries) as u16;
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

/// Moves everyone in every match by one heartbeat, notes where they stand and lays out the frame for detection.
pub fn advance_positions(
    rules: Res<Rules>,
    now: Res<Now>,
    lobby: Res<Lobby>,
    mut frame: ResMut<crate::realm::Positions>,
    mut trajectories: ResMut<crate::trajectory::Trajectories>,
    mut journal: ResMut<Journal>,
    mut matches: Query<&mut Match>,
    mut bodies: Query<&mut Body>,
) {
    frame.0.clear();
    for (_, entity) in &lobby.games {
        let Ok(mut game) = matches.get_mut(*entity) else { continue };
        let game = &mut *game;
        let mode = &rules.modes[usize::from(game.mode)];
        let ground = &rules.grounds[usize::from(game.map)];
        if game.has_leavers {
            game.sweep_present();
        }
        let circle = mode.circle_closes.then(|| {
            let elapsed = f64::from(now.tick - game.started_tick) / f64::from(game.ends_tick - game.started_tick);
            movement::Circle::closing(rules.seed, ground, game.about, elapsed)
        });
        for participant in &game.present {
            let participation = &mut game.roster[*participant as usize];
            let Ok(mut body) = bodies.get_mut(participation.session) else { continue };
            let body = &mut *body;
            let about = participation.player_id as u64;
            if participation.must_spawn {
                participation.must_spawn = false;
                let mut draws = rules.seed.stream(Purpose::Spawn, about, now.tick.into());
                movement::spawn(ground, participation.team, mode.teams, body, &mut draws);
            } else {
                let mut draws = rules.seed.stream(Purpose::Movement, about, now.tick.into());
                movement::step(ground, &mode.gait, circle.as_ref(), body, &mut draws);
            }
            frame.0.push(body.position);
            let heartbeat = crate::trajectory::Heartbeat {
                session_id: participation.session_id,
                player_id: participation.player_id,
                ended_s: participation.ended_s,
                match_id: game.id,
                team: participation.team,
                position: body.position,
            };
            trajectories.record(rules.clock, &mut body.slot, now.tick, heartbeat);
        }
        frame.0.end_match();
    }
    journal.aggregate.heartbeats += frame.0.len() as u64;
    journal.aggregate.peak_online = journal.aggregate.peak_online.max(frame.0.len() as u64);
}
