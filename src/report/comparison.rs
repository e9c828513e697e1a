//! The page of two runs side by side: every key figure, and the charts of both in one.

use super::bins::{densities, edge_labels, edges};
use super::chart::{self, Caption, Series, put};
use super::difference::{Difference, Side, change_in_words, difference_in_words};
use super::page_head::{END, head};
use super::text::{escape, quantity};
use crate::tally::{Axis, Tallies};

/// Something that is counted by day: title, unit, how many make one, counts.
type Daily = (&'static str, &'static str, f64, fn(&Tallies) -> Vec<i64>);

const BY_DAY: [Daily; 7] = [
    ("Active players", "players", 1.0, |tallies| tallies.active_players.along(0)),
    ("Sessions", "sessions", 1.0, |tallies| tallies.sessions.along(0)),
    ("Heartbeats", "heartbeats", 1.0, |tallies| tallies.heartbeats.along(0)),
    ("Matches", "matches", 1.0, |tallies| tallies.matches.along(0)),
    ("Encounters", "encounters", 1.0, |tallies| tallies.encounters.along(0)),
    ("Kills", "kills", 1.0, |tallies| tallies.kills.along(0)),
    ("Revenue", "US dollars", 100.0, |tallies| tallies.revenue.along(0)),
];

/// Something that is counted by bins: title, what lies along the axis, what is counted, the axis, counts.
type Spread = (&'static str, &'static str, &'static str, Axis, fn(&Tallies) -> Vec<i64>);

const SPREADS: [Spread; 7] = [
    ("Length of sessions", "minutes, from", "% of sessions a minute", Axis::SessionMinutes, |tallies| {
        tallies.session_lengths.along(1)
    }),
    ("Kills for each death", "kills, from", "% of sessions for each 1", Axis::KillsPerDeath, |tallies| {
        tallies.session_kills_per_death.counts.clone()
    }),
    ("Length of matches", "minutes, from", "% of matches a minute", Axis::MatchMinutes, |tallies| {
        tallies.match_lengths.along(1)
    }),
    ("How close matches are", "kills, from", "% of matches a kill", Axis::Margin, |tallies| tallies.margins.along(1)),
    ("Length of encounters", "heartbeats, from", "% of encounters a heartbeat", Axis::Beats, |tallies| {
        tallies.encounter_beats.along(1)
    }),
    ("Least distance of encounters", "metres, from", "% of encounters a metre", Axis::Distance, |tallies| {
        tallies.encounter_distances.along(1)
    }),
    ("Distance of kills", "metres, from", "% of kills a metre", Axis::Distance, |tallies| {
        tallies.kill_distances.along(1)
    }),
];

/// The page of two runs, given with their names.
pub fn compare(sides: [Side<'_>; 2], names: [&str; 2]) -> String {
    let mut out = head("Two runs", &format!("A is {}, B is {}.", names[0], names[1]));
    figures(&mut out, &Difference::of(sides));
    out.push_str("<section><h2>By day</h2><div class=\"charts\">");
    by_hour(&mut out, sides);
    for (title, unit, of_one, counts) in BY_DAY {
        let values = sides.map(|(_, figures)| {
            counts(&figures.tallies).into_iter().map(|count| Some(count as f64 / of_one)).collect::<Vec<_>>()
        });
        by_day(&mut out, title, unit, values);
    }
    out.push_str("</div></section><section><h2>How things are spread</h2><div class=\"charts\">");
    for (title, x, y, axis, counts) in SPREADS {
        let caption = Caption { title, about: "", x, y, count: None };
        by_bin(&mut out, sides, &caption, axis, counts);
    }
    out.push_str("</div></section>");
    origin(&mut out, sides, names);
    out.push_str(END);
    out
}

/// Every key figure of both.
fn figures(out: &mut String, difference: &Difference<'_>) {
    out.push_str(
        "<section><h2>Key figures</h2><div class=\"wide\"><table><thead><tr><th scope=\"col\"><th scope=\"col\">A\
         <th scope=\"col\">B<th scope=\"col\">difference<th scope=\"col\">change<th scope=\"col\">unit<tbody>",
    );
    for (figure, other) in difference.figures() {
        let said = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), quantity);
        put(
            out,
            format_args!(
                "<tr><th scope=\"row\">{}<td>{}<td>{}<td>{}<td>{}<td>{}",
                figure.name,
                said(figure.value),
                said(*other),
                difference_in_words(figure, *other),
                change_in_words(figure, *other),
                figure.shown_unit()
            ),
        );
    }
    out.push_str("</table></div></section>");
}

/// The mean day of each.
fn by_hour(out: &mut String, sides: [Side<'_>; 2]) {
    let online = |(setting, figures): Side<'_>| {
        let clock = setting.clock;
        let mean = move |(hour, count): (usize, i64)| {
            let ticks = clock.ticks_in_hour(hour as u32) * clock.days;
            (ticks > 0).then(|| count as f64 / f64::from(ticks))
        };
        figures.tallies.heartbeats.along(1).into_iter().enumerate().map(mean).collect()
    };
    let caption =
        Caption { title: "Players online", about: "Mean over all days.", x: "hour, UTC", y: "players", count: None };
    let hours: Vec<String> = (0..24).map(|hour| format!("{hour:02}")).collect();
    chart::lines(out, &caption, &hours, &pair(sides.map(online)));
}

fn by_day(out: &mut String, title: &str, unit: &str, mut values: [Vec<Option<f64>>; 2]) {
    let days = values.iter().map(Vec::len).max().unwrap_or(0);
    values.iter_mut().for_each(|values| values.resize(days, None));
    let labels: Vec<String> = (1..=days).map(|day| day.to_string()).collect();
    let caption = Caption { title, about: "", x: "day of the run", y: unit, count: None };
    chart::lines(out, &caption, &labels, &pair(values));
}

fn by_bin(out: &mut String, sides: [Side<'_>; 2], caption: &Caption<'_>, axis: Axis, counts: fn(&Tallies) -> Vec<i64>) {
    // Bins are the same in every setting.
    let setting = sides[0].0;
    let counts = sides.map(|(_, figures)| counts(&figures.tallies));
    let last = counts.iter().filter_map(|counts| counts.iter().rposition(|count| *count > 0)).max().unwrap_or(0);
    let series = counts.map(|counts| {
        densities(&counts[..=last], &edges(axis, setting)).into_iter().map(Some).collect::<Vec<Option<f64>>>()
    });
    chart::bars(out, caption, &edge_labels(axis, setting)[..=last], &pair(series));
}

fn pair(values: [Vec<Option<f64>>; 2]) -> [Series; 2] {
    let [a, b] = values;
    [Series { name: "A".into(), values: a }, Series { name: "B".into(), values: b }]
}

fn origin(out: &mut String, sides: [Side<'_>; 2], names: [&str; 2]) {
    out.push_str(
        "<section><h2>Where this comes from</h2><div class=\"wide\"><table><thead><tr><th scope=\"col\">\
         <th scope=\"col\">folder<th scope=\"col\">scenario<th scope=\"col\">seed<th scope=\"col\">world<tbody>",
    );
    for ((side, (setting, _)), name) in ["A", "B"].iter().zip(sides).zip(names) {
        put(
            out,
            format_args!(
                "<tr><th scope=\"row\">{side}<td>{}<td>{}<td>{}<td><code>{}</code>",
                escape(name),
                escape(&setting.scenario.name),
                setting.seed.0,
                setting.world_hash
            ),
        );
    }
    out.push_str(
        "</table></div><p>Every tally of both, entry by entry, as data: <code>skirmish report A B --json</code>.</p></section>",
    );
}
