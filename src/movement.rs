//! Movement: where players stand at each heartbeat.
//!
//! A heartbeat needs only the state at its time, so a step jumps 30 seconds at once: dwell (roam around), travel
//! towards a target no farther than top speed allows, or respawn. Positions are integer centimetres; the only floats
//! are IEEE multiplication, division and square root, which are the same on every machine.
use bevy_ecs::prelude::*;

use crate::ground::{Circle, Ground, HypotExact};
use crate::journal::Journal;
use crate::matches::Match;
use crate::matchmaking::Lobby;
use crate::random::{Purpose, Stream};
use crate::realm::{Now, Positions};
use crate::scenario::sections::{File, Mode};
use crate::setting::Rules;
use crate::tape::Tape;
use crate::trajectory::{Heartbeat, Slot, Trajectories};

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
    pub slot: Slot,
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

/// Puts a player at a spawn of the team.
pub fn spawn(ground: &Ground, team: u8, teams: u8, body: &mut Body, draws: &mut Stream) {
    let [x, y] = ground.spawn(team, teams, draws);
    body.position = [x, y, ground.height(x, y)];
    body.is_travelling = false;
}

/// One heartbeat interval of movement.
#[inline]
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

/// Moves everyone in every match by one heartbeat, notes where they stand and lays out the frame for detection.
pub fn advance_positions(
    rules: Res<Rules>,
    now: Res<Now>,
    lobby: Res<Lobby>,
    mut frame: ResMut<Positions>,
    mut trajectories: ResMut<Trajectories>,
    mut journal: ResMut<Journal>,
    mut matches: Query<&mut Match>,
    mut bodies: Query<&mut Body>,
) {
    frame.0.clear();
    for (_, entity) in &lobby.games {
        let Ok(mut game) = matches.get_mut(*entity) else { continue };
        let game = &mut *game;
        let mode = &rules.modes[usize::from(game.mode)];
        let ground = &rules.grounds[usize::from(game.map)];
        if game.has_leavers {
            game.sweep_present();
        }
        let circle = mode.circle_closes.then(|| {
            let elapsed = f64::from(now.tick - game.started_tick) / f64::from(game.ends_tick - game.started_tick);
            Circle::closing(rules.seed, ground, game.about, elapsed)
        });
        for participant in &game.present {
            let participation = &mut game.roster[*participant as usize];
            let Ok(mut body) = bodies.get_mut(participation.session) else { continue };
            let body = &mut *body;
            let about = participation.player_id as u64;
            if participation.must_spawn {
                participation.must_spawn = false;
                let mut draws = rules.seed.stream(Purpose::Spawn, about, now.tick.into());
                spawn(ground, participation.team, mode.teams, body, &mut draws);
            } else {
                let mut draws = rules.seed.stream(Purpose::Movement, about, now.tick.into());
                step(ground, &mode.gait, circle.as_ref(), body, &mut draws);
            }
            // Coordinates one by one: reading back as a whole what was just written in parts would stall the processor.
            let [x, y, z] = [0, 1, 2].map(|axis| body.position[axis]);
            frame.0.push([x, y, z]);
            let heartbeat = Heartbeat {
                session_id: participation.session_id,
                player_id: participation.player_id,
                ended_s: participation.ended_s,
                match_id: game.id,
                team: participation.team,
                position: [x, y, z],
            };
            trajectories.record(rules.clock, &mut body.slot, now.tick, heartbeat);
        }
        frame.0.end_match();
    }
    journal.rows.aggregate.heartbeats += frame.0.len() as u64;
    journal.rows.aggregate.peak_online = journal.rows.aggregate.peak_online.max(frame.0.len() as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
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
