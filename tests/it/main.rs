//! All integration tests in one binary, one module a subject.
#![allow(clippy::unwrap_used)]

mod cli;
mod detectors;
mod determinism;
mod house;
mod laws;
mod scenarios;
mod support;
