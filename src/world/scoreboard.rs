//! The scoreboard of a match: kills and deaths of everyone who took part.

use bevy_ecs::prelude::*;

use crate::tape::Tape;

/// Largest kills, deaths and encounter kills that a row can tell. Whoever has reached it neither kills nor dies any
/// more, so that every count stays true.
pub const MAX_COUNT: u16 = i16::MAX as u16;

/// What somebody did in a match.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// Kills.
    pub kills: u16,
    /// Deaths.
    pub deaths: u16,
    /// Kills by headshots.
    pub headshots: u16,
    /// Reports by victims.
    pub reports: u16,
    /// Steps that top speed does not allow.
    pub jumps: u16,
    /// When the last death was, milliseconds since 1970; `i64::MIN` if there was none.
    pub died_ms: i64,
    /// Kills and deaths that the session's counters still hold.
    room: [u16; 2],
}

impl Default for Tally {
    fn default() -> Self {
        Self { kills: 0, deaths: 0, headshots: 0, reports: 0, jumps: 0, died_ms: i64::MIN, room: [0; 2] }
    }
}

impl Tally {
    /// Whether another kill can be counted.
    #[inline]
    pub fn can_kill(&self) -> bool {
        self.kills < self.room[0]
    }

    /// Whether another death can be counted.
    #[inline]
    pub fn can_die(&self) -> bool {
        self.deaths < self.room[1]
    }

    fn state(&mut self, tape: &mut Tape) {
        tape.u16(&mut self.kills);
        tape.u16(&mut self.deaths);
        tape.u16(&mut self.headshots);
        tape.u16(&mut self.reports);
        tape.u16(&mut self.jumps);
        tape.i64(&mut self.died_ms);
        tape.u16(&mut self.room[0]);
        tape.u16(&mut self.room[1]);
    }
}

/// The round that is being played, in modes with rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundState {
    /// Its number in the match, from 1; 0 before the first.
    pub number: u32,
    /// Its first tick.
    pub started_tick: u32,
    /// Kills in the match before it.
    pub kills_before: u32,
}

/// Kills and deaths of a match.
#[derive(Component, Clone, Debug, Default)]
pub struct Scoreboard {
    /// By participation number.
    tallies: Vec<Tally>,
    /// Kills by team.
    teams: Vec<u32>,
    /// Rounds won by team.
    rounds: Vec<u32>,
    /// The round that is being played.
    pub round: RoundState,
}

impl Scoreboard {
    /// No kills yet, for so many teams.
    pub fn new(teams: u8) -> Self {
        let none = vec![0; teams.into()];
        Self { tallies: Vec::new(), teams: none.clone(), rounds: none, round: RoundState::default() }
    }

    /// Empties it for the next match, keeping its memory.
    pub fn clear(&mut self) {
        self.tallies.clear();
        self.teams.fill(0);
        self.rounds.fill(0);
        self.round = RoundState::default();
    }

    /// Teams of the match.
    pub fn teams(&self) -> usize {
        self.teams.len()
    }

    /// Counts a round that a team has won.
    pub fn count_round(&mut self, team: u8) {
        self.rounds[usize::from(team)] += 1;
    }

    /// Enters the next participation, whose session has made kills and suffered deaths elsewhere.
    pub fn enter(&mut self, kills: u16, deaths: u16) {
        self.tallies.push(Tally { room: [MAX_COUNT - kills, MAX_COUNT - deaths], ..Tally::default() });
    }

    /// What a participation did.
    #[inline]
    pub fn of(&self, participant: u32) -> &Tally {
        &self.tallies[participant as usize]
    }

    /// Counts a kill.
    pub fn count_kill(&mut self, killer: u32, killers_team: u8, victim: u32, died_ms: i64, is_headshot: bool) {
        let tally = &mut self.tallies[killer as usize];
        tally.kills += 1;
        tally.headshots += u16::from(is_headshot);
        self.teams[usize::from(killers_team)] += 1;
        let victim = &mut self.tallies[victim as usize];
        victim.deaths += 1;
        victim.died_ms = died_ms;
    }

    /// Counts a report.
    pub fn count_report(&mut self, reported: u32) {
        self.tallies[reported as usize].reports += 1;
    }

    /// Counts a step that top speed does not allow.
    pub fn count_jump(&mut self, participant: u32) {
        let jumps = &mut self.tallies[participant as usize].jumps;
        *jumps = jumps.saturating_add(1);
    }

    /// Kills of all teams.
    pub fn kills(&self) -> u32 {
        self.teams.iter().sum()
    }

    /// Kills that the best team has more than the next.
    pub fn margin(&self) -> u32 {
        let (mut best, mut next) = (0, 0);
        for &kills in &self.teams {
            (best, next) = (best.max(kills), next.max(kills.min(best)));
        }
        best - next
    }

    /// The only team with the most kills, if there were any.
    pub fn leading_team(&self) -> Option<u8> {
        leader(&self.teams)
    }

    /// The only team that has won the most rounds, if any were won.
    pub fn leader_by_rounds(&self) -> Option<u8> {
        leader(&self.rounds)
    }

    /// Records or plays the state.
    pub fn state(&mut self, tape: &mut Tape) {
        tape.list(&mut self.tallies, |tape, tally| tally.state(tape));
        tape.list(&mut self.teams, Tape::u32);
        tape.list(&mut self.rounds, Tape::u32);
        tape.u32(&mut self.round.number);
        tape.u32(&mut self.round.started_tick);
        tape.u32(&mut self.round.kills_before);
    }
}

/// The only team with the largest count, if it is not 0.
fn leader(counts: &[u32]) -> Option<u8> {
    let best = counts.iter().copied().max().filter(|&best| best > 0)?;
    only((0..).zip(counts).filter(|(_, count)| **count == best).map(|(team, _)| team))
}

/// The team, if it is the only one.
pub fn only(mut teams: impl Iterator<Item = u8>) -> Option<u8> {
    let team = teams.next();
    team.filter(|_| teams.next().is_none())
}
