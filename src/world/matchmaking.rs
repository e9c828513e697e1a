//! Matchmaking: every waiting session gets a seat, matches end and make room for the next.
//!
//! An arena opens when no match of a mode has room and goes idle when a match ends with too few players or by
//! elimination; idle arenas are used again before new ones open. A session is in exactly one match at every heartbeat.

use std::collections::{BTreeMap, VecDeque};

use bevy_ecs::prelude::*;

use super::arena::{Arena, Host, MAX_PER_FIELD};
use super::bodies::Bodies;
use super::game::Match;
use super::lobby::{IS_OPEN, Lobby};
use super::messages::{Died, Left, MatchClosed, Seat};
use super::movement::Mover;
use super::parties::Party;
use super::roster::{Participation, Roster};
use super::scoreboard::Scoreboard;
use super::session::{Seated, Session};
use super::tick::{Now, RealmId, Rules};
use crate::random::{self, Purpose, mix};
use crate::setting::{ModeRules, Setting};
use crate::table::MatchEnd;

/// Ends the matches whose time is up at this tick, that nobody plays any more, or that are decided.
pub fn end_matches(
    rules: Res<Rules>,
    now: Res<Now>,
    matches: Query<(Entity, &Match, &Roster)>,
    mut closed: MessageWriter<MatchClosed>,
) {
    for (game, state, roster) in &matches {
        if let Some(end) = end_of(state, roster, &rules, now.tick) {
            closed.write(MatchClosed { game, end, end_tick: now.tick });
        }
    }
}

/// How a match ends at a tick, if it does.
fn end_of(game: &Match, roster: &Roster, setting: &Setting, tick: u32) -> Option<MatchEnd> {
    let mode = game.mode(setting);
    let can_be_decided = mode.is_elimination && mode.teams > 1 && !game.may_be_joined(mode, tick);
    if can_be_decided && (roster.is_empty() || roster.last_team().is_some()) {
        // Alone from the start is no victory. Where all have left, who left last has won.
        let is_won = roster.survivors().is_some_and(|team| roster.has_met_others(team));
        return Some(if is_won { MatchEnd::Eliminated } else { MatchEnd::Abandoned });
    }
    if roster.is_empty() {
        return Some(MatchEnd::Abandoned);
    }
    (game.ends_tick <= tick).then_some(MatchEnd::Completed)
}

/// Ends every match, at the end of the run.
pub fn cut_off_matches(now: Res<Now>, matches: Query<Entity, With<Match>>, mut closed: MessageWriter<MatchClosed>) {
    closed.write_batch(matches.iter().map(|game| MatchClosed { game, end: MatchEnd::RunEnd, end_tick: now.tick }));
}

/// Takes everyone out of matches that have ended. Arenas with three quarters of their players go on with the next match;
/// elsewhere players turn to the lobby, which fills matches that have room before it opens others.
pub fn empty_closed_matches(
    rules: Res<Rules>,
    realm: Res<RealmId>,
    mut closed: ResMut<Messages<MatchClosed>>,
    mut lobby: ResMut<Lobby>,
    mut matches: Query<(&mut Match, &Host, &mut Roster, &mut Bodies, &mut Scoreboard)>,
    mut arenas: Query<&mut Arena>,
    mut sessions: Query<(&mut Session, &mut Seated)>,
    mut commands: Commands,
    mut staying: Local<Vec<Candidate>>,
) {
    if closed.is_empty() {
        return;
    }
    let Lobby { arrivals, games, idle_arenas, .. } = &mut *lobby;
    for MatchClosed { game: entity, end, end_tick } in closed.drain() {
        let (mut game, host, mut roster, mut bodies, mut scoreboard) = matches.get_mut(entity).expect(IS_OPEN);
        let second = rules.clock.second(end_tick);
        staying.clear();
        for member in 0..roster.present.len() {
            let participant = roster.present[member];
            // Who logs out at this very tick has left already.
            let released = roster.release(participant, end_tick, rules.clock.ms(second));
            let Some(session_entity) = released else { continue };
            let (mut session, mut seated) = sessions.get_mut(session_entity).expect(IS_ONLINE);
            session.credit(scoreboard.of(participant));
            seated.0 = None;
            staying.push(Candidate::of(&rules, &session, session_entity));
        }
        let mode = game.mode(&rules);
        let mut arena = arenas.get_mut(host.0).expect("a match has an arena");
        let has_numbers = arena.matches < MAX_PER_FIELD;
        let has_players = !mode.is_elimination && staying.len() as u32 * 4 >= 3 * mode.capacity;
        let entry = games.binary_search_by_key(&game.id, |(id, _)| *id).expect("an open match is in the lobby");
        if has_players && has_numbers && end != MatchEnd::RunEnd {
            *game = arena.next_match(&rules, *realm, end_tick);
            roster.clear(game.about);
            bodies.truncate(0);
            scoreboard.clear();
            let about = game.about;
            let (roster, bodies, scoreboard) = (&mut *roster, &mut *bodies, &mut *scoreboard);
            let mut room = Room { entity, setting: &rules, about, roster, bodies, scoreboard };
            let mut groups = Group::all(&mut staying);
            // The largest first, while teams have room for them.
            groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
            for group in groups {
                room.seat(group, &mut sessions, mode, end_tick);
            }
            // The next match on an arena has a larger number than the last and a smaller one than any of later arenas.
            games[entry].0 = game.id;
            continue;
        }
        arrivals.extend(staying.iter().map(|candidate| candidate.entity));
        if has_numbers {
            idle_arenas.entry((arena.mode, arena.region)).or_default().insert(arena.id, host.0);
        } else {
            commands.entity(host.0).despawn();
        }
        commands.entity(entity).despawn();
        games.remove(entry);
    }
}

const IS_ONLINE: &str = "who sits in a match or waits for one is online";

/// A session that is to be seated.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its skill as far as it is known.
    skill: f64,
    session_id: i64,
    party: Party,
    entity: Entity,
}

impl Candidate {
    fn of(setting: &Setting, session: &Session, entity: Entity) -> Self {
        let mut draws = setting.seed.stream(Purpose::Seating, session.id as u64, session.matches.into());
        let skill = session.skill + setting.scenario.file.matchmaking.noise * draws.normal();
        Self { skill, session_id: session.id, party: session.party, entity }
    }
}

/// Those of a party who are seated at once, or somebody alone.
#[derive(Clone, Copy, Debug)]
struct Group<'a> {
    /// Their mean skill, as far as it is known.
    skill: f64,
    members: &'a [Candidate],
}

impl<'a> Group<'a> {
    /// Everyone, group by group: the best first, ties by party. Dealt to the smallest team in turn, teams come out balanced.
    fn all(candidates: &'a mut [Candidate]) -> Vec<Self> {
        candidates.sort_unstable_by_key(|candidate| (candidate.party.id, candidate.session_id));
        let of_parties = candidates.chunk_by(|a, b| a.party.id == b.party.id);
        let group = |members: &'a [Candidate]| {
            let sum: f64 = members.iter().map(|member| member.skill).sum();
            Self { skill: sum / members.len() as f64, members }
        };
        let mut groups: Vec<Self> = of_parties.map(group).collect();
        groups.sort_by(|a, b| b.skill.total_cmp(&a.skill));
        groups
    }

    fn size(&self) -> u32 {
        self.members.len() as u32
    }

    fn party(&self) -> Party {
        self.members[0].party
    }
}

/// What it takes to seat somebody in a match.
struct Room<'a> {
    entity: Entity,
    setting: &'a Setting,
    /// What the draws of the match are about.
    about: u64,
    roster: &'a mut Roster,
    bodies: &'a mut Bodies,
    scoreboard: &'a mut Scoreboard,
}

impl Room<'_> {
    fn seat(
        &mut self,
        group: Group<'_>,
        sessions: &mut Query<(&mut Session, &mut Seated)>,
        mode: &ModeRules,
        tick: u32,
    ) {
        let mates = f64::from(group.size() - 1) * self.setting.parties.mate_skill;
        for &Candidate { entity, .. } in group.members {
            let (mut session, mut seated) = sessions.get_mut(entity).expect(IS_ONLINE);
            let mut draws = self.setting.seed.stream(Purpose::Form, session.id as u64, self.about);
            let edge = self.setting.arsenal.form(&mut draws) + mates;
            let participant = self.roster.join(entity, &session, edge, mode, tick);
            let Participation { player_id, squad, team, .. } = *self.roster.of(participant);
            self.bodies.push(Mover { player_id, squad, team });
            self.scoreboard.enter(session.kills, session.deaths);
            seated.0 = Some(Seat { game: self.entity, participant });
            session.matches += 1;
        }
    }
}

/// A match that could be joined.
#[derive(Clone, Copy, Debug)]
struct Vacancy {
    entity: Entity,
    /// Its place among those opened in this tick, if it is one.
    fresh: Option<usize>,
}

/// Matches that could be joined, in the order of their numbers with those opened in this tick behind them.
#[derive(Debug, Default)]
pub struct Vacancies {
    all: Vec<Vacancy>,
    /// Places among all, by mode and region, first the one to be filled next.
    open: Vec<VecDeque<usize>>,
    regions: usize,
}

impl Vacancies {
    /// None, for so many modes and regions.
    fn reset(&mut self, modes: usize, regions: usize) {
        self.all.clear();
        self.open.iter_mut().for_each(VecDeque::clear);
        self.open.resize_with(modes * regions, VecDeque::new);
        self.regions = regions;
    }

    fn add(&mut self, mode: u16, region: u16, vacancy: Vacancy) -> usize {
        self.open[usize::from(mode) * self.regions + usize::from(region)].push_back(self.all.len());
        self.all.push(vacancy);
        self.all.len() - 1
    }

    /// Those of a mode in a region, the oldest first.
    fn in_region(&self, mode: u16, region: u16) -> impl Iterator<Item = usize> {
        self.open[usize::from(mode) * self.regions + usize::from(region)].iter().copied()
    }

    /// Those of a mode anywhere, the oldest first.
    fn anywhere(&self, mode: u16) -> impl Iterator<Item = usize> {
        let of_mode = &self.open[usize::from(mode) * self.regions..][..self.regions];
        let mut places: Vec<usize> = of_mode.iter().flatten().copied().collect();
        places.sort_unstable();
        places.into_iter()
    }

    /// Takes out one that is full.
    fn close(&mut self, mode: u16, place: usize) {
        let of_mode = &mut self.open[usize::from(mode) * self.regions..][..self.regions];
        let mut found = of_mode.iter_mut().filter_map(|queue| Some((queue.iter().position(|at| *at == place)?, queue)));
        let (at, queue) = found.next().expect("who joins a match joins one that is open");
        queue.remove(at);
    }
}

/// A match that opens in this tick.
struct Fresh {
    game: Match,
    host: Host,
    roster: Roster,
    bodies: Bodies,
    scoreboard: Scoreboard,
}

/// Seats everyone who waits: in a match of the drawn mode with room, of the own region if there is one; otherwise a
/// new arena opens.
pub fn fill_matches(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    mut lobby: ResMut<Lobby>,
    mut matches: Query<(&Match, &mut Roster, &mut Bodies, &mut Scoreboard)>,
    mut arenas: Query<&mut Arena>,
    mut sessions: Query<(&mut Session, &mut Seated)>,
    mut commands: Commands,
    mut vacancies: Local<Vacancies>,
) {
    if lobby.arrivals.is_empty() {
        return;
    }
    let candidate = |entity| Candidate::of(&rules, sessions.get(entity).expect(IS_ONLINE).0, entity);
    let mut arrivals: Vec<Candidate> = lobby.arrivals.drain(..).map(candidate).collect();
    let mut fresh: Vec<Fresh> = Vec::new();
    vacancies.reset(rules.modes.len(), rules.scenario.file.regions.len());
    for (_, entity) in &lobby.games {
        let (game, roster, ..) = matches.get(*entity).expect(IS_OPEN);
        if has_room(game, roster, &rules, now.tick) {
            vacancies.add(game.mode, game.region, Vacancy { entity: *entity, fresh: None });
        }
    }
    for group in Group::all(&mut arrivals) {
        let (session, _) = sessions.get(group.members[0].entity).expect(IS_ONLINE);
        let (wanted, region) = (choose_mode(&rules, session), session.identity.region);
        let mode = &rules.modes[usize::from(wanted)];
        let found = {
            let roster_of = |place: usize| {
                let Vacancy { entity, fresh: opened } = vacancies.all[place];
                opened.map_or_else(|| matches.get(entity).expect(IS_OPEN).1, |at| &fresh[at].roster)
            };
            choose_match(&rules, &vacancies, group, (wanted, region), roster_of)
        };
        let place = found.unwrap_or_else(|| {
            fresh.push(open_match(&rules, *realm, now.tick, wanted, session, &mut lobby, &mut arenas, &mut commands));
            let vacancy = Vacancy { entity: commands.spawn_empty().id(), fresh: Some(fresh.len() - 1) };
            vacancies.add(wanted, region, vacancy)
        });
        let vacancy = vacancies.all[place];
        let mut stored;
        let (game, roster, bodies, scoreboard) = match vacancy.fresh {
            Some(at) => {
                let Fresh { game, roster, bodies, scoreboard, .. } = &mut fresh[at];
                (&*game, roster, bodies, scoreboard)
            }
            None => {
                stored = matches.get_mut(vacancy.entity).expect(IS_OPEN);
                (stored.0, &mut *stored.1, &mut *stored.2, &mut *stored.3)
            }
        };
        let mut room = Room { entity: vacancy.entity, setting: &rules, about: game.about, roster, bodies, scoreboard };
        room.seat(group, &mut sessions, mode, now.tick);
        if !has_room(game, room.roster, &rules, now.tick) {
            vacancies.close(wanted, place);
        }
    }
    let entities = vacancies.all.iter().filter(|vacancy| vacancy.fresh.is_some()).map(|vacancy| vacancy.entity);
    for (entity, Fresh { game, host, roster, bodies, scoreboard }) in entities.zip(fresh) {
        lobby.games.push((game.id, entity));
        commands.entity(entity).insert((game, host, roster, bodies, scoreboard));
    }
    lobby.games.sort_unstable();
}

/// The match for a group: the one where its mates are, or of the oldest in its region with room the one whose players are
/// most like it; otherwise the oldest of another region.
fn choose_match<'r>(
    setting: &Setting,
    vacancies: &Vacancies,
    group: Group<'_>,
    (mode, region): (u16, u16),
    roster_of: impl Fn(usize) -> &'r Roster,
) -> Option<usize> {
    let team_size = setting.modes[usize::from(mode)].team_size();
    let has_room = |&place: &usize| roster_of(place).has_room_for(group.size(), team_size);
    if group.size() < group.party().size.into() {
        let with_mates = vacancies.anywhere(mode).find(|&place| roster_of(place).has_mates(group.party()));
        if let Some(place) = with_mates.filter(has_room) {
            return Some(place);
        }
    }
    let breadth = setting.scenario.file.matchmaking.breadth as usize;
    let near = vacancies.in_region(mode, region).filter(has_room).take(breadth);
    let unlike = |&place: &usize| (roster_of(place).mean_skill() - group.skill).abs();
    let alike = near.min_by(|a, b| unlike(a).total_cmp(&unlike(b)));
    alike.or_else(|| vacancies.anywhere(mode).find(has_room))
}

/// Whether another session may join a match.
fn has_room(game: &Match, roster: &Roster, setting: &Setting, tick: u32) -> bool {
    let mode = game.mode(setting);
    (roster.present.len() as u32) < mode.capacity && game.may_be_joined(mode, tick)
}

/// The mode that a session plays next, of those in whose teams its party fits; members of a party want the same.
fn choose_mode(setting: &Setting, session: &Session) -> u16 {
    let fits = |mode: &ModeRules| mode.team_size() >= session.party.size.into();
    let entries = setting.modes.iter().map(|mode| (mode.streams, if fits(mode) { mode.weight } else { 0.0 }));
    random::pick(mix(session.party.id as u64).wrapping_add(session.matches.into()), entries) as u16
}

/// Opens a match for a session on an idle arena of the mode and region, or a new one.
#[allow(clippy::too_many_arguments)]
fn open_match(
    setting: &Setting,
    realm: RealmId,
    tick: u32,
    mode: u16,
    founder: &Session,
    lobby: &mut Lobby,
    arenas: &mut Query<&mut Arena>,
    commands: &mut Commands,
) -> Fresh {
    let region = founder.identity.region;
    let idle = lobby.idle_arenas.get_mut(&(mode, region)).and_then(BTreeMap::pop_first);
    let (host, game) = if let Some((_, host)) = idle {
        let mut arena = arenas.get_mut(host).expect("an idle arena is there");
        arena.founder = founder.id;
        (host, arena.next_match(setting, realm, tick))
    } else {
        let id = lobby.arenas_opened;
        // There are at most as many as sessions online at once, and a realm never has millions.
        assert!(id < MAX_PER_FIELD, "more than 4,194,304 arenas in one realm; use more realms");
        lobby.arenas_opened += 1;
        let mut arena = Arena { id, mode, region, founder: founder.id, matches: 0 };
        let game = arena.next_match(setting, realm, tick);
        (commands.spawn(arena).id(), game)
    };
    let teams = setting.modes[usize::from(mode)].teams;
    let (roster, scoreboard) = (Roster::new(teams, game.about), Scoreboard::new(teams));
    Fresh { game, host: Host(host), roster, bodies: Bodies::default(), scoreboard }
}

/// Who dies in a match with elimination leaves it and waits for the next, unless the session ends before.
pub fn eliminate_dead(
    rules: Res<Rules>,
    now: Res<Now>,
    mut died: ResMut<Messages<Died>>,
    mut lobby: ResMut<Lobby>,
    matches: Query<(&Match, &Roster)>,
    mut left: MessageWriter<Left>,
) {
    let next_second = rules.clock.second(now.tick + 1);
    for Died { seat, at_ms } in died.drain() {
        let (game, roster) = matches.get(seat.game).expect(IS_OPEN);
        if !game.mode(&rules).is_elimination {
            continue;
        }
        left.write(Left { seat, left_tick: now.tick + 1, left_ms: at_ms });
        let victim = roster.of(seat.participant);
        if victim.ended_s > next_second {
            lobby.arrivals.push(victim.session.expect("only who is present dies"));
        }
    }
}

/// At the tick's end: drops who left from their matches.
pub fn drop_leavers(mut matches: Query<(&mut Roster, &mut Bodies)>) {
    for (mut roster, mut bodies) in &mut matches {
        if roster.has_leavers {
            bodies.drop_leavers(&mut roster);
            roster.has_leavers = false;
        }
    }
}
