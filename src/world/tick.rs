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
    /// The id of the n-th thing of a kind in this realm.
    #[inline]
    pub fn numbered(self, n: i64) -> i64 {
        i64::from(self.0) << 40 | n
    }
}

/// Who stands where at this tick, match by match in the order of the lobby.
#[derive(Resource, Debug, Default)]
pub struct Positions {
    /// Where.
    pub frame: Frame,
    /// Account number of each.
    pub player_id: Vec<i32>,
    /// Team of each.
    pub team: Vec<u8>,
}

impl Positions {
    /// Nobody yet, keeping memory.
    pub fn clear(&mut self) {
        self.frame.clear();
        self.player_id.clear();
        self.team.clear();
    }

    /// Position of the n-th member present in a match of the frame.
    #[inline]
    pub fn of_member(&self, index: usize, member: u32) -> [i32; 3] {
        self.at(self.frame.starts[index] + member)
    }

    /// Position of the n-th of all.
    #[inline]
    pub fn at(&self, at: u32) -> [i32; 3] {
        let Frame { x, y, z, .. } = &self.frame;
        [x, y, z].map(|axis| axis[at as usize])
    }
}

/// Contacts of this tick.
#[derive(Resource, Debug, Default)]
pub struct Found(pub Contacts);
