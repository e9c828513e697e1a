//! Ground: maps compiled for moving on them, with their places, spawns, heights and closing circles.

use std::sync::OnceLock;

use super::routes::{self, Routes};
use super::sight::Sight;
use crate::random::{self, Purpose, Seed, Streams, mix, name_key, unit_of_half};
use crate::scenario::sections::{Map, Place};

/// A round spot on a map, in centimetres.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    x: i32,
    y: i32,
    radius: i32,
}

/// The shape of a map: as much of it as every heartbeat needs.
#[derive(Clone, Copy, Debug)]
pub struct Relief {
    /// Extent in centimetres, east and north.
    pub extent: [i32; 2],
    /// Rise of each ridge over the ground, as a fraction of 2^32: at most a tenth.
    slope: [u32; 2],
}

impl Relief {
    /// Height of the ground: two ridges across the middle of the map.
    #[inline(always)]
    pub fn height(self, x: i32, y: i32) -> i32 {
        let ridge = |at: i32, axis: usize| {
            let from_edge = at.min(self.extent[axis] - at).max(0) as u32;
            ((u64::from(from_edge) * u64::from(self.slope[axis])) >> 32) as i32
        };
        ridge(x, 0) + ridge(y, 1)
    }

    /// Where a way within the map ends that goes on by at most its extent on each axis: who comes to the border turns back.
    #[inline(always)]
    pub fn turn_back(self, x: i32, y: i32) -> [i32; 2] {
        let turn = |at: i32, extent: i32| extent - (extent - at.abs()).abs();
        [turn(x, self.extent[0]), turn(y, self.extent[1])]
    }
}

/// Draws that lead to a place: each is won by one of them in a race of their names, so that a new place takes its share from
/// all others and moves nothing else. So many that popularities come true within a few hundredths of themselves, and few
/// enough for a near cache.
const DESTINATIONS: usize = 1 << 14;
/// More of them for so many places that most would get none.
const MOST_DESTINATIONS: usize = 1 << 17;

/// Candidates for the point of a generated place: the one farthest from the places before it is taken (Mitchell 1991), so
/// that places spread over the map and a further one moves none.
const CANDIDATES: u32 = 8;
/// Directions and distances from the middle of a map that are told apart where places for spawning are drawn.
const SPAWN_TURNS: usize = 256;
const SPAWN_REACHES: usize = 16;

/// A map, compiled for moving on it.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Extent in centimetres, east and north.
    pub extent: [i32; 2],
    /// Its shape.
    pub relief: Relief,
    places: Vec<Spot>,
    /// What decides which place wins a destination.
    runners: Vec<(Streams, f64)>,
    /// Indices of places, once anyone goes anywhere.
    destinations: OnceLock<Vec<u16>>,
    /// Pairs of places that a way joins, if the map lists any.
    ways: Vec<[u16; 2]>,
    /// Shortest ways, once anyone goes anywhere.
    routes: OnceLock<Routes>,
    /// Listed spots to spawn in, with the place that is nearest to the middle of each.
    spawns: Vec<(Spot, u16)>,
    /// Places to spawn at by direction and distance from the middle, once anyone spawns where no points are listed.
    spawn_places: OnceLock<Vec<u16>>,
    /// How far one sees.
    pub sight: Sight,
}

impl Ground {
    /// Its places: east, north and radius of each, in centimetres.
    pub fn spots_of_places(&self) -> impl Iterator<Item = [i32; 3]> {
        self.places.iter().map(|place| [place.x, place.y, place.radius])
    }

    /// Compiles a map; places that it does not list are laid out from its name and the seed.
    pub fn new(seed: Seed, name: &str, map: &Map) -> Self {
        let cm = |metres: u32| (metres * 100) as i32;
        let extent = [cm(map.extent_x_m), cm(map.extent_y_m)];
        let mut runners = Vec::new();
        let mut enter = |key, popularity| runners.push((seed.streams(Purpose::Destination, key), popularity));
        let mut reaches = Vec::new();
        let places: Vec<Spot> = if map.places.is_empty() {
            let mut places: Vec<Spot> = Vec::new();
            for rank in 1..=map.generated_places {
                let mut draws = seed.stream(Purpose::Places, name_key(name), rank.into());
                let radius = cm(map.generated_radius_m).min(extent[0].min(extent[1]) / 2);
                let popularity = libm::pow(f64::from(rank), -map.generated_popularity_exponent);
                enter(mix(name_key(name).wrapping_add(rank.into())), popularity);
                reaches.push(libm::exp(map.sight_spread_log * draws.normal()));
                let candidates = (0..CANDIDATES).map(|_| extent.map(|extent| draws.within(radius, extent - radius)));
                let apart = |at: &[i32; 2]| places.iter().map(|place| squared(place.centre(), *at)).min();
                let [x, y] = candidates.max_by_key(apart).expect("there are candidates");
                places.push(Spot { x, y, radius });
            }
            places
        } else {
            map.places.entries.iter().for_each(|(place, keys)| enter(name_key(place), keys.popularity));
            reaches.extend(map.places.values().map(|place| place.sight));
            let spot = |place: &Place| Spot { x: cm(place.x_m), y: cm(place.y_m), radius: cm(place.radius_m) };
            map.places.values().map(spot).collect()
        };
        let centres: Vec<[i32; 2]> = places.iter().map(Spot::centre).collect();
        let spawns = map.spawns.values().map(|spawn| {
            let spot = Spot { x: cm(spawn.x_m), y: cm(spawn.y_m), radius: cm(spawn.radius_m) };
            (spot, nearest(&centres, spot.centre()))
        });
        let seen_from = |(place, reach): (&Spot, f64)| ([place.x, place.y], reach * map.sight_m * 100.0);
        let sight = Sight::new(extent, places.iter().zip(reaches).map(seen_from).collect());
        Self {
            extent,
            relief: Relief {
                extent,
                slope: extent.map(|extent| ((i64::from(cm(map.relief_m)) << 32) / i64::from(extent)) as u32),
            },
            runners,
            destinations: OnceLock::new(),
            places,
            ways: ways_of(map),
            routes: OnceLock::new(),
            spawns: spawns.collect(),
            spawn_places: OnceLock::new(),
            sight,
        }
    }

    /// Number of places.
    pub fn places(&self) -> usize {
        self.places.len()
    }

    /// Height of the ground.
    pub fn height(&self, x: i32, y: i32) -> i32 {
        self.relief.height(x, y)
    }

    /// Where a way within the map ends, however far it goes on: who comes to the border turns back.
    pub fn turn_back(&self, x: i64, y: i64) -> [i32; 2] {
        let turn = |at: i64, extent: i32| at.rem_euclid(2 * i64::from(extent)) as i32;
        self.relief.turn_back(turn(x, self.extent[0]), turn(y, self.extent[1]))
    }

    /// Whether a point lies on the map, its border included.
    #[inline]
    pub fn holds(&self, [x, y]: [i32; 2]) -> bool {
        (0..=self.extent[0]).contains(&x) && (0..=self.extent[1]).contains(&y)
    }

    /// A place, by popularity and the high bits of a word.
    #[inline]
    pub fn choose_place(&self, word: u64) -> u16 {
        let destinations = self.destinations.get_or_init(|| {
            let number = (64 * self.places.len()).next_power_of_two().clamp(DESTINATIONS, MOST_DESTINATIONS);
            random::winners(number, &self.runners)
        });
        destinations[((u128::from(word) * destinations.len() as u128) >> 64) as usize]
    }

    /// The shortest ways between places.
    #[inline]
    pub fn routes(&self) -> &Routes {
        self.routes.get_or_init(|| {
            let radii: Vec<i32> = self.places.iter().map(|place| place.radius).collect();
            Routes::new(&self.centres(), &radii, &self.ways())
        })
    }

    /// Pairs of places that a way joins: those that the map lists, or else those with no place between them.
    pub fn ways(&self) -> Vec<[u16; 2]> {
        if self.ways.is_empty() { routes::ways_between(&self.centres()) } else { self.ways.clone() }
    }

    fn centres(&self) -> Vec<[i32; 2]> {
        self.places.iter().map(Spot::centre).collect()
    }

    /// Length of the shortest way from anywhere in a place to anywhere in another, or more; 0 within a place.
    #[inline]
    pub fn way_length(&self, from: u16, to: u16) -> i32 {
        self.routes().length(from, to)
    }

    /// A point of a place, by one of the unit disc.
    #[inline]
    pub fn point_in_place(&self, place: u16, lean: [f32; 2]) -> [i32; 2] {
        self.point_in(self.places[usize::from(place)], lean)
    }

    /// A point of a spot. What lies beyond the border is mirrored by it.
    fn point_in(&self, spot: Spot, lean: [f32; 2]) -> [i32; 2] {
        let [east, north] = lean.map(|share| (spot.radius as f32 * share) as i32);
        let [x, y] = [spot.x + east, spot.y + north];
        if self.holds([x, y]) { [x, y] } else { self.turn_back(x.into(), y.into()) }
    }

    /// Where a member of a team appears, and the place that it sets out from. Teams take listed spots in turn; on a map without
    /// any, each has the places of a sector of its own in the ellipse that fills the map.
    pub fn spawn(&self, team: u8, teams: u8, word: u64, lean: [f32; 2]) -> (u16, [i32; 2]) {
        if !self.spawns.is_empty() {
            let (spot, place) = self.spawns[usize::from(team) % self.spawns.len()];
            return (place, self.point_in(spot, lean));
        }
        let turn = (f64::from(team) + unit_of_half(word as u32)) / f64::from(teams);
        let turn = ((turn * SPAWN_TURNS as f64) as usize).min(SPAWN_TURNS - 1);
        let reach = (word >> 32) as usize % SPAWN_REACHES;
        let place = self.spawn_places()[turn * SPAWN_REACHES + reach];
        (place, self.point_in_place(place, lean))
    }

    fn spawn_places(&self) -> &[u16] {
        self.spawn_places.get_or_init(|| {
            let centres = self.centres();
            let place = |at: usize| {
                let (turn, reach) = (at / SPAWN_REACHES, at % SPAWN_REACHES);
                let [north, east] = direction((turn as f64 + 0.5) / SPAWN_TURNS as f64);
                // Evenly over the area.
                let reach = 0.5 * ((reach as f64 + 0.5) / SPAWN_REACHES as f64).sqrt();
                let at = |axis: usize, way: f64| (f64::from(self.extent[axis]) * (0.5 + reach * way)) as i32;
                nearest(&centres, [at(0, east), at(1, north)])
            };
            (0..SPAWN_TURNS * SPAWN_REACHES).map(place).collect()
        })
    }
}

/// The point nearest to another, the first among equals.
fn nearest(points: &[[i32; 2]], to: [i32; 2]) -> u16 {
    let nearest = points.iter().enumerate().min_by_key(|(_, point)| squared(**point, to));
    nearest.map_or(0, |(index, _)| index as u16)
}

impl Spot {
    fn centre(&self) -> [i32; 2] {
        [self.x, self.y]
    }
}

fn squared(a: [i32; 2], b: [i32; 2]) -> i64 {
    (0..2).map(|axis| i64::from(a[axis].abs_diff(b[axis])).pow(2)).sum()
}

/// Pairs of places that a map lists as joined, each once.
pub fn ways_of(map: &Map) -> Vec<[u16; 2]> {
    let mut ways = Vec::new();
    for (index, (_, place)) in (0..).zip(&map.places.entries) {
        let others = place.routes.iter().filter_map(|other| map.places.index_of(other));
        ways.extend(others.map(|other| [index.min(other as u16), index.max(other as u16)]));
    }
    ways.sort_unstable();
    ways.dedup();
    ways
}

/// The point of the unit disc that a word leads to, the rarer the farther out: its density falls as 1 - r^2. Without table or
/// branch, so that it runs in lanes.
#[inline(always)]
#[expect(
    clippy::approx_constant,
    reason = "coefficients are fitted; the first of the sine is near a full turn, and not it"
)]
pub fn spot_in_disc(word: u64) -> [f32; 2] {
    let out = (word >> 40) as i32 as f32 * (1.0 / 16_777_216.0);
    let reach = (1.0 - out.sqrt()).sqrt();
    let turn = word as i32 as f32 * (1.0 / 4_294_967_296.0);
    // Polynomials in the square of half a turn at most, to a millionth.
    let square = turn * turn;
    let sum =
        |coefficients: [f32; 6]| coefficients.into_iter().rfold(0.0, |sum, coefficient| sum * square + coefficient);
    let cosine = sum([0.999_999_2, -19.738_981, 64.928_66, -85.271_62, 58.790_493, -21.071_106]);
    let sine = turn * sum([6.283_185, -41.341_59, 81.599_945, -76.614_47, 41.342_884, -12.471_243]);
    [reach * cosine, reach * sine]
}

/// Sine and cosine of a share of a full turn, between the entries of a table that fits the nearest cache: to a ten-thousandth.
fn direction(turn: f64) -> [f64; 2] {
    const STEPS: usize = 256;
    static TABLE: OnceLock<Vec<[f64; 2]>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let entry = |step: usize| {
            let (sine, cosine) = libm::sincos(step as f64 / STEPS as f64 * std::f64::consts::TAU);
            [sine, cosine]
        };
        (0..=STEPS).map(entry).collect()
    });
    let at = turn * STEPS as f64;
    let step = (at as usize).min(STEPS - 1);
    let part = at - step as f64;
    [0, 1].map(|axis| table[step][axis] + part * (table[step + 1][axis] - table[step][axis]))
}

/// The part of a map that is still in play: a circle around a centre.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    centre: [i32; 2],
    /// Its radius.
    pub radius: f64,
    /// Extent of the map.
    extent: [i32; 2],
}

impl Circle {
    /// The circle of a match after a share of its length; `about` identifies the match for the draw of its centre.
    pub fn closing(seed: Seed, ground: &Ground, about: u64, elapsed_share: f64) -> Self {
        let mut draws = seed.stream(Purpose::Places, about, u64::MAX);
        // Evenly over the inner ellipse of half the map's extent, so that nothing square shows.
        let [north, east] = direction(draws.unit());
        let reach = 0.25 * draws.unit().sqrt();
        let at = |axis: usize, way: f64| (f64::from(ground.extent[axis]) * (0.5 + reach * way)) as i32;
        let centre = [at(0, east), at(1, north)];
        // A point from four fifths of the match on, so that the last ones meet before its time is up.
        let open_share = (1.0 - elapsed_share / 0.8).clamp(0.0, 1.0);
        let diagonal = f64::from(ground.extent[0]).hypot_exact(f64::from(ground.extent[1]));
        Self { centre, radius: diagonal / 2.0 * open_share, extent: ground.extent }
    }

    /// The point of the circle that a point of the whole map becomes: the border of the map comes to lie just inside, and
    /// everything else in proportion, so that what is left of a rectangle is round.
    pub fn draw_in(&self, target: [i32; 2]) -> [i32; 2] {
        let way = [0, 1].map(|axis| f64::from(target[axis] - self.centre[axis]));
        // How often the way to the point goes into the way on to the border.
        let border = |axis: usize| {
            let ahead = if way[axis] > 0.0 { self.extent[axis] - self.centre[axis] } else { self.centre[axis] };
            f64::from(ahead) / way[axis].abs()
        };
        let whole = way[0].hypot_exact(way[1]) * border(0).min(border(1));
        let scale = if whole > 0.0 { (0.95 * self.radius / whole).min(1.0) } else { 0.0 };
        [0, 1].map(|axis| self.centre[axis] + (way[axis] * scale) as i32)
    }

    /// Whether a point is in play. Once the circle is a point, nothing is: everybody makes for it.
    pub fn holds(&self, point: [i32; 2]) -> bool {
        self.distance(point) < self.radius
    }

    /// A point that was chosen before the circle has become so small, moved in straight towards the centre.
    pub fn pull_in(&self, point: [i32; 2]) -> [i32; 2] {
        let distance = self.distance(point);
        if distance < self.radius {
            return point;
        }
        let share = if distance > 0.0 { 0.95 * self.radius / distance } else { 0.0 };
        [0, 1].map(|axis| self.centre[axis] + (f64::from(point[axis] - self.centre[axis]) * share) as i32)
    }

    fn distance(&self, point: [i32; 2]) -> f64 {
        let [dx, dy] = [0, 1].map(|axis| f64::from(point[axis]) - f64::from(self.centre[axis]));
        dx.hypot_exact(dy)
    }
}

/// Lengths that are the same on every machine.
pub trait HypotExact {
    /// Length of a vector.
    fn hypot_exact(self, other: f64) -> f64;
}

impl HypotExact for f64 {
    /// Length of a vector by operations that IEEE 754 rounds the same everywhere, unlike `f64::hypot`.
    #[inline(always)]
    fn hypot_exact(self, other: f64) -> f64 {
        (self * self + other * other).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spots_in_the_disc_are_as_rare_as_told_in_every_direction() {
        const COUNT: u64 = 100_000;
        let (mut within, mut turned) = ([0_u32; 3], [0_u32; 8]);
        for n in 0..COUNT {
            let word = mix(n);
            let [x, y] = spot_in_disc(word).map(f64::from);
            let reach = x.hypot_exact(y);
            let (sine, cosine) = libm::sincos(f64::from(word as i32) / 4_294_967_296.0 * std::f64::consts::TAU);
            assert!((reach * cosine - x).abs() < 1e-5 && (reach * sine - y).abs() < 1e-5, "{word:x}: {x} {y}");
            assert!(reach < 1.000_01);
            for (count, limit) in within.iter_mut().zip([0.25, 0.5, 0.75]) {
                *count += u32::from(reach < limit);
            }
            turned[((libm::atan2(y, x) / std::f64::consts::TAU + 0.5) * 8.0).min(7.0) as usize] += 1;
        }
        for (count, limit) in within.into_iter().zip([0.25, 0.5, 0.75]) {
            // Of density 2 (1 - r^2) / pi, within r lie 2 r^2 - r^4.
            let square = limit * limit;
            let expected = square * (2.0 - square);
            assert!((f64::from(count) / COUNT as f64 - expected).abs() < 0.005, "{count} within {limit}");
        }
        assert!(turned.iter().all(|count| (12_000..13_000).contains(count)), "{turned:?}");
    }
}
