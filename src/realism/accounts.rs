//! What is kept of every account while the tables of a run pass: 120 bytes each, 2.4 GB for 20 million.
//!
//! Seconds, cents, kills and deaths of an account fit 32 bits: a run has at most 731 days.

use super::batch_columns::{numbers, texts};
use crate::inspect::{InspectError, RunTables, table_named};
use crate::time::Clock;

/// Days of age that count as the first week of an account, the day of installing included.
pub const FIRST_DAYS: i32 = 7;
/// Days of age in which purchases count for the rates of 30 days.
pub const MONEY_DAYS: i32 = 30;
/// Days before the run's end in which active days are compared between accounts.
pub const RECENT_DAYS: i32 = 60;
/// Sessions that an account needs for a time of day, or for a length, of its own.
pub const OWN_SESSIONS: u32 = 10;

/// Where a device buys, as far as its name tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marketplace {
    /// Neither of the two.
    #[default]
    Other,
    /// Its name begins with `android`.
    Android,
    /// Its name begins with `ios`.
    Ios,
}

/// An account.
#[derive(Clone, Debug)]
pub struct Habits {
    /// Day of the run on which it installs; negative before the run, `None` if the run does not tell.
    pub installed: Option<i32>,
    /// Where its device buys.
    pub marketplace: Marketplace,
    /// First and latest active day of the run so far.
    pub active: Option<(i32, i32)>,
    /// Active days so far.
    pub active_days: u32,
    /// Of those, in the run's last [`RECENT_DAYS`].
    pub recent_days: u16,
    /// The first of those, counted from 1; 0 if there is none.
    pub recent_from: u16,
    /// Of those, of an age below [`FIRST_DAYS`].
    pub early_days: u32,
    /// Matches joined in sessions started at such an age.
    pub early_games: u32,
    /// Sessions.
    pub sessions: u32,
    /// Seconds played.
    pub played_s: u32,
    /// Sessions that began on its latest active day, and how long they last together, in seconds.
    pub today: (u32, u32),
    /// Sums of cosine and sine of the times of day at which its sessions start.
    pub heading: (f64, f64),
    /// Settled sessions, and sums of ln of their seconds and of its square.
    pub settled: (u32, f64, f64),
    /// Kills and deaths.
    pub fights: (u32, u32),
    /// Purchases; of accounts that install in the run, as is what follows.
    pub purchases: u32,
    /// Age in days at the first of them.
    pub first_purchase: Option<i32>,
    /// US cents spent at an age below [`MONEY_DAYS`].
    pub spent_cents: u32,
}

impl Habits {
    fn unknown() -> Self {
        Self {
            installed: None,
            marketplace: Marketplace::Other,
            active: None,
            active_days: 0,
            recent_days: 0,
            recent_from: 0,
            early_days: 0,
            early_games: 0,
            sessions: 0,
            played_s: 0,
            today: (0, 0),
            heading: (0.0, 0.0),
            settled: (0, 0.0, 0.0),
            fights: (0, 0),
            purchases: 0,
            first_purchase: None,
            spent_cents: 0,
        }
    }

    /// Age in days on a day of the run, of an account that installs in the run.
    pub fn age(&self, day: i32) -> Option<i32> {
        self.installed.filter(|installed| *installed >= 0).map(|installed| day - installed).filter(|age| *age >= 0)
    }

    /// Whether it installs in the run, so early that its first `ages` days lie in a run of `days`.
    pub fn is_seen_for(&self, ages: i32, days: u32) -> bool {
        self.installed.is_some_and(|installed| installed >= 0 && installed + ages <= days as i32)
    }

    /// Length of the mean vector of the times of day at which its sessions start, 0 to 1.
    pub fn resultant(&self) -> f64 {
        let (cos, sin) = self.heading;
        (cos * cos + sin * sin).sqrt() / f64::from(self.sessions.max(1))
    }
}

/// The accounts of a run, by number.
#[derive(Debug, Default)]
pub struct Accounts {
    /// The account with number n at place n - 1.
    pub all: Vec<Habits>,
}

impl Accounts {
    /// The accounts that a run lists; none if it has no table of them.
    pub fn read(tables: &RunTables, clock: Clock) -> Result<Self, InspectError> {
        let mut accounts = Self::default();
        if !tables.has("players") {
            return Ok(accounts);
        }
        let columns = ["player_id", "installed_on", "device"];
        tables.read(table_named("players")?, Some(&columns), None, &mut |batch| {
            let (ids, installed) = (numbers(batch, columns[0])?, numbers(batch, columns[1])?);
            let devices = texts(batch, columns[2])?;
            for (row, id) in ids.iter().enumerate() {
                let habits = accounts.of(*id);
                habits.installed = Some((installed[row] - i64::from(clock.start.0)) as i32);
                habits.marketplace = match devices.value(row) {
                    ios if ios.starts_with("ios") => Marketplace::Ios,
                    android if android.starts_with("android") => Marketplace::Android,
                    _ => Marketplace::Other,
                };
            }
            Ok(())
        })?;
        Ok(accounts)
    }

    /// The account with a number, which is at least 1.
    pub fn of(&mut self, player: i64) -> &mut Habits {
        let place = (player.max(1) - 1) as usize;
        if place >= self.all.len() {
            self.all.resize_with(place + 1, Habits::unknown);
        }
        &mut self.all[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_takes_120_bytes() {
        assert!(size_of::<Habits>() <= 120, "{}", size_of::<Habits>());
    }

    #[test]
    fn an_age_is_that_of_an_account_that_installs_in_the_run() {
        let installed = |day| Habits { installed: day, ..Habits::unknown() };
        assert_eq!(installed(Some(3)).age(5), Some(2));
        assert_eq!(installed(Some(3)).age(2), None);
        assert_eq!(installed(Some(-1)).age(5), None);
        assert_eq!(installed(None).age(5), None);
        // The first two days of one of day 3 lie in a run of five, not of four.
        assert!(installed(Some(3)).is_seen_for(2, 5) && !installed(Some(3)).is_seen_for(2, 4));
    }
}
