//! Two runs side by side.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::figures::Figures;
use super::key_figures::{KeyFigure, key_figures};
use super::text::quantity;
use crate::setting::Setting;
use crate::tally::{Axis, Counts};

/// A run to compare.
pub type Side<'a> = (&'a Setting, &'a Figures);

/// The figures of two runs and how they differ.
pub struct Difference<'a> {
    sides: [Side<'a>; 2],
    figures: Vec<(KeyFigure, Option<f64>)>,
}

impl<'a> Difference<'a> {
    /// Of two runs.
    pub fn of(sides: [Side<'a>; 2]) -> Self {
        let [a, b] = sides.map(|(setting, figures)| key_figures(setting, figures));
        Self { sides, figures: a.into_iter().zip(b).map(|(a, b)| (a, b.value)).collect() }
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
        let [a, b] = self.sides.map(|(_, figures)| &figures.tallies);
        let tally = |((name, _, unit, axes, of_a), (.., of_b)): (OneTally<'_>, OneTally<'_>)| {
            let (sum_a, sum_b) = (of_a.sum(), of_b.sum());
            let axis_names: Vec<&str> = axes.iter().map(|axis| axis.name()).collect();
            let mut value =
                json!({"unit": unit, "a": sum_a, "b": sum_b, "difference": sum_b - sum_a, "axes": axis_names});
            match self.entries(axes, [of_a, of_b]) {
                Some(entries) => value["entries_that_differ"] = entries,
                None => value["entries_are_not_compared"] = json!("the maps are not divided alike"),
            }
            (name.to_owned(), value)
        };
        json!({
            "figures": self.figures.iter().map(figure).collect::<Vec<_>>(),
            "tallies": Value::Object(a.each().zip(b.each()).map(tally).collect::<Map<_, _>>()),
        })
    }

    /// Entries whose counts differ, if entries of the two mean the same.
    fn entries(&self, axes: &[Axis], counts: [&Counts; 2]) -> Option<Value> {
        let settings = self.sides.map(|(setting, _)| setting);
        if axes.contains(&Axis::Cell) && !are_divided_alike(settings) {
            return None;
        }
        let labels: Vec<AxisLabels> = axes.iter().map(|axis| AxisLabels::of(*axis, settings)).collect();
        let mut all: BTreeMap<Vec<usize>, [i64; 2]> = BTreeMap::new();
        let is_one_to_one = labels.iter().all(|labels| labels.is_one_to_one);
        for (side, tally) in counts.into_iter().enumerate() {
            for (place, &count) in tally.counts.iter().enumerate() {
                // Where both have the same entries, only those that differ are looked at any further.
                let is_same = is_one_to_one && counts[1 - side].counts[place] == count;
                if count != 0 && !is_same {
                    let entries = tally.entries_at(place);
                    let at = entries.iter().zip(&labels).map(|(&entry, labels)| labels.of_side[side][entry]);
                    all.entry(at.collect()).or_default()[side] += count;
                }
            }
        }
        let value = |(at, [a, b]): (Vec<usize>, [i64; 2])| {
            let at: Vec<&str> = at.iter().zip(&labels).map(|(&label, labels)| labels.all[label].as_str()).collect();
            json!({"at": at, "a": a, "b": b, "difference": b - a})
        };
        Some(all.into_iter().filter(|(_, [a, b])| a != b).map(value).collect())
    }

    /// As a table for people, with the names of the two.
    pub fn text(&self, names: [&str; 2]) -> String {
        let said = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), quantity);
        let line = |name: &str, a: &str, b: &str, difference: &str, change: &str, unit: &str| {
            let line = format!("{name:<36} {a:>12} {b:>12} {difference:>12} {change:>10}  {unit}");
            format!("{}\n", line.trim_end())
        };
        let mut out = line("", &clip(names[0]), &clip(names[1]), "difference", "change", "unit");
        for (figure, other) in &self.figures {
            let (difference, change) = (difference_in_words(figure, *other), change_in_words(figure, *other));
            let (a, b) = (said(figure.value), said(*other));
            out.push_str(&line(figure.name, &a, &b, &difference, &change, figure.shown_unit()));
        }
        out
    }
}

/// Name, meaning, unit, axes and counts of a tally.
type OneTally<'a> = (&'static str, &'static str, &'static str, &'static [Axis], &'a Counts);

/// Whether cells of the maps of two settings are the same places.
fn are_divided_alike([a, b]: [&Setting; 2]) -> bool {
    let extents = |setting: &Setting| -> Vec<[i32; 2]> { setting.grounds.iter().map(|ground| ground.extent).collect() };
    let maps = |setting: &Setting| -> Vec<String> { setting.scenario.file.maps.names().map(str::to_owned).collect() };
    a.raster.side == b.raster.side && maps(a) == maps(b) && extents(a) == extents(b)
}

/// The entries of an axis in two settings, by one list of labels.
struct AxisLabels {
    all: Vec<String>,
    /// Place in that list of each entry, by setting.
    of_side: [Vec<usize>; 2],
    /// Whether both have the same entries in the same order.
    is_one_to_one: bool,
}

impl AxisLabels {
    fn of(axis: Axis, settings: [&Setting; 2]) -> Self {
        // Runs that start on different days are compared day by day of each.
        let is_of_time = matches!(axis, Axis::Day | Axis::Week | Axis::Month | Axis::Cohort);
        let by_number = is_of_time && settings[0].clock.start != settings[1].clock.start;
        let labels = settings.map(|setting| -> Vec<String> {
            let labels = axis.labels(setting).into_iter().enumerate();
            let text = |(n, label): (usize, Value)| match label.as_str() {
                _ if by_number && axis == Axis::Cohort && n > 0 => format!("day {n}"),
                Some(text) if axis == Axis::Cohort && n == 0 => text.to_owned(),
                _ if by_number => format!("{} {}", axis.name(), n + 1),
                Some(text) => text.to_owned(),
                None => label.to_string(),
            };
            labels.map(text).collect()
        });
        let mut all = labels[0].clone();
        let of_b = labels[1].iter().map(|label| {
            all.iter().position(|known| known == label).unwrap_or_else(|| {
                all.push(label.clone());
                all.len() - 1
            })
        });
        let of_b: Vec<usize> = if labels[0] == labels[1] { (0..labels[0].len()).collect() } else { of_b.collect() };
        let of_a = (0..labels[0].len()).collect();
        Self { is_one_to_one: labels[0] == labels[1], of_side: [of_a, of_b], all }
    }
}

/// By how much the second value is more than the first, in words.
pub fn difference_in_words(figure: &KeyFigure, other: Option<f64>) -> String {
    let Some((a, b)) = figure.value.zip(other) else { return "-".to_owned() };
    if a == b {
        return "same".to_owned();
    }
    format!("{}{}", if b > a { '+' } else { '-' }, quantity((b - a).abs()))
}

/// By which share the second value is more than the first; nothing for what is a share itself.
pub fn change_in_words(figure: &KeyFigure, other: Option<f64>) -> String {
    match figure.value.zip(other) {
        Some((a, b)) if a > 0.0 && a != b && !figure.unit.starts_with('%') => {
            format!("{:+.1} %", (b / a - 1.0) * 100.0)
        }
        _ => String::new(),
    }
}

/// The end of a name, if it is too long for a column.
fn clip(name: &str) -> String {
    const MOST: usize = 12;
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= MOST {
        return name.to_owned();
    }
    std::iter::once('…').chain(characters[characters.len() + 1 - MOST..].iter().copied()).collect()
}
