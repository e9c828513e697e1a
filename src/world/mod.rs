//! The world: realms, closed worlds of players, matches and arenas that are stepped tick by tick.

mod account;
mod arena;
mod bodies;
mod combat;
mod groups;
mod journal;
mod matches;
mod matchmaking;
mod movement;
mod purchase;
mod realm;
mod schedule;
mod session;
mod step;
mod swept;
mod teams;
mod tick;
mod trajectory;

pub use movement::{Body, step as step_body};
pub use realm::Realm;
pub use step::{StepTimes, Stepper, step_day};
pub use trajectory::Trajectories;
