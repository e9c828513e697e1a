//! A run's rows as a game would have sent them: in order of time, a slice at a time.
//!
//! A run writes sessions, matches and participations when they have ended; a game reports them when they begin. So their
//! files are read a day ahead: none of them lasts longer. Heartbeats are read a window at a time, which is what a row
//! group holds.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};

use super::ingest_error::IngestError;
use super::run_source::{DAY_MS, RunSource};
use crate::inspect::{Datum, InspectError, RowView, StoredGroup, table_named};

/// A share of a run's realms, which goes its own way: nothing in a realm refers to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngestLane {
    /// Which of them.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl IngestLane {
    fn has(self, realm: i64) -> bool {
        realm.rem_euclid(i64::from(self.of)) == i64::from(self.number)
    }
}

/// A heartbeat.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    pub at: i64,
    pub session: i64,
    pub match_id: i64,
    pub position: [i32; 3],
}

/// A row of a table, whatever it has.
pub type Values = Arc<Vec<Datum>>;

/// Rows in order of time.
#[derive(Default)]
struct Queue {
    rows: VecDeque<(i64, Values)>,
}

impl Queue {
    fn add(&mut self, rows: impl IntoIterator<Item = (i64, Values)>) {
        self.rows.extend(rows);
        // By the first column, the key, within a moment.
        self.rows.make_contiguous().sort_by_key(|(at, values)| (*at, key(values)));
    }

    fn take_before(&mut self, until: i64) -> Vec<Values> {
        let count = self.rows.partition_point(|(at, _)| *at < until);
        self.rows.drain(..count).map(|(_, values)| values).collect()
    }
}

fn key(values: &Values) -> (i64, i64) {
    let number = |n: usize| match values.get(n) {
        Some(Datum::Number(number)) => *number,
        _ => 0,
    };
    (number(0), number(1))
}

/// What happened between two moments.
#[derive(Default)]
pub struct Slice {
    pub from: i64,
    pub until: i64,
    pub match_starts: Vec<Values>,
    pub session_starts: Vec<Values>,
    pub joins: Vec<Values>,
    pub kills: Vec<Values>,
    pub beats: Vec<Beat>,
    pub purchases: Vec<Values>,
    pub leaves: Vec<Values>,
    pub match_ends: Vec<Values>,
    pub session_ends: Vec<Values>,
    pub unlocks: Vec<Values>,
    pub levels: Vec<Values>,
    pub flags: Vec<Values>,
    pub reports: Vec<Values>,
    pub bans: Vec<Values>,
}

/// Columns that are read, in the order in which they are sent; a start and an end take what they need of them.
pub const SESSION: [&str; 8] =
    ["session_id", "player_id", "party_id", "device", "client_version", "started_at", "event_ts", "end_reason"];
pub const MATCH: [&str; 10] = [
    "match_id",
    "realm_id",
    "region",
    "arena_id",
    "map",
    "mode",
    "started_at",
    "ended_at",
    "winner_team",
    "end_reason",
];
pub const PARTICIPATION: [&str; 5] = ["match_id", "session_id", "team_id", "joined_at", "left_at"];
pub const KILL: [&str; 15] = [
    "kill_id",
    "event_ts",
    "match_id",
    "killer_session",
    "victim_session",
    "weapon",
    "is_headshot",
    "distance_cm",
    "killer_x_cm",
    "killer_y_cm",
    "killer_z_cm",
    "victim_x_cm",
    "victim_y_cm",
    "victim_z_cm",
    "encounter_id",
];
pub const UNLOCK: [&str; 4] = ["session_id", "achievement", "player_id", "event_ts"];
pub const LEVEL: [&str; 4] = ["session_id", "event_ts", "level", "experience"];
pub const BAN: [&str; 4] = ["player_id", "event_ts", "rule", "is_wave"];
pub const FLAG: [&str; 5] = ["session_id", "rule", "event_ts", "value", "bound"];
pub const REPORT: [&str; 4] = ["reported_session", "reason", "event_ts", "kill_id"];
pub const PURCHASE: [&str; 7] =
    ["purchase_id", "session_id", "event_ts", "item_id", "currency", "price_minor", "price_usd_cents"];

/// A lane of a run, read as time goes on.
pub struct Feed<'r> {
    run: &'r RunSource,
    lane: IngestLane,
    tables: &'r [&'static str],
    match_starts: Queue,
    match_ends: Queue,
    session_starts: Queue,
    session_ends: Queue,
    joins: Queue,
    leaves: Queue,
    kills: Queue,
    purchases: Queue,
    unlocks: Queue,
    levels: Queue,
    flags: Queue,
    reports: Queue,
    bans: Queue,
    /// Sessions of the lane that end on a day and on the next one, for rows that say nothing of a realm.
    sessions: VecDeque<HashSet<i64>>,
    /// Days whose ends have been read.
    days_read: u32,
    /// Windows of the day that are still to be read, the next first.
    windows: VecDeque<Window>,
    beats: VecDeque<Beat>,
}

/// Row groups of heartbeats that cover the same time.
struct Window {
    from: i64,
    until: i64,
    groups: Vec<StoredGroup>,
}

impl<'r> Feed<'r> {
    /// A lane of a run with some of its tables.
    pub fn new(run: &'r RunSource, lane: IngestLane, tables: &'r [&'static str]) -> Self {
        Self {
            run,
            lane,
            tables,
            match_starts: Queue::default(),
            match_ends: Queue::default(),
            session_starts: Queue::default(),
            session_ends: Queue::default(),
            joins: Queue::default(),
            leaves: Queue::default(),
            kills: Queue::default(),
            purchases: Queue::default(),
            unlocks: Queue::default(),
            levels: Queue::default(),
            flags: Queue::default(),
            reports: Queue::default(),
            bans: Queue::default(),
            sessions: VecDeque::new(),
            days_read: 0,
            windows: VecDeque::new(),
            beats: VecDeque::new(),
        }
    }

    /// Makes a day ready to be cut. Days come one after the other; the first may be any.
    pub fn enter(&mut self, day: u32) -> Result<(), IngestError> {
        self.days_read = self.days_read.max(day);
        while self.days_read < self.run.days.min(day + 2) {
            self.read_ends(self.days_read)?;
            self.days_read += 1;
        }
        while self.sessions.len() > (self.days_read - day) as usize {
            self.sessions.pop_front();
        }
        if self.wants("kills") {
            let mut rows = Vec::new();
            self.read("kills", day, &KILL, |row, values| {
                rows.push((row.number("match_id") >> 44, row.number("event_ts"), values));
            })?;
            let lane = self.lane;
            self.kills.add(rows.into_iter().filter(|(realm, ..)| lane.has(*realm)).map(|(_, at, row)| (at, row)));
        }
        let purchases = self.read_of_sessions("purchases", day, "session_id", &PURCHASE)?;
        self.purchases.add(purchases);
        let unlocks = self.read_of_sessions("achievement_unlocks", day, "session_id", &UNLOCK)?;
        self.unlocks.add(unlocks);
        let levels = self.read_of_sessions("level_ups", day, "session_id", &LEVEL)?;
        self.levels.add(levels);
        let flags = self.read_of_sessions("anticheat_flags", day, "session_id", &FLAG)?;
        self.flags.add(flags);
        let reports = self.read_of_sessions("reports", day, "reported_session", &REPORT)?;
        self.reports.add(reports);
        // Bans say nothing of a realm, and are few: the first lane has them all.
        if self.wants("bans") && self.lane.number == 0 {
            let mut bans = Vec::new();
            self.read("bans", day, &BAN, |row, values| bans.push((row.number("event_ts"), values)))?;
            self.bans.add(bans);
        }
        self.windows = if self.wants("heartbeats") { self.plan_windows(day)? } else { VecDeque::new() };
        Ok(())
    }

    /// Rows of a table that say nothing of a realm but of a session, those of the lane, if the table is wanted.
    fn read_of_sessions(
        &self,
        table: &str,
        day: u32,
        session: &str,
        columns: &[&str],
    ) -> Result<Vec<(i64, Values)>, IngestError> {
        let mut rows = Vec::new();
        if self.wants(table) {
            self.read(table, day, columns, |row, values| {
                let session = row.number(session);
                if self.sessions.iter().any(|day| day.contains(&session)) {
                    rows.push((row.number("event_ts"), values));
                }
            })?;
        }
        Ok(rows)
    }

    fn wants(&self, table: &str) -> bool {
        self.tables.contains(&table)
    }

    /// What happens from a moment on, up to about so many heartbeats or so much time, and never past a limit.
    pub fn cut(&mut self, from: i64, limit: i64, beats: usize, span: i64) -> Result<Slice, IngestError> {
        let mut limit = limit.min(from + span);
        if self.beats.is_empty() && self.windows.front().is_some_and(|window| window.from < limit) {
            self.read_window()?;
        }
        // A window is one piece in memory.
        if let Some(next) = self.windows.front() {
            limit = limit.min(next.from);
        }
        let within = self.beats.partition_point(|beat| beat.at < limit);
        let mut until = limit;
        if within > beats {
            // Whole ticks, and one at least.
            let first = self.beats.front().map_or(from, |beat| beat.at);
            let tick = self.beats[beats].at;
            let next = self.beats[self.beats.partition_point(|beat| beat.at <= tick).min(self.beats.len() - 1)].at;
            until = if tick > first { tick } else { next.max(tick + 1) };
        }
        let count = self.beats.partition_point(|beat| beat.at < until);
        // What ends with the run ends at the midnight after it.
        let ends = if until >= self.run.end_ms() { i64::MAX } else { until };
        Ok(Slice {
            from,
            until,
            match_starts: self.match_starts.take_before(until),
            session_starts: self.session_starts.take_before(until),
            joins: self.joins.take_before(until),
            kills: self.kills.take_before(until),
            beats: self.beats.drain(..count).collect(),
            purchases: self.purchases.take_before(until),
            leaves: self.leaves.take_before(ends),
            match_ends: self.match_ends.take_before(ends),
            session_ends: self.session_ends.take_before(ends),
            unlocks: self.unlocks.take_before(ends),
            levels: self.levels.take_before(ends),
            flags: self.flags.take_before(ends),
            reports: self.reports.take_before(until),
            bans: self.bans.take_before(ends),
        })
    }

    /// Forgets what happened before a moment: it is there already.
    pub fn skip(&mut self, until: i64) -> Result<(), IngestError> {
        self.windows.retain(|window| window.until >= until);
        while self.windows.front().is_some_and(|window| window.from < until) {
            self.read_window()?;
        }
        self.beats.retain(|beat| beat.at >= until);
        let queues = [
            &mut self.match_starts,
            &mut self.match_ends,
            &mut self.session_starts,
            &mut self.session_ends,
            &mut self.joins,
            &mut self.leaves,
            &mut self.kills,
            &mut self.purchases,
            &mut self.unlocks,
            &mut self.levels,
            &mut self.flags,
            &mut self.reports,
            &mut self.bans,
        ];
        for queue in queues {
            queue.take_before(until);
        }
        Ok(())
    }

    /// Reads what has ended on a day: all that the day's files say, when it began and when it ended.
    fn read_ends(&mut self, day: u32) -> Result<(), IngestError> {
        let lane = self.lane;
        let ours = |realm: i64| lane.has(realm);
        let mut sessions = Vec::new();
        self.read("session_ends", day, &SESSION, |row, values| {
            if ours(row.number("realm_id")) {
                sessions.push((row.number("session_id"), row.number("started_at"), row.number("event_ts"), values));
            }
        })?;
        let oldest = self.run.start_ms() + (i64::from(day) - 1) * DAY_MS;
        if let Some((session, ..)) = sessions.iter().find(|(_, started, ..)| *started < oldest) {
            let why = format!("session {session} lasts longer than a day, which an ingestion does not look ahead");
            return Err(IngestError::Run { run: self.run.root.clone(), why });
        }
        let mut matches = Vec::new();
        self.read("matches", day, &MATCH, |row, values| {
            if ours(row.number("realm_id")) {
                matches.push((row.number("started_at"), row.number("ended_at"), values));
            }
        })?;
        let mut participations = Vec::new();
        self.read("participations", day, &PARTICIPATION, |row, values| {
            if ours(row.number("match_id") >> 44) {
                participations.push((row.number("joined_at"), row.number("left_at"), values));
            }
        })?;
        self.sessions.push_back(sessions.iter().map(|(session, ..)| *session).collect());
        self.session_starts.add(sessions.iter().map(|(_, started, _, row)| (*started, Arc::clone(row))));
        self.session_ends.add(sessions.into_iter().map(|(_, _, ended, row)| (ended, row)));
        self.match_starts.add(matches.iter().map(|(started, _, row)| (*started, Arc::clone(row))));
        self.match_ends.add(matches.into_iter().map(|(_, ended, row)| (ended, row)));
        self.joins.add(participations.iter().map(|(joined, _, row)| (*joined, Arc::clone(row))));
        self.leaves.add(participations.into_iter().map(|(_, left, row)| (left, row)));
        Ok(())
    }

    fn read(
        &self,
        table: &str,
        day: u32,
        columns: &[&str],
        mut each: impl FnMut(&RowView<'_>, Values),
    ) -> Result<(), IngestError> {
        let date = self.run.start.plus(day as i32);
        self.run.tables.read_day(table_named(table)?, date, None, &mut |batch| {
            each_row(batch, columns, &mut each);
            Ok(())
        })?;
        Ok(())
    }

    /// The windows of a day: row groups of the lane whose times overlap belong together.
    fn plan_windows(&self, day: u32) -> Result<VecDeque<Window>, IngestError> {
        let date = self.run.start.plus(day as i32);
        let groups = self.run.tables.groups(table_named("heartbeats")?, date, ["event_ts", "match_id"])?;
        let mut ours: Vec<StoredGroup> =
            groups.into_iter().filter(|group| self.lane.has(group.ranges[1].0 >> 44)).collect();
        ours.sort_by_key(|group| group.ranges[0]);
        let mut windows: VecDeque<Window> = VecDeque::new();
        for group in ours {
            let (from, until) = group.ranges[0];
            match windows.back_mut() {
                Some(window) if from <= window.until => {
                    window.until = window.until.max(until);
                    window.groups.push(group);
                }
                _ => windows.push_back(Window { from, until, groups: vec![group] }),
            }
        }
        Ok(windows)
    }

    /// Reads the next window.
    fn read_window(&mut self) -> Result<(), IngestError> {
        let Some(window) = self.windows.pop_front() else { return Ok(()) };
        let mut beats = Vec::new();
        for group in &window.groups {
            self.run.tables.read_group(group, &mut |batch| add_beats(batch, &mut beats))?;
        }
        beats.sort_unstable_by_key(|beat| (beat.at, beat.session));
        self.beats.extend(beats);
        Ok(())
    }
}

/// The rows of a batch, with the columns that are sent.
pub fn each_row(batch: &RecordBatch, columns: &[&str], each: &mut impl FnMut(&RowView<'_>, Values)) {
    for row in 0..batch.num_rows() {
        let row = RowView { batch, row };
        let values = columns.iter().map(|column| row.value(column)).collect();
        each(&row, Arc::new(values));
    }
}

fn add_beats(batch: &RecordBatch, beats: &mut Vec<Beat>) -> Result<(), InspectError> {
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| InspectError::NoColumn(name.to_owned()));
    let times = column("event_ts")?.as_primitive::<TimestampMillisecondType>().values();
    let sessions = column("session_id")?.as_primitive::<Int64Type>().values();
    let matches = column("match_id")?.as_primitive::<Int64Type>().values();
    let [x, y, z] = ["position_x_cm", "position_y_cm", "position_z_cm"].map(column);
    let [x, y, z] = [x?, y?, z?].map(|values| values.as_primitive::<Int32Type>().values());
    beats.extend((0..batch.num_rows()).map(|row| Beat {
        at: times[row],
        session: sessions[row],
        match_id: matches[row],
        position: [x[row], y[row], z[row]],
    }));
    Ok(())
}
