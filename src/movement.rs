//! Movement: where players stand at each heartbeat.
//!
//! A heartbeat needs only the state at its time, so a step jumps 30 seconds at once: dwell (roam around), travel
//! towards a target no farther than top speed allows, or respawn. Positions are integer centimetres; the only floats
//! are IEEE multiplication, division and square root, which are the same on every machine.

use bevy_ecs::prelude::*;

use crate::random::{Purpose, Seed, Stream, name_key};
use crate::scenario::sections::{File, Map, Mode, Place};
use crate::tape::Tape;

/// Slopes make ways longer than their shadow on the ground: a map's relief of at most a tenth of its extent costs at
/// most 1 % of the distance, so horizontal steps stay this far below top speed.
const SLOPE_ALLOWANCE: f64 = 0.985;
/// Rounding to whole centimetres on three axes.
const ROUNDING_CM: f64 = 3.0;

/// Where a session's player is and is heading.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Position in the map's frame, centimetres.
    pub position: [i32; 3],
    /// Where the player travels to.
    target: [i32; 2],
    is_travelling: bool,
    /// Place in the trajectory window; meaningless between windows.
    pub slot: crate::trajectory::Slot,
}

impl Body {
    /// Records or plays the state between two windows.
    pub fn state(&mut self, tape: &mut Tape) {
        self.position.iter_mut().for_each(|coordinate| tape.i32(coordinate));
        self.target.iter_mut().for_each(|coordinate| tape.i32(coordinate));
        tape.flag(&mut self.is_travelling);
    }
}

#[derive(Clone, Copy, Debug)]
struct Spot {
    x: i32,
    y: i32,
    radius: i32,
}

/// A map, compiled for moving on it.
#[derive(Clone, Debug)]
pub struct Ground {
    extent: [i32; 2],
    /// Rise of each ridge over the ground, as a fraction of 2^32.
    slope: [i64; 2],
    places: Vec<Spot>,
    /// Cumulative popularity of the places, scaled to the whole range of 32 bits.
    popularity: Vec<u32>,
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
        let spawns =
            map.spawns.values().map(|spawn| Spot { x: cm(spawn.x_m), y: cm(spawn.y_m), radius: cm(spawn.radius_m) });
        Self {
            extent,
            slope: extent.map(|extent| (i64::from(cm(map.relief_m)) << 32) / i64::from(extent)),
            popularity: popularity.iter().map(cumulate).collect(),
            places,
            spawns: spawns.collect(),
        }
    }

    /// Number of places.
    pub fn places(&self) -> usize {
        self.places.len()
    }

    /// Height of the ground: two ridges across the middle of the map.
    pub fn height(&self, x: i32, y: i32) -> i32 {
        let ridge = |at: i32, axis: usize| {
            let from_edge = i64::from(at.min(self.extent[axis] - at).max(0));
            ((from_edge * self.slope[axis]) >> 32) as i32
        };
        ridge(x, 0) + ridge(y, 1)
    }

    fn clamp(&self, x: i32, y: i32) -> [i32; 2] {
        [x.clamp(0, self.extent[0]), y.clamp(0, self.extent[1])]
    }

    fn choose_place(&self, draws: &mut Stream) -> Spot {
        let at = (draws.bits() >> 32) as u32;
        let index = self.popularity.partition_point(|&cumulative| cumulative < at);
        self.places[index.min(self.places.len() - 1)]
    }

    /// A uniform point of the square around a spot.
    fn point_in(&self, spot: Spot, draws: &mut Stream) -> [i32; 2] {
        let [dx, dy] = [0; 2].map(|_: i32| draws.within(-spot.radius, spot.radius));
        self.clamp(spot.x + dx, spot.y + dy)
    }

    /// Where a member of a team appears. Teams take listed spawn points in turn, or an own stretch of the border.
    fn spawn(&self, team: u8, teams: u8, draws: &mut Stream) -> [i32; 2] {
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

#[derive(Clone, Copy, Debug)]
enum Model {
    Hotspots,
    RandomWaypoint,
    LevyWalk { exponent: f64, min_step: f64 },
}

/// A way of moving, compiled for a heartbeat interval.
#[derive(Clone, Debug)]
pub struct Gait {
    model: Model,
    /// Nobody is ever faster.
    pub top_speed_cm_per_s: u32,
    /// Farthest step over the ground in one interval.
    stride: f64,
    /// Farthest roaming on each axis.
    roam: i32,
    /// Chance of moving on from a place, as a fraction of 2^32.
    leave_chance: u32,
}

impl Gait {
    /// Compiles the movement of a mode.
    pub fn new(file: &File, mode: &Mode) -> Self {
        let movement = file.movements.at(file.movements.index_of(&mode.movement).expect("validated"));
        let heartbeat = f64::from(file.clock.heartbeat_seconds);
        let model = match movement.model.as_str() {
            "hotspots" => Model::Hotspots,
            "random_waypoint" => Model::RandomWaypoint,
            _ => Model::LevyWalk { exponent: movement.levy_exponent, min_step: movement.levy_min_step_m * 100.0 },
        };
        Self {
            model,
            top_speed_cm_per_s: movement.top_speed_cm_per_s,
            stride: (f64::from(movement.top_speed_cm_per_s) * heartbeat * SLOPE_ALLOWANCE - ROUNDING_CM).max(0.0),
            roam: (movement.roam_m * 100) as i32,
            leave_chance: ((1.0 - libm::exp(-heartbeat / movement.dwell_seconds.max(1e-9))) * f64::from(u32::MAX))
                as u32,
        }
    }
}

/// The part of a map that is still in play: a circle around a centre, as squares of distance.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    centre: [i32; 2],
    radius: f64,
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
    fn draw_in(&self, target: [i32; 2]) -> [i32; 2] {
        let [dx, dy] = [0, 1].map(|axis| f64::from(target[axis]) - f64::from(self.centre[axis]));
        let reach = dx.hypot_exact(dy) * self.open_share;
        // A centre off the middle of the map has farther points than the circle is wide.
        let share = self.open_share * (0.95 * self.radius / reach.max(1.0)).min(1.0);
        [self.centre[0] + (dx * share) as i32, self.centre[1] + (dy * share) as i32]
    }

    fn holds(&self, position: [i32; 3]) -> bool {
        let dx = f64::from(position[0]) - f64::from(self.centre[0]);
        dx.hypot_exact(f64::from(position[1]) - f64::from(self.centre[1])) <= self.radius
    }
}

trait HypotExact {
    fn hypot_exact(self, other: f64) -> f64;
}

impl HypotExact for f64 {
    /// Length of a vector by operations that IEEE 754 rounds the same everywhere, unlike `f64::hypot`.
    fn hypot_exact(self, other: f64) -> f64 {
        (self * self + other * other).sqrt()
    }
}

/// Puts a player at a spawn of the team.
pub fn spawn(ground: &Ground, team: u8, teams: u8, body: &mut Body, draws: &mut Stream) {
    let [x, y] = ground.spawn(team, teams, draws);
    body.position = [x, y, ground.height(x, y)];
    body.is_travelling = false;
}

/// One heartbeat interval of movement.
pub fn step(ground: &Ground, gait: &Gait, circle: Option<&Circle>, body: &mut Body, draws: &mut Stream) {
    if !body.is_travelling {
        let is_outside = circle.is_some_and(|circle| !circle.holds(body.position));
        // One word decides: its low half whether to leave, its high quarters where to roam.
        let bits = draws.bits();
        if is_outside || (bits as u32) < gait.leave_chance {
            let target = choose_target(ground, gait, body, draws);
            body.target = circle.map_or(target, |circle| circle.draw_in(target));
            body.is_travelling = true;
        } else {
            let [dx, dy] = [32, 48].map(|shift| {
                let quarter = (bits >> shift) as i64 & 0xffff;
                ((quarter * i64::from(2 * gait.roam + 1)) >> 16) as i32 - gait.roam
            });
            let roamed = ground.clamp(body.position[0] + dx, body.position[1] + dy);
            advance(ground, gait.stride, roamed, body);
            return;
        }
    }
    // Nobody runs at top speed all the time: 55 to 100 % of the stride.
    let pace = 0.55 + 0.45 * draws.unit();
    body.is_travelling = !advance(ground, gait.stride * pace, body.target, body);
}

fn choose_target(ground: &Ground, gait: &Gait, body: &Body, draws: &mut Stream) -> [i32; 2] {
    match gait.model {
        Model::Hotspots => {
            let place = ground.choose_place(draws);
            ground.point_in(place, draws)
        }
        Model::RandomWaypoint => ground.extent.map(|extent| draws.within(0, extent)),
        Model::LevyWalk { exponent, min_step } => {
            let length = (min_step * libm::pow(draws.unit(), -1.0 / exponent)).min(1e8);
            let angle = draws.unit() * std::f64::consts::TAU;
            let [dx, dy] = [libm::cos(angle), libm::sin(angle)].map(|part| (length * part) as i32);
            ground.clamp(body.position[0].saturating_add(dx), body.position[1].saturating_add(dy))
        }
    }
}

/// Moves towards a target by at most `limit` centimetres over the ground; true if it was reached.
fn advance(ground: &Ground, limit: f64, target: [i32; 2], body: &mut Body) -> bool {
    let dx = f64::from(target[0] - body.position[0]);
    let dy = f64::from(target[1] - body.position[1]);
    let arrives = dx * dx + dy * dy <= limit * limit;
    let [x, y] = if arrives {
        target
    } else {
        let share = limit / dx.hypot_exact(dy);
        [body.position[0] + (dx * share) as i32, body.position[1] + (dy * share) as i32]
    };
    body.position = [x, y, ground.height(x, y)];
    arrives
}

/// A position some milliseconds after a heartbeat, no farther away than drift and top speed allow.
pub fn drift(
    ground: &Ground,
    gait: &Gait,
    drift_cm_per_s: u32,
    position: [i32; 3],
    after_ms: u32,
    draws: &mut Stream,
) -> [i32; 3] {
    let speed = f64::from(drift_cm_per_s.min(gait.top_speed_cm_per_s));
    // Each axis gets at most 0.69 of the way, so that the diagonal and the slope stay below all of it.
    let reach = (speed * f64::from(after_ms) / 1000.0 * 0.69 - ROUNDING_CM).max(0.0) as i32;
    let [dx, dy] = [0; 2].map(|_: i32| draws.within(-reach, reach));
    let [x, y] = ground.clamp(position[0] + dx, position[1] + dy);
    if reach == 0 { position } else { [x, y, ground.height(x, y)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn compile(sets: &[&str]) -> (Ground, Gait) {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let file = Scenario::parse("t", "t", "", &sets).expect("valid").file;
        let ground = Ground::new(Seed(1), "foundry", file.maps.at(file.maps.index_of("foundry").expect("built in")));
        (ground, Gait::new(&file, file.modes.at(0)))
    }

    fn distance2(a: [i32; 3], b: [i32; 3]) -> i64 {
        (0..3).map(|axis| (i64::from(a[axis]) - i64::from(b[axis])).pow(2)).sum()
    }

    #[test]
    fn no_step_of_any_model_is_faster_than_top_speed_and_none_leaves_the_map() {
        for model in ["hotspots", "random_waypoint", "levy_walk"] {
            for sets in [
                [format!("movements.run.model={model}"), "maps.foundry.relief_m=40".into()],
                [format!("movements.run.model={model}"), "movements.run.top_speed_cm_per_s=37".into()],
            ] {
                let (ground, gait) = compile(&[&sets[0], &sets[1]]);
                let mut body = Body::default();
                spawn(&ground, 0, 2, &mut body, &mut Seed(1).stream(Purpose::Spawn, 0, 0));
                let reach = i64::from(gait.top_speed_cm_per_s) * 30;
                let mut farthest = 0;
                for tick in 0..20_000 {
                    let before = body.position;
                    step(&ground, &gait, None, &mut body, &mut Seed(1).stream(Purpose::Movement, 1, tick));
                    let moved = distance2(before, body.position);
                    assert!(moved <= reach * reach, "{model}: {before:?} -> {:?}", body.position);
                    farthest = farthest.max(moved);
                    assert!((0..2).all(|axis| (0..=40_000).contains(&body.position[axis])));
                }
                assert!(farthest * 2 > reach * reach, "{model}: top speed is nearly reached");
            }
        }
    }

    #[test]
    fn drift_stays_within_top_speed() {
        let (ground, gait) = compile(&["maps.foundry.relief_m=40"]);
        for ordinal in 0..10_000 {
            let mut draws = Seed(1).stream(Purpose::Kill, 0, ordinal);
            let after_ms = draws.below(30_000);
            let from = [20_000, 19_000, ground.height(20_000, 19_000)];
            let to = drift(&ground, &gait, 10_000, from, after_ms, &mut draws);
            let reach = i64::from(gait.top_speed_cm_per_s) * i64::from(after_ms);
            assert!(distance2(from, to) * 1_000_000 <= reach * reach, "{after_ms} ms: {from:?} -> {to:?}");
        }
    }

    #[test]
    fn default_spawns_cover_the_border_and_keep_teams_apart() {
        let (ground, _) = compile(&[]);
        for team in 0..2 {
            for ordinal in 0..500 {
                let [x, y] = ground.spawn(team, 2, &mut Seed(1).stream(Purpose::Spawn, 0, ordinal));
                let from_border = x.min(y).min(40_000 - x).min(40_000 - y);
                assert!(from_border <= 2_000, "{x} {y}");
            }
        }
    }

    #[test]
    fn a_circle_shrinks_and_draws_players_in() {
        let (ground, gait) = compile(&[]);
        let circle = Circle::closing(Seed(1), &ground, 5, 0.6);
        let mut body = Body { position: [0, 0, 0], ..Body::default() };
        let mut inside = 0;
        for tick in 0..40 {
            step(&ground, &gait, Some(&circle), &mut body, &mut Seed(1).stream(Purpose::Movement, 1, tick));
            inside += u32::from(tick >= 20 && circle.holds(body.position));
        }
        assert!(inside >= 18, "{inside} of 20 heartbeats");
        assert!(circle.radius * 3.9 < Circle::closing(Seed(1), &ground, 5, 0.0).radius);
    }
}
