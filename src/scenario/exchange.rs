//! Exchange: prices in whole minor units of a currency, by integers, so that anyone can compute them again.

use super::sections::Currency;

/// What a US dollar is in another currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    /// Digits of the minor unit: 2 where a unit has hundredths.
    pub digits: u32,
    /// Millionths of a unit for one US dollar.
    pub per_usd_micros: i64,
}

/// Currencies whose minor unit is not a hundredth, by its digits (ISO 4217, list one).
const OTHER_DIGITS: [(u32, &[&str]); 3] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

impl ExchangeRate {
    /// The rate of a currency.
    pub fn new(code: &str, currency: &Currency) -> Self {
        let listed = OTHER_DIGITS.iter().find(|(_, codes)| codes.contains(&code)).map_or(2, |(digits, _)| *digits);
        Self {
            digits: u32::try_from(currency.digits).unwrap_or(listed),
            per_usd_micros: libm::round(currency.per_usd * 1e6) as i64,
        }
    }

    /// A price in minor units, rounded half up, at least 1.
    pub fn price(self, usd_cents: u32) -> i128 {
        // Cents times millionths are units times 10^8.
        const SCALE: i128 = 100_000_000;
        let scaled = i128::from(usd_cents) * i128::from(self.per_usd_micros) * 10_i128.pow(self.digits);
        ((scaled + SCALE / 2) / SCALE).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_whole_minor_units() {
        let price = |code: &str, digits: i32, per_usd: f64, cents: u32| {
            ExchangeRate::new(code, &Currency { digits, per_usd }).price(cents)
        };
        assert_eq!(price("JPY", -1, 150.0, 499), 749, "748.5 yen");
        assert_eq!(price("JPY", 2, 150.0, 499), 74_850);
        assert_eq!(price("EUR", -1, 0.92, 499), 459, "459.08 cents");
        assert_eq!(price("KWD", -1, 0.307, 999), 3_067, "3066.93 fils");
        assert_eq!(price("CLF", -1, 0.000_001, 1), 1, "nothing is free");
        assert_eq!(price("USD", 4, 100_000.0, 1_000_000), 10_000_000_000_000);
    }
}
