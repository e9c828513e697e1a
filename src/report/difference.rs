//! Two runs side by side.

use serde_json::{Map, Value, json};

use super::figures::Figures;
use super::key_figures::{KeyFigure, key_figures};
use super::text::quantity;
use crate::setting::Setting;

/// The figures of two runs and how they differ.
pub struct Difference {
    figures: Vec<(KeyFigure, Option<f64>)>,
    /// Name, unit, and the counts of each, all together.
    tallies: Vec<(&'static str, &'static str, [i64; 2])>,
}

impl Difference {
    /// Of two runs.
    pub fn of(a: (&Setting, &Figures), b: (&Setting, &Figures)) -> Self {
        let figures = key_figures(a.0, a.1).into_iter().zip(key_figures(b.0, b.1)).map(|(a, b)| (a, b.value)).collect();
        let tallies = a.1.tallies.each().zip(b.1.tallies.each());
        let tallies = tallies.map(|((name, _, unit, _, a), (.., b))| (name, unit, [a.sum(), b.sum()])).collect();
        Self { figures, tallies }
    }

    /// As data.
    pub fn value(&self) -> Value {
        let figure = |(figure, other): &(KeyFigure, Option<f64>)| {
            json!({"name": figure.name, "unit": figure.unit, "a": figure.value, "b": other,
                   "difference": figure.value.zip(*other).map(|(a, b)| b - a)})
        };
        let tally = |(name, unit, [a, b]): &(&str, &str, [i64; 2])| {
            ((*name).to_owned(), json!({"unit": unit, "a": a, "b": b, "difference": b - a}))
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
            let change = match figure.value.zip(*other) {
                Some((a, b)) if a == b => "same".to_owned(),
                Some((a, b)) if a != 0.0 => format!("{:+.1} %", (b / a - 1.0) * 100.0),
                _ => String::new(),
            };
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

/// The end of a name, if it is too long for a column.
fn clip(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= 14 {
        return name.to_owned();
    }
    std::iter::once('…').chain(characters[characters.len() - 13..].iter().copied()).collect()
}
