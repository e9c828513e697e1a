//! `rounds`: one row a round of a match.

use crate::table::cell::{Text, Timestamp};
use crate::table::domain;
use crate::table::registry::table;

table! {
    /// One row a round of a match in a mode with rounds (`modes.*.round_s`), written when it has ended. Off by default:
    /// output.tables.rounds.
    RoundRow in "rounds", Fact, sorted by (|row| (row.match_id, row.round.into())) ["match_id", "round"] {
        /// Match.
        1 match_id: i64, Delta;
        /// Number of the round in its match, from 1.
        2 round: i16, Dictionary;
        /// First tick, UTC. Who died before may fight again from here on.
        3 started_at: Timestamp, Delta;
        /// End, UTC: the tick after the last; for run_end the midnight after the last day.
        4 ended_at: Timestamp, Delta;
        /// Kills in it.
        5 kills: i16, Dictionary;
        /// Players still alive at its end, all teams together.
        6 survivors: i16, Dictionary;
        /// Winning team: the one with most players alive at the end; -1 if two have as many, nobody is, or it was cut off.
        7 winner_team: i8, Dictionary;
        /// Why it ended: eliminated (at most one team had anybody alive), time_up, match_end, run_end.
        8 end_reason: Text<domain::RoundEndName>, Dictionary;
    }
}

/// Why a round ends. The order is that of the names in `rounds.end_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RoundEnd {
    /// At most one team had anybody alive.
    Eliminated = 0,
    /// Its time was up.
    TimeUp = 1,
    /// The match ended.
    MatchEnd = 2,
    /// The run ended.
    RunEnd = 3,
}

impl RoundEnd {
    /// Names in order.
    pub const NAMES: [&str; 4] = ["eliminated", "time_up", "match_end", "run_end"];
}
