//! Devices that fail: each fault is injected, shown to have fired, and leaves the answers as they are.
//!
//! The devices here are no GPUs: they unpack the positions of a part and compare all pairs, which also tests packing and
//! unpacking where there is no GPU at all.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use skirmish::encounter::CpuDetector;
use skirmish::encounter::gpu::{Answer, Fault, GpuDevice, GpuService, Notes, Opened, Part, PartLimits};
use skirmish::encounter::probe::uniform_frame;
use skirmish::encounter::{Contacts, DetectError, Detector};
use skirmish::encounter::{Detection, Verify};
use skirmish::output::{Store, write_dimensions};
use skirmish::run::{self, Engine, RunError, RunOptions};

use crate::support::{TempDir, compile, files_below, options, simulate, simulate_on};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Lost,
    OutOfMemory,
    Timeout,
    Panics,
    /// Reports a pair that is not near.
    Invents,
    /// Leaves out the last pair.
    Forgets,
    /// Reports blocks beyond its pairs.
    Garbles,
    /// Has more pairs than it holds.
    Overflows,
}

/// A plan of faults, shared by the devices that are opened one after the other.
struct Plan {
    mode: Mode,
    /// Parts that are answered well before the first fault.
    good_parts: u32,
    /// Parts that fail then; all later ones are answered well.
    bad_parts: u32,
    /// Whether a device can be opened again.
    reopens: bool,
    seen: AtomicU32,
    fired: AtomicU32,
    opened: AtomicU32,
    most_in_flight: AtomicU32,
}

impl Plan {
    fn new(mode: Mode, good_parts: u32, bad_parts: u32) -> Self {
        let zero = || AtomicU32::new(0);
        let (seen, fired, opened, most_in_flight) = (zero(), zero(), zero(), zero());
        Self { mode, good_parts, bad_parts, reopens: true, seen, fired, opened, most_in_flight }
    }

    fn service(self: &Arc<Self>, notes: &Notes) -> GpuService {
        let plan = Arc::clone(self);
        let open = move || {
            if plan.opened.fetch_add(1, Ordering::Relaxed) > 0 && !plan.reopens {
                return Err("no device any more".to_owned());
            }
            let device = Host { plan: Arc::clone(&plan), queue: VecDeque::new() };
            Ok(Opened {
                device,
                description: "a host".into(),
                limits: PartLimits { players: 700, ..PartLimits::default() },
            })
        };
        GpuService::start_with(open, Arc::clone(notes)).unwrap()
    }
}

struct Host {
    plan: Arc<Plan>,
    queue: VecDeque<Part>,
}

fn position(packed: [u32; 2]) -> [u32; 3] {
    let both = u64::from(packed[1]) << 32 | u64::from(packed[0]);
    [both & 0x3f_ffff, both >> 22 & 0x3f_ffff, both >> 44].map(|bits| bits as u32)
}

fn all_pairs(part: &Part, radius_cm: u32) -> Answer {
    let mut answer = Answer { blocks: vec![[0; 2]; part.firsts.len()], pairs: Vec::new() };
    let positions: Vec<[u32; 3]> = part.players.iter().map(|&packed| position(packed)).collect();
    // Workgroups finish in any order: backwards here.
    for group in (0..part.firsts.len()).rev() {
        let first = answer.pairs.len();
        for lane in 0..64.min(positions.len() - group * 64) {
            let a = group * 64 + lane;
            let end = part.matches.iter().map(|game| game[0] as usize).find(|&end| end > a).unwrap();
            // Large matches come out of cells in any order: backwards here.
            for b in (a + 1..end).rev().filter(|_| end - a > 0) {
                let d2: u64 =
                    (0..3).map(|axis| u64::from(positions[a][axis].abs_diff(positions[b][axis])).pow(2)).sum();
                if d2 <= u64::from(radius_cm).pow(2) {
                    answer.pairs.push((lane << 26 | (b - a)) as u32);
                }
            }
        }
        answer.blocks[group] = [first as u32, (answer.pairs.len() - first) as u32];
    }
    // Small matches are compared in order of the other player.
    for block in &answer.blocks {
        let pairs = &mut answer.pairs[block[0] as usize..][..block[1] as usize];
        if part.grids.is_empty() {
            pairs.sort_unstable();
        }
    }
    answer
}

impl GpuDevice for Host {
    fn submit(&mut self, part: &Part, _: u32) -> Result<(), Fault> {
        self.queue.push_back(part.clone());
        self.plan.most_in_flight.fetch_max(self.queue.len() as u32, Ordering::Relaxed);
        Ok(())
    }

    fn collect(&mut self, part: &Part, radius_cm: u32) -> Result<Option<Answer>, Fault> {
        assert!(self.queue.pop_front().as_ref() == Some(part), "parts are collected in the order of submission");
        let mut answer = all_pairs(part, radius_cm);
        let nth = self.plan.seen.fetch_add(1, Ordering::Relaxed);
        let bad = self.plan.good_parts..self.plan.good_parts.saturating_add(self.plan.bad_parts);
        if !bad.contains(&nth) {
            return Ok(Some(answer));
        }
        self.plan.fired.fetch_add(1, Ordering::Relaxed);
        match self.plan.mode {
            Mode::Lost => Err(Fault::Lost("the cable was pulled".into())),
            Mode::OutOfMemory => Err(Fault::OutOfMemory("a buffer of 9 GB".into())),
            Mode::Timeout => Err(Fault::Timeout(30)),
            Mode::Overflows => Ok(None),
            Mode::Panics => panic!("a driver panics, as this test wants"),
            Mode::Invents => {
                // The first two of the match that are not near; any part has some.
                let far = |&(a, b): &(usize, usize)| {
                    let [a, b] = [a, b].map(|n| position(part.players[n]));
                    (0..3).any(|axis| a[axis].abs_diff(b[axis]) > radius_cm)
                };
                let end = part.matches[0][0] as usize;
                let (a, b) =
                    (0..end.min(64)).flat_map(|a| (a + 1..end).map(move |b| (a, b))).find(far).unwrap_or((0, end));
                answer.pairs.push((a << 26 | (b - a)) as u32);
                answer.blocks = vec![[0, 0]; part.firsts.len()];
                answer.blocks[0] = [answer.pairs.len() as u32 - 1, 1];
                Ok(Some(answer))
            }
            Mode::Forgets => {
                // From a workgroup that has any: a count below zero would be nonsense, which is found without comparing.
                if let Some(block) = answer.blocks.iter_mut().find(|block| block[1] > 0) {
                    block[1] -= 1;
                }
                Ok(Some(answer))
            }
            Mode::Garbles => {
                answer.blocks[0] = [u32::MAX, u32::MAX];
                Ok(Some(answer))
            }
        }
    }
}

/// Detects six frames for two clients in turn, each frame started before the other's is asked for. Returns whether all
/// answers were right, and the notes.
fn detect(plan: &Arc<Plan>, verify: Verify) -> (bool, Vec<String>) {
    let notes = Notes::default();
    let service = plan.service(&notes);
    let mut detections = [0, 1].map(|_| {
        let client: Box<dyn Detector> = Box::new(service.client());
        Detection::new(Some(client), false, verify, Arc::clone(&notes), Arc::default())
    });
    let mut is_right = true;
    for round in 0..3 {
        // The first is all small matches over three parts, the second has a match for the cell list of the CPU.
        let mut frames = [uniform_frame(round, 2_000, 50, 5_000), uniform_frame(round, 600, 600, 20_000)];
        frames[1].append(&uniform_frame(round, 900, 900, 20_000));
        for (detection, frame) in detections.iter_mut().zip(&frames) {
            detection.start(frame, 1000).unwrap();
        }
        for (detection, frame) in detections.iter_mut().zip(&frames) {
            let (mut contacts, mut expected) = (Contacts::default(), Contacts::default());
            detection.detect(frame, 1000, &mut contacts).unwrap();
            CpuDetector::default().detect(frame, 1000, &mut expected).unwrap();
            assert!(expected.pairs.len() > 100);
            is_right &= contacts == expected;
        }
    }
    let notes = notes.lock().unwrap().clone();
    (is_right, notes)
}

#[test]
fn a_device_without_faults_answers_like_the_cpu_with_several_parts_in_flight() {
    let plan = Arc::new(Plan::new(Mode::Lost, 0, 0));
    let (is_right, notes) = detect(&plan, Verify::All);
    assert!(is_right);
    // The match of 900 exceeds the 700 players of a part.
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("more than 700 players"), "{notes:?}");
    assert!(plan.most_in_flight.load(Ordering::Relaxed) > 1, "parts overlap");
}

#[test]
fn a_device_that_fails_once_is_opened_again_and_goes_on() {
    for mode in [Mode::Lost, Mode::OutOfMemory, Mode::Timeout, Mode::Panics] {
        let plan = Arc::new(Plan::new(mode, 3, 1));
        let (is_right, notes) = detect(&plan, Verify::Off);
        assert!(is_right, "{mode:?}");
        assert_eq!((plan.fired.load(Ordering::Relaxed), plan.opened.load(Ordering::Relaxed)), (1, 2), "{mode:?}");
        let again: Vec<&String> = notes.iter().filter(|note| note.ends_with("it was opened again")).collect();
        assert_eq!(again.len(), 1, "{mode:?}: {notes:?}");
        let word = match mode {
            Mode::Lost => "the cable was pulled",
            Mode::OutOfMemory => "out of memory: a buffer of 9 GB",
            Mode::Timeout => "did not answer within 30 s",
            _ => "the driver panicked",
        };
        assert!(again[0].contains(word), "{notes:?}");
        assert!(!notes.iter().any(|note| note.contains("the CPU went on")), "{notes:?}");
    }
}

#[test]
fn a_device_that_fails_for_good_is_replaced_by_the_cpu() {
    for mode in [Mode::Lost, Mode::OutOfMemory, Mode::Timeout, Mode::Panics] {
        for reopens in [true, false] {
            let plan = Arc::new(Plan { reopens, ..Plan::new(mode, 4, u32::MAX) });
            let (is_right, notes) = detect(&plan, Verify::Off);
            assert!(is_right, "{mode:?}");
            assert!(plan.fired.load(Ordering::Relaxed) >= 1, "{mode:?}");
            assert_eq!(plan.opened.load(Ordering::Relaxed), 2, "{mode:?}");
            assert!(notes.iter().any(|note| note.ends_with("the CPU went on from there")), "{mode:?}: {notes:?}");
        }
    }
}

#[test]
fn answers_that_cannot_be_right_are_found_out_without_comparing_them() {
    for (mode, word) in [(Mode::Invents, "not near"), (Mode::Garbles, "blocks lie outside")] {
        let plan = Arc::new(Plan::new(mode, 2, 1));
        let (is_right, notes) = detect(&plan, Verify::All);
        assert!(is_right && plan.fired.load(Ordering::Relaxed) == 1, "{mode:?}");
        assert!(notes.iter().any(|note| note.contains(word)), "{mode:?}: {notes:?}");
    }
}

#[test]
fn a_pair_left_out_is_found_where_answers_are_compared_and_only_there() {
    let plan = Arc::new(Plan::new(Mode::Forgets, 2, 1));
    let (is_right, notes) = detect(&plan, Verify::All);
    assert!(is_right && notes.iter().any(|note| note.contains("pairs in a frame in which the CPU found")), "{notes:?}");
    assert_eq!(plan.fired.load(Ordering::Relaxed), 1);
    let plan = Arc::new(Plan::new(Mode::Forgets, 2, 1));
    assert!(!detect(&plan, Verify::Off).0, "or else the comparison above proves nothing");
}

#[test]
fn a_part_with_too_many_pairs_goes_to_the_cpu_alone() {
    let plan = Arc::new(Plan::new(Mode::Overflows, 2, 3));
    let (is_right, notes) = detect(&plan, Verify::Off);
    assert!(is_right, "{notes:?}");
    assert_eq!((plan.fired.load(Ordering::Relaxed), plan.opened.load(Ordering::Relaxed)), (3, 1));
    assert!(plan.seen.load(Ordering::Relaxed) > 5, "the device goes on with other parts");
    assert!(notes.iter().any(|note| note.contains("more pairs than its buffers hold")), "{notes:?}");
    assert!(!notes.iter().any(|note| note.contains("the CPU went on")), "{notes:?}");
}

#[test]
fn a_device_that_is_demanded_and_fails_for_good_is_an_error() {
    let plan = Arc::new(Plan::new(Mode::Lost, 0, u32::MAX));
    let notes = Notes::default();
    let service = plan.service(&notes);
    let mut detection =
        Detection::new(Some(Box::new(service.client())), true, Verify::Off, Arc::new(Mutex::default()), Arc::default());
    let result = detection.detect(&uniform_frame(1, 100, 50, 5_000), 1000, &mut Contacts::default());
    assert!(matches!(result, Err(DetectError::Gpu(message)) if message.contains("the cable was pulled")));
    assert_eq!(plan.fired.load(Ordering::Relaxed), 2, "it was tried again");
}

const WORLD: &str = "[clock]\ndays = 1\nheartbeat_seconds = 60\n[population]\nplayers = 3000\nrealms = 4\n\
                     [population.installs]\nhorizon_days = 2\n";

#[test]
fn a_run_whose_device_fails_writes_the_same_bytes_and_tells() {
    let setting = compile(WORLD, &[]);
    let reference = simulate(&setting, &options(2)).digests();
    for (mode, bad_parts, word) in [
        (Mode::Lost, 1, "it was opened again"),
        (Mode::OutOfMemory, u32::MAX, "the CPU went on from there"),
        (Mode::Panics, u32::MAX, "the CPU went on from there"),
        (Mode::Overflows, 3, "more pairs than its buffers hold"),
        (Mode::Invents, 1, "the CPU went on from there"),
        (Mode::Forgets, 300, "the CPU went on from there"),
    ] {
        let plan = Arc::new(Plan::new(mode, 1_000, bad_parts));
        let notes = Notes::default();
        // Answers of which all are compared may be followed by the CPU's.
        let verify = if matches!(mode, Mode::Invents | Mode::Forgets) { Verify::All } else { Verify::Sample };
        let engine = Engine::on(plan.service(&notes), verify, notes);
        let options = RunOptions { realms_per_group: Some(3), ..options(2) };
        let run = simulate_on(engine, &setting, &options);
        assert!(plan.fired.load(Ordering::Relaxed) >= 1, "{mode:?} fired");
        assert_eq!(run.digests(), reference, "{mode:?}");
        assert!(run.report.notes.iter().any(|note| note.contains(word)), "{mode:?}: {:?}", run.report.notes);
        let went_on = run.report.notes.iter().any(|note| note.ends_with("the CPU went on from there"));
        assert_eq!(run.report.detector.contains(", then the CPU: "), went_on, "{}", run.report.detector);
    }
}

#[test]
fn a_run_whose_device_lies_ends_before_the_day_is_published() {
    let setting = compile(WORLD, &["clock.days=3"]);
    let whole = simulate(&setting, &options(2));
    // A day has 1,440 ticks in two groups of a frame each; the lies begin on the second day and go on.
    let parts_a_day = {
        let plan = Arc::new(Plan::new(Mode::Lost, u32::MAX, 0));
        let notes = Notes::default();
        let first = compile(WORLD, &[]);
        simulate_on(Engine::on(plan.service(&notes), Verify::Off, notes), &first, &run_options());
        plan.seen.load(Ordering::Relaxed)
    };
    for (mode, verify) in [
        (Mode::Forgets, Verify::Sample),
        (Mode::Invents, Verify::Sample),
        (Mode::Garbles, Verify::Sample),
        (Mode::Invents, Verify::Off),
    ] {
        let plan = Arc::new(Plan::new(mode, parts_a_day + parts_a_day / 2, u32::MAX));
        let notes = Notes::default();
        let engine = Engine::on(plan.service(&notes), verify, notes);
        let keep = TempDir::new();
        let store = Store::for_run(&keep.path().join("run"), false).unwrap();
        write_dimensions(&setting, &store, &mut |_| true).unwrap();
        let never = AtomicBool::new(false);
        let result = run::run_with(engine, &setting, &run_options(), Some(&store), &never, &mut |_| {});
        assert!(matches!(result, Err(RunError::Verification(_))), "{mode:?}: {:?}", result.err());
        assert!(plan.fired.load(Ordering::Relaxed) >= 1, "{mode:?} fired");
        let published = files_below(&keep.path().join("run/tables"));
        let dates: Vec<&String> = published.iter().filter(|path| path.starts_with("heartbeats/")).collect();
        // The first day may still have been under way when another worker was caught in the second.
        assert!(dates.len() <= 1 && dates.iter().all(|path| path.contains("2026-01-05")), "{mode:?}: {dates:?}");
        for path in &published {
            let [ours, theirs] =
                [&keep.path().join("run"), &whole.root].map(|root| std::fs::read(root.join("tables").join(path)));
            assert!(ours.unwrap() == theirs.unwrap(), "{mode:?}: {path}");
        }
    }
}

/// With 144 ticks a day no 256th frame falls into the first, in which alone the device lies: its last one finds it.
#[test]
fn a_day_is_not_published_before_its_last_frame_has_been_compared() {
    let sets =
        ["clock.days=3", "clock.heartbeat_seconds=600", "encounter.merge_gap_s=600", "encounter.team_merge_gap_s=600"];
    let setting = compile(WORLD, &sets);
    let plan = Arc::new(Plan::new(Mode::Forgets, 100, 480));
    let notes = Notes::default();
    let engine = Engine::on(plan.service(&notes), Verify::Sample, notes);
    let keep = TempDir::new();
    let store = Store::for_run(&keep.path().join("run"), false).unwrap();
    let never = AtomicBool::new(false);
    let result = run::run_with(engine, &setting, &run_options(), Some(&store), &never, &mut |_| {});
    assert!(matches!(result, Err(RunError::Verification(_))), "{:?}", result.err());
    assert!(
        files_below(&keep.path().join("run")).iter().all(|path| !path.starts_with("tables/")),
        "nothing was published"
    );
}

fn run_options() -> RunOptions {
    RunOptions { realms_per_group: Some(2), ..options(2) }
}
