//! How often each whole number occurred: lengths in seconds, gaps in days, distances in centimetres.

use super::statistics::weibull_shape;

/// Counts by whole number, from 0. As long as the largest number that occurred.
#[derive(Clone, Debug, Default)]
pub struct Frequencies {
    counts: Vec<u64>,
}

impl Frequencies {
    /// Counts an occurrence.
    pub fn add(&mut self, value: usize) {
        if value >= self.counts.len() {
            self.counts.resize(value + 1, 0);
        }
        self.counts[value] += 1;
    }

    /// How often a number occurred.
    pub fn count(&self, value: usize) -> u64 {
        self.counts.get(value).copied().unwrap_or(0)
    }

    /// How often any number did that is at least as large.
    pub fn at_least(&self, value: usize) -> u64 {
        self.counts.iter().skip(value).sum()
    }

    /// How often any number did.
    pub fn total(&self) -> u64 {
        self.at_least(0)
    }

    /// Numbers that occurred with how often, in order.
    pub fn occurred(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(value, count)| (value, *count))
    }

    /// Mean.
    pub fn mean(&self) -> Option<f64> {
        let sum: f64 = self.occurred().map(|(value, count)| value as f64 * count as f64).sum();
        (self.total() > 0).then(|| sum / self.total() as f64)
    }

    /// The number at a place of all in order, from 0.
    fn at(&self, place: u64) -> f64 {
        let mut seen = 0;
        let found = self.occurred().find(|(_, count)| {
            seen += count;
            seen > place
        });
        found.map_or(0.0, |(value, _)| value as f64)
    }

    /// Quantile, `share` in 0..=1, as in [`super::statistics::quantile`].
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let last = self.total().checked_sub(1)?;
        let at = share * last as f64;
        let below = at as u64;
        let (low, high) = (self.at(below), self.at((below + 1).min(last)));
        Some(low + (at - below as f64) * (high - low))
    }

    /// Shape of the Weibull distribution that fits best; see [`weibull_shape`].
    pub fn weibull_shape(&self) -> Option<f64> {
        let values: Vec<(f64, u64)> = self.occurred().map(|(value, count)| (value as f64, count)).collect();
        weibull_shape(&values)
    }

    /// Standard deviation of the logarithm, numbers below `least` taken as that.
    pub fn deviation_of_ln(&self, least: usize) -> Option<f64> {
        let total = self.total();
        if total < 2 {
            return None;
        }
        let logs = || self.occurred().map(|(value, count)| (libm::log(value.max(least).max(1) as f64), count as f64));
        let mean = logs().map(|(log, count)| log * count).sum::<f64>() / total as f64;
        let squares: f64 = logs().map(|(log, count)| (log - mean) * (log - mean) * count).sum();
        Some((squares / (total - 1) as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::super::statistics;
    use super::*;

    #[test]
    fn a_spread_says_what_its_values_say() {
        let values = [7_usize, 1, 3, 3, 12, 40, 3];
        let mut spread = Frequencies::default();
        values.iter().for_each(|value| spread.add(*value));
        let mut sorted: Vec<f64> = values.iter().map(|value| *value as f64).collect();
        sorted.sort_by(f64::total_cmp);
        for share in [0.0, 0.1, 0.5, 0.77, 1.0] {
            assert_eq!(spread.quantile(share), statistics::quantile(&sorted, share));
        }
        assert_eq!(spread.mean(), statistics::mean(&sorted));
        assert_eq!((spread.total(), spread.at_least(4), spread.count(3)), (7, 3, 3));
        let logs: Vec<f64> = sorted.iter().map(|value| libm::log(value.max(2.0))).collect();
        let (ours, theirs) = (spread.deviation_of_ln(2).unwrap(), statistics::deviation(&logs).unwrap());
        assert!((ours - theirs).abs() < 1e-12);
        assert_eq!(Frequencies::default().quantile(0.5), None);
    }
}
