//! The names behind text columns, and the data dictionary page.

use super::cell::name_array;
use super::dimensions::EVENT_TYPES;
use super::{Names, Nature, all};
use crate::combat::{ENCOUNTER_ENDS, RELATIONS};
use crate::matches::MATCH_ENDS;
use crate::player::Population;
use crate::purchase::Shop;
use crate::scenario::Scenario;
use crate::session::TRUTH_EVENTS;
use crate::sitting::{SESSION_ENDS, SessionRules};

/// The names of a scenario, in the order in which compiled parts index them.
pub fn names(scenario: &Scenario, population: &Population, shop: &Shop) -> Names {
    let file = &scenario.file;
    Names {
        regions: name_array(file.regions.names()),
        countries: name_array(population.countries.iter().map(|country| &country.code)),
        platforms: name_array(file.platforms.names()),
        devices: name_array(file.devices.names()),
        currencies: name_array(file.currencies.names()),
        client_versions: name_array(SessionRules::client_versions(file.sessions.client_release_days)),
        session_ends: name_array(SESSION_ENDS),
        encounter_ends: name_array(ENCOUNTER_ENDS),
        match_ends: name_array(MATCH_ENDS),
        relations: name_array(RELATIONS),
        maps: name_array(file.maps.names()),
        modes: name_array(file.modes.names()),
        weapons: name_array(file.weapons.names()),
        items: name_array(file.items.names()),
        categories: name_array(&shop.categories),
        archetypes: name_array(file.archetypes.names()),
        clusters: name_array(std::iter::once("non_payer").chain(file.clusters.names())),
        segments: name_array(["new", "veteran"]),
        truth_events: name_array(TRUTH_EVENTS),
        event_types: name_array(EVENT_TYPES.map(|(name, _, _)| name)),
        tables: name_array(EVENT_TYPES.map(|(_, table, _)| table)),
        descriptions: name_array(EVENT_TYPES.map(|(_, _, description)| description)),
    }
}

/// The data dictionary: every table and column, in Markdown.
pub fn page() -> String {
    let mut out = String::from(
        "# Data dictionary\n\nGenerated from the column registry by `skirmish docs`; a test fails when it is out of date.\n\n\
         All times are UTC. Timestamps are milliseconds without a zone, so that counts by day do not depend on the\n\
         reader's laptop. Money is in integer hundredths. Nothing is ever missing but `matches.winner_team`.\n\
         Fact tables lie in `tables/<table>/date=YYYY-MM-DD/`; `date` is the UTC day of `event_ts`, for matches and\n\
         participations of the match's `ended_at`, for encounters of the tick that closed them. Files named `tail-...`\n\
         hold rows that exist only because the run ended. Dimensions are one file each.\n\n\
         Field ids never change.\n",
    );
    for table in all() {
        let nature = if table.nature == Nature::Fact { "fact" } else { "dimension" };
        let doc: Vec<&str> = table.doc.iter().map(|line| line.trim()).collect();
        out.push_str(&format!("\n## {} ({nature})\n\n{}\n", table.name, doc.join(" ")));
        out.push_str(&format!("Sorted by {} within a row group.\n\n", table.sorted_by.join(", ")));
        out.push_str("| id | column | type | meaning |\n|---|---|---|---|\n");
        for column in table.columns {
            let kind = if column.nullable {
                format!("{}, may be missing", column.kind.name())
            } else {
                column.kind.name().into()
            };
            let doc = column.doc.trim().replace('|', "\\|");
            out.push_str(&format!("| {} | `{}` | {kind} | {doc} |\n", column.id, column.name));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_row_of_the_page_has_four_cells() {
        let rows: Vec<String> =
            super::page().lines().filter(|line| line.starts_with("| ")).map(|line| line.replace("\\|", "")).collect();
        assert!(rows.len() > 100 && rows.iter().all(|row| row.matches('|').count() == 5));
    }
}
