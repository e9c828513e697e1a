//! Careers and fair play.

use super::chart::{self, Caption, MOST_LINES, Series};
use super::contents::{Contents, MOST_BARS};
use super::text::grouped;
use crate::tally::Axis;

impl Contents<'_> {
    /// Appends the section.
    pub fn careers_and_fair_play(&self, out: &mut String) {
        self.section(out, "Careers and fair play", &[Self::achievements, Self::levels, Self::flags, Self::fair_play]);
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
}
