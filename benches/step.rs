//! Nanoseconds a heartbeat of each system of a realm, of all of them, and of a step of movement alone.
//!
//! Each bench asserts its answer: the number of heartbeats that the realm simulated.

use std::sync::Arc;

use divan::counter::ItemsCount;
use skirmish::encounter::{Contacts, CpuDetector, DetectError, Detector, Frame};
use skirmish::random::Seed;
use skirmish::scenario::Scenario;
use skirmish::setting::Setting;
use skirmish::world::{Body, Chance, Mover, Realm, Scene, Stepper};

fn main() {
    print_systems();
    divan::main();
}

/// Median of five runs of every system by itself, in the order in which they run, in realms of 20,000 and of 200,000
/// players: what grows faster than they do shows.
fn print_systems() {
    let realms = [20_000, 200_000].map(measure_systems);
    println!("ns a heartbeat, by system, in one realm of 20,000 and of 200,000 players:");
    for ((name, ns), (_, in_large)) in realms[0].iter().zip(&realms[1]) {
        println!("  {name:<40} {ns:>6.1} {in_large:>6.1}");
    }
}

fn measure_systems(players: usize) -> Vec<(&'static str, f64)> {
    let setting = setting(players);
    let mut runs: Vec<Vec<(&'static str, f64)>> = Vec::new();
    for _ in 0..5 {
        let mut realm = Realm::measured(Arc::clone(&setting), 0);
        let heartbeats = step(&mut realm, &mut CpuDetector::default(), 3 * setting.clock.ticks_per_day()).0;
        runs.push(
            realm.system_times().map(|(name, time)| (name, time.as_nanos() as f64 / heartbeats as f64)).collect(),
        );
    }
    let median = |index: usize| {
        let mut values: Vec<f64> = runs.iter().map(|run| run[index].1).collect();
        values.sort_by(f64::total_cmp);
        (runs[0][index].0, values[2])
    };
    (0..runs[0].len()).map(median).collect()
}

/// The world of quickstart with the given number of players, all installed on the first day, in one realm.
fn setting(players: usize) -> Arc<Setting> {
    let sets = [
        format!("population.players={players}"),
        "population.realms=1".into(),
        "population.installs.veteran_share=0".into(),
        "population.installs.horizon_days=1".into(),
    ];
    let text = include_str!("../scenarios/quickstart.toml");
    Arc::new(Setting::new(Scenario::parse("quickstart", "quickstart", text, &sets).expect("a valid scenario")))
}

/// To the first evening.
const TICKS: u32 = 480;

/// Finds nobody.
struct Blind;

impl Detector for Blind {
    fn name(&self) -> &str {
        "blind"
    }

    fn detect(&mut self, frame: &Frame, _: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        *contacts = Contacts { pairs: Vec::new(), starts: vec![0; frame.matches() + 1] };
        Ok(())
    }
}

/// Steps a realm through so many ticks; returns heartbeats and contacts.
fn step(realm: &mut Realm, detector: &mut dyn Detector, ticks: u32) -> (u64, u64) {
    let (mut stepper, mut heartbeats) = (Stepper::default(), 0);
    realm.open_window(0..ticks);
    for tick in 0..ticks {
        stepper.step(tick, std::slice::from_mut(realm), detector).expect("the CPU never fails");
        heartbeats += realm.online() as u64;
    }
    let sums = realm.take_rows().sums;
    assert_eq!(sums.heartbeats, heartbeats);
    (heartbeats, sums.contacts)
}

/// [`step`] of a fresh realm.
fn run(setting: &Arc<Setting>, with_contacts: bool) -> (u64, u64) {
    let mut realm = Realm::new(Arc::clone(setting), 0);
    let detector: &mut dyn Detector = if with_contacts { &mut CpuDetector::default() } else { &mut Blind };
    step(&mut realm, detector, TICKS)
}

/// All systems, nobody meets anybody: sessions, matches, movement.
#[divan::bench(args = [2_000, 20_000], sample_count = 10)]
fn systems_without_contacts(bencher: divan::Bencher<'_, '_>, players: usize) {
    let setting = setting(players);
    let (heartbeats, _) = run(&setting, false);
    bencher.counter(ItemsCount::new(heartbeats)).bench_local(|| assert_eq!(run(&setting, false).0, heartbeats));
}

/// All systems with detection, encounters and combat.
#[divan::bench(args = [2_000, 20_000], sample_count = 10)]
fn systems_with_contacts(bencher: divan::Bencher<'_, '_>, players: usize) {
    let setting = setting(players);
    let answer = run(&setting, true);
    assert!(answer.1 > 0);
    bencher.counter(ItemsCount::new(answer.0)).bench_local(|| assert_eq!(run(&setting, true), answer));
}

/// A step of movement by itself.
#[divan::bench]
fn movement_step(bencher: divan::Bencher<'_, '_>) {
    const STEPS: u32 = 100_000;
    let setting = setting(10);
    let (ground, mode) = (&setting.grounds[0], &setting.modes[0]);
    let walk = || {
        let mut body = Body::default();
        for tick in 0..STEPS {
            let (gait, dwell) = (&mode.gait, &mode.dwell);
            let scene = Scene { chance: Chance::at(Seed(1), tick), ground, gait, dwell, circle: None, teams: 2 };
            scene.step(Mover { player_id: 7, squad: 7, team: 0 }, None, &mut body);
        }
        body.position
    };
    let answer = walk();
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| assert_eq!(walk(), answer));
}
