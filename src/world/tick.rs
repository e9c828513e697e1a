//! What every behaviour may look at: the tick, the realm, the rules, where everyone stands and who is near whom.

use std::sync::Arc;

use bevy_ecs::prelude::*;

use crate::encounter::{Contacts, Frame};
use crate::setting::Setting;

/// The setting as systems see it.
#[derive(Resource, Clone, Debug)]
pub struct Rules(pub Arc<Setting>);

impl std::ops::Deref for Rules {
    type Target = Setting;
    fn deref(&self) -> &Setting {
        &self.0
    }
}

/// The tick being simulated.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Now {
    /// Tick since the run's start.
    pub tick: u32,
}

/// Number of the realm.
#[derive(Resource, Clone, Copy, Debug)]
pub struct RealmId(pub u32);

impl RealmId {
    /// Accounts of this realm made on a day of the run.
    pub fn installs_on(self, setting: &Setting, day: i32) -> impl Iterator<Item = i32> + use<> {
        self.accounts(setting, setting.population.installed_before(day), setting.population.installed_before(day + 1))
    }

    /// Accounts of this realm among ids `first + 1 ..= last`.
    pub fn accounts(self, setting: &Setting, first: u32, last: u32) -> impl Iterator<Item = i32> + use<> {
        // Player ids start at 1; realm r has the ids r + 1, r + 1 + realms, ...
        let realms = setting.size.realms;
        let skip = (first + realms - 1).saturating_sub(self.0) / realms;
        (skip..).map(move |n| n * realms + self.0 + 1).take_while(move |&id| id <= last).map(|id| id as i32)
    }
}

/// Positions of this tick, match by match in the order of [`Lobby::games`].
#[derive(Resource, Debug, Default)]
pub struct Positions(pub Frame);

impl Positions {
    /// Position of the n-th member present in a match of the frame.
    pub fn of_member(&self, index: usize, member: u32) -> [i32; 3] {
        let at = self.0.starts[index] as usize + member as usize;
        [self.0.x[at], self.0.y[at], self.0.z[at]]
    }
}

/// Contacts of this tick.
#[derive(Resource, Debug, Default)]
pub struct Found(pub Contacts);
