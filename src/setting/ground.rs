//! Ground: maps compiled for moving on them, with their places, spawns, heights and closing circles.

use crate::random::{Purpose, Seed, Stream, name_key};
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
    extent: [i32; 2],
    /// Rise of each ridge over the ground, as a fraction of 2^32.
    slope: [i64; 2],
}

impl Relief {
    /// Height of the ground: two ridges across the middle of the map.
    #[inline(always)]
    pub fn height(self, x: i32, y: i32) -> i32 {
        let ridge = |at: i32, axis: usize| {
            let from_edge = i64::from(at.min(self.extent[axis] - at).max(0));
            ((from_edge * self.slope[axis]) >> 32) as i32
        };
        ridge(x, 0) + ridge(y, 1)
    }

    /// The nearest point of the map.
    #[inline(always)]
    pub fn clamp(self, x: i32, y: i32) -> [i32; 2] {
        // Not `clamp`, which would look whether its bounds are in order.
        [x.max(0).min(self.extent[0]), y.max(0).min(self.extent[1])]
    }
}

/// Bits that the numbers of a stretch of [`Ground`]'s guide to its places differ in.
const GUIDE_SHIFT: u32 = 22;

/// A map, compiled for moving on it.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Extent in centimetres, east and north.
    pub extent: [i32; 2],
    /// Its shape.
    pub relief: Relief,
    places: Vec<Spot>,
    /// Cumulative popularity of the places, scaled to the whole range of 32 bits.
    popularity: Vec<u32>,
    /// The place that the first number of each stretch of 32 bits belongs to: most stretches lie in one place.
    guide: Vec<u16>,
    spawns: Vec<Spot>,
}

impl Ground {
    /// Compiles a map; places that it does not list are laid out from its name and the seed.
    pub fn new(seed: Seed, name: &str, map: &Map) -> Self {
        let cm = |metres: u32| (metres * 100) as i32;
        let extent = [cm(map.extent_x_m), cm(map.extent_y_m)];
        let mut popularity = Vec::new();
        let places: Vec<Spot> = if map.places.is_empty() {
            let lay_out = |rank: u32| {
                let mut draws = seed.stream(Purpose::Places, name_key(name), rank.into());
                let radius = cm(map.generated_radius_m).min(extent[0].min(extent[1]) / 2);
                popularity.push(libm::pow(f64::from(rank), -0.75));
                let [x, y] = extent.map(|extent| draws.within(radius, extent - radius));
                Spot { x, y, radius }
            };
            (1..=map.generated_places).map(lay_out).collect()
        } else {
            popularity.extend(map.places.values().map(|place| place.popularity));
            let spot = |place: &Place| Spot { x: cm(place.x_m), y: cm(place.y_m), radius: cm(place.radius_m) };
            map.places.values().map(spot).collect()
        };
        let total: f64 = popularity.iter().sum();
        let mut sum = 0.0;
        let cumulate = |weight: &f64| {
            sum += weight;
            (sum / total * f64::from(u32::MAX)) as u32
        };
        let popularity: Vec<u32> = popularity.iter().map(cumulate).collect();
        let place_of = |stretch: u32| popularity.partition_point(|&sum| sum < stretch << GUIDE_SHIFT);
        let guide = (0..1 << (u32::BITS - GUIDE_SHIFT)).map(|stretch| place_of(stretch).min(places.len() - 1) as u16);
        let guide = if places.is_empty() { Vec::new() } else { guide.collect() };
        let spawns =
            map.spawns.values().map(|spawn| Spot { x: cm(spawn.x_m), y: cm(spawn.y_m), radius: cm(spawn.radius_m) });
        Self {
            extent,
            relief: Relief {
                extent,
                slope: extent.map(|extent| (i64::from(cm(map.relief_m)) << 32) / i64::from(extent)),
            },
            popularity,
            guide,
            places,
            spawns: spawns.collect(),
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

    /// The nearest point of the map.
    pub fn clamp(&self, x: i32, y: i32) -> [i32; 2] {
        self.relief.clamp(x, y)
    }

    /// A place, by popularity.
    pub fn choose_place(&self, draws: &mut Stream) -> Spot {
        let at = (draws.bits() >> 32) as u32;
        let mut index = usize::from(self.guide[(at >> GUIDE_SHIFT) as usize]);
        while index + 1 < self.places.len() && self.popularity[index] < at {
            index += 1;
        }
        self.places[index]
    }

    /// A uniform point of the square around a spot.
    pub fn point_in(&self, spot: Spot, draws: &mut Stream) -> [i32; 2] {
        let [dx, dy] = [0; 2].map(|_: i32| draws.within(-spot.radius, spot.radius));
        self.clamp(spot.x + dx, spot.y + dy)
    }

    /// Where a member of a team appears. Teams take listed spawn points in turn, or an own stretch of the border.
    pub fn spawn(&self, team: u8, teams: u8, draws: &mut Stream) -> [i32; 2] {
        if !self.spawns.is_empty() {
            return self.point_in(self.spawns[usize::from(team) % self.spawns.len()], draws);
        }
        let [width, height] = self.extent.map(i64::from);
        let along = 2 * (width + height) * i64::from(team) / i64::from(teams)
            + i64::from(draws.below((2 * (width + height) / i64::from(teams)).max(1) as u32));
        let depth = i64::from(draws.below((width.min(height) / 20).max(1) as u32));
        let (x, y) = match along {
            a if a < height => (depth, a),
            a if a < height + width => (a - height, height - depth),
            a if a < 2 * height + width => (width - depth, 2 * height + width - a),
            a => (2 * (height + width) - a, depth),
        };
        self.clamp(x as i32, y as i32)
    }
}

/// The part of a map that is still in play: a circle around a centre, as squares of distance.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    centre: [i32; 2],
    /// Its radius.
    pub radius: f64,
    /// Radius relative to the whole map's.
    open_share: f64,
}

impl Circle {
    /// The circle of a match after a share of its length; `about` identifies the match for the draw of its centre.
    pub fn closing(seed: Seed, ground: &Ground, about: u64, elapsed_share: f64) -> Self {
        let mut draws = seed.stream(Purpose::Places, about, u64::MAX);
        let centre = ground.extent.map(|extent| draws.within(extent / 4, extent - extent / 4));
        // Smallest from four fifths of the match on, so that the last ones meet before its time is up.
        let open_share = (1.0 - elapsed_share / 0.8).clamp(0.01, 1.0);
        let diagonal = f64::from(ground.extent[0]).hypot_exact(f64::from(ground.extent[1]));
        Self { centre, radius: diagonal / 2.0 * open_share, open_share }
    }

    /// The point of the circle that a point of the whole map becomes.
    pub fn draw_in(&self, target: [i32; 2]) -> [i32; 2] {
        let [dx, dy] = [0, 1].map(|axis| f64::from(target[axis]) - f64::from(self.centre[axis]));
        let reach = dx.hypot_exact(dy) * self.open_share;
        // A centre off the middle of the map has farther points than the circle is wide.
        let share = self.open_share * (0.95 * self.radius / reach.max(1.0)).min(1.0);
        [self.centre[0] + (dx * share) as i32, self.centre[1] + (dy * share) as i32]
    }

    /// Whether a position is in play.
    pub fn holds(&self, position: [i32; 3]) -> bool {
        let dx = f64::from(position[0]) - f64::from(self.centre[0]);
        dx.hypot_exact(f64::from(position[1]) - f64::from(self.centre[1])) <= self.radius
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
