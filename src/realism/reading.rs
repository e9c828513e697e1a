//! A number that a run tells, and what tells it.

use serde_json::Value;

use super::facts::Facts;
use super::untold::Untold;

/// A number with what it comes from.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The number, in the unit of its key; nothing if the sample has none.
    pub value: Option<f64>,
    /// Size of the sample.
    pub sample: u64,
    /// What else is worth knowing.
    pub details: Option<Value>,
}

impl Reading {
    /// A number and the size of the sample that it comes from.
    pub fn new(value: Option<f64>, sample: u64) -> Self {
        Self { value, sample, details: None }
    }

    /// Likewise, with something beside it.
    pub fn with(self, details: Value) -> Self {
        Self { details: Some(details), ..self }
    }
}

/// What is asked of a run for one band of a key.
pub struct Ask<'a> {
    /// What was read of the run.
    pub facts: &'a Facts<'a>,
    /// Label of the band, empty where a key has one.
    pub label: &'a str,
    /// Smallest sample.
    pub least: u64,
}

impl Ask<'_> {
    /// The label as a number, 0 if it is none.
    pub fn number(&self) -> u32 {
        self.label.parse().unwrap_or(0)
    }

    /// A refusal unless the run has so many days.
    pub fn needs_days(&self, needed: u32) -> Result<(), Untold> {
        let has = self.facts.days();
        if has < needed { Err(Untold::Days { needed, has }) } else { Ok(()) }
    }
}

/// Computes the value of a band.
pub type Read = fn(&Ask<'_>) -> Result<Reading, Untold>;
