//! Groups: players of one match who are connected by contacts at a heartbeat, directly or through others.

use bevy_ecs::prelude::*;

use super::game::Match;
use super::journal::Journal;
use super::lobby::{IS_OPEN, Lobby};
use super::roster::Roster;
use super::tick::{Found, Now, RealmId, Rules};
use crate::table::{EncounterGroupRow, Timestamp};

/// Members of a match linked into trees; the root of each is its smallest member.
#[derive(Debug, Default)]
pub struct Forest {
    parents: Vec<u32>,
}

impl Forest {
    /// So many members, none linked.
    fn reset(&mut self, members: usize) {
        self.parents.clear();
        self.parents.extend(0..members as u32);
    }

    /// The root of a member, with the way to it halved for the next time.
    fn root(&mut self, mut member: u32) -> u32 {
        while self.parents[member as usize] != member {
            let parent = self.parents[member as usize];
            self.parents[member as usize] = self.parents[parent as usize];
            member = parent;
        }
        member
    }

    fn link(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }
}

/// Writes the groups of every match at this tick, in the order of their smallest members.
pub fn list_groups(
    rules: Res<Rules>,
    now: Res<Now>,
    realm: Res<RealmId>,
    found: Res<Found>,
    lobby: Res<Lobby>,
    mut journal: ResMut<Journal>,
    matches: Query<(&Match, &Roster)>,
    mut forest: Local<Forest>,
    mut linked: Local<Vec<(u32, u32)>>,
) {
    let journal = &mut *journal;
    let within = rules.episodes.radius_cm.pow(2);
    let event_ts = Timestamp(rules.clock.ms(rules.clock.second(now.tick)));
    for (index, (_, entity)) in lobby.games.iter().enumerate() {
        let (game, roster) = matches.get(*entity).expect(IS_OPEN);
        forest.reset(roster.present.len());
        linked.clear();
        let contacts = found.0.of_match(index).iter().filter(|contact| {
            contact.d2 <= within && rules.relation.includes(roster.are_opponents(roster.pair_of(**contact)))
        });
        for contact in contacts {
            forest.link(contact.a, contact.b);
            linked.push((contact.a, contact.b));
        }
        // Each contact belongs to the group of its members; each member of a contact to one group.
        let mut contacts: Vec<u32> = linked.iter().map(|(a, _)| forest.root(*a)).collect();
        contacts.sort_unstable();
        let mut members: Vec<u32> = linked.iter().flat_map(|(a, b)| [*a, *b]).collect();
        members.sort_unstable();
        members.dedup();
        let mut members: Vec<(u32, u32)> = members.into_iter().map(|member| (forest.root(member), member)).collect();
        members.sort_unstable();
        let mut contacts = contacts.chunk_by(|a, b| a == b);
        for group in members.chunk_by(|one, other| one.0 == other.0) {
            let part = |(_, member): &(u32, u32)| roster.member(*member as usize);
            let mut teams: Vec<u8> = group.iter().map(|member| part(member).team).collect();
            teams.sort_unstable();
            teams.dedup();
            journal.rows.encounters_group.push(EncounterGroupRow {
                group_id: realm.numbered(journal.next_group),
                event_ts,
                tick: now.tick as i32,
                match_id: game.id,
                size: group.len() as i32,
                contacts: contacts.next().map_or(0, <[u32]>::len) as i32,
                teams: teams.len() as i8,
                first_session: group.iter().map(|member| part(member).session_id).min().unwrap_or(0),
            });
            journal.next_group += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_any_order_give_the_same_groups() {
        let links = [(4, 7), (2, 3), (7, 2), (0, 9), (5, 5)];
        for rotation in 0..links.len() {
            let mut forest = Forest::default();
            forest.reset(10);
            (0..links.len()).map(|n| links[(n + rotation) % links.len()]).for_each(|(a, b)| forest.link(b, a));
            let roots: Vec<u32> = (0..10).map(|member| forest.root(member)).collect();
            assert_eq!(roots, [0, 1, 2, 2, 2, 5, 6, 2, 8, 0]);
        }
    }
}
