//! How many are online at every whole minute of a run, from sessions in any order.

const MINUTES_A_DAY: usize = 1440;

/// Changes of the number online from minute to minute; four bytes a minute of the run.
#[derive(Clone, Debug)]
pub struct Online {
    changes: Vec<i32>,
}

impl Online {
    /// Nobody, for so many days.
    pub fn new(days: u32) -> Self {
        Self { changes: vec![0; days as usize * MINUTES_A_DAY + 1] }
    }

    /// A session of the seconds `start..end` since the run's start: online at whole minutes in between.
    pub fn add(&mut self, start: i64, end: i64) {
        let last = self.changes.len() - 1;
        let minute = |second: i64| ((second.max(0) + 59) / 60).min(last as i64) as usize;
        self.changes[minute(start)] += 1;
        self.changes[minute(end)] -= 1;
    }

    /// The number online at every whole minute.
    fn minutes(&self) -> Vec<i32> {
        let mut online = 0;
        let add = |change: &i32| {
            online += change;
            online
        };
        self.changes[..self.changes.len() - 1].iter().map(add).collect()
    }

    /// Of every day, the mean number online and the largest.
    pub fn days(&self) -> Vec<DayOnline> {
        let day = |minutes: &[i32]| DayOnline {
            mean: minutes.iter().map(|online| i64::from(*online)).sum::<i64>() as f64 / MINUTES_A_DAY as f64,
            peak: minutes.iter().copied().max().unwrap_or(0).into(),
        };
        self.minutes().chunks(MINUTES_A_DAY).map(day).collect()
    }

    /// Sum over days and minutes of the number online in each UTC hour of the day, without the first day.
    pub fn by_hour(&self) -> [i64; 24] {
        let mut hours = [0; 24];
        for (minute, online) in self.minutes().iter().enumerate().skip(MINUTES_A_DAY) {
            hours[minute / 60 % 24] += i64::from(*online);
        }
        hours
    }
}

/// A day's number online.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayOnline {
    /// Mean over its whole minutes.
    pub mean: f64,
    /// The largest at a whole minute.
    pub peak: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_online_at_the_whole_minutes_within_it() {
        let mut online = Online::new(2);
        // At minute 1 and 2; at none; at the minutes of the last hour.
        online.add(60, 121);
        online.add(61, 119);
        online.add(47 * 3600, 48 * 3600);
        let days = online.days();
        assert_eq!(days[0], DayOnline { mean: 2.0 / 1440.0, peak: 1.0 });
        assert_eq!(days[1], DayOnline { mean: 60.0 / 1440.0, peak: 1.0 });
        let mut hours = [0; 24];
        hours[23] = 60;
        assert_eq!(online.by_hour(), hours);
    }
}
