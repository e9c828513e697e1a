//! Encounters: who is close to whom at a tick (detection), and for how long (episodes).
//!
//! A [`Frame`] holds the positions of one tick grouped by match; a [`Detector`] answers with every pair of one match
//! within a radius, in one canonical order. The answer for a match depends on nothing else in the frame, and all
//! arithmetic is on integers, so every detector gives the same bits. Nothing here knows an ECS, a scenario or a setting.

mod cpu;
mod detection;
mod episode;
mod frame;
pub mod gpu;
mod kernels;
pub mod probe;
mod sweep;

pub use cpu::CpuDetector;
pub use detection::{Detection, Standing, Verify};
pub(crate) use episode::{Book, EndReason, Episode, EpisodeRules, Open, Sampled, pack};
pub use frame::{Contact, Contacts, DetectError, Detector, Frame, MAX_RADIUS_CM, clamped_d2};
pub(crate) use sweep::{Pass, Paths, SweepRules, Swept, SweptEpisode};
