//! Episodes: runs of contacts of one pair, merged over short gaps, decided tick by tick.
//!
//! A [`Book`] holds the open episodes of one match sorted by pair. Each tick its contacts, sorted the same way, are
//! merged into it in one pass. Nothing closes in that pass: an episode whose gap has grown too long is set aside,
//! because a player leaving in the same tick takes precedence as the reason; [`Book::close`] decides at the tick's end.

use super::Contact;
use crate::tape::Tape;

/// What makes an episode start, last and end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EpisodeRules {
    /// Distance at which episodes start.
    pub radius_cm: u32,
    /// Distance at which they stay open; at least `radius_cm`.
    pub exit_radius_cm: u32,
    /// Most ticks between two near ticks of one episode.
    pub gap_ticks: u32,
}

/// Why an episode closed, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndReason {
    /// The run ended.
    RunEnd,
    /// The match ended.
    MatchEnd,
    /// One of the two left the match.
    Left,
    /// The pair stayed apart for longer than the merge gap.
    Separated,
}

/// An open episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Episode {
    /// The pair: participation numbers of its match, `a` in the high and `b` in the low half, a < b.
    pub pair: u64,
    /// Number of the encounter in its realm.
    pub number: i64,
    /// First contact.
    pub started_tick: u32,
    /// Last near tick so far.
    pub last_tick: u32,
    /// Ticks within the radius.
    pub contact_ticks: u32,
    /// Ticks within the exit radius.
    pub near_ticks: u32,
    /// Least squared distance, and the earliest tick that had it.
    pub min_d2: u32,
    /// That tick.
    pub min_tick: u32,
    /// Midpoint of the two there.
    pub midpoint: [i32; 3],
    /// Kills inside it.
    pub kills: u16,
}

impl Episode {
    /// Participation numbers of the pair.
    pub fn participants(&self) -> (u32, u32) {
        unpack(self.pair)
    }
}

/// Packs two participation numbers, the smaller first.
pub fn pack(a: u32, b: u32) -> u64 {
    u64::from(a.min(b)) << 32 | u64::from(a.max(b))
}

fn unpack(pair: u64) -> (u32, u32) {
    ((pair >> 32) as u32, pair as u32)
}

/// Largest integer whose square is at most `value`.
pub fn floor_sqrt(value: u32) -> u32 {
    value.isqrt()
}

/// A near pair of this tick with its place in the book.
#[derive(Clone, Copy, Debug)]
pub struct Touch {
    /// The pair as the detector gave it.
    pub contact: Contact,
    /// Its episode's place in [`Book::open`].
    pub episode: u32,
}

/// The episodes of one match.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Open episodes, sorted by pair.
    pub open: Vec<Episode>,
    /// Episodes whose gap grew too long in this tick.
    expired: Vec<Episode>,
    /// Room for the next state of `open`.
    scratch: Vec<Episode>,
}

impl Book {
    /// Merges the near pairs of one tick, sorted by pair.
    ///
    /// `pair_of` gives a contact's participation numbers and `midpoint_of` the midpoint of the two; `next_number`
    /// numbers new episodes; `touches` gets every near pair that is part of an episode and within the radius.
    pub fn advance(
        &mut self,
        rules: EpisodeRules,
        tick: u32,
        near: impl Iterator<Item = Contact>,
        pair_of: impl Fn(Contact) -> u64,
        midpoint_of: impl Fn(Contact) -> [i32; 3],
        next_number: &mut i64,
        touches: &mut Vec<Touch>,
    ) {
        touches.clear();
        let within = rules.radius_cm * rules.radius_cm;
        let mut next = std::mem::take(&mut self.scratch);
        next.clear();
        let mut old = self.open.iter().copied().peekable();
        for contact in near {
            let pair = pair_of(contact);
            while let Some(episode) = old.next_if(|episode| episode.pair < pair) {
                keep_or_expire(episode, rules, tick, &mut next, &mut self.expired);
            }
            let mut current = old.next_if(|episode| episode.pair == pair);
            if let Some(episode) = current
                && tick - episode.last_tick > rules.gap_ticks
            {
                self.expired.push(episode);
                current = None;
            }
            let is_contact = contact.d2 <= within;
            let Some(mut episode) = current.or_else(|| {
                is_contact.then(|| {
                    *next_number += 1;
                    let number = *next_number - 1;
                    Episode { pair, number, started_tick: tick, min_d2: u32::MAX, ..Episode::default() }
                })
            }) else {
                continue;
            };
            episode.last_tick = tick;
            episode.near_ticks += 1;
            episode.contact_ticks += u32::from(is_contact);
            if contact.d2 < episode.min_d2 {
                episode.min_d2 = contact.d2;
                episode.min_tick = tick;
                episode.midpoint = midpoint_of(contact);
            }
            if is_contact {
                touches.push(Touch { contact, episode: next.len() as u32 });
            }
            next.push(episode);
        }
        for episode in old {
            keep_or_expire(episode, rules, tick, &mut next, &mut self.expired);
        }
        self.scratch = std::mem::replace(&mut self.open, next);
    }

    /// Closes what ended in this tick: pairs of which `has_left` is true of one, and those that stayed apart too long.
    pub fn close(&mut self, has_left: Option<&dyn Fn(u32) -> bool>, mut closed: impl FnMut(Episode, EndReason)) {
        let left = |episode: &Episode| {
            let (a, b) = episode.participants();
            has_left.is_some_and(|has_left| has_left(a) || has_left(b))
        };
        for episode in self.expired.drain(..) {
            let reason = if left(&episode) { EndReason::Left } else { EndReason::Separated };
            closed(episode, reason);
        }
        if has_left.is_some() {
            self.open.retain(|episode| {
                let leaves = left(episode);
                if leaves {
                    closed(*episode, EndReason::Left);
                }
                !leaves
            });
        }
    }

    /// Closes everything, for the end of the match or the run.
    pub fn close_all(&mut self, reason: EndReason, mut closed: impl FnMut(Episode, EndReason)) {
        for episode in self.expired.drain(..).chain(self.open.drain(..)) {
            closed(episode, reason);
        }
    }

    /// Records or plays the state between two ticks.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.list(&mut self.open, |tape, episode| {
            tape.u64(&mut episode.pair);
            tape.i64(&mut episode.number);
            tape.u32(&mut episode.started_tick);
            tape.u32(&mut episode.last_tick);
            tape.u32(&mut episode.contact_ticks);
            tape.u32(&mut episode.near_ticks);
            tape.u32(&mut episode.min_d2);
            tape.u32(&mut episode.min_tick);
            episode.midpoint.iter_mut().for_each(|coordinate| tape.i32(coordinate));
            tape.u16(&mut episode.kills);
        });
    }
}

fn keep_or_expire(
    episode: Episode,
    rules: EpisodeRules,
    tick: u32,
    open: &mut Vec<Episode>,
    expired: &mut Vec<Episode>,
) {
    if tick - episode.last_tick > rules.gap_ticks { expired.push(episode) } else { open.push(episode) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: EpisodeRules = EpisodeRules { radius_cm: 10, exit_radius_cm: 20, gap_ticks: 2 };

    /// Runs one pair through distances by tick (`None`: not near) and returns its closed and open episodes.
    fn run(distances: &[Option<u32>]) -> (Vec<(Episode, EndReason)>, Vec<Episode>) {
        let (mut book, mut closed, mut number, mut touches) = (Book::default(), Vec::new(), 0, Vec::new());
        for (tick, distance) in distances.iter().enumerate() {
            let near = distance.map(|d| Contact { a: 0, b: 1, d2: d * d });
            let midpoint = [tick as i32; 3];
            book.advance(
                RULES,
                tick as u32,
                near.into_iter(),
                |c| pack(c.a, c.b),
                |_| midpoint,
                &mut number,
                &mut touches,
            );
            assert_eq!(touches.len(), usize::from(distance.is_some_and(|d| d <= 10)));
            book.close(None, |episode, reason| closed.push((episode, reason)));
        }
        (closed, book.open)
    }

    #[test]
    fn a_near_pair_without_contact_opens_nothing() {
        let (closed, open) = run(&[Some(11), Some(20)]);
        assert!(closed.is_empty() && open.is_empty());
    }

    #[test]
    fn near_ticks_keep_an_episode_open_and_the_earliest_minimum_wins() {
        let (closed, open) = run(&[Some(10), Some(15), None, Some(5), Some(5)]);
        assert!(closed.is_empty());
        let episode = open[0];
        assert_eq!((episode.started_tick, episode.last_tick), (0, 4));
        assert_eq!((episode.contact_ticks, episode.near_ticks), (3, 4));
        assert_eq!((episode.min_d2, episode.min_tick, episode.midpoint), (25, 3, [3; 3]));
    }

    #[test]
    fn a_gap_of_the_limit_merges_and_one_more_separates() {
        let (closed, open) = run(&[Some(1), None, Some(1)]);
        assert_eq!((closed.len(), open.len()), (0, 1));
        let (closed, open) = run(&[Some(1), None, None, Some(1)]);
        assert_eq!((closed[0].1, closed[0].0.number, open[0].number), (EndReason::Separated, 0, 1));
    }

    #[test]
    fn leaving_wins_over_separation_in_the_same_tick() {
        let (mut book, mut number) = (Book::default(), 0);
        for tick in 0..4 {
            let near = (tick == 0).then_some(Contact { a: 0, b: 1, d2: 0 });
            let pair = |c: Contact| pack(c.a, c.b);
            book.advance(RULES, tick, near.into_iter(), pair, |_| [0; 3], &mut number, &mut Vec::new());
            if tick < 3 {
                book.close(None, |_, _| panic!("nothing ends yet"));
            }
        }
        let mut reasons = Vec::new();
        book.close(Some(&|participant| participant == 1), |_, reason| reasons.push(reason));
        assert_eq!(reasons, [EndReason::Left]);
    }
}
