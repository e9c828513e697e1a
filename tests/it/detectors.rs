//! Detection against a brute-force oracle, regime by regime, on every detector there is.

use skirmish::encounter::CpuDetector;
use skirmish::encounter::gpu::{GpuDetector, GpuService, Limits, Notes, SHADER};
use skirmish::encounter::probe::uniform_frame;
use skirmish::encounter::{Contact, Contacts, DetectError, Detector, Frame, MAX_RADIUS_CM};
use skirmish::random::{Purpose, Seed, Stream};

use crate::support::{compile, gpu_or_skip};

/// Every pair of every match by definition: 128-bit arithmetic, two plain loops.
fn oracle(frame: &Frame, radius_cm: u32) -> Contacts {
    let mut contacts = Contacts::default();
    contacts.clear();
    for index in 0..frame.matches() {
        let range = frame.range(index);
        for i in range.clone() {
            for j in i + 1..range.end {
                let square = |values: &[i32]| (i128::from(values[i]) - i128::from(values[j])).pow(2);
                let d2 = square(&frame.x) + square(&frame.y) + square(&frame.z);
                if d2 <= i128::from(radius_cm).pow(2) {
                    let (a, b) = ((i - range.start) as u32, (j - range.start) as u32);
                    contacts.pairs.push(Contact { a, b, d2: d2 as u32 });
                }
            }
        }
        contacts.starts.push(contacts.pairs.len() as u32);
    }
    contacts
}

fn frame_of(matches: &[Vec<[i32; 3]>]) -> Frame {
    let mut frame = Frame::default();
    frame.clear();
    for game in matches {
        game.iter().for_each(|position| frame.push(*position));
        frame.end_match();
    }
    frame
}

fn draws(case: u64) -> Stream {
    Seed(case).stream(Purpose::Probe, case, 0)
}

fn scattered(case: u64, count: usize, low: i32, high: i32) -> Vec<[i32; 3]> {
    let mut draws = draws(case);
    (0..count).map(|_| [draws.within(low, high), draws.within(low, high), draws.within(low, high)]).collect()
}

/// The named regimes: frame and radius.
fn regimes() -> Vec<(&'static str, Frame, u32)> {
    let on_the_radius = |r: i32| {
        // 3-4-5 triangles scaled: exactly on the radius, one centimetre inside and one beyond it.
        let (a, b) = (r / 5 * 3, r / 5 * 4);
        vec![[0, 0, 0], [a, b, 0], [-a, 0, b], [a + 1, b, 0], [0, a, -b], [0, -a, -b - 1]]
    };
    let cell_edges = (0..900).map(|i| [i % 30 * 500, i / 30 * 500, 0]).collect::<Vec<_>>();
    let negative_edges = cell_edges.iter().map(|[x, y, z]| [x - 7_500, y - 7_500, *z]).collect::<Vec<_>>();
    let extremes = vec![
        [i32::MIN, i32::MIN, i32::MIN],
        [i32::MAX, i32::MAX, i32::MAX],
        [i32::MIN, i32::MIN, i32::MIN + 500],
        [i32::MAX, i32::MAX - 1000, i32::MAX],
        [i32::MAX, i32::MAX - 1001, i32::MAX],
        [0, 0, 0],
        [i32::MIN, i32::MAX, 0],
    ];
    let mut far_corners = scattered(5, 300, i32::MIN, i32::MIN + 6_000);
    far_corners.extend(scattered(6, 300, i32::MAX - 6_000, i32::MAX));
    let sizes: Vec<Vec<[i32; 3]>> =
        [0, 1, 2, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 191, 192, 193, 194, 255, 257, 0, 500]
            .iter()
            .enumerate()
            .map(|(case, &size)| scattered(case as u64, size, 0, 8_000))
            .collect();
    // As wide and high as a packed position reaches, and a centimetre more on each axis.
    let reach = [(1 << 22) - 1, (1 << 22) - 1, (1 << 20) - 1];
    let at_reach = |more: [i32; 3]| {
        let far = [0, 1, 2].map(|axis| -1_000 + reach[axis] + more[axis]);
        let near = |corner: [i32; 3], by: i32| [0, 1, 2].map(|axis| corner[axis] + by);
        let low = [-1_000; 3];
        vec![low, near(low, 500), near(far, -500), far, [low[0], far[1], low[2]], [far[0] - 400, low[1], far[2]]]
    };
    let widths: Vec<Vec<[i32; 3]>> =
        [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]].into_iter().map(at_reach).collect();
    let tiny: Vec<Vec<[i32; 3]>> = (0..5_000).map(|case| scattered(case, (case % 4) as usize, 0, 1_500)).collect();
    let border = vec![[0, 0, 0], [40_000, 0, 0], [0, 40_000, 0], [40_000, 40_000, 0], [40_000, 39_000, 0]];
    let crowd: Vec<[i32; 3]> = scattered(8, 700, 0, 200_000).into_iter().chain(scattered(9, 300, 0, 900)).collect();
    vec![
        ("no matches", frame_of(&[]), 1000),
        ("an empty match", frame_of(&[vec![]]), 1000),
        ("one player", frame_of(&[vec![[5, 5, 5]]]), 1000),
        ("all on one spot, small", frame_of(&[vec![[7, -7, 7]; 50]]), 1),
        ("all on one spot, large", frame_of(&[vec![[7, -7, 7]; 400]]), 1000),
        ("exactly on the radius", frame_of(&[on_the_radius(1000), on_the_radius(1000)]), 1000),
        ("exactly on the largest radius", frame_of(&[on_the_radius(37_835)]), 37_835),
        ("the largest radius overflows nothing", frame_of(std::slice::from_ref(&extremes)), MAX_RADIUS_CM),
        ("cell edges", frame_of(&[cell_edges]), 500),
        ("cell edges around zero", frame_of(&[negative_edges]), 1000),
        ("map border", frame_of(&[border]), 1000),
        ("coordinates at the limits of i32", frame_of(&[extremes]), 1000),
        ("coordinates at the limits of i32, large", frame_of(&[far_corners]), 1000),
        ("sizes around lanes, groups and the all-pairs limit", frame_of(&sizes), 1000),
        ("as wide as packed positions reach, and wider", frame_of(&widths), 1000),
        ("thousands of tiny matches", frame_of(&tiny), 700),
        ("one huge match", uniform_frame(1, 6_000, 6_000, 100_000), 1000),
        ("a crowd in a wide world", frame_of(&[crowd]), 1000),
        ("one centimetre", uniform_frame(2, 500, 250, 60), 1),
        ("sparse", uniform_frame(3, 3_000, 3_000, 50_000_000), 1000),
    ]
}

fn check(detector: &mut dyn Detector) {
    for (name, frame, radius_cm) in regimes() {
        let mut contacts = Contacts::default();
        detector.detect(&frame, radius_cm, &mut contacts).unwrap();
        assert!(contacts == oracle(&frame, radius_cm), "{}: {name}", detector.name());
    }
}

#[test]
fn the_cpu_finds_what_the_oracle_finds_in_every_regime() {
    check(&mut CpuDetector::default());
}

#[test]
fn the_gpu_finds_what_the_oracle_finds_in_every_regime() {
    let Some(mut gpu) = gpu_or_skip(GpuDetector::open) else { return };
    check(&mut gpu);
}

#[test]
fn the_gpu_splits_frames_and_grows_its_pair_buffer_without_losing_a_pair() {
    let limits = Limits { players: 6_000, pairs: 3, ..Limits::default() };
    let Some(mut gpu) = gpu_or_skip(|| GpuDetector::open_with(limits)) else { return };
    check(&mut gpu);
    // Among the regimes are worlds wider than packed positions reach.
    let notes = gpu.notes();
    assert!(notes.len() == 1 && notes[0].contains("wider than 42 km"), "{notes:?}");
}

#[test]
fn a_pair_buffer_that_is_just_full_and_one_that_is_just_too_small_lose_nothing() {
    // Four in a row, the ends too far apart: five pairs.
    let frame = frame_of(&[vec![[0, 0, 0], [100, 0, 0], [200, 0, 0], [300, 0, 0]], vec![[0, 0, 0]]]);
    assert_eq!(oracle(&frame, 200).pairs.len(), 5);
    for pairs in 4..=6 {
        let Some(mut gpu) = gpu_or_skip(|| GpuDetector::open_with(Limits { players: 100, pairs, ..Limits::default() }))
        else {
            return;
        };
        let mut contacts = Contacts::default();
        gpu.detect(&frame, 200, &mut contacts).unwrap();
        assert!(contacts == oracle(&frame, 200), "room for {pairs}");
        assert_eq!(gpu.notes(), [""; 0]);
    }
}

#[test]
fn matches_too_large_for_a_part_are_left_to_the_cpu_with_a_note_and_the_rest_is_not() {
    let limits = Limits { players: 100, pairs: 100, ..Limits::default() };
    let Some(mut gpu) = gpu_or_skip(|| GpuDetector::open_with(limits)) else { return };
    let mut frame = uniform_frame(1, 90, 30, 1_000);
    frame.append(&uniform_frame(2, 101, 101, 1_000));
    frame.append(&uniform_frame(3, 90, 30, 1_000));
    let mut contacts = Contacts::default();
    gpu.detect(&frame, 300, &mut contacts).unwrap();
    assert!(contacts == oracle(&frame, 300));
    assert!(contacts.pairs.len() > 100, "{}", contacts.pairs.len());
    assert!(gpu.notes()[0].contains("more than 100 players"), "{:?}", gpu.notes());
}

#[test]
fn parts_with_more_pairs_than_buffers_hold_go_to_the_cpu_and_the_others_do_not() {
    let limits = Limits { players: 100, pairs: 10, max_pairs: 300, ..Limits::default() };
    let Some(mut gpu) = gpu_or_skip(|| GpuDetector::open_with(limits)) else { return };
    // A part each; the second has all its 1,225 pairs.
    let mut frame = uniform_frame(1, 90, 90, 3_000);
    frame.append(&frame_of(&[(0..50).map(|n| [n, 0, 0]).collect()]));
    frame.append(&uniform_frame(3, 90, 90, 3_000));
    for _ in 0..2 {
        let mut contacts = Contacts::default();
        gpu.detect(&frame, 300, &mut contacts).unwrap();
        assert!(contacts == oracle(&frame, 300) && contacts.pairs.len() > 1_225, "{}", contacts.pairs.len());
    }
    assert!(gpu.notes().len() == 1 && gpu.notes()[0].contains("more pairs than its buffers hold"), "{:?}", gpu.notes());
}

#[test]
fn no_dispatch_asks_for_more_distances_than_it_may() {
    // Matches of 64 ask for 2,016 distances each; the crowds for more than a part may, in all pairs and in cells.
    let limits = Limits { candidates: 5_000, ..Limits::default() };
    let Some(mut gpu) = gpu_or_skip(|| GpuDetector::open_with(limits)) else { return };
    let mut frame = uniform_frame(1, 640, 64, 5_000);
    frame.append(&uniform_frame(2, 120, 120, 5_000));
    frame.append(&uniform_frame(3, 2_000, 2_000, 20_000));
    let mut contacts = Contacts::default();
    gpu.detect(&frame, 300, &mut contacts).unwrap();
    assert!(contacts == oracle(&frame, 300));
    assert!(gpu.notes()[0].contains("or 5000 distances"), "{:?}", gpu.notes());
}

#[test]
fn a_race_runs_on_frames_of_the_scenario_with_all_threads() {
    let Some(service) = gpu_or_skip(|| GpuService::start(Limits::default(), Notes::default())) else { return };
    let setting = compile("", &[]);
    let race = skirmish::run::race::race(&setting, 3_000, 2, &service).expect("both agree");
    assert!(race.cpu_ns > 0.1 && race.gpu_ns > 0.1, "{race}");
}

#[test]
fn the_gpu_takes_twenty_million_positions_in_one_frame() {
    let Some(mut gpu) = gpu_or_skip(GpuDetector::open) else { return };
    // More workgroups than a dimension holds and more bytes than a binding of many adapters; small matches around a
    // crowd that needs cells.
    let mut frame = uniform_frame(1, 10_000_000, 64, 40_000);
    frame.append(&uniform_frame(2, 50_000, 50_000, 500_000));
    frame.append(&uniform_frame(3, 9_950_000, 64, 40_000));
    assert!(frame.len() > 19_999_000);
    let (mut by_gpu, mut by_cpu) = (Contacts::default(), Contacts::default());
    gpu.detect(&frame, 1000, &mut by_gpu).unwrap();
    CpuDetector::default().detect(&frame, 1000, &mut by_cpu).unwrap();
    assert!(by_gpu == by_cpu && by_cpu.pairs.len() > 100_000, "{} {}", by_gpu.pairs.len(), by_cpu.pairs.len());
    assert_eq!(gpu.notes(), [""; 0]);
}

#[test]
fn a_frame_that_was_started_is_the_one_that_is_detected() {
    let Some(mut gpu) = gpu_or_skip(GpuDetector::open) else { return };
    let mut contacts = Contacts::default();
    for seed in 0..6 {
        let frame = uniform_frame(seed, 3_000, 60, 6_000);
        gpu.start(&frame, 1000).unwrap();
        gpu.detect(&frame, 1000, &mut contacts).unwrap();
        assert!(contacts == oracle(&frame, 1000));
    }
    gpu.start(&uniform_frame(1, 3_000, 60, 6_000), 1000).unwrap();
    let other = uniform_frame(1, 600, 60, 6_000);
    assert!(matches!(gpu.detect(&other, 1000, &mut contacts), Err(DetectError::Gpu(_))));
}

#[test]
fn random_small_worlds_agree_with_the_oracle() {
    let mut gpu = gpu_or_skip(GpuDetector::open);
    let mut cpu = CpuDetector::default();
    let mut pairs = 0;
    for case in 0..300 {
        let mut draws = draws(case);
        let (matches, extent) = (1 + draws.below(12), 1 + draws.below(20_000) as i32);
        let radius_cm = 1 + draws.below(2_000);
        let games: Vec<Vec<[i32; 3]>> = (0..matches)
            .map(|game| scattered(case << 8 | u64::from(game), draws.below(90) as usize, 0, extent))
            .collect();
        let frame = frame_of(&games);
        let expected = oracle(&frame, radius_cm);
        pairs += expected.pairs.len();
        let mut contacts = Contacts::default();
        cpu.detect(&frame, radius_cm, &mut contacts).unwrap();
        assert!(contacts == expected, "cpu, case {case}");
        if let Some(gpu) = gpu.as_mut().filter(|_| case % 10 == 0) {
            gpu.detect(&frame, radius_cm, &mut contacts).unwrap();
            assert!(contacts == expected, "gpu, case {case}");
        }
    }
    assert!(pairs > 10_000, "{pairs}");
}

/// A detector with the classic mistake: squares overflow 32 bits, so far pairs appear to be near.
struct Overflowing;

impl Detector for Overflowing {
    fn name(&self) -> &str {
        "overflowing"
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        contacts.clear();
        for index in 0..frame.matches() {
            let range = frame.range(index);
            for i in range.clone() {
                for j in i + 1..range.end {
                    let square = |values: &[i32]| {
                        let d = values[i].wrapping_sub(values[j]);
                        d.wrapping_mul(d)
                    };
                    let d2 = square(&frame.x).wrapping_add(square(&frame.y)).wrapping_add(square(&frame.z));
                    if d2 <= (radius_cm * radius_cm) as i32 {
                        let (a, b) = ((i - range.start) as u32, (j - range.start) as u32);
                        contacts.pairs.push(Contact { a, b, d2: d2 as u32 });
                    }
                }
            }
            contacts.starts.push(contacts.pairs.len() as u32);
        }
        Ok(())
    }
}

#[test]
fn a_wrong_detector_is_caught_by_the_same_comparison() {
    let (frame, mut contacts) = (uniform_frame(4, 200, 200, 10_000_000), Contacts::default());
    Overflowing.detect(&frame, 1000, &mut contacts).unwrap();
    assert!(contacts != oracle(&frame, 1000), "the comparison cannot tell right from wrong");
    // On a small map the mistake does not show: the regimes above need the large ones.
    let frame = uniform_frame(4, 200, 200, 10_000);
    Overflowing.detect(&frame, 1000, &mut contacts).unwrap();
    assert!(contacts == oracle(&frame, 1000));
}

#[test]
fn the_answer_for_a_match_does_not_depend_on_the_rest_of_the_frame() {
    let (alone, crowd) = (uniform_frame(5, 64, 64, 8_000), uniform_frame(6, 3_000, 100, 8_000));
    let mut together = crowd.clone();
    together.append(&alone);
    let detect = |frame: &Frame| {
        let mut contacts = Contacts::default();
        CpuDetector::default().detect(frame, 1000, &mut contacts).unwrap();
        contacts
    };
    let mut last = Contacts::default();
    last.copy_matches(&detect(&together), crowd.matches()..crowd.matches() + 1);
    assert_eq!(last, detect(&alone));
}

#[test]
fn every_shader_parses_and_validates() {
    let mut seen = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let module =
            naga::front::wgsl::parse_str(&text).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
        let mut validator =
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
        validator.validate(&module).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
        assert!(!module.entry_points.is_empty());
        seen += usize::from(text == SHADER);
    }
    assert_eq!(seen, 1, "the shader that is used is among those that were checked");
}
