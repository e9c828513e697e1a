//! Rounds: in a mode with rounds, who dies is out until the next round begins.
//!
//! A round ends at the first tick at which at most one team has anybody alive, when its time is up, or with its match; the
//! next begins with the same tick. The dead appear at their spawns at the next heartbeat as everywhere, and wait there.

use bevy_ecs::prelude::*;

use super::game::Match;
use super::journal::Journal;
use super::lobby::{IS_OPEN, Lobby};
use super::messages::MatchClosed;
use super::roster::Roster;
use super::scoreboard::{RoundState, Scoreboard};
use super::tick::{Now, Rules};
use crate::setting::Setting;
use crate::table::{MatchEnd, RoundEnd, RoundRow, Text, Timestamp};

/// Ends the rounds that are over at this tick and begins the next.
pub fn end_rounds(
    rules: Res<Rules>,
    now: Res<Now>,
    lobby: Res<Lobby>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Match, &Roster, &mut Scoreboard)>,
) {
    if rules.modes.iter().all(|mode| mode.round_ticks == 0) {
        return;
    }
    for (_, entity) in &lobby.games {
        let (game, roster, mut scoreboard) = matches.get_mut(*entity).expect(IS_OPEN);
        let mode = game.mode(&rules);
        if mode.round_ticks == 0 {
            continue;
        }
        begin_first(game, &mut scoreboard);
        let alive = alive(&rules, roster, &scoreboard);
        let round = scoreboard.round;
        let has_begun = now.tick > round.started_tick;
        let is_decided = is_contested(roster) && alive.iter().filter(|&&alive| alive > 0).count() <= 1;
        let is_over = now.tick >= round.started_tick + mode.round_ticks;
        if has_begun && (is_decided || is_over) {
            let end = if is_decided { RoundEnd::Eliminated } else { RoundEnd::TimeUp };
            write(&rules, game, roster, &mut scoreboard, &alive, now.tick, end, &mut journal);
            let kills_before = scoreboard.kills();
            scoreboard.round =
                RoundState { number: round.number.saturating_add(1), started_tick: now.tick, kills_before };
        }
    }
}

/// Ends the rounds of matches that have ended.
pub fn end_rounds_of_matches(
    rules: Res<Rules>,
    mut closed: MessageReader<MatchClosed>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Match, &Roster, &mut Scoreboard)>,
) {
    for closed in closed.read() {
        let (game, roster, mut scoreboard) = matches.get_mut(closed.game).expect(IS_OPEN);
        if game.mode(&rules).round_ticks == 0 {
            continue;
        }
        begin_first(game, &mut scoreboard);
        // A round that would begin with this tick has not been.
        if scoreboard.round.started_tick < closed.end_tick {
            let end = if closed.end == MatchEnd::RunEnd { RoundEnd::RunEnd } else { RoundEnd::MatchEnd };
            let alive = alive(&rules, roster, &scoreboard);
            write(&rules, game, roster, &mut scoreboard, &alive, closed.end_tick, end, &mut journal);
        }
    }
}

/// The first round begins with its match.
fn begin_first(game: &Match, scoreboard: &mut Scoreboard) {
    if scoreboard.round.number == 0 {
        scoreboard.round = RoundState { number: 1, started_tick: game.started_tick, kills_before: 0 };
    }
}

/// Whether more than one team is present.
fn is_contested(roster: &Roster) -> bool {
    !roster.is_empty() && roster.last_team().is_none()
}

/// Players of each team who are present and have not died in the round.
fn alive(setting: &Setting, roster: &Roster, scoreboard: &Scoreboard) -> Vec<u32> {
    let since_ms = setting.clock.ms(setting.clock.second(scoreboard.round.started_tick));
    let mut alive = vec![0; scoreboard.teams()];
    for (participant, participation) in (0..).zip(&roster.participations) {
        if participation.is_present() && scoreboard.of(participant).died_ms < since_ms {
            alive[usize::from(participation.team)] += 1;
        }
    }
    alive
}

#[allow(clippy::too_many_arguments)]
fn write(
    setting: &Setting,
    game: &Match,
    roster: &Roster,
    scoreboard: &mut Scoreboard,
    alive: &[u32],
    end_tick: u32,
    end: RoundEnd,
    journal: &mut Journal,
) {
    let is_whole = matches!(end, RoundEnd::Eliminated | RoundEnd::TimeUp) && is_contested(roster);
    let most = alive.iter().copied().max().unwrap_or(0);
    let mut leaders = (0..).zip(alive).filter(|(_, alive)| **alive == most).map(|(team, _)| team);
    let winner = leaders.next().filter(|_| is_whole && most > 0 && leaders.next().is_none());
    if let Some(team) = winner {
        scoreboard.count_round(team);
    }
    if !setting.lists_rounds {
        return;
    }
    let at = |tick: u32| Timestamp(setting.clock.ms(setting.clock.second(tick)));
    let count = |n: u32| i16::try_from(n).unwrap_or(i16::MAX);
    journal.rows.rounds.push(RoundRow {
        match_id: game.id,
        round: count(scoreboard.round.number),
        started_at: at(scoreboard.round.started_tick),
        ended_at: at(end_tick),
        kills: count(scoreboard.kills() - scoreboard.round.kills_before),
        survivors: count(alive.iter().sum()),
        winner_team: winner.map_or(-1, |team: u8| team as i8),
        end_reason: Text::at(end as usize),
    });
}
