//! Movement: where players stand at each heartbeat.
//!
//! A heartbeat needs only the state at its time, so a step jumps 30 seconds at once: dwell (roam around), travel
//! towards a target no farther than top speed allows, or respawn. Positions are integer centimetres; the only floats
//! are IEEE multiplication, division and square root, which are the same on every machine.

use crate::random::{Stream, unit_of};
use crate::setting::{Circle, Gait, Ground, HypotExact, Model, ROUNDING_CM};
use crate::tape::Tape;

/// What a player does until the next heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Stance {
    /// Roams around a place, or chooses where to go next.
    #[default]
    Dwells = 0,
    /// Travels to its target.
    Travels = 1,
    /// Appears at a spawn.
    Spawns = 2,
}

impl Stance {
    /// The stance of a number that one was turned into.
    pub fn from_number(number: i32) -> Self {
        match number {
            1 => Self::Travels,
            2 => Self::Spawns,
            _ => Self::Dwells,
        }
    }
}

/// Where a player is and is heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Position in the map's frame, centimetres.
    pub position: [i32; 3],
    /// Where the player travels to.
    pub target: [i32; 2],
    /// What the player does next.
    pub stance: Stance,
}

impl Body {
    /// Records or plays the state between two windows.
    pub fn state(&mut self, tape: &mut Tape) {
        let mut stance = self.stance as u8;
        self.position.iter_mut().for_each(|coordinate| tape.i32(coordinate));
        self.target.iter_mut().for_each(|coordinate| tape.i32(coordinate));
        tape.u8(&mut stance);
        self.stance = Stance::from_number(stance.into());
    }
}

/// Puts a player at a spawn of the team.
pub fn spawn(ground: &Ground, team: u8, teams: u8, body: &mut Body, draws: &mut Stream) {
    let [x, y] = ground.spawn(team, teams, draws);
    body.position = [x, y, ground.height(x, y)];
    body.target = [x, y];
    body.stance = Stance::Dwells;
}

/// One heartbeat interval of movement.
pub fn step(ground: &Ground, gait: &Gait, circle: Option<&Circle>, body: &mut Body, draws: &mut Stream) {
    // One word decides for who dwells (its low half whether to leave, its high quarters where to roam) and gives the
    // pace of who travels; who sets out takes its pace from the word after the target's.
    let mut bits = draws.bits();
    if body.stance != Stance::Travels {
        let is_outside = circle.is_some_and(|circle| !circle.holds([body.position[0], body.position[1]]));
        if !is_outside && (bits as u32) >= gait.leave_chance {
            let roamed = gait.roam_from(ground.relief, [body.position[0], body.position[1]], bits);
            advance(ground, gait.stride, roamed, body);
            return;
        }
        set_out(ground, gait, circle, body, draws);
        bits = draws.bits();
    } else if let Some(circle) = circle {
        body.target = circle.pull_in(body.target);
    }
    let arrives = advance(ground, gait.stride * Gait::pace(unit_of(bits)), body.target, body);
    body.stance = if arrives { Stance::Dwells } else { Stance::Travels };
}

/// Chooses where to travel.
pub fn set_out(ground: &Ground, gait: &Gait, circle: Option<&Circle>, body: &mut Body, draws: &mut Stream) {
    let target = choose_target(ground, gait, body, draws);
    body.target = circle.map_or(target, |circle| circle.draw_in(target));
    body.stance = Stance::Travels;
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
            let [dx, dy] = [libm::cos(angle), libm::sin(angle)].map(|part| (length * part) as i64);
            ground.turn_back(i64::from(body.position[0]) + dx, i64::from(body.position[1]) + dy)
        }
    }
}

/// Moves towards a target by at most `limit` centimetres over the ground; true if it was reached.
fn advance(ground: &Ground, limit: f64, target: [i32; 2], body: &mut Body) -> bool {
    let ([x, y], arrives) = towards([body.position[0], body.position[1]], target, limit);
    body.position = [x, y, ground.height(x, y)];
    arrives
}

/// The point at most `limit` centimetres from one towards another, and whether that is the other itself.
#[inline(always)]
pub fn towards(from: [i32; 2], target: [i32; 2], limit: f64) -> ([i32; 2], bool) {
    let [dx, dy] = [0, 1].map(|axis| f64::from(target[axis] - from[axis]));
    let arrives = dx * dx + dy * dy <= limit * limit;
    // Without a branch, so that it runs in lanes; where the way has no length, the share is not used.
    let share = limit / dx.hypot_exact(dy);
    let part = |from: i32, target: i32, way: f64| if arrives { target } else { from + truncated(way * share) };
    ([part(from[0], target[0], dx), part(from[1], target[1], dy)], arrives)
}

/// The whole part of a number that an i32 holds: `as i32` by additions, which run in lanes. Adding so much that no bits
/// are left for fractions rounds to nearest; what that made larger is one too far from zero.
#[inline(always)]
fn truncated(number: f64) -> i32 {
    const LARGE: f64 = (3u64 << 51) as f64;
    let nearest = (number + LARGE) - LARGE;
    let whole = if nearest.abs() > number.abs() { nearest - 1f64.copysign(number) } else { nearest };
    // The low half of the mantissa is the number in two's complement.
    (whole + LARGE).to_bits() as i32
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
    if reach == 0 {
        return position;
    }
    // A drift is shorter than the map, or it may come back more than once.
    let [x, y] = [position[0] + dx, position[1] + dy];
    let [x, y] = if ground.holds([x, y]) { [x, y] } else { ground.turn_back(x.into(), y.into()) };
    [x, y, ground.height(x, y)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Seed};
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
    fn whole_parts_are_those_of_a_cast() {
        let mut draws = Seed(1).stream(Purpose::Probe, 0, 0);
        let edges =
            [0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-300, 2_147_483_647.0, -2_147_483_648.0, 0.999_999_999_999];
        let drawn = (0..100_000).map(|n| (draws.unit() - 0.5) * f64::from(1u32 << (n % 32)) * 1.9);
        for number in edges.into_iter().chain(drawn) {
            assert_eq!(truncated(number), number as i32, "{number}");
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
    fn default_spawns_fill_the_map_and_keep_teams_apart() {
        let (ground, _) = compile(&[]);
        for teams in [2, 5] {
            let (mut inner, mut all) = (0, 0);
            for team in 0..teams {
                for ordinal in 0..500 {
                    let draws = &mut Seed(1).stream(Purpose::Spawn, team.into(), ordinal);
                    let [x, y] = ground.spawn(team, teams, draws).map(|at| f64::from(at - 20_000));
                    let sector = (libm::atan2(y, x) / std::f64::consts::TAU).rem_euclid(1.0) * f64::from(teams);
                    // Whole centimetres blur the sectors in the very middle.
                    let is_apart = (sector - f64::from(team) - 0.5).abs() < 0.51 || x.hypot_exact(y) < 100.0;
                    assert!(is_apart, "team {team} of {teams}: {x} {y}");
                    assert!(x.hypot_exact(y) <= 20_002.0, "rounded to whole centimetres");
                    inner += i32::from(x.hypot_exact(y) < 10_000.0);
                    all += 1;
                }
            }
            assert!((inner * 4 - all).abs() < all / 8, "a quarter within half the radius: {inner} of {all}");
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
            inside += u32::from(tick >= 20 && circle.holds([body.position[0], body.position[1]]));
        }
        assert!(inside >= 18, "{inside} of 20 heartbeats");
        assert!(circle.radius * 3.9 < Circle::closing(Seed(1), &ground, 5, 0.0).radius);
    }
}
