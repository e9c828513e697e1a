//! A second pass over `session_ends`: time played by the hour of each account's own clock, whose hour 0 is its mean start.
//!
//! The mean is circular and in UTC: as it is every account's own, its time zone makes no difference.

use super::accounts::{Accounts, Habits, OWN_SESSIONS};
use super::batch_columns::numbers;
use crate::inspect::{InspectError, RunTables, table_named};
use crate::time::{Clock, DAY_S};

const HOUR_S: i64 = 3600;

/// Seconds played in each hour after the mean start, of accounts that start often enough to have one.
pub fn aligned_seconds(tables: &RunTables, clock: Clock, accounts: &Accounts) -> Result<[u64; 24], InspectError> {
    let means: Vec<Option<i64>> = accounts.all.iter().map(mean_start_s).collect();
    let mut hours = [0; 24];
    let columns = ["player_id", "started_at", "event_length_s"];
    tables.read(table_named("session_ends")?, Some(&columns), None, &mut |batch| {
        let (players, starts) = (numbers(batch, columns[0])?, numbers(batch, columns[1])?);
        let lengths = numbers(batch, columns[2])?;
        for (row, player) in players.iter().enumerate() {
            let Some(mean) = means.get((*player - 1) as usize).copied().flatten() else { continue };
            let start_s = (starts[row] - clock.ms(0)).div_euclid(1000);
            spread((start_s - mean).rem_euclid(DAY_S.into()), lengths[row], &mut hours);
        }
        Ok(())
    })?;
    Ok(hours)
}

/// Second of the day around which an account's sessions start, rounded.
fn mean_start_s(habits: &Habits) -> Option<i64> {
    let (cos, sin) = habits.heading;
    let turn = libm::atan2(sin, cos) / std::f64::consts::TAU;
    (habits.sessions >= OWN_SESSIONS).then(|| libm::round(turn * f64::from(DAY_S)) as i64)
}

/// Adds a stretch of seconds to the hours that it lies in.
fn spread(start_s: i64, length_s: i64, hours: &mut [u64; 24]) {
    let (mut at, end) = (start_s, start_s + length_s);
    while at < end {
        let next = ((at / HOUR_S + 1) * HOUR_S).min(end);
        hours[(at / HOUR_S % 24) as usize] += (next - at) as u64;
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_spread_over_its_hours_past_midnight() {
        let mut hours = [0; 24];
        spread(23 * HOUR_S + 1800, HOUR_S + 60, &mut hours);
        assert_eq!((hours[23], hours[0], hours.iter().sum::<u64>()), (1800, 1860, 3660));
    }
}
