//! The view of a run on a wide terminal: the day that is being simulated, rates, stages, memory, and how long it takes.

use std::collections::VecDeque;
use std::time::Duration;

use super::machine::{peak_memory, resident_memory};
use crate::report::{lasting, short, size};
use crate::run::Snapshot;
use crate::run::summary::stage_seconds;
use crate::time::Clock;

/// Columns from which on a terminal shows it without being asked.
pub const WIDE: usize = 100;
/// Columns beyond which it grows no wider.
const WIDEST: usize = 120;
/// Lines that it takes.
pub const LINES: usize = 12;
/// Lines of the chart.
const CHART_LINES: usize = 5;
/// Columns left of the chart, its axis included.
const CHART_LEFT: usize = 10;
/// What "now" means in a rate.
const RECENT: Duration = Duration::from_secs(2);
/// Blocks of so many eighths of a line.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What a run looks like while it lasts.
pub struct Panel {
    title: String,
    clock: Clock,
    /// Snapshots of the last moments, the oldest first.
    recent: VecDeque<Snapshot>,
}

impl Panel {
    /// Of a run with a title.
    pub fn new(title: String, clock: Clock) -> Self {
        Self { title, clock, recent: VecDeque::new() }
    }

    /// The lines of a moment, none longer than the terminal is wide.
    pub fn draw(&mut self, snapshot: &Snapshot, columns: usize) -> String {
        while self.recent.len() > 1 && snapshot.elapsed.saturating_sub(self.recent[1].elapsed) > RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(snapshot.clone());
        let memory = (resident_memory(), peak_memory());
        let width = columns.min(WIDEST);
        let mut lines = vec![self.head(snapshot, width), String::new(), self.caption(snapshot)];
        lines.extend(chart(snapshot, width));
        lines.push(self.rates(snapshot));
        lines.push(stages(snapshot));
        lines.push(self.stock(snapshot, memory));
        let cut = |line: String| line.chars().take(columns.saturating_sub(1)).collect::<String>();
        lines.into_iter().map(cut).collect::<Vec<_>>().join("\n")
    }

    /// How far it is and how long it takes.
    fn head(&self, snapshot: &Snapshot, width: usize) -> String {
        let spent = snapshot.elapsed.as_secs_f64();
        let times = match snapshot.done {
            done if done > 0.005 && done < 1.0 => {
                format!("{} left, {} so far", lasting(spent / done - spent), lasting(spent))
            }
            _ => format!("{} so far", lasting(spent)),
        };
        let text = format!("{:>3.0} %  {times}", snapshot.done * 100.0);
        let room = width.saturating_sub(self.title.chars().count() + text.chars().count() + 5);
        let full = (snapshot.done * room as f64) as usize;
        format!("{}  {}{}  {text}", self.title, "━".repeat(full), "─".repeat(room.saturating_sub(full)))
    }

    fn caption(&self, snapshot: &Snapshot) -> String {
        let before = if snapshot.day_before.is_some() { "; ░ the day before" } else { "" };
        format!(
            "{}, day {} of {}: players online by hour, UTC{before}",
            self.clock.date(snapshot.day),
            snapshot.day + 1,
            self.clock.days
        )
    }

    fn rates(&self, snapshot: &Snapshot) -> String {
        let whole = snapshot.elapsed.as_secs_f64().max(1e-3);
        let oldest = self.recent.front().unwrap_or(snapshot);
        let moment = snapshot.elapsed.saturating_sub(oldest.elapsed).as_secs_f64();
        let now = |count: fn(&Snapshot) -> u64| {
            let newer = count(snapshot).saturating_sub(count(oldest)) as f64;
            if moment > 0.0 { newer / moment } else { 0.0 }
        };
        format!(
            "{:<11}{}/s now, {}/s so far, {} in all;  encounters {}/s now, {} in all",
            "heartbeats",
            short(now(|snapshot| snapshot.heartbeats)),
            short(snapshot.heartbeats as f64 / whole),
            short(snapshot.heartbeats as f64),
            short(now(|snapshot| snapshot.encounters)),
            short(snapshot.encounters as f64),
        )
    }

    fn stock(&self, snapshot: &Snapshot, (resident, peak): (Option<u64>, Option<u64>)) -> String {
        let mut parts = Vec::new();
        if let (Some(resident), Some(peak)) = (resident, peak) {
            parts.push(format!("{} now, {} at most", size(resident), size(peak)));
        }
        if snapshot.bytes > 0 {
            let rate = snapshot.bytes as f64 / snapshot.elapsed.as_secs_f64().max(1e-3);
            parts.push(format!(
                "written {}, {}/s, {} of {} days whole",
                size(snapshot.bytes),
                size(rate as u64),
                snapshot.whole_days,
                self.clock.days
            ));
        }
        format!("{:<11}{}", "memory", parts.join(";  "))
    }
}

/// The hours of the day as columns, in front of those of the day before, and an axis below.
fn chart(snapshot: &Snapshot, width: usize) -> Vec<String> {
    let before = snapshot.day_before.unwrap_or_default();
    let most = snapshot.by_hour.iter().chain(&before).copied().fold(0.0, f64::max);
    let column = (width.saturating_sub(CHART_LEFT) / 24).clamp(1, 4);
    let eighths = |value: f64, line: usize| -> usize {
        let all = value / most.max(1e-9) * (CHART_LINES * 8) as f64;
        (all.round() as usize).saturating_sub(line * 8).min(8)
    };
    let mut lines: Vec<String> = (0..CHART_LINES)
        .rev()
        .map(|line| {
            let label = if line + 1 == CHART_LINES && most > 0.0 { short(most) } else { String::new() };
            let cells: String = snapshot
                .by_hour
                .iter()
                .zip(before)
                .flat_map(|(now, before)| {
                    let cell = match (eighths(*now, line), eighths(before, line)) {
                        (0, 4..) => '░',
                        (now, _) => BLOCKS[now],
                    };
                    std::iter::repeat_n(cell, column)
                })
                .collect();
            format!("{label:>0$} │{cells}", CHART_LEFT - 2).trim_end().to_owned()
        })
        .collect();
    let hours: String = (0..24).step_by(3).map(|hour| format!("{hour:<0$}", 3 * column)).collect();
    lines.push(format!("{:>1$} └{hours}", "0", CHART_LEFT - 2).trim_end().to_owned());
    lines
}

/// What the threads have done so far.
fn stages(snapshot: &Snapshot) -> String {
    let stages = stage_seconds(&snapshot.stages);
    let all: f64 = stages.iter().map(|(_, seconds)| seconds).sum();
    let told: Vec<String> = stages
        .iter()
        .map(|(name, seconds)| (name.replace('_', " "), seconds / all.max(1e-9)))
        .filter(|(_, share)| *share >= 0.005)
        .map(|(name, share)| {
            let bar = "█".repeat((share * 20.0).round() as usize);
            if bar.is_empty() {
                format!("{name} {:.0} %", share * 100.0)
            } else {
                format!("{name} {bar} {:.0} %", share * 100.0)
            }
        })
        .collect();
    format!("{:<11}{}", "threads", told.join("  "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Date;

    fn snapshot(seconds: u64) -> Snapshot {
        let mut by_hour = [0.0; 24];
        by_hour[..12].iter_mut().enumerate().for_each(|(hour, online)| *online = 100.0 * hour as f64);
        let mut snapshot = Snapshot {
            done: 0.5,
            days: 1.5,
            whole_days: 1,
            heartbeats: 1_000_000 * seconds,
            encounters: 1_000 * seconds,
            bytes: 3_000_000 * seconds,
            elapsed: Duration::from_secs(seconds),
            day: 1,
            by_hour,
            day_before: Some([1_600.0; 24]),
            ..Snapshot::default()
        };
        (snapshot.stages.detect, snapshot.stages.encode) = (Duration::from_secs(1), Duration::from_secs(3));
        snapshot
    }

    #[test]
    fn a_moment_is_told_in_lines_that_fit() {
        let clock = Clock { start: Date(20_458), days: 3, heartbeat_s: 30 };
        let mut panel = Panel::new("quickstart".into(), clock);
        for columns in [40, 80, 100, 250] {
            let text = panel.draw(&snapshot(10), columns);
            assert_eq!(text.lines().count(), LINES, "{text}");
            assert!(text.lines().all(|line| line.chars().count() < columns), "{text}");
        }
        let text = panel.draw(&Snapshot { heartbeats: 14_000_000, ..snapshot(12) }, 120);
        for part in
            ["50 %  12 s left, 12 s so far", "2.00 M/s now, 1.17 M/s so far, 14.00 M in all", "1 of 3 days whole"]
        {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(text.contains("detect █████ 25 %  encode ███████████████ 75 %"), "{text}");
        assert!(text.contains("2026-01-06, day 2 of 3"), "{text}");
    }

    #[test]
    fn columns_stand_in_front_of_the_day_before() {
        let lines = chart(&snapshot(1), 100);
        let column = |hour: usize| -> String {
            let cell = |line: &String| line.chars().nth(CHART_LEFT + hour * 3).unwrap_or(' ');
            lines[..CHART_LINES].iter().map(cell).collect()
        };
        // Of 1,600: nothing yet, 800 and 1,100.
        assert_eq!([column(20), column(8), column(11)], ["░░░░░", "░░▄██", "░▄███"]);
        assert!(lines[0].starts_with("    1600 │") && lines[CHART_LINES].starts_with("       0 └0 "), "{lines:?}");
        let first = Snapshot { day_before: None, by_hour: [0.0; 24], ..snapshot(1) };
        assert!(chart(&first, 100).iter().all(|line| !line.contains('░') && !line.contains('█')));
    }
}
