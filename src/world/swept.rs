//! Encounters between heartbeats: everyone walks straight from the last heartbeat to this one.
//!
//! Runs before combat, which overwrites who died when: whoever died in the interval that ends now respawned at its end
//! and did not walk. Nothing else reads what is found here; combat uses sampled encounters.

use bevy_ecs::prelude::*;

use super::journal::Journal;
use super::matches::Match;
use super::matchmaking::Lobby;
use super::tick::Rules;
use super::tick::{Now, Positions, RealmId};
use crate::encounter::{Book, EndReason, Open, pack};
use crate::encounter::{Pass, Paths, Swept, SweptEpisode};
use crate::setting::Setting;
use crate::table::{EncounterSweptRow, Text, Timestamp};
use crate::tape::Tape;

/// What a match keeps for encounters between heartbeats.
#[derive(Clone, Debug, Default)]
pub struct SweptMatch {
    /// Open encounters.
    book: Book<SweptEpisode>,
    /// Positions at the last heartbeat, by participation number.
    previous: Vec<[i32; 3]>,
}

impl SweptMatch {
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
    mut matches: Query<&mut Match>,
    mut paths: Local<Paths>,
    mut passes: Local<Vec<Pass>>,
) {
    let Some(sweep) = rules.sweep else { return };
    let interval_ms = i64::from(rules.clock.heartbeat_s) * 1000;
    let end_ms = rules.clock.ms(rules.clock.second(now.tick));
    for (index, (_, entity)) in lobby.games.iter().enumerate() {
        let Ok(mut game) = matches.get_mut(*entity) else { continue };
        let game = &mut *game;
        let mut swept = std::mem::take(&mut game.swept);
        swept.previous.resize(game.roster.len(), [0; 3]);
        paths.clear();
        for (member, &participant) in game.present.iter().enumerate() {
            let participation = &game.roster[participant as usize];
            let position = positions.of_member(index, member as u32);
            let previous = std::mem::replace(&mut swept.previous[participant as usize], position);
            let has_respawned = participation.died_ms >= end_ms - interval_ms;
            if participation.joined_tick < now.tick && !has_respawned && sweep.is_walk(previous, position) {
                paths.push(participant, previous, position);
            }
        }
        let counts = |a, b| rules.relation.includes(game.are_opponents((a, b)));
        paths.find_passes(&sweep, interval_ms, counts, &mut passes);
        let next_number = &mut journal.next_swept;
        let mut kind = Swept { rules: sweep, end_ms, interval_ms, paths: &paths, next_number };
        let pair_of = |pass: &Pass| pack(paths.who[pass.pair.0 as usize], paths.who[pass.pair.1 as usize]);
        swept.book.advance(&mut kind, passes.iter().map(|pass| (pair_of(pass), *pass)));
        game.swept = swept;
    }
}

/// At the tick's end: closes encounters of pairs that parted or of which one left.
pub fn close_swept_encounters(
    rules: Res<Rules>,
    realm: Res<RealmId>,
    lobby: Res<Lobby>,
    mut journal: ResMut<Journal>,
    mut matches: Query<&mut Match>,
) {
    if rules.sweep.is_none() {
        return;
    }
    for (_, entity) in &lobby.games {
        let Ok(mut game) = matches.get_mut(*entity) else { continue };
        let game = &mut *game;
        let mut swept = std::mem::take(&mut game.swept);
        let has_left = |participant: u32| !game.roster[participant as usize].is_present;
        let has_left: Option<&dyn Fn(u32) -> bool> = if game.has_leavers { Some(&has_left) } else { None };
        swept.book.close(has_left, |episode, reason| write(&rules, realm.0, game, &episode, reason, &mut journal));
        game.swept = swept;
    }
}

/// Closes what is open when the match or the run ends.
pub fn close_all(setting: &Setting, realm: u32, game: &mut Match, reason: EndReason, journal: &mut Journal) {
    let mut swept = std::mem::take(&mut game.swept);
    swept.book.close_all(reason, |episode, reason| write(setting, realm, game, &episode, reason, journal));
}

/// Writes an encounter that ended, unless it was too short.
fn write(
    setting: &Setting,
    realm: u32,
    game: &Match,
    episode: &SweptEpisode,
    reason: EndReason,
    journal: &mut Journal,
) {
    if episode.last_ms - episode.started_ms < setting.min_duration_ms {
        return;
    }
    let (a, b) = game.by_account(episode.participants());
    journal.rows.encounters_swept.push(EncounterSweptRow {
        encounter_id: i64::from(realm) << 40 | episode.number,
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
