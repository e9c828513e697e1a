//! The population: who players are and when they play, as pure functions of seed, account number and day.

mod friends;
mod player;
mod sitting;

pub(crate) use friends::{Acquainted, Chair, Friendships, LAYERS, Social};
pub(crate) use player::{CountryRules, Population, Profile};
pub(crate) use sitting::{DayPlan, SessionEnd, SessionRules, Sitting, plan_day};
