//! The registry for dbt: the sources of the warehouse, and what each of their columns means.

use super::cell::Type;
use super::registry::{Table, TableKind};
use super::rows::all;
use crate::scenario::DATA_VERSION;

const GENERATED: &str = "Generated from the column registry by `skirmish docs";

/// `warehouse/models/sources.yml`: tables and columns as sources, their descriptions by reference to [`columns`].
pub fn sources() -> String {
    let mut out = format!(
        "# {GENERATED} dbt-sources`; a test fails when it is out of date.\n\
         sources:\n  - name: run\n    description: Parquet files of a run, as `skirmish run` writes them.\n    config:\n      \
         meta: {{data_version: {DATA_VERSION}}}\n    tables:\n"
    );
    for table in all() {
        out.push_str(&format!(
            "      - name: {name}\n        description: \"{{{{ doc('{name}') }}}}\"\n        config:\n          \
             meta: {{is_fact: {is_fact}, sorted_by: [{sorted_by}]}}\n        columns:\n",
            name = table.name,
            is_fact = table.kind == TableKind::Fact,
            sorted_by = table.sorted_by.join(", "),
        ));
        for column in table.columns {
            out.push_str(&format!(
                "          - name: {}\n            data_type: {}\n            description: \"{{{{ doc('{}') }}}}\"\n",
                column.name,
                sql_type(column.kind),
                block(table, column.name),
            ));
        }
        if table.kind == TableKind::Fact {
            out.push_str(
                "          - name: date\n            data_type: date\n            description: \"{{ doc('filed_on') }}\"\n",
            );
        }
    }
    out
}

/// `warehouse/models/sources.md`: what tables and columns mean, for sources and for every model that passes them on.
pub fn columns() -> String {
    let mut out = format!("{GENERATED} dbt-columns`; a test fails when it is out of date.\n");
    let mut add = |name: &str, doc: &str| {
        out.push_str(&format!("\n{{% docs {name} %}}\n{}\n{{% enddocs %}}\n", doc.trim()));
    };
    add("filed_on", "UTC day under which the row is filed; the name of its files' folder.");
    for table in all() {
        let doc: Vec<&str> = table.doc.iter().map(|line| line.trim()).collect();
        add(table.name, &doc.join(" "));
        table.columns.iter().for_each(|column| add(&block(table, column.name), column.doc));
    }
    out
}

/// Name of the text about a column.
fn block(table: &Table, column: &str) -> String {
    format!("{}__{column}", table.name)
}

fn sql_type(kind: Type) -> &'static str {
    match kind {
        Type::I8 => "tinyint",
        Type::I16 => "smallint",
        Type::I32 => "integer",
        Type::I64 => "bigint",
        Type::Date => "date",
        Type::Timestamp => "timestamp",
        Type::Bool => "boolean",
        Type::Text => "varchar",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_text_that_is_referred_to_is_there_once() {
        let (sources, columns) = (super::sources(), super::columns());
        let mut names: Vec<&str> =
            columns.split("{% docs ").skip(1).filter_map(|rest| rest.split_once(" %}").map(|(name, _)| name)).collect();
        let referred = |name: &&str| sources.contains(&format!("doc('{name}')"));
        assert!(names.len() > 150 && names.iter().all(referred));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(
            sources.split("doc('").skip(1).all(|rest| names.contains(&rest.split_once('\'').unwrap_or_default().0))
        );
    }
}
