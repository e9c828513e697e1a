//! Arenas: server instances that host one match after another.

use bevy_ecs::prelude::*;

use super::game::Match;
use super::tick::RealmId;
use crate::random::{self, Purpose, mix};
use crate::setting::Setting;
use crate::tape::Tape;

/// A server instance.
#[derive(Component, Clone, Debug, Default)]
pub struct Arena {
    /// Number within the realm.
    pub id: u32,
    /// Index of the mode it hosts.
    pub mode: u16,
    /// Index of its region.
    pub region: u16,
    /// Session for which it was opened last: what its draws are about.
    pub founder: i64,
    /// Matches hosted so far.
    pub matches: u32,
}

/// The arena that hosts a match.
#[derive(Component, Clone, Copy, Debug)]
pub struct Host(pub Entity);

/// Arenas of a realm and matches of an arena: what their bits of a match number hold.
pub const MAX_PER_FIELD: u32 = 1 << 22;

impl Arena {
    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.u32(&mut self.id);
        tape.u16(&mut self.mode);
        tape.u16(&mut self.region);
        tape.i64(&mut self.founder);
        tape.u32(&mut self.matches);
    }

    /// The next match here, which starts at a tick.
    pub fn next_match(&mut self, setting: &Setting, realm: RealmId, tick: u32) -> Match {
        let rules = &setting.modes[usize::from(self.mode)];
        let ordinal = self.matches;
        self.matches += 1;
        let about = mix(mix(self.founder as u64).wrapping_add(tick.into()));
        let map = random::pick(about, rules.maps.iter().map(|(_, streams)| (*streams, 1.0)));
        let (shortest, longest) = rules.length_ticks;
        let length = shortest + setting.seed.stream(Purpose::MatchLength, about, 0).below(longest - shortest + 1);
        Match {
            id: i64::from(realm.0) << 44 | i64::from(self.id) << 22 | i64::from(ordinal),
            arena_id: self.id,
            mode: self.mode,
            map: rules.maps[map].0,
            region: self.region,
            about,
            started_tick: tick,
            ends_tick: tick + length,
        }
    }
}
