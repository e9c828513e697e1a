//! Matches: one round on an arena, who takes part in it, on which team, and how it ends.

use bevy_ecs::prelude::*;

use super::bodies::Bodies;
use super::journal::Journal;
use super::session::Session;
use super::swept::{self, SweptMatch};
use super::teams;
use crate::encounter::Contact;
use crate::encounter::{Book, EndReason, Episode};
use crate::setting::ModeRules;
use crate::setting::Setting;
use crate::table::{MatchEnd, MatchRow, ParticipationRow, Text, Timestamp};
use crate::tape::Tape;

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
    /// Their bodies, in the same order.
    pub bodies: Bodies,
    /// Those present, by team.
    team_sizes: Vec<u32>,
    /// Sum of their skills, by team.
    team_skills: Vec<f64>,
    /// Kills by team.
    scores: Vec<u32>,
    /// Open encounters.
    pub book: Book<Episode>,
    /// Open encounters between heartbeats.
    pub swept: SweptMatch,
    /// Open encounters of teams.
    pub team_book: Book<Episode>,
    /// Whether anyone left in this tick.
    pub has_leavers: bool,
    /// Those present whose party another session leads: without any, nobody has mates to sit beside.
    followers: u32,
}

impl Match {
    /// An empty match; its caller fills in what it is about.
    pub fn new(arena: Entity, arena_id: u32, mode: u16, teams: u8) -> Self {
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
            bodies: Bodies::default(),
            team_sizes: vec![0; teams.into()],
            team_skills: vec![0.0; teams.into()],
            scores: vec![0; teams.into()],
            book: Book::default(),
            swept: SweptMatch::default(),
            team_book: Book::default(),
            has_leavers: false,
            followers: 0,
        }
    }

    /// Empties a match that has been closed for the next one on its arena, keeping its memory.
    pub fn clear(&mut self) {
        self.end = MatchEnd::Completed;
        self.roster.clear();
        self.present.clear();
        self.bodies.truncate(0);
        self.team_sizes.fill(0);
        self.team_skills.fill(0.0);
        self.scores.fill(0);
        self.swept = SweptMatch::default();
        self.has_leavers = false;
        self.followers = 0;
    }

    /// The pair of a contact, as participation numbers.
    pub fn pair_of(&self, contact: Contact) -> (u32, u32) {
        (self.present[contact.a as usize], self.present[contact.b as usize])
    }

    /// Whether two participations are of different teams.
    pub fn are_opponents(&self, (a, b): (u32, u32)) -> bool {
        self.roster[a as usize].team != self.roster[b as usize].team
    }

    /// Two participations, the one with the smaller account number first. Two sessions of one player can follow each
    /// other in one match but never meet, so the accounts of an encounter differ.
    pub fn by_account(&self, (a, b): (u32, u32)) -> (&Participation, &Participation) {
        let (a, b) = (&self.roster[a as usize], &self.roster[b as usize]);
        if a.player_id < b.player_id { (a, b) } else { (b, a) }
    }

    /// Whether a session may join at a tick.
    pub fn is_open(&self, mode: &ModeRules, tick: u32) -> bool {
        (self.present.len() as u32) < mode.capacity
            && (!mode.is_elimination || tick < self.started_tick + mode.join_window_ticks)
    }

    /// Seats a session beside a member of its party if that team has room, otherwise in the smallest team,
    /// among equals the weakest.
    pub fn join(&mut self, game: Entity, entity: Entity, session: &mut Session, team_size: u32, tick: u32) {
        let follows = u32::from(session.party_id != session.id);
        let may_have_mates = follows + self.followers > 0;
        let mates =
            self.present.iter().filter(|_| may_have_mates).map(|&participant| &self.roster[participant as usize]);
        let team = mates
            .filter(|mate| mate.is_present)
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
        self.followers += follows;
        let participant = self.roster.len() as u32;
        self.present.push(participant);
        self.bodies.push(session.identity.player_id);
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
        self.followers -= u32::from(participation.party_id != participation.session_id);
        self.team_sizes[usize::from(participation.team)] -= 1;
        self.team_skills[usize::from(participation.team)] -= participation.skill;
        self.has_leavers = true;
    }

    /// Counts a kill.
    pub fn score(&mut self, killer: u32, victim: u32, died_ms: i64) {
        let killer = &mut self.roster[killer as usize];
        killer.kills += 1;
        self.scores[usize::from(killer.team)] += 1;
        let (victim_number, victim) = (victim, &mut self.roster[victim as usize]);
        victim.deaths += 1;
        victim.died_ms = died_ms;
        if let Ok(member) = self.present.binary_search(&victim_number) {
            self.bodies.respawn(member);
        }
    }

    /// Drops those who left from `present`.
    pub fn sweep_present(&mut self) {
        let mut kept = 0;
        for member in 0..self.present.len() {
            let participant = self.present[member];
            if self.roster[participant as usize].is_present {
                if kept < member {
                    self.present[kept] = participant;
                    self.bodies.replace(kept, member);
                }
                kept += 1;
            }
        }
        self.present.truncate(kept);
        self.bodies.truncate(kept);
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
            journal.rows.encounters.push(super::combat::encounter_row(setting, realm, self, &episode, reason));
        });
        self.book = book;
        swept::close_all(setting, realm, self, reason, journal);
        teams::close_all(setting, realm, self, reason, journal);
        let mode = &setting.modes[usize::from(self.mode)];
        // A match that only the end of the run has cut off is not decided.
        let winner = if self.end == MatchEnd::RunEnd { None } else { self.winner(mode) };
        let ms = |tick: u32| Timestamp(setting.clock.ms(setting.clock.second(tick)));
        journal.rows.matches.push(MatchRow {
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
        let first_row = journal.rows.participations.len();
        for participation in &self.roster {
            let (left_tick, left_at) = if participation.is_present {
                (end_tick, ms(end_tick))
            } else {
                (participation.left_tick, Timestamp(participation.left_ms))
            };
            journal.rows.participations.push(ParticipationRow {
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
        // The day's rows are sorted faster if those of each match are.
        journal.rows.participations[first_row..].sort_unstable_by_key(|row| row.session_id);
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
        self.bodies.state(tape);
        tape.list(&mut self.team_sizes, Tape::u32);
        tape.list(&mut self.team_skills, Tape::f64);
        tape.list(&mut self.scores, Tape::u32);
        self.book.state(tape);
        self.swept.state(tape);
        self.team_book.state(tape);
        let present = self.roster.iter().filter(|participation| participation.is_present);
        self.followers = present.filter(|member| member.party_id != member.session_id).count() as u32;
        self.end =
            [MatchEnd::Completed, MatchEnd::Eliminated, MatchEnd::Abandoned, MatchEnd::RunEnd][usize::from(end.min(3))];
    }

    /// A match to play a tape into.
    pub fn blank() -> Self {
        Self::new(Entity::PLACEHOLDER, 0, 0, 0)
    }
}
