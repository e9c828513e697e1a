//! The order in which behaviours run: the only place where it is written.

use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{ScheduleLabel, SingleThreadedExecutor};

use crate::{combat, groups, matchmaking, movement, purchase, session, swept, teams};

/// What happens before contacts are known: matches end, sessions come and go, everyone moves.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct BeforeContacts;

/// What follows from contacts: encounters, kills, purchases, departures.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct AfterContacts;

/// A schedule of its own for one system, for measuring it.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alone(&'static str);

/// Lists the systems of a half once, for the chained schedule and for measuring each by itself.
macro_rules! half {
    ($label:expr, $chained:ident, $alone:ident, [$($system:path),+ $(,)?]) => {
        /// The half as one schedule: its systems one after the other.
        pub fn $chained() -> Schedule {
            let mut schedule = single_threaded($label);
            schedule.add_systems(($($system,)+).chain());
            schedule
        }

        /// The half as one schedule a system, in order, each with its name.
        pub fn $alone() -> Vec<(&'static str, Schedule)> {
            vec![$({
                let mut schedule = single_threaded(Alone(stringify!($system)));
                schedule.add_systems($system);
                (stringify!($system), schedule)
            }),+]
        }
    };
}

half!(
    BeforeContacts,
    before_contacts,
    each_before_contacts,
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
    AfterContacts,
    after_contacts,
    each_after_contacts,
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

fn single_threaded(label: impl ScheduleLabel) -> Schedule {
    let mut schedule = Schedule::new(label);
    // Parallelism is across realms; within one, an executor with threads would cost more than the systems.
    schedule.set_executor(SingleThreadedExecutor::new());
    schedule
}
