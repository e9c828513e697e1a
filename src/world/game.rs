//! Matches: one round on an arena, from its first tick to its results.

use bevy_ecs::prelude::*;

use super::journal::Journal;
use super::lobby::IS_OPEN;
use super::messages::{Left, Lost, MatchClosed};
use super::roster::Roster;
use super::scoreboard::Scoreboard;
use super::session::{Seated, Session};
use super::tick::{RealmId, Rules};
use crate::setting::{ModeRules, Setting};
use crate::table::{MatchEnd, MatchRow, ParticipationRow, Text, Timestamp, Venue};
use crate::tape::Tape;

/// One round on an arena: what is known of it before anyone plays, and when and how it ends.
#[derive(Component, Clone, Debug, Default)]
pub struct Match {
    /// Match number.
    pub id: i64,
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
}

impl Match {
    /// The rules that it is played by.
    #[inline]
    pub fn mode<'s>(&self, setting: &'s Setting) -> &'s ModeRules {
        &setting.modes[usize::from(self.mode)]
    }

    /// Where what happens in it happens.
    #[inline]
    pub fn venue(&self) -> Venue {
        Venue { map: self.map, mode: self.mode }
    }

    /// Whether a closed circle forces a decision at a tick: the last one of the match.
    #[inline]
    pub fn is_sudden_death(&self, mode: &ModeRules, tick: u32) -> bool {
        mode.circle_closes && mode.is_elimination && tick + 1 == self.ends_tick
    }

    /// Whether anyone may join at a tick, if there is room.
    #[inline]
    pub fn may_be_joined(&self, mode: &ModeRules, tick: u32) -> bool {
        !mode.is_elimination || tick < self.started_tick + mode.join_window_ticks
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.i64(&mut self.id);
        tape.u32(&mut self.arena_id);
        tape.u16(&mut self.mode);
        tape.u16(&mut self.map);
        tape.u16(&mut self.region);
        tape.u64(&mut self.about);
        tape.u32(&mut self.started_tick);
        tape.u32(&mut self.ends_tick);
    }
}

/// Takes those who leave out of their matches; what they did there moves to their sessions.
pub fn release_leavers(
    mut left: ResMut<Messages<Left>>,
    mut matches: Query<(&mut Roster, &Scoreboard)>,
    mut sessions: Query<(&mut Session, &mut Seated)>,
) {
    for Left { seat, left_tick, left_ms } in left.drain() {
        let (mut roster, scoreboard) = matches.get_mut(seat.game).expect(IS_OPEN);
        if let Some(entity) = roster.release(seat.participant, left_tick, left_ms) {
            let (mut session, mut seated) = sessions.get_mut(entity).expect("who sits in a match is online");
            session.credit(scoreboard.of(seat.participant));
            seated.0 = None;
        }
    }
}

/// Writes the rows of matches that have ended and of everyone who took part.
pub fn write_results(
    rules: Res<Rules>,
    realm: Res<RealmId>,
    mut closed: MessageReader<MatchClosed>,
    mut journal: ResMut<Journal>,
    mut lost: MessageWriter<Lost>,
    matches: Query<(&Match, &Roster, &Scoreboard)>,
) {
    for closed in closed.read() {
        let (game, roster, scoreboard) = matches.get(closed.game).expect(IS_OPEN);
        // A match that only the end of the run has cut off is not decided.
        let is_decided = closed.end != MatchEnd::RunEnd;
        let winner = is_decided.then(|| winner(game.mode(&rules), closed.end, roster, scoreboard)).flatten();
        journal.rows.matches.push(match_row(&rules, *realm, game, roster, scoreboard, closed, winner));
        journal.rows.notes.margins.push(scoreboard.margin());
        if let Some(winner) = winner.filter(|_| rules.effects.end_sessions()) {
            let losers = roster.participations.iter().filter(|part| part.team != winner);
            lost.write_batch(losers.filter_map(|part| part.session).map(Lost));
        }
        write_participations(&rules, game, roster, scoreboard, closed.end_tick, winner, &mut journal);
    }
}

/// The winning team: with elimination the one that lasted longest if it has met another, otherwise the only one with the most
/// rounds, or in modes without rounds the most kills.
fn winner(mode: &ModeRules, end: MatchEnd, roster: &Roster, scoreboard: &Scoreboard) -> Option<u8> {
    if !mode.is_elimination {
        return if mode.round_ticks > 0 { scoreboard.leader_by_rounds() } else { scoreboard.leading_team() };
    }
    if end == MatchEnd::Abandoned {
        return None;
    }
    roster.survivors().filter(|&team| roster.has_met_others(team))
}

fn match_row(
    setting: &Setting,
    realm: RealmId,
    game: &Match,
    roster: &Roster,
    scoreboard: &Scoreboard,
    closed: &MatchClosed,
    winner: Option<u8>,
) -> MatchRow {
    let at = |tick: u32| Timestamp(setting.clock.ms(setting.clock.second(tick)));
    MatchRow {
        match_id: game.id,
        realm_id: realm.0 as i16,
        region: Text::at(game.region.into()),
        arena_id: game.arena_id as i32,
        map: Text::at(game.map.into()),
        mode: Text::at(game.mode.into()),
        started_at: at(game.started_tick),
        ended_at: at(closed.end_tick),
        teams: game.mode(setting).teams as i8,
        players: roster.participations.len() as i32,
        kills: scoreboard.kills() as i32,
        winner_team: winner.map(|team| team as i8),
        end_reason: Text::at(closed.end as usize),
    }
}

fn write_participations(
    setting: &Setting,
    game: &Match,
    roster: &Roster,
    scoreboard: &Scoreboard,
    end_tick: u32,
    winner: Option<u8>,
    journal: &mut Journal,
) {
    let ms = |tick: u32| setting.clock.ms(setting.clock.second(tick));
    let rows = &mut journal.rows.participations;
    let first_row = rows.len();
    rows.extend((0..).zip(&roster.participations).map(|(participant, participation)| {
        let tally = scoreboard.of(participant);
        let (left_tick, left_ms) = if participation.is_present() {
            (end_tick, ms(end_tick))
        } else {
            (participation.left_tick, participation.left_ms)
        };
        ParticipationRow {
            match_id: game.id,
            session_id: participation.session_id,
            player_id: participation.player_id,
            team_id: participation.team as i8,
            joined_at: Timestamp(ms(participation.joined_tick)),
            left_at: Timestamp(left_ms),
            heartbeats: (left_tick - participation.joined_tick) as i32,
            kills: tally.kills as i16,
            deaths: tally.deaths as i16,
            won: winner == Some(participation.team),
        }
    }));
    // The day's rows are sorted faster if those of each match are.
    rows[first_row..].sort_unstable_by_key(|row| row.session_id);
}
