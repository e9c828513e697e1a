//! The lobby: who waits for a match, and the matches and arenas that there are.

use std::collections::BTreeMap;

use bevy_ecs::prelude::*;

/// Who waits for a match, and the matches there are.
#[derive(Resource, Debug, Default)]
pub struct Lobby {
    /// Sessions to seat at the next chance. All of them are online then.
    pub arrivals: Vec<Entity>,
    /// Open matches by number: their order in a frame.
    pub games: Vec<(i64, Entity)>,
    /// Arenas without a match, by mode, region and number: used again before new ones open.
    pub idle_arenas: BTreeMap<(u16, u16), BTreeMap<u32, Entity>>,
    /// Arenas opened so far.
    pub arenas_opened: u32,
}

/// What holds of every entry of [`Lobby::games`].
pub const IS_OPEN: &str = "an open match is an entity with all that matches have";
