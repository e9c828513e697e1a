//! `skirmish export`: a table as CSV or JSON lines, for who needs text.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, json};

use super::cells::{Datum, value_at};
use super::tables::{InspectError, RunTables, table_named};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// Comma-separated values by RFC 4180, with a line of names first.
    Csv,
    /// A JSON object a line.
    JsonLines,
}

/// Writes all rows of a table, in the order of days and files; the number of rows.
///
/// # Errors
/// See [`InspectError`].
pub fn export(run: &Path, table: &str, format: TextFormat, out: &mut dyn Write) -> Result<u64, InspectError> {
    let table = table_named(table)?;
    let tables = RunTables::open(run)?;
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    if !tables.has(table.name) {
        return Err(InspectError::NoTable { run: run.to_owned(), table: table.name });
    }
    if format == TextFormat::Csv {
        writeln!(out, "{}", names.join(","))?;
    }
    let mut rows = 0;
    tables.read(table, None, None, &mut |batch| {
        for row in 0..batch.num_rows() {
            let values = batch.columns().iter().map(|column| value_at(column, row));
            let line = match format {
                TextFormat::Csv => values.map(|value| quoted(value.plain())).collect::<Vec<_>>().join(","),
                TextFormat::JsonLines => {
                    let named = names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), as_json(value)));
                    serde_json::Value::Object(named.collect::<Map<_, _>>()).to_string()
                }
            };
            writeln!(out, "{line}")?;
        }
        rows += batch.num_rows() as u64;
        Ok(())
    })?;
    out.flush()?;
    Ok(rows)
}

/// A value of CSV: in quotes if it has what would end it.
fn quoted(text: String) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn as_json(value: Datum) -> serde_json::Value {
    match value {
        Datum::Missing => serde_json::Value::Null,
        Datum::Number(number) => json!(number),
        Datum::Truth(truth) => json!(truth),
        text => json!(text.plain()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_would_end_a_value_is_quoted() {
        assert_eq!(super::quoted("plain".into()), "plain");
        assert_eq!(super::quoted("a, \"b\"".into()), "\"a, \"\"b\"\"\"");
    }
}
