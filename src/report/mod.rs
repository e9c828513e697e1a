//! The report of a run: one HTML page that requests nothing, drawn from what was counted while running.
//!
//! `figures` is what a page is drawn from, `key_figures` the few numbers that runs are told and compared by; `attendance`, `fighting`,
//! `atlas`, `merits` and `takings` have the sections, `contents` what these have in common, `chart` how a chart is drawn, `bins` how
//! a histogram is, `page_head` what stands around them.
//! `replay` shows a match, with the only script.
//! `stored` reads a run back, `difference` compares two, `comparison` is the page of that.

mod atlas;
mod attendance;
mod bins;
pub(crate) mod chart;
mod comparison;
mod contents;
mod difference;
mod fighting;
mod figures;
mod key_figures;
mod map;
mod merits;
mod page_head;
pub(crate) mod quote;
mod replay;
mod stored;
mod takings;
mod text;

use serde_json::{Value, json};

pub(crate) use comparison::compare;
pub(crate) use difference::Difference;
pub(crate) use figures::Figures;
pub(crate) use stored::{ReportError, StoredRun};
pub(crate) use text::{escape, grouped, lasting, plural, short, size};

use crate::scenario::DATA_VERSION;
use crate::setting::Setting;
use crate::version::FULL;
use chart::put;
use contents::Contents;
use key_figures::{KeyFigure, key_figures};
use page_head::{END, head};
use quote::shell;
use text::quantity;

/// Key figures that stand on top.
const TILES: [&str; 8] = [
    "Heartbeats",
    "Peak online",
    "Active a day",
    "Retention, day 1",
    "Mean session",
    "Encounters a player-hour",
    "Kills a player-minute",
    "Revenue",
];

/// `report.json`: every number of the page, with its unit. No wall clock, no machine.
pub fn data(setting: &Setting, figures: &Figures) -> Value {
    let key_figure = |figure: &KeyFigure| json!({"name": figure.name, "unit": figure.unit, "value": figure.value});
    let mut value = figures.value(setting);
    value["key_figures"] = key_figures(setting, figures).iter().map(key_figure).collect();
    value
}

/// The page. It holds no wall-clock time and no machine, so that the same scenario gives the same page.
pub fn page(setting: &Setting, figures: &Figures) -> String {
    page_with(setting, figures, "")
}

/// Likewise with a section at its end.
pub fn page_with(setting: &Setting, figures: &Figures, section: &str) -> String {
    let sub = format!(
        "{players}, {days} from {start}, seed {seed}, {realms}, a heartbeat every {heartbeat} s",
        players = plural(setting.population.players, "player"),
        days = plural(setting.clock.days, "day"),
        start = setting.clock.start,
        seed = setting.seed.0,
        realms = plural(setting.size.realms, "realm"),
        heartbeat = setting.clock.heartbeat_s,
    );
    let mut out = head(&setting.scenario.name, &sub);
    for warning in setting.warnings() {
        put(&mut out, format_args!("<p class=\"warning\">{}</p>", escape(&warning)));
    }
    let key = key_figures(setting, figures);
    out.push_str("<dl class=\"tiles\">");
    for figure in TILES.iter().filter_map(|name| key.iter().find(|figure| figure.name == *name)) {
        let value = figure.value.map_or_else(|| "none".to_owned(), quantity);
        put(
            &mut out,
            format_args!("<div><dt>{}</dt><dd>{value} <small>{}</small></dd></div>", figure.name, figure.shown_unit()),
        );
    }
    out.push_str("</dl>");
    let contents = Contents { setting, figures };
    contents.players(&mut out);
    contents.sessions(&mut out);
    contents.matches(&mut out);
    contents.encounters_and_kills(&mut out);
    contents.where_on_maps(&mut out);
    contents.careers_and_fair_play(&mut out);
    contents.money(&mut out);
    if let Some(found) = &figures.replay {
        replay::draw(&mut out, setting, found);
    }
    out.push_str("<section><h2>All key figures</h2><div class=\"wide\"><table><tbody>");
    for figure in &key {
        let value = figure.value.map_or_else(|| "none".to_owned(), quantity);
        put(&mut out, format_args!("<tr><th scope=\"row\">{}<td>{value}<td>{}", figure.name, figure.shown_unit()));
    }
    out.push_str("</table></div></section>");
    tables(&mut out, figures);
    origin(&mut out, setting);
    out.push_str(section);
    out.push_str(END);
    out
}

fn tables(out: &mut String, figures: &Figures) {
    out.push_str(
        "<section><h2>Tables</h2><div class=\"wide\"><table><thead><tr><th scope=\"col\">table<th scope=\"col\">rows\
         <th scope=\"col\">files<th scope=\"col\">bytes<th scope=\"col\">bytes a row<tbody>",
    );
    for (name, table) in &figures.tables {
        let per_row = table.bytes as f64 / (table.rows as f64).max(1.0);
        put(
            out,
            format_args!(
                "<tr><th scope=\"row\">{name}<td>{}<td>{}<td>{}<td>{per_row:.1}",
                grouped(table.rows),
                table.files,
                grouped(table.bytes)
            ),
        );
    }
    out.push_str("</table></div></section>");
}

/// What the run was and the commands that give it again.
fn origin(out: &mut String, setting: &Setting) {
    let scenario = &setting.scenario;
    let sets: String = scenario.sets.iter().map(|set| format!(" --set {}", shell(set))).collect();
    put(
        out,
        format_args!(
            "<section><h2>Where this comes from</h2><p>Skirmish {}, data version {DATA_VERSION}; scenario {}, seed {}, world \
             <code>{}</code>. In the folder of this run, the same tables again, beside it:</p>\
             <pre>skirmish run scenario.toml{} --out &quot;$PWD-again&quot;\n\
             diff -r tables &quot;$PWD-again/tables&quot; &amp;&amp; echo the same</pre>\
             <p>Every number of this page, with its unit, as data: <code>report.json</code> in the same folder, or \
             <code>skirmish report . --json</code>.</p></section>",
            escape(FULL),
            escape(&scenario.name),
            setting.seed.0,
            setting.world_hash,
            escape(&sets),
        ),
    );
}
