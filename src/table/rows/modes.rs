//! `modes`: one row a mode.

use crate::scenario::sections::Mode;
use crate::setting::{ModeRules, Setting};
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row a mode.
    ModeRow in "modes", Dimension, sorted by (|row| (i64::from(row.mode.index), 0)) ["mode"] {
        /// Mode.
        1 mode: Text<domain::ModeName>, Dictionary;
        /// Teams in a match.
        2 teams: i8, Plain;
        /// Players in a team.
        3 team_size: i32, Plain;
        /// Mean match length in seconds.
        4 match_length_s: i32, Plain;
        /// Whether a death ends the match for the victim.
        5 is_elimination: bool, Plain;
        /// Top speed of players, centimetres per second.
        6 top_speed_cm_per_s: i32, Plain;
    }
}

impl Dimension for ModeRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let row = |((index, mode), rules): ((usize, &Mode), &ModeRules)| Self {
            mode: Text::at(index),
            teams: mode.teams as i8,
            team_size: mode.team_size as i32,
            match_length_s: libm::round(mode.match_minutes * 60.0) as i32,
            is_elimination: mode.elimination,
            top_speed_cm_per_s: rules.gait.top_speed_cm_per_s as i32,
        };
        setting.scenario.file.modes.values().enumerate().zip(&setting.modes).map(row).collect()
    }
}
