//! `achievements`: one row an achievement.

use crate::scenario::sections::Achievement;
use crate::setting::{Deed, Setting};
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row an achievement that players can unlock.
    AchievementRow in "achievements", Dimension, sorted by (|row| (i64::from(row.achievement.index), 0)) ["achievement"] {
        /// Achievement.
        1 achievement: Text<domain::AchievementName>, Dictionary;
        /// What is counted: matches, kills, sessions or purchases.
        2 counts: Text<domain::DeedName>, Dictionary;
        /// The count that unlocks it.
        3 threshold: i32, Plain;
    }
}

impl Dimension for AchievementRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let row = |(index, achievement): (usize, &Achievement)| Self {
            achievement: Text::at(index),
            counts: Text::at(Deed::named(&achievement.counts) as usize),
            threshold: achievement.threshold as i32,
        };
        setting.scenario.file.achievements.values().enumerate().map(row).collect()
    }
}
