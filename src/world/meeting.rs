//! Encounters at heartbeats: contacts of a tick are merged into the open encounters of every match.

use bevy_ecs::prelude::*;

use super::game::Match;
use super::journal::Journal;
use super::lobby::{IS_OPEN, Lobby};
use super::messages::MatchClosed;
use super::roster::Roster;
use super::tick::{Found, Now, Positions, RealmId, Rules};
use crate::encounter::{Book, Contact, EndReason, Episode, Open as _, Sampled, pack};
use crate::setting::{Relation, Setting};
use crate::table::{EncounterRow, Text, Timestamp};
use crate::tape::Tape;

/// The open encounters of a match.
#[derive(Component, Clone, Debug, Default)]
pub struct Encounters(pub Book<Episode>);

impl Encounters {
    /// Records or plays the state between two ticks.
    pub fn state(&mut self, tape: &mut Tape) {
        self.0.state(tape);
    }
}

/// Merges this tick's contacts into the encounters of every match.
pub fn meet_players(
    rules: Res<Rules>,
    now: Res<Now>,
    positions: Res<Positions>,
    found: Res<Found>,
    lobby: Res<Lobby>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Roster, &mut Encounters)>,
    mut meetings: Local<Vec<(u64, Contact)>>,
) {
    let within = rules.episodes.exit_radius_cm.pow(2);
    let Journal { rows, next_encounter, .. } = &mut *journal;
    for (index, (_, entity)) in lobby.games.iter().enumerate() {
        let (roster, mut encounters) = matches.get_mut(*entity).expect(IS_OPEN);
        let midpoint_of = |contact: Contact| {
            let (a, b) = (positions.of_member(index, contact.a), positions.of_member(index, contact.b));
            [0, 1, 2].map(|axis| (i64::from(a[axis]) + i64::from(b[axis])).div_euclid(2) as i32)
        };
        let teams = &positions.team[positions.frame.range(index)];
        let contacts = found.0.of_match(index);
        rows.sums.contacts += list_meetings(contacts, within, rules.relation, teams, &roster.present, &mut meetings);
        let mut kind =
            Sampled { rules: rules.episodes, tick: now.tick, midpoint_of, next_number: &mut *next_encounter };
        encounters.0.advance(&mut kind, meetings.iter().copied());
    }
}

/// Lists the contacts of a match that count, each with its pair of participations, by the teams and the participations of those
/// present; returns how many are near, whoever they are.
fn list_meetings(
    contacts: &[Contact],
    within: u32,
    relation: Relation,
    teams: &[u8],
    present: &[u32],
    meetings: &mut Vec<(u64, Contact)>,
) -> u64 {
    meetings.clear();
    meetings.resize(contacts.len(), (0, Contact::default()));
    let (mut count, mut near) = (0, 0);
    for &contact in contacts {
        let (a, b) = (contact.a as usize, contact.b as usize);
        // Who fights may be farther apart than who meets: nobody can guess which of the two it is.
        let is_near = contact.d2 <= within;
        meetings[count] = (pack(present[a], present[b]), contact);
        count += usize::from(is_near & relation.includes(teams[a] != teams[b]));
        near += u64::from(is_near);
    }
    meetings.truncate(count);
    near
}

/// At the tick's end: closes encounters of pairs that parted or of which one left.
pub fn close_encounters(
    rules: Res<Rules>,
    realm: Res<RealmId>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Match, &Roster, &mut Encounters)>,
) {
    for (game, roster, mut encounters) in &mut matches {
        let leavers = roster.leavers();
        let has_left = leavers.as_ref().map(|has_left| has_left as &dyn Fn(u32) -> bool);
        encounters.0.close(has_left, |episode, reason| {
            journal.write_encounter(game.venue(), row(&rules, *realm, game, roster, &episode, reason));
        });
    }
}

/// Closes what is open in matches that have ended.
pub fn close_encounters_of_matches(
    rules: Res<Rules>,
    realm: Res<RealmId>,
    mut closed: MessageReader<MatchClosed>,
    mut journal: ResMut<Journal>,
    mut matches: Query<(&Match, &Roster, &mut Encounters)>,
) {
    for closed in closed.read() {
        let (game, roster, mut encounters) = matches.get_mut(closed.game).expect(IS_OPEN);
        encounters.0.close_all(closed.reason(), |episode, reason| {
            journal.write_encounter(game.venue(), row(&rules, *realm, game, roster, &episode, reason));
        });
    }
}

/// The row of an encounter that ended.
fn row(
    setting: &Setting,
    realm: RealmId,
    game: &Match,
    roster: &Roster,
    episode: &Episode,
    reason: EndReason,
) -> EncounterRow {
    let (a, b) = roster.by_account(episode.participants());
    let at = |tick: u32| Timestamp(setting.clock.ms(setting.clock.second(tick)));
    EncounterRow {
        encounter_id: realm.numbered(episode.number),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_meets_is_near_to_the_centimetre_and_of_the_relation_that_counts() {
        // The first two are of one team; number 6 left before anybody met.
        let (teams, present) = ([0, 0, 1], [5, 7, 8]);
        let contact = |a, b, d2| Contact { a, b, d2 };
        let contacts = [contact(0, 1, 100), contact(0, 2, 101), contact(1, 2, 99)];
        let mut meetings = vec![(0, contacts[1])];
        for (relation, expected) in [
            (Relation::Any, vec![(pack(5, 7), contacts[0]), (pack(7, 8), contacts[2])]),
            (Relation::Allies, vec![(pack(5, 7), contacts[0])]),
            (Relation::Opponents, vec![(pack(7, 8), contacts[2])]),
        ] {
            assert_eq!(list_meetings(&contacts, 100, relation, &teams, &present, &mut meetings), 2);
            assert_eq!(meetings, expected, "{relation:?}");
        }
        assert_eq!(list_meetings(&contacts, 101, Relation::Any, &teams, &present, &mut meetings), 3);
        assert_eq!(meetings.len(), 3, "who is exactly at the distance is near");
    }
}
