//! How fair they play: who is reported and flagged.

use std::collections::HashSet;

use super::conduct::Conduct;
use super::reading::{Read, Reading};
use super::untold::Untold;

/// The keys told here.
pub const READINGS: [(&str, Read); 2] = [
    ("cheater_lifetime_share", |ask| {
        share(ask.facts.conduct.as_ref(), "anticheat_flags", |conduct| conduct.flagged.as_ref())
    }),
    ("reported_ever_share", |ask| share(ask.facts.conduct.as_ref(), "reports", |conduct| conduct.reported.as_ref())),
];

/// The share of all accounts that a table names.
fn share(
    conduct: Option<&Conduct>,
    table: &str,
    named: fn(&Conduct) -> Option<&HashSet<i64>>,
) -> Result<Reading, Untold> {
    let conduct = conduct.ok_or(Untold::NoTable("players".into()))?;
    let named = named(conduct).ok_or(Untold::NoTable(table.into()))?.len();
    let whole = conduct.accounts;
    Ok(Reading::new((whole > 0).then(|| named as f64 / whole as f64), whole))
}
