//! What a run says of itself, and whether it can be ingested.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ingest_error::IngestError;
use crate::inspect::RunTables;
use crate::output::is_worked_in;
use crate::scenario::DATA_VERSION;
use crate::time::{DAY_S, Date};

const AGAIN: &str = "run the scenario again with skirmish run --overwrite";

/// Tables that nothing can be ingested without.
pub const NEEDED: [&str; 12] = [
    "players",
    "session_ends",
    "matches",
    "participations",
    "regions",
    "countries",
    "currencies",
    "devices",
    "items",
    "maps",
    "modes",
    "weapons",
];

/// Tables that may be left out.
pub const OPTIONAL: [&str; 8] =
    ["heartbeats", "kills", "purchases", "achievement_unlocks", "level_ups", "anticheat_flags", "reports", "bans"];

/// A run.
pub struct RunSource {
    /// Its folder.
    pub root: PathBuf,
    /// Its tables.
    pub tables: RunTables,
    /// Name of its scenario.
    pub scenario: String,
    /// Hash of its world.
    pub world_hash: String,
    /// First day.
    pub start: Date,
    /// Days.
    pub days: u32,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// All of it is there.
    Complete,
    /// It is going on, and so many days are whole.
    Running(u32),
}

impl RunSource {
    /// The run in a folder, which may still be going on if it is to be followed.
    pub fn open(root: &Path, follows: bool) -> Result<Self, IngestError> {
        let wrong = |why: String| IngestError::Run { run: root.to_owned(), why };
        let said = read(root)?;
        let number = |key: &str| said[key].as_u64().ok_or_else(|| wrong(format!("run.json has no {key}; {AGAIN}")));
        let text = |key: &str| {
            said[key].as_str().map(str::to_owned).ok_or_else(|| wrong(format!("run.json has no {key}; {AGAIN}")))
        };
        let version = number("data_version")?;
        if version != u64::from(DATA_VERSION) {
            return Err(wrong(format!(
                "has data version {version}, this skirmish reads {DATA_VERSION}; {AGAIN}, or use the skirmish that made it"
            )));
        }
        let status = text("status")?;
        if status != "complete" && !(follows && status == "running") {
            let remedy =
                if status == "running" && is_worked_in(root) { "let it finish, or use --follow" } else { AGAIN };
            return Err(wrong(format!("the run is not finished, its status is {status}; {remedy}")));
        }
        let start = text("start")?;
        let start = start.parse().map_err(|()| wrong(format!("run.json: {start} is no day; {AGAIN}")))?;
        let tables = RunTables::open(root)?;
        for table in NEEDED {
            if !tables.has(table) {
                return Err(wrong(format!(
                    "has no table {table}, without which nothing can be ingested; run the scenario with \
                     output.tables.{table} = true"
                )));
            }
        }
        Ok(Self {
            root: root.to_owned(),
            tables,
            scenario: text("scenario")?,
            world_hash: text("world_hash")?,
            start,
            days: number("days")? as u32,
        })
    }

    /// The optional tables that were asked for, or all that the run has.
    pub fn choose(&self, wanted: &[String]) -> Result<Vec<&'static str>, IngestError> {
        let mut chosen = Vec::new();
        for name in wanted {
            let table = OPTIONAL.into_iter().find(|table| table == name).ok_or_else(|| {
                let known = OPTIONAL.join(", ");
                IngestError::Usage(format!("--tables {name}: there are {known}; the others are always sent"))
            })?;
            if let Some(lacking) = self.lacking_for(table) {
                return Err(IngestError::Run {
                    run: self.root.clone(),
                    why: format!("has no table {lacking}; leave {table} out of --tables, or run the scenario with it"),
                });
            }
            chosen.push(table);
        }
        chosen.sort_unstable();
        chosen.dedup();
        if wanted.is_empty() {
            chosen = OPTIONAL.into_iter().filter(|table| self.lacking_for(table).is_none()).collect();
        }
        if chosen.contains(&"heartbeats") && !chosen.contains(&"kills") {
            return Err(IngestError::Usage(
                "heartbeats without kills: who has died and goes on elsewhere would be taken for a cheat; send kills as \
                 well, or leave heartbeats out with --tables purchases"
                    .into(),
            ));
        }
        Ok(chosen)
    }

    /// What the run lacks of what an optional table needs, if anything: itself, and what it refers to.
    fn lacking_for(&self, table: &'static str) -> Option<&'static str> {
        let refers_to = (table == "achievement_unlocks").then_some("achievements");
        [Some(table), refers_to].into_iter().flatten().find(|table| !self.tables.has(table))
    }

    /// Its first moment, milliseconds since 1970.
    pub fn start_ms(&self) -> i64 {
        i64::from(self.start.0) * DAY_MS
    }

    /// The moment after its last day.
    pub fn end_ms(&self) -> i64 {
        self.start_ms() + i64::from(self.days) * DAY_MS
    }
}

/// How far the run in a folder is now.
pub fn progress(root: &Path) -> Result<RunState, IngestError> {
    // First who is at work, then what they have said: who ends a run says so before they leave.
    let is_worked_in = is_worked_in(root);
    let said = read(root)?;
    match said["status"].as_str() {
        Some("running") if !is_worked_in => Err(IngestError::Run {
            run: root.to_owned(),
            why: format!("the run ended without a word: nobody works on it; {AGAIN}"),
        }),
        Some("complete") => Ok(RunState::Complete),
        Some("running") => Ok(RunState::Running(said["whole_days"].as_array().map_or(0, Vec::len) as u32)),
        status => Err(IngestError::Run {
            run: root.to_owned(),
            why: format!("the run ended early, its status is {}; {AGAIN}", status.unwrap_or("unknown")),
        }),
    }
}

/// Milliseconds of a day.
pub const DAY_MS: i64 = DAY_S as i64 * 1000;

fn read(root: &Path) -> Result<Value, IngestError> {
    let path = root.join("run.json");
    let wrong = |why: String| IngestError::Run { run: root.to_owned(), why };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        wrong(format!("is no run, its run.json cannot be read ({error}); give the folder that --out named"))
    })?;
    serde_json::from_str(&text).map_err(|error| wrong(format!("run.json is no summary of a run ({error}); {AGAIN}")))
}
