//! Charts as SVG: axes with round numbers, values to hover over, and the same as a table behind each.

use std::fmt::Write;

use super::text::{escape, grouped, quantity};

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 44.0;
/// Lines that can be told apart.
pub const MOST_LINES: usize = 8;
/// Points along a line; of more, means are drawn.
const MOST_POINTS: usize = 240;
/// Characters of a label; longer ones are cut, and whole when hovered over.
const LONGEST_LABEL: usize = 18;
/// Rows of a table behind a chart; longer ones are thinned out, and say so.
const MOST_ROWS: usize = 40;
/// Places to hover over along a line.
const MOST_HOVERS: usize = 120;
/// Levels of a heat map.
pub const LEVELS: usize = 6;

/// What stands around a chart.
pub struct Caption<'a> {
    /// What it shows.
    pub title: &'a str,
    /// How it is counted.
    pub about: &'a str,
    /// What stands along the horizontal axis.
    pub x: &'a str,
    /// What stands along the vertical axis, with its unit.
    pub y: &'a str,
    /// How much lies behind it, for charts of little data.
    pub count: Option<(u64, &'a str)>,
}

/// Named values, one for each label of the horizontal axis.
pub struct Series {
    /// What it is.
    pub name: String,
    /// Its values; nothing where there is none.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// A series without gaps.
    pub fn new(name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        Self { name: name.to_owned(), values: values.into_iter().map(Some).collect() }
    }
}

/// Round numbers from 0 to at least the largest value, and how far they go.
fn ticks(most: f64) -> (Vec<f64>, f64) {
    let most = if most > 0.0 { most } else { 1.0 };
    let rough = most / 4.0;
    let mut power = 1.0;
    while power * 10.0 <= rough {
        power *= 10.0;
    }
    while power > rough {
        power /= 10.0;
    }
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| *step >= rough).unwrap_or(rough);
    let count = (most / step).ceil();
    ((0..=count as usize).map(|n| n as f64 * step).collect(), count * step)
}

/// The plane of a chart.
struct Plane {
    svg: String,
    top: f64,
}

impl Plane {
    fn new(caption: &Caption<'_>, most: f64, alternative: &str) -> Self {
        let mut svg = String::new();
        put(
            &mut svg,
            format_args!(
                "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
                escape(&format!("{}. {alternative}", caption.title))
            ),
        );
        let (lines, top) = ticks(most);
        let plane = Self { svg, top };
        let mut svg = plane.svg;
        for value in lines {
            let y = TOP + (1.0 - value / top) * (HEIGHT - TOP - BOTTOM);
            put(
                &mut svg,
                format_args!(
                    "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.0}\"/><text x=\"{:.0}\" y=\"{:.1}\" class=\"end\">{}</text>",
                    WIDTH - RIGHT,
                    LEFT - 6.0,
                    y + 4.0,
                    quantity(value)
                ),
            );
        }
        put(
            &mut svg,
            format_args!(
                "<text x=\"{:.0}\" y=\"{:.0}\" class=\"end\">{}</text>",
                WIDTH - RIGHT,
                HEIGHT - 6.0,
                escape(caption.x)
            ),
        );
        Self { svg, top }
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - value / self.top) * (HEIGHT - TOP - BOTTOM)
    }

    /// Labels below the axis, as many as there is room for.
    fn labels(&mut self, labels: &[String], x: impl Fn(usize) -> f64) {
        let longest = labels.iter().map(|label| label.chars().count().min(LONGEST_LABEL)).max().unwrap_or(1);
        let room = ((WIDTH - LEFT - RIGHT) / (longest as f64 * 7.0 + 10.0)).max(1.0) as usize;
        let every = labels.len().div_ceil(room).max(1);
        for (n, label) in labels.iter().enumerate().step_by(every) {
            let label = short_label(label);
            let half = label.chars().count() as f64 * 3.6;
            let middle = x(n).clamp(half, WIDTH - half);
            put(
                &mut self.svg,
                format_args!(
                    "<text x=\"{middle:.1}\" y=\"{:.0}\" class=\"mid\">{}</text>",
                    HEIGHT - BOTTOM + 17.0,
                    escape(&label)
                ),
            );
        }
    }
}

/// Lines over labels that follow one another.
pub fn lines(out: &mut String, caption: &Caption<'_>, labels: &[String], series: &[Series]) {
    debug_assert!(series.len() <= MOST_LINES, "{}: lines that cannot be told apart", caption.title);
    let together = labels.len().div_ceil(MOST_POINTS).max(1);
    if together > 1 {
        let about = format!("{} Means of {together} points each.", caption.about);
        let (labels, series) = averaged(labels, series, together);
        return lines(out, &Caption { about: &about, ..*caption }, &labels, &series);
    }
    let most = series.iter().flat_map(|series| series.values.iter().flatten()).copied().fold(0.0, f64::max);
    let mut plane = Plane::new(caption, most, &summary(labels, series));
    let last = labels.len().max(2) - 1;
    let x = |n: usize| LEFT + n as f64 / last as f64 * (WIDTH - LEFT - RIGHT);
    plane.labels(labels, x);
    for (n, series) in series.iter().enumerate() {
        let mut path = String::new();
        let mut is_drawing = false;
        for (at, value) in series.values.iter().enumerate() {
            let Some(value) = value else {
                is_drawing = false;
                continue;
            };
            let (px, py) = (x(at), plane.y(*value));
            put(&mut path, format_args!("{}{px:.1} {py:.1}", if is_drawing { "L" } else { "M" }));
            let goes_on = series.values.get(at + 1).is_some_and(Option::is_some);
            if !is_drawing && !goes_on {
                put(&mut plane.svg, format_args!("<path class=\"line c{n}\" d=\"{}\"/>", mark(n, px, py)));
            }
            is_drawing = true;
        }
        put(&mut plane.svg, format_args!("<path class=\"line c{n} d{n}\" d=\"{path}\"/>"));
    }
    let every = labels.len().div_ceil(MOST_HOVERS).max(1);
    let width = (WIDTH - LEFT - RIGHT) / labels.len().div_ceil(every).max(1) as f64;
    for at in (0..labels.len()).step_by(every) {
        let said: Vec<String> = series
            .iter()
            .filter_map(|series| series.values[at].map(|value| format!("{} {}", series.name, quantity(value))))
            .collect();
        put(
            &mut plane.svg,
            format_args!(
                "<rect class=\"hover\" x=\"{:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{:.0}\"><title>{}: {}</title></rect>",
                (x(at) - width / 2.0).max(LEFT),
                HEIGHT - TOP - BOTTOM,
                escape(&labels[at]),
                escape(&said.join(", "))
            ),
        );
    }
    plane.svg.push_str("</svg>");
    figure(out, caption, &legend(series, LINE), &plane.svg, &table(caption.x, labels, series));
}

/// A mark for a point that no line leads to, of another shape for each series.
fn mark(n: usize, x: f64, y: f64) -> String {
    let (corners, turn) = (3 + n / 2, if n.is_multiple_of(2) { 0.0 } else { 0.5 });
    let corner = |corner: usize| {
        let (sin, cos) = libm::sincos((corner as f64 + turn) / corners as f64 * std::f64::consts::TAU);
        format!("{:.1} {:.1}", x + 5.0 * sin, y - 5.0 * cos)
    };
    format!("M{}z", (0..corners).map(corner).collect::<Vec<_>>().join("L"))
}

/// Means of so many points together, under the label of the first.
fn averaged(labels: &[String], series: &[Series], together: usize) -> (Vec<String>, Vec<Series>) {
    let mean = |values: &[Option<f64>]| {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    let of = |series: &Series| Series {
        name: series.name.clone(),
        values: series.values.chunks(together).map(mean).collect(),
    };
    (labels.iter().step_by(together).cloned().collect(), series.iter().map(of).collect())
}

/// A label that fits a chart.
fn short_label(label: &str) -> String {
    if label.chars().count() <= LONGEST_LABEL {
        return label.to_owned();
    }
    label.chars().take(LONGEST_LABEL - 1).chain(['…']).collect()
}

/// Bars side by side; a few of them for each label if there are several series.
pub fn bars(out: &mut String, caption: &Caption<'_>, labels: &[String], series: &[Series]) {
    debug_assert!(series.len() <= MOST_LINES, "{}: bars that cannot be told apart", caption.title);
    let most = series.iter().flat_map(|series| series.values.iter().flatten()).copied().fold(0.0, f64::max);
    let mut plane = Plane::new(caption, most, &summary(labels, series));
    let step = (WIDTH - LEFT - RIGHT) / labels.len().max(1) as f64;
    plane.labels(labels, |n| LEFT + (n as f64 + 0.5) * step);
    let ground = plane.y(0.0);
    let width = (step * 0.84 / series.len().max(1) as f64).min(48.0);
    for (n, one) in series.iter().enumerate() {
        for (at, value) in one.values.iter().enumerate() {
            let Some(value) = value.filter(|value| *value > 0.0) else { continue };
            let (x, y) =
                (LEFT + (at as f64 + 0.5) * step + (n as f64 - series.len() as f64 / 2.0) * width, plane.y(value));
            let name = if series.len() > 1 { format!("{}, ", one.name) } else { String::new() };
            put(
                &mut plane.svg,
                format_args!(
                    "<rect class=\"bar c{n}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}{}: {}</title></rect>",
                    (width - 1.0).max(0.6),
                    (ground - y).max(0.4),
                    escape(&name),
                    escape(&labels[at]),
                    quantity(value)
                ),
            );
        }
    }
    plane.svg.push_str("</svg>");
    figure(out, caption, &legend(series, BAR), &plane.svg, &table(caption.x, labels, series));
}

/// A table of shaded cells, row by row.
pub fn heat(out: &mut String, caption: &Caption<'_>, rows: &[String], columns: &[String], cells: &[Vec<Option<f64>>]) {
    let most = cells.iter().flatten().flatten().copied().fold(0.0, f64::max);
    let longest = rows.iter().map(|row| row.chars().count().min(LONGEST_LABEL)).max().unwrap_or(0);
    let left = 16.0 + 7.2 * longest as f64;
    let (width, height) = ((WIDTH - left) / columns.len().max(1) as f64, 20.0);
    let mut svg = String::new();
    let total = 24.0 + height * rows.len() as f64 + 20.0;
    put(
        &mut svg,
        format_args!(
            "<svg viewBox=\"0 0 {WIDTH} {total}\" role=\"img\" aria-label=\"{}\">",
            escape(&format!("{}. Largest: {} {}.", caption.title, quantity(most), caption.y))
        ),
    );
    let has_room = width >= 26.0;
    let every = ((columns.iter().map(|c| c.chars().count().min(LONGEST_LABEL)).max().unwrap_or(1) as f64 * 7.5 + 4.0)
        / width)
        .ceil() as usize;
    for (n, column) in columns.iter().enumerate().step_by(every.max(1)) {
        let column = short_label(column);
        let x = left + (n as f64 + 0.5) * width;
        put(&mut svg, format_args!("<text x=\"{x:.1}\" y=\"15\" class=\"mid\">{}</text>", escape(&column)));
    }
    for (n, (row, cells)) in rows.iter().zip(cells).enumerate() {
        let y = 22.0 + n as f64 * height;
        put(
            &mut svg,
            format_args!(
                "<text x=\"{:.0}\" y=\"{:.0}\" class=\"end\">{}<title>{}</title></text>",
                left - 6.0,
                y + 14.0,
                escape(&short_label(row)),
                escape(row)
            ),
        );
        for (at, value) in cells.iter().enumerate() {
            let Some(value) = value else { continue };
            let x = left + at as f64 * width;
            put(
                &mut svg,
                format_args!(
                    "<rect class=\"h{}\" x=\"{x:.1}\" y=\"{y:.0}\" width=\"{:.1}\" height=\"{:.0}\"><title>{}, {}: {}</title></rect>",
                    even_level(*value, most),
                    width - 1.0,
                    height - 1.0,
                    escape(row),
                    escape(&columns[at]),
                    quantity(*value)
                ),
            );
            if has_room {
                put(
                    &mut svg,
                    format_args!(
                        "<text x=\"{:.1}\" y=\"{:.0}\" class=\"mid t{}\">{}</text>",
                        x + width / 2.0,
                        y + 14.0,
                        even_level(*value, most),
                        quantity(*value)
                    ),
                );
            }
        }
    }
    put(
        &mut svg,
        format_args!("<text x=\"{WIDTH}\" y=\"{:.0}\" class=\"end\">{}</text></svg>", total - 4.0, escape(caption.x)),
    );
    let series: Vec<Series> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| Series { name: column.clone(), values: cells.iter().map(|row| row[at]).collect() })
        .collect();
    let shades: String = (0..LEVELS).map(shade).collect();
    let scale = format!("<p class=\"scale\">0 {shades} {}</p>", quantity(most));
    figure(out, caption, &scale, &svg, &table("", rows, &series));
}

/// The level of a value where all steps are of one size.
fn even_level(value: f64, most: f64) -> usize {
    ((value / most.max(1e-12) * LEVELS as f64) as usize).min(LEVELS - 1)
}

/// A square of a shade, to explain it.
pub fn shade(level: usize) -> String {
    format!(
        "<svg viewBox=\"0 0 14 14\" aria-hidden=\"true\"><rect class=\"h{level}\" width=\"14\" height=\"14\"/></svg>"
    )
}

/// The level of a value: each about twice the one before, because densities are spread over decades.
pub fn level(value: f64, most: f64) -> usize {
    let share = value / most.max(1e-12);
    [0.02, 0.06, 0.15, 0.35, 0.65].iter().filter(|&&least| share > least).count()
}

/// A figure of a chart with its legend and table.
pub fn figure(out: &mut String, caption: &Caption<'_>, legend: &str, svg: &str, table: &str) {
    put(
        out,
        format_args!(
            "<figure><figcaption><h3>{}</h3><p>{}</p></figcaption>{legend}<p class=\"unit\">{}</p>{svg}",
            escape(caption.title),
            escape(caption.about),
            escape(caption.y)
        ),
    );
    if let Some((count, what)) = caption.count
        && count < 100
    {
        put(out, format_args!("<p class=\"few\">Little data: {} {}.</p>", grouped(count), escape(what)));
    }
    if !table.is_empty() {
        put(out, format_args!("<details><summary>The numbers</summary><div class=\"wide\">{table}</div></details>"));
    }
    out.push_str("</figure>");
}

/// What stands for a line in a legend.
const LINE: fn(usize) -> String = |n| format!("<path class=\"line c{n} d{n}\" d=\"M0 4H24\"/>");
/// Likewise for bars.
const BAR: fn(usize) -> String = |n| format!("<rect class=\"bar c{n}\" x=\"1\" y=\"1\" width=\"22\" height=\"6\"/>");

/// Which line or bar is which; nothing for one alone.
fn legend(series: &[Series], mark: fn(usize) -> String) -> String {
    if series.len() < 2 {
        return String::new();
    }
    let mut out = "<ul class=\"legend\">".to_owned();
    for (n, series) in series.iter().enumerate() {
        put(
            &mut out,
            format_args!(
                "<li><svg viewBox=\"0 0 24 8\" aria-hidden=\"true\">{}</svg>{}</li>",
                mark(n),
                escape(&series.name)
            ),
        );
    }
    out.push_str("</ul>");
    out
}

/// What the series are, for those who do not see them.
fn summary(labels: &[String], series: &[Series]) -> String {
    let mut out = match (labels.first(), labels.last()) {
        (Some(first), Some(last)) if labels.len() > 1 => format!("From {first} to {last}."),
        (Some(only), _) => format!("{only}."),
        _ => String::new(),
    };
    for series in series {
        let values = || series.values.iter().enumerate().filter_map(|(at, value)| value.map(|value| (at, value)));
        let largest = values().fold(None, |best: Option<(usize, f64)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        });
        if let Some((at, value)) = largest {
            put(&mut out, format_args!(" {}: at most {} at {}.", series.name, quantity(value), labels[at]));
        }
    }
    out
}

/// The numbers behind a chart.
fn table(first: &str, labels: &[String], series: &[Series]) -> String {
    let every = labels.len().div_ceil(MOST_ROWS).max(1);
    let mut out = "<table>".to_owned();
    if every > 1 {
        put(&mut out, format_args!("<caption>One row in {every} of {}.</caption>", labels.len()));
    }
    put(&mut out, format_args!("<thead><tr><th scope=\"col\">{}", escape(first)));
    for series in series {
        put(&mut out, format_args!("<th scope=\"col\">{}", escape(&series.name)));
    }
    out.push_str("<tbody>");
    for (at, label) in labels.iter().enumerate().step_by(every) {
        put(&mut out, format_args!("<tr><th scope=\"row\">{}", escape(label)));
        for series in series {
            match series.values[at] {
                Some(value) => put(&mut out, format_args!("<td>{}", quantity(value))),
                None => out.push_str("<td>"),
            }
        }
    }
    out.push_str("</table>");
    out
}

/// Writes to a string, which takes any text.
pub fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_largest_value() {
        assert_eq!(ticks(0.0), (vec![0.0, 0.25, 0.5, 0.75, 1.0], 1.0));
        assert_eq!(ticks(97.0).1, 100.0);
        assert_eq!(ticks(1_234.0).0, [0.0, 500.0, 1_000.0, 1_500.0]);
        for n in 1..3_000 {
            let most = f64::from(n) * 0.37;
            let (ticks, top) = ticks(most);
            assert!(top >= most && (2..=6).contains(&ticks.len()), "{most}: {ticks:?}");
        }
    }

    #[test]
    fn levels_go_from_the_least_to_the_largest() {
        assert_eq!([0.0, 0.03, 0.1, 0.2, 0.5, 1.0].map(|value| level(value, 1.0)), [0, 1, 2, 3, 4, 5]);
    }
}
