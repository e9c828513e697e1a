//! Who plays: players and their sessions.

use super::chart::{self, Caption, MOST_LINES, Series};
use super::contents::Contents;
use super::key_figures::{installs, retention};
use super::text::grouped;
use crate::tally::Axis;

/// Days up to which hours are shown one by one.
const DAYS_BY_HOUR: u32 = 14;
/// Rows and columns of the triangle of cohorts.
const MOST_COHORTS: usize = 18;

impl Contents<'_> {
    /// Appends the section.
    pub fn players(&self, out: &mut String) {
        self.section(
            out,
            "Players",
            &[Self::online, Self::active, Self::new_players, Self::retention_curves, Self::cohorts, Self::week],
        );
    }

    fn online(&self, out: &mut String) {
        let (setting, tally) = (self.setting, &self.figures.tallies.heartbeats);
        let (clock, regions) = (setting.clock, setting.regions());
        let by_hour = clock.days <= DAYS_BY_HOUR;
        // Hours, or days if there are many.
        let (labels, ticks) = if by_hour {
            let hours = self.days().into_iter().flat_map(|day| (0..24).map(move |hour| format!("{day} {hour:02}h")));
            (hours.collect::<Vec<_>>(), (0..24).map(|hour| clock.ticks_in_hour(hour)).collect::<Vec<_>>())
        } else {
            (self.days(), vec![clock.ticks_per_day()])
        };
        let counts: Vec<Vec<i64>> = if by_hour {
            tally.counts.chunks(regions).map(<[i64]>::to_vec).collect()
        } else {
            let day = |day: usize| {
                let mut sums = vec![0; regions];
                for hour in tally.row(day).chunks(regions) {
                    sums.iter_mut().zip(hour).for_each(|(sum, count)| *sum += count);
                }
                sums
            };
            (0..tally.sizes[0]).map(day).collect()
        };
        // An hour without a heartbeat has no mean.
        let mean = |of: &dyn Fn(&[i64]) -> i64| -> Vec<Option<f64>> {
            let mean = |(row, ticks): (&Vec<i64>, &u32)| (*ticks > 0).then(|| of(row) as f64 / f64::from(*ticks));
            counts.iter().zip(ticks.iter().cycle()).map(mean).collect()
        };
        let mut series = Vec::new();
        if regions > 1 {
            series.push(Series { name: "all".into(), values: mean(&|row| row.iter().sum()) });
        }
        for (name, regions) in self.largest(Axis::Region, &tally.along(2), MOST_LINES - 1) {
            series.push(Series { name, values: mean(&|row| regions.iter().map(|&region| row[region]).sum()) });
        }
        let peak = self.figures.peaks(setting).last().copied().unwrap_or(0);
        let caption = Caption {
            title: "Players online",
            about: &format!(
                "Mean over each {}, by region of the match. At most {} were online at once.",
                if by_hour { "hour" } else { "day" },
                grouped(peak.into())
            ),
            x: if by_hour { "day and hour, UTC" } else { "day" },
            y: "players",
            count: None,
        };
        chart::lines(out, &caption, &labels, &series);
    }

    fn active(&self, out: &mut String) {
        let (setting, tallies) = (self.setting, &self.figures.tallies);
        let clock = setting.clock;
        let daily = tallies.active_players.along(0);
        // A week or month that the run holds only a part of is no week or month.
        let is_whole =
            |first: i32, last: i32| (first >= clock.start.0 && last < clock.start.0 + clock.days as i32).then_some(());
        let of_week = |day: u32| {
            let monday = clock.date(day).monday();
            is_whole(monday.0, monday.0 + 6).map(|()| tallies.weekly_active.counts[clock.week(day) as usize] as f64)
        };
        let of_month = |day: u32| {
            let first = clock.date(day).first_of_month();
            let next = first.plus(31).first_of_month();
            is_whole(first.0, next.0 - 1).map(|()| tallies.monthly_active.counts[clock.month(day) as usize] as f64)
        };
        let mut series = vec![Series::new("daily", daily.iter().map(|count| *count as f64))];
        for (name, values) in [
            ("weekly", (0..clock.days).map(of_week).collect::<Vec<_>>()),
            ("monthly", (0..clock.days).map(of_month).collect()),
        ] {
            if values.iter().any(Option::is_some) {
                series.push(Series { name: name.to_owned(), values });
            }
        }
        let caption = Caption {
            title: "Active players",
            about: "Players with a heartbeat on the day, in its week from Monday to Sunday, in its calendar month; whole weeks and months only.",
            x: "day",
            y: "players",
            count: Some((daily.iter().sum::<i64>() as u64, "players and days")),
        };
        chart::lines(out, &caption, &self.days(), &series);
    }

    fn new_players(&self, out: &mut String) {
        let cohorts = &self.figures.tallies.active_by_cohort;
        let days = self.setting.clock.days as usize;
        let new = (0..days).map(|day| cohorts.at([day + 1, day]) as f64);
        let active = self.figures.tallies.active_players.along(0);
        let returning = active.iter().zip(new.clone()).map(|(active, new)| *active as f64 - new);
        let series = [Series::new("installed that day", new.clone()), Series::new("returning", returning)];
        let caption = Caption {
            title: "New and returning",
            about: "Active players by whether they installed on that day.",
            x: "day",
            y: "players",
            count: None,
        };
        chart::lines(out, &caption, &self.days(), &series);
    }

    fn retention_curves(&self, out: &mut String) {
        let days = self.setting.clock.days as usize;
        let cohorts = &self.figures.tallies.active_by_cohort;
        let installed: i64 = (0..days).map(|day| installs(self.setting, day)).sum();
        let ages = days.min(91);
        let labels: Vec<String> = (0..ages).map(|age| age.to_string()).collect();
        let series = [Series {
            name: "active".into(),
            values: (0..ages).map(|age| retention(self.setting, cohorts, age).map(|share| share * 100.0)).collect(),
        }];
        let caption = Caption {
            title: "Retention",
            about: "Of those who have installed on a day, the share that is active so many days later; all days that the run sees for so long.",
            x: "days since installation",
            y: "% of players",
            count: Some((installed as u64, "players installed during the run")),
        };
        chart::lines(out, &caption, &labels, &series);
    }

    /// Cohorts by age, days taken together until the triangle fits.
    fn cohorts(&self, out: &mut String) {
        let days = self.setting.clock.days as usize;
        let cohorts = &self.figures.tallies.active_by_cohort;
        let unit = [1, 2, 3, 7, 14, 28, 42].into_iter().find(|unit| days / unit <= MOST_COHORTS).unwrap_or(56);
        let count = days / unit;
        if count < 2 {
            return;
        }
        let share = |cohort: usize, age: usize| {
            // Only where the run sees the youngest of a stretch at the greatest of the ages.
            if (cohort + age + 2) * unit > days + 1 {
                return None;
            }
            let (mut active, mut size) = (0, 0);
            for day in cohort * unit..(cohort + 1) * unit {
                for later in age * unit..(age + 1) * unit {
                    active += cohorts.at([day + 1, day + later]);
                    size += installs(self.setting, day);
                }
            }
            (size > 0).then(|| active as f64 / size as f64 * 100.0)
        };
        let labels = self.labels(Axis::Day);
        let rows: Vec<String> = (0..count).map(|cohort| labels[cohort * unit].clone()).collect();
        let columns: Vec<String> = (0..count).map(|age| (age * unit).to_string()).collect();
        let cells: Vec<Vec<Option<f64>>> =
            (0..count).map(|cohort| (0..count).map(|age| share(cohort, age)).collect()).collect();
        let about = if unit == 1 {
            "Active players of each day's installations, by days since then.".to_owned()
        } else {
            let left_out = match days % unit {
                0 => String::new(),
                1 => " The last day is left out.".to_owned(),
                rest => format!(" The last {rest} days are left out."),
            };
            format!(
                "Installations of {unit} days together: the mean share active on a day, {unit} days of age together.{left_out}"
            )
        };
        let caption = Caption {
            title: "Cohorts",
            about: &about,
            x: "days since installation, from",
            y: "% of those who have installed",
            count: None,
        };
        chart::heat(out, &caption, &rows, &columns, &cells);
    }

    fn week(&self, out: &mut String) {
        let (clock, tally) = (self.setting.clock, &self.figures.tallies.heartbeats);
        let mut sums = [[0.0; 24]; 7];
        let mut occurrences = [0.0; 7];
        let regions = self.setting.regions();
        for day in 0..clock.days {
            let weekday = clock.date(day).weekday();
            occurrences[weekday] += 1.0;
            for (hour, counts) in tally.row(day as usize).chunks(regions).enumerate() {
                sums[weekday][hour] +=
                    counts.iter().sum::<i64>() as f64 / f64::from(clock.ticks_in_hour(hour as u32).max(1));
            }
        }
        let rows = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(str::to_owned);
        let columns: Vec<String> = (0..24).map(|hour| format!("{hour:02}")).collect();
        let cells: Vec<Vec<Option<f64>>> = sums
            .iter()
            .zip(occurrences)
            .map(|(hours, times)| hours.iter().map(|sum| (times > 0.0).then(|| sum / times)).collect())
            .collect();
        let caption = Caption {
            title: "The week",
            about: "Mean number online, over all such weekdays of the run.",
            x: "hour, UTC",
            y: "players online",
            count: None,
        };
        chart::heat(out, &caption, &rows, &columns, &cells);
    }

    /// Appends the section.
    pub fn sessions(&self, out: &mut String) {
        self.section(out, "Sessions", &[Self::session_lengths, Self::logins, Self::kills_per_death]);
    }

    fn session_lengths(&self, out: &mut String) {
        let tally = &self.figures.tallies.session_lengths;
        let caption = Caption {
            title: "Length of sessions",
            about: "Without those that the end of the run cut off.",
            x: "minutes, from",
            y: "% of the platform's sessions a minute of length",
            count: Some((tally.sum() as u64, "sessions")),
        };
        self.shares(out, &caption, Axis::Platform, Axis::SessionMinutes, tally);
    }

    fn logins(&self, out: &mut String) {
        let at_least = &self.figures.tallies.logins.counts;
        let exactly: Vec<i64> =
            (0..at_least.len()).map(|n| at_least[n] - at_least.get(n + 1).copied().unwrap_or(0)).collect();
        let all = at_least[0];
        let last = exactly.iter().rposition(|count| *count > 0).unwrap_or(0);
        let labels: Vec<String> = (1..=last + 1).map(|n| n.to_string()).collect();
        let shares = exactly[..=last].iter().map(|count| *count as f64 / (all as f64).max(1.0) * 100.0);
        let caption = Caption {
            title: "Sessions a day",
            about: "Of players on days on which they logged in.",
            x: "sessions",
            y: "% of players and days",
            count: Some((all as u64, "players and days")),
        };
        chart::bars(out, &caption, &labels, &[Series::new("share", shares)]);
    }

    fn kills_per_death(&self, out: &mut String) {
        let tally = &self.figures.tallies.session_kills_per_death;
        let caption = Caption {
            title: "Kills for each death",
            about: "Of sessions with a kill or a death; one death is assumed where there was none.",
            x: "kills for each death, from",
            y: "% of sessions for each 1 of the ratio",
            count: Some((tally.sum() as u64, "sessions")),
        };
        self.histogram(out, &caption, Axis::KillsPerDeath, &tally.counts);
    }
}
