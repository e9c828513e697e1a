//! Combat: opponents who see each other fight, and one of the two dies.
//!
//! Two opponents of a match fight in a tick only if they are within the mode's distance of each other at its heartbeat. Fights
//! of a match are drawn pair by pair and resolved in order of time, so that nobody kills after dying. A kill belongs to the
//! encounter that its pair has open. Who has lost sight of an opponent, so that their encounter is open without their being
//! near, does not fight until it is over or goes on: otherwise a kill would belong to an encounter that may have ended before.

use bevy_ecs::prelude::*;

use super::game::Match;
use super::journal::Journal;
use super::lobby::{IS_OPEN, Lobby};
use super::meeting::Encounters;
use super::messages::{Died, Seat};
use super::movement;
use super::roster::Roster;
use super::scoreboard::{MAX_COUNT, Scoreboard};
use super::tick::{Found, Now, Positions, RealmId, Rules};
use crate::encounter::{Contact, pack};
use crate::random::Purpose;
use crate::setting::Setting;
use crate::table::{KillRow, Text, Timestamp};

/// A fight that will end in a kill unless one of the two dies first.
#[derive(Debug)]
pub struct Fight {
    event_ms: i64,
    killer: Fighter,
    victim: Fighter,
    /// Place of their open encounter in the book of the match.
    open: Option<u32>,
}

/// Somebody in a fight.
#[derive(Clone, Copy, Debug)]
struct Fighter {
    /// Place in the frame, within the match.
    member: u32,
    /// Number of the participation.
    participant: u32,
    player_id: i32,
}

/// Lets opponents fight.
pub fn fight(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    lobby: Res<Lobby>,
    positions: Res<Positions>,
    found: Res<Found>,
    mut journal: ResMut<Journal>,
    mut died: MessageWriter<Died>,
    mut matches: Query<(&Match, &Roster, &mut Scoreboard, &mut Encounters)>,
    mut fights: Local<Vec<Fight>>,
) {
    for (index, (_, entity)) in lobby.games.iter().enumerate() {
        let contacts = found.0.of_match(index);
        if contacts.is_empty() {
            continue;
        }
        let (game, roster, mut scoreboard, mut encounters) = matches.get_mut(*entity).expect(IS_OPEN);
        let mode = game.mode(&rules);
        // While others may still join a match with elimination, nobody is killed.
        if mode.is_elimination && game.may_be_joined(mode, now.tick) {
            continue;
        }
        // In a mode with rounds the dead are out until the next, elsewhere until the next heartbeat.
        let since_tick = if mode.round_ticks > 0 { scoreboard.round.started_tick } else { now.tick };
        let alive_since_ms = rules.clock.ms(rules.clock.second(since_tick));
        let (realm, tick) = (*realm, now.tick);
        let place = Battle { setting: &rules, tick, realm, alive_since_ms, positions: &positions, index, game, roster };
        place.collect_fights(contacts, &encounters, &mut fights);
        for fight in &*fights {
            if place.resolve(fight, &mut scoreboard, &mut encounters, &mut journal) {
                let seat = Seat { game: *entity, participant: fight.victim.participant };
                died.write(Died { seat, at_ms: fight.event_ms });
            }
        }
    }
}

/// One match at one tick.
struct Battle<'a> {
    setting: &'a Setting,
    tick: u32,
    realm: RealmId,
    /// Who has died since then fights no more.
    alive_since_ms: i64,
    positions: &'a Positions,
    /// Index of the match in the frame.
    index: usize,
    game: &'a Match,
    roster: &'a Roster,
}

impl Battle<'_> {
    /// Draws which opponents fight, who wins and when, in order of time and killer.
    fn collect_fights(&self, contacts: &[Contact], encounters: &Encounters, fights: &mut Vec<Fight>) {
        fights.clear();
        let (setting, roster) = (self.setting, self.roster);
        let mode = self.game.mode(setting);
        let sight = &setting.grounds[usize::from(self.game.map)].sight;
        let within = mode.engage_cm.pow(2);
        let is_sudden_death = self.game.is_sudden_death(mode, self.tick);
        let interval_ms = i64::from(setting.clock.heartbeat_s) * 1000;
        let tick_s = setting.clock.second(self.tick);
        let streams = setting.seed.streams(Purpose::Fight, self.tick.into());
        for contact in contacts.iter().filter(|contact| contact.d2 <= within) {
            let (a, b) = (roster.member(contact.a as usize), roster.member(contact.b as usize));
            if a.team == b.team {
                continue;
            }
            // Everything is drawn for the pair ordered by account number, so that seating order decides nothing.
            let is_ordered = a.player_id < b.player_id;
            let (low, high) = if is_ordered { (a, b) } else { (b, a) };
            let about = (low.player_id as u64) << 32 | high.player_id as u64;
            let mut draws = streams.about(about);
            let word = draws.bits();
            // Most pairs are done with one word: they would not fight even if they saw each other.
            if !is_sudden_death {
                if word & u64::from(u32::MAX) >= mode.kill_chance {
                    continue;
                }
                let (at, other) =
                    (self.positions.of_member(self.index, contact.a), self.positions.of_member(self.index, contact.b));
                let twice_midway = [at[0] + other[0], at[1] + other[1]];
                let distance_cm = f64::from(contact.d2).sqrt();
                if (word >> 32) as u32 >= sight.chance(distance_cm, twice_midway) {
                    continue;
                }
            }
            let pair = roster.pair_of(*contact);
            let open = match encounters.0.find(pack(pair.0, pair.1)) {
                Some((_, last)) if last != i64::from(self.tick) => continue,
                open => open.map(|(place, _)| place),
            };
            let fighters = [(contact.a, pair.0, a.player_id), (contact.b, pair.1, b.player_id)]
                .map(|(member, participant, player_id)| Fighter { member, participant, player_id });
            let [low_one, high_one] = if is_ordered { fighters } else { [fighters[1], fighters[0]] };
            let low_wins = setting.arsenal.wins(low.skill, high.skill, draws.bits() as u32);
            let (killer, victim) = if low_wins { (low_one, high_one) } else { (high_one, low_one) };
            let both_stay_ms = i64::from(a.ended_s.min(b.ended_s) - tick_s) * 1000;
            let after_ms = draws.below(interval_ms.min(both_stay_ms) as u32);
            let event_ms = setting.clock.ms(tick_s) + i64::from(after_ms);
            fights.push(Fight { event_ms, killer, victim, open });
        }
        fights.sort_unstable_by_key(|fight| (fight.event_ms, fight.killer.player_id, fight.victim.player_id));
    }

    /// Writes the kill unless one of the two has died in this interval; true if it happened.
    fn resolve(
        &self,
        fight: &Fight,
        scoreboard: &mut Scoreboard,
        encounters: &mut Encounters,
        journal: &mut Journal,
    ) -> bool {
        let setting = self.setting;
        let tick_ms = setting.clock.ms(setting.clock.second(self.tick));
        let Fight { event_ms, killer, victim, open } = *fight;
        let (killers, victims) = (scoreboard.of(killer.participant), scoreboard.of(victim.participant));
        let is_out = |died_ms: i64| died_ms >= self.alive_since_ms;
        if is_out(killers.died_ms) || is_out(victims.died_ms) || !killers.can_kill() || !victims.can_die() {
            return false;
        }
        let mut open = open.map(|place| encounters.0.episode_mut(place));
        if let Some(open) = &mut open {
            if open.kills == MAX_COUNT {
                return false;
            }
            open.kills += 1;
        }
        let encounter_id = open.map_or(0, |open| self.realm.numbered(open.number));
        let ground = &setting.grounds[usize::from(self.game.map)];
        let gait = &self.game.mode(setting).gait;
        let mut draws = setting.seed.stream(Purpose::Kill, victim.player_id as u64, self.tick.into());
        let after_ms = (event_ms - tick_ms) as u32;
        let mut place = |fighter: Fighter| {
            let from = self.positions.of_member(self.index, fighter.member);
            movement::drift(ground, gait, setting.arsenal.drift_cm_per_s, from, after_ms, &mut draws)
        };
        let (killer_at, victim_at) = (place(killer), place(victim));
        let distance_cm = distance(killer_at, victim_at);
        let (weapon, is_headshot) = setting.arsenal.choose(distance_cm, &mut draws);
        let (of_killer, of_victim) = (self.roster.of(killer.participant), self.roster.of(victim.participant));
        let row = KillRow {
            kill_id: self.realm.numbered(journal.next_kill),
            event_ts: Timestamp(event_ms),
            match_id: self.game.id,
            encounter_id,
            killer_id: killer.player_id,
            victim_id: victim.player_id,
            killer_session: of_killer.session_id,
            victim_session: of_victim.session_id,
            weapon: Text::at(weapon),
            is_headshot,
            distance_cm: distance_cm as i32,
            killer_x_cm: killer_at[0],
            killer_y_cm: killer_at[1],
            killer_z_cm: killer_at[2],
            victim_x_cm: victim_at[0],
            victim_y_cm: victim_at[1],
            victim_z_cm: victim_at[2],
        };
        journal.write_kill(self.game.venue(), row);
        journal.next_kill += 1;
        scoreboard.count_kill(killer.participant, of_killer.team, victim.participant, event_ms);
        true
    }
}

/// Distance of two points, rounded down.
fn distance(a: [i32; 3], b: [i32; 3]) -> u32 {
    let d2: u64 = (0..3).map(|axis| u64::from(a[axis].abs_diff(b[axis])).pow(2)).sum();
    // Below 2^53 on every map that there is: rounding may lead to the next whole number, and nowhere else.
    let root = (d2 as f64).sqrt() as u64;
    (root - u64::from(root * root > d2)) as u32
}
