//! One pass over the tables of matches, day by day: kills, participations, rounds, heartbeats, each only if asked for.

use super::batch_columns::{numbers, texts};
use super::frequencies::Frequencies;
use super::hotspots::Hotspots;
use super::match_book::{MatchBook, Style};
use super::player_rounds::{PlayerRounds, Presence};
use crate::inspect::{InspectError, RunTables, table_named};
use crate::setting::Setting;
use crate::time::Date;

/// Tables that the pass may read.
pub const TABLES: [&str; 5] = ["matches", "kills", "participations", "rounds", "heartbeats"];

/// What a run's matches add up to.
#[derive(Debug)]
pub struct MatchSums {
    /// Matches by style.
    pub seen: [u64; 3],
    /// Decided matches with elimination, and how many of them have a winner.
    pub decided_and_won: (u64, u64),
    /// Kills of participations in those.
    pub survivor_kills: Frequencies,
    /// Kills and heartbeats of participations in modes where victims come back at once.
    pub respawn: (u64, u64),
    /// Distances of kills outside of modes with elimination, centimetres.
    pub distances: Frequencies,
    /// Kills of players in rounds.
    pub player_rounds: PlayerRounds,
    /// Kills and visits by map; nothing for maps that are too large.
    pub hotspots: Vec<Option<Hotspots>>,
}

/// The pass at work.
struct MatchPass<'r> {
    tables: &'r RunTables,
    book: MatchBook<'r>,
    sums: MatchSums,
}

impl MatchSums {
    /// Reads those of [`TABLES`] that `wants` says of a run; `matches` must be among them.
    ///
    /// `each_day` is told how many days are done.
    pub fn read(
        tables: &RunTables,
        setting: &Setting,
        wants: &dyn Fn(&str) -> bool,
        each_day: &mut dyn FnMut(u32),
    ) -> Result<Self, InspectError> {
        let extents = setting.scenario.file.maps.entries.iter();
        let extents = extents.map(|(_, map)| [map.extent_x_m, map.extent_y_m].map(|side| i64::from(side) * 100));
        let sums = Self {
            seen: [0; 3],
            decided_and_won: (0, 0),
            survivor_kills: Frequencies::default(),
            respawn: (0, 0),
            distances: Frequencies::default(),
            player_rounds: PlayerRounds::default(),
            hotspots: extents.map(Hotspots::new).collect(),
        };
        let mut pass = MatchPass { tables, book: MatchBook::new(tables, setting), sums };
        // Where players stood is of use only on small maps, and if nobody's heartbeats are left out.
        let one_in = setting.scenario.file.output.heartbeat_players_one_in;
        let wants_places = wants("heartbeats") && one_in == 1 && pass.sums.hotspots.iter().any(Option::is_some);
        for day in 0..setting.clock.days {
            pass.book.read_through(day + 1)?;
            let date = setting.clock.date(day);
            if wants("kills") {
                pass.kills(date)?;
            }
            if wants_places {
                pass.heartbeats(date)?;
            }
            if wants("rounds") {
                pass.rounds(date)?;
            }
            if wants("participations") {
                pass.participations(date)?;
            }
            for (id, booked) in pass.book.close(day) {
                pass.sums.player_rounds.close(id, &booked);
            }
            each_day(day + 1);
        }
        pass.sums.seen = pass.book.seen;
        pass.sums.decided_and_won = pass.book.decided_and_won;
        Ok(pass.sums)
    }
}

impl MatchPass<'_> {
    fn kills(&mut self, date: Date) -> Result<(), InspectError> {
        let columns = ["match_id", "event_ts", "killer_session", "distance_cm", "victim_x_cm", "victim_y_cm"];
        let (tables, book, sums) = (self.tables, &mut self.book, &mut self.sums);
        tables.read_day(table_named("kills")?, date, Some(&columns), &mut |batch| {
            let [ids, times, killers, distances, x, y] = columns.map(|name| numbers(batch, name));
            let (ids, times, killers) = (ids?, times?, killers?);
            let (distances, x, y) = (distances?, x?, y?);
            for row in 0..ids.len() {
                let booked = book.find(ids[row])?;
                if booked.style != Style::Elimination {
                    sums.distances.add(distances[row].max(0) as usize);
                }
                if booked.style == Style::Rounds {
                    sums.player_rounds.add_kill(ids[row], times[row], killers[row]);
                }
                if let Some(spots) = &mut sums.hotspots[booked.map] {
                    spots.kill(x[row], y[row]);
                }
            }
            Ok(())
        })
    }

    fn heartbeats(&mut self, date: Date) -> Result<(), InspectError> {
        let columns = ["match_id", "position_x_cm", "position_y_cm"];
        let (tables, book, sums) = (self.tables, &mut self.book, &mut self.sums);
        tables.read_day(table_named("heartbeats")?, date, Some(&columns), &mut |batch| {
            let [ids, x, y] = columns.map(|name| numbers(batch, name));
            let (ids, x, y) = (ids?, x?, y?);
            for row in 0..ids.len() {
                if let Some(spots) = &mut sums.hotspots[book.find(ids[row])?.map] {
                    spots.visit(x[row], y[row]);
                }
            }
            Ok(())
        })
    }

    fn rounds(&mut self, date: Date) -> Result<(), InspectError> {
        let columns = ["match_id", "started_at", "ended_at", "end_reason"];
        let (tables, sums) = (self.tables, &mut self.sums);
        tables.read_day(table_named("rounds")?, date, Some(&columns), &mut |batch| {
            let (ids, starts) = (numbers(batch, columns[0])?, numbers(batch, columns[1])?);
            let (ends, reasons) = (numbers(batch, columns[2])?, texts(batch, columns[3])?);
            for row in 0..ids.len() {
                if matches!(reasons.value(row), "eliminated" | "time_up") {
                    sums.player_rounds.add_round(ids[row], starts[row], ends[row]);
                }
            }
            Ok(())
        })
    }

    fn participations(&mut self, date: Date) -> Result<(), InspectError> {
        let columns = ["match_id", "session_id", "team_id", "joined_at", "left_at", "heartbeats", "kills"];
        let (tables, book, sums) = (self.tables, &mut self.book, &mut self.sums);
        tables.read_day(table_named("participations")?, date, Some(&columns), &mut |batch| {
            let [ids, sessions, teams, joined, left, beats, kills] = columns.map(|name| numbers(batch, name));
            let (ids, sessions, teams, joined) = (ids?, sessions?, teams?, joined?);
            let (left, beats, kills) = (left?, beats?, kills?);
            for row in 0..ids.len() {
                let booked = book.find(ids[row])?;
                match booked.style {
                    Style::Respawn => {
                        sums.respawn.0 += kills[row] as u64;
                        sums.respawn.1 += beats[row] as u64;
                    }
                    Style::Rounds => {
                        let (session, team) = (sessions[row], teams[row]);
                        let presence = Presence { session, team, joined_ms: joined[row], left_ms: left[row] };
                        sums.player_rounds.add_presence(ids[row], presence);
                    }
                    Style::Elimination if booked.is_decided => sums.survivor_kills.add(kills[row] as usize),
                    Style::Elimination => {}
                }
            }
            Ok(())
        })
    }
}
