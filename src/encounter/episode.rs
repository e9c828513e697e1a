//! Episodes: runs of meetings of one pair, merged over short gaps, decided tick by tick.
//!
//! A [`Book`] holds the open episodes of one match sorted by pair. Each tick its meetings, sorted the same way, are
//! merged into it in one pass; what a meeting is and when an episode goes on is up to the [`EncounterKind`]:
//! [`Sampled`] at heartbeats here, swept between them in [`super::sweep`]. Nothing closes in that pass: an episode
//! whose gap has grown too long is set aside, because a player leaving in the same tick takes precedence as the
//! reason; [`Book::close`] decides at the tick's end.

use super::frame::Contact;
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

impl EndReason {
    /// Names in order.
    pub const NAMES: [&str; 4] = ["run_end", "match_end", "left", "separated"];
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

impl Open for Episode {
    fn pair(&self) -> u64 {
        self.pair
    }

    fn last(&self) -> i64 {
        self.last_tick.into()
    }

    fn state(&mut self, tape: &mut Tape) {
        tape.u64(&mut self.pair);
        tape.i64(&mut self.number);
        tape.u32(&mut self.started_tick);
        tape.u32(&mut self.last_tick);
        tape.u32(&mut self.contact_ticks);
        tape.u32(&mut self.near_ticks);
        tape.u32(&mut self.min_d2);
        tape.u32(&mut self.min_tick);
        self.midpoint.iter_mut().for_each(|coordinate| tape.i32(coordinate));
        tape.u16(&mut self.kills);
    }
}

/// An open episode of some kind.
pub trait Open: Copy {
    /// The pair: two numbers as [`pack`] packs them.
    fn pair(&self) -> u64;

    /// The two numbers, the smaller first.
    fn participants(&self) -> (u32, u32) {
        unpack(self.pair())
    }

    /// When the pair met last, in whatever its kind counts time in.
    fn last(&self) -> i64;

    /// Records or plays it.
    fn state(&mut self, tape: &mut Tape);
}

/// A kind of encounter at one tick.
pub trait EncounterKind {
    /// What is kept of an open episode.
    type Episode: Open;
    /// What a tick tells about a pair.
    type Meeting: Copy;
    /// Whether an episode with that [`Open::last`] is over unless its pair meets in this tick.
    fn is_over(&self, last: i64) -> bool;
    /// Whether a meeting belongs to an open episode with that [`Open::last`].
    fn goes_on(&self, last: i64, meeting: &Self::Meeting) -> bool;
    /// The episode that a meeting starts, if it does; it is extended by the same meeting next.
    fn begin(&mut self, pair: u64, meeting: &Self::Meeting) -> Option<Self::Episode>;
    /// Adds a meeting to an episode.
    fn extend(&mut self, episode: &mut Self::Episode, meeting: &Self::Meeting);
}

/// Packs two participation numbers, the smaller first.
pub fn pack(a: u32, b: u32) -> u64 {
    u64::from(a.min(b)) << 32 | u64::from(a.max(b))
}

fn unpack(pair: u64) -> (u32, u32) {
    ((pair >> 32) as u32, pair as u32)
}

/// Encounters at heartbeats, at one tick.
pub struct Sampled<'a, M> {
    /// What makes them start, last and end.
    pub rules: EpisodeRules,
    /// The tick.
    pub tick: u32,
    /// Midpoint of the two of a contact.
    pub midpoint_of: M,
    /// Number of the next new episode.
    pub next_number: &'a mut i64,
}

impl<M: Fn(Contact) -> [i32; 3]> Sampled<'_, M> {
    fn is_contact(&self, contact: &Contact) -> bool {
        contact.d2 <= self.rules.radius_cm * self.rules.radius_cm
    }
}

impl<M: Fn(Contact) -> [i32; 3]> EncounterKind for Sampled<'_, M> {
    type Episode = Episode;
    type Meeting = Contact;

    #[inline]
    fn is_over(&self, last: i64) -> bool {
        i64::from(self.tick) - last > self.rules.gap_ticks.into()
    }

    #[inline]
    fn goes_on(&self, last: i64, _: &Contact) -> bool {
        !self.is_over(last)
    }

    #[inline]
    fn begin(&mut self, pair: u64, contact: &Contact) -> Option<Episode> {
        self.is_contact(contact).then(|| {
            let number = *self.next_number;
            *self.next_number += 1;
            Episode { pair, number, started_tick: self.tick, min_d2: u32::MAX, ..Episode::default() }
        })
    }

    #[inline]
    fn extend(&mut self, episode: &mut Episode, contact: &Contact) {
        episode.last_tick = self.tick;
        episode.near_ticks += 1;
        if contact.d2 < episode.min_d2 {
            episode.min_d2 = contact.d2;
            episode.min_tick = self.tick;
            episode.midpoint = (self.midpoint_of)(*contact);
        }
        if self.is_contact(contact) {
            episode.contact_ticks += 1;
        }
    }
}

/// What every tick looks at of an open episode, apart from the rest.
#[derive(Clone, Copy, Debug)]
struct Line {
    pair: u64,
    /// [`Open::last`] of the episode.
    last: i64,
    /// Its place among the episodes.
    place: u32,
}

/// The episodes of one match.
#[derive(Clone, Debug)]
pub struct Book<E> {
    /// Open episodes, sorted by pair.
    open: Vec<Line>,
    /// The episodes by place, those included that nobody is in any more.
    episodes: Vec<E>,
    /// Places that nobody is in.
    free: Vec<u32>,
    /// Episodes whose gap grew too long in this tick.
    expired: Vec<E>,
    /// Room for the next state of `open`.
    scratch: Vec<Line>,
}

impl<E> Default for Book<E> {
    fn default() -> Self {
        Self { open: Vec::new(), episodes: Vec::new(), free: Vec::new(), expired: Vec::new(), scratch: Vec::new() }
    }
}

impl<E: Open + Default> Book<E> {
    /// Whether no episode is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The place of the open episode of a pair, as [`pack`] packs it, until the next is closed, and [`Open::last`] of it.
    pub fn find(&self, pair: u64) -> Option<(u32, i64)> {
        let at = self.open.binary_search_by_key(&pair, |line| line.pair).ok()?;
        Some((self.open[at].place, self.open[at].last))
    }

    /// The episode at a place that [`Self::find`] has told.
    pub fn episode_mut(&mut self, place: u32) -> &mut E {
        &mut self.episodes[place as usize]
    }

    /// Merges the meetings of one tick, each with its pair and sorted by it.
    #[inline]
    pub fn advance<K: EncounterKind<Episode = E>>(
        &mut self,
        kind: &mut K,
        meetings: impl IntoIterator<Item = (u64, K::Meeting)>,
    ) {
        let mut old = std::mem::replace(&mut self.open, std::mem::take(&mut self.scratch));
        self.open.clear();
        let mut at = 0;
        for (pair, meeting) in meetings {
            while at < old.len() && old[at].pair < pair {
                self.pass_on(old[at], kind.is_over(old[at].last));
                at += 1;
            }
            let mut is_open = false;
            if at < old.len() && old[at].pair == pair {
                is_open = kind.goes_on(old[at].last, &meeting);
                self.pass_on(old[at], !is_open);
                at += 1;
            }
            if !is_open && let Some(episode) = kind.begin(pair, &meeting) {
                self.enter(episode);
                is_open = true;
            }
            if is_open && let Some(line) = self.open.last_mut() {
                let episode = &mut self.episodes[line.place as usize];
                kind.extend(episode, &meeting);
                line.last = episode.last();
            }
        }
        for line in &old[at..] {
            self.pass_on(*line, kind.is_over(line.last));
        }
        old.clear();
        self.scratch = old;
    }

    #[inline]
    fn pass_on(&mut self, line: Line, is_over: bool) {
        if is_over {
            let episode = self.leave(line);
            self.expired.push(episode);
        } else {
            self.open.push(line);
        }
    }

    #[inline]
    fn enter(&mut self, episode: E) {
        let place = self.free.pop().unwrap_or(self.episodes.len() as u32);
        if place as usize == self.episodes.len() {
            self.episodes.push(episode);
        } else {
            self.episodes[place as usize] = episode;
        }
        self.open.push(Line { pair: episode.pair(), last: episode.last(), place });
    }

    #[inline]
    fn leave(&mut self, line: Line) -> E {
        self.free.push(line.place);
        self.episodes[line.place as usize]
    }

    /// Closes what ended in this tick: pairs of which `has_left` is true of one, and those that stayed apart too long.
    #[inline]
    pub fn close(&mut self, has_left: Option<&dyn Fn(u32) -> bool>, mut closed: impl FnMut(E, EndReason)) {
        let left = |pair: u64| {
            let (a, b) = unpack(pair);
            has_left.is_some_and(|has_left| has_left(a) || has_left(b))
        };
        for episode in self.expired.drain(..) {
            let reason = if left(episode.pair()) { EndReason::Left } else { EndReason::Separated };
            closed(episode, reason);
        }
        if has_left.is_none() {
            return;
        }
        let Self { open, episodes, free, .. } = self;
        open.retain(|line| {
            let leaves = left(line.pair);
            if leaves {
                closed(episodes[line.place as usize], EndReason::Left);
                free.push(line.place);
            }
            !leaves
        });
    }

    /// Closes everything, for the end of the match or the run.
    pub fn close_all(&mut self, reason: EndReason, mut closed: impl FnMut(E, EndReason)) {
        self.expired.drain(..).for_each(|episode| closed(episode, reason));
        self.open.drain(..).for_each(|line| closed(self.episodes[line.place as usize], reason));
        self.episodes.clear();
        self.free.clear();
    }

    /// Records or plays the state between two ticks.
    pub fn state(&mut self, tape: &mut Tape) {
        let mut episodes: Vec<E> = self.open.iter().map(|line| self.episodes[line.place as usize]).collect();
        tape.list(&mut episodes, |tape, episode| episode.state(tape));
        if tape.is_playing() {
            episodes.into_iter().for_each(|episode| self.enter(episode));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: EpisodeRules = EpisodeRules { radius_cm: 10, exit_radius_cm: 20, gap_ticks: 2 };

    /// Runs one pair through distances by tick (`None`: not near) and returns its closed and open episodes.
    fn run(distances: &[Option<u32>]) -> (Vec<(Episode, EndReason)>, Vec<Episode>) {
        let (mut book, mut closed, mut open, mut number) = (Book::default(), Vec::new(), Vec::new(), 0);
        for (tick, distance) in distances.iter().enumerate() {
            let near = distance.map(|d| Contact { a: 0, b: 1, d2: d * d });
            let midpoint = [tick as i32; 3];
            let mut kind =
                Sampled { rules: RULES, tick: tick as u32, midpoint_of: |_| midpoint, next_number: &mut number };
            book.advance(&mut kind, near.map(|contact| (pack(contact.a, contact.b), contact)));
            book.close(None, |episode, reason| closed.push((episode, reason)));
        }
        book.close_all(EndReason::RunEnd, |episode, _| open.push(episode));
        (closed, open)
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
            let midpoint_of = |_| [0; 3];
            let mut kind = Sampled { rules: RULES, tick, midpoint_of, next_number: &mut number };
            book.advance(&mut kind, near.map(|contact| (pack(contact.a, contact.b), contact)));
            if tick < 3 {
                book.close(None, |_, _| panic!("nothing ends yet"));
            }
        }
        let mut reasons = Vec::new();
        book.close(Some(&|participant| participant == 1), |_, reason| reasons.push(reason));
        assert_eq!(reasons, [EndReason::Left]);
    }
}
