//! Effects: causes and their true sizes, which `truth_effects` tells.

use crate::random::{Purpose, Seed};
use crate::scenario::sections::{EffectKeys, File};

/// A cause and its effect.
pub struct Cause {
    /// Name.
    pub name: &'static str,
    /// What its size is.
    pub meaning: &'static str,
    /// Its size.
    pub size: fn(&File) -> f64,
}

/// Every effect whose size is known, in the order of names.
pub const EFFECTS: [Cause; 7] = [
    Cause {
        name: "death_ends_session",
        meaning: "Chance that a death ends the victim's session within the next heartbeat interval, if it would have gone on.",
        size: |file| file.effects.death_ends_session,
    },
    Cause {
        name: "engagement_makes_payers",
        meaning: "Correlation of paying with engagement within an archetype, on the scale of normal variables.",
        size: |file| file.payers.engagement_correlation,
    },
    Cause {
        name: "losing_ends_career",
        meaning: "Chance that a session with more deaths than kills makes a player leave for good who would have come back.",
        size: |file| file.effects.losing_ends_career,
    },
    Cause {
        name: "loss_ends_session",
        meaning: "Chance that a lost match ends the session of whoever was there at its end, within the next heartbeat interval, if it would have gone on.",
        size: |file| file.effects.loss_ends_session,
    },
    Cause {
        name: "mates_add_skill",
        meaning: "Units of skill that each mate adds who is seated at the same time.",
        size: |file| file.parties.mate_skill,
    },
    Cause {
        name: "party_keeps_player",
        meaning: "Chance that one who would leave for good after an active day comes back, because it has played in a party on it.",
        size: |file| file.effects.party_keeps_player,
    },
    Cause {
        name: "purchase_keeps_player",
        meaning: "Change of the chance of leaving for good that a purchase causes: none, though payers stay longer.",
        size: |_| 0.0,
    },
];

/// What makes players stop, compiled.
#[derive(Clone, Debug)]
pub struct Effects {
    seed: Seed,
    keys: EffectKeys,
}

/// What an effect is drawn about, so that those of one session and tick differ.
#[derive(Clone, Copy, Debug)]
enum Occasion {
    Death = 1,
    Loss = 2,
    Losing = 3,
    Party = 4,
    End = 5,
}

impl Effects {
    /// Compiles them.
    pub fn new(file: &File) -> Self {
        Self { seed: Seed(file.seed), keys: file.effects.clone() }
    }

    /// Whether anything ends a session before its time.
    pub fn end_sessions(&self) -> bool {
        self.keys.death_ends_session > 0.0 || self.keys.loss_ends_session > 0.0
    }

    /// Whether a death at a tick ends the session of the victim.
    pub fn death_ends(&self, session_id: i64, tick: u32) -> bool {
        self.happens(self.keys.death_ends_session, Occasion::Death, session_id, tick)
    }

    /// Whether a match lost at a tick ends a session.
    pub fn loss_ends(&self, session_id: i64, tick: u32) -> bool {
        self.happens(self.keys.loss_ends_session, Occasion::Loss, session_id, tick)
    }

    /// Whether a session with more deaths than kills ends a career.
    pub fn losing_ends_career(&self, session_id: i64) -> bool {
        self.happens(self.keys.losing_ends_career, Occasion::Losing, session_id, 0)
    }

    /// Whether a player who has played in a party on a day comes back because of it.
    pub fn party_keeps(&self, player_id: i32, day: u32) -> bool {
        self.happens(self.keys.party_keeps_player, Occasion::Party, player_id.into(), day)
    }

    /// Second of the next interval, below so many, in which a session ends that something ends.
    pub fn second_of_end(&self, session_id: i64, tick: u32, seconds: u32) -> u32 {
        self.draws(Occasion::End, session_id, tick).below(seconds)
    }

    fn happens(&self, chance: f64, occasion: Occasion, about: i64, ordinal: u32) -> bool {
        chance > 0.0 && self.draws(occasion, about, ordinal).chance(chance)
    }

    fn draws(&self, occasion: Occasion, about: i64, ordinal: u32) -> crate::random::Stream {
        self.seed.stream(Purpose::Effect, about as u64, u64::from(ordinal) << 8 | occasion as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn effects_are_as_large_as_they_say_and_in_the_order_of_their_names() {
        assert!(EFFECTS.windows(2).all(|pair| pair[0].name < pair[1].name));
        let sets = ["effects.death_ends_session=0.1".to_owned(), "effects.party_keeps_player=0.4".to_owned()];
        let file = Scenario::parse("t", "t", "", &sets).expect("valid").file;
        let effects = Effects::new(&file);
        let deaths = (0..20_000).filter(|id| effects.death_ends(id << 16, 77)).count();
        let kept = (0..20_000).filter(|id| effects.party_keeps(*id, 3)).count();
        assert!((1_850..2_150).contains(&deaths) && (7_750..8_250).contains(&kept), "{deaths} {kept}");
        assert!((0..20_000).all(|id| !effects.loss_ends(id, 5) && !effects.losing_ends_career(id)));
        assert_eq!((EFFECTS[0].size)(&file), 0.1);
    }
}
