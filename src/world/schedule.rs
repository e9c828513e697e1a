//! The order in which behaviours run: the only place where it is written.
//!
//! Systems run one after the other on one thread: parallelism is across realms, and within one an executor with threads
//! would cost more than the systems. What a system asks of the world in `Commands` is done before the next one runs.

use std::time::{Duration, Instant};

use bevy_ecs::prelude::*;
use bevy_ecs::system::BoxedSystem;

use super::{
    aftermath, agenda, bodies, combat, game, groups, matchmaking, meeting, morale, purchase, round, session, swept,
    teams, transmission,
};
use crate::setting::Setting;

/// A part of a tick: systems in order.
pub struct Stage {
    systems: Vec<Step>,
    is_measured: bool,
}

struct Step {
    name: &'static str,
    system: BoxedSystem,
    time: Duration,
}

/// Lists the systems of a stage; those after `if` run only where the setting asks for them.
macro_rules! stage {
    ($world:ident, [$($system:path $(, if $condition:expr)?;)+]) => {{
        let mut systems = Vec::new();
        $(
            if true $(&& $condition)? {
                let mut system: BoxedSystem = Box::new(IntoSystem::into_system($system));
                system.initialize($world);
                systems.push(Step { name: stringify!($system), system, time: Duration::ZERO });
            }
        )+
        Stage { systems, is_measured: false }
    }};
}

/// The stages of a realm.
pub struct Schedule {
    /// Before contacts are known: sessions come and go, matches end, everyone moves.
    pub before_contacts: Stage,
    /// What follows from contacts: encounters, kills, purchases, departures.
    pub after_contacts: Stage,
    /// Once, after the last tick: what is still open is cut off.
    pub closing: Stage,
}

impl Schedule {
    /// The stages for a world and its setting.
    pub fn new(world: &mut World, setting: &Setting) -> Self {
        let (sweeps, has_teams) = (setting.sweep.is_some(), setting.team_episodes.is_some());
        let before_contacts = stage!(world, [
            session::log_out_on_the_tick;
            game::release_leavers;
            session::end_sessions;
            round::end_rounds;
            matchmaking::end_matches;
            round::end_rounds_of_matches;
            meeting::close_encounters_of_matches;
            swept::close_swept_encounters_of_matches, if sweeps;
            teams::close_team_encounters_of_matches, if has_teams;
            game::write_results;
            matchmaking::empty_closed_matches;
            aftermath::ban_condemned;
            agenda::wake_players;
            session::see_in_new_day;
            session::log_in;
            purchase::plan_purchases;
            matchmaking::fill_matches;
            bodies::advance_positions;
            transmission::transmit, if setting.has_collector();
        ]);
        let after_contacts = stage!(world, [
            swept::sweep_paths, if sweeps;
            groups::list_groups, if setting.lists_groups;
            teams::meet_teams, if has_teams;
            meeting::meet_players;
            combat::fight, if setting.arsenal.is_enabled;
            bodies::respawn_dead;
            morale::give_up, if setting.effects.end_sessions();
            matchmaking::eliminate_dead;
            purchase::make_purchases;
            session::log_out;
            game::release_leavers;
            session::end_sessions;
            swept::close_swept_encounters, if sweeps;
            meeting::close_encounters;
            matchmaking::drop_leavers;
        ]);
        let closing = stage!(world, [
            matchmaking::cut_off_matches;
            round::end_rounds_of_matches;
            meeting::close_encounters_of_matches;
            swept::close_swept_encounters_of_matches, if sweeps;
            teams::close_team_encounters_of_matches, if has_teams;
            game::write_results;
            matchmaking::empty_closed_matches;
            session::cut_off_sessions;
        ]);
        Self { before_contacts, after_contacts, closing }
    }
}

impl Stage {
    /// Runs the systems in order.
    pub fn run(&mut self, world: &mut World) {
        for step in &mut self.systems {
            let started = self.is_measured.then(Instant::now);
            step.system.run((), world).expect("systems have what they ask for: the realm put it there");
            if let Some(started) = started {
                step.time += started.elapsed();
            }
        }
        world.check_change_ticks();
    }

    /// From now on measures every system.
    pub fn measure(&mut self) {
        self.is_measured = true;
    }

    /// Every system and its time so far, in order.
    pub fn times(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        self.systems.iter().map(|step| (step.name, step.time))
    }
}
