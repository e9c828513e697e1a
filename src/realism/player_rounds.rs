//! How many kills players make in a round.
//!
//! No table says so: rounds, kills and participations of a match are gathered until it has ended, and then counted.

use std::collections::BTreeMap;

use super::frequencies::Frequencies;
use super::match_book::Booked;

/// Rows of a match with rounds; times in milliseconds since 1970.
#[derive(Debug, Default)]
struct RoundRows {
    rounds: Vec<(i64, i64)>,
    kills: Vec<(i64, i64)>,
    people: Vec<Presence>,
}

/// Somebody in a match.
#[derive(Clone, Copy, Debug)]
pub struct Presence {
    /// Session.
    pub session: i64,
    /// Team, from 0.
    pub team: i64,
    /// First heartbeat in the match.
    pub joined_ms: i64,
    /// When the session left it.
    pub left_ms: i64,
}

/// Matches with rounds that have not ended, and what those that have add up to.
#[derive(Debug, Default)]
pub struct PlayerRounds {
    open: BTreeMap<i64, RoundRows>,
    /// Kills of a player in a round.
    pub kills: Frequencies,
    /// Rounds that counted.
    pub rounds: u64,
}

impl PlayerRounds {
    /// A round that ended by elimination or time.
    pub fn add_round(&mut self, id: i64, started_ms: i64, ended_ms: i64) {
        self.open.entry(id).or_default().rounds.push((started_ms, ended_ms));
    }

    /// A kill.
    pub fn add_kill(&mut self, id: i64, at_ms: i64, session: i64) {
        self.open.entry(id).or_default().kills.push((at_ms, session));
    }

    /// Somebody who took part.
    pub fn add_presence(&mut self, id: i64, presence: Presence) {
        self.open.entry(id).or_default().people.push(presence);
    }

    /// Counts a match that has ended.
    pub fn close(&mut self, id: i64, booked: &Booked) {
        let Some(mut rows) = self.open.remove(&id) else { return };
        rows.kills.sort_unstable();
        for (started, ended) in rows.rounds {
            let is_there = |one: &&Presence| one.joined_ms <= started && started < one.left_ms;
            let present: Vec<&Presence> = rows.people.iter().filter(is_there).collect();
            let has_team = |team: u8| present.iter().any(|one| one.team == i64::from(team));
            if !(0..booked.teams).all(has_team) {
                continue;
            }
            let from = rows.kills.partition_point(|(at, _)| *at < started);
            let to = rows.kills.partition_point(|(at, _)| *at < ended);
            self.rounds += 1;
            for one in present {
                let made = rows.kills[from..to].iter().filter(|(_, killer)| *killer == one.session);
                self.kills.add(made.count());
            }
        }
    }
}
