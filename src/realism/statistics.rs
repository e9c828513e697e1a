//! Statistics of values that are there as a whole: quantiles, concentration, slopes, the Weibull shape.
//!
//! Transcendental functions come from `libm`, and sums run in the order of the values, so that every machine gives the same
//! bits.

/// The quantile of sorted values, `share` in 0..=1, between neighbours by linear interpolation (Hyndman and Fan's type 7).
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = share * last as f64;
    let below = at as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (at - below as f64) * (sorted[above] - sorted[below]))
}

/// Arithmetic mean.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of a sample: the divisor is one less than the number of values.
pub fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Slope of the line through points (x, y) by least squares, x and y both positive and taken as logarithms; nothing if one
/// is not positive.
pub fn loglog_slope(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < 2 || points.iter().any(|(x, y)| *x <= 0.0 || *y <= 0.0) {
        return None;
    }
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (libm::log(*x), libm::log(*y))).collect();
    let count = logs.len() as f64;
    let x_mean = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
    let y_mean = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let across: f64 = logs.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
    let along: f64 = logs.iter().map(|(x, _)| (x - x_mean) * (x - x_mean)).sum();
    Some(across / along)
}

/// Gini coefficient of sorted values that are not negative: 0 if all have the same, near 1 if one has everything.
pub fn gini(sorted: &[f64]) -> Option<f64> {
    let (count, total) = (sorted.len() as f64, sorted.iter().sum::<f64>());
    if total <= 0.0 {
        return None;
    }
    let ranked: f64 = sorted.iter().enumerate().map(|(n, value)| (2.0 * (n + 1) as f64 - count - 1.0) * value).sum();
    Some(ranked / (count * total))
}

/// Share of the sum that the least `share` of sorted values hold (Lorenz curve); one on the edge counts in part.
pub fn held_by_least(sorted: &[f64], share: f64) -> Option<f64> {
    let total: f64 = sorted.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let edge = share * sorted.len() as f64;
    let part = |(n, value): (usize, &f64)| value * (edge - n as f64).clamp(0.0, 1.0);
    Some(sorted.iter().enumerate().map(part).sum::<f64>() / total)
}

/// Shape of the Weibull distribution that fits positive values best by maximum likelihood, each with how often it occurs:
/// the root of sum(x^k ln x) / sum(x^k) - 1/k - mean(ln x), which grows with k. Nothing if all values are the same.
pub fn weibull_shape(values: &[(f64, u64)]) -> Option<f64> {
    let most = values.iter().map(|(value, _)| *value).fold(0.0, f64::max);
    if values.len() < 2 || values.iter().any(|(value, _)| *value <= 0.0) {
        return None;
    }
    // In units of the largest value, so that powers stay within 0 and 1.
    let logs: Vec<(f64, f64)> = values.iter().map(|(value, times)| (libm::log(value / most), *times as f64)).collect();
    let count: f64 = logs.iter().map(|(_, times)| times).sum();
    let mean = logs.iter().map(|(log, times)| log * times).sum::<f64>() / count;
    let excess = |shape: f64| {
        let (mut powers, mut weighted) = (0.0, 0.0);
        for (log, times) in &logs {
            let power = times * libm::exp(shape * log);
            powers += power;
            weighted += power * log;
        }
        weighted / powers - 1.0 / shape - mean
    };
    let (mut low, mut high) = (0.01, 100.0);
    if excess(low) > 0.0 || excess(high) < 0.0 {
        return None;
    }
    while high - low > 1e-13 * low {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if excess(middle) < 0.0 { low = middle } else { high = middle }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: Option<f64>, expected: f64) {
        let value = value.expect("there is one");
        assert!((value - expected).abs() < 1e-9 * expected.abs().max(1.0), "{value} is not {expected}");
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [1.0, 2.0, 4.0, 8.0];
        near(quantile(&values, 0.5), 3.0);
        near(quantile(&values, 0.0), 1.0);
        near(quantile(&values, 1.0), 8.0);
        near(quantile(&values, 0.9), 6.8);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn concentration_goes_from_none_to_everything() {
        near(gini(&[3.0, 3.0, 3.0]), 0.0);
        near(gini(&[0.0, 0.0, 0.0, 1.0]), 0.75);
        assert_eq!(gini(&[0.0, 0.0]), None);
        near(held_by_least(&[1.0, 1.0, 2.0, 4.0], 0.5), 0.25);
        near(held_by_least(&[1.0, 1.0, 2.0, 4.0], 0.625), 0.375);
    }

    #[test]
    fn a_power_law_has_its_exponent_as_slope() {
        let points: Vec<(f64, f64)> = (1..=9).map(|n| (f64::from(n), 3.0 / f64::from(n * n))).collect();
        near(loglog_slope(&points), -2.0);
        assert_eq!(loglog_slope(&[(1.0, 1.0), (2.0, 0.0)]), None);
    }

    #[test]
    fn a_weibull_sample_has_its_shape() {
        // Quantiles of the distribution stand for a sample of it.
        for shape in [0.5, 1.0, 1.7] {
            let quantile = |n: u32| libm::pow(-libm::log(1.0 - (f64::from(n) + 0.5) / 20_000.0), 1.0 / shape);
            let values: Vec<(f64, u64)> = (0..20_000).map(|n| (40.0 * quantile(n), 1)).collect();
            let found = weibull_shape(&values).expect("there is one");
            assert!((found / shape - 1.0).abs() < 2e-3, "{found} is not {shape}");
        }
        assert_eq!(weibull_shape(&[(2.0, 9)]), None);
    }
}
