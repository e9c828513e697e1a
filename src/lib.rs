//! Skirmish simulates the telemetry of a global online shooter: exact, deterministic, straight to Parquet.
//!
//! The modules stand in the order of the data, and each imports only what stands before it: a scenario is compiled into a
//! setting, a realm steps its world through it, contacts between players become encounters, fights become kills, and
//! rows become Parquet.
#![deny(unsafe_code)]

// What everything may use.
mod lanes;
pub mod random;
mod table_list;
mod tape;
mod time;
pub mod version;

// The order of the data.
pub mod cli;
mod detect;
pub mod encounter;
mod ingest;
mod inspect;
pub mod output;
pub mod parquet;
pub mod plan;
mod population;
mod realism;
mod report;
pub mod run;
pub mod scenario;
pub mod setting;
pub mod table;
mod tally;
pub mod world;
