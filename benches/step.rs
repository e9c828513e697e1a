//! Nanoseconds a session and tick of each half of a realm's schedules, and of a step of movement alone.
//!
//! Each bench asserts its answer: the number of heartbeats that the realm simulated.

use std::sync::Arc;
use std::time::Duration;

use divan::counter::ItemsCount;
use skirmish::encounter::cpu::CpuDetector;
use skirmish::encounter::{Contacts, Detector};
use skirmish::movement::{self, Body};
use skirmish::random::{Purpose, Seed};
use skirmish::realm::Realm;
use skirmish::scenario::Scenario;
use skirmish::schedule;
use skirmish::setting::Setting;

fn main() {
    print_systems();
    divan::main();
}

/// Median of five runs of every system by itself, in the order in which they run.
fn print_systems() {
    let setting = setting(20_000);
    let mut names = Vec::new();
    let mut runs: Vec<Vec<f64>> = Vec::new();
    for _ in 0..5 {
        let (mut before, mut after) = (schedule::each_before_contacts(), schedule::each_after_contacts());
        names = before.iter().chain(&after).map(|(name, _)| *name).collect();
        let mut times = vec![Duration::ZERO; names.len()];
        let mut realm = Realm::new(Arc::clone(&setting), 0);
        let mut detector = CpuDetector::default();
        let mut heartbeats = 0;
        realm.open_window(0..TICKS);
        for tick in 0..TICKS {
            realm.set_tick(tick);
            let (first, second) = times.split_at_mut(before.len());
            realm.step_each(&mut before, first);
            let (frame, mut contacts) = realm.detection();
            heartbeats += frame.len();
            detector.detect(&frame, setting.episodes.exit_radius_cm, &mut contacts).expect("the CPU never fails");
            realm.detected(frame, contacts);
            realm.step_each(&mut after, second);
        }
        assert_eq!(realm.take_rows().aggregate.heartbeats, heartbeats as u64);
        runs.push(times.iter().map(|time| time.as_nanos() as f64 / heartbeats as f64).collect());
    }
    println!("ns a session and tick, by system:");
    for (index, name) in names.iter().enumerate() {
        let mut values: Vec<f64> = runs.iter().map(|run| run[index]).collect();
        values.sort_by(f64::total_cmp);
        println!("  {name:<32} {:>6.1}", values[2]);
    }
}

/// A world of the given number of players, all installed on the first day, in one realm.
fn setting(players: usize) -> Arc<Setting> {
    let sets = [
        format!("population.players={players}"),
        "population.realms=1".into(),
        "population.installs.veteran_share=0".into(),
        "population.installs.horizon_days=1".into(),
    ];
    Arc::new(Setting::new(Scenario::parse("bench", "bench", "", &sets).expect("a valid scenario")))
}

const TICKS: u32 = 480;

/// Steps a fresh realm to the evening, then through the measured ticks; returns heartbeats and contacts.
fn run(setting: &Arc<Setting>, with_contacts: bool) -> (u64, u64) {
    let mut realm = Realm::new(Arc::clone(setting), 0);
    let mut detector = CpuDetector::default();
    realm.open_window(0..TICKS);
    let (mut heartbeats, mut pairs) = (0, 0);
    for tick in 0..TICKS {
        realm.before_contacts(tick);
        let (frame, mut contacts) = realm.detection();
        heartbeats += frame.len() as u64;
        if with_contacts {
            detector.detect(&frame, setting.episodes.exit_radius_cm, &mut contacts).expect("the CPU never fails");
        } else {
            contacts = Contacts { pairs: Vec::new(), starts: vec![0; frame.matches() + 1] };
        }
        pairs += contacts.pairs.len() as u64;
        realm.detected(frame, contacts);
        realm.after_contacts();
    }
    assert_eq!(realm.take_rows().aggregate.heartbeats, heartbeats);
    (heartbeats, pairs)
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
    const STEPS: u64 = 100_000;
    let setting = setting(10);
    let (ground, gait) = (&setting.grounds[0], &setting.modes[0].gait);
    let walk = || {
        let mut body = Body::default();
        for tick in 0..STEPS {
            movement::step(ground, gait, None, &mut body, &mut Seed(1).stream(Purpose::Movement, 7, tick));
        }
        body.position
    };
    let answer = walk();
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| assert_eq!(walk(), answer));
}
