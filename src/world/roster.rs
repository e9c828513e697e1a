//! The roster of a match: who takes part, since when, on which team.

use bevy_ecs::prelude::*;

use super::parties::Party;
use super::scoreboard::only;
use super::session::Session;
use crate::encounter::Contact;
use crate::setting::{HONEST, ModeRules};
use crate::tape::Tape;

/// A session's part in a match.
#[derive(Clone, Debug, Default)]
pub struct Participation {
    /// The session while it is present.
    pub session: Option<Entity>,
    /// Session.
    pub session_id: i64,
    /// Account.
    pub player_id: i32,
    /// Party.
    pub party: Party,
    /// Account that its squad draws by: of whoever of it was seated first.
    pub squad: i32,
    /// Team.
    pub team: u8,
    /// Skill, as it is usually.
    usual_skill: f64,
    /// Skill in this match: by form, and with mates.
    pub skill: f64,
    /// How it cheats, counted from 1; 0 for the honest.
    pub cheat: u16,
    /// Second at which the session ends.
    pub ended_s: u32,
    /// First heartbeat in the match.
    pub joined_tick: u32,
    /// First tick after the last heartbeat, once gone.
    pub left_tick: u32,
    /// When it left, once gone.
    pub left_ms: i64,
}

impl Participation {
    /// Whether it is still in the match.
    #[inline]
    pub fn is_present(&self) -> bool {
        self.session.is_some()
    }

    /// Whether it cheats.
    #[inline]
    fn cheats(&self) -> bool {
        self.cheat != HONEST
    }

    /// Whether it has mates.
    #[inline]
    fn is_in_party(&self) -> bool {
        self.party.size > 1
    }

    fn state(&mut self, tape: &mut Tape) {
        tape.i64(&mut self.session_id);
        tape.i32(&mut self.player_id);
        self.party.state(tape);
        tape.i32(&mut self.squad);
        tape.u8(&mut self.team);
        tape.f64(&mut self.usual_skill);
        tape.f64(&mut self.skill);
        tape.u16(&mut self.cheat);
        tape.u32(&mut self.ended_s);
        tape.u32(&mut self.joined_tick);
        tape.u32(&mut self.left_tick);
        tape.i64(&mut self.left_ms);
    }
}

/// Everyone in a match.
#[derive(Component, Clone, Debug, Default)]
pub struct Roster {
    /// Everyone who ever took part, by participation number.
    pub participations: Vec<Participation>,
    /// Participation numbers of those present, ascending: the order of the match in a frame. Who leaves stays in it until
    /// positions are taken or the tick ends.
    pub present: Vec<u32>,
    /// Whether anyone has left since the last tick's end.
    pub has_leavers: bool,
    /// The team that is first among equals: another in each match, or the first group seated would always be of one team.
    first_team: u32,
    /// Those present, by team.
    team_sizes: Vec<u32>,
    /// Sum of their usual skills, by team.
    team_skills: Vec<f64>,
    /// Those present who cheat: mostly none.
    pub cheaters: u32,
    /// Those present who are in parties: without any, nobody has mates to sit beside.
    in_parties: u32,
}

impl Roster {
    /// Nobody yet, in so many teams, of a match whose draws are about something.
    pub fn new(teams: u8, about: u64) -> Self {
        Self {
            first_team: (about % u64::from(teams)) as u32,
            team_sizes: vec![0; teams.into()],
            team_skills: vec![0.0; teams.into()],
            ..Self::default()
        }
    }

    /// Empties it for the next match, keeping its memory.
    pub fn clear(&mut self, about: u64) {
        self.first_team = (about % self.team_sizes.len() as u64) as u32;
        self.participations.clear();
        self.present.clear();
        self.has_leavers = false;
        self.team_sizes.fill(0);
        self.team_skills.fill(0.0);
        self.in_parties = 0;
        self.cheaters = 0;
    }

    /// A participation by its number.
    #[inline]
    pub fn of(&self, participant: u32) -> &Participation {
        &self.participations[participant as usize]
    }

    /// The participation of the n-th of those present.
    #[inline]
    pub fn member(&self, member: usize) -> &Participation {
        self.of(self.present[member])
    }

    /// The pair of a contact, as participation numbers.
    #[inline]
    pub fn pair_of(&self, contact: Contact) -> (u32, u32) {
        (self.present[contact.a as usize], self.present[contact.b as usize])
    }

    /// Whether two participations are of different teams.
    #[inline]
    pub fn are_opponents(&self, (a, b): (u32, u32)) -> bool {
        self.of(a).team != self.of(b).team
    }

    /// Two participations, the one with the smaller account number first. Two sessions of one player can follow each
    /// other in one match but never meet, so the accounts of an encounter differ.
    #[inline]
    pub fn by_account(&self, (a, b): (u32, u32)) -> (&Participation, &Participation) {
        let (a, b) = (self.of(a), self.of(b));
        if a.player_id < b.player_id { (a, b) } else { (b, a) }
    }

    /// Who has left since the last tick's end, if anyone has.
    #[inline]
    pub fn leavers(&self) -> Option<impl Fn(u32) -> bool> {
        self.has_leavers.then_some(move |participant| !self.of(participant).is_present())
    }

    /// Whether nobody is present.
    pub fn is_empty(&self) -> bool {
        self.team_sizes.iter().all(|&size| size == 0)
    }

    /// The team of everyone present, if it is only one.
    pub fn last_team(&self) -> Option<u8> {
        only((0..).zip(&self.team_sizes).filter(|(_, size)| **size > 0).map(|(team, _)| team))
    }

    /// The team whose last member left later than those of all others, or is the only one to be present still.
    pub fn survivors(&self) -> Option<u8> {
        let until = |part: &Participation| if part.is_present() { i64::MAX } else { part.left_ms };
        let last = self.participations.iter().map(until).max()?;
        let mut teams = self.participations.iter().filter(|part| until(part) == last).map(|part| part.team);
        let team = teams.next()?;
        teams.all(|other| other == team).then_some(team)
    }

    /// Whether somebody of a team has shared a heartbeat with somebody of another.
    pub fn has_met_others(&self, team: u8) -> bool {
        let beats = |part: &Participation| {
            let end = if part.is_present() { u32::MAX } else { part.left_tick };
            (part.joined_tick, end)
        };
        let (own, others): (Vec<_>, Vec<_>) = self.participations.iter().partition(|part| part.team == team);
        own.into_iter().map(beats).any(|(from, to)| {
            others.iter().any(|other| {
                let (joined, left) = beats(other);
                joined < to && from < left
            })
        })
    }

    /// Seats a session beside a member of its party if that team has room, otherwise in the smallest team, among equals the
    /// weakest; returns the number of its participation. `edge` is how much better it is in this match than usual, which nobody
    /// knows when teams are made.
    pub fn join(&mut self, entity: Entity, session: &Session, edge: f64, mode: &ModeRules, tick: u32) -> u32 {
        let mut participation = Participation {
            session: Some(entity),
            session_id: session.id,
            player_id: session.identity.player_id,
            party: session.party,
            usual_skill: session.skill,
            skill: session.skill + edge,
            cheat: session.identity.cheat,
            ended_s: session.sitting.ended_s,
            joined_tick: tick,
            ..Participation::default()
        };
        let is_in_party = participation.is_in_party();
        let has_room = |mate: &&Participation| self.team_sizes[usize::from(mate.team)] < mode.team_size();
        let beside = self.mates(participation.party).filter(|_| is_in_party).find(has_room);
        let team = beside.map_or_else(|| self.smallest_team(), |mate| mate.team.into());
        // Whoever goes its own way is its own squad.
        let comrade = if mode.is_squad { self.anyone_of(team as u8) } else { beside };
        participation.squad = comrade.map_or(participation.player_id, |comrade| comrade.squad);
        participation.team = team as u8;
        self.team_sizes[team] += 1;
        self.team_skills[team] += session.skill;
        self.in_parties += u32::from(is_in_party);
        self.cheaters += u32::from(participation.cheats());
        let participant = self.participations.len() as u32;
        self.present.push(participant);
        self.participations.push(participation);
        participant
    }

    /// The members of a party who are present.
    fn mates(&self, party: Party) -> impl Iterator<Item = &Participation> {
        let present = if self.in_parties > 0 { self.present.as_slice() } else { &[] };
        let present = present.iter().map(|&participant| self.of(participant));
        present.filter(move |mate| mate.party.id == party.id && mate.is_present())
    }

    fn anyone_of(&self, team: u8) -> Option<&Participation> {
        let mut present = self.present.iter().map(|&participant| self.of(participant));
        present.find(|comrade| comrade.team == team && comrade.is_present())
    }

    /// Whether a member of a party is present.
    pub fn has_mates(&self, party: Party) -> bool {
        self.mates(party).next().is_some()
    }

    /// Whether so many could be seated in one team.
    pub fn has_room_for(&self, count: u32, team_size: u32) -> bool {
        self.team_sizes.iter().any(|size| size + count <= team_size)
    }

    /// Mean skill of those present; 0 if nobody is.
    pub fn mean_skill(&self) -> f64 {
        let present: u32 = self.team_sizes.iter().sum();
        self.team_skills.iter().sum::<f64>() / f64::from(present.max(1))
    }

    fn smallest_team(&self) -> usize {
        let teams = self.team_sizes.len();
        let in_turn = (0..teams).map(|n| (n + self.first_team as usize) % teams);
        let smallest = in_turn.min_by(|&a, &b| {
            let by_size = self.team_sizes[a].cmp(&self.team_sizes[b]);
            by_size.then_with(|| self.team_skills[a].total_cmp(&self.team_skills[b]))
        });
        smallest.expect("a match has teams")
    }

    /// Takes a session out, at the first tick without it and an exact time; returns it unless it has left already. It
    /// stays in `present`.
    pub fn release(&mut self, participant: u32, left_tick: u32, left_ms: i64) -> Option<Entity> {
        let participation = &mut self.participations[participant as usize];
        let session = participation.session.take()?;
        participation.left_tick = left_tick;
        participation.left_ms = left_ms;
        self.in_parties -= u32::from(participation.is_in_party());
        self.cheaters -= u32::from(participation.cheats());
        self.team_sizes[usize::from(participation.team)] -= 1;
        self.team_skills[usize::from(participation.team)] -= participation.usual_skill;
        self.has_leavers = true;
        Some(session)
    }

    /// Drops those who left from `present`; `moved` is told of each that moves up, and to where.
    pub fn drop_leavers(&mut self, mut moved: impl FnMut(usize, usize)) {
        let mut kept = 0;
        for member in 0..self.present.len() {
            if self.member(member).is_present() {
                if kept < member {
                    self.present[kept] = self.present[member];
                    moved(member, kept);
                }
                kept += 1;
            }
        }
        self.present.truncate(kept);
    }

    /// Records or plays everything but the sessions present, which [`Self::seat_again`] finds.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.list(&mut self.participations, |tape, participation| participation.state(tape));
        tape.list(&mut self.present, Tape::u32);
        tape.u32(&mut self.first_team);
        tape.list(&mut self.team_sizes, Tape::u32);
        tape.list(&mut self.team_skills, Tape::f64);
    }

    /// Seats those present anew, after loading: `session_of` finds a session by number and participation.
    pub fn seat_again(&mut self, mut session_of: impl FnMut(i64, u32) -> Entity) {
        for &participant in &self.present {
            let participation = &mut self.participations[participant as usize];
            participation.session = Some(session_of(participation.session_id, participant));
            self.in_parties += u32::from(participation.is_in_party());
            self.cheaters += u32::from(participation.cheats());
        }
    }
}
