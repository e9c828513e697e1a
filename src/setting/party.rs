//! Parties, compiled: who asks friends along, and how many.

use crate::random::Stream;
use crate::scenario::sections::File;

/// The rules of parties.
#[derive(Clone, Debug)]
pub struct PartyRules {
    /// Chance that a session asks friends along.
    pub share: f64,
    /// How much better a player is for each mate, in units of skill.
    pub mate_skill: f64,
    /// Cumulative chances that 2, 3, 4 and 5 are wanted.
    cumulative: [f64; 4],
    size_max: u8,
}

impl PartyRules {
    /// Compiles the rules. Without room for two in a team of any mode there are no parties.
    pub fn new(file: &File) -> Self {
        let keys = &file.parties;
        let playable = file.modes.values().filter(|mode| mode.weight > 0.0);
        let largest_team = playable.map(|mode| mode.team_size).max().unwrap_or(1);
        let size_max = if keys.size_max == 0 { largest_team.min(5) } else { keys.size_max };
        let total: f64 = keys.size_weights.iter().sum();
        let mut sum = 0.0;
        let cumulative = std::array::from_fn(|size| {
            sum += keys.size_weights[size] / total;
            sum
        });
        let share = if size_max < 2 { 0.0 } else { keys.share };
        Self { share, mate_skill: keys.mate_skill, cumulative, size_max: size_max as u8 }
    }

    /// How many a session wants to play with, itself included; none if it asks nobody.
    pub fn wanted_size(&self, draws: &mut Stream) -> Option<u8> {
        if !draws.chance(self.share) {
            return None;
        }
        let at = draws.unit();
        let larger = self.cumulative.iter().take_while(|&&cumulative| cumulative < at).count().min(3);
        Some((2 + larger as u8).min(self.size_max))
    }
}
