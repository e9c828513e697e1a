//! Progress on standard error: a bar or a panel on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::panel::{LINES, Panel, WIDE};
use super::screen::{harmless, is_json_log, say_line};
use crate::report::{lasting, short, size};
use crate::run::Snapshot;
use crate::time::Clock;

/// How far something is.
pub enum Display {
    /// Nobody wants to know.
    Nothing,
    /// On a terminal.
    Bar(ProgressBar),
    /// On a terminal with room for more.
    Panel {
        /// Where it is drawn.
        bar: ProgressBar,
        /// What is drawn.
        panel: Panel,
    },
    /// Lines now and then.
    Lines {
        /// When the last one was written.
        last: Instant,
        /// Whether any was.
        started: bool,
        /// Whether one said that all is done.
        ended: bool,
    },
}

const BAR_STEPS: u64 = 10_000;
/// Columns of the bar, the percentage and the gaps.
const BESIDE: usize = 26;
const LINE_EVERY: Duration = Duration::from_secs(5);

impl Display {
    /// For something with a name. Beside log lines there is no bar, which they would tear apart.
    pub fn new(name: &str, is_quiet: bool) -> Self {
        if is_quiet || is_json_log() {
            return Self::Nothing;
        }
        if !is_for_drawing() {
            return Self::Lines { last: Instant::now(), started: false, ended: false };
        }
        let bar = ProgressBar::with_draw_target(Some(BAR_STEPS), ProgressDrawTarget::stderr());
        // The message is cut to the width that is left, so that a narrow terminal shows one line all the same.
        let style = ProgressStyle::with_template("{prefix} {bar:16} {percent:>3} %  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(title(name));
        bar.set_message("starting");
        Self::Bar(bar)
    }

    /// For a run: a panel where there is room for one, or wherever somebody wants to watch.
    pub fn of_run(name: &str, clock: Clock, is_quiet: bool, is_watched: bool) -> Self {
        let (columns, lines) = terminal_size();
        match Self::new(name, is_quiet) {
            Self::Bar(bar) if (is_watched || columns >= WIDE) && lines > LINES => {
                bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
                Self::Panel { bar, panel: Panel::new(title(name), clock) }
            }
            display => display,
        }
    }

    /// What is being done, and how much of it.
    pub fn show_part(&mut self, what: &str, share: f64) {
        match self {
            Self::Nothing => {}
            Self::Bar(bar) | Self::Panel { bar, .. } => bar.set_message(format!("{what}: {:.0} %", share * 100.0)),
            Self::Lines { last, .. } => {
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    say_line(&format!("  0.0 %  {what}: {:.0} %", share * 100.0));
                }
            }
        }
    }

    /// How much of something without parts is done.
    pub fn show_share(&mut self, share: f64) {
        match self {
            Self::Nothing => {}
            Self::Bar(bar) | Self::Panel { bar, .. } => {
                bar.set_position((share * BAR_STEPS as f64) as u64);
                let seconds = bar.elapsed().as_secs_f64();
                bar.set_message(if share > 0.005 {
                    format!("{} left", lasting(seconds / share - seconds))
                } else {
                    String::new()
                });
            }
            Self::Lines { last, .. } => {
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    say_line(&format!("{:5.1} %", share * 100.0));
                }
            }
        }
    }

    /// Where a run stands.
    pub fn show(&mut self, snapshot: &Snapshot) {
        match self {
            Self::Panel { bar, panel } => {
                let text = panel.draw(snapshot, terminal_size().0);
                bar.set_message(text);
            }
            _ => self.show_parts(snapshot.done, &describe(snapshot)),
        }
    }

    /// Where something stands, in parts of which the first are the most important.
    pub fn show_parts(&mut self, share: f64, parts: &[String]) {
        match self {
            Self::Nothing => {}
            Self::Bar(bar) | Self::Panel { bar, .. } => {
                bar.set_position((share * BAR_STEPS as f64) as u64);
                let taken = bar.prefix().chars().count() + BESIDE;
                bar.set_message(fitting(parts, terminal_size().0.saturating_sub(taken)));
            }
            Self::Lines { last, started, ended } => {
                let ends = share >= 1.0 && !*ended;
                if !*started || last.elapsed() >= LINE_EVERY || ends {
                    (*started, *ended) = (true, *ended || ends);
                    *last = Instant::now();
                    say_line(&format!("{:5.1} %  {}", share * 100.0, parts.join("  ")));
                }
            }
        }
    }

    /// Takes it off the screen.
    pub fn end(&mut self) {
        if let Self::Bar(bar) | Self::Panel { bar, .. } = self {
            bar.finish_and_clear();
        }
    }
}

/// Whether lines on standard error can be drawn over.
fn is_for_drawing() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stderr().is_terminal() && !is_dumb && !tracing::enabled!(tracing::Level::INFO)
}

/// A name as it stands in front of a bar.
fn title(name: &str) -> String {
    let name = harmless(name);
    let short: String = name.chars().take(24).collect();
    if short == name { name } else { format!("{short}…") }
}

/// Columns and lines of a terminal, 80 by 24 if it does not tell.
fn terminal_size() -> (usize, usize) {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    let (columns, lines) = size.map_or((80, 24), |size| (size.ws_col, size.ws_row));
    let or = |told: u16, otherwise: usize| if told == 0 { otherwise } else { usize::from(told) };
    (or(columns, 80).max(20), or(lines, 24))
}

/// As many of the parts as fit some columns, in their order.
fn fitting(parts: &[String], columns: usize) -> String {
    let mut out = String::new();
    for part in parts {
        let gap = if out.is_empty() { 0 } else { 2 };
        if out.chars().count() + gap + part.chars().count() > columns {
            break;
        }
        out.push_str(&"  "[..gap]);
        out.push_str(part);
    }
    out
}

/// Where a run stands, the most important first.
fn describe(snapshot: &Snapshot) -> Vec<String> {
    let seconds = snapshot.elapsed.as_secs_f64();
    if snapshot.heartbeats == 0 {
        // Nobody is online in the first instant: rates would all be zero.
        return vec![if snapshot.done < 1.0 { "starting".into() } else { "nobody was online".into() }];
    }
    let mut parts = vec![format!("day {:.1}", snapshot.days)];
    if snapshot.done > 0.005 && snapshot.done < 1.0 {
        parts.push(format!("{} left", lasting(seconds / snapshot.done - seconds)));
    }
    parts.push(format!("{} heartbeats/s", short(snapshot.heartbeats as f64 / seconds.max(1e-3))));
    parts.push(format!("{} online", short(snapshot.online as f64)));
    parts.push(format!("{} encounters", short(snapshot.encounters as f64)));
    if snapshot.bytes > 0 {
        parts.push(format!("{} written", size(snapshot.bytes)));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_parts_are_shown() {
        let parts = ["day 0.3", "2 s left", "4.27 M heartbeats/s"].map(str::to_owned);
        assert_eq!(fitting(&parts, 38), "day 0.3  2 s left  4.27 M heartbeats/s");
        assert_eq!((fitting(&parts, 37), fitting(&parts, 6)), ("day 0.3  2 s left".into(), String::new()));
    }
}
