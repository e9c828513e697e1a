//! Nanoseconds a player of encounter detection, by size of match, density and radius, on CPU and GPU.
//!
//! Every detector's answer is compared with brute force before it is timed. Divan's item throughput is players a
//! second: 1 G items/s is 1 ns a player.

use divan::counter::ItemsCount;
use skirmish::encounter::cpu::CpuDetector;
use skirmish::encounter::gpu::GpuDetector;
use skirmish::encounter::probe::uniform_frame;
use skirmish::encounter::{Contact, Contacts, Detector, Frame, clamped_d2};

fn main() {
    divan::main();
}

/// Size of the matches, extent of their maps, radius, players in all.
#[derive(Clone, Copy, Debug)]
struct Case {
    size: usize,
    extent_cm: i32,
    radius_cm: u32,
    players: usize,
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on {} m, {} cm", self.size, self.extent_cm / 100, self.radius_cm)
    }
}

const fn case(size: usize, extent_m: i32, radius_cm: u32, players: usize) -> Case {
    Case { size, extent_cm: extent_m * 100, radius_cm, players }
}

/// Sizes at their usual density, density at 64, radius at 64.
const CASES: [Case; 10] = [
    case(12, 200, 1000, 240_000),
    case(64, 400, 1000, 256_000),
    case(100, 1000, 1000, 200_000),
    case(1_000, 600, 1000, 200_000),
    case(5_000, 1000, 1000, 100_000),
    case(64, 800, 1000, 256_000),
    case(64, 200, 1000, 256_000),
    case(64, 100, 1000, 256_000),
    case(64, 400, 300, 256_000),
    case(64, 400, 3500, 256_000),
];

fn brute_force(frame: &Frame, radius_cm: u32) -> Contacts {
    let mut contacts = Contacts::default();
    contacts.clear();
    for index in 0..frame.matches() {
        let range = frame.range(index);
        let at = |i: usize| [frame.x[i], frame.y[i], frame.z[i]];
        for i in range.clone() {
            for j in i + 1..range.end {
                let d2 = clamped_d2(at(i), at(j), radius_cm);
                if d2 <= radius_cm * radius_cm {
                    let (a, b) = ((i - range.start) as u32, (j - range.start) as u32);
                    contacts.pairs.push(Contact { a, b, d2 });
                }
            }
        }
        contacts.starts.push(contacts.pairs.len() as u32);
    }
    contacts
}

fn measure(bencher: divan::Bencher<'_, '_>, case: Case, detector: &mut dyn Detector) {
    let frame = uniform_frame(1, case.players, case.size, case.extent_cm);
    let expected = brute_force(&frame, case.radius_cm);
    let mut contacts = Contacts::default();
    detector.detect(&frame, case.radius_cm, &mut contacts).expect("detection works");
    assert!(contacts == expected, "{} disagrees with brute force", detector.name());
    bencher.counter(ItemsCount::new(frame.len())).bench_local(|| {
        detector.detect(&frame, case.radius_cm, &mut contacts).expect("detection works");
        assert_eq!(contacts.pairs.len(), expected.pairs.len());
    });
}

#[divan::bench(args = CASES, sample_count = 20)]
fn cpu(bencher: divan::Bencher<'_, '_>, case: Case) {
    measure(bencher, case, &mut CpuDetector::default());
}

/// On whatever adapter there is; `skirmish doctor` names it. Skipped where there is none.
#[divan::bench(args = CASES, sample_count = 5)]
fn gpu(bencher: divan::Bencher<'_, '_>, case: Case) {
    match GpuDetector::open() {
        Ok(mut detector) => measure(bencher, case, &mut detector),
        Err(error) => eprintln!("SKIPPED: {error}"),
    }
}

/// The plain double loop, as a reference in the same run.
#[divan::bench(args = [CASES[0], CASES[1], CASES[2]], sample_count = 20)]
fn plain_loop(bencher: divan::Bencher<'_, '_>, case: Case) {
    let frame = uniform_frame(1, case.players, case.size, case.extent_cm);
    let pairs = brute_force(&frame, case.radius_cm).pairs.len();
    bencher
        .counter(ItemsCount::new(frame.len()))
        .bench_local(|| assert_eq!(brute_force(&frame, case.radius_cm).pairs.len(), pairs));
}
