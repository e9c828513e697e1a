//! Careers: how players grow, and what they unlock by it, compiled.

use crate::scenario::sections::{CareerKeys, File};

/// What achievements count. The order is that of the names in `achievements.counts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Matches joined.
    Matches,
    /// Kills.
    Kills,
    /// Sessions.
    Sessions,
    /// Purchases.
    Purchases,
}

impl Deed {
    /// Names in order.
    pub const NAMES: [&str; 4] = ["matches", "kills", "sessions", "purchases"];
    const ALL: [Self; 4] = [Self::Matches, Self::Kills, Self::Sessions, Self::Purchases];

    /// The one with a name that the scenario's declaration allows.
    pub fn named(name: &str) -> Self {
        Self::ALL[Self::NAMES.iter().position(|own| *own == name).expect("one of the names")]
    }
}

/// What somebody has done so far, by [`Deed`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deeds(pub [u32; 4]);

impl Deeds {
    fn of(&self, deed: Deed) -> u32 {
        self.0[deed as usize]
    }
}

/// Careers, compiled.
#[derive(Clone, Debug)]
pub struct Careers {
    keys: CareerKeys,
    /// What each achievement counts, and its threshold.
    achievements: Vec<(Deed, u32)>,
    /// Experience that each level from the second on takes.
    levels: Vec<i64>,
}

impl Careers {
    /// Compiles them.
    pub fn new(file: &File) -> Self {
        let keys = file.careers.clone();
        let takes = |level: u32| {
            libm::round(f64::from(keys.level_experience) * libm::pow(f64::from(level - 1), keys.level_exponent)) as i64
        };
        let achievements = file.achievements.values();
        Self {
            achievements: achievements.map(|entry| (Deed::named(&entry.counts), entry.threshold)).collect(),
            levels: (2..=keys.levels).map(takes).collect(),
            keys,
        }
    }

    /// Skill that practice has added after so many matches: a power-type learning curve (FACTS C8).
    pub fn practice(&self, matches: u32) -> f64 {
        self.keys.practice * libm::log1p(f64::from(matches) / self.keys.practice_matches)
    }

    /// Skill that is gone after so many days without a session.
    pub fn rust(&self, days_away: u32) -> f64 {
        self.keys.rust * libm::log1p(f64::from(days_away) / 7.0)
    }

    /// The achievements that are reached between two counts, and the count of each.
    pub fn unlocked(&self, before: Deeds, after: Deeds) -> impl Iterator<Item = (usize, u32)> {
        let reached = move |(index, (deed, threshold)): (usize, &(Deed, u32))| {
            let (before, after) = (before.of(*deed), after.of(*deed));
            (before < *threshold && *threshold <= after).then_some((index, after))
        };
        self.achievements.iter().enumerate().filter_map(reached)
    }

    /// Experience for what somebody has done.
    pub fn experience(&self, deeds: Deeds) -> i64 {
        let [matches, kills] = [Deed::Matches, Deed::Kills].map(|deed| i64::from(deeds.of(deed)));
        matches * i64::from(self.keys.match_experience) + kills * i64::from(self.keys.kill_experience)
    }

    /// The level that experience is enough for, from 1.
    pub fn level(&self, experience: i64) -> u32 {
        1 + self.levels.partition_point(|takes| *takes <= experience) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn counts_unlock_once_and_levels_rise_ever_more_slowly() {
        let sets = ["achievements.seasoned.threshold=10".to_owned()];
        let file = Scenario::parse("t", "t", "", &sets).expect("valid").file;
        let careers = Careers::new(&file);
        let seasoned = file.achievements.index_of("seasoned").expect("built in");
        let unlocks = |from: u32, to: u32| {
            let deeds = |matches| Deeds([matches, 0, 0, 0]);
            careers.unlocked(deeds(from), deeds(to)).any(|(index, count)| index == seasoned && count == to)
        };
        assert!(!unlocks(0, 9) && unlocks(9, 10) && unlocks(3, 40) && !unlocks(10, 11));
        assert_eq!([0, 399, 400].map(|experience| careers.level(experience)), [1, 1, 2]);
        let steps: Vec<i64> = careers.levels.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]) && careers.level(i64::MAX) == 100);
        assert_eq!(careers.experience(Deeds([3, 5, 9, 9])), 200);
    }

    #[test]
    fn breaks_cost_skill_and_practice_adds_some() {
        let careers = Careers::new(&Scenario::parse("t", "t", "", &[]).expect("valid").file);
        assert_eq!((careers.rust(0), careers.practice(0)), (0.0, 0.0));
        assert!(careers.rust(7) < careers.rust(90) && careers.practice(20) < careers.practice(200));
        assert!((careers.rust(7) - 0.1 * std::f64::consts::LN_2).abs() < 1e-12);
    }
}
