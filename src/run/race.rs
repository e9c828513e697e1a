//! The race for `--backend auto`: all threads with the CPU's detector, then all of them sharing the GPU, on frames like
//! those that the run will send.

use std::thread;
use std::time::Instant;

use crate::encounter::gpu::GpuService;
use crate::encounter::probe::Race;
use crate::encounter::{Contacts, CpuDetector, DetectError, Detector, Frame};
use crate::random::{Purpose, Seed};
use crate::setting::{Model, Setting, spot_in_disc};

/// Rounds over the frames of every thread; the first warms up.
const ROUNDS: u32 = 4;

/// Times both on frames of so many players, two for each thread, and compares their answers.
///
/// # Errors
/// If the GPU fails or disagrees, in words.
pub fn race(setting: &Setting, players: usize, threads: usize, service: &GpuService) -> Result<Race, String> {
    let radius_cm = setting.detection_radius_cm;
    let mut lanes: Vec<Lane> = (0..threads as u64)
        .map(|n| Lane {
            frames: [0, 1].map(|half| frame_like(setting, players, 2 * n + half)),
            expected: <[Contacts; 2]>::default(),
            found: <[Contacts; 2]>::default(),
        })
        .collect();
    let total: usize = lanes.iter().flat_map(|lane| &lane.frames).map(Frame::len).sum();
    let mut best = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        best[0] = best[0].min(timed(&mut lanes, |lane| lane.ask_cpu(radius_cm))?);
        best[1] = best[1].min(timed(&mut lanes, |lane| lane.ask_gpu(radius_cm, service))?);
        if let Some(lane) = lanes.iter().find(|lane| lane.found != lane.expected) {
            let pairs = |answers: &[Contacts; 2]| answers.iter().map(|contacts| contacts.pairs.len()).sum::<usize>();
            let (ours, theirs) = (pairs(&lane.expected), pairs(&lane.found));
            return Err(format!("it disagrees with the CPU: {theirs} pairs instead of {ours}"));
        }
    }
    let [cpu_ns, gpu_ns] = best.map(|seconds| seconds * 1e9 / total.max(1) as f64);
    Ok(Race { cpu_ns, gpu_ns })
}

/// What a worker would do: two halves that alternate.
struct Lane {
    frames: [Frame; 2],
    expected: [Contacts; 2],
    found: [Contacts; 2],
}

impl Lane {
    fn ask_cpu(&mut self, radius_cm: u32) -> Result<(), DetectError> {
        let mut cpu = CpuDetector::default();
        self.frames.iter().zip(&mut self.expected).try_for_each(|(frame, answer)| cpu.detect(frame, radius_cm, answer))
    }

    fn ask_gpu(&mut self, radius_cm: u32, service: &GpuService) -> Result<(), DetectError> {
        let mut clients = [service.client(), service.client()];
        for (client, frame) in clients.iter_mut().zip(&self.frames) {
            client.start(frame, radius_cm)?;
        }
        let asked = clients.iter_mut().zip(&self.frames).zip(&mut self.found);
        asked.into_iter().try_for_each(|((client, frame), answer)| client.detect(frame, radius_cm, answer))
    }
}

/// Seconds until all lanes have done something, each on a thread of its own.
fn timed(lanes: &mut [Lane], action: impl Fn(&mut Lane) -> Result<(), DetectError> + Sync) -> Result<f64, String> {
    let started = Instant::now();
    let results: Vec<Result<(), String>> = thread::scope(|scope| {
        let spawn = |lane| scope.spawn(|| action(lane).map_err(|error| error.to_string()));
        let threads: Vec<_> = lanes.iter_mut().map(spawn).collect();
        let panicked = |_| Err("a thread panicked".to_owned());
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
    });
    results.into_iter().collect::<Result<(), String>>().map(|()| started.elapsed().as_secs_f64())
}

/// A frame of about so many players in matches of the scenario's modes on their maps: at places where they move between
/// places, anywhere otherwise.
pub fn frame_like(setting: &Setting, players: usize, ordinal: u64) -> Frame {
    let mut frame = Frame::default();
    frame.clear();
    let mut draws = Seed(0).stream(Purpose::Probe, ordinal, 1);
    let total: f64 = setting.modes.iter().map(|mode| mode.weight).sum();
    for mode in &setting.modes {
        let wanted = players as f64 * mode.weight / total;
        let matches = (wanted / f64::from(mode.capacity)).ceil() as usize;
        for (map, _) in mode.maps.iter().cycle().take(matches) {
            let ground = &setting.grounds[usize::from(*map)];
            for _ in 0..(wanted as usize / matches).max(1) {
                let [x, y] = match mode.gait.model {
                    Model::Hotspots => {
                        let place = ground.choose_place(draws.bits());
                        ground.point_in_place(place, spot_in_disc(draws.bits()))
                    }
                    Model::RandomWaypoint | Model::LevyWalk { .. } => {
                        ground.extent.map(|extent| draws.within(0, extent))
                    }
                };
                frame.push([x, y, ground.height(x, y)]);
            }
            frame.end_match();
        }
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn frames_are_those_of_the_scenario() {
        let text = "[maps.small]\nextent_x_m = 50\nextent_y_m = 60\nrelief_m = 5\n[modes.pairs]\nteam_size = 1\nweight = 3.0\n\
                    [modes.crowd]\nteam_size = 400\n";
        let scenario = Scenario::parse("t", "t", text, &[]).expect("valid");
        let frame = frame_like(&Setting::new(scenario), 4_000, 0);
        assert!((3_900..4_100).contains(&frame.len()), "{}", frame.len());
        let sizes: Vec<usize> = (0..frame.matches()).map(|index| frame.range(index).len()).collect();
        assert_eq!(sizes.iter().filter(|&&size| size == 2).count(), 1_500, "three quarters play in pairs");
        assert_eq!(sizes.iter().filter(|&&size| size == 500).count(), 2, "a quarter fills crowds of at most 800");
        assert!(frame.x.iter().all(|x| (0..=5_000).contains(x)) && frame.y.iter().any(|y| *y > 5_000));
    }
}
