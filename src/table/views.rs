//! `tables.sql`: the tables of a run as views for DuckDB, with the comments of the data dictionary.

use super::registry::{Table, TableKind};

/// Statements that make a view of each table.
pub fn views<'t>(tables: impl IntoIterator<Item = &'t Table>) -> String {
    let mut out = String::from(
        "-- The tables of this run as views, with the comments of the data dictionary. In this folder:\n\
         --   duckdb -init tables.sql\n\
         -- From elsewhere, say where it is first: SET file_search_path = '/path/to/this/folder';\n",
    );
    for table in tables {
        let name = table.name;
        let source = match table.kind {
            TableKind::Fact => format!(
                "read_parquet('tables/{name}/*/*.parquet', hive_partitioning = true, hive_types = {{'date': DATE}})"
            ),
            TableKind::Dimension => format!("read_parquet('tables/{name}/*.parquet')"),
        };
        let doc: Vec<&str> = table.doc.iter().map(|line| line.trim()).collect();
        out.push_str(&format!("\nCREATE OR REPLACE VIEW {name} AS SELECT * FROM {source};\n"));
        out.push_str(&format!("COMMENT ON VIEW {name} IS {};\n", text(&doc.join(" "))));
        for column in table.columns {
            out.push_str(&format!("COMMENT ON COLUMN {name}.{} IS {};\n", column.name, text(column.doc.trim())));
        }
        if table.kind == TableKind::Fact {
            out.push_str(&format!("COMMENT ON COLUMN {name}.date IS 'UTC day under which the row is filed.';\n"));
        }
    }
    out
}

/// A string in SQL.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_table_has_a_view_and_every_column_a_comment() {
        let tables = crate::table::all();
        let sql = super::views(tables.iter().copied());
        assert_eq!(sql.matches("CREATE OR REPLACE VIEW").count(), tables.len());
        assert!(sql.contains("COMMENT ON COLUMN kills.weapon IS 'Weapon.';"));
        assert!(sql.contains("IS 'Victim''s position at event_ts, east, centimetres.';"));
    }
}
