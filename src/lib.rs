//! Skirmish simulates the telemetry of a global online shooter: exact, deterministic, straight to Parquet.
//!
//! The modules in reading order follow the data: a [`scenario`] is compiled into a [`setting`], a realm steps its
//! world through it, contacts between players become encounters, fights become kills, and rows become Parquet.
#![deny(unsafe_code)]

pub mod scenario;
pub mod time;
pub mod random;
pub mod tape;
pub mod setting;
pub mod player;
pub mod session;
pub mod movement;
pub mod arena;
pub mod combat;
pub mod purchase;
pub mod schedule;
pub mod realm;
pub mod encounter;
pub mod trajectory;
pub mod journal;
pub mod table;
pub mod aggregate;
pub mod output;
pub mod run;
pub mod report;
pub mod cli;
