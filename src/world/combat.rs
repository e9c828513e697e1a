//! Combat: contacts become encounters and kills.
//!
//! A kill needs a contact of two opponents at the heartbeat before it, inside their open encounter. Candidates of a
//! match are drawn pair by pair and resolved in order of time, so that nobody kills after dying.

use bevy_ecs::prelude::*;

use super::journal::Journal;
use super::matches::{Leaving, MAX_COUNT, Match};
use super::matchmaking::Lobby;
use super::movement;
use super::session::Session;
use super::tick::Rules;
use super::tick::{Found, Now, Positions, RealmId};
use crate::encounter::Contact;
use crate::encounter::{Book, EndReason, Episode, Open, Sampled, Touch, pack};
use crate::random::Purpose;
use crate::setting::Setting;
use crate::table::{EncounterRow, KillRow, Text, Timestamp};

/// A fight that will end in a kill unless one of the two dies first.
#[derive(Debug)]
pub struct Fight {
    event_ms: i64,
    killer: u32,
    victim: u32,
    touch: Touch,
}

/// Merges this tick's contacts into the encounters of every match, then lets contacts of opponents end in kills.
pub fn meet_and_fight(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    positions: Res<Positions>,
    found: Res<Found>,
    mut lobby: ResMut<Lobby>,
    mut journal: ResMut<Journal>,
    mut matches: Query<&mut Match>,
    mut sessions: Query<&mut Session>,
    mut touches: Local<Vec<Touch>>,
    mut fights: Local<Vec<Fight>>,
) {
    let lobby = &mut *lobby;
    for (index, (_, entity)) in lobby.games.iter().enumerate() {
        let Ok(mut game) = matches.get_mut(*entity) else { continue };
        let game = &mut *game;
        let place = Place { setting: &rules, tick: now.tick, realm: realm.0, positions: &positions, index };
        let mut book = std::mem::take(&mut game.book);
        place.meet(game, &mut book, found.0.of_match(index), &mut journal, &mut touches);
        let mode = &rules.modes[usize::from(game.mode)];
        let is_safe = mode.is_elimination && now.tick < game.started_tick + mode.join_window_ticks;
        if rules.arsenal.is_enabled && !is_safe {
            place.collect_fights(game, &touches, &mut fights);
            for fight in &fights {
                let has_fallen = place.resolve(game, &mut book, fight, &mut journal);
                if has_fallen && mode.is_elimination {
                    let eliminated = game.roster[fight.victim as usize].session;
                    if let Ok(mut session) = sessions.get_mut(eliminated) {
                        let leaving = Leaving { left_tick: now.tick + 1, left_ms: fight.event_ms };
                        game.leave(fight.victim, leaving, &mut session);
                        lobby.arrivals.push(eliminated);
                    }
                }
            }
        }
        game.book = book;
    }
}

/// One match at one tick.
struct Place<'a> {
    setting: &'a Setting,
    tick: u32,
    realm: u32,
    positions: &'a Positions,
    /// Index of the match in the frame.
    index: usize,
}

impl Place<'_> {
    fn meet(
        &self,
        game: &Match,
        book: &mut Book<Episode>,
        contacts: &[Contact],
        journal: &mut Journal,
        touches: &mut Vec<Touch>,
    ) {
        let relation = self.setting.relation;
        let counts = |contact: &Contact| relation.includes(game.are_opponents(game.pair_of(*contact)));
        let midpoint_of = |contact: Contact| {
            let (a, b) = (self.position(contact.a), self.position(contact.b));
            [0, 1, 2].map(|axis| (i64::from(a[axis]) + i64::from(b[axis])).div_euclid(2) as i32)
        };
        let near = contacts.iter().copied().filter(counts).map(|contact| {
            let (a, b) = game.pair_of(contact);
            (pack(a, b), contact)
        });
        touches.clear();
        let (rules, next_number) = (self.setting.episodes, &mut journal.next_encounter);
        book.advance(&mut Sampled { rules, tick: self.tick, midpoint_of, next_number, touches }, near);
    }

    /// Position of the n-th member of the match at this tick.
    fn position(&self, member: u32) -> [i32; 3] {
        self.positions.of_member(self.index, member)
    }

    /// Draws which contacts of opponents end in a kill, whose and when, in order of time and killer.
    fn collect_fights(&self, game: &Match, touches: &[Touch], fights: &mut Vec<Fight>) {
        fights.clear();
        let setting = self.setting;
        let kill_chance = setting.modes[usize::from(game.mode)].kill_chance;
        let interval_ms = i64::from(setting.clock.heartbeat_s) * 1000;
        let tick_s = setting.clock.second(self.tick);
        let streams = setting.seed.streams(Purpose::Fight, self.tick.into());
        for touch in touches {
            let pair = game.pair_of(touch.contact);
            if !game.are_opponents(pair) {
                continue;
            }
            // Everything is drawn for the pair ordered by account number, so that seating order decides nothing.
            let by_account = |n: u32| game.roster[n as usize].player_id;
            let (low, high) = if by_account(pair.0) < by_account(pair.1) { pair } else { (pair.1, pair.0) };
            let (a, b) = (&game.roster[low as usize], &game.roster[high as usize]);
            let about = (a.player_id as u64) << 32 | b.player_id as u64;
            let mut draws = streams.about(about);
            if !draws.chance(kill_chance) {
                continue;
            }
            let low_wins = draws.chance(setting.arsenal.win_chance(a.skill, b.skill));
            let (killer, victim) = if low_wins { (low, high) } else { (high, low) };
            let both_stay_ms = i64::from(a.ended_s.min(b.ended_s) - tick_s) * 1000;
            let after_ms = draws.below(interval_ms.min(both_stay_ms) as u32);
            let event_ms = setting.clock.ms(tick_s) + i64::from(after_ms);
            fights.push(Fight { event_ms, killer, victim, touch: *touch });
        }
        fights.sort_unstable_by_key(|fight| (fight.event_ms, game.roster[fight.killer as usize].player_id));
    }

    /// Writes the kill unless one of the two has died in this interval; true if it happened.
    fn resolve(&self, game: &mut Match, book: &mut Book<Episode>, fight: &Fight, journal: &mut Journal) -> bool {
        let setting = self.setting;
        let tick_ms = setting.clock.ms(setting.clock.second(self.tick));
        let (killer, victim) = (&game.roster[fight.killer as usize], &game.roster[fight.victim as usize]);
        if killer.died_ms >= tick_ms || victim.died_ms >= tick_ms {
            return false;
        }
        let Touch { contact, episode } = fight.touch;
        if !killer.can_kill() || !victim.can_die() || book.episode_mut(episode).kills == MAX_COUNT {
            return false;
        }
        let killer_is_a = game.pair_of(contact).0 == fight.killer;
        let (from, to) = if killer_is_a { (contact.a, contact.b) } else { (contact.b, contact.a) };
        let mode = &setting.modes[usize::from(game.mode)];
        let ground = &setting.grounds[usize::from(game.map)];
        let mut draws = setting.seed.stream(Purpose::Kill, victim.player_id as u64, self.tick.into());
        let after_ms = (fight.event_ms - tick_ms) as u32;
        let mut place = |member: u32| {
            let drift = setting.arsenal.drift_cm_per_s;
            movement::drift(ground, &mode.gait, drift, self.position(member), after_ms, &mut draws)
        };
        let (killer_at, victim_at) = (place(from), place(to));
        let distance_cm = distance(killer_at, victim_at);
        let about = (killer.player_id as u64) << 32 | victim.player_id as u64;
        let (weapon, is_headshot) = setting.arsenal.choose(about, self.tick, distance_cm, &mut draws);
        let open = book.episode_mut(episode);
        open.kills += 1;
        journal.rows.kills.push(KillRow {
            kill_id: i64::from(self.realm) << 40 | journal.next_kill,
            event_ts: Timestamp(fight.event_ms),
            match_id: game.id,
            encounter_id: i64::from(self.realm) << 40 | open.number,
            killer_id: killer.player_id,
            victim_id: victim.player_id,
            killer_session: killer.session_id,
            victim_session: victim.session_id,
            weapon: Text::at(weapon),
            is_headshot,
            distance_cm: distance_cm as i32,
            killer_x_cm: killer_at[0],
            killer_y_cm: killer_at[1],
            killer_z_cm: killer_at[2],
            victim_x_cm: victim_at[0],
            victim_y_cm: victim_at[1],
            victim_z_cm: victim_at[2],
        });
        journal.next_kill += 1;
        game.score(fight.killer, fight.victim, fight.event_ms);
        true
    }
}

/// Distance of two points, rounded down.
fn distance(a: [i32; 3], b: [i32; 3]) -> u32 {
    let d2: u64 = (0..3).map(|axis| u64::from(a[axis].abs_diff(b[axis])).pow(2)).sum();
    d2.isqrt() as u32
}

/// At the tick's end: closes encounters of pairs that parted or of which one left, and drops who left.
pub fn close_encounters(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    lobby: Res<Lobby>,
    mut journal: ResMut<Journal>,
    mut matches: Query<&mut Match>,
) {
    for (_, entity) in &lobby.games {
        let Ok(mut game) = matches.get_mut(*entity) else { continue };
        let game = &mut *game;
        let mut book = std::mem::take(&mut game.book);
        let has_left = |participant: u32| !game.roster[participant as usize].is_present;
        let has_left: Option<&dyn Fn(u32) -> bool> = if game.has_leavers { Some(&has_left) } else { None };
        book.close(has_left, |episode, reason| {
            journal.rows.encounters.push(encounter_row(&rules, realm.0, game, &episode, reason));
        });
        game.book = book;
        if game.has_leavers {
            game.sweep_present();
            game.has_leavers = false;
            game.end_if_decided(&rules.modes[usize::from(game.mode)], now.tick + 1);
        }
    }
}

/// The row of an encounter that ended.
pub fn encounter_row(
    setting: &Setting,
    realm: u32,
    game: &Match,
    episode: &Episode,
    reason: EndReason,
) -> EncounterRow {
    let (a, b) = game.by_account(episode.participants());
    let at = |tick: u32| Timestamp(setting.clock.ms(setting.clock.second(tick)));
    EncounterRow {
        encounter_id: i64::from(realm) << 40 | episode.number,
        match_id: game.id,
        player_a: a.player_id,
        player_b: b.player_id,
        session_a: a.session_id,
        session_b: b.session_id,
        team_a: a.team as i8,
        team_b: b.team as i8,
        relation: Text::at(usize::from(a.team != b.team)),
        started_at: at(episode.started_tick),
        ended_at: at(episode.last_tick),
        contact_beats: episode.contact_ticks as i32,
        near_beats: episode.near_ticks as i32,
        min_distance_cm: episode.min_d2.isqrt() as i32,
        min_distance_at: at(episode.min_tick),
        x_cm: episode.midpoint[0],
        y_cm: episode.midpoint[1],
        z_cm: episode.midpoint[2],
        kills: episode.kills as i16,
        end_reason: Text::at(reason as usize),
    }
}
