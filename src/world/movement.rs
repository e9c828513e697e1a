//! Movement: where players stand at each heartbeat.
//!
//! A heartbeat needs only the state at its time, so a step jumps 30 seconds at once: dwell (stay around a point), travel by
//! the shortest way from place to place no farther than top speed allows, or respawn. Who leaves a place does so at a moment
//! of the interval and is seen on its way at the next heartbeat, or has arrived by then. Members of a squad draw as one when
//! they leave, where to and how fast, and each for itself where exactly it goes, so that those who are together stay so; who
//! spawns goes where a mate is or goes.
//! Positions are integer centimetres; floats go through IEEE addition, multiplication, division and square root alone, which
//! are the same on every machine, and `libm` for Levy walks.

use crate::random::{Purpose, Seed, Stream, Streams, mix, unit_of_half};
use crate::scenario::sections::Cheat;
use crate::setting::{Circle, Dwell, Gait, Ground, HypotExact, Model, ROUNDING_CM, spot_in_disc};
use crate::tape::Tape;

/// What a player does until the next heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Stance {
    /// Stays around its target, or chooses where to go next.
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
    /// Where the player travels to next, or around which point it stays.
    pub target: [i32; 2],
    /// Where it will stay: the target, if that is the last on its way.
    pub end: [i32; 2],
    /// Length of its way after the target.
    pub beyond: i32,
    /// The place that the target is in.
    pub via: u16,
    /// The place that the player is going to, or is in.
    pub goal: u16,
    /// Chance of moving on from there within an interval, as a fraction of 2^32.
    pub restlessness: u32,
    /// What the player does next.
    pub stance: Stance,
}

/// Where a squad is or goes, and how long it will stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The place.
    pub goal: u16,
    /// Chance of moving on from there within an interval, as a fraction of 2^32.
    pub restlessness: u32,
}

impl Body {
    /// Where it is or goes.
    pub fn errand(&self) -> Errand {
        Errand { goal: self.goal, restlessness: self.restlessness }
    }

    /// Where it stands on the ground.
    fn at(&self) -> [i32; 2] {
        [self.position[0], self.position[1]]
    }

    /// Records or plays the state between two windows.
    pub fn state(&mut self, tape: &mut Tape) {
        let mut stance = self.stance as u8;
        self.position.iter_mut().for_each(|coordinate| tape.i32(coordinate));
        self.target.iter_mut().for_each(|coordinate| tape.i32(coordinate));
        self.end.iter_mut().for_each(|coordinate| tape.i32(coordinate));
        tape.i32(&mut self.beyond);
        tape.u16(&mut self.via);
        tape.u16(&mut self.goal);
        tape.u32(&mut self.restlessness);
        tape.u8(&mut stance);
        self.stance = Stance::from_number(stance.into());
    }
}

/// What leads from the word of a squad, which decides whether and how fast it goes, to that of where and when; no account
/// has this number.
const WAY: u64 = 0x9e37_79b9_7f4a_7c15;

/// Who moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mover {
    /// Account number.
    pub player_id: i32,
    /// Account number of who leads its squad: its own if it moves alone.
    pub squad: i32,
    /// Its team.
    pub team: u8,
}

impl Mover {
    /// Its own word beside the one that its squad has drawn: where exactly it stays or goes.
    #[inline(always)]
    pub fn word_beside(self, word: u64) -> u64 {
        mix(word.wrapping_add(self.player_id as u64))
    }
}

/// What the draws of movement at a tick come from.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    /// What squads decide.
    pub squads: Streams,
    /// Where players go who know no places.
    own: Streams,
    /// Where they spawn.
    spawns: Streams,
}

impl Chance {
    /// At a tick.
    pub fn at(seed: Seed, tick: u32) -> Self {
        let streams = |purpose| seed.streams(purpose, tick.into());
        Self { squads: streams(Purpose::Movement), own: streams(Purpose::Waypoint), spawns: streams(Purpose::Spawn) }
    }
}

/// What everyone who moves on a map in a way has in common at a tick.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The draws.
    pub chance: Chance,
    /// The map.
    pub ground: &'a Ground,
    /// How everyone moves.
    pub gait: &'a Gait,
    /// How long everyone stays at places.
    pub dwell: &'a Dwell,
    /// What is left of the map, if it closes.
    pub circle: Option<&'a Circle>,
    /// Teams in the match.
    pub teams: u8,
}

impl Scene<'_> {
    /// Moves somebody on who has moved already and cheats: farther on its way, or to anywhere on the map.
    pub fn cheat(&self, body: &mut Body, effect: &Cheat, draws: &mut Stream) {
        let [x, y] = if draws.chance(effect.teleport_chance) {
            let [east, north] = self.ground.relief.extent;
            [draws.within(0, east), draws.within(0, north)]
        } else if body.stance == Stance::Travels {
            towards(body.at(), body.target, (effect.speed_factor - 1.0) * self.gait.stride)
        } else {
            body.at()
        };
        body.position = [x, y, self.ground.height(x, y)];
    }

    /// One heartbeat interval of movement; who spawns goes where a mate is or goes, if it has one.
    pub fn step(&self, mover: Mover, mate: Option<Errand>, body: &mut Body) {
        let word = self.chance.squads.about(mover.squad as u64).bits();
        let own = mover.word_beside(word);
        let mate = mate.filter(|_| body.stance == Stance::Spawns);
        if body.stance == Stance::Travels {
            self.pull_in(body);
        }
        let at = body.at();
        let reach = self.gait.reach(word);
        let travels = body.stance == Stance::Travels;
        let arrives = travels && is_within(at, body.target, body.end, body.beyond, reach);
        let goes = match body.stance {
            Stance::Spawns => true,
            Stance::Dwells => leaves(word, body.restlessness) || self.circle.is_some_and(|circle| !circle.holds(at)),
            Stance::Travels => !arrives && is_within(at, body.target, body.target, 0, reach),
        };
        let reach =
            if goes { self.decide(mover, word, spot_in_disc(own), mate, body) } else { (!arrives).then_some(reach) };
        let [x, y] = match reach {
            None => {
                body.target = body.end;
                body.stance = Stance::Dwells;
                body.end
            }
            Some(reach) if body.stance == Stance::Travels => towards(body.at(), body.target, reach),
            Some(_) => {
                let around = self.gait.roam_around(self.ground.relief, body.target, own);
                towards(at, around, self.gait.stride)
            }
        };
        body.position = [x, y, self.ground.height(x, y)];
    }

    /// Where somebody goes who spawns, leaves a place or comes by one on its way, by the word of its squad and to its own spot of
    /// places: it stands where the last place on its way was, and travels so many centimetres farther; none if it is there.
    /// Who spawns goes where a mate is or goes, if it has one.
    #[inline]
    pub fn decide(
        &self,
        mover: Mover,
        word: u64,
        lean: [f32; 2],
        mate: Option<Errand>,
        body: &mut Body,
    ) -> Option<f64> {
        if body.stance == Stance::Travels {
            return self.pass_places(self.gait.reach(word), lean, body);
        }
        if body.stance == Stance::Spawns {
            let word = self.chance.spawns.about(mover.player_id as u64).bits();
            let (place, [x, y]) = self.ground.spawn(mover.team, self.teams, word, lean);
            body.goal = place;
            (body.position[0], body.position[1]) = (x, y);
        }
        body.stance = Stance::Travels;
        let here = body.goal;
        let word_of_way = mix(word.wrapping_add(WAY));
        let errand = mate.unwrap_or_else(|| self.choose_errand(word_of_way));
        body.restlessness = errand.restlessness;
        let end = match self.gait.model {
            Model::Hotspots => {
                body.goal = errand.goal;
                self.ground.point_in_place(body.goal, lean)
            }
            _ => self.choose_point(mover, body.at()),
        };
        body.end = self.circle.map_or(end, |circle| circle.draw_in(end));
        // Any moment of the interval is as likely as another to be the one at which it leaves.
        let reach = self.gait.reach(word) * unit_of_half(word_of_way as u32);
        // What it comes by on the way decides nothing, if it is there within the interval.
        if is_within(body.at(), body.at(), body.end, self.ground.way_length(here, body.goal), reach) {
            return None;
        }
        self.head_on(here, lean, body);
        self.pass_places(reach, lean, body)
    }

    /// Chooses where to go next and how long to stay there, by the word of a squad's way.
    #[inline]
    fn choose_errand(&self, word: u64) -> Errand {
        Errand { goal: self.ground.choose_place(word), restlessness: self.dwell.choose_chance(mix(word)) }
    }

    /// Chooses a point to go to where places are nothing to anyone.
    fn choose_point(&self, mover: Mover, at: [i32; 2]) -> [i32; 2] {
        let mut own = self.chance.own.about(mover.player_id as u64);
        match self.gait.model {
            Model::LevyWalk { exponent, min_step } => {
                let length = (min_step * libm::pow(own.unit(), -1.0 / exponent)).min(1e8);
                let angle = own.unit() * std::f64::consts::TAU;
                let [dx, dy] = [libm::cos(angle), libm::sin(angle)].map(|part| (length * part) as i64);
                self.ground.turn_back(i64::from(at[0]) + dx, i64::from(at[1]) + dy)
            }
            _ => self.ground.extent.map(|extent| own.within(0, extent)),
        }
    }

    /// Turns to the next place on the way from one: a point of it, or the end.
    #[inline]
    fn head_on(&self, here: u16, lean: [f32; 2], body: &mut Body) {
        body.via = if here == body.goal { here } else { self.ground.routes().next(here, body.goal) };
        body.beyond = self.ground.way_length(body.via, body.goal);
        body.target = if body.via == body.goal {
            body.end
        } else {
            let point = self.ground.point_in_place(body.via, lean);
            self.circle.map_or(point, |circle| circle.draw_in(point))
        };
    }

    /// Goes from place to place as far as so many centimetres lead: returns those that are left from the last, or none where
    /// the way ends.
    #[inline]
    fn pass_places(&self, mut reach: f64, lean: [f32; 2], body: &mut Body) -> Option<f64> {
        while is_within(body.at(), body.target, body.target, 0, reach) {
            if body.via == body.goal {
                return None;
            }
            reach = (reach - distance(body.at(), body.target) - ROUNDING_CM).max(0.0);
            (body.position[0], body.position[1]) = (body.target[0], body.target[1]);
            self.head_on(body.via, lean, body);
        }
        Some(reach)
    }

    /// Turns who travels to where the circle has closed.
    pub fn pull_in(&self, body: &mut Body) {
        if let Some(circle) = self.circle {
            body.target = circle.pull_in(body.target);
            body.end = circle.pull_in(body.end);
        }
    }
}

/// Whether somebody so restless leaves its place in an interval, by the word of its squad.
#[inline(always)]
pub fn leaves(word: u64, restlessness: u32) -> bool {
    (word as u32) < restlessness
}

/// Whether the end of a way is within reach: the way to a target and beyond it, and the end straight on, because points on the
/// way may have been moved.
#[inline(always)]
pub fn is_within(from: [i32; 2], target: [i32; 2], end: [i32; 2], beyond: i32, reach: f64) -> bool {
    let squared = |to: [i32; 2]| {
        let [dx, dy] = [0, 1].map(|axis| f64::from(to[axis] - from[axis]));
        dx * dx + dy * dy
    };
    let rest = reach - f64::from(beyond);
    (rest >= 0.0) & (squared(target) <= rest * rest) & (squared(end) <= reach * reach)
}

fn distance(a: [i32; 2], b: [i32; 2]) -> f64 {
    let [dx, dy] = [0, 1].map(|axis| f64::from(b[axis] - a[axis]));
    dx.hypot_exact(dy)
}

/// The point at most `limit` centimetres from one towards another.
#[inline(always)]
pub fn towards(from: [i32; 2], target: [i32; 2], limit: f64) -> [i32; 2] {
    let [dx, dy] = [0, 1].map(|axis| f64::from(target[axis] - from[axis]));
    let arrives = dx * dx + dy * dy <= limit * limit;
    // Without a branch, so that it runs in lanes; where the way has no length, the share is not used.
    let share = limit / dx.hypot_exact(dy);
    let part = |from: i32, target: i32, way: f64| if arrives { target } else { from + truncated(way * share) };
    [part(from[0], target[0], dx), part(from[1], target[1], dy)]
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
    use crate::scenario::Scenario;
    use crate::setting::ModeRules;

    fn compile(sets: &[&str]) -> (Ground, Gait, Dwell) {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let file = Scenario::parse("t", "t", "", &sets).expect("valid").file;
        let ground = Ground::new(Seed(1), "foundry", file.maps.at(file.maps.index_of("foundry").expect("built in")));
        let mode = ModeRules::new(Seed(1), &file, "t", file.modes.at(0));
        (ground, mode.gait, mode.dwell)
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
                let (ground, gait, dwell) = compile(&[&sets[0], &sets[1]]);
                let mut body = Body { stance: Stance::Spawns, ..Body::default() };
                let scene = |tick| Scene {
                    chance: Chance::at(Seed(1), tick),
                    ground: &ground,
                    gait: &gait,
                    dwell: &dwell,
                    circle: None,
                    teams: 2,
                };
                let reach = i64::from(gait.top_speed_cm_per_s) * 30;
                let mut farthest = 0;
                scene(0).step(Mover { player_id: 1, squad: 1, team: 0 }, None, &mut body);
                for tick in 1..20_000 {
                    let before = body.position;
                    scene(tick).step(Mover { player_id: 1, squad: 1, team: 0 }, None, &mut body);
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
        let (ground, gait, _) = compile(&["maps.foundry.relief_m=40"]);
        for ordinal in 0..10_000 {
            let mut draws = Seed(1).stream(Purpose::Kill, 0, ordinal);
            let after_ms = draws.below(30_000);
            let from = [20_000, 19_000, ground.height(20_000, 19_000)];
            let to = drift(&ground, &gait, 10_000, from, after_ms, &mut draws);
            let reach = i64::from(gait.top_speed_cm_per_s) * i64::from(after_ms);
            assert!(distance2(from, to) * 1_000_000 <= reach * reach, "{after_ms} ms: {from:?} -> {to:?}");
        }
    }

    /// The share of steps that end on the way, how far from the middle of its place a dweller stands at most, and places
    /// visited one after the other.
    fn observe(sets: &[&str], ticks: u32) -> (f64, f64, Vec<u16>) {
        let (ground, gait, dwell) = compile(sets);
        let mut body = Body { stance: Stance::Spawns, ..Body::default() };
        let (mut on_the_way, mut farthest, mut visited) = (0, 0.0_f64, vec![]);
        for tick in 0..ticks {
            let chance = Chance::at(Seed(1), tick);
            let scene = Scene { chance, ground: &ground, gait: &gait, dwell: &dwell, circle: None, teams: 2 };
            scene.step(Mover { player_id: 1, squad: 1, team: 0 }, None, &mut body);
            if body.stance == Stance::Travels {
                on_the_way += 1;
            } else {
                let [x, y, _] = ground.spots_of_places().nth(body.goal.into()).expect("a place");
                farthest = farthest.max(distance([x, y], [body.position[0], body.position[1]]));
                if visited.last() != Some(&body.goal) {
                    visited.push(body.goal);
                }
            }
        }
        (f64::from(on_the_way) / f64::from(ticks), farthest, visited)
    }

    /// A third of movement time is travel between places (FACTS M4: .25 to .42).
    #[test]
    fn a_third_of_the_time_is_travel_and_who_dwells_stays_at_its_place() {
        let (on_the_way, farthest, visited) = observe(&[], 40_000);
        assert!((0.25..0.55).contains(&on_the_way), "{on_the_way}");
        // Radius and roaming on both axes.
        assert!((2_500.0..=3_000.0 + 1.42 * 800.0).contains(&farthest), "{farthest}");
        let mut places = visited.clone();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 25, "every place is visited");
    }

    #[test]
    fn squads_go_together_and_come_together_again_after_a_death() {
        let (ground, gait, dwell) = compile(&["movements.run.top_speed_cm_per_s=2000"]);
        let mates = [5, 77].map(|player_id| Mover { player_id, squad: 5, team: 0 });
        let mut bodies = [Body { stance: Stance::Spawns, ..Body::default() }; 2];
        let (mut together, mut apart, mut since_death) = (0, 0, 0);
        for tick in 0..4_000 {
            if tick % 100 == 99 {
                bodies[1].stance = Stance::Spawns;
                since_death = 0;
            }
            let chance = Chance::at(Seed(1), tick);
            let scene = Scene { chance, ground: &ground, gait: &gait, dwell: &dwell, circle: None, teams: 2 };
            for member in 0..2 {
                let mate = bodies[1 - member];
                let errand = (mate.stance != Stance::Spawns).then(|| mate.errand());
                scene.step(mates[member], errand, &mut bodies[member]);
            }
            since_death += 1;
            if since_death > 20 {
                if bodies[0].goal == bodies[1].goal { together += 1 } else { apart += 1 }
            }
            assert!(bodies[0].position != bodies[1].position, "side by side, not one in the other");
        }
        assert!(apart * 20 < together, "{apart} apart, {together} together");
    }

    #[test]
    fn teams_spawn_at_places_of_their_own_side_all_over_the_map() {
        let (ground, ..) = compile(&[]);
        let mut places = [[0_u32; 25]; 2];
        for team in 0..2 {
            for ordinal in 0..2_000 {
                let mut draws = Seed(1).stream(Purpose::Spawn, team.into(), ordinal);
                let (place, [x, y]) = ground.spawn(team, 2, draws.bits(), spot_in_disc(draws.bits()));
                let [east, north, radius] = ground.spots_of_places().nth(place.into()).expect("a place");
                assert!(distance([east, north], [x, y]) <= f64::from(radius) + 1.0);
                places[usize::from(team)][usize::from(place)] += 1;
            }
        }
        let used = |team: usize| places[team].iter().filter(|&&count| count > 0).count();
        let shared = (0..25).filter(|&place| places[0][place] > 0 && places[1][place] > 0).count();
        assert!(used(0) + used(1) - shared >= 20, "nearly all places: {places:?}");
        assert!(shared <= 10, "only those on the border between the sides: {places:?}");
    }

    #[test]
    fn a_circle_shrinks_and_draws_players_in() {
        let (ground, gait, dwell) = compile(&[]);
        let circle = Circle::closing(Seed(1), &ground, 5, 0.6);
        let mut body = Body::default();
        let mut inside = 0;
        for tick in 0..40 {
            let chance = Chance::at(Seed(1), tick);
            let scene = Scene { chance, ground: &ground, gait: &gait, dwell: &dwell, circle: Some(&circle), teams: 2 };
            scene.step(Mover { player_id: 1, squad: 1, team: 0 }, None, &mut body);
            inside += u32::from(tick >= 20 && circle.holds([body.position[0], body.position[1]]));
        }
        assert!(inside >= 18, "{inside} of 20 heartbeats");
        assert!(circle.radius * 3.9 < Circle::closing(Seed(1), &ground, 5, 0.0).radius);
    }
}
