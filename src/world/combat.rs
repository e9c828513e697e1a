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
use crate::random::{Purpose, Stream};
use crate::setting::{HONEST, Setting};
use crate::table::{KillRow, ReportRow, Text, Timestamp};

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

/// Two opponents within the distance of their mode, by their places among all positions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opponents {
    /// Index of the match in the frame.
    index: u32,
    contact: Contact,
    /// What the draws of the pair are about: its account numbers in order, so that seating order decides nothing.
    about: u64,
}

/// Room for a tick, kept for its memory.
#[derive(Debug, Default)]
pub struct Fights {
    opponents: Vec<Opponents>,
    /// Those of them who fight.
    willing: Vec<Opponents>,
    /// By index of the match in the frame.
    terms: Vec<Terms>,
    /// Fights of one match.
    fights: Vec<Fight>,
}

/// Lets opponents fight. Who does is found out for all matches at once, pass by pass over what the one before has left: with
/// the few of one match after the other, no processor could look ahead.
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
    mut scratch: Local<Fights>,
) {
    let Fights { opponents, willing, terms, fights } = &mut *scratch;
    let tick = now.tick;
    opponents.clear();
    terms.clear();
    terms.resize(lobby.games.len(), Terms::default());
    for (index, (_, entity)) in lobby.games.iter().enumerate() {
        let contacts = found.0.of_match(index);
        if contacts.is_empty() {
            continue;
        }
        let (game, ..) = matches.get(*entity).expect(IS_OPEN);
        let mode = game.mode(&rules);
        // While others may still join a match with elimination, nobody is killed.
        if mode.is_elimination && game.may_be_joined(mode, tick) {
            continue;
        }
        let is_certain = game.is_sudden_death(mode, tick);
        terms[index] = Terms { map: game.map, kill_chance: mode.kill_chance, is_certain };
        for contacts in contacts.chunks(SIFTED) {
            find_opponents(&positions, index, contacts, mode.engage_cm.pow(2), opponents);
        }
    }
    let streams = rules.seed.streams(Purpose::Fight, tick.into());
    willing.clear();
    let fights_of = |pair: &Opponents| {
        let terms = &terms[pair.index as usize];
        let word = streams.about(pair.about).bits();
        let first = positions.frame.starts[pair.index as usize];
        let [at, other] = [pair.contact.a, pair.contact.b].map(|member| positions.at(first + member));
        let sight = &rules.grounds[usize::from(terms.map)].sight;
        let chance = sight.chance(f64::from(pair.contact.d2).sqrt(), [at[0] + other[0], at[1] + other[1]]);
        let is_eager = word & u64::from(u32::MAX) < terms.kill_chance;
        (is_eager & (((word >> 32) as u32) < chance)) | terms.is_certain
    };
    for opponents in opponents.chunks(SIFTED) {
        sift(opponents.iter().map(|pair| (*pair, fights_of(pair))), willing);
    }
    for pairs in willing.chunk_by(|one, other| one.index == other.index) {
        let index = pairs[0].index as usize;
        let entity = lobby.games[index].1;
        let (game, roster, mut scoreboard, mut encounters) = matches.get_mut(entity).expect(IS_OPEN);
        // In a mode with rounds the dead are out until the next, elsewhere until the next heartbeat.
        let since_tick = if game.mode(&rules).round_ticks > 0 { scoreboard.round.started_tick } else { tick };
        let alive_since_ms = rules.clock.ms(rules.clock.second(since_tick));
        let realm = *realm;
        let battle =
            Battle { setting: &rules, tick, realm, alive_since_ms, positions: &positions, index, game, roster };
        fights.clear();
        fights.extend(
            pairs.iter().filter_map(|pair| battle.fight_of(pair.contact, streams.about(pair.about), &encounters)),
        );
        fights.sort_unstable_by_key(|fight| (fight.event_ms, fight.killer.player_id, fight.victim.player_id));
        for fight in &*fights {
            if battle.resolve(fight, &mut scoreboard, &mut encounters, &mut journal) {
                let seat = Seat { game: entity, participant: fight.victim.participant };
                died.write(Died { seat, at_ms: fight.event_ms });
            }
        }
    }
}

/// What decides whether opponents of a match fight who see each other.
#[derive(Clone, Copy, Debug, Default)]
struct Terms {
    map: u16,
    /// As a fraction of 2^32.
    kill_chance: u64,
    /// Whether all of them do, even without seeing each other.
    is_certain: bool,
}

/// Appends the opponents of a match who are near enough.
fn find_opponents(
    positions: &Positions,
    index: usize,
    contacts: &[Contact],
    within: u32,
    opponents: &mut Vec<Opponents>,
) {
    let members = positions.frame.range(index);
    let (teams, ids) = (&positions.team[members.clone()], &positions.player_id[members]);
    let all = contacts.iter().map(|&contact| {
        let (a, b) = (contact.a as usize, contact.b as usize);
        let about = (ids[a].min(ids[b]) as u64) << 32 | ids[a].max(ids[b]) as u64;
        let passes = (contact.d2 <= within) & (teams[a] != teams[b]);
        (Opponents { index: index as u32, contact, about }, passes)
    });
    sift(all, opponents);
}

/// Candidates that are sifted at once, so that room follows what passes and not what there is.
const SIFTED: usize = 1 << 12;

/// Appends what passes, without a branch on whether it does: nobody can guess it.
#[inline]
fn sift(candidates: impl ExactSizeIterator<Item = (Opponents, bool)>, kept: &mut Vec<Opponents>) {
    let mut len = kept.len();
    kept.resize(len + candidates.len(), Opponents::default());
    for (candidate, passes) in candidates {
        kept[len] = candidate;
        len += usize::from(passes);
    }
    kept.truncate(len);
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
    /// Who wins a fight and when; none if the pair has lost sight of each other.
    fn fight_of(&self, contact: Contact, mut draws: Stream, encounters: &Encounters) -> Option<Fight> {
        let (setting, roster) = (self.setting, self.roster);
        // The first word has decided that they fight.
        draws.skip();
        let pair = roster.pair_of(contact);
        let open = encounters.0.find(pack(pair.0, pair.1));
        if open.is_some_and(|(_, last)| last != i64::from(self.tick)) {
            return None;
        }
        let (a, b) = (roster.of(pair.0), roster.of(pair.1));
        let fighters = [(contact.a, pair.0, a.player_id), (contact.b, pair.1, b.player_id)]
            .map(|(member, participant, player_id)| Fighter { member, participant, player_id });
        let ([low, high], [low_one, high_one]) =
            if a.player_id < b.player_id { ([a, b], fighters) } else { ([b, a], [fighters[1], fighters[0]]) };
        let low_wins = setting.arsenal.wins(low.skill, high.skill, draws.bits() as u32);
        let (killer, victim) = if low_wins { (low_one, high_one) } else { (high_one, low_one) };
        let tick_s = setting.clock.second(self.tick);
        let interval_ms = i64::from(setting.clock.heartbeat_s) * 1000;
        let both_stay_ms = i64::from(a.ended_s.min(b.ended_s) - tick_s) * 1000;
        let after_ms = draws.below(interval_ms.min(both_stay_ms) as u32);
        let event_ms = setting.clock.ms(tick_s) + i64::from(after_ms);
        Some(Fight { event_ms, killer, victim, open: open.map(|(place, _)| place) })
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
        let (of_killer, of_victim) = (self.roster.of(killer.participant), self.roster.of(victim.participant));
        let aim = setting.cheating.effect(of_killer.cheat).map_or(1.0, |effect| effect.headshot_factor);
        let (weapon, is_headshot) = setting.arsenal.choose(distance_cm, aim, &mut draws);
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
        scoreboard.count_kill(killer.participant, of_killer.team, victim.participant, event_ms, is_headshot);
        if let Some(report) = self.report_of(&row, of_killer.cheat != HONEST) {
            scoreboard.count_report(killer.participant);
            journal.rows.reports.push(report);
        }
        journal.write_kill(self.game.venue(), row);
        journal.next_kill += 1;
        true
    }

    /// The report by the victim of a kill, if it makes one.
    fn report_of(&self, kill: &KillRow, has_cheated: bool) -> Option<ReportRow> {
        let keys = &self.setting.scenario.file.reports;
        let chance = if has_cheated { keys.cheater_per_kill } else { keys.honest_per_kill };
        let mut draws = self.setting.seed.stream(Purpose::Report, kill.victim_id as u64, self.tick.into());
        draws.chance(chance).then(|| ReportRow {
            kill_id: kill.kill_id,
            event_ts: kill.event_ts,
            match_id: kill.match_id,
            reporter_id: kill.victim_id,
            reported_id: kill.killer_id,
            reported_session: kill.killer_session,
            // Who is beaten suspects more than there is.
            reason: Text::at(usize::from(!draws.chance(SUSPECTS))),
        })
    }
}

/// Share of reports that speak of cheating, whether the killer cheats or not.
const SUSPECTS: f64 = 0.7;

/// Distance of two points, rounded down.
fn distance(a: [i32; 3], b: [i32; 3]) -> u32 {
    let d2: u64 = (0..3).map(|axis| u64::from(a[axis].abs_diff(b[axis])).pow(2)).sum();
    // Below 2^53 on every map that there is: rounding may lead to the next whole number, and nowhere else.
    let root = (d2 as f64).sqrt() as u64;
    (root - u64::from(root * root > d2)) as u32
}
