//! All integration tests in one binary, one module a subject.
#![allow(clippy::unwrap_used)]

mod cli;
mod database;
mod detect;
mod detectors;
mod determinism;
mod duckdb;
mod entries;
mod faults;
mod first_minutes;
mod house;
mod laws;
mod lives;
mod oltp;
mod oltp_rules;
mod oltp_servers;
mod parquet;
mod payers;
mod plan;
mod python;
mod realism;
mod report;
mod scenarios;
mod squads;
mod support;
mod warehouse;
