//! Skirmish simulates the telemetry of a global online shooter: exact, deterministic, straight to Parquet.
//!
//! The modules in reading order follow the data: a [`scenario`] is compiled into a [`setting`], a realm steps its
//! world through it, contacts between players become encounters, fights become kills, and rows become Parquet.
#![deny(unsafe_code)]

pub mod aggregate;
pub mod arena;
pub mod bodies;
pub mod cli;
pub mod combat;
pub mod detect;
pub mod encounter;
pub mod ground;
pub mod groups;
pub mod journal;
pub mod lanes;
pub mod matches;
pub mod matchmaking;
pub mod movement;
pub mod output;
pub mod plan;
pub mod player;
pub mod purchase;
pub mod random;
pub mod realm;
pub mod report;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod session;
pub mod setting;
pub mod sitting;
pub mod swept;
pub mod table;
pub mod tape;
pub mod teams;
pub mod time;
pub mod trajectory;
