//! The same point sets through Skirmish, kiddo and rstar: the pairs must be the same, the times are printed as JSON
//! lines. `benches/peers/run` calls it and adds DuckDB and scipy, for which it writes the points as raw integers.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rstar::RTree;
use rstar::primitives::GeomWithData;
use skirmish::encounter::cpu::CpuDetector;
use skirmish::encounter::probe::{hotspot_frame, uniform_frame};
use skirmish::encounter::{Contacts, Detector, Frame};

const RADIUS_CM: u32 = 1000;

/// Name, players, match size, extent in metres, whether crowded.
const CASES: [(&str, usize, usize, i32, bool); 6] = [
    ("12 on 200 m", 1_000_000, 12, 200, false),
    ("64 on 400 m", 1_000_000, 64, 400, false),
    ("64 on 400 m, hot spots", 1_000_000, 64, 400, true),
    ("100 on 1 km", 1_000_000, 100, 1000, false),
    ("5,000 on 1 km", 1_000_000, 5_000, 1000, false),
    ("one world of 1 M, 4 neighbours", 1_000_000, 1_000_000, 4_577, false),
];

fn main() {
    let folder = std::env::args().nth(1).expect("usage: peers FOLDER");
    for (case, (name, players, size, extent_m, crowded)) in CASES.into_iter().enumerate() {
        let make = if crowded { hotspot_frame } else { uniform_frame };
        let frame = make(1, players, size, extent_m * 100);
        let answer = measure(name, "Skirmish, CPU", &frame, &mut skirmish_pairs(&frame), None);
        measure(name, "kiddo 6 (ImmutableKdTree)", &frame, &mut || kiddo_pairs(&frame), Some(answer));
        measure(name, "rstar 0.14 (bulk-loaded)", &frame, &mut || rstar_pairs(&frame), Some(answer));
        write_points(Path::new(&folder).join(format!("{case}.i32")).as_path(), &frame);
        println!(
            "{{\"case\": {case}, \"name\": \"{name}\", \"pairs\": {}, \"digest\": {}, \"players\": {}}}",
            answer.0,
            answer.1,
            frame.len()
        );
    }
}

/// Number of pairs and an order-free digest of them: the sum of (a * 31 + b) over frame-wide indices, modulo 2^63.
type Answer = (u64, u64);

fn add(answer: &mut Answer, a: usize, b: usize) {
    answer.0 += 1;
    answer.1 = answer.1.wrapping_add(a.min(b) as u64 * 31 + a.max(b) as u64) & (u64::MAX >> 1);
}

/// Median of three; the answer must be the expected one.
fn measure(
    case: &str,
    engine: &str,
    frame: &Frame,
    run: &mut dyn FnMut() -> Answer,
    expected: Option<Answer>,
) -> Answer {
    let mut times = Vec::new();
    let mut answer = (0, 0);
    for _ in 0..3 {
        let started = Instant::now();
        answer = run();
        times.push(started.elapsed().as_secs_f64());
        assert!(expected.is_none_or(|expected| expected == answer), "{engine} disagrees on {case}: {answer:?}");
    }
    times.sort_by(f64::total_cmp);
    let ns = times[1] * 1e9 / frame.len() as f64;
    println!("{{\"case_name\": \"{case}\", \"engine\": \"{engine}\", \"ns_per_player\": {ns:.1}}}");
    answer
}

fn skirmish_pairs(frame: &Frame) -> impl FnMut() -> Answer + '_ {
    let (mut detector, mut contacts) = (CpuDetector::default(), Contacts::default());
    move || {
        detector.detect(frame, RADIUS_CM, &mut contacts).expect("the CPU never fails");
        let mut answer = (0, 0);
        for index in 0..frame.matches() {
            let first = frame.range(index).start;
            for contact in contacts.of_match(index) {
                add(&mut answer, first + contact.a as usize, first + contact.b as usize);
            }
        }
        answer
    }
}

/// Squared distances of whole centimetres are whole, so half a unit more includes the boundary and nothing else.
fn radius2() -> f64 {
    f64::from(RADIUS_CM * RADIUS_CM) + 0.5
}

fn points(frame: &Frame, index: usize) -> Vec<[f64; 3]> {
    frame.range(index).map(|i| [frame.x[i], frame.y[i], frame.z[i]].map(f64::from)).collect()
}

fn kiddo_pairs(frame: &Frame) -> Answer {
    let mut answer = (0, 0);
    for index in 0..frame.matches() {
        let (first, points) = (frame.range(index).start, points(frame, index));
        let tree: ImmutableKdTree<f64, 3> = ImmutableKdTree::new_from_slice(&points).expect("a tree");
        for (a, point) in points.iter().enumerate() {
            for hit in tree.query(point).within::<SquaredEuclidean<f64>>(radius2()).execute() {
                let b = hit.item as usize;
                if b > a {
                    add(&mut answer, first + a, first + b);
                }
            }
        }
    }
    answer
}

fn rstar_pairs(frame: &Frame) -> Answer {
    let mut answer = (0, 0);
    for index in 0..frame.matches() {
        let (first, points) = (frame.range(index).start, points(frame, index));
        let items = points.iter().enumerate().map(|(i, point)| GeomWithData::new(*point, i)).collect();
        let tree: RTree<GeomWithData<[f64; 3], usize>> = RTree::bulk_load(items);
        for (a, point) in points.iter().enumerate() {
            for hit in tree.locate_within_distance(*point, radius2()).filter(|hit| hit.data > a) {
                add(&mut answer, first + a, first + hit.data);
            }
        }
    }
    answer
}

/// x, y, z and the match of each player, as little-endian 32-bit integers.
fn write_points(path: &Path, frame: &Frame) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    for index in 0..frame.matches() {
        for i in frame.range(index) {
            for value in [frame.x[i], frame.y[i], frame.z[i], index as i32] {
                file.write_all(&value.to_le_bytes()).expect("room on the disk");
            }
        }
    }
}
