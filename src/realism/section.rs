//! The section of a report: the targets with what became of them, and charts beside what is published.

use std::path::Path;

use super::drawings;
use super::facts::Facts;
use super::page::significant;
use super::reading::Reading;
use super::targets::{Band, Goal, goals};
use super::untold::Untold;
use super::verdict::{Judged, Verdict, holds, judge};
use crate::inspect::{InspectError, RunTables};
use crate::report::chart::put;
use crate::report::escape;
use crate::setting::Setting;

/// Measures a run and draws its section.
///
/// # Errors
/// If a table cannot be read; one that is not there is no error.
pub fn section(run: &Path, setting: &Setting) -> Result<String, InspectError> {
    let goals = goals();
    let asked: Vec<&Goal> = goals.iter().collect();
    let facts = Facts::read(run, setting, &asked, &mut |_| {})?;
    let keys = judge(&RunTables::open(run)?, &facts, &asked, None);
    let mut out = "<section id=\"realism\"><h2>Realism</h2>".to_owned();
    let count = |verdict| keys.iter().filter(|judged| judged.verdict() == verdict).count();
    put(
        &mut out,
        format_args!(
            "<p>Targets from published work, measured on the tables of this run: {} pass, {} miss, {} are not told.</p>",
            count(Verdict::Pass),
            count(Verdict::Miss),
            count(Verdict::Untold)
        ),
    );
    out.push_str("<div class=\"charts\">");
    drawings::draw(&mut out, &facts, &goals);
    out.push_str(
        "</div><div class=\"wide\"><table><thead><tr><th scope=\"col\">target<th scope=\"col\">asked\
         <th scope=\"col\">got<th scope=\"col\">unit<th scope=\"col\">source<th scope=\"col\">verdict<tbody>",
    );
    keys.iter().for_each(|judged| rows(&mut out, judged));
    out.push_str("</table></div></section>");
    Ok(out)
}

/// A row a band.
fn rows(out: &mut String, judged: &Judged<'_>) {
    let told = judged.bands.iter().filter(|(_, told)| told.is_ok()).count();
    // What nothing is known of has one reason.
    let bands = if told == 0 { &judged.bands[..1] } else { &judged.bands[..] };
    for (band, told) in bands {
        let label = band.label.as_ref().map_or_else(String::new, |label| format!(", {label}"));
        put(
            out,
            format_args!(
                "<tr><th scope=\"row\">{}{}<td>{} to {}<td>{}<td>{}<td>{}<td>{}",
                escape(&judged.goal.key),
                escape(&label),
                band.low,
                band.high,
                told.as_ref().map_or_else(|_| "none".into(), |reading| significant(reading.value.unwrap_or(f64::NAN))),
                escape(&judged.goal.unit),
                escape(&judged.goal.row),
                escape(&verdict(band, told))
            ),
        );
    }
}

/// A mark and a word: neither needs colours.
fn verdict(band: &Band, told: &Result<Reading, Untold>) -> String {
    match (holds(band, told), told) {
        (Some(true), _) => "✓ pass".into(),
        (Some(false), _) => "✗ MISS".into(),
        (None, Err(why)) => format!("– {why}"),
        (None, Ok(_)) => "–".into(),
    }
}
