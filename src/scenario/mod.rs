//! Scenario files: TOML in, a validated, immutable, typed scenario out, or every problem at once.
//!
//! `source` finds the text, in a file or among the `shipped`; `tree` parses text into values with positions, `key` turns one declaration a section into a struct and its
//! checks, `sections` declares every key, `checks` holds what concerns several keys, `schema` prints the
//! declarations for people and editors. Nothing here knows how the world works.

mod checks;
mod exchange;
pub mod key;
pub mod schema;
pub mod sections;
mod shipped;
mod source;
mod tree;

use std::fmt;
use std::path::Path;

use sha2::{Digest, Sha256};

pub use exchange::ExchangeRate;
use key::Findings;
use sections::File;
pub use shipped::{SHIPPED, Shipped};
use source::ScenarioText;
pub(crate) use source::name_of;
use tree::At;

/// Version of the data: a change of any output byte for an unchanged scenario needs a new one.
pub const DATA_VERSION: u32 = 10;

const BUILT_IN: &str = include_str!("built_in.toml");
const PRESETS: &str = include_str!("presets.toml");

/// A validated scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// File name without its ending.
    pub name: String,
    /// The text as given.
    pub text: String,
    /// The `--set` options as given.
    pub sets: Vec<String>,
    /// Every key, typed, defaults filled in.
    pub file: File,
    resolved: Vec<key::ResolvedLine>,
}

/// Everything wrong with a scenario, one line each, in the order of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Problems {}

impl Scenario {
    /// Reads a scenario (a file, the name of a shipped one, or `-` for standard input) and applies `--set` options to it.
    ///
    /// # Errors
    /// What cannot be read gives one problem; everything else wrong is listed at once.
    pub fn load(path: &Path, sets: &[String]) -> Result<Self, Problems> {
        let source = ScenarioText::read(path).map_err(|why| Problems(vec![why]))?;
        Self::parse(&source.name, &source.label, &source.text, sets)
    }

    /// Checks the text of a scenario; `label` stands for the file in messages.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn parse(name: &str, label: &str, text: &str, sets: &[String]) -> Result<Self, Problems> {
        let render = |complaints: Vec<tree::Complaint>| Problems(in_order(label, complaints));
        let mut root = tree::parse(text).map_err(render)?;
        let built_in = tree::built_in(tree::parse(BUILT_IN).expect("the built-in entries are valid TOML"));
        for (table, entry) in built_in {
            root.entry(table).or_insert(entry);
        }
        let mut findings = Findings::default();
        for option in sets {
            if let Err(complaint) = tree::set(&mut root, option) {
                findings.problems.push(complaint);
            }
        }
        tree::fill_from_preset(
            &mut root,
            "encounter",
            tree::built_in(tree::parse(PRESETS).expect("presets are valid")),
        );
        let file = sections::read_file(&root, &mut findings);
        checks::check(&file, &mut findings);
        if findings.problems.is_empty() {
            let (text, sets) = (text.to_owned(), sets.to_vec());
            Ok(Self { name: name.to_owned(), text, sets, file, resolved: findings.resolved })
        } else {
            Err(render(findings.problems))
        }
    }

    /// The scenario with every default filled in, as a scenario file.
    pub fn resolved_toml(&self) -> String {
        let mut out = String::new();
        let mut section = "";
        for (path, key, value) in &self.resolved {
            if path != section {
                out.push_str(&format!("\n[{path}]\n"));
                section = path;
            }
            out.push_str(&format!("{key} = {value}\n"));
        }
        out
    }

    /// Hash of everything that decides the data: the resolved scenario without `clock.days`, `output`, `report`, `defects` and
    /// `outages` (which show in tables of their own alone, so that what is clean is the same bytes with them), and the data
    /// version. 64 hexadecimal digits of SHA-256.
    pub fn world_hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(DATA_VERSION.to_le_bytes());
        for (path, key, value) in &self.resolved {
            let section = path.split('.').next().unwrap_or_default();
            let is_output = ["output", "report", "defects", "outages"].contains(&section);
            if !is_output && (path.as_str(), *key) != ("clock", "days") {
                hasher.update(format!("{path}.{key} = {value}\n"));
            }
        }
        hex(&hasher.finalize())
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn in_order(label: &str, mut complaints: Vec<tree::Complaint>) -> Vec<String> {
    complaints.sort_by(|a, b| a.0.cmp(&b.0));
    let place = |at: &At| match at {
        At::File(line, column) => format!("{label}:{line}:{column}"),
        // Nothing in an option begins a line of its own.
        At::Set(option) => format!("--set {}", option.replace(char::is_control, "\u{fffd}")),
        At::BuiltIn => format!("{label} (built-in entries)"),
    };
    let mut lines: Vec<String> = complaints.iter().map(|(at, message)| format!("{}: {message}", place(at))).collect();
    lines.dedup();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, sets: &[&str]) -> Result<Scenario, Problems> {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Scenario::parse("test", "test.toml", text, &sets)
    }

    #[test]
    fn an_empty_file_is_the_default_scenario() {
        let scenario = parse("", &[]).expect("valid");
        assert_eq!(scenario.file.population.players, 150_000);
        assert!(scenario.file.regions.len() > 3);
    }

    #[test]
    fn the_resolved_file_resolves_to_itself_and_has_the_same_hash() {
        let first = parse("seed = 7\n[modes.duel]\nteam_size = 1", &["clock.days=2"]).expect("valid");
        let second = parse(&first.resolved_toml(), &[]).expect("valid");
        assert_eq!(first.resolved_toml(), second.resolved_toml());
        assert_eq!(first.world_hash(), second.world_hash());
    }

    #[test]
    fn days_and_output_do_not_change_the_world_hash_but_the_seed_does() {
        let base = parse("", &[]).expect("valid").world_hash();
        assert_eq!(
            parse("", &["clock.days=9", "output.tables.kills=false", "report.golden=true"])
                .expect("valid")
                .world_hash(),
            base
        );
        assert_ne!(parse("", &["seed=2"]).expect("valid").world_hash(), base);
    }

    #[test]
    fn a_listed_table_replaces_the_built_in_entries_and_set_reaches_them_otherwise() {
        let scenario = parse("[modes.duel]\nteam_size = 1", &["regions.latam.weight=5"]).expect("valid");
        assert_eq!(scenario.file.modes.names().collect::<Vec<_>>(), ["duel"]);
        let latam = scenario.file.regions.index_of("latam").expect("built in");
        assert_eq!(scenario.file.regions.at(latam).weight, 5.0);
    }
}
