//! One pass over `session_ends`: who was active when, for how long, with whom.
//!
//! Rows of an account come in the order of its sessions: files lie by the day of the end, and within a day sessions are
//! sorted by number. Whatever breaks that is an unreadable run, not a wrong number.
//!
//! A session that the end of the run cut off says when it started, not how long it would have lasted. Lengths therefore
//! come from settled sessions alone: those that started before the run's last day, which leaves every one of them a day
//! to end by itself, and lasted at least a minute, as in the data that the targets come from. A session still open after
//! a day counts among none.

use arrow_array::RecordBatch;

use super::accounts::{Accounts, FIRST_DAYS, Habits, RECENT_DAYS};
use super::batch_columns::{numbers, texts};
use super::frequencies::Frequencies;
use super::online::Online;
use super::party_sizes::Parties;
use crate::inspect::{InspectError, RunTables, table_named};
use crate::setting::Setting;
use crate::time::DAY_S;

const COLUMNS: [&str; 11] = [
    "session_id",
    "player_id",
    "party_id",
    "region",
    "started_at",
    "event_ts",
    "event_length_s",
    "matches",
    "kills",
    "deaths",
    "end_reason",
];

/// Days that a monthly active account may be away.
const MONTH_DAYS: i32 = 30;
/// Shortest session, and shortest active day, whose length counts: seconds.
const SHORTEST_S: i64 = 60;

/// What a run's sessions add up to.
#[derive(Debug)]
pub struct SessionSums {
    /// Sessions.
    pub sessions: u64,
    /// Days between an active day and the next of the account.
    pub gaps: Frequencies,
    /// Days that the run saw after the last active day of an account.
    pub cut_off: Frequencies,
    /// By age in days, active accounts that installed in the run.
    pub retained: Vec<u64>,
    /// By day, active accounts.
    pub daily: Vec<u64>,
    /// By day, by how much the number of accounts changes that were active on it or the 29 days before.
    monthly_changes: Vec<i64>,
    /// Sessions started on a day, of an account active on it.
    pub day_sessions: Frequencies,
    /// What they last together, in seconds, without the run's last day.
    pub day_seconds: Frequencies,
    /// Seconds of settled sessions.
    pub lengths: Frequencies,
    /// Matches of sessions that started before the last day and ended by logout or disconnect.
    pub matches: Frequencies,
    /// Who is online when.
    pub online: Online,
    /// Sessions started by region and UTC hour.
    pub starts: Vec<[u64; 24]>,
    /// Who plays alone.
    pub parties: Parties,
    days: i32,
}

/// A row of the table.
struct SessionRow {
    day: i32,
    second_of_day: i64,
    start_s: i64,
    end_s: i64,
    length_s: i64,
    matches: i64,
    kills: i64,
    deaths: i64,
    is_cut_off: bool,
    is_own_end: bool,
}

impl SessionSums {
    /// Reads the sessions of a run, and adds to its accounts what they say of them.
    pub fn read(tables: &RunTables, setting: &Setting, accounts: &mut Accounts) -> Result<Self, InspectError> {
        let days = setting.clock.days;
        let mut sums = Self {
            sessions: 0,
            gaps: Frequencies::default(),
            cut_off: Frequencies::default(),
            retained: vec![0; days as usize],
            daily: vec![0; days as usize],
            monthly_changes: vec![0; days as usize + 1],
            day_sessions: Frequencies::default(),
            day_seconds: Frequencies::default(),
            lengths: Frequencies::default(),
            matches: Frequencies::default(),
            online: Online::new(days),
            starts: vec![[0; 24]; setting.regions()],
            parties: Parties::default(),
            days: days as i32,
        };
        tables.read(table_named("session_ends")?, Some(&COLUMNS), None, &mut |batch| {
            sums.add_batch(batch, setting, accounts)
        })?;
        accounts.all.iter_mut().for_each(|habits| sums.close(habits));
        Ok(sums)
    }

    fn add_batch(
        &mut self,
        batch: &RecordBatch,
        setting: &Setting,
        accounts: &mut Accounts,
    ) -> Result<(), InspectError> {
        let column = |name| numbers(batch, name);
        let (sessions, players, parties) = (column("session_id")?, column("player_id")?, column("party_id")?);
        let (starts, ends, lengths) = (column("started_at")?, column("event_ts")?, column("event_length_s")?);
        let (matches, kills, deaths) = (column("matches")?, column("kills")?, column("deaths")?);
        let (regions, reasons) = (texts(batch, "region")?, texts(batch, "end_reason")?);
        let run_start_ms = setting.clock.ms(0);
        for row in 0..batch.num_rows() {
            let start_s = (starts[row] - run_start_ms).div_euclid(1000);
            let reason = reasons.value(row);
            let session = SessionRow {
                day: start_s.div_euclid(DAY_S.into()) as i32,
                second_of_day: start_s.rem_euclid(DAY_S.into()),
                start_s,
                end_s: (ends[row] - run_start_ms).div_euclid(1000),
                length_s: lengths[row],
                matches: matches[row],
                kills: kills[row],
                deaths: deaths[row],
                is_cut_off: reason == "run_end",
                is_own_end: matches!(reason, "logout" | "disconnect"),
            };
            if !(0..self.days).contains(&session.day) {
                return Err(out_of_order(players[row]));
            }
            self.parties.add(sessions[row], parties[row]);
            if let Some(region) = setting.scenario.file.regions.index_of(regions.value(row)) {
                self.starts[region][(session.second_of_day / 3600) as usize] += 1;
            }
            let habits = accounts.of(players[row]);
            if habits.active.is_some_and(|(_, last)| last > session.day) {
                return Err(out_of_order(players[row]));
            }
            self.add(habits, &session);
        }
        Ok(())
    }

    fn add(&mut self, habits: &mut Habits, session: &SessionRow) {
        self.sessions += 1;
        self.online.add(session.start_s, session.end_s);
        if habits.active.is_none_or(|(_, last)| last < session.day) {
            self.begin_day(habits, session.day);
        }
        habits.today.0 += 1;
        habits.today.1 += session.length_s as u32;
        habits.sessions += 1;
        habits.played_s += session.length_s as u32;
        let (sin, cos) = libm::sincos(session.second_of_day as f64 / f64::from(DAY_S) * std::f64::consts::TAU);
        habits.heading.0 += cos;
        habits.heading.1 += sin;
        habits.fights.0 += session.kills as u32;
        habits.fights.1 += session.deaths as u32;
        if habits.age(session.day).is_some_and(|age| age < FIRST_DAYS) {
            habits.early_games += session.matches as u32;
        }
        if session.day + 1 < self.days {
            if !session.is_cut_off && session.length_s >= SHORTEST_S {
                self.lengths.add(session.length_s as usize);
                let log = libm::log(session.length_s as f64);
                let (count, logs, squares) = &mut habits.settled;
                (*count, *logs, *squares) = (*count + 1, *logs + log, *squares + log * log);
            }
            if session.is_own_end {
                self.matches.add(session.matches as usize);
            }
        }
    }

    /// An account is active on another day.
    fn begin_day(&mut self, habits: &mut Habits, day: i32) {
        self.end_day(habits);
        let (first, last) = habits.active.unwrap_or((day, day - MONTH_DAYS));
        if habits.active.is_some() {
            self.gaps.add((day - last) as usize);
        }
        habits.active = Some((first, day));
        habits.active_days += 1;
        if day >= self.days - RECENT_DAYS {
            habits.recent_days += 1;
            if habits.recent_from == 0 {
                habits.recent_from = day as u16 + 1;
            }
        }
        self.daily[day as usize] += 1;
        // Monthly active from here on, where it was not yet from before.
        let end = |day: i32| day.min(self.days) as usize;
        self.monthly_changes[end(day.max(last + MONTH_DAYS))] += 1;
        self.monthly_changes[end(day + MONTH_DAYS)] -= 1;
        if let Some(age) = habits.age(day) {
            self.retained[age as usize] += 1;
            habits.early_days += u32::from(age < FIRST_DAYS);
        }
    }

    /// The latest active day of an account is over.
    fn end_day(&mut self, habits: &mut Habits) {
        let (sessions, seconds) = std::mem::take(&mut habits.today);
        let Some((_, day)) = habits.active.filter(|_| sessions > 0) else { return };
        self.day_sessions.add(sessions as usize);
        if day + 1 < self.days && i64::from(seconds) >= SHORTEST_S {
            self.day_seconds.add(seconds as usize);
        }
    }

    /// The run is over for an account.
    fn close(&mut self, habits: &mut Habits) {
        self.end_day(habits);
        if let Some((_, last)) = habits.active {
            self.cut_off.add((self.days - 1 - last) as usize);
        }
    }

    /// By day, accounts active on it or the 29 days before.
    pub fn monthly(&self) -> Vec<i64> {
        let mut active = 0;
        let add = |change: &i64| {
            active += change;
            active
        };
        self.monthly_changes[..self.days as usize].iter().map(add).collect()
    }
}

fn out_of_order(player: i64) -> InspectError {
    InspectError::Unreadable {
        path: "session_ends".into(),
        why: format!("a session of player {player} is not in its place in time"),
    }
}
