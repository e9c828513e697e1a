//! What actors tell one another. Everything is read within the tick in which it is written, and whoever reads it last
//! takes it out: nothing is left between ticks, so nothing of it is part of saved state.

use bevy_ecs::prelude::*;

use crate::encounter::EndReason;
use crate::table::MatchEnd;

/// Where a session sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The match.
    pub game: Entity,
    /// Number of the participation in it.
    pub participant: u32,
}

/// A session leaves its match, because it logs out or is eliminated. Who does both in one tick leaves twice; the first
/// time counts. Taken out by `game::release_leavers`.
#[derive(Message, Clone, Copy, Debug)]
pub struct Left {
    /// From where.
    pub seat: Seat,
    /// First tick without it.
    pub left_tick: u32,
    /// Exact time, milliseconds since 1970.
    pub left_ms: i64,
}

/// A session has logged in. Taken out by `purchase::plan_purchases`.
#[derive(Message, Clone, Copy, Debug)]
pub struct LoggedIn(pub Entity);

/// A session has logged out; what it did in its match is on its account when this is read. Taken out by
/// `session::end_sessions`.
#[derive(Message, Clone, Copy, Debug)]
pub struct LoggedOut(pub Entity);

/// Somebody was killed. Taken out by `matchmaking::eliminate_dead`.
#[derive(Message, Clone, Copy, Debug)]
pub struct Died {
    /// The victim's place.
    pub seat: Seat,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// A session has lost a match that it has played to its end. Only told where that matters; taken out by `morale::give_up`.
#[derive(Message, Clone, Copy, Debug)]
pub struct Lost(pub Entity);

/// A match has ended; whoever is present leaves it or goes on to the next one. Taken out by
/// `matchmaking::empty_closed_matches`.
#[derive(Message, Clone, Copy, Debug)]
pub struct MatchClosed {
    /// The match.
    pub game: Entity,
    /// Why.
    pub end: MatchEnd,
    /// First tick after it.
    pub end_tick: u32,
}

impl MatchClosed {
    /// Why encounters that are open in the match end.
    pub fn reason(&self) -> EndReason {
        if self.end == MatchEnd::RunEnd { EndReason::RunEnd } else { EndReason::MatchEnd }
    }
}

/// Makes room for messages in a world.
pub fn register(world: &mut World) {
    world.init_resource::<Messages<Left>>();
    world.init_resource::<Messages<LoggedIn>>();
    world.init_resource::<Messages<LoggedOut>>();
    world.init_resource::<Messages<Died>>();
    world.init_resource::<Messages<Lost>>();
    world.init_resource::<Messages<MatchClosed>>();
}

/// Whether every message has been taken out.
pub fn are_all_read(world: &World) -> bool {
    world.resource::<Messages<Left>>().is_empty()
        && world.resource::<Messages<LoggedIn>>().is_empty()
        && world.resource::<Messages<LoggedOut>>().is_empty()
        && world.resource::<Messages<Died>>().is_empty()
        && world.resource::<Messages<Lost>>().is_empty()
        && world.resource::<Messages<MatchClosed>>().is_empty()
}
