//! Encounters between heartbeats: who came close while both walked straight from one heartbeat to the next.
//!
//! With p the position of one relative to the other, v their relative displacement over an interval of T milliseconds,
//! the two are p + v t / T apart at t. Whether and when that is within a radius is decided on integers alone: by
//! |p T + v t|^2 <= r^2 T^2 in 128 bits, exact for coordinates up to [`MAX_COORDINATE_CM`] and intervals of a day. The
//! distance is a convex function of t, so every span is found by bisection from the time of the least distance.

use super::episode::{EncounterKind, Open};
use crate::tape::Tape;

/// Largest coordinate, either way, for which no product here overflows.
pub const MAX_COORDINATE_CM: i32 = 1 << 29;

/// What makes a swept encounter start, last and end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepRules {
    /// Distance at which encounters start.
    pub radius_cm: u32,
    /// Distance at which they stay open; at least `radius_cm`.
    pub exit_radius_cm: u32,
    /// Longest time from an exit to the next entry of one encounter.
    pub gap_ms: i64,
    /// A step farther than this is a jump, not a walk, and is not swept.
    pub max_step_cm: u32,
}

impl SweepRules {
    /// Whether a step between two heartbeats is a walk.
    pub fn is_walk(&self, from: [i32; 3], to: [i32; 3]) -> bool {
        let d2: i64 = (0..3).map(|axis| (i64::from(to[axis]) - i64::from(from[axis])).pow(2)).sum();
        d2 <= i64::from(self.max_step_cm).pow(2)
    }
}

/// Milliseconds from the start of an interval, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// First.
    pub entry_ms: i64,
    /// Last.
    pub exit_ms: i64,
}

/// How two came close in one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Indices into [`Paths`].
    pub pair: (u32, u32),
    /// Within the exit radius.
    pub near: Interval,
    /// Within the radius, if at all.
    pub contact: Option<Interval>,
    /// Least squared distance in the whole interval, rounded down.
    pub min_d2: u32,
    /// When it was reached first, rounded down to a millisecond.
    pub min_ms: i64,
}

/// Straight walks of the players of one match over one interval.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// Who walks, in ascending order: participation numbers.
    pub who: Vec<u32>,
    /// Positions at the start.
    pub from: Vec<[i32; 3]>,
    /// Positions at the end.
    pub to: Vec<[i32; 3]>,
    by_west: Vec<(i32, u32)>,
}

impl Paths {
    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.who.clear();
        self.from.clear();
        self.to.clear();
    }

    /// Adds a walk; coordinates within [`MAX_COORDINATE_CM`].
    pub fn push(&mut self, who: u32, from: [i32; 3], to: [i32; 3]) {
        debug_assert!(from.iter().chain(&to).all(|c| c.abs() <= MAX_COORDINATE_CM));
        self.who.push(who);
        self.from.push(from);
        self.to.push(to);
    }

    /// Overwrites `passes` with every pair that came within the exit radius, sorted by pair. Only pairs for which
    /// `counts` is true of their participation numbers are looked at.
    pub fn find_passes(
        &mut self,
        rules: &SweepRules,
        interval_ms: i64,
        counts: impl Fn(u32, u32) -> bool,
        passes: &mut Vec<Pass>,
    ) {
        passes.clear();
        // Sorted by their western ends, walks that could meet one lie side by side.
        self.by_west.clear();
        let west = |i: usize| self.from[i][0].min(self.to[i][0]);
        self.by_west.extend((0..self.who.len()).map(|i| (west(i), i as u32)));
        self.by_west.sort_unstable();
        let reach = rules.exit_radius_cm.cast_signed();
        for (rank, &(_, one)) in self.by_west.iter().enumerate() {
            let a = one as usize;
            let east = self.from[a][0].max(self.to[a][0]) + reach;
            for &(west, other) in &self.by_west[rank + 1..] {
                if west > east {
                    break;
                }
                let b = other as usize;
                if !boxes_meet(self.from[a], self.to[a], self.from[b], self.to[b], reach) {
                    continue;
                }
                let (low, high) = (a.min(b), a.max(b));
                if !counts(self.who[low], self.who[high]) {
                    continue;
                }
                let [start, end] = [&self.from, &self.to].map(|at| relative(at[low], at[high]));
                let step = [0, 1, 2].map(|axis| end[axis] - start[axis]);
                passes.extend(
                    pass(start, step, interval_ms, rules).map(|pass| Pass { pair: (low as u32, high as u32), ..pass }),
                );
            }
        }
        passes.sort_unstable_by_key(|pass| pass.pair);
    }

    /// Midpoint of two walkers at a time, rounded down.
    pub fn midpoint(&self, (a, b): (u32, u32), interval_ms: i64, at_ms: i64) -> [i32; 3] {
        [0, 1, 2].map(|axis| {
            let times_interval = |i: u32| {
                let (from, to) = (i64::from(self.from[i as usize][axis]), i64::from(self.to[i as usize][axis]));
                from * interval_ms + (to - from) * at_ms
            };
            (times_interval(a) + times_interval(b)).div_euclid(2 * interval_ms) as i32
        })
    }
}

/// Whether the relative position stays out of reach on no axis: a filter that may pass too many, never too few.
#[inline]
fn boxes_meet(a0: [i32; 3], a1: [i32; 3], b0: [i32; 3], b1: [i32; 3], reach: i32) -> bool {
    [1, 0, 2].into_iter().all(|axis| {
        let (start, end) = (a0[axis] - b0[axis], a1[axis] - b1[axis]);
        start.min(end) <= reach && start.max(end) >= -reach
    })
}

fn relative(a: [i32; 3], b: [i32; 3]) -> [i64; 3] {
    [0, 1, 2].map(|axis| i64::from(b[axis]) - i64::from(a[axis]))
}

fn dot(a: [i64; 3], b: [i64; 3]) -> i128 {
    (0..3).map(|axis| i128::from(a[axis]) * i128::from(b[axis])).sum()
}

/// How a relative position moving by `step` over an interval passes the origin; `None` if never within the exit radius.
/// The pair is left for the caller to fill in.
fn pass(start: [i64; 3], step: [i64; 3], interval_ms: i64, rules: &SweepRules) -> Option<Pass> {
    let (along, speed2, start2) = (dot(start, step), dot(step, step), dot(start, start));
    // The least distance is reached at -p.v T / |v|^2, or at the nearer end of the interval. Its square is a fraction.
    let (numerator, denominator, min_ms) = if along >= 0 {
        (start2, 1, 0)
    } else if -along >= speed2 {
        (start2 + 2 * along + speed2, 1, interval_ms)
    } else {
        (start2 * speed2 - along * along, speed2, (-along * i128::from(interval_ms) / speed2) as i64)
    };
    let min_d2 = numerator / denominator;
    let span = |radius_cm: u32| {
        let is_within = numerator <= i128::from(radius_cm).pow(2) * denominator;
        is_within.then(|| span_within(start, step, interval_ms, radius_cm, min_ms))
    };
    let near = span(rules.exit_radius_cm)?;
    let contact = if rules.radius_cm == rules.exit_radius_cm { Some(near) } else { span(rules.radius_cm) };
    Some(Pass { pair: (0, 0), near, contact, min_d2: min_d2 as u32, min_ms })
}

/// First and last millisecond within a radius, given the floor of the time of the least distance, which is within it.
fn span_within(start: [i64; 3], step: [i64; 3], interval_ms: i64, radius_cm: u32, min_ms: i64) -> Interval {
    let limit = (i128::from(radius_cm) * i128::from(interval_ms)).pow(2);
    let is_inside = |t: i64| {
        let at = |axis: usize| i128::from(start[axis] * interval_ms + step[axis] * t);
        at(0) * at(0) + at(1) * at(1) + at(2) * at(2) <= limit
    };
    let middle = if is_inside(min_ms) {
        min_ms
    } else if min_ms < interval_ms && is_inside(min_ms + 1) {
        min_ms + 1
    } else {
        // In and out again between two milliseconds.
        return Interval { entry_ms: min_ms, exit_ms: min_ms };
    };
    let (mut outside, mut entry_ms) = (-1, middle);
    if is_inside(0) {
        entry_ms = 0;
    }
    while entry_ms - outside > 1 {
        let half = outside + (entry_ms - outside) / 2;
        if is_inside(half) { entry_ms = half } else { outside = half }
    }
    let (mut exit_ms, mut beyond) = (middle, interval_ms + 1);
    if is_inside(interval_ms) {
        exit_ms = interval_ms;
    }
    while beyond - exit_ms > 1 {
        let half = exit_ms + (beyond - exit_ms) / 2;
        if is_inside(half) { exit_ms = half } else { beyond = half }
    }
    Interval { entry_ms, exit_ms }
}

/// An open swept encounter. Times are milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweptEpisode {
    /// The pair: participation numbers of its match, packed.
    pub pair: u64,
    /// Number of the encounter in its realm.
    pub number: i64,
    /// First entry into the radius.
    pub started_ms: i64,
    /// Last exit from the exit radius so far.
    pub last_ms: i64,
    /// Time within the radius.
    pub contact_ms: i64,
    /// Time within the exit radius since the start.
    pub near_ms: i64,
    /// Least squared distance, rounded down, and when it was reached first.
    pub min_d2: u32,
    /// That time.
    pub min_ms: i64,
    /// Midpoint of the two then.
    pub midpoint: [i32; 3],
}

impl Open for SweptEpisode {
    fn pair(&self) -> u64 {
        self.pair
    }

    fn last(&self) -> i64 {
        self.last_ms
    }

    fn state(&mut self, tape: &mut Tape) {
        tape.u64(&mut self.pair);
        tape.i64(&mut self.number);
        tape.i64(&mut self.started_ms);
        tape.i64(&mut self.last_ms);
        tape.i64(&mut self.contact_ms);
        tape.i64(&mut self.near_ms);
        tape.u32(&mut self.min_d2);
        tape.i64(&mut self.min_ms);
        self.midpoint.iter_mut().for_each(|coordinate| tape.i32(coordinate));
    }
}

/// Encounters between heartbeats, at the heartbeat that ends an interval.
pub struct Swept<'a> {
    /// What makes them start, last and end.
    pub rules: SweepRules,
    /// Milliseconds since 1970 at the interval's end.
    pub end_ms: i64,
    /// Its length.
    pub interval_ms: i64,
    /// The walks in it.
    pub paths: &'a Paths,
    /// Number of the next new encounter.
    pub next_number: &'a mut i64,
}

impl Swept<'_> {
    fn start_ms(&self) -> i64 {
        self.end_ms - self.interval_ms
    }
}

impl EncounterKind for Swept<'_> {
    type Episode = SweptEpisode;
    type Meeting = Pass;

    fn is_over(&self, last: i64) -> bool {
        self.end_ms - last > self.rules.gap_ms
    }

    fn goes_on(&self, last: i64, pass: &Pass) -> bool {
        self.start_ms() + pass.near.entry_ms - last <= self.rules.gap_ms
    }

    fn begin(&mut self, pair: u64, pass: &Pass) -> Option<SweptEpisode> {
        let contact = pass.contact?;
        let number = *self.next_number;
        *self.next_number += 1;
        let started_ms = self.start_ms() + contact.entry_ms;
        Some(SweptEpisode { pair, number, started_ms, min_d2: u32::MAX, ..SweptEpisode::default() })
    }

    fn extend(&mut self, episode: &mut SweptEpisode, pass: &Pass) {
        let (entry_ms, exit_ms) = (self.start_ms() + pass.near.entry_ms, self.start_ms() + pass.near.exit_ms);
        episode.last_ms = exit_ms;
        episode.near_ms += exit_ms - entry_ms.max(episode.started_ms);
        episode.contact_ms += pass.contact.map_or(0, |contact| contact.exit_ms - contact.entry_ms);
        if pass.min_d2 < episode.min_d2 {
            episode.min_d2 = pass.min_d2;
            episode.min_ms = self.start_ms() + pass.min_ms;
            episode.midpoint = self.paths.midpoint(pass.pair, self.interval_ms, pass.min_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Seed};

    /// Longest interval in milliseconds: a day.
    const MAX_INTERVAL_MS: i64 = 86_400_000;

    const RULES: SweepRules = SweepRules { radius_cm: 100, exit_radius_cm: 150, gap_ms: 60_000, max_step_cm: 1 << 30 };

    fn sweep(from: [[i32; 3]; 2], to: [[i32; 3]; 2], interval_ms: i64) -> Option<Pass> {
        let (mut paths, mut passes) = (Paths::default(), Vec::new());
        (0..2).for_each(|n| paths.push(n as u32, from[n], to[n]));
        paths.find_passes(&RULES, interval_ms, |_, _| true, &mut passes);
        assert!(passes.len() <= 1);
        passes.pop()
    }

    #[test]
    fn two_who_cross_between_heartbeats_touch_though_neither_heartbeat_does() {
        // One stands at the origin, the other runs past it at 60 cm: within 100 cm over 2 * 80 of 30,000 cm.
        let pass = sweep([[0; 3], [-15_000, 60, 0]], [[0; 3], [15_000, 60, 0]], 30_000).expect("they meet");
        assert_eq!(pass.contact, Some(Interval { entry_ms: 14_920, exit_ms: 15_080 }));
        assert_eq!((pass.min_d2, pass.min_ms), (3_600, 15_000));
        // sqrt(150^2 - 60^2) = 137.47...
        assert_eq!(pass.near, Interval { entry_ms: 14_863, exit_ms: 15_137 });
    }

    #[test]
    fn a_tangent_touches_in_one_millisecond_and_a_centimetre_more_does_not() {
        let at = |y: i32| sweep([[0; 3], [-15_000, y, 0]], [[0; 3], [15_000, y, 0]], 30_000);
        assert_eq!(
            at(150).map(|pass| (pass.near, pass.contact)),
            Some((Interval { entry_ms: 15_000, exit_ms: 15_000 }, None))
        );
        assert_eq!(at(151), None);
    }

    #[test]
    fn a_touch_between_two_milliseconds_has_its_floor_as_entry_and_exit() {
        // 3,000 cm a millisecond: through the circle of 150 cm in a tenth of one, at 10.5 ms.
        let pass = sweep([[0; 3], [-31_500, 0, 0]], [[0; 3], [28_500, 0, 0]], 20).expect("they meet");
        assert_eq!((pass.near, pass.min_d2, pass.min_ms), (Interval { entry_ms: 10, exit_ms: 10 }, 0, 10));
    }

    #[test]
    fn a_least_distance_just_beyond_the_radius_is_no_touch_though_its_floor_would_be() {
        // The line x + y = 3 is 3 / sqrt(2) = 2.12 cm away: the floor of its square, 4, is that of a radius of 2.
        let rules = SweepRules { radius_cm: 2, exit_radius_cm: 2, ..RULES };
        let (mut paths, mut passes) = (Paths::default(), Vec::new());
        paths.push(0, [0; 3], [0; 3]);
        paths.push(1, [-15_000, 15_003, 0], [15_000, -14_997, 0]);
        paths.find_passes(&rules, 30_000, |_, _| true, &mut passes);
        assert_eq!(passes, []);
        paths.find_passes(&SweepRules { exit_radius_cm: 3, ..rules }, 30_000, |_, _| true, &mut passes);
        assert!(passes.len() == 1 && passes[0].contact.is_none() && passes[0].min_d2 == 4);
    }

    #[test]
    fn the_farthest_coordinates_and_longest_interval_do_not_overflow() {
        let far = MAX_COORDINATE_CM;
        let pass = sweep([[-far; 3], [far; 3]], [[far; 3], [-far; 3]], MAX_INTERVAL_MS).expect("they meet");
        assert_eq!((pass.min_d2, pass.min_ms), (0, MAX_INTERVAL_MS / 2));
        assert!(sweep([[-far; 3], [far; 3]], [[-far; 3], [far; 3]], MAX_INTERVAL_MS).is_none());
    }

    #[test]
    fn spans_are_those_of_trying_every_millisecond() {
        let interval_ms = 400;
        let mut met = 0;
        for case in 0..4_000 {
            let mut draws = Seed(case).stream(Purpose::Probe, case, 9);
            let mut position = || [0; 3].map(|_: i32| draws.within(-400, 400));
            let (from, to) = ([position(), position()], [position(), position()]);
            let d2_at = |t: i64| -> i64 {
                let along = |n: usize, axis: usize| {
                    i64::from(from[n][axis]) * interval_ms + i64::from(to[n][axis] - from[n][axis]) * t
                };
                (0..3).map(|axis| (along(0, axis) - along(1, axis)).pow(2)).sum()
            };
            let inside = |radius: i64| {
                let within: Vec<i64> =
                    (0..=interval_ms).filter(|&t| d2_at(t) <= (radius * interval_ms).pow(2)).collect();
                within.first().map(|&first| Interval { entry_ms: first, exit_ms: *within.last().expect("not empty") })
            };
            match (sweep(from, to, interval_ms), inside(150)) {
                (Some(pass), Some(near)) => {
                    met += 1;
                    assert_eq!(pass.near, near, "case {case}");
                    let is_touch = |span: Interval| span.entry_ms == span.exit_ms;
                    assert!(pass.contact == inside(100) || inside(100).is_none() && pass.contact.is_some_and(is_touch));
                    let least = (0..=interval_ms).map(d2_at).min().expect("there are times");
                    assert!(i64::from(pass.min_d2) * interval_ms.pow(2) <= least, "case {case}");
                }
                (None, None) => {}
                (Some(pass), None) => {
                    // Between two milliseconds: the line through the relative path comes within the radius, exactly.
                    let p: [i64; 3] = [0, 1, 2].map(|axis| i64::from(from[1][axis] - from[0][axis]));
                    let v: [i64; 3] = [0, 1, 2].map(|axis| i64::from(to[1][axis] - to[0][axis]) - p[axis]);
                    let dot = |a: [i64; 3], b: [i64; 3]| -> i64 { (0..3).map(|axis| a[axis] * b[axis]).sum() };
                    let discriminant = dot(p, v).pow(2) - dot(v, v) * (dot(p, p) - 150 * 150);
                    assert!(discriminant >= 0 && pass.near.entry_ms == pass.near.exit_ms, "case {case}");
                }
                (None, Some(near)) => panic!("case {case}: {near:?} was missed"),
            }
        }
        assert!(met > 400, "{met}");
    }

    #[test]
    fn gaps_run_from_exit_to_next_entry() {
        use crate::encounter::episode::{Book, EndReason, pack};
        let mut book = Book::default();
        let (mut number, mut ended) = (0, Vec::new());
        // Meets in the first interval, is away for so many whole ones, meets again in the middle of another.
        let mut run = |away: i64, mut gap_ms: i64| {
            gap_ms += 0;
            let paths = {
                let mut paths = Paths::default();
                paths.push(0, [0; 3], [0; 3]);
                paths.push(1, [0; 3], [0; 3]);
                paths
            };
            let span = |entry_ms, exit_ms| Interval { entry_ms, exit_ms };
            ended.clear();
            for interval in 0..away + 2 {
                let near = match interval {
                    0 => Some(span(0, 10_000)),
                    n if n == away + 1 => Some(span(20_000, 30_000)),
                    _ => None,
                };
                let pass = near.map(|near| Pass { pair: (0, 1), near, contact: Some(near), min_d2: 4, min_ms: 0 });
                let rules = SweepRules { gap_ms, ..RULES };
                let (end_ms, next_number) = ((interval + 1) * 30_000, &mut number);
                let mut kind = Swept { rules, end_ms, interval_ms: 30_000, paths: &paths, next_number };
                book.advance(&mut kind, pass.map(|pass| (pack(0, 1), pass)));
                book.close(None, |episode: SweptEpisode, _| ended.push((episode.started_ms, episode.last_ms)));
            }
            book.close_all(EndReason::RunEnd, |episode, _| ended.push((episode.started_ms, episode.last_ms)));
            ended.clone()
        };
        // From 10 s to 50 s it is 40 s; to 80 s it is 70 s.
        assert_eq!(run(0, 40_000), [(0, 60_000)]);
        assert_eq!(run(0, 39_999), [(0, 10_000), (50_000, 60_000)]);
        assert_eq!(run(1, 70_000), [(0, 90_000)]);
        assert_eq!(run(1, 69_999), [(0, 10_000), (80_000, 90_000)]);
    }
}
