//! What the sections of a report draw from, and what their charts have in common.

use super::bins::{densities, edge_labels, edges};
use super::chart::{self, Caption, MOST_LINES, Series, put};
use super::figures::Figures;
use crate::setting::Setting;
use crate::tally::{Axis, Counts};

/// Bars of a chart by name, rows of a table.
pub const MOST_BARS: usize = 20;

/// Everything that the sections draw from.
pub struct Contents<'a> {
    /// The setting of the run.
    pub setting: &'a Setting,
    /// What was counted.
    pub figures: &'a Figures,
}

impl Contents<'_> {
    /// A section with its charts.
    pub fn section(&self, out: &mut String, title: &str, charts: &[fn(&Self, &mut String)]) {
        put(out, format_args!("<section><h2>{title}</h2><div class=\"charts\">"));
        charts.iter().for_each(|chart| chart(self, out));
        out.push_str("</div></section>");
    }

    /// Names of the entries of an axis.
    pub fn labels(&self, axis: Axis) -> Vec<String> {
        let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        axis.labels(self.setting).into_iter().map(text).collect()
    }

    /// Entries of an axis that something was counted for, the largest first; what is beyond so many comes last, as one.
    pub fn largest(&self, axis: Axis, sizes: &[i64], most: usize) -> Vec<(String, Vec<usize>)> {
        let names = self.labels(axis);
        let mut order: Vec<usize> = (0..names.len()).filter(|&n| sizes[n] > 0).collect();
        order.sort_by_key(|&n| (-sizes[n], n));
        let rest = if order.len() > most { order.split_off(most - 1) } else { Vec::new() };
        let mut out: Vec<(String, Vec<usize>)> = order.into_iter().map(|n| (names[n].clone(), vec![n])).collect();
        if !rest.is_empty() {
            out.push((format!("{} others", rest.len()), rest));
        }
        out
    }

    /// Days, as month and day.
    pub fn days(&self) -> Vec<String> {
        self.labels(Axis::Day).iter().map(|date| date[5..].to_owned()).collect()
    }

    /// Hours of play that so many heartbeats are.
    pub fn hours(&self, heartbeats: i64) -> f64 {
        heartbeats as f64 * f64::from(self.setting.clock.heartbeat_s) / 3600.0
    }

    /// How counts are spread over bins, for each entry of the first axis that has any: shares for each unit of a bin's
    /// width, because bins are wider where there is less.
    pub fn shares(&self, out: &mut String, caption: &Caption<'_>, of: Axis, bins: Axis, tally: &Counts) {
        let last = tally.along(1).iter().rposition(|count| *count > 0).unwrap_or(0);
        let series = |(name, entries): (String, Vec<usize>)| {
            let count = |bin: usize| entries.iter().map(|&entry| tally.at([entry, bin])).sum::<i64>();
            let counts: Vec<i64> = (0..=last).map(count).collect();
            Series::new(&name, densities(&counts, &edges(bins, self.setting)))
        };
        let series: Vec<Series> = self.largest(of, &tally.along(0), MOST_LINES).into_iter().map(series).collect();
        let labels = &edge_labels(bins, self.setting)[..=last];
        if series.len() > 2 {
            chart::lines(out, caption, labels, &series);
        } else {
            chart::bars(out, caption, labels, &series);
        }
    }

    /// How counts are spread over bins, likewise.
    pub fn histogram(&self, out: &mut String, caption: &Caption<'_>, bins: Axis, counts: &[i64]) {
        let last = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
        let series = Series::new("share", densities(&counts[..=last], &edges(bins, self.setting)));
        chart::bars(out, caption, &edge_labels(bins, self.setting)[..=last], &[series]);
    }
}
