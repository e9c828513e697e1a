//! The names behind text columns.

use super::domain::{Names, name_array};
use super::rows::{EVENT_TYPES, MatchEnd, RELATIONS, REPORT_REASONS, RoundEnd, SEGMENTS, TruthEvent};
use crate::encounter::EndReason;
use crate::population::{SessionEnd, SessionRules};
use crate::setting::{Deed, Defect, EFFECTS, Rule, Setting};

impl Names {
    /// The names of a setting, in the order in which its compiled parts index them.
    pub fn of(setting: &Setting) -> Self {
        let file = &setting.scenario.file;
        Self {
            regions: name_array(file.regions.names()),
            countries: name_array(setting.population.countries.iter().map(|country| &country.code)),
            platforms: name_array(file.platforms.names()),
            devices: name_array(file.devices.names()),
            currencies: name_array(file.currencies.names()),
            client_versions: name_array(SessionRules::client_versions(file.sessions.client_release_days)),
            session_ends: name_array(SessionEnd::NAMES),
            encounter_ends: name_array(EndReason::NAMES),
            match_ends: name_array(MatchEnd::NAMES),
            round_ends: name_array(RoundEnd::NAMES),
            relations: name_array(RELATIONS),
            maps: name_array(file.maps.names()),
            modes: name_array(file.modes.names()),
            weapons: name_array(file.weapons.names()),
            items: name_array(file.items.names()),
            sales: name_array(file.sales.names()),
            categories: name_array(&setting.shop.categories),
            archetypes: name_array(file.archetypes.names()),
            clusters: name_array(std::iter::once("non_payer").chain(file.clusters.names())),
            segments: name_array(SEGMENTS),
            achievements: name_array(file.achievements.names()),
            deeds: name_array(Deed::NAMES),
            report_reasons: name_array(REPORT_REASONS),
            rules: name_array(Rule::NAMES),
            cheats: name_array(std::iter::once("none").chain(file.cheats.names())),
            effects: name_array(EFFECTS.map(|effect| effect.name)),
            effect_meanings: name_array(EFFECTS.map(|effect| effect.meaning)),
            defects: name_array(Defect::NAMES),
            truth_events: name_array(TruthEvent::NAMES),
            event_types: name_array(EVENT_TYPES.map(|(name, _, _)| name)),
            tables: name_array(EVENT_TYPES.map(|(_, table, _)| table)),
            descriptions: name_array(EVENT_TYPES.map(|(_, _, description)| description)),
        }
    }
}
