//! `truth_effects`: one row an effect whose true size is known.

use crate::setting::{EFFECTS, Setting};
use crate::table::cell::Text;
use crate::table::domain;
use crate::table::registry::{Dimension, table};

table! {
    /// One row a cause and its true effect, so that estimates from telemetry can be graded. The effects of sales are in sales.
    TruthEffectRow in "truth_effects", Dimension, sorted by (|row| (i64::from(row.effect.index), 0)) ["effect"] {
        /// Effect.
        1 effect: Text<domain::EffectName>, Dictionary;
        /// Its size, millionths; what of is in its meaning.
        2 size_ppm: i32, Plain;
        /// What the size is.
        3 meaning: Text<domain::EffectMeaning>, Dictionary;
    }
}

impl Dimension for TruthEffectRow {
    fn rows(setting: &Setting) -> Vec<Self> {
        let sizes = EFFECTS.iter().map(|effect| libm::round((effect.size)(&setting.scenario.file) * 1e6) as i32);
        let row = |(index, size_ppm)| Self { effect: Text::at(index), size_ppm, meaning: Text::at(index) };
        sizes.enumerate().map(row).collect()
    }
}
