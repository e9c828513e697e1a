//! What can be wrong with the input of a detection.

use std::path::PathBuf;

/// What is wrong with the input. Each names the file, what is there and what to do.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A path leads nowhere or a pattern matches nothing.
    #[error("{}: {why}", .path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why, and the remedy.
        why: String,
    },
    /// A column is not there.
    #[error("{}: no column {column:?} for --{flag}; name one with --{flag}{}; it has {known}", .path.display(), none_hint(.flag))]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The flag that named it.
        flag: &'static str,
        /// The name.
        column: String,
        /// Names that are there.
        known: String,
    },
    /// A column has a type that does not serve.
    #[error("{}: column {column:?} of --{flag} has type {kind}; expected {expected}: cast it, or name another with --{flag}", .path.display())]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The flag that named it.
        flag: &'static str,
        /// The name.
        column: String,
        /// Its type.
        kind: String,
        /// What would serve.
        expected: &'static str,
    },
    /// Ids or groups are text in one file and integers in another.
    #[error("{}: column {column:?} of --{flag} is {kind}, but in {} it is not; cast one of them", .path.display(), .first.display())]
    Mixed {
        /// The file.
        path: PathBuf,
        /// The first file.
        first: PathBuf,
        /// The flag that named it.
        flag: &'static str,
        /// The name.
        column: String,
        /// What it is here.
        kind: &'static str,
    },
    /// The output would lie on top of the input.
    #[error("{}: lies inside the output folder {}; choose another --out", .path.display(), .out.display())]
    Inside {
        /// The input.
        path: PathBuf,
        /// The output folder.
        out: PathBuf,
    },
    /// Too many pairs at one time.
    #[error(
        "{pairs} pairs in reach at time {time}, more than --memory-mb {limit_mb} holds; use a smaller --radius-cm, a finer --group, or raise --memory-mb"
    )]
    Crowd {
        /// Pairs, or an upper bound of them.
        pairs: u64,
        /// Milliseconds since 1970.
        time: i64,
        /// The limit.
        limit_mb: usize,
    },
    /// A value cannot be used.
    #[error("{}: {what} in row {row} of row group {group}; {remedy}", .path.display())]
    BadValue {
        /// The file.
        path: PathBuf,
        /// Row, from 0.
        row: usize,
        /// Row group, from 0.
        group: usize,
        /// What stands there.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A player stands at two places at once.
    #[error(
        "player {id} has two rows at time {time} ms, one of them in group {group}; keep one (SELECT ... QUALIFY row_number() OVER (PARTITION BY id, time) = 1)"
    )]
    Twice {
        /// The player.
        id: String,
        /// Milliseconds since 1970.
        time: i64,
        /// The group.
        group: String,
    },
    /// Too much overlaps in time.
    #[error(
        "{rows} rows overlap in time, more than --memory-mb {limit_mb} holds; sort the input by time (then it streams) or raise --memory-mb"
    )]
    TooMuch {
        /// Rows held.
        rows: usize,
        /// The limit.
        limit_mb: usize,
    },
    /// Times span more than can be counted.
    #[error(
        "times span more than 49 days and are not whole seconds; split the input by month or round --time to seconds"
    )]
    TooLong,
}

fn none_hint(flag: &str) -> &'static str {
    match flag {
        "z" => " (none for a plane)",
        "group" => " (none if all can meet)",
        _ => "",
    }
}
