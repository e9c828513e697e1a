//! Defects: what happens to heartbeats between the client and the collector, compiled.

use crate::random::{Purpose, Seed, Stream};
use crate::scenario::sections::{DefectKeys, File};
use crate::time::{Clock, DAY_S};

/// What happened to a heartbeat. The order is that of the names in `truth_defects.defect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// It arrived twice.
    Duplicate,
    /// The client's clock was unsteady.
    Jitter,
    /// It arrived late.
    Late,
    /// It never arrived.
    Lost,
    /// It never arrived, because the collectors of the region were down.
    Outage,
    /// The client's clock was wrong.
    Skew,
}

impl Defect {
    /// Names in order.
    pub const NAMES: [&str; 6] = ["duplicate", "jitter", "late", "lost", "outage", "skew"];
}

/// The collectors of a region are down.
#[derive(Clone, Copy, Debug)]
struct Downtime {
    region: u16,
    /// Seconds of the run.
    from_s: u32,
    to_s: u32,
}

/// What happens to heartbeats, compiled.
#[derive(Clone, Debug)]
pub struct Defects {
    seed: Seed,
    keys: DefectKeys,
    outages: Vec<Downtime>,
}

/// What becomes of a heartbeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// By how much the client's time is wrong, milliseconds.
    pub shift_ms: i32,
    /// When each copy arrives after it was sent, milliseconds; none if it is lost.
    pub delays_ms: Vec<i32>,
    /// What happened, and its size in milliseconds; 0 for what has none.
    pub defects: Vec<(Defect, i32)>,
}

impl Defects {
    /// Compiles them.
    pub fn new(file: &File, clock: Clock) -> Self {
        let outages = file.outages.values().map(|outage| {
            let day = (outage.start.0 - clock.start.0) as u32;
            let from_s = day * DAY_S + libm::round(outage.hour_utc * 3600.0) as u32;
            let region = file.regions.index_of(&outage.region).expect("validated") as u16;
            Downtime { region, from_s, to_s: from_s + outage.minutes * 60 }
        });
        Self { seed: Seed(file.seed), keys: file.defects.clone(), outages: outages.collect() }
    }

    /// What becomes of the heartbeat of a session, of a player of a region, at a second of the run.
    pub fn deliver(&self, session_id: i64, player_id: i32, region: u16, second: u32) -> Delivery {
        let keys = &self.keys;
        let mut out = Delivery::default();
        let mut clock = self.seed.stream(Purpose::Defect, player_id as u64, 0);
        if clock.chance(keys.skew_share) {
            let bound = (keys.skew_max_s * 1000) as i32;
            out.note(Defect::Skew, clock.within(-bound, bound));
        }
        let mut draws = self.seed.stream(Purpose::Defect, session_id as u64, 1 << 32 | u64::from(second));
        if draws.chance(keys.jitter_share) {
            let bound = keys.jitter_max_ms as i32;
            out.note(Defect::Jitter, draws.within(-bound, bound));
        }
        out.shift_ms = out.defects.iter().map(|(_, ms)| ms).sum();
        let is_down = |outage: &Downtime| outage.region == region && (outage.from_s..outage.to_s).contains(&second);
        if self.outages.iter().any(is_down) {
            out.note(Defect::Outage, 0);
            return out;
        }
        if draws.chance(keys.lost_share) {
            out.note(Defect::Lost, 0);
            return out;
        }
        let mut delay_ms = 0;
        if draws.chance(keys.late_share) {
            delay_ms = self.delay(&mut draws);
            out.note(Defect::Late, delay_ms);
        }
        out.delays_ms.push(delay_ms);
        if draws.chance(keys.duplicate_share) {
            let again_ms = self.delay(&mut draws);
            out.delays_ms.push(delay_ms.saturating_add(again_ms));
            out.note(Defect::Duplicate, again_ms);
        }
        out
    }

    /// At least a millisecond, at most a week.
    fn delay(&self, draws: &mut Stream) -> i32 {
        draws.exponential(self.keys.late_mean_s * 1000.0).clamp(1.0, 7.0 * 86_400_000.0) as i32
    }
}

impl Delivery {
    fn note(&mut self, defect: Defect, ms: i32) {
        self.defects.push((defect, ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn defects(sets: &[&str]) -> Defects {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let file = Scenario::parse("t", "t", "", &sets).expect("valid").file;
        let clock = Clock { start: file.clock.start, days: file.clock.days, heartbeat_s: 30 };
        Defects::new(&file, clock)
    }

    #[test]
    fn nothing_happens_unless_the_scenario_says_so() {
        let none = defects(&[]);
        for id in 1..2000 {
            let whole = Delivery { delays_ms: vec![0], ..Delivery::default() };
            assert_eq!(none.deliver(id << 16, id as i32, (id % 7) as u16, 30 * id as u32), whole);
        }
    }

    #[test]
    fn defects_are_as_frequent_and_as_large_as_asked() {
        let sets = [
            "output.tables.truth_defects=true",
            "defects.lost_share=0.1",
            "defects.late_share=0.2",
            "defects.late_mean_s=60",
            "defects.duplicate_share=0.05",
            "defects.jitter_share=0.3",
            "defects.jitter_max_ms=500",
            "defects.skew_share=0.4",
            "defects.skew_max_s=90",
            "outages.cable={ region = \"eu-west\", start = \"2026-01-06\", hour_utc = 1.5, minutes = 30 }",
        ];
        let defects = defects(&sets);
        let eu_west = 3;
        let (mut counts, mut late_ms) = ([0; 6], 0.0);
        for id in 1..=20_000_i64 {
            let delivery = defects.deliver(id << 16, id as i32, 0, 600);
            for &(defect, ms) in &delivery.defects {
                counts[defect as usize] += 1;
                late_ms += if defect == Defect::Late { f64::from(ms) } else { 0.0 };
                let bound = [i32::MAX, 500, i32::MAX, 0, 0, 90_000][defect as usize];
                assert!(ms.abs() <= bound, "{defect:?} {ms}");
            }
            assert_eq!(delivery.delays_ms.is_empty(), delivery.defects.iter().any(|(d, _)| *d == Defect::Lost));
            // A clock is wrong for good, an outage is of one region and has an end.
            let [then, later] = [600, 86_400 + 6_000].map(|at| defects.deliver(id << 16, id as i32, eu_west, at));
            let skew = |delivery: &Delivery| delivery.defects.iter().find(|(d, _)| *d == Defect::Skew).copied();
            assert_eq!(skew(&then), skew(&later));
            assert!(later.defects.contains(&(Defect::Outage, 0)) && later.delays_ms.is_empty());
            let after = defects.deliver(id << 16, id as i32, eu_west, 86_400 + 7_200);
            assert!(!after.defects.contains(&(Defect::Outage, 0)));
        }
        let share = |defect: Defect| f64::from(counts[defect as usize]) / 20_000.0;
        for (defect, expected) in [
            (Defect::Lost, 0.1),
            (Defect::Late, 0.18),
            (Defect::Duplicate, 0.045),
            (Defect::Jitter, 0.3),
            (Defect::Skew, 0.4),
        ] {
            assert!((share(defect) / expected - 1.0).abs() < 0.08, "{defect:?} {}", share(defect));
        }
        let mean = late_ms / f64::from(counts[Defect::Late as usize]);
        assert!((57_000.0..63_000.0).contains(&mean), "{mean}");
    }
}
