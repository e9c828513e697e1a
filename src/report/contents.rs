//! The contents of a report: which charts there are, and what each says.

use super::bins::{densities, edge_labels, edges};
use super::chart::{self, Caption, MOST_LINES, Series, put};
use super::figures::Figures;
use super::key_figures::{area_of_half, installs, retention, revenue_of_least, spending_curve};
use super::map;
use super::text::{escape, grouped, quantity};
use crate::setting::Setting;
use crate::tally::{Axis, Counts};

/// Days up to which hours are shown one by one.
const DAYS_BY_HOUR: u32 = 14;
/// Rows and columns of the triangle of cohorts.
const MOST_COHORTS: usize = 18;
/// Bars of a chart by map, rows of a table by mode.
const MOST_BARS: usize = 20;
/// Maps that are drawn.
pub const MOST_MAPS: usize = 8;

/// Everything that the sections draw from.
pub struct Contents<'a> {
    /// The setting of the run.
    pub setting: &'a Setting,
    /// What was counted.
    pub figures: &'a Figures,
}

impl Contents<'_> {
    /// All sections, one after the other.
    pub fn draw(&self, out: &mut String) {
        self.section(
            out,
            "Players",
            &[Self::online, Self::active, Self::new_players, Self::retention_curves, Self::cohorts, Self::week],
        );
        self.section(out, "Sessions", &[Self::session_lengths, Self::logins, Self::kills_per_death]);
        self.section(out, "Matches", &[Self::match_lengths, Self::winners, Self::margins]);
        self.section(
            out,
            "Encounters and kills",
            &[
                Self::encounters_a_session,
                Self::encounters_by_map,
                Self::encounter_beats,
                Self::encounter_distances,
                Self::kill_distances,
                Self::funnel,
            ],
        );
        self.section(out, "Maps", &[Self::maps]);
        self.section(out, "Careers and fair play", &[Self::achievements, Self::levels, Self::flags, Self::fair_play]);
        self.section(out, "Money", &[Self::revenue, Self::spending, Self::items]);
    }

    fn section(&self, out: &mut String, title: &str, charts: &[fn(&Self, &mut String)]) {
        put(out, format_args!("<section><h2>{title}</h2><div class=\"charts\">"));
        charts.iter().for_each(|chart| chart(self, out));
        out.push_str("</div></section>");
    }

    fn labels(&self, axis: Axis) -> Vec<String> {
        let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        axis.labels(self.setting).into_iter().map(text).collect()
    }

    /// Entries of an axis that something was counted for, the largest first; what is beyond so many comes last, as one.
    fn largest(&self, axis: Axis, sizes: &[i64], most: usize) -> Vec<(String, Vec<usize>)> {
        let names = self.labels(axis);
        let mut order: Vec<usize> = (0..names.len()).filter(|&n| sizes[n] > 0).collect();
        order.sort_by_key(|&n| (-sizes[n], n));
        let rest = if order.len() > most { order.split_off(most - 1) } else { Vec::new() };
        let mut out: Vec<(String, Vec<usize>)> = order.into_iter().map(|n| (names[n].clone(), vec![n])).collect();
        if !rest.is_empty() {
            out.push((format!("{} others", rest.len()), rest));
        }
        out
    }

    /// Days, as month and day.
    fn days(&self) -> Vec<String> {
        self.labels(Axis::Day).iter().map(|date| date[5..].to_owned()).collect()
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

    fn match_lengths(&self, out: &mut String) {
        let tally = &self.figures.tallies.match_lengths;
        let caption = Caption {
            title: "Length of matches",
            about: "Without those that the end of the run cut off.",
            x: "minutes, from",
            y: "% of the mode's matches a minute of length",
            count: Some((tally.sum() as u64, "matches")),
        };
        self.shares(out, &caption, Axis::Mode, Axis::MatchMinutes, tally);
    }

    fn winners(&self, out: &mut String) {
        let tally = &self.figures.tallies.winners;
        let teams = self.labels(Axis::Winner);
        let most = MOST_LINES.min(teams.len());
        let mut columns: Vec<String> = teams[..most - 1].iter().map(|team| format!("team {team}")).collect();
        if teams.len() > most {
            columns.push("another".into());
        }
        columns.push("nobody".into());
        let modes = self.largest(Axis::Mode, &tally.along(0), MOST_BARS);
        let cells = modes.iter().map(|(_, modes)| {
            let mut row = vec![0; tally.sizes[1]];
            for &mode in modes {
                row.iter_mut().zip(tally.row(mode)).for_each(|(sum, count)| *sum += count);
            }
            let all = row.iter().sum::<i64>() as f64;
            let mut counts = row[..most - 1].to_vec();
            if teams.len() > most {
                counts.push(row[most - 1..teams.len() - 1].iter().sum());
            }
            counts.extend(row.last());
            counts.into_iter().map(|count| (all > 0.0).then(|| count as f64 / all * 100.0)).collect()
        });
        let cells: Vec<Vec<Option<f64>>> = cells.collect();
        let modes: Vec<String> = modes.into_iter().map(|(name, _)| name).collect();
        let caption = Caption {
            title: "Who wins",
            about: "Matches by the team that won, without those that the end of the run cut off.",
            x: "",
            y: "% of the mode's matches",
            count: Some((tally.sum() as u64, "matches")),
        };
        chart::heat(out, &caption, &modes, &columns, &cells);
    }

    fn margins(&self, out: &mut String) {
        let tally = &self.figures.tallies.margins;
        let caption = Caption {
            title: "How close matches are",
            about: "Kills that the best team had more than the next.",
            x: "kills, from",
            y: "% of the mode's matches a kill",
            count: Some((tally.sum() as u64, "matches")),
        };
        self.shares(out, &caption, Axis::Mode, Axis::Margin, tally);
    }

    fn encounters_a_session(&self, out: &mut String) {
        let tallies = &self.figures.tallies;
        let sessions = tallies.sessions.along(0);
        let a_session = |(name, modes): (String, Vec<usize>)| {
            let of_day = |(day, sessions): (usize, &i64)| {
                let encounters: i64 = modes.iter().map(|&mode| tallies.encounters.at([day, mode])).sum();
                (*sessions > 0).then(|| encounters as f64 / *sessions as f64)
            };
            Series { values: sessions.iter().enumerate().map(of_day).collect(), name }
        };
        let modes = self.largest(Axis::Mode, &tallies.encounters.along(1), MOST_LINES);
        let series: Vec<Series> = modes.into_iter().map(a_session).collect();
        let caption = Caption {
            title: "Encounters a session",
            about: "Encounters that start on a day, by mode, for each session that starts on it. An encounter is of two sessions and counts once.",
            x: "day",
            y: "encounters a session",
            count: Some((tallies.encounters.sum() as u64, "encounters")),
        };
        chart::lines(out, &caption, &self.days(), &series);
    }

    fn encounters_by_map(&self, out: &mut String) {
        let tallies = &self.figures.tallies;
        let played = tallies.played.along(1);
        let maps = self.largest(Axis::Map, &played, MOST_BARS);
        let of = |maps: &[usize], counts: &[i64]| maps.iter().map(|&map| counts[map]).sum::<i64>();
        let values = maps
            .iter()
            .map(|(_, maps)| of(maps, &tallies.encounters_by_map.counts) as f64 / self.hours(of(maps, &played)));
        let values: Vec<f64> = values.collect();
        let labels: Vec<String> = maps.into_iter().map(|(name, _)| name).collect();
        let caption = Caption {
            title: "Encounters by map",
            about: "For each hour that a player plays there; the maps that are played most come first.",
            x: "map",
            y: "encounters a player-hour",
            count: Some((tallies.encounters.sum() as u64, "encounters")),
        };
        chart::bars(out, &caption, &labels, &[Series::new("encounters", values)]);
    }

    /// Hours of play that so many heartbeats are.
    fn hours(&self, heartbeats: i64) -> f64 {
        heartbeats as f64 * f64::from(self.setting.clock.heartbeat_s) / 3600.0
    }

    fn encounter_beats(&self, out: &mut String) {
        let tally = &self.figures.tallies.encounter_beats;
        let about = format!("Heartbeats within the radius, {} s apart.", self.setting.clock.heartbeat_s);
        let caption = Caption {
            title: "Length of encounters",
            about: &about,
            x: "heartbeats, from",
            y: "% of the mode's encounters a heartbeat of length",
            count: Some((tally.sum() as u64, "encounters")),
        };
        self.shares(out, &caption, Axis::Mode, Axis::Beats, tally);
    }

    fn encounter_distances(&self, out: &mut String) {
        let tally = &self.figures.tallies.encounter_distances;
        let caption = Caption {
            title: "Least distance of encounters",
            about: "At a heartbeat.",
            x: "metres, from",
            y: "% of the mode's encounters a metre",
            count: Some((tally.sum() as u64, "encounters")),
        };
        self.shares(out, &caption, Axis::Mode, Axis::Distance, tally);
    }

    fn kill_distances(&self, out: &mut String) {
        let tally = &self.figures.tallies.kill_distances;
        let caption = Caption {
            title: "Distance of kills",
            about: "By weapon.",
            x: "metres, from",
            y: "% of the weapon's kills a metre",
            count: Some((tally.sum() as u64, "kills")),
        };
        self.shares(out, &caption, Axis::Weapon, Axis::Distance, tally);
    }

    /// From contacts to kills, and why encounters end.
    fn funnel(&self, out: &mut String) {
        let tallies = &self.figures.tallies;
        let contacts: u64 = self.figures.days.iter().map(|day| day.contacts).sum();
        let heartbeats = tallies.heartbeats.sum();
        let outcomes = &tallies.encounter_outcomes;
        let sessions = (tallies.sessions.sum() as f64).max(1.0);
        let (opponents, with_kill) = (outcomes.at([1, 0]) + outcomes.at([1, 1]), outcomes.at([1, 1]));
        let steps = [
            ("heartbeats", heartbeats),
            ("pairs within the radius at a heartbeat", contacts as i64),
            ("encounters", outcomes.sum()),
            ("of opponents", opponents),
            ("in which one killed the other", with_kill),
        ];
        let mut table =
            "<table><thead><tr><th scope=\"col\">step<th scope=\"col\">number<th scope=\"col\">a session<tbody>"
                .to_owned();
        for (step, count) in steps {
            put(
                &mut table,
                format_args!(
                    "<tr><th scope=\"row\">{step}<td>{}<td>{}",
                    grouped(count.max(0) as u64),
                    quantity(count as f64 / sessions)
                ),
            );
        }
        table.push_str("</table><table><thead><tr><th scope=\"col\">mode<th scope=\"col\">encounters");
        let ends = self.labels(Axis::EncounterEnd);
        ends.iter().for_each(|end| put(&mut table, format_args!("<th scope=\"col\">{} %", escape(end))));
        table.push_str("<tbody>");
        for (name, modes) in self.largest(Axis::Mode, &tallies.encounter_ends.along(0), MOST_BARS) {
            let of = |end: usize| modes.iter().map(|&mode| tallies.encounter_ends.at([mode, end])).sum::<i64>();
            let row: Vec<i64> = (0..ends.len()).map(of).collect();
            let all: i64 = row.iter().sum();
            put(&mut table, format_args!("<tr><th scope=\"row\">{}<td>{}", escape(&name), grouped(all as u64)));
            row.iter().for_each(|count| {
                put(&mut table, format_args!("<td>{:.1}", *count as f64 / (all as f64).max(1.0) * 100.0))
            });
        }
        table.push_str("</table>");
        put(
            out,
            format_args!(
                "<figure><figcaption><h3>From meeting to killing</h3><p>What leads to what, and why encounters end.</p></figcaption><div class=\"wide\">{table}</div></figure>"
            ),
        );
    }

    fn achievements(&self, out: &mut String) {
        let tally = &self.figures.tallies.unlocks;
        let names = self.labels(Axis::Achievement);
        // Of everybody who has reached anything: how many play is not known beside what they have done.
        let most = tally.counts.iter().copied().max().unwrap_or(0);
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&n| (-tally.counts[n], n));
        order.truncate(MOST_BARS);
        let shares = order.iter().map(|&n| tally.counts[n] as f64 / (most as f64).max(1.0) * 100.0);
        let labels: Vec<String> = order.iter().map(|&n| names[n].clone()).collect();
        let caption = Caption {
            title: "Achievements",
            about: "Players who have unlocked each, relative to the one that most have; at most 20.",
            x: "achievement",
            y: "% of the one that most have",
            count: Some((tally.sum() as u64, "unlocked")),
        };
        chart::bars(out, &caption, &labels, &[Series::new("players", shares)]);
    }

    fn levels(&self, out: &mut String) {
        let counts = &self.figures.tallies.levels.counts;
        // Nobody reaches the first; a career may have no other.
        let last = counts.iter().rposition(|count| *count > 0).unwrap_or(0).max(1).min(counts.len() - 1);
        let all: i64 = counts.iter().sum();
        let labels: Vec<String> = (2..=last + 1).map(|level| level.to_string()).collect();
        let shares = counts.iter().take(last + 1).skip(1).map(|count| *count as f64 / (all as f64).max(1.0) * 100.0);
        let series = [Series::new("players", shares)];
        let caption = Caption {
            title: "Levels",
            about: "Players by the level that they have reached, of those beyond the first.",
            x: "level",
            y: "% of players",
            count: Some((all.max(0) as u64, "players")),
        };
        if labels.len() > MOST_BARS {
            chart::lines(out, &caption, &labels, &series);
        } else {
            chart::bars(out, &caption, &labels, &series);
        }
    }

    fn flags(&self, out: &mut String) {
        let tally = &self.figures.tallies.flags;
        let of = |(name, rules): (String, Vec<usize>)| {
            let day = |day: usize| rules.iter().map(|&rule| tally.at([day, rule])).sum::<i64>() as f64;
            Series::new(&name, (0..tally.sizes[0]).map(day))
        };
        let series: Vec<Series> = self.largest(Axis::Rule, &tally.along(1), MOST_LINES).into_iter().map(of).collect();
        let caption = Caption {
            title: "Flags",
            about: "Rules of the anti-cheat that sessions have broken, by the day on which they end.",
            x: "day",
            y: "flags",
            count: Some((tally.sum() as u64, "flags")),
        };
        chart::lines(out, &caption, &self.days(), &series);
    }

    fn fair_play(&self, out: &mut String) {
        let tallies = &self.figures.tallies;
        let reports = tallies.reports.along(0);
        let series = [
            Series::new("reports", reports.iter().map(|count| *count as f64)),
            Series::new("bans", tallies.bans.counts.iter().map(|count| *count as f64)),
        ];
        let about = format!(
            "Victims who report their killers, and accounts that are banned: {} in all.",
            grouped(tallies.bans.sum() as u64)
        );
        let caption = Caption {
            title: "Reports and bans",
            about: &about,
            x: "day",
            y: "reports, bans",
            count: Some((tallies.reports.sum() as u64, "reports")),
        };
        chart::lines(out, &caption, &self.days(), &series);
    }

    fn revenue(&self, out: &mut String) {
        let (setting, tallies) = (self.setting, &self.figures.tallies);
        let clock = setting.clock;
        let weeks = self.labels(Axis::Week);
        let region_of: Vec<usize> = setting.population.countries.iter().map(|country| country.region.into()).collect();
        let mut cents = vec![vec![0; weeks.len()]; setting.regions()];
        for day in 0..clock.days {
            for (country, spent) in tallies.revenue.row(day as usize).iter().enumerate() {
                cents[region_of[country]][clock.week(day) as usize] += spent;
            }
        }
        let all: Vec<i64> = cents.iter().map(|weeks| weeks.iter().sum()).collect();
        let of = |(name, regions): (String, Vec<usize>)| {
            let week = |week: usize| regions.iter().map(|&region| cents[region][week]).sum::<i64>() as f64 / 100.0;
            Series::new(&name, (0..weeks.len()).map(week))
        };
        let series: Vec<Series> = self.largest(Axis::Region, &all, MOST_LINES).into_iter().map(of).collect();
        let count = tallies.purchases.sum() as u64;
        let about = format!(
            "By week from Monday on, UTC, and region of the player; the run may hold only a part of the first and last. {} purchases by {} players.",
            grouped(count),
            grouped(tallies.spenders.sum().max(0) as u64)
        );
        let caption =
            Caption { title: "Revenue", about: &about, x: "week", y: "US dollars", count: Some((count, "purchases")) };
        if weeks.len() > 30 {
            chart::lines(out, &caption, &weeks, &series);
        } else {
            chart::bars(out, &caption, &weeks, &series);
        }
    }

    fn spending(&self, out: &mut String) {
        let (curve, gini) = spending_curve(&self.figures.tallies);
        let payers = self.figures.tallies.spenders.sum().max(0) as u64;
        let labels: Vec<String> = (0..=50).map(|n| (n * 2).to_string()).collect();
        let series = [
            Series::new(
                "spent",
                (0..=50).map(|n| if payers == 0 { 0.0 } else { revenue_of_least(&curve, f64::from(n) / 50.0) * 100.0 }),
            ),
            Series::new("if all spent the same", (0..=50).map(|n| f64::from(n) * 2.0)),
        ];
        let about = format!(
            "Share of revenue of those who have spent least (Lorenz curve). Gini coefficient {gini:.2}; the tenth that has spent most gives {:.0} %.",
            if payers == 0 { 0.0 } else { (1.0 - revenue_of_least(&curve, 0.9)) * 100.0 }
        );
        let caption = Caption {
            title: "Who pays",
            about: &about,
            x: "% of paying players, from least to most",
            y: "% of revenue",
            count: Some((payers, "paying players")),
        };
        chart::lines(out, &caption, &labels, &series);
    }

    fn items(&self, out: &mut String) {
        let tallies = &self.figures.tallies;
        let names = self.labels(Axis::Item);
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&item| (-tallies.item_revenue.counts[item], item));
        order.truncate(20);
        let mut table =
            "<table><thead><tr><th scope=\"col\">item<th scope=\"col\">sold<th scope=\"col\">US dollars<tbody>"
                .to_owned();
        for item in order {
            let cents = tallies.item_revenue.counts[item];
            put(
                &mut table,
                format_args!(
                    "<tr><th scope=\"row\">{}<td>{}<td>{}.{:02}",
                    escape(&names[item]),
                    grouped(tallies.item_purchases.counts[item] as u64),
                    grouped(cents as u64 / 100),
                    cents % 100
                ),
            );
        }
        table.push_str("</table>");
        put(
            out,
            format_args!(
                "<figure><figcaption><h3>What sells</h3><p>The items with most revenue, at most 20.</p></figcaption><div class=\"wide\">{table}</div></figure>"
            ),
        );
    }

    /// Where players are and where they die, on the maps that are played most.
    fn maps(&self, out: &mut String) {
        let tallies = &self.figures.tallies;
        let names = self.labels(Axis::Map);
        let played = tallies.played.along(1);
        let mut order: Vec<usize> = (0..names.len()).filter(|&map| played[map] > 0).collect();
        order.sort_by_key(|&map| (-played[map], map));
        if order.len() > MOST_MAPS {
            put(out, format_args!("<p>The {MOST_MAPS} of {} maps that are played most.</p>", order.len()));
        }
        for &map in order.iter().take(MOST_MAPS) {
            let deaths = tallies.kill_places.row(map);
            let caption = Caption {
                title: &names[map],
                about: &format!(
                    "{} heartbeats, {} encounters, {} kills. Half of the heartbeats lie on {:.0} % of the map, half of the kills on {:.0} %. Rings are {}, dotted lines the ways between them; north is up.",
                    grouped(played[map] as u64),
                    grouped(tallies.encounters_by_map.counts[map] as u64),
                    grouped(deaths.iter().sum::<i64>() as u64),
                    area_of_half(tallies.occupancy.row(map)),
                    area_of_half(deaths),
                    match self.setting.grounds[map].places() {
                        places if places > map::MOST_PLACES => format!("{} of its {places} places", map::MOST_PLACES),
                        _ => "its places".to_owned(),
                    },
                ),
                x: "",
                y: "",
                count: None,
            };
            let mut svg = String::new();
            map::density(&mut svg, self.setting, map, "Where players are", tallies.occupancy.row(map));
            map::density(&mut svg, self.setting, map, "Where they die", deaths);
            let svg = format!(
                "<div class=\"pair\">{svg}</div><p class=\"scale\">least {} most, by heartbeats or kills a cell; each shade is about twice the one before</p>",
                (0..chart::LEVELS).map(chart::shade).collect::<String>()
            );
            chart::figure(out, &caption, "", &svg, "");
        }
    }

    /// How counts are spread over bins, for each entry of the first axis that has any: shares for each unit of a bin's
    /// width, because bins are wider where there is less.
    fn shares(&self, out: &mut String, caption: &Caption<'_>, of: Axis, bins: Axis, tally: &Counts) {
        let last = tally.along(1).iter().rposition(|count| *count > 0).unwrap_or(0);
        let series = |(name, entries): (String, Vec<usize>)| {
            let count = |bin: usize| entries.iter().map(|&entry| tally.at([entry, bin])).sum::<i64>();
            let counts: Vec<i64> = (0..=last).map(count).collect();
            Series::new(&name, densities(&counts, &edges(bins, self.setting)))
        };
        let series: Vec<Series> = self.largest(of, &tally.along(0), MOST_LINES).into_iter().map(series).collect();
        let labels = &edge_labels(bins, self.setting)[..=last];
        if series.len() > 2 {
            chart::lines(out, caption, labels, &series);
        } else {
            chart::bars(out, caption, labels, &series);
        }
    }

    fn histogram(&self, out: &mut String, caption: &Caption<'_>, bins: Axis, counts: &[i64]) {
        let last = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
        let series = Series::new("share", densities(&counts[..=last], &edges(bins, self.setting)));
        chart::bars(out, caption, &edge_labels(bins, self.setting)[..=last], &[series]);
    }
}
