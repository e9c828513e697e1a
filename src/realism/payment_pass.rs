//! One pass over `purchases`: what accounts that install in the run spend, by their age in days.

use super::accounts::{Accounts, MONEY_DAYS};
use super::batch_columns::numbers;
use crate::inspect::{InspectError, RunTables, table_named};
use crate::time::{Clock, DAY_S};

/// Adds to the accounts what they bought.
pub fn read_payments(tables: &RunTables, clock: Clock, accounts: &mut Accounts) -> Result<(), InspectError> {
    let columns = ["player_id", "event_ts", "price_usd_cents"];
    tables.read(table_named("purchases")?, Some(&columns), None, &mut |batch| {
        let (players, times) = (numbers(batch, columns[0])?, numbers(batch, columns[1])?);
        let cents = numbers(batch, columns[2])?;
        for (row, player) in players.iter().enumerate() {
            let day = (times[row] - clock.ms(0)).div_euclid(i64::from(DAY_S) * 1000) as i32;
            let habits = accounts.of(*player);
            let Some(age) = habits.age(day) else { continue };
            habits.purchases += 1;
            habits.first_purchase = Some(habits.first_purchase.map_or(age, |first| first.min(age)));
            if age < MONEY_DAYS {
                habits.spent_cents += cents[row] as u32;
            }
        }
        Ok(())
    })
}
