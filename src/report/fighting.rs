//! Matches, encounters and kills.

use super::chart::{self, Caption, MOST_LINES, Series, put};
use super::contents::{Contents, MOST_BARS};
use super::text::{escape, grouped, quantity};
use crate::tally::Axis;

impl Contents<'_> {
    /// Appends the section.
    pub fn matches(&self, out: &mut String) {
        self.section(out, "Matches", &[Self::match_lengths, Self::winners, Self::margins]);
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

    /// Appends the section.
    pub fn encounters_and_kills(&self, out: &mut String) {
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
}
