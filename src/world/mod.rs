//! The world: realms, closed worlds of players, sessions, matches and arenas that are stepped tick by tick.
//!
//! Actors are entities. They meet only through components, `messages` and the resources of a `tick`, and each file
//! stands on those before it: `account`, `aftermath`, `agenda` and `session` know no match; `roster`, `scoreboard`, `game` and `round`
//! know no body; `bodies`, `meeting`, `swept` and `teams` keep what they need of a match in a component of their own; `combat`,
//! `groups`, `purchase` and `morale` look at these; `matchmaking` brings all together. `schedule` is the order of their systems,
//! `save` that of their state, `realm` the world that holds them, `step` the protocol of a tick.

mod account;
mod aftermath;
mod agenda;
mod arena;
mod bodies;
mod combat;
mod game;
mod groups;
mod journal;
mod lobby;
mod matchmaking;
mod meeting;
mod messages;
mod morale;
mod movement;
mod parties;
mod purchase;
mod realm;
mod roster;
mod round;
mod save;
mod schedule;
mod scoreboard;
mod session;
mod step;
mod swept;
mod teams;
mod tick;
mod trajectory;
mod transmission;

pub use movement::{Body, Chance, Mover, Scene};
pub use realm::Realm;
pub use save::LoadError;
pub use step::Stepper;
pub(crate) use step::step_day;
pub(crate) use trajectory::Trajectories;
