//! The tables of a run, read back batch by batch in the order of their files.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use crate::table::{self, Table};
use crate::time::Date;

/// Why a run cannot be looked into. Each names the thing and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The folder is no run.
    #[error("{}: is no run, it has no folder of tables; give the folder that --out named", .0.display())]
    NoRun(PathBuf),
    /// There is no table of that name at all.
    #[error("{0}: there is no such table; there are {1}")]
    UnknownTable(String, String),
    /// The run did not write the table.
    #[error("{}: the run has no table {table}: it was switched off, or lost; run the scenario with output.tables.{table} = true", .run.display())]
    NoTable {
        /// The run.
        run: PathBuf,
        /// The table.
        table: &'static str,
    },
    /// The run has no such account.
    #[error("player {0}: there is no such account in this run{1}")]
    NoPlayer(i64, String),
    /// A file cannot be read.
    #[error("{}: {why}; is the run whole?", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What its reader says.
        why: String,
    },
    /// Whoever takes the rows wants no more.
    #[error("stopped")]
    Stopped,
    /// A file lacks a column that the registry has.
    #[error("column {0}: is missing in a file of the run; is it of this version?")]
    NoColumn(String),
    /// The other end cannot be written to.
    #[error("writing: {0}")]
    Write(#[from] std::io::Error),
}

/// The tables of a run.
pub struct RunTables {
    root: PathBuf,
}

/// A wish for the rows in which a column has a value.
#[derive(Clone, Copy)]
pub struct Only {
    /// The column: integers.
    pub column: &'static str,
    /// The value.
    pub value: i64,
}

impl RunTables {
    /// The tables of the run in a folder.
    pub fn open(root: &Path) -> Result<Self, InspectError> {
        if !root.join("tables").is_dir() {
            return Err(InspectError::NoRun(root.to_owned()));
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Whether the run wrote a table.
    pub fn has(&self, table: &str) -> bool {
        self.root.join("tables").join(table).is_dir()
    }

    /// Hands every batch of a table to a function, in the order of days and files. With a wish, row groups that cannot have
    /// such rows are left out; others come whole.
    pub fn read(
        &self,
        table: &Table,
        columns: Option<&[&str]>,
        only: Option<Only>,
        each: &mut dyn FnMut(&RecordBatch) -> Result<(), InspectError>,
    ) -> Result<(), InspectError> {
        if !self.has(table.name) {
            return Err(InspectError::NoTable { run: self.root.clone(), table: table.name });
        }
        for path in files_below(&self.root.join("tables").join(table.name))? {
            let mut builder = open(&path)?;
            if let Some(only) = only {
                let groups = builder.metadata().row_groups().iter().enumerate();
                let groups = groups.filter(|(_, group)| may_have(group, only)).map(|(n, _)| n).collect();
                builder = builder.with_row_groups(groups);
            }
            read_rows(builder, &path, columns, each)?;
        }
        Ok(())
    }

    /// Hands every batch of a day of a fact table to a function, in the order of its files; of some columns, or of all.
    pub fn read_day(
        &self,
        table: &Table,
        day: Date,
        columns: Option<&[&str]>,
        each: &mut dyn FnMut(&RecordBatch) -> Result<(), InspectError>,
    ) -> Result<(), InspectError> {
        for path in files_below(&self.day_folder(table, day))? {
            read_rows(open(&path)?, &path, columns, each)?;
        }
        Ok(())
    }

    /// The row groups of a day of a fact table, with the range of two columns in each.
    pub fn groups(&self, table: &Table, day: Date, columns: [&str; 2]) -> Result<Vec<StoredGroup>, InspectError> {
        let mut groups = Vec::new();
        for path in files_below(&self.day_folder(table, day))? {
            for (group, metadata) in open(&path)?.metadata().row_groups().iter().enumerate() {
                let [Some(first), Some(second)] = columns.map(|column| range_of(metadata, column)) else {
                    let why = format!("row group {group} does not say what it holds");
                    return Err(InspectError::Unreadable { path, why });
                };
                groups.push(StoredGroup { path: path.clone(), group, ranges: [first, second] });
            }
        }
        Ok(groups)
    }

    /// Hands the batches of a row group to a function.
    pub fn read_group(
        &self,
        stored: &StoredGroup,
        each: &mut dyn FnMut(&RecordBatch) -> Result<(), InspectError>,
    ) -> Result<(), InspectError> {
        read_rows(open(&stored.path)?.with_row_groups(vec![stored.group]), &stored.path, None, each)
    }

    fn day_folder(&self, table: &Table, day: Date) -> PathBuf {
        self.root.join("tables").join(table.name).join(format!("date={day}"))
    }
}

/// A row group of a table.
pub struct StoredGroup {
    path: PathBuf,
    group: usize,
    /// Least and greatest value of the columns that were asked for.
    pub ranges: [(i64, i64); 2],
}

type Builder = ParquetRecordBatchReaderBuilder<File>;

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> InspectError {
    InspectError::Unreadable { path: path.to_owned(), why: why.to_string() }
}

fn open(path: &Path) -> Result<Builder, InspectError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Builder::try_new(file).map_err(|error| unreadable(path, &error))
}

fn read_rows(
    mut builder: Builder,
    path: &Path,
    columns: Option<&[&str]>,
    each: &mut dyn FnMut(&RecordBatch) -> Result<(), InspectError>,
) -> Result<(), InspectError> {
    if let Some(columns) = columns {
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder = builder.with_projection(mask);
    }
    for batch in builder.build().map_err(|error| unreadable(path, &error))? {
        each(&batch.map_err(|error| unreadable(path, &error))?)?;
    }
    Ok(())
}

/// The Parquet files below a folder, sorted.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, InspectError> {
    let mut files = Vec::new();
    find(folder, &mut files).map_err(|error| unreadable(folder, &error))?;
    files.sort();
    Ok(files)
}

/// A table of the registry.
pub fn table_named(name: &str) -> Result<&'static Table, InspectError> {
    table::all().into_iter().find(|table| table.name == name).ok_or_else(|| {
        let names: Vec<&str> = table::all().iter().map(|table| table.name).collect();
        InspectError::UnknownTable(name.into(), names.join(", "))
    })
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a row group may have rows in which the column has the value, as far as its statistics tell.
fn may_have(group: &RowGroupMetaData, only: Only) -> bool {
    range_of(group, only.column).is_none_or(|(least, most)| (least..=most).contains(&only.value))
}

/// Least and greatest value of a column in a row group, as far as its statistics tell.
fn range_of(group: &RowGroupMetaData, column: &str) -> Option<(i64, i64)> {
    let column = group.columns().iter().find(|candidate| candidate.column_descr().name() == column);
    column.and_then(|column| column.statistics()).and_then(|statistics| match statistics {
        Statistics::Int32(of) => Some((i64::from(*of.min_opt()?), i64::from(*of.max_opt()?))),
        Statistics::Int64(of) => Some((*of.min_opt()?, *of.max_opt()?)),
        _ => None,
    })
}
