//! `dataset-card.md`: what somebody needs to know who is handed a run's folder. It follows from the scenario and the rows
//! alone, so that equal runs have equal cards.

use std::collections::BTreeMap;

use crate::output::TableTotal;
use crate::scenario::DATA_VERSION;
use crate::setting::Setting;
use crate::table;
use crate::version::VERSION;

/// What a reader of the data must not expect of it.
const LIMITS: [&str; 6] = [
    "Everything is simulated. No row is of a person, and no row was sampled from real telemetry; distributions were fitted to \
     published figures.",
    "Positions are known at heartbeats. There are no walls, no stairs and no aim: who sees whom is a chance that falls with \
     distance.",
    "Fights have a winner, a weapon and a distance, but no shots, damage or assists.",
    "Sessions are planned at midnight UTC. What happens in a match changes neither their length nor who comes back, unless the \
     scenario says so (`[effects]`; the true sizes are in truth_effects).",
    "Clocks are exact, and every heartbeat arrives once and in order; what real collectors see is in heartbeats_received, if it \
     was written.",
    "Realms are closed worlds. Nobody meets or knows anyone of another.",
];

/// The card of a finished run.
pub fn card(setting: &Setting, tables: &BTreeMap<&'static str, TableTotal>) -> String {
    let (scenario, clock) = (&setting.scenario, setting.clock);
    let mut out = format!(
        "# {}: simulated telemetry of an online game\n\n\
         {} accounts from {} to {} (UTC), a heartbeat every {} s, in {} realms and {} regions.\n\n\
         ## What is in it\n\n\
         | table | a row is | rows | MB |\n|---|---|--:|--:|\n",
        scenario.name,
        setting.population.players,
        clock.start,
        clock.date(clock.days - 1),
        clock.heartbeat_s,
        setting.size.realms,
        scenario.file.regions.len(),
    );
    for table in table::all() {
        let Some(total) = tables.get(table.name) else { continue };
        let doc = table.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let doc = doc.split(". ").next().unwrap_or_default().trim_start_matches("One row ").trim_end_matches('.');
        let megabytes = total.bytes as f64 / 1e6;
        out.push_str(&format!("| {} | {doc} | {} | {megabytes:.1} |\n", table.name, total.rows));
    }
    out.push_str(
        "\nColumns, units and what refers to what stand in the Parquet files' own metadata, in `tables.sql` as comments, and in \
         the data dictionary of Skirmish. Tables whose names begin with `truth_` hold what telemetry would not show: train \
         without them, grade with them.\n\n## How it was made\n\n",
    );
    let sets: String = scenario.sets.iter().map(|set| format!("- `--set {set}`\n")).collect();
    out.push_str(&format!(
        "By `skirmish` {VERSION}, data version {DATA_VERSION}, seed {}, from `scenario.toml` beside this file{}\n{sets}\n\
         `scenario.resolved.toml` has every parameter, defaults included. The same version, scenario and seed give the same bytes \
         on any machine (world {}).\n\n",
        setting.seed.0,
        if sets.is_empty() { "." } else { " with" },
        &setting.world_hash[..16],
    ));
    out.push_str(
        "## Licence\n\nNothing here is owed to anybody: who ran the scenario decides. If in doubt, CC0 1.0. The program is MIT or \
         Apache-2.0; no record of the data sets that its defaults were compared with is in these files.\n\n## Known limits\n\n",
    );
    LIMITS.iter().for_each(|limit| out.push_str(&format!("- {limit}\n")));
    out
}
