//! Parties: friends who play together. At midnight, once everyone active today has planned its sittings, some ask friends
//! along; who has time moves a sitting of the day to the host's, so that they log in at one heartbeat and log out in the
//! same interval. Nothing else of a player's day changes: neither how many sittings it has nor in which order.

use crate::population::{Acquainted, Chair, DayPlan, LAYERS, Sitting, Social};
use crate::random::Purpose;
use crate::setting::Setting;
use crate::tape::Tape;
use crate::time::DAY_S;

/// Shortest break between two sittings of a player of which one was moved, in seconds.
const BREAK_S: u32 = 60;

/// The party that a sitting belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Session number of its host: the own one of who plays alone.
    pub id: i64,
    /// Sessions in it.
    pub size: u8,
}

impl Party {
    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.i64(&mut self.id);
        tape.u8(&mut self.size);
    }
}

/// Somebody who is active today.
#[derive(Clone, Debug)]
pub struct Active {
    /// What decides whom it knows.
    pub social: Social,
    /// Second before which it does not sit down.
    pub free_from_s: u32,
    /// Its sittings today.
    pub plan: DayPlan,
    /// The party of each: of one at first.
    pub parties: Vec<Party>,
    /// Its next active day, if there will be one.
    pub next_day: Option<i32>,
}

/// Lets everyone active today ask friends along, in order of account numbers.
pub fn gather(setting: &Setting, everyone: &mut [Active]) {
    if setting.parties.share == 0.0 {
        return;
    }
    let circles: [Circles; LAYERS] = std::array::from_fn(|layer| Circles::of(setting, layer, everyone));
    let mut friends = Vec::new();
    for host in 0..everyone.len() {
        let mut is_known = false;
        for sitting in 0..everyone[host].plan.sittings.len() {
            let party = everyone[host].parties[sitting];
            let mut draws = setting.seed.stream(Purpose::Party, party.id as u64, 0);
            let Some(wanted) = setting.parties.wanted_size(&mut draws).filter(|_| party.size == 1) else { continue };
            if !std::mem::replace(&mut is_known, true) {
                find_friends(setting, &circles, everyone, host, &mut friends);
            }
            ask_along(setting, everyone, (host, sitting), &friends, wanted);
        }
    }
}

/// Everyone active today, circle by circle: side by side, because each host looks at its circle.
struct Circles {
    /// By chair.
    members: Vec<Member>,
    /// Of everyone: in which of the circles, and in which place.
    chairs: Vec<(u32, u8)>,
    /// Where the members of each begin and end, and who of them is acquainted.
    circles: Vec<(u32, u32, Acquainted)>,
}

/// A member of a circle who is active today.
struct Member {
    social: Social,
    place: u8,
    /// Index into everyone.
    index: u32,
}

impl Circles {
    fn of(setting: &Setting, layer: usize, everyone: &[Active]) -> Self {
        let graph = &setting.friendships;
        let chair_of = |active: &Active| graph.chair_of(layer, active.social.id);
        let mut order: Vec<(Chair, u32)> = everyone.iter().map(chair_of).zip(0..).collect();
        order.sort_unstable();
        let (mut chairs, mut circles) = (vec![(0, 0); order.len()], vec![]);
        let mut first = 0;
        for members in order.chunk_by(|(a, _), (b, _)| a.circle == b.circle) {
            let end = first + members.len() as u32;
            members.iter().for_each(|(chair, index)| chairs[*index as usize] = (circles.len() as u32, chair.place));
            let (chair, index) = members[0];
            let realm = graph.realm_of(everyone[index as usize].social.id);
            circles.push((first, end, graph.acquainted(layer, realm, chair.circle)));
            first = end;
        }
        let member = |&(chair, index): &(Chair, u32)| {
            let social = everyone[index as usize].social;
            Member { social, place: chair.place, index }
        };
        Self { members: order.iter().map(member).collect(), chairs, circles }
    }

    /// Who is acquainted with somebody.
    fn acquaintances_of(&self, index: usize) -> impl Iterator<Item = &Member> {
        let (circle, place) = self.chairs[index];
        let (first, end, acquainted) = self.circles[circle as usize];
        self.members[first as usize..end as usize].iter().filter(move |member| acquainted.are(place, member.place))
    }
}

/// Lists the friends of somebody who are active today, the closest first.
fn find_friends(
    setting: &Setting,
    circles: &[Circles],
    everyone: &[Active],
    index: usize,
    friends: &mut Vec<(f64, usize)>,
) {
    friends.clear();
    let own = &everyone[index].social;
    for (layer, circle) in circles.iter().enumerate() {
        let draws = setting.friendships.draws(layer);
        let closeness = |other: &Member| {
            let closeness = setting.friendships.closeness(draws, own, &other.social)?;
            Some((closeness, other.index as usize))
        };
        friends.extend(circle.acquaintances_of(index).filter_map(closeness));
    }
    friends.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
}

/// Lets a host's friends join a sitting of the host's, as far as they have time.
fn ask_along(
    setting: &Setting,
    everyone: &mut [Active],
    (host, sitting): (usize, usize),
    friends: &[(f64, usize)],
    wanted: u8,
) {
    let id = everyone[host].parties[sitting].id;
    let hosts = everyone[host].plan.sittings[sitting];
    let mut members = vec![(host, sitting)];
    for &(_, friend) in friends {
        if members.len() == usize::from(wanted) {
            break;
        }
        let Some((started_s, ended_s)) = beside(setting, hosts, everyone[friend].social.id) else { continue };
        if let Some(moved) = everyone[friend].move_sitting(started_s, ended_s) {
            members.push((friend, moved));
            // No other takes it before its size is known.
            everyone[friend].parties[moved].size = 0;
        }
    }
    let size = members.len() as u8;
    for (member, sitting) in members {
        everyone[member].parties[sitting] = Party { id, size };
    }
}

/// Start and end of a sitting beside another: with the same heartbeats, and seconds of its own. None if it has none.
fn beside(setting: &Setting, hosts: Sitting, id: i32) -> Option<(u32, u32)> {
    let clock = setting.clock;
    let (first, last) = (clock.tick_at_or_after(hosts.started_s), clock.tick_holding(hosts.ended_s));
    let (first_s, last_s) = (clock.second(first), clock.second(last));
    if first_s >= hosts.ended_s {
        return None;
    }
    let mut draws = setting.seed.stream(Purpose::Party, id as u64, u64::from(hosts.started_s) | 1 << 32);
    // Today, and in the interval in which the host logs in.
    let midnight = hosts.started_s / DAY_S * DAY_S;
    let earliest = first_s.saturating_sub(clock.heartbeat_s - 1).max(midnight);
    let latest = first_s.min(midnight + DAY_S - 1);
    let started_s = latest - draws.below(latest - earliest + 1);
    let ended_s =
        if hosts.ended_s == last_s { last_s } else { last_s + 1 + draws.below((clock.heartbeat_s - 1).max(1)) };
    Some((started_s, ended_s))
}

impl Active {
    /// Moves the sitting of the day that is nearest and free for it; returns which.
    fn move_sitting(&mut self, started_s: u32, ended_s: u32) -> Option<usize> {
        let sittings = &self.plan.sittings;
        let is_free = |&n: &usize| {
            let from = if n == 0 { self.free_from_s } else { sittings[n - 1].ended_s + BREAK_S };
            let until = sittings.get(n + 1).map_or(u32::MAX, |next| next.started_s);
            self.parties[n].size == 1 && started_s >= from && ended_s + BREAK_S <= until
        };
        let free = (0..sittings.len()).filter(is_free);
        let moved = free.min_by_key(|&n| sittings[n].started_s.abs_diff(started_s))?;
        if moved + 1 == sittings.len() {
            // The pause after the day's last sitting stays as long as it was.
            self.plan.free_from_s = self.plan.free_from_s - sittings[moved].ended_s + ended_s;
        }
        let sitting = &mut self.plan.sittings[moved];
        (sitting.started_s, sitting.ended_s) = (started_s, ended_s);
        Some(moved)
    }
}
