//! The grammar of a run's folder: the names of what a run writes, and nothing else is ever deleted.

use std::path::{Path, PathBuf};

use crate::setting::{Leg, Span};
use crate::table;
use crate::time::Date;

/// Files beside the tables.
pub const RUN_FILES: [&str; 9] = [
    "run.json",
    "report.html",
    // What a report that was killed while it was drawn anew leaves.
    "report.html.partial",
    "report.json",
    "scenario.toml",
    "scenario.resolved.toml",
    "tables.sql",
    "dataset-card.md",
    "golden.json",
];
/// Where finished files of tables lie.
pub const TABLES: &str = "tables";
/// Where files lie while they are written.
pub const STAGING: &str = "_staging";
/// Where a warehouse is built; no run writes there, and none deletes it.
pub const WAREHOUSE: &str = "_warehouse";
/// Says that a run is in progress.
pub const LOCK: &str = "_lock";

/// Name of a table file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    /// Table.
    table: &'static str,
    /// Day, for facts.
    date: Option<Date>,
    /// Whether it holds rows that exist only because the run ended.
    is_tail: bool,
    /// Shard.
    shard: u32,
    /// Number among the shard's files of that day.
    sequence: u32,
}

impl FileName {
    /// The file of a table of facts that holds the rows of a leg.
    pub fn of_leg(table: &'static str, span: &Span, leg: Leg) -> Self {
        let (date, is_tail) = (Some(span.date(leg.day)), span.is_closing(leg.day));
        Self { table, date, is_tail, shard: span.shard_of(leg.realm), sequence: 0 }
    }

    /// The only file of a table.
    pub fn only(table: &'static str) -> Self {
        Self { table, date: None, is_tail: false, shard: 0, sequence: 0 }
    }

    fn base(&self) -> String {
        let kind = if self.is_tail { "tail" } else { "part" };
        format!("{kind}-{:05}-{:05}.parquet", self.shard, self.sequence)
    }

    /// Path below the tables folder.
    pub fn published(&self) -> PathBuf {
        let table = Path::new(self.table);
        match self.date {
            Some(date) => table.join(format!("date={date}")).join(self.base()),
            None => table.join(self.base()),
        }
    }

    /// Name in the staging folder.
    pub fn staged(&self) -> String {
        let date = self.date.map_or_else(String::new, |date| format!("{date}."));
        format!("{}.{date}{}", self.table, self.base())
    }
}

/// Whether a path below a run's folder is a file that a run writes.
pub fn is_file_of_run(path: &[&str]) -> bool {
    match path {
        [name] => RUN_FILES.contains(name) || *name == LOCK,
        [STAGING, name] => RUN_FILES.contains(name) || is_staged(name),
        [TABLES, table, name] => is_table(table) && is_data_file(name),
        [TABLES, table, date, name] => is_table(table) && is_date_folder(date) && is_data_file(name),
        _ => false,
    }
}

/// Whether a path below a run's folder is a folder that a run makes.
pub fn is_folder_of_run(path: &[&str]) -> bool {
    match path {
        [name] => [TABLES, STAGING].contains(name),
        [TABLES, table] => is_table(table),
        [TABLES, table, date] => is_table(table) && is_date_folder(date),
        _ => false,
    }
}

fn is_table(name: &str) -> bool {
    table::all().iter().any(|table| table.name == name)
}

fn is_date_folder(name: &str) -> bool {
    name.strip_prefix("date=").is_some_and(|date| date.parse::<Date>().is_ok())
}

fn is_data_file(name: &str) -> bool {
    let numbers = name.strip_suffix(".parquet").and_then(|name| {
        let (kind, numbers) = name.split_once('-')?;
        ["part", "tail"].contains(&kind).then_some(numbers)?.split_once('-')
    });
    let is_number = |text: &str| text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.is_some_and(|(shard, sequence)| is_number(shard) && is_number(sequence))
}

fn is_staged(name: &str) -> bool {
    let Some((table, rest)) = name.split_once('.') else { return false };
    let dated = rest.split_once('.').filter(|(date, _)| date.parse::<Date>().is_ok()).map(|(_, file)| file);
    is_table(table) && is_data_file(dated.unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_contract() {
        let name = FileName { table: "kills", date: Some(Date(0)), is_tail: false, shard: 3, sequence: 0 };
        assert_eq!(name.published(), Path::new("kills/date=1970-01-01/part-00003-00000.parquet"));
        assert_eq!(FileName::only("maps").published(), Path::new("maps/part-00000-00000.parquet"));
    }

    #[test]
    fn what_a_run_writes_is_of_the_grammar() {
        for is_tail in [false, true] {
            let name = FileName { table: "kills", date: Some(Date(20_000)), is_tail, shard: 123_456, sequence: 7 };
            let published = name.published();
            let published: Vec<&str> = published.iter().filter_map(|part| part.to_str()).collect();
            assert!(is_file_of_run(&[&[TABLES], &published[..]].concat()), "{published:?}");
            assert!(is_file_of_run(&[STAGING, &name.staged()]), "{}", name.staged());
        }
        assert!(is_file_of_run(&[STAGING, &FileName::only("maps").staged()]));
        assert!(is_file_of_run(&["run.json"]) && is_file_of_run(&[STAGING, "run.json"]));
        assert!(is_folder_of_run(&[TABLES, "kills", "date=2026-01-05"]));
    }

    #[test]
    fn what_others_write_is_not() {
        for path in [
            &["notes.txt"][..],
            &["report.htm"],
            &[TABLES, "sql", "a.sql"],
            &[TABLES, "my_features", "f.parquet"],
            &[TABLES, "kills", "f.parquet"],
            &[TABLES, "kills", "part-0000-00000.parquet"],
            &[TABLES, "kills", "part-00000-00000.parquet.bak"],
            &[TABLES, "kills", "date=2026-02-30", "part-00000-00000.parquet"],
            &[TABLES, "kills", "date=2026-02-28", "deeper", "part-00000-00000.parquet"],
            &[STAGING, "mine.parquet"],
            &["run.json", "x"],
        ] {
            assert!(!is_file_of_run(path), "{path:?}");
        }
        assert!(!is_folder_of_run(&[TABLES, "my_features"]) && !is_folder_of_run(&["backup"]));
    }
}
