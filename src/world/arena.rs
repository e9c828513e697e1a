//! Arenas: server instances that host one match after another, and the modes that are played on them.

use bevy_ecs::prelude::*;

use super::matches::Match;
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

    /// Starts the next match here, which is still empty.
    pub fn start(&mut self, setting: &Setting, realm: u32, tick: u32, game: &mut Match) {
        let rules = &setting.modes[usize::from(self.mode)];
        let ordinal = self.matches;
        self.matches += 1;
        let about = mix(mix(self.founder as u64).wrapping_add(tick.into()));
        let map = random::pick(about, rules.maps.iter().map(|(_, streams)| (*streams, 1.0)));
        let (shortest, longest) = rules.length_ticks;
        let length = shortest + setting.seed.stream(Purpose::MatchLength, about, 0).below(longest - shortest + 1);
        game.id = i64::from(realm) << 44 | i64::from(self.id) << 22 | i64::from(ordinal);
        game.map = rules.maps[map].0;
        game.region = self.region;
        game.about = about;
        game.started_tick = tick;
        game.ends_tick = tick + length;
    }
}
