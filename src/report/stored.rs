//! A run that has ended, read back for its report: its scenario and what it has counted, never its tables.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::figures::Figures;
use crate::scenario::{DATA_VERSION, Scenario};
use crate::setting::Setting;

/// Why there is no report of a folder.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", .run.display())]
pub struct ReportError {
    run: PathBuf,
    why: String,
}

/// A run in a folder.
pub struct StoredRun {
    /// Its scenario, compiled.
    pub setting: Setting,
    /// What it has counted.
    pub figures: Figures,
    /// `report.json`.
    pub value: Value,
}

const AGAIN: &str = "run the scenario again with skirmish run --overwrite";

impl StoredRun {
    /// The run in a folder.
    ///
    /// # Errors
    /// If it is no run, is not finished, or is of another version.
    pub fn open(run: &Path) -> Result<Self, ReportError> {
        let wrong = |why: String| ReportError { run: run.to_owned(), why };
        let read = |name: &str| {
            fs::read_to_string(run.join(name)).map_err(|error| {
                let is_run = run.join("run.json").is_file();
                let remedy = if is_run { AGAIN } else { "give the folder that --out named" };
                wrong(format!("{name} cannot be read ({error}); {remedy}"))
            })
        };
        let json = |name: &str| {
            let text = read(name)?;
            serde_json::from_str::<Value>(&text).map_err(|error| wrong(format!("{name} is damaged ({error}); {AGAIN}")))
        };
        let said = json("run.json")?;
        let status = said["status"].as_str().unwrap_or("unknown");
        if status != "complete" {
            let remedy = if status == "running" { "let it finish" } else { AGAIN };
            return Err(wrong(format!("the run is not finished, its status is {status}; {remedy}")));
        }
        let version = said["data_version"].as_u64().unwrap_or(0);
        if version != u64::from(DATA_VERSION) {
            return Err(wrong(format!(
                "has data version {version}, this skirmish reads {DATA_VERSION}; {AGAIN}, or use the skirmish that made it"
            )));
        }
        let sets: Vec<String> =
            said["set"].as_array().into_iter().flatten().filter_map(|set| set.as_str().map(str::to_owned)).collect();
        let name = said["scenario"].as_str().unwrap_or_default();
        let text = read("scenario.toml")?;
        let scenario = Scenario::parse(name, "scenario.toml", &text, &sets)
            .map_err(|problems| wrong(format!("scenario.toml: {}; {AGAIN}", problems.0.join("; "))))?;
        let setting = Setting::new(scenario);
        let value = json("report.json")?;
        let is_same = value["world_hash"] == setting.world_hash && said["world_hash"] == setting.world_hash;
        let figures = Figures::from_value(&setting, &value).filter(|_| is_same);
        let figures = figures.ok_or_else(|| wrong(format!("report.json is not of the scenario beside it; {AGAIN}")))?;
        Ok(Self { setting, figures, value })
    }
}
