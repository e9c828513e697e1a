//! The order in which behaviours run: the only place where it is written.

use std::time::{Duration, Instant};

use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{ScheduleLabel, SingleThreadedExecutor};

use super::{combat, groups, matchmaking, movement, purchase, session, swept, teams};

/// The label of every schedule: none is ever looked up by it.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct Unnamed;

/// Half a tick: the systems before detection, or those after it.
pub struct Half {
    /// The systems one after the other.
    chained: Schedule,
    /// Each by itself with its time so far, if they are measured.
    alone: Vec<(&'static str, Schedule, Duration)>,
    systems: fn() -> Vec<(&'static str, Schedule)>,
}

/// Lists the systems of a half once, for the chained schedule and for measuring each by itself.
macro_rules! half {
    ($(#[doc = $doc:literal])+ $name:ident, [$($system:path),+ $(,)?]) => {
        $(#[doc = $doc])+
        pub fn $name() -> Self {
            let mut chained = single_threaded();
            chained.add_systems(($($system,)+).chain());
            let systems = || {
                vec![$({
                    let mut schedule = single_threaded();
                    schedule.add_systems($system);
                    (stringify!($system), schedule)
                }),+]
            };
            Self { chained, alone: Vec::new(), systems }
        }
    };
}

impl Half {
    half!(
        /// What happens before contacts are known: matches end, sessions come and go, everyone moves.
        before_contacts,
        [
            matchmaking::end_matches,
            session::log_out_on_the_tick,
            session::wake_players,
            session::log_in,
            matchmaking::fill_matches,
            movement::advance_positions,
        ]
    );

    half!(
        /// What follows from contacts: encounters, kills, purchases, departures.
        after_contacts,
        [
            swept::sweep_paths,
            groups::list_groups,
            teams::meet_teams,
            combat::meet_and_fight,
            purchase::make_purchases,
            session::log_out,
            swept::close_swept_encounters,
            combat::close_encounters,
        ]
    );

    /// Runs the systems in order.
    pub fn run(&mut self, world: &mut World) {
        if self.alone.is_empty() {
            self.chained.run(world);
        }
        for (_, schedule, time) in &mut self.alone {
            let started = Instant::now();
            schedule.run(world);
            *time += started.elapsed();
        }
    }

    /// From now on runs each system by itself and measures it.
    pub fn measure(&mut self) {
        let alone = (self.systems)().into_iter();
        self.alone = alone.map(|(name, schedule)| (name, schedule, Duration::ZERO)).collect();
    }

    /// Every system that is measured, and its time so far.
    pub fn times(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        self.alone.iter().map(|(name, _, time)| (*name, *time))
    }
}

fn single_threaded() -> Schedule {
    let mut schedule = Schedule::new(Unnamed);
    // Parallelism is across realms; within one, an executor with threads would cost more than the systems.
    schedule.set_executor(SingleThreadedExecutor::new());
    schedule
}
