//! Encounters between heartbeats: everyone walks straight from the last heartbeat to this one.
//!
//! Runs before combat, which overwrites who died when: whoever died in the interval that ends now respawned at its end
//! and did not walk. Nothing else reads what is found here; combat uses sampled encounters.

use bevy_ecs::prelude::*;

use super::game::Match;
use super::journal::Journal;
use super::lobby::{IS_OPEN, Lobby};
use super::messages::MatchClosed;
use super::roster::Roster;
use super::scoreboard::Scoreboard;
use super::tick::{Now, Positions, RealmId, Rules};
use crate::encounter::{Book, EndReason, Open as _, Pass, Paths, Swept, SweptEpisode, pack};
use crate::setting::Setting;
use crate::table::{EncounterSweptRow, Text, Timestamp};
use crate::tape::Tape;

/// What a match keeps for encounters between heartbeats.
#[derive(Component, Clone, Debug, Default)]
pub struct SweptEncounters {
    /// Open encounters.
    book: Book<SweptEpisode>,
    /// Positions at the last heartbeat, by participation number.
    previous: Vec<[i32; 3]>,
}

impl SweptEncounters {
    /// Records or plays the state between two ticks.
    pub fn state(&mut self, tape: &mut Tape) {
        self.book.state(tape);
        tape.list(&mut self.previous, |tape, position| position.iter_mut().for_each(|c| tape.i32(c)));
    }
}

/// Finds who came close between the last heartbeat and this one, and merges it into the encounters of every match.
pub fn sweep_paths(
    rules: Res<Rules>,
    now: Res<Now>,
    positions: Res<Positions>,
    lobby: Res<Lobby>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Roster, &Scoreboard, &mut SweptEncounters)>,
    mut paths: Local<Paths>,
    mut passes: Local<Vec<Pass>>,
) {
    let sweep = rules.sweep.expect(IS_ENABLED);
    let interval_ms = i64::from(rules.clock.heartbeat_s) * 1000;
    let end_ms = rules.clock.ms(rules.clock.second(now.tick));
    for (index, (_, entity)) in lobby.games.iter().enumerate() {
        let (roster, scoreboard, mut swept) = matches.get_mut(*entity).expect(IS_OPEN);
        let SweptEncounters { book, previous } = &mut *swept;
        previous.resize(roster.participations.len(), [0; 3]);
        paths.clear();
        for (member, &participant) in roster.present.iter().enumerate() {
            let position = positions.of_member(index, member as u32);
            let previous = std::mem::replace(&mut previous[participant as usize], position);
            let has_respawned = scoreboard.of(participant).died_ms >= end_ms - interval_ms;
            let was_here = roster.of(participant).joined_tick < now.tick;
            if was_here && !has_respawned && sweep.is_walk(previous, position) {
                paths.push(participant, previous, position);
            }
        }
        let counts = |a, b| rules.relation.includes(roster.are_opponents((a, b)));
        paths.find_passes(&sweep, interval_ms, counts, &mut passes);
        let next_number = &mut journal.next_swept;
        let mut kind = Swept { rules: sweep, end_ms, interval_ms, paths: &paths, next_number };
        let pair_of = |pass: &Pass| pack(paths.who[pass.pair.0 as usize], paths.who[pass.pair.1 as usize]);
        book.advance(&mut kind, passes.iter().map(|pass| (pair_of(pass), *pass)));
    }
}

/// What the schedule sees to.
const IS_ENABLED: &str = "these systems run only where their table is written";

/// At the tick's end: closes encounters of pairs that parted or of which one left.
pub fn close_swept_encounters(
    rules: Res<Rules>,
    realm: Res<RealmId>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Match, &Roster, &mut SweptEncounters)>,
) {
    for (game, roster, mut swept) in &mut matches {
        let leavers = roster.leavers();
        let has_left = leavers.as_ref().map(|has_left| has_left as &dyn Fn(u32) -> bool);
        let mut write = |episode, reason| write(&rules, *realm, game, roster, &episode, reason, &mut journal);
        swept.book.close(has_left, &mut write);
    }
}

/// Closes what is open in matches that have ended.
pub fn close_swept_encounters_of_matches(
    rules: Res<Rules>,
    realm: Res<RealmId>,
    mut closed: MessageReader<MatchClosed>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Match, &Roster, &mut SweptEncounters)>,
) {
    for closed in closed.read() {
        let (game, roster, mut swept) = matches.get_mut(closed.game).expect(IS_OPEN);
        let mut write = |episode, reason| write(&rules, *realm, game, roster, &episode, reason, &mut journal);
        swept.book.close_all(closed.reason(), &mut write);
        swept.previous.clear();
    }
}

/// Writes an encounter that ended, unless it was too short.
fn write(
    setting: &Setting,
    realm: RealmId,
    game: &Match,
    roster: &Roster,
    episode: &SweptEpisode,
    reason: EndReason,
    journal: &mut Journal,
) {
    if episode.last_ms - episode.started_ms < setting.min_duration_ms {
        return;
    }
    let (a, b) = roster.by_account(episode.participants());
    journal.rows.encounters_swept.push(EncounterSweptRow {
        encounter_id: realm.numbered(episode.number),
        match_id: game.id,
        player_a: a.player_id,
        player_b: b.player_id,
        session_a: a.session_id,
        session_b: b.session_id,
        team_a: a.team as i8,
        team_b: b.team as i8,
        relation: Text::at(usize::from(a.team != b.team)),
        started_at: Timestamp(episode.started_ms),
        ended_at: Timestamp(episode.last_ms),
        contact_ms: episode.contact_ms as i32,
        near_ms: episode.near_ms as i32,
        min_distance_cm: episode.min_d2.isqrt() as i32,
        min_distance_at: Timestamp(episode.min_ms),
        x_cm: episode.midpoint[0],
        y_cm: episode.midpoint[1],
        z_cm: episode.midpoint[2],
        end_reason: Text::at(reason as usize),
    });
}
