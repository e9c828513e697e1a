//! The population: who players are and when they play, as pure functions of seed, account number and day.

mod player;
mod sitting;

pub use player::{Country, Nature, Population, Profile};
pub use sitting::{SessionEnd, SessionRules, Sitting, plan_day};
