//! Two runs side by side.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::figures::Figures;
use super::key_figures::{KeyFigure, key_figures};
use super::text::quantity;
use crate::setting::Setting;

/// The figures of two runs and how they differ.
pub struct Difference {
    figures: Vec<(KeyFigure, Option<f64>)>,
    tallies: Vec<TallyDifference>,
}

/// One tally of two runs.
struct TallyDifference {
    name: &'static str,
    unit: &'static str,
    axes: Vec<&'static str>,
    /// All entries together.
    sums: [i64; 2],
    /// Entries of which both do not have the same count, and those counts.
    entries: Vec<(Vec<String>, [i64; 2])>,
}

impl Difference {
    /// Of two runs.
    pub fn of(a: (&Setting, &Figures), b: (&Setting, &Figures)) -> Self {
        let figures = key_figures(a.0, a.1).into_iter().zip(key_figures(b.0, b.1)).map(|(a, b)| (a, b.value)).collect();
        let tallies = a.1.tallies.each().zip(b.1.tallies.each()).map(|((name, _, unit, axes, of_a), (.., of_b))| {
            let mut all: BTreeMap<Vec<String>, [i64; 2]> = BTreeMap::new();
            for (side, (setting, counts)) in [(a.0, of_a), (b.0, of_b)].into_iter().enumerate() {
                for (at, count) in counts.entries(axes, setting) {
                    all.entry(at).or_default()[side] += count;
                }
            }
            TallyDifference {
                name,
                unit,
                axes: axes.iter().map(|axis| axis.name()).collect(),
                sums: [of_a.sum(), of_b.sum()],
                entries: all.into_iter().filter(|(_, [a, b])| a != b).collect(),
            }
        });
        Self { figures, tallies: tallies.collect() }
    }

    /// Key figures of the first, each with the value of the second.
    pub fn figures(&self) -> &[(KeyFigure, Option<f64>)] {
        &self.figures
    }

    /// As data: key figures, and of each tally the sums and every entry that differs.
    pub fn value(&self) -> Value {
        let figure = |(figure, other): &(KeyFigure, Option<f64>)| {
            json!({"name": figure.name, "unit": figure.unit, "a": figure.value, "b": other,
                   "difference": figure.value.zip(*other).map(|(a, b)| b - a)})
        };
        let entry = |(at, [a, b]): &(Vec<String>, [i64; 2])| json!({"at": at, "a": a, "b": b, "difference": b - a});
        let tally = |tally: &TallyDifference| {
            let [a, b] = tally.sums;
            let entries: Vec<Value> = tally.entries.iter().map(entry).collect();
            let value = json!({"unit": tally.unit, "a": a, "b": b, "difference": b - a,
                               "axes": tally.axes, "entries_that_differ": entries});
            (tally.name.to_owned(), value)
        };
        json!({
            "figures": self.figures.iter().map(figure).collect::<Vec<_>>(),
            "tallies": Value::Object(self.tallies.iter().map(tally).collect::<Map<_, _>>()),
        })
    }

    /// As a table for people, with the names of the two.
    pub fn text(&self, names: [&str; 2]) -> String {
        let said = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), quantity);
        let mut out = format!("{:<36} {:>14} {:>14} {:>10}  unit\n", "", clip(names[0]), clip(names[1]), "change");
        for (figure, other) in &self.figures {
            let change = change(figure.value, *other);
            let line = format!(
                "{:<36} {:>14} {:>14} {change:>10}  {}",
                figure.name,
                said(figure.value),
                said(*other),
                figure.unit
            );
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

/// By how much the second value is more than the first, in words.
pub fn change(a: Option<f64>, b: Option<f64>) -> String {
    match a.zip(b) {
        Some((a, b)) if a == b => "same".to_owned(),
        Some((a, b)) if a != 0.0 => format!("{:+.1} %", (b / a - 1.0) * 100.0),
        _ => String::new(),
    }
}

/// The end of a name, if it is too long for a column.
fn clip(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= 14 {
        return name.to_owned();
    }
    std::iter::once('…').chain(characters[characters.len() - 13..].iter().copied()).collect()
}
