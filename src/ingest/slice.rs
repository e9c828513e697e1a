//! A slice of time on its way into the database: one transaction, in an order in which everything refers to what is there.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::database::{Arguments, Batch, Document, Moment};
use super::feed::{
    BAN, Beat, FLAG, KILL, LEVEL, MATCH, PARTICIPATION, PURCHASE, REPORT, SESSION, Slice, UNLOCK, Values,
};
use crate::inspect::Datum;

/// Kinds of rows that are sent.
pub const SENT: [&str; 11] = [
    "heartbeats",
    "kills",
    "purchases",
    "sessions",
    "matches",
    "participations",
    "unlocks",
    "levels",
    "flags",
    "reports",
    "bans",
];

impl Slice {
    /// How many rows of each kind it holds, in the order of [`SENT`].
    pub fn size(&self) -> [usize; SENT.len()] {
        let rest = [
            &self.kills,
            &self.purchases,
            &self.session_starts,
            &self.match_starts,
            &self.joins,
            &self.unlocks,
            &self.levels,
            &self.flags,
            &self.reports,
            &self.bans,
        ];
        std::array::from_fn(|n| if n == 0 { self.beats.len() } else { rest[n - 1].len() })
    }

    /// Sends it, at most so many rows a call.
    ///
    /// Procedures look at times, not at the order of calls, so that a session may be ended before its heartbeats are sent.
    /// Where a player logs in again within the slice that is needed: the session before must have ended.
    pub fn send(&self, batch: &mut Batch<'_>, rows: usize) -> Result<(), postgres::Error> {
        let mut sender = Sender { batch, rows };
        sender.send("start_matches", &self.match_starts, &MATCH, &MATCH[..7])?;
        let rounds = self.rounds();
        let mut ended = HashSet::new();
        for round in &rounds {
            let before: Vec<Values> = round.ends.iter().map(|row| (*row).clone()).collect();
            sender.send("end_sessions", &before, &SESSION, &["session_id", "event_ts", "end_reason"])?;
            ended.extend(before.iter().map(|row| number(row, &SESSION, "session_id")));
            let starts: Vec<Values> = round.starts.iter().map(|row| (*row).clone()).collect();
            sender.send("start_sessions", &starts, &SESSION, &SESSION[..6])?;
        }
        sender.send("join_matches", &self.joins, &PARTICIPATION, &PARTICIPATION[..4])?;
        sender.send_kills(&self.kills)?;
        for beats in self.beats.chunks(rows) {
            sender.batch.call("record_heartbeats", beat_columns(beats))?;
        }
        sender.send("record_purchases", &self.purchases, &PURCHASE, &PURCHASE)?;
        sender.send("leave_matches", &self.leaves, &PARTICIPATION, &["match_id", "session_id", "left_at"])?;
        let ends = ["match_id", "ended_at", "winner_team", "end_reason"];
        sender.send("end_matches", &self.match_ends, &MATCH, &ends)?;
        let rest = self.session_ends.iter().filter(|row| !ended.contains(&number(row, &SESSION, "session_id")));
        let rest: Vec<Values> = rest.cloned().collect();
        sender.send("end_sessions", &rest, &SESSION, &["session_id", "event_ts", "end_reason"])?;
        sender.send_unlocks(&self.unlocks)?;
        sender.send("reach_levels", &self.levels, &LEVEL, &LEVEL)?;
        sender.send_suspicions(&self.suspicions())?;
        sender.send("ban_players", &self.bans, &BAN, &BAN)
    }

    /// Flags of the game and reports of its players: what they are of, when, and the evidence. A session that several report at
    /// one moment is suspected once, for all of them.
    fn suspicions(&self) -> Vec<Suspected> {
        let time = |row: &Values, columns: &[&str]| match row.get(place(columns, "event_ts")) {
            Some(Datum::Time(ms)) => *ms,
            _ => 0,
        };
        let flag = |row: &Values| {
            let [value, bound] = ["value", "bound"].map(|column| number(row, &FLAG, column));
            let evidence = json!({"value": value, "bound": bound}).to_string();
            let (rule, session) = (text(row, &FLAG, "rule"), number(row, &FLAG, "session_id"));
            Suspected { rule, session, at: time(row, &FLAG), evidence }
        };
        let mut kills: BTreeMap<(String, i64, i64), Vec<i64>> = BTreeMap::new();
        for row in &self.reports {
            let rule = format!("report_{}", text(row, &REPORT, "reason"));
            let of = (rule, number(row, &REPORT, "reported_session"), time(row, &REPORT));
            kills.entry(of).or_default().push(number(row, &REPORT, "kill_id"));
        }
        let report = |((rule, session, at), kills): ((String, i64, i64), Vec<i64>)| Suspected {
            rule,
            session,
            at,
            evidence: json!({"kill_ids": kills}).to_string(),
        };
        self.flags.iter().map(flag).chain(kills.into_iter().map(report)).collect()
    }

    /// Logins in rounds: in a round nobody logs in twice, and who has logged in before in this slice, or was online when it
    /// began, has logged out.
    fn rounds(&self) -> Vec<Round<'_>> {
        let id = |row: &Values| number(row, &SESSION, "session_id");
        let ends: HashMap<i64, &Values> = self.session_ends.iter().map(|row| (id(row), row)).collect();
        let starts: BTreeMap<i64, &Values> = self.session_starts.iter().map(|row| (id(row), row)).collect();
        let mut rounds: Vec<Round<'_>> = Vec::new();
        let mut last: Option<(i64, usize)> = None;
        // By number: a player's sessions stand side by side, in order.
        for (session, start) in starts {
            let round = match last {
                Some((before, round)) if before == session - 1 => round + 1,
                _ => 0,
            };
            last = Some((session, round));
            if rounds.len() <= round {
                rounds.resize_with(round + 1, Round::default);
            }
            rounds[round].starts.push(start);
            rounds[round].ends.extend(ends.get(&(session - 1)));
        }
        rounds
    }
}

/// The name that an achievement of a run has in the database, which no scenario can give to another.
pub fn achievement_named(name: &str) -> String {
    format!("game/{name}")
}

/// A session that somebody suspects.
struct Suspected {
    rule: String,
    session: i64,
    at: i64,
    evidence: String,
}

#[derive(Default)]
struct Round<'s> {
    /// Sessions to end first.
    ends: Vec<&'s Values>,
    starts: Vec<&'s Values>,
}

struct Sender<'b, 'c> {
    batch: &'b mut Batch<'c>,
    rows: usize,
}

impl Sender<'_, '_> {
    /// Sends some columns of rows that have others besides.
    fn send(
        &mut self,
        procedure: &'static str,
        rows: &[Values],
        columns: &[&str],
        sent: &[&str],
    ) -> Result<(), postgres::Error> {
        for rows in rows.chunks(self.rows) {
            let arguments = sent.iter().map(|column| argument(rows, place(columns, column), column)).collect();
            self.batch.call(procedure, arguments)?;
        }
        Ok(())
    }

    fn send_unlocks(&mut self, unlocks: &[Values]) -> Result<(), postgres::Error> {
        for rows in unlocks.chunks(self.rows) {
            let names = rows.iter().map(|row| achievement_named(&text(row, &UNLOCK, "achievement")));
            let [player, at] = ["player_id", "event_ts"].map(|column| argument(rows, place(&UNLOCK, column), column));
            self.batch.call("unlock_achievements", vec![player, Box::new(names.collect::<Vec<String>>()), at])?;
        }
        Ok(())
    }

    fn send_suspicions(&mut self, all: &[Suspected]) -> Result<(), postgres::Error> {
        for rows in all.chunks(self.rows) {
            let arguments: Arguments<'_> = vec![
                Box::new(rows.iter().map(|row| row.rule.as_str()).collect::<Vec<&str>>()),
                Box::new(rows.iter().map(|row| row.session).collect::<Vec<i64>>()),
                Box::new(rows.iter().map(|row| Moment(row.at)).collect::<Vec<Moment>>()),
                Box::new(rows.iter().map(|row| Document(&row.evidence)).collect::<Vec<Document<'_>>>()),
            ];
            self.batch.call("raise_flags", arguments)?;
        }
        Ok(())
    }

    fn send_kills(&mut self, kills: &[Values]) -> Result<(), postgres::Error> {
        for rows in kills.chunks(self.rows) {
            let mut arguments: Arguments<'_> = vec![Box::new(vec!["kill"; rows.len()])];
            arguments.extend(KILL.iter().map(|column| argument(rows, place(&KILL, column), column)));
            arguments.push(Box::new(vec![Document("{}"); rows.len()]));
            self.batch.call("record_events", arguments)?;
        }
        Ok(())
    }
}

fn place(columns: &[&str], column: &str) -> usize {
    columns.iter().position(|candidate| *candidate == column).unwrap_or(usize::MAX)
}

fn number(row: &Values, columns: &[&str], column: &str) -> i64 {
    match row.get(place(columns, column)) {
        Some(Datum::Number(number)) => *number,
        _ => 0,
    }
}

fn text(row: &Values, columns: &[&str], column: &str) -> String {
    match row.get(place(columns, column)) {
        Some(Datum::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

/// Columns of 64 bits; other whole numbers have fewer.
const WIDE: [&str; 9] = [
    "experience",
    "session_id",
    "party_id",
    "match_id",
    "kill_id",
    "killer_session",
    "victim_session",
    "purchase_id",
    "encounter_id",
];
/// Columns of 16 bits.
const NARROW: [&str; 4] = ["realm_id", "team_id", "winner_team", "level"];

/// A column of rows as the procedures take it.
fn argument<'r>(rows: &'r [Values], place: usize, column: &str) -> Box<dyn postgres::types::ToSql + Sync + 'r> {
    let numbers = || {
        rows.iter().map(|row| match row[place] {
            Datum::Number(number) => Some(number),
            _ => None,
        })
    };
    match rows.first().map(|row| &row[place]) {
        Some(Datum::Time(_)) => Box::new(collect(rows, place, |value| match value {
            Datum::Time(ms) => Some(Moment(*ms)),
            _ => None,
        })),
        Some(Datum::Truth(_)) => Box::new(collect(rows, place, |value| match value {
            Datum::Truth(truth) => Some(*truth),
            _ => None,
        })),
        Some(Datum::Text(_)) => Box::new(collect(rows, place, |value| match value {
            Datum::Text(text) => Some(text.as_str()),
            _ => None,
        })),
        Some(Datum::Day(_)) => Box::new(collect(rows, place, |value| match value {
            Datum::Day(date) => Some(super::database::CalendarDay(date.0)),
            _ => None,
        })),
        _ if WIDE.contains(&column) => Box::new(numbers().collect::<Vec<Option<i64>>>()),
        _ if NARROW.contains(&column) => {
            Box::new(numbers().map(|number| number.map(|n| n as i16)).collect::<Vec<Option<i16>>>())
        }
        _ => Box::new(numbers().map(|number| number.map(|n| n as i32)).collect::<Vec<Option<i32>>>()),
    }
}

fn collect<'r, T>(rows: &'r [Values], place: usize, value: impl Fn(&'r Datum) -> Option<T>) -> Vec<Option<T>> {
    rows.iter().map(|row| value(&row[place])).collect()
}

/// Sends players, whose columns are those of their table.
pub fn send_players(batch: &mut Batch<'_>, rows: &[Values], columns: &[&str]) -> Result<(), postgres::Error> {
    Sender { batch, rows: rows.len().max(1) }.send("register_players", rows, columns, columns)
}

fn beat_columns(beats: &[Beat]) -> Arguments<'static> {
    let axis = |n: usize| beats.iter().map(|beat| beat.position[n]).collect::<Vec<i32>>();
    vec![
        Box::new(beats.iter().map(|beat| beat.session).collect::<Vec<i64>>()),
        Box::new(beats.iter().map(|beat| Moment(beat.at)).collect::<Vec<Moment>>()),
        Box::new(beats.iter().map(|beat| beat.match_id).collect::<Vec<i64>>()),
        Box::new(axis(0)),
        Box::new(axis(1)),
        Box::new(axis(2)),
    ]
}
