//! Simulated time: calendar days, seconds since the run's start, ticks. All of it is UTC, none of it wall clock.

use std::fmt;
use std::str::FromStr;

/// Seconds in a UTC day.
pub const DAY_S: u32 = 86_400;

/// A calendar day, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub i32);

impl Date {
    /// Day of the week, 0 = Monday.
    pub fn weekday(self) -> usize {
        (self.0 + 3).rem_euclid(7) as usize
    }

    /// The day `days` later.
    pub fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// The Monday of its week.
    pub fn monday(self) -> Self {
        self.plus(-(self.weekday() as i32))
    }

    /// The first day of its month.
    pub fn first_of_month(self) -> Self {
        let (_, _, day) = self.civil();
        self.plus(1 - day)
    }

    /// Calendar months since the year 0.
    fn months(self) -> i32 {
        let (year, month, _) = self.civil();
        year * 12 + month
    }

    /// Year, month, day (Hinnant's `civil_from_days`).
    fn civil(self) -> (i32, i32, i32) {
        let z = self.0 + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        (yoe + era * 400 + i32::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
    }

    /// The day of a civil date (Hinnant's `days_from_civil`); the inverse of [`Self::civil`].
    fn from_civil(year: i32, month: i32, day: i32) -> Self {
        let year = year - i32::from(month <= 2);
        let era = year.div_euclid(400);
        let yoe = year.rem_euclid(400);
        let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
        Self(era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Date {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(());
        }
        let number = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<u16>().ok()).ok_or(());
        let date = Self::from_civil(number(0..4)?.into(), number(5..7)?.into(), number(8..10)?.into());
        // 2026-02-30 would silently become 2026-03-02: only a date that prints as it was written is one.
        if date.to_string() == text { Ok(date) } else { Err(()) }
    }
}

/// The run's clock: where its seconds and ticks lie in calendar time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// First simulated day; second 0 is its midnight.
    pub start: Date,
    /// Simulated days.
    pub days: u32,
    /// Seconds between two heartbeats; divides a day.
    pub heartbeat_s: u32,
}

impl Clock {
    /// Ticks in a day.
    pub fn ticks_per_day(self) -> u32 {
        DAY_S / self.heartbeat_s
    }

    /// Ticks in an hour of a day, which need not be as many in each.
    pub fn ticks_in_hour(self, hour: u32) -> u32 {
        let before = |hour: u32| (hour * self.ticks_per_day()).div_ceil(24);
        before(hour + 1) - before(hour)
    }

    /// Hour of the day of a tick of the day.
    pub fn hour_of(self, tick_of_day: u32) -> u32 {
        tick_of_day * 24 / self.ticks_per_day()
    }

    /// Milliseconds since 1970 of a second of the run.
    pub fn ms(self, second: u32) -> i64 {
        (i64::from(self.start.0) * i64::from(DAY_S) + i64::from(second)) * 1000
    }

    /// Second of the run at which a tick lies.
    pub fn second(self, tick: u32) -> u32 {
        tick * self.heartbeat_s
    }

    /// First tick at or after a second of the run.
    pub fn tick_at_or_after(self, second: u32) -> u32 {
        second.div_ceil(self.heartbeat_s)
    }

    /// Tick whose interval holds a second of the run.
    pub fn tick_holding(self, second: u32) -> u32 {
        second / self.heartbeat_s
    }

    /// Weeks from Monday to Sunday since that of the run's first day.
    pub fn week(self, day: u32) -> u32 {
        ((self.date(day).monday().0 - self.start.monday().0) / 7) as u32
    }

    /// Calendar months since that of the run's first day.
    pub fn month(self, day: u32) -> u32 {
        (self.date(day).months() - self.start.months()) as u32
    }

    /// Calendar day of a simulated day.
    pub fn date(self, day: u32) -> Date {
        self.start.plus(day as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_round_trip_over_four_centuries() {
        for day in -40_000..110_000 {
            let date = Date(day);
            assert_eq!(date.to_string().parse(), Ok(date));
        }
        assert_eq!(Date(0).to_string(), "1970-01-01");
        assert_eq!("2024-02-29".parse::<Date>().map(|d| d.0), Ok(19_782));
    }

    #[test]
    fn weekdays_start_on_monday() {
        assert_eq!("2026-01-05".parse::<Date>().map(Date::weekday), Ok(0));
        assert_eq!("2026-01-11".parse::<Date>().map(Date::weekday), Ok(6));
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in ["2026-02-30", "2026-13-01", "2026-1-01", "20260101", "2026-01-0x", "", "2026-00-10"] {
            assert_eq!(text.parse::<Date>(), Err(()), "{text}");
        }
    }
}
