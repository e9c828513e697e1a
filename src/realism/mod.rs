//! How real a run looks: 57 targets from published work, measured on the run's Parquet and judged.
//!
//! `targets` is what is asked, with the smallest sample that a number may come from. `facts` reads a run in a few passes that
//! hold no rows: `accounts` is what is kept of every account, `conduct` who of them cheats, is reported and flagged, `session_pass`, `alignment`, `payment_pass` and `match_pass`
//! read tables, `online`, `party_sizes`, `hotspots`, `player_rounds` and `frequencies` add up what they see. `retention`, `play`,
//! `clocks`, `money`, `fights` and `fair_play` compute a number each from that, by `statistics`; `verdict` compares. `page` prints, and
//! `section`, with its `drawings`, is a part of a report.
//!
//! A run that cannot tell a target says why; no number comes from little data.

mod accounts;
mod alignment;
mod batch_columns;
mod clocks;
mod conduct;
mod drawings;
mod facts;
mod fair_play;
mod fights;
mod frequencies;
mod hotspots;
mod match_book;
mod match_pass;
mod measured;
mod money;
mod online;
mod page;
mod party_sizes;
mod payment_pass;
mod play;
mod player_rounds;
mod reading;
mod retention;
mod section;
mod session_pass;
mod statistics;
mod targets;
mod untold;
mod verdict;

pub use measured::measure;
pub use page::{list, misses, page, value};
pub use section::section;
pub use targets::{Goal, goals};
