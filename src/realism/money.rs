//! What they spend: who pays, how much, when first, and how payers differ.

use super::accounts::{FIRST_DAYS, Habits, MONEY_DAYS, Marketplace};
use super::facts::Facts;
use super::reading::{Ask, Read, Reading};
use super::retention::cohort;
use super::statistics::{gini, held_by_least, mean};
use super::untold::Untold;

/// Days that an account is seen for before its purchases are all that it makes.
const LIFE_DAYS: i32 = 60;

/// The keys told here.
pub const READINGS: [(&str, Read); 13] = [
    ("payer_rate_30d", |ask| {
        let seen = cohort(ask.facts, MONEY_DAYS);
        Ok(Reading::new(share(&seen, |habits| pays_within(habits, MONEY_DAYS)), seen.len() as u64))
    }),
    ("ios_over_android_payer_rate", ios_over_android),
    ("top10pct_payers_revenue_share", |ask| revenue_held(ask, |spent| Some(1.0 - held_by_least(spent, 0.9)?))),
    ("top1pct_payers_revenue_share", |ask| revenue_held(ask, |spent| Some(1.0 - held_by_least(spent, 0.99)?))),
    ("bottom50pct_payers_revenue_share", |ask| revenue_held(ask, |spent| held_by_least(spent, 0.5))),
    ("payer_spend_gini", |ask| revenue_held(ask, gini)),
    ("first_purchase_day0_share_of_7d_payers", |ask| {
        let payers = payers(ask.facts, FIRST_DAYS);
        Ok(Reading::new(share(&payers, |habits| habits.first_purchase == Some(0)), payers.len() as u64))
    }),
    ("first_purchase_after_day7_share_of_30d_payers", |ask| {
        let payers = payers(ask.facts, MONEY_DAYS);
        Ok(Reading::new(share(&payers, |habits| !pays_within(habits, FIRST_DAYS)), payers.len() as u64))
    }),
    ("one_time_payers_share", |ask| {
        let mut payers = cohort(ask.facts, LIFE_DAYS);
        payers.retain(|habits| habits.purchases > 0);
        Ok(Reading::new(share(&payers, |habits| habits.purchases == 1), payers.len() as u64))
    }),
    ("payer_over_nonpayer_active_days_d7", |ask| payers_over_others(ask, |habits| habits.early_days)),
    ("payer_over_nonpayer_games_d7", |ask| payers_over_others(ask, |habits| habits.early_games)),
    ("arppu_30d_usd", |ask| revenue_held(ask, |spent| mean(spent).map(|cents| cents / 100.0))),
    ("arpu_30d_usd", |ask| {
        let seen = cohort(ask.facts, MONEY_DAYS);
        let cents: Vec<f64> = seen.iter().map(|habits| habits.spent_cents as f64).collect();
        Ok(Reading::new(mean(&cents).map(|cents| cents / 100.0), seen.len() as u64))
    }),
];

fn pays_within(habits: &Habits, days: i32) -> bool {
    habits.first_purchase.is_some_and(|age| age < days)
}

/// Accounts that are seen for their first `days` and buy in them.
fn payers<'a>(facts: &'a Facts<'_>, days: i32) -> Vec<&'a Habits> {
    let mut payers = cohort(facts, days);
    payers.retain(|habits| pays_within(habits, days));
    payers
}

fn share(of: &[&Habits], is: impl Fn(&Habits) -> bool) -> Option<f64> {
    (!of.is_empty()).then(|| of.iter().filter(|habits| is(habits)).count() as f64 / of.len() as f64)
}

/// Something of the sorted cents that payers spent in their first 30 days.
fn revenue_held(ask: &Ask<'_>, of: fn(&[f64]) -> Option<f64>) -> Result<Reading, Untold> {
    let payers = payers(ask.facts, MONEY_DAYS);
    let mut spent: Vec<f64> = payers.iter().map(|habits| habits.spent_cents as f64).collect();
    spent.sort_by(f64::total_cmp);
    Ok(Reading::new(of(&spent), spent.len() as u64))
}

fn ios_over_android(ask: &Ask<'_>) -> Result<Reading, Untold> {
    let seen = cohort(ask.facts, MONEY_DAYS);
    let of = |marketplace: Marketplace| {
        let of: Vec<&Habits> = seen.iter().copied().filter(|habits| habits.marketplace == marketplace).collect();
        let payers = of.iter().filter(|habits| pays_within(habits, MONEY_DAYS)).count() as u64;
        (of.len(), share(&of, |habits| pays_within(habits, MONEY_DAYS)), payers)
    };
    let (ios, android) = (of(Marketplace::Ios), of(Marketplace::Android));
    if ios.0 == 0 || android.0 == 0 {
        return Err(Untold::Lacks("devices whose names begin with ios and with android".into()));
    }
    let rates = ios.1.zip(android.1).filter(|(_, android)| *android > 0.0);
    Ok(Reading::new(rates.map(|(ios, android)| ios / android), ios.2.min(android.2)))
}

/// Mean over accounts that buy in their first days over mean over those that do not.
fn payers_over_others(ask: &Ask<'_>, of: fn(&Habits) -> u32) -> Result<Reading, Untold> {
    let seen = cohort(ask.facts, FIRST_DAYS);
    let mean_of = |pays: bool| {
        let alike = seen.iter().filter(|habits| pays_within(habits, FIRST_DAYS) == pays);
        let values: Vec<f64> = alike.map(|habits| f64::from(of(habits))).collect();
        (mean(&values), values.len() as u64)
    };
    let ((paying, count), (others, _)) = (mean_of(true), mean_of(false));
    let others = others.filter(|others| *others > 0.0);
    Ok(Reading::new(paying.zip(others).map(|(paying, others)| paying / others), count))
}
