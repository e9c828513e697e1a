//! Synthetic frames for self-tests, benches and the choice of a detector, and the race between two detectors.

use std::fmt;
use std::time::Instant;

use super::cpu::CpuDetector;
use super::frame::{Contacts, Detector, Frame};
use crate::random::{Purpose, Seed};

/// Uniform positions: matches of `size` players on square maps.
///
/// `players` is rounded down to whole matches (at least one); heights lie within 50 m.
pub fn uniform_frame(seed: u64, players: usize, size: usize, extent_cm: i32) -> Frame {
    let mut frame = Frame::default();
    frame.clear();
    for index in 0..(players / size).max(1) {
        let mut draws = Seed(seed).stream(Purpose::Probe, index as u64, 0);
        for _ in 0..size {
            frame.push([draws.within(0, extent_cm), draws.within(0, extent_cm), draws.within(0, 5_000)]);
        }
        frame.end_match();
    }
    frame
}

/// Crowded positions: as [`uniform_frame`], but three players in four stand in one of 25 places of 12 m radius whose
/// popularity falls with rank as 1 / rank^0.75.
pub fn hotspot_frame(seed: u64, players: usize, size: usize, extent_cm: i32) -> Frame {
    const PLACES: u32 = 25;
    const RADIUS_CM: i32 = 1_200;
    let weights: Vec<f64> = (1..=PLACES).map(|rank| libm::pow(f64::from(rank), -0.75)).collect();
    let total: f64 = weights.iter().sum();
    let mut frame = Frame::default();
    frame.clear();
    for index in 0..(players / size).max(1) {
        let mut draws = Seed(seed).stream(Purpose::Probe, index as u64, 2);
        let places: Vec<[i32; 2]> = (0..PLACES).map(|_| [0; 2].map(|_: i32| draws.within(0, extent_cm))).collect();
        for _ in 0..size {
            let mut rest = draws.unit() * total;
            let rank = weights.iter().position(|weight| {
                rest -= weight;
                rest < 0.0
            });
            let [x, y] = places[rank.unwrap_or(0)].map(|centre| centre + draws.within(-RADIUS_CM, RADIUS_CM));
            let crowded = draws.below(4) > 0;
            let at = |near: i32, draws: &mut crate::random::Stream| {
                if crowded { near.clamp(0, extent_cm) } else { draws.within(0, extent_cm) }
            };
            let position = [at(x, &mut draws), at(y, &mut draws), draws.within(0, 5_000)];
            frame.push(position);
        }
        frame.end_match();
    }
    frame
}

/// Times of two detectors on one frame.
#[derive(Clone, Copy, Debug)]
pub struct Race {
    /// Nanoseconds a player on the CPU.
    pub cpu_ns: f64,
    /// Nanoseconds a player on the GPU, transfers included.
    pub gpu_ns: f64,
}

impl fmt::Display for Race {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "measured {:.1} ns a player on the CPU, {:.1} on the GPU", self.cpu_ns, self.gpu_ns)
    }
}

/// Lets the CPU and a GPU detect the same frame, checks that they agree and times them.
///
/// # Errors
/// If the GPU fails or disagrees, in words.
pub fn race(frame: &Frame, radius_cm: u32, gpu: &mut dyn Detector) -> Result<Race, String> {
    let (mut by_cpu, mut by_gpu) = (Contacts::default(), Contacts::default());
    let mut cpu = CpuDetector::default();
    let mut best = [f64::INFINITY; 2];
    for _ in 0..4 {
        let started = Instant::now();
        cpu.detect(frame, radius_cm, &mut by_cpu).map_err(|error| error.to_string())?;
        best[0] = best[0].min(started.elapsed().as_secs_f64());
        let started = Instant::now();
        gpu.detect(frame, radius_cm, &mut by_gpu).map_err(|error| error.to_string())?;
        best[1] = best[1].min(started.elapsed().as_secs_f64());
        if by_cpu != by_gpu {
            let (ours, theirs) = (by_cpu.pairs.len(), by_gpu.pairs.len());
            return Err(format!("it disagrees with the CPU: {theirs} pairs instead of {ours}"));
        }
    }
    let per_player = 1e9 / frame.len().max(1) as f64;
    Ok(Race { cpu_ns: best[0] * per_player, gpu_ns: best[1] * per_player })
}
