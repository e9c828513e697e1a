//! Nanoseconds a player of encounter detection, by size of match, density and radius, on CPU and GPU.
//!
//! Every detector's answer is compared with brute force before it is timed. Divan's item throughput is players a
//! second: 1 G items/s is 1 ns a player.

use divan::counter::ItemsCount;
use skirmish::encounter::CpuDetector;
use skirmish::encounter::gpu::GpuDetector;
use skirmish::encounter::probe::{hotspot_frame, uniform_frame};
use skirmish::encounter::{Contact, Contacts, Detector, Frame, clamped_d2};

fn main() {
    divan::main();
}

/// How players are spread.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Uniform,
    Hotspots,
}

/// Size of the matches, extent of their maps, radius, players in all.
#[derive(Clone, Copy, Debug)]
struct Case {
    size: usize,
    extent_cm: i32,
    radius_cm: u32,
    players: usize,
    layout: Layout,
}

impl Case {
    fn frame(&self) -> Frame {
        match self.layout {
            Layout::Uniform => uniform_frame(1, self.players, self.size, self.extent_cm),
            Layout::Hotspots => hotspot_frame(1, self.players, self.size, self.extent_cm),
        }
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let layout = if matches!(self.layout, Layout::Uniform) { "" } else { ", hot spots" };
        write!(f, "{} on {} m, {} cm{layout}", self.size, self.extent_cm / 100, self.radius_cm)
    }
}

const fn case(size: usize, extent_m: i32, radius_cm: u32, players: usize) -> Case {
    Case { size, extent_cm: extent_m * 100, radius_cm, players, layout: Layout::Uniform }
}

const fn crowded(case: Case) -> Case {
    Case { layout: Layout::Hotspots, ..case }
}

const SMALL: Case = case(12, 200, 1000, 999_996);
const USUAL: Case = case(64, 400, 1000, 1_000_000);
const HUNDRED: Case = case(100, 1000, 1000, 1_000_000);
const LARGE: Case = case(5_000, 1000, 1000, 1_000_000);
/// One world with four neighbours each: a ball of 10 m holds 4 of a million on 4,577 m times 50 m of height.
const WORLD: Case = case(1_000_000, 4_577, 1000, 1_000_000);

/// Sizes at their usual density, the same crowded; then density and radius at 64 a match.
const CASES: [Case; 19] = [
    SMALL,
    USUAL,
    HUNDRED,
    LARGE,
    WORLD,
    crowded(SMALL),
    crowded(USUAL),
    crowded(HUNDRED),
    crowded(LARGE),
    case(1_000, 600, 1000, 1_000_000),
    case(64, 800, 1000, 1_000_000),
    case(64, 200, 1000, 1_000_000),
    case(64, 100, 1000, 1_000_000),
    case(64, 400, 300, 1_000_000),
    case(64, 400, 3500, 1_000_000),
    // Opponents fight from 35 to 70 m.
    case(64, 400, 7000, 1_000_000),
    crowded(case(64, 400, 3500, 1_000_000)),
    crowded(case(64, 400, 7000, 1_000_000)),
    crowded(case(12, 200, 3500, 999_996)),
];

/// Every pair by comparing each player with all later ones in order of x, up to the radius: for small matches the plain
/// double loop, for a world of a million what makes it affordable.
fn brute_force(frame: &Frame, radius_cm: u32) -> Contacts {
    let mut contacts = Contacts::default();
    contacts.clear();
    for index in 0..frame.matches() {
        let range = frame.range(index);
        let at = |i: usize| [frame.x[i], frame.y[i], frame.z[i]];
        let mut order: Vec<usize> = range.clone().collect();
        order.sort_by_key(|&i| frame.x[i]);
        let first = contacts.pairs.len();
        for (n, &i) in order.iter().enumerate() {
            for &j in &order[n + 1..] {
                if frame.x[j] - frame.x[i] > radius_cm as i32 {
                    break;
                }
                let d2 = clamped_d2(at(i), at(j), radius_cm);
                if d2 <= radius_cm * radius_cm {
                    let (a, b) = ((i.min(j) - range.start) as u32, (i.max(j) - range.start) as u32);
                    contacts.pairs.push(Contact { a, b, d2 });
                }
            }
        }
        contacts.pairs[first..].sort_unstable();
        contacts.starts.push(contacts.pairs.len() as u32);
    }
    contacts
}

/// The plain double loop, the reference in the same run.
fn double_loop(frame: &Frame, radius_cm: u32) -> usize {
    let mut pairs = 0;
    for index in 0..frame.matches() {
        let range = frame.range(index);
        let at = |i: usize| [frame.x[i], frame.y[i], frame.z[i]];
        for i in range.clone() {
            for j in i + 1..range.end {
                pairs += usize::from(clamped_d2(at(i), at(j), radius_cm) <= radius_cm * radius_cm);
            }
        }
    }
    pairs
}

fn measure(bencher: divan::Bencher<'_, '_>, case: Case, detector: &mut dyn Detector) {
    let frame = case.frame();
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

#[divan::bench(args = [SMALL, USUAL, HUNDRED], sample_count = 10)]
fn plain_loop(bencher: divan::Bencher<'_, '_>, case: Case) {
    let frame = case.frame();
    let pairs = brute_force(&frame, case.radius_cm).pairs.len();
    bencher
        .counter(ItemsCount::new(frame.len()))
        .bench_local(|| assert_eq!(double_loop(&frame, case.radius_cm), pairs));
}

/// Two detectors on two threads, half the matches each: what a second core brings.
#[divan::bench(args = [USUAL, LARGE], sample_count = 10)]
fn cpu_two_threads(bencher: divan::Bencher<'_, '_>, case: Case) {
    let half = Case { players: case.players / 2, ..case };
    let frames = [half.frame(), half.frame()];
    let expected = brute_force(&frames[0], case.radius_cm).pairs.len();
    let mut detectors = [(); 2].map(|()| (CpuDetector::default(), Contacts::default()));
    bencher.counter(ItemsCount::new(2 * frames[0].len())).bench_local(|| {
        std::thread::scope(|scope| {
            for ((detector, contacts), frame) in detectors.iter_mut().zip(&frames) {
                scope.spawn(move || {
                    detector.detect(frame, case.radius_cm, contacts).expect("the CPU never fails");
                    assert_eq!(contacts.pairs.len(), expected);
                });
            }
        });
    });
}
