//! `truth_players`: one row an account, with what telemetry would not show.

use crate::population::Profile;
use crate::setting::Setting;
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Account, table};

table! {
    /// One row an account: the latent traits that decide its behaviour and that telemetry would not show.
    TruthPlayerRow in "truth_players", Dimension, sorted by (|row| (i64::from(row.player_id), 0)) ["player_id"] {
        /// Account number.
        1 player_id: i32, Delta;
        /// Archetype.
        2 archetype: Text<domain::ArchetypeName>, Dictionary;
        /// Spending cluster; non_payer for those who never pay.
        3 cluster: Text<domain::ClusterName>, Dictionary;
        /// Engagement, thousandths of a standard deviation.
        4 engagement_milli: i32, DeltaRaw;
        /// Skill, thousandths of a standard deviation.
        5 skill_milli: i32, DeltaRaw;
        /// Chance of leaving for good after an active day, millionths.
        6 churn_ppm: i32, DeltaRaw;
        /// Mean session length in seconds.
        7 session_length_s: i32, DeltaRaw;
        /// Minute of the day, local time, around which sessions start.
        8 peak_minute: i32, DeltaRaw;
        /// How the account cheats, sooner or later; none for the honest.
        9 cheat: Text<domain::CheatName>, Dictionary;
        /// Day of the run from which on it cheats, from 0; -1 for the honest.
        10 cheats_from_day: i32, Dictionary;
        /// Friend whom it follows in this; 0 if it began on its own, or does not cheat.
        11 cheats_after: i32, Dictionary;
    }
}

impl Account for TruthPlayerRow {
    fn of(setting: &Setting, profile: &Profile) -> Self {
        let guilt = setting.cheating.guilt(&setting.population, &setting.friendships, profile.nature.id);
        let milli = |value: f64| libm::round(value * 1e3) as i32;
        Self {
            player_id: profile.nature.id,
            archetype: Text::at(profile.nature.archetype.into()),
            cluster: Text::at(profile.cluster.into()),
            engagement_milli: milli(profile.nature.engagement),
            skill_milli: milli(profile.skill),
            churn_ppm: libm::round(profile.nature.churn * 1e6) as i32,
            session_length_s: libm::round(profile.session_s.min(1e9)) as i32,
            peak_minute: (libm::round(profile.peak_hour * 60.0) as i32).rem_euclid(1440),
            cheat: Text::at(guilt.map_or(0, |guilt| 1 + usize::from(guilt.cheat))),
            cheats_from_day: guilt.map_or(-1, |guilt| guilt.from_day.max(0)),
            cheats_after: guilt.map_or(0, |guilt| guilt.after),
        }
    }
}
