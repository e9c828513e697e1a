//! The report of a run: one HTML page without scripts or links, drawn from the sums that were kept while running.

pub(crate) mod quote;
mod text;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::output::TableTotal;
use crate::run::RunReport;
use crate::run::summary;
use crate::scenario::DATA_VERSION;
use crate::setting::Setting;
use crate::table::Aggregate;
use crate::version::FULL;
use quote::shell;
pub(crate) use text::{grouped, plural, short, size};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733}\
h1{margin-bottom:0}h2{margin-top:2.2rem}.sub{color:#5b6b7b;margin-top:0}.tiles{display:grid;gap:.8rem;\
grid-template-columns:repeat(4,minmax(0,1fr))}.tile{background:#f2f5f8;border-radius:8px;padding:.8rem 1rem}\
.tile b{display:block;font-size:1.35rem}.wide{overflow-x:auto}@media(max-width:40rem){.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}}table{border-collapse:collapse;width:100%}\
th,td{text-align:right;white-space:nowrap;padding:.3rem .6rem;border-bottom:1px solid #dde4ea}th:first-child,td:first-child{text-align:left}\
pre{background:#f2f5f8;border-radius:8px;padding:.8rem 1rem;overflow-x:auto}svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:#5b6b7b}";

/// The page. It holds no wall-clock time and no machine, so that the same scenario gives the same page.
pub fn page(setting: &Setting, report: &RunReport, tables: &BTreeMap<&'static str, TableTotal>) -> String {
    let days: Vec<&Aggregate> = report.committed.days.iter().take(setting.clock.days as usize).collect();
    let total = summary::total(&report.committed.days);
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{name}</title><style>{STYLE}</style>\
         <h1>{name}</h1><p class=\"sub\">{players} players, {count} from {start}, seed {seed}, {realms}, \
         world {hash}</p>",
        name = escape(&setting.scenario.name),
        players = grouped(setting.population.players.into()),
        count = plural(setting.clock.days, "day"),
        start = setting.clock.start,
        seed = setting.seed.0,
        realms = plural(setting.size.realms, "realm"),
        hash = &setting.world_hash[..12],
    );
    tiles(&mut out, setting, &total);
    out.push_str("<h2>Mean players online by hour of the day (UTC)</h2>");
    let ticks_per_hour = f64::from(3600 / setting.clock.heartbeat_s.min(3600));
    let online = total.heartbeats_by_hour.map(|count| count as f64 / ticks_per_hour / f64::from(setting.clock.days));
    let hours: Vec<String> = (0..24).map(|hour| format!("{hour:02}")).collect();
    bars(&mut out, &hours, &online);
    out.push_str("<h2>Active players by day</h2>");
    let active: Vec<f64> = days.iter().map(|day| day.active_players as f64).collect();
    let dates: Vec<String> =
        (0..setting.clock.days).map(|day| setting.clock.date(day).to_string()[5..].into()).collect();
    bars(&mut out, &dates, &active);
    day_table(&mut out, setting, &days);
    table_table(&mut out, tables);
    origin(&mut out, setting);
    out.push_str("</html>\n");
    out
}

fn tiles(out: &mut String, setting: &Setting, total: &Aggregate) {
    let per = |value: u64, of: u64| value as f64 / (of as f64).max(1.0);
    let hours = total.heartbeats as f64 * f64::from(setting.clock.heartbeat_s) / 3600.0;
    let tiles = [
        ("heartbeats", grouped(total.heartbeats)),
        ("sessions", grouped(total.rows.session_ends)),
        ("mean session, minutes", format!("{:.1}", per(total.session_s, total.rows.session_ends) / 60.0)),
        ("encounters", grouped(total.rows.encounters)),
        ("encounters a player-hour", format!("{:.1}", total.rows.encounters as f64 / hours.max(1e-9))),
        ("kills a player-minute", format!("{:.2}", total.rows.kills as f64 / (hours * 60.0).max(1e-9))),
        ("matches", grouped(total.rows.matches)),
        ("revenue, US dollars", grouped(total.revenue_usd_cents / 100)),
    ];
    out.push_str("<div class=\"tiles\">");
    for (label, value) in tiles {
        write_to(out, format_args!("<div class=\"tile\"><b>{value}</b>{label}</div>"));
    }
    out.push_str("</div>");
}

/// A bar chart; at most a few dozen bars are labelled.
fn bars(out: &mut String, labels: &[String], values: &[f64]) {
    const WIDTH: f64 = 960.0;
    const HEIGHT: f64 = 180.0;
    let most = values.iter().copied().fold(1e-9, f64::max);
    // A few days make bars, not walls.
    let step = (WIDTH / values.len().max(1) as f64).min(80.0);
    let every = labels.len().div_ceil(24).max(1);
    write_to(out, format_args!("<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\">", HEIGHT + 34.0));
    for (i, (label, value)) in labels.iter().zip(values).enumerate() {
        let (x, height) = (i as f64 * step, value / most * HEIGHT);
        write_to(
            out,
            format_args!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"2\" fill=\"#2f7fb8\">\
                 <title>{}: {value:.0}</title></rect>",
                x + step * 0.1,
                16.0 + HEIGHT - height,
                step * 0.8,
                escape(label)
            ),
        );
        if i.is_multiple_of(every) {
            let middle = x + step / 2.0;
            write_to(
                out,
                format_args!(
                    "<text x=\"{middle:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    HEIGHT + 32.0,
                    escape(label)
                ),
            );
        }
    }
    write_to(out, format_args!("<text x=\"0\" y=\"11\">highest bar: {}</text></svg>", grouped(most.round() as u64)));
}

fn day_table(out: &mut String, setting: &Setting, days: &[&Aggregate]) {
    out.push_str(
        "<h2>Days</h2><div class=\"wide\"><table><tr><th>day<th>active players<th>sessions<th>heartbeats<th>encounters<th>kills\
         <th>purchases<th>revenue, USD",
    );
    for (day, sums) in days.iter().enumerate() {
        write_to(out, format_args!("<tr><td>{}", setting.clock.date(day as u32)));
        for value in [
            sums.active_players,
            sums.rows.session_ends,
            sums.heartbeats,
            sums.rows.encounters,
            sums.rows.kills,
            sums.rows.purchases,
        ] {
            write_to(out, format_args!("<td>{}", grouped(value)));
        }
        let cents = sums.revenue_usd_cents;
        write_to(out, format_args!("<td>{}.{:02}", grouped(cents / 100), cents % 100));
    }
    out.push_str(
        "</table></div><p class=\"sub\">Active players are those with a heartbeat on the day; the other columns count what ended on it. What the end of the run cut off is in none.</p>",
    );
}

fn table_table(out: &mut String, tables: &BTreeMap<&'static str, TableTotal>) {
    out.push_str("<h2>Tables</h2><div class=\"wide\"><table><tr><th>table<th>rows<th>files<th>bytes<th>bytes a row");
    for (name, table) in tables {
        let per_row = table.bytes as f64 / (table.rows as f64).max(1.0);
        write_to(
            out,
            format_args!(
                "<tr><td>{name}<td>{}<td>{}<td>{}<td>{per_row:.1}",
                grouped(table.rows),
                table.files,
                grouped(table.bytes)
            ),
        );
    }
    out.push_str("</table></div>");
}

/// What the run was and the commands that give it again.
fn origin(out: &mut String, setting: &Setting) {
    let scenario = &setting.scenario;
    let sets: String = scenario.sets.iter().map(|set| format!(" --set {}", shell(set))).collect();
    write_to(
        out,
        format_args!(
            "<h2>Where this comes from</h2><p>Skirmish {}, data version {DATA_VERSION}; scenario {}, seed {}, world {}. In \
             the folder of this run, the same tables again, beside it:</p>\
             <pre>skirmish run scenario.toml{} --out &quot;$PWD-again&quot;\n\
             diff -r tables &quot;$PWD-again/tables&quot; &amp;&amp; echo the same</pre>",
            escape(FULL),
            escape(&scenario.name),
            setting.seed.0,
            setting.world_hash,
            escape(&sets),
        ),
    );
}

fn write_to(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_page() {
        assert_eq!(escape("a<b>&\"c\""), "a&lt;b>&amp;&quot;c&quot;");
    }
}
