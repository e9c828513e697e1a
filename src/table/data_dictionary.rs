//! The data dictionary page.

use super::registry::TableKind;
use super::rows::all;

/// The data dictionary: every table and column, in Markdown.
pub fn page() -> String {
    let mut out = String::from(
        "# Data dictionary\n\nGenerated from the column registry by `skirmish docs`; a test fails when it is out of date.\n\n\
         All times are UTC. Timestamps are milliseconds without a zone, so that counts by day do not depend on the\n\
         reader's laptop. Money is in whole minor units: `price_minor` in those of\n\
         the row's currency, whose digits `currencies` tells, and `..._usd_cents` in hundredths of a US dollar. Nothing is ever missing but `matches.winner_team`.\n\
         Fact tables lie in `tables/<table>/date=YYYY-MM-DD/`; `date` is the UTC day of `event_ts`, for matches and\n\
         participations of the match's `ended_at`, for encounters of the tick that closed them. Files named `tail-...`\n\
         hold rows that exist only because the run ended (`run_end`): they lie under the last day, although what ends with\n\
         the run ends at the midnight after it. Dimensions are one file each.\n\n\
         What closes when. A tick t holds what happens from t until the next. A match closes at its `ended_at`; with\n\
         elimination that is the first tick at which nobody can join any more and at most one team is left, and that team has\n\
         won if it has shared a heartbeat with another. A session leaves its match at `left_at`: at its own end, at its\n\
         elimination or with the match. An encounter has ended at its last near heartbeat; it is closed, which decides its\n\
         `date` and its `end_reason`, with the run, with its match, in the tick that holds the `left_at` of one of the two, or\n\
         at the first tick that lies more than the merge gap after its last near moment.\n\n\
         Field ids never change and are never used again.\n",
    );
    for table in all() {
        let kind = if table.kind == TableKind::Fact { "fact" } else { "dimension" };
        let doc: Vec<&str> = table.doc.iter().map(|line| line.trim()).collect();
        out.push_str(&format!("\n## {} ({kind})\n\n{}\n", table.name, doc.join(" ")));
        out.push_str(&format!("Sorted by {} within a row group.\n\n", table.sorted_by.join(", ")));
        out.push_str("| id | column | type | meaning |\n|---|---|---|---|\n");
        for column in table.columns {
            let type_name = if column.nullable {
                format!("{}, may be missing", column.kind.name())
            } else {
                column.kind.name().into()
            };
            let doc = column.doc.trim().replace('|', "\\|");
            out.push_str(&format!("| {} | `{}` | {type_name} | {doc} |\n", column.id, column.name));
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
