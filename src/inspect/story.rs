//! `skirmish show`: one player's life in a run, day by day.

use std::collections::BTreeMap;
use std::path::Path;

use super::cells::{RowView, clock_of, day_of};
use super::tables::{InspectError, Only, RunTables, table_named};
use crate::report::grouped;
use crate::time::Date;

/// Session numbers have the account in their upper part.
const SESSION_BITS: u32 = 16;

/// The story of a player, as text.
///
/// # Errors
/// See [`InspectError`]; a run without `session_ends` has no story to tell.
pub fn story(run: &Path, player: i64) -> Result<String, InspectError> {
    let tables = RunTables::open(run)?;
    let mut told = String::new();
    let who = profile(&tables, player)?;
    let mut days: BTreeMap<Date, Vec<(i64, String)>> = BTreeMap::new();
    let mut life = Life::default();
    each_row(&tables, "session_ends", "player_id", player, &mut |row| {
        let (from, to) = (row.number("started_at"), row.number("event_ts"));
        life.add(row);
        let mut line = format!(
            "{} to {}  session of {}: {}, {}, {}",
            clock_of(from),
            clock_of(to),
            length(row.number("event_length_s")),
            counted(row.number("matches"), "match", "matches"),
            counted(row.number("kills"), "kill", "kills"),
            counted(row.number("deaths"), "death", "deaths"),
        );
        if row.number("party_id") != row.number("session_id") {
            line += &format!(", in the party of {}", row.number("party_id") >> SESSION_BITS);
        }
        line += &format!("; {}", row.text("end_reason"));
        days.entry(day_of(from)).or_default().push((from, line));
    })?;
    if who.is_none() && life.sessions == 0 {
        return Err(InspectError::NoPlayer(player, accounts(run)));
    }
    if tables.has("purchases") {
        each_row(&tables, "purchases", "player_id", player, &mut |row| {
            let at = row.number("event_ts");
            life.usd_cents += row.number("price_usd_cents");
            let line = format!(
                "{}              bought {} for {} ({})",
                clock_of(at),
                row.text("item"),
                dollars(row.number("price_usd_cents")),
                row.text("category")
            );
            days.entry(day_of(at)).or_default().push((at, line));
        })?;
    }
    if tables.has("truth_events") {
        each_row(&tables, "truth_events", "player_id", player, &mut |row| {
            let at = row.number("event_ts");
            let line = match row.text("event").as_str() {
                "installed" => "                      installed the game".to_owned(),
                "began_cheating" => "                      began to cheat".to_owned(),
                "gave_up" => format!("{}              gave up for good after this session", clock_of(at)),
                _ => format!("{}              decided never to come back", clock_of(at)),
            };
            days.entry(day_of(at)).or_default().push((at, line));
        })?;
    }
    for (table, column, tell) in DEEDS {
        if tables.has(table) {
            each_row(&tables, table, column, player, &mut |row| {
                let at = row.number("event_ts");
                days.entry(day_of(at)).or_default().push((at, format!("{}              {}", clock_of(at), tell(row))));
            })?;
        }
    }
    told += &format!("player {player}{}\n", who.unwrap_or_default());
    told += &life.told();
    for (day, mut lines) in days {
        lines.sort();
        told += &format!("\n{day}\n");
        for (_, line) in lines {
            told += &format!("  {line}\n");
        }
    }
    Ok(told)
}

/// Tells what a row says.
type Tell = fn(&RowView<'_>) -> String;

/// What happens to a player beside sessions and purchases: table, column of the account, what is said.
const DEEDS: [(&str, &str, Tell); 5] = [
    ("achievement_unlocks", "player_id", |row| format!("unlocked {}", row.text("achievement"))),
    ("level_ups", "player_id", |row| format!("reached level {}", row.number("level"))),
    ("reports", "reported_id", |row| {
        format!("was reported by player {} for {}", row.number("reporter_id"), row.text("reason"))
    }),
    ("anticheat_flags", "player_id", |row| format!("was flagged for {}", row.text("rule"))),
    ("bans", "player_id", |row| format!("was banned for {}", row.text("rule"))),
];

/// Hands on every row in which a column has a value.
fn each_row(
    tables: &RunTables,
    table: &str,
    column: &'static str,
    value: i64,
    each: &mut dyn FnMut(&RowView<'_>),
) -> Result<(), InspectError> {
    tables.read(table_named(table)?, None, Some(Only { column, value }), &mut |batch| {
        for row in (0..batch.num_rows()).map(|row| RowView { batch, row }) {
            if row.number(column) == value {
                each(&row);
            }
        }
        Ok(())
    })
}

/// Who the player is by profile; `None` if the run has no such account, or no profiles.
fn profile(tables: &RunTables, player: i64) -> Result<Option<String>, InspectError> {
    let mut told = None;
    if tables.has("players") {
        each_row(tables, "players", "player_id", player, &mut |row| {
            told = Some(format!(
                ", {}, from {} ({}), on {} ({}), installed on {}",
                row.text("segment"),
                row.text("country"),
                row.text("region"),
                row.text("device"),
                row.text("platform"),
                Date(row.number("installed_on") as i32),
            ));
        })?;
    }
    if let Some(told) = told.as_mut().filter(|_| tables.has("truth_players")) {
        each_row(tables, "truth_players", "player_id", player, &mut |row| {
            *told += &format!(
                "\nin truth: {}, {}; skill {:+.2} and engagement {:+.2} standard deviations",
                row.text("archetype"),
                row.text("cluster"),
                row.number("skill_milli") as f64 / 1000.0,
                row.number("engagement_milli") as f64 / 1000.0,
            );
        })?;
    }
    Ok(told)
}

/// How many accounts there are, where run.json tells.
fn accounts(run: &Path) -> String {
    let text = std::fs::read_to_string(run.join("run.json")).unwrap_or_default();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let rows = summary["tables"]["players"]["rows"].as_u64();
    rows.map_or_else(String::new, |rows| format!(", which has 1 to {rows}"))
}

/// Sums over a life.
#[derive(Default)]
struct Life {
    sessions: i64,
    seconds: i64,
    matches: i64,
    kills: i64,
    deaths: i64,
    purchases: i64,
    usd_cents: i64,
}

impl Life {
    fn add(&mut self, row: &RowView<'_>) {
        self.sessions += 1;
        self.seconds += row.number("event_length_s");
        self.matches += row.number("matches");
        self.kills += row.number("kills");
        self.deaths += row.number("deaths");
        self.purchases += row.number("purchases");
    }

    fn told(&self) -> String {
        if self.sessions == 0 {
            return "never played in this run\n".into();
        }
        let ratio = if self.deaths > 0 {
            format!(" ({:.2} a death)", self.kills as f64 / self.deaths as f64)
        } else {
            String::new()
        };
        format!(
            "{}, {} of play, {}; {}, {}{ratio}; {} for {}\n",
            counted(self.sessions, "session", "sessions"),
            length(self.seconds),
            counted(self.matches, "match", "matches"),
            counted(self.kills, "kill", "kills"),
            counted(self.deaths, "death", "deaths"),
            counted(self.purchases, "purchase", "purchases"),
            dollars(self.usd_cents),
        )
    }
}

fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count.unsigned_abs()), if count == 1 { one } else { many })
}

fn length(seconds: i64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {:02} min", grouped(seconds.unsigned_abs() / 3600), seconds / 60 % 60),
    }
}

fn dollars(cents: i64) -> String {
    format!("${}.{:02}", grouped(cents.unsigned_abs() / 100), cents % 100)
}
