//! The targets: what a simulation is asked to look like, and how each is computed. The data is `targets.json`.

use serde_json::Value;

/// Where a value has to lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Which of a key's values, such as the day of a retention; nothing where a key has one.
    pub label: Option<String>,
    /// Least value, in the unit of the key.
    pub low: f64,
    /// Greatest value.
    pub high: f64,
}

impl Band {
    /// Whether a value lies in it.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// A key with its bands, all of which have to hold.
#[derive(Clone, Debug)]
pub struct Goal {
    /// Name.
    pub key: String,
    /// Bands, at least one.
    pub bands: Vec<Band>,
    /// Row of the table of stylised facts that it comes from.
    pub row: String,
    /// Unit of its values.
    pub unit: String,
    /// Tables that it is computed from.
    pub tables: Vec<String>,
    /// Days that a run must have.
    pub days: u32,
    /// Smallest sample that a number may come from.
    pub least: u64,
    /// What the sample is made of.
    pub of: String,
    /// How it is computed, a sentence.
    pub how: String,
}

const DATA: &str = include_str!("targets.json");

/// All targets, in the order of the published list.
pub fn goals() -> Vec<Goal> {
    let value: Value = serde_json::from_str(DATA).expect("tested: targets.json is JSON");
    value.as_array().map_or_else(Vec::new, |goals| goals.iter().map(goal).collect())
}

fn goal(value: &Value) -> Goal {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let list = |name: &str| value[name].as_array().into_iter().flatten();
    let number = |name: &str| value[name].as_u64().unwrap_or_default();
    let band = |band: &Value| Band {
        label: band[0].as_str().map(str::to_owned),
        low: band[1].as_f64().unwrap_or(f64::NAN),
        high: band[2].as_f64().unwrap_or(f64::NAN),
    };
    Goal {
        key: text("key"),
        bands: list("bands").map(band).collect(),
        row: text("row"),
        unit: text("unit"),
        tables: list("tables").filter_map(Value::as_str).map(str::to_owned).collect(),
        days: number("days") as u32,
        least: number("least"),
        of: text("of"),
        how: text("how"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_complete_and_no_two_share_a_key() {
        let goals = goals();
        assert_eq!(goals.len(), 57);
        for goal in &goals {
            assert!(goal.bands.iter().all(|band| band.low < band.high), "{}", goal.key);
            assert!(
                !goal.bands.is_empty() && !goal.tables.is_empty() && goal.days > 0 && goal.least > 0,
                "{}",
                goal.key
            );
            assert!(goal.how.ends_with('.') && !goal.unit.is_empty() && !goal.row.is_empty(), "{}", goal.key);
            assert!(goal.bands.len() == 1 || goal.bands.iter().all(|band| band.label.is_some()), "{}", goal.key);
        }
        let mut keys: Vec<&str> = goals.iter().map(|goal| &*goal.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), goals.len());
    }
}
