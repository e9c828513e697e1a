//! How fair they play: who is reported and flagged.

use super::conduct::Conduct;
use super::reading::{Read, Reading};
use super::untold::Untold;

/// The keys told here.
pub const READINGS: [(&str, Read); 2] = [
    ("cheater_lifetime_share", |ask| share(ask.facts.conduct.as_ref(), |conduct| conduct.flagged.len())),
    ("reported_ever_share", |ask| share(ask.facts.conduct.as_ref(), |conduct| conduct.reported.len())),
];

fn share(conduct: Option<&Conduct>, part: impl Fn(&Conduct) -> usize) -> Result<Reading, Untold> {
    let conduct = conduct.ok_or(Untold::NoTable("players".into()))?;
    let whole = conduct.accounts;
    Ok(Reading::new((whole > 0).then(|| part(conduct) as f64 / whole as f64), whole))
}
