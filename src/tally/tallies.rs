//! What is counted: a new tally is a line below.

use serde_json::{Map, Value, json};

use super::axis::Axis;
use crate::setting::Setting;

/// Counts by the entries of some axes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries of each axis.
    pub sizes: Vec<usize>,
    /// The counts, those of the last axis side by side.
    pub counts: Vec<i64>,
}

impl Counts {
    fn new(axes: &[Axis], setting: &Setting) -> Self {
        let sizes: Vec<usize> = axes.iter().map(|axis| axis.size(setting)).collect();
        Self { counts: vec![0; sizes.iter().product()], sizes }
    }

    /// Where the count of some entries lies.
    #[inline]
    fn place<const N: usize>(&self, at: [usize; N]) -> usize {
        debug_assert!(N == self.sizes.len() && at.iter().zip(&self.sizes).all(|(at, size)| at < size), "{at:?}");
        at.iter().zip(&self.sizes).fold(0, |place, (at, size)| place * size + at)
    }

    /// Adds to a count.
    #[inline]
    pub fn add<const N: usize>(&mut self, at: [usize; N], count: i64) {
        let place = self.place(at);
        self.counts[place] += count;
    }

    /// A count.
    pub fn at<const N: usize>(&self, at: [usize; N]) -> i64 {
        self.counts[self.place(at)]
    }

    /// All counts together.
    pub fn sum(&self) -> i64 {
        self.counts.iter().sum()
    }

    /// Counts by the entries of one axis, all others together.
    pub fn along(&self, axis: usize) -> Vec<i64> {
        let inner: usize = self.sizes[axis + 1..].iter().product();
        let mut sums = vec![0; self.sizes[axis]];
        for (n, count) in self.counts.iter().enumerate() {
            sums[n / inner % self.sizes[axis]] += count;
        }
        sums
    }

    /// The entry of each axis of the count at a place.
    pub fn entries_at(&self, mut place: usize) -> Vec<usize> {
        let mut at = vec![0; self.sizes.len()];
        for (at, size) in at.iter_mut().zip(&self.sizes).rev() {
            *at = place % size;
            place /= size;
        }
        at
    }

    /// Counts of one entry of the first axis, by the others.
    pub fn row(&self, first: usize) -> &[i64] {
        let inner: usize = self.sizes[1..].iter().product();
        &self.counts[first * inner..][..inner]
    }
}

/// Declares tallies: what each counts, in which unit, by which axes.
macro_rules! tallies {
    ($( #[doc = $doc:literal] $name:ident: $unit:literal, [$($axis:ident),+]; )+) => {
        /// Everything that a run counts for its report.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Tallies {
            $( #[doc = $doc] pub $name: Counts, )+
        }

        impl Tallies {
            /// Nothing counted yet.
            pub fn new(setting: &Setting) -> Self {
                Self { $( $name: Counts::new(&[$(Axis::$axis),+], setting), )+ }
            }

            /// Adds what another has counted.
            pub fn merge(&mut self, other: &Self) {
                $( self.$name.counts.iter_mut().zip(&other.$name.counts).for_each(|(sum, count)| *sum += count); )+
            }

            /// What they count, one by one: name, what it is, unit, axes, counts.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static [Axis], &Counts)> {
                [$( (stringify!($name), $doc, $unit, [$(Axis::$axis),+].as_slice(), &self.$name) ),+].into_iter()
            }

            /// The counts by name.
            pub fn by_name(&mut self, name: &str) -> Option<&mut Counts> {
                match name {
                    $( stringify!($name) => Some(&mut self.$name), )+
                    _ => None,
                }
            }
        }
    };
}

tallies! {
    /// Sessions online at all heartbeats of an hour, added up: divided by its heartbeats, the mean number online.
    heartbeats: "heartbeats", [Day, Hour, Region];
    /// Heartbeats in matches of a mode on a map.
    played: "heartbeats", [Mode, Map];
    /// Players with a heartbeat on the day.
    active_players: "players", [Day, Country];
    /// Players with a heartbeat on the day.
    active_by_platform: "players", [Day, Platform];
    /// Players with a heartbeat on the day, by when they installed.
    active_by_cohort: "players", [Cohort, Day];
    /// Players with a heartbeat in the week.
    weekly_active: "players", [Week];
    /// Players with a heartbeat in the month.
    monthly_active: "players", [Month];
    /// Players and days with at least so many sessions that have a heartbeat; a session counts on the day of its first.
    logins: "player-days", [Login];
    /// Sessions, by the day on which they start.
    sessions: "sessions", [Day, Country];
    /// Time in sessions, by the day on which they start.
    session_s: "seconds", [Day, Country];
    /// Sessions that the end of the run did not cut off, by length.
    session_lengths: "sessions", [Platform, SessionMinutes];
    /// Sessions by why they ended.
    session_ends: "sessions", [SessionEnd];
    /// Sessions with a kill or a death, by kills for each death; one death is assumed where there was none.
    session_kills_per_death: "sessions", [KillsPerDeath];
    /// Kills.
    kills: "kills", [Day, Mode];
    /// Kills by weapon and distance.
    kill_distances: "kills", [Weapon, Distance];
    /// Kills that were headshots.
    headshots: "kills", [Weapon];
    /// Where victims stood when they were killed.
    kill_places: "kills", [Map, Cell];
    /// Heartbeats by place.
    occupancy: "heartbeats", [Map, Cell];
    /// Encounters, by the day on which they start.
    encounters: "encounters", [Day, Mode];
    /// Encounters by map.
    encounters_by_map: "encounters", [Map];
    /// Encounters by heartbeats within the radius.
    encounter_beats: "encounters", [Mode, Beats];
    /// Encounters by least distance.
    encounter_distances: "encounters", [Mode, Distance];
    /// Encounters by why they ended.
    encounter_ends: "encounters", [Mode, EncounterEnd];
    /// Encounters of allies and opponents, by whether one killed the other.
    encounter_outcomes: "encounters", [Relation, Outcome];
    /// Matches, by the day on which they start.
    matches: "matches", [Day, Mode];
    /// Matches by why they ended.
    match_ends: "matches", [Mode, MatchEnd];
    /// Matches that the end of the run did not cut off, by length.
    match_lengths: "matches", [Mode, MatchMinutes];
    /// Matches that the end of the run did not cut off, by the team that won.
    winners: "matches", [Mode, Winner];
    /// Matches that the end of the run did not cut off, by how many kills the best team had more than the next.
    margins: "matches", [Mode, Margin];
    /// Players who have unlocked an achievement.
    unlocks: "players", [Achievement];
    /// Players by the level that they have reached.
    levels: "players", [Level];
    /// Reports of killers by their victims.
    reports: "reports", [Day, ReportReason];
    /// Rules of the anti-cheat that sessions have broken.
    flags: "flags", [Day, Rule];
    /// Players who were banned.
    bans: "players", [Day];
    /// Purchases.
    purchases: "purchases", [Day, Country];
    /// What was paid.
    revenue: "US cents", [Day, Country];
    /// Players who bought something in the week.
    payers: "players", [Week, Country];
    /// Purchases by item.
    item_purchases: "purchases", [Item];
    /// What was paid by item.
    item_revenue: "US cents", [Item];
    /// Players who bought something, by what they have spent in all.
    spenders: "players", [Spending];
    /// What they have spent.
    spent: "US cents", [Spending];
}

impl Tallies {
    /// As data: what each counts, in which unit, by which axes, and the counts, those of the last axis side by side.
    pub fn value(&self, setting: &Setting) -> Value {
        let tally = |(name, about, unit, axes, tally): (&str, &str, _, &[Axis], &Counts)| {
            let axes: Vec<Value> =
                axes.iter().map(|axis| json!({"name": axis.name(), "entries": axis.labels(setting)})).collect();
            let value = json!({"about": about.trim(), "unit": unit, "axes": axes, "counts": tally.counts});
            (name.to_owned(), value)
        };
        Value::Object(self.each().map(tally).collect::<Map<_, _>>())
    }

    /// From such data, if it has every tally of the setting with as many counts.
    pub fn from_value(setting: &Setting, value: &Value) -> Option<Self> {
        let mut tallies = Self::new(setting);
        let names: Vec<&str> = tallies.each().map(|(name, ..)| name).collect();
        for name in names {
            let counts = value[name]["counts"].as_array()?;
            let tally = tallies.by_name(name)?;
            if counts.len() != tally.counts.len() {
                return None;
            }
            for (count, value) in tally.counts.iter_mut().zip(counts) {
                *count = value.as_i64()?;
            }
        }
        Some(tallies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn every_tally_is_merged_in_any_order_and_survives_being_data() {
        let scenario = Scenario::parse("t", "t", "", &["clock.days=3".to_owned()]).expect("valid");
        let setting = Setting::new(scenario);
        let filled = |step: i64| {
            let mut tallies = Tallies::new(&setting);
            let names: Vec<&str> = tallies.each().map(|(name, ..)| name).collect();
            let mut next = 0;
            for name in names {
                for count in &mut tallies.by_name(name).expect("listed").counts {
                    next += step;
                    *count = next % 1_009;
                }
            }
            tallies
        };
        let (a, b) = (filled(1), filled(7));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        assert_eq!(ab, ba);
        assert_ne!(ab, a);
        for ((name, .., sum), ((.., a), (.., b))) in ab.each().zip(a.each().zip(b.each())) {
            assert!(sum.counts.iter().zip(a.counts.iter().zip(&b.counts)).all(|(sum, (a, b))| *sum == a + b), "{name}");
        }
        assert_eq!(Tallies::from_value(&setting, &ab.value(&setting)), Some(ab.clone()));
        let mut value = ab.value(&setting);
        value["kills"]["counts"].as_array_mut().expect("a list").pop();
        assert_eq!(Tallies::from_value(&setting, &value), None);
    }

    #[test]
    fn axes_are_summed_over() {
        let tally = Counts { sizes: vec![2, 3], counts: vec![1, 2, 3, 10, 20, 30] };
        assert_eq!((tally.along(0), tally.along(1)), (vec![6, 60], vec![11, 22, 33]));
        assert_eq!((tally.row(1), tally.at([1, 2]), tally.sum()), ([10, 20, 30].as_slice(), 30, 66));
    }
}
