//! Bins of a histogram: where they begin, as numbers and as labels, and how dense they are.

use crate::setting::Setting;
use crate::tally::Axis;

/// Where bins begin, in the unit that they are shown in.
pub fn edges(bins: Axis, setting: &Setting) -> Vec<f64> {
    let scale = if matches!(bins, Axis::Distance | Axis::KillsPerDeath) { 100.0 } else { 1.0 };
    bins.labels(setting).iter().map(|edge| edge.as_f64().unwrap_or(0.0) / scale).collect()
}

/// Likewise, as text.
pub fn edge_labels(bins: Axis, setting: &Setting) -> Vec<String> {
    edges(bins, setting).iter().map(|edge| hundredths((edge * 100.0).round() as u64)).collect()
}

/// Percent of all for each unit of a bin's width; the last bin of all has no end and is taken as wide as the one before.
pub fn densities(counts: &[i64], edges: &[f64]) -> Vec<f64> {
    let all = (counts.iter().sum::<i64>() as f64).max(1.0);
    let width = |bin: usize| match edges.get(bin + 1) {
        Some(next) => next - edges[bin],
        None => edges[bin] - edges[bin - 1],
    };
    counts.iter().enumerate().map(|(bin, count)| *count as f64 / all * 100.0 / width(bin)).collect()
}

/// Hundredths as a number with as few digits as it needs.
fn hundredths(value: u64) -> String {
    match (value / 100, value % 100) {
        (whole, 0) => whole.to_string(),
        (whole, part) if part % 10 == 0 => format!("{whole}.{}", part / 10),
        (whole, part) => format!("{whole}.{part:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_bins_are_no_higher_for_being_wide() {
        assert_eq!(densities(&[1, 2, 2], &[0.0, 1.0, 3.0, 4.0]), [20.0, 20.0, 40.0]);
        assert_eq!(densities(&[0, 4], &[0.0, 2.0]), [0.0, 50.0]);
    }

    #[test]
    fn hundredths_have_no_more_digits_than_they_need() {
        assert_eq!([0, 50, 75, 100, 1_250].map(hundredths), ["0", "0.5", "0.75", "1", "12.5"]);
    }
}
