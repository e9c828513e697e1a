//! Encounters of teams: when the centroids of two teams of a match are close.
//!
//! The centroid of a team is the mean of the positions of all its players at a heartbeat, dead or alive; a team without
//! players has none. Means are fractions, so distances are compared as fractions of integers, exactly.

use bevy_ecs::prelude::*;

use super::game::Match;
use super::journal::Journal;
use super::lobby::{IS_OPEN, Lobby};
use super::messages::MatchClosed;
use super::roster::Roster;
use super::tick::{Now, Positions, RealmId, Rules};
use crate::encounter::{Book, Contact, EndReason, Episode, EpisodeRules, Open as _, Sampled, pack};
use crate::setting::Setting;
use crate::table::{EncounterTeamRow, Text, Timestamp};
use crate::tape::Tape;

/// The open encounters of the teams of a match.
#[derive(Component, Clone, Debug, Default)]
pub struct TeamEncounters(Book<Episode>);

impl TeamEncounters {
    /// Records or plays the state between two ticks.
    pub fn state(&mut self, tape: &mut Tape) {
        self.0.state(tape);
    }
}

/// A mean position as sums and a count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Centroid {
    sums: [i64; 3],
    count: i64,
}

impl Centroid {
    fn add(&mut self, position: [i32; 3]) {
        for (sum, coordinate) in self.sums.iter_mut().zip(position) {
            *sum += i64::from(coordinate);
        }
        self.count += 1;
    }

    /// Squared distance of two centroids, rounded down, if they are at most the exit radius apart. The fraction decides:
    /// one just beyond the radius is told as a square centimetre more, which changes no root.
    fn d2_near(&self, other: &Self, rules: EpisodeRules) -> Option<u32> {
        let radius_cm = rules.exit_radius_cm;
        let scale = self.count * other.count;
        if scale == 0 {
            return None;
        }
        let across = [0, 1, 2].map(|axis| self.sums[axis] * other.count - other.sums[axis] * self.count);
        if across.iter().any(|across| across.abs() > i64::from(radius_cm) * scale) {
            return None;
        }
        let scaled: i128 = across.iter().map(|&across| i128::from(across).pow(2)).sum();
        let scale2 = i128::from(scale).pow(2);
        if scaled > i128::from(radius_cm).pow(2) * scale2 {
            return None;
        }
        let (d2, within) = ((scaled / scale2) as u32, rules.radius_cm.pow(2));
        let is_just_beyond = d2 == within && scaled % scale2 > 0;
        Some(d2 + u32::from(is_just_beyond))
    }

    /// Midpoint of two centroids, rounded down.
    fn midpoint(&self, other: &Self) -> [i32; 3] {
        [0, 1, 2].map(|axis| {
            let doubled = self.sums[axis] * other.count + other.sums[axis] * self.count;
            doubled.div_euclid(2 * self.count * other.count) as i32
        })
    }
}

/// Merges the near teams of this tick into the encounters of teams of every match and closes those that parted.
pub fn meet_teams(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    positions: Res<Positions>,
    lobby: Res<Lobby>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Match, &Roster, &mut TeamEncounters)>,
    mut centroids: Local<Vec<Centroid>>,
    mut near: Local<Vec<Contact>>,
) {
    let episodes = rules.team_episodes.expect("this system runs only where its table is written");
    let journal = &mut *journal;
    for (index, (_, entity)) in lobby.games.iter().enumerate() {
        let (game, roster, mut encounters) = matches.get_mut(*entity).expect(IS_OPEN);
        centroids.clear();
        centroids.resize(game.mode(&rules).teams.into(), Centroid::default());
        for member in 0..roster.present.len() {
            let team = roster.member(member).team;
            centroids[usize::from(team)].add(positions.of_member(index, member as u32));
        }
        find_near(&centroids, episodes, &mut near);
        let midpoint_of = |near: Contact| centroids[near.a as usize].midpoint(&centroids[near.b as usize]);
        let next_number = &mut journal.next_team;
        let mut kind = Sampled { rules: episodes, tick: now.tick, midpoint_of, next_number };
        encounters.0.advance(&mut kind, near.iter().map(|near| (pack(near.a, near.b), *near)));
        encounters.0.close(None, |episode, reason| write(&rules, *realm, game, &episode, reason, journal));
    }
}

fn find_near(centroids: &[Centroid], rules: EpisodeRules, near: &mut Vec<Contact>) {
    near.clear();
    for (a, one) in centroids.iter().enumerate() {
        for (b, other) in centroids.iter().enumerate().skip(a + 1) {
            let d2 = one.d2_near(other, rules);
            near.extend(d2.map(|d2| Contact { a: a as u32, b: b as u32, d2 }));
        }
    }
}

/// Closes what is open in matches that have ended.
pub fn close_team_encounters_of_matches(
    rules: Res<Rules>,
    realm: Res<RealmId>,
    mut closed: MessageReader<MatchClosed>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Match, &mut TeamEncounters)>,
) {
    for closed in closed.read() {
        let (game, mut encounters) = matches.get_mut(closed.game).expect(IS_OPEN);
        let write = |episode, reason| write(&rules, *realm, game, &episode, reason, &mut journal);
        encounters.0.close_all(closed.reason(), write);
    }
}

/// Writes an encounter that ended, unless it was too short.
fn write(setting: &Setting, realm: RealmId, game: &Match, episode: &Episode, reason: EndReason, journal: &mut Journal) {
    let at = |tick: u32| setting.clock.ms(setting.clock.second(tick));
    if at(episode.last_tick) - at(episode.started_tick) < setting.min_duration_ms {
        return;
    }
    let (a, b) = episode.participants();
    journal.rows.encounters_team.push(EncounterTeamRow {
        encounter_id: realm.numbered(episode.number),
        match_id: game.id,
        team_a: a as i8,
        team_b: b as i8,
        started_at: Timestamp(at(episode.started_tick)),
        ended_at: Timestamp(at(episode.last_tick)),
        contact_beats: episode.contact_ticks as i32,
        near_beats: episode.near_ticks as i32,
        min_distance_cm: episode.min_d2.isqrt() as i32,
        min_distance_at: Timestamp(at(episode.min_tick)),
        x_cm: episode.midpoint[0],
        y_cm: episode.midpoint[1],
        z_cm: episode.midpoint[2],
        end_reason: Text::at(reason as usize),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn centroid(positions: &[[i32; 3]]) -> Centroid {
        let mut centroid = Centroid::default();
        positions.iter().for_each(|position| centroid.add(*position));
        centroid
    }

    fn d2(one: &Centroid, other: &Centroid, radius_cm: u32, exit_radius_cm: u32) -> Option<u32> {
        one.d2_near(other, EpisodeRules { radius_cm, exit_radius_cm, gap_ticks: 0 })
    }

    #[test]
    fn centroids_are_compared_as_fractions() {
        // Means 1/3 and 10: apart by 29/3, whose square is 93.4.
        let (one, other) = (centroid(&[[0; 3], [0; 3], [1, 0, 0]]), centroid(&[[10, 0, 0]]));
        assert_eq!((d2(&one, &other, 5, 10), d2(&one, &other, 5, 9)), (Some(93), None));
        assert_eq!(one.midpoint(&other), [5, 0, 0]);
        assert_eq!(d2(&one, &Centroid::default(), 1, 30_000), None);
        // Means 1 and 7/3 are 4/3 apart: the floor of its square is 1, but they are not within 1.
        let (one, other) = (centroid(&[[1, 0, 0]]), centroid(&[[2, 0, 0], [2, 0, 0], [3, 0, 0]]));
        assert_eq!((d2(&one, &other, 1, 1), d2(&one, &other, 1, 2), d2(&one, &other, 2, 2)), (None, Some(2), Some(1)));
    }

    #[test]
    fn twenty_thousand_players_in_a_corner_of_the_largest_map_do_not_overflow() {
        let far = centroid(&vec![[10_000_000; 3]; 20_000]);
        let here = centroid(&vec![[0; 3]; 20_000]);
        assert_eq!(d2(&far, &here, 1, 37_836), None);
        assert_eq!(d2(&far, &far, 1, 1), Some(0));
        assert_eq!(far.midpoint(&here), [5_000_000; 3]);
    }
}
