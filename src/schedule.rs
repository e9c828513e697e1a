//! The order in which behaviours run: the only place where it is written.

use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{ScheduleLabel, SingleThreadedExecutor};

use crate::{arena, combat, purchase, session};

/// What happens before contacts are known: matches end, sessions come and go, everyone moves.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct BeforeContacts;

/// What follows from contacts: encounters, kills, purchases, departures.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct AfterContacts;

/// The schedule around detection: first half.
pub fn before_contacts() -> Schedule {
    let mut schedule = Schedule::new(BeforeContacts);
    // Parallelism is across realms; within one, an executor with threads would cost more than the systems.
    schedule.set_executor(SingleThreadedExecutor::new());
    schedule.add_systems(
        (
            arena::end_matches,
            session::log_out_on_the_tick,
            session::wake_players,
            session::log_in,
            arena::fill_matches,
            arena::advance_positions,
        )
            .chain(),
    );
    schedule
}

/// The schedule around detection: second half.
pub fn after_contacts() -> Schedule {
    let mut schedule = Schedule::new(AfterContacts);
    schedule.set_executor(SingleThreadedExecutor::new());
    schedule.add_systems(
        (combat::meet_and_fight, purchase::make_purchases, session::log_out, combat::close_encounters).chain(),
    );
    schedule
}
