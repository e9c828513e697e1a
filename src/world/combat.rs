//! Combat: contacts of opponents end in kills.
//!
//! A kill needs a contact of two opponents at the heartbeat before it, inside their open encounter. Candidates of a
//! match are drawn pair by pair and resolved in order of time, so that nobody kills after dying.

use bevy_ecs::prelude::*;

use super::game::Match;
use super::journal::Journal;
use super::lobby::IS_OPEN;
use super::meeting::{Encounters, Touches};
use super::messages::{Died, Seat};
use super::movement;
use super::roster::Roster;
use super::scoreboard::{MAX_COUNT, Scoreboard};
use super::tick::{Now, Positions, RealmId, Rules};
use crate::encounter::Touch;
use crate::random::Purpose;
use crate::setting::Setting;
use crate::table::{KillRow, Text, Timestamp};

/// A fight that will end in a kill unless one of the two dies first.
#[derive(Debug)]
pub struct Fight {
    event_ms: i64,
    killer: u32,
    victim: u32,
    touch: Touch,
}

/// Lets contacts of opponents end in kills.
pub fn fight(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    positions: Res<Positions>,
    touches: Res<Touches>,
    mut journal: ResMut<Journal>,
    mut died: MessageWriter<Died>,
    mut matches: Query<(&Match, &Roster, &mut Scoreboard, &mut Encounters)>,
    mut fights: Local<Vec<Fight>>,
) {
    for (index, entity, touches) in touches.by_match() {
        let (game, roster, mut scoreboard, mut encounters) = matches.get_mut(entity).expect(IS_OPEN);
        let mode = game.mode(&rules);
        // While others may still join a match with elimination, nobody is killed.
        if mode.is_elimination && game.may_be_joined(mode, now.tick) {
            continue;
        }
        let place =
            Battle { setting: &rules, tick: now.tick, realm: *realm, positions: &positions, index, game, roster };
        place.collect_fights(touches, &mut fights);
        for fight in &*fights {
            if place.resolve(fight, &mut scoreboard, &mut encounters, &mut journal) {
                let seat = Seat { game: entity, participant: fight.victim };
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
    positions: &'a Positions,
    /// Index of the match in the frame.
    index: usize,
    game: &'a Match,
    roster: &'a Roster,
}

impl Battle<'_> {
    /// Draws which contacts of opponents end in a kill, whose and when, in order of time and killer.
    fn collect_fights(&self, touches: &[Touch], fights: &mut Vec<Fight>) {
        fights.clear();
        let (setting, roster) = (self.setting, self.roster);
        let kill_chance = self.game.mode(setting).kill_chance;
        let interval_ms = i64::from(setting.clock.heartbeat_s) * 1000;
        let tick_s = setting.clock.second(self.tick);
        let streams = setting.seed.streams(Purpose::Fight, self.tick.into());
        for touch in touches {
            let pair = roster.pair_of(touch.contact);
            if !roster.are_opponents(pair) {
                continue;
            }
            // Everything is drawn for the pair ordered by account number, so that seating order decides nothing.
            let is_ordered = roster.of(pair.0).player_id < roster.of(pair.1).player_id;
            let (low, high) = if is_ordered { pair } else { (pair.1, pair.0) };
            let (a, b) = (roster.of(low), roster.of(high));
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
        let player = |participant| roster.of(participant).player_id;
        fights.sort_unstable_by_key(|fight| (fight.event_ms, player(fight.killer), player(fight.victim)));
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
        let (killers, victims) = (scoreboard.of(fight.killer), scoreboard.of(fight.victim));
        if killers.died_ms >= tick_ms || victims.died_ms >= tick_ms {
            return false;
        }
        let Touch { contact, episode } = fight.touch;
        let open = encounters.0.episode_mut(episode);
        if !killers.can_kill() || !victims.can_die() || open.kills == MAX_COUNT {
            return false;
        }
        let (killer, victim) = (self.roster.of(fight.killer), self.roster.of(fight.victim));
        let killer_is_a = self.roster.pair_of(contact).0 == fight.killer;
        let (from, to) = if killer_is_a { (contact.a, contact.b) } else { (contact.b, contact.a) };
        let ground = &setting.grounds[usize::from(self.game.map)];
        let gait = &self.game.mode(setting).gait;
        let mut draws = setting.seed.stream(Purpose::Kill, victim.player_id as u64, self.tick.into());
        let after_ms = (fight.event_ms - tick_ms) as u32;
        let mut place = |member: u32| {
            let from = self.positions.of_member(self.index, member);
            movement::drift(ground, gait, setting.arsenal.drift_cm_per_s, from, after_ms, &mut draws)
        };
        let (killer_at, victim_at) = (place(from), place(to));
        let distance_cm = distance(killer_at, victim_at);
        let about = (killer.player_id as u64) << 32 | victim.player_id as u64;
        let (weapon, is_headshot) = setting.arsenal.choose(about, self.tick, distance_cm, &mut draws);
        open.kills += 1;
        let row = KillRow {
            kill_id: self.realm.numbered(journal.next_kill),
            event_ts: Timestamp(fight.event_ms),
            match_id: self.game.id,
            encounter_id: self.realm.numbered(open.number),
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
        };
        journal.write_kill(self.game.venue(), row);
        journal.next_kill += 1;
        scoreboard.count_kill(fight.killer, killer.team, fight.victim, fight.event_ms);
        true
    }
}

/// Distance of two points, rounded down.
fn distance(a: [i32; 3], b: [i32; 3]) -> u32 {
    let d2: u64 = (0..3).map(|axis| u64::from(a[axis].abs_diff(b[axis])).pow(2)).sum();
    d2.isqrt() as u32
}
