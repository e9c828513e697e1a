//! Routes: the ways between the places of a map, and which of them is the shortest to anywhere.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The shortest ways between the places of a map: the next place on the way from each to each, so that a table grows with the
/// square of places and a scenario limits them.
#[derive(Clone, Debug)]
pub struct Routes {
    places: usize,
    /// The place after one (row) on the shortest way to another (column).
    next: Vec<u16>,
    /// Length of that way in centimetres, with the radii of both: 0 from a place to itself.
    lengths: Vec<i32>,
}

impl Routes {
    /// The shortest ways between places around some points with some radii, in centimetres, along ways that join two of them.
    /// Places from which no way leads to another are reached straight.
    pub fn new(points: &[[i32; 2]], radii: &[i32], ways: &[[u16; 2]]) -> Self {
        let places = points.len();
        let mut beside: Vec<Vec<(u16, u64)>> = vec![Vec::new(); places];
        for &[a, b] in ways {
            let length = squared(points[usize::from(a)], points[usize::from(b)]).isqrt().max(1);
            beside[usize::from(a)].push((b, length));
            beside[usize::from(b)].push((a, length));
        }
        let (mut next, mut lengths) = (vec![0; places * places], vec![0; places * places]);
        for to in 0..places {
            for (from, found) in distances(to as u16, &beside).into_iter().enumerate() {
                let straight = || squared(points[from], points[to]).isqrt();
                let (length, hop) = found.unwrap_or_else(|| (straight(), to as u16));
                next[from * places + to] = hop;
                if from != to {
                    // Each way is rounded down by less than a centimetre.
                    let most = length + places as u64 + (radii[from] + radii[to]) as u64;
                    lengths[from * places + to] = i32::try_from(most).unwrap_or(i32::MAX);
                }
            }
        }
        Self { places, next, lengths }
    }

    /// A length of at least the shortest way from anywhere in one place to anywhere in another, in centimetres, and no more than
    /// a centimetre a place above it; 0 from a place to itself.
    #[inline]
    pub fn length(&self, from: u16, to: u16) -> i32 {
        self.lengths[usize::from(from) * self.places + usize::from(to)]
    }

    /// The place after one on the shortest way to another: the other itself at last.
    #[inline]
    pub fn next(&self, from: u16, to: u16) -> u16 {
        self.next[usize::from(from) * self.places + usize::from(to)]
    }
}

/// The ways of a map that lists none: two places are joined if no third lies in the circle that has both on its rim (a
/// Gabriel graph; Gabriel and Sokal 1969). It holds the shortest tree that joins all places, so that each is reached.
pub fn ways_between(points: &[[i32; 2]]) -> Vec<[u16; 2]> {
    let mut ways = Vec::new();
    for (a, &from) in points.iter().enumerate() {
        for (b, &to) in points.iter().enumerate().skip(a + 1) {
            let length = squared(from, to);
            let is_between = |&point: &[i32; 2]| squared(from, point) + squared(point, to) < length;
            if !points.iter().any(is_between) {
                ways.push([a as u16, b as u16]);
            }
        }
    }
    ways
}

/// How far each place is from one, with the place before it on the way from there; none where no way leads.
fn distances(start: u16, beside: &[Vec<(u16, u64)>]) -> Vec<Option<(u64, u16)>> {
    let mut found: Vec<Option<(u64, u16)>> = vec![None; beside.len()];
    let mut waiting = BinaryHeap::from([Reverse((0, start, start))]);
    // Among ways of one length the one by the first place is taken, so that the table depends on nothing else.
    while let Some(Reverse((far, place, before))) = waiting.pop() {
        let entry = &mut found[usize::from(place)];
        if entry.is_some() {
            continue;
        }
        *entry = Some((far, before));
        let open = beside[usize::from(place)].iter().filter(|(other, _)| found[usize::from(*other)].is_none());
        waiting.extend(open.map(|&(other, length)| Reverse((far + length, other, place))));
    }
    found
}

fn squared(a: [i32; 2], b: [i32; 2]) -> u64 {
    (0..2).map(|axis| u64::from(a[axis].abs_diff(b[axis])).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Seed};

    fn points(count: usize, ordinal: u64) -> Vec<[i32; 2]> {
        let mut draws = Seed(5).stream(Purpose::Probe, count as u64, ordinal);
        (0..count).map(|_| [draws.within(0, 40_000), draws.within(0, 30_000)]).collect()
    }

    /// Length of the way that the table leads, and its places.
    fn walk(routes: &Routes, points: &[[i32; 2]], from: u16, to: u16) -> (u64, usize) {
        let (mut at, mut length, mut hops) = (from, 0, 0);
        while at != to {
            let next = routes.next(at, to);
            length += squared(points[usize::from(at)], points[usize::from(next)]).isqrt().max(1);
            at = next;
            hops += 1;
            assert!(hops <= points.len(), "a way does not go in circles");
        }
        (length, hops)
    }

    /// Floyd and Warshall's algorithm, as the oracle.
    #[test]
    fn ways_are_the_shortest_there_are() {
        for (count, ordinal) in [(1, 0), (2, 1), (3, 2), (25, 3), (60, 4)] {
            let points = points(count, ordinal);
            let ways = ways_between(&points);
            let radii: Vec<i32> = (0..count as i32).map(|place| 10 * place).collect();
            let routes = Routes::new(&points, &radii, &ways);
            let mut shortest = vec![vec![u64::MAX / 4; count]; count];
            (0..count).for_each(|place| shortest[place][place] = 0);
            for &[a, b] in &ways {
                let length = squared(points[usize::from(a)], points[usize::from(b)]).isqrt().max(1);
                shortest[usize::from(a)][usize::from(b)] = length;
                shortest[usize::from(b)][usize::from(a)] = length;
            }
            let pairs = || (0..count).flat_map(|from| (0..count).map(move |to| (from, to)));
            for via in 0..count {
                for (from, to) in pairs() {
                    shortest[from][to] = shortest[from][to].min(shortest[from][via] + shortest[via][to]);
                }
            }
            let mut longest = 0;
            for (from, to) in pairs() {
                let (length, hops) = walk(&routes, &points, from as u16, to as u16);
                assert_eq!(length, shortest[from][to], "{count}: {from} -> {to}");
                let known = routes.length(from as u16, to as u16) as u64;
                let beside = if from == to { 0 } else { length + 10 * (from + to) as u64 };
                assert!((beside..=beside + count as u64).contains(&known), "{known} {beside}");
                longest = longest.max(hops);
            }
            assert!(count < 25 || longest >= 5, "{longest}");
            assert!(ways.len() <= 3 * count, "a Gabriel graph is planar");
        }
    }

    #[test]
    fn places_at_one_point_and_in_a_row_are_all_reached() {
        for points in [vec![[5, 5]; 4], (0..9).map(|n| [n * 10, 0]).collect::<Vec<_>>()] {
            let ways = ways_between(&points);
            let routes = Routes::new(&points, &vec![0; points.len()], &ways);
            walk(&routes, &points, 0, points.len() as u16 - 1);
        }
    }
}
