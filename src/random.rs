//! Randomness without state: every draw is a pure function of (seed, purpose, what it is about, ordinal).
//!
//! The generator is counter-based: a [`Stream`] is keyed by three rounds of the SplitMix64 finaliser
//! (Steele, Lea, Flood 2014) over the key parts, and its n-th word is the finaliser of `key + n * gamma`.
//! Nothing is stored between draws, so no draw depends on threads, order or what else was simulated.
//! Distributions live here too, because `rand` does not promise the values its own produce across versions.

use std::convert::Infallible;
use std::sync::LazyLock;

use rand::TryRng;

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a draw decides. The discriminants are part of the data version: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Country of a player.
    Country = 1,
    /// Device of a player.
    Device = 2,
    /// Archetype of a player.
    Archetype = 3,
    /// Latent traits of a player.
    Traits = 4,
    /// Spending cluster of a player.
    Cluster = 5,
    /// Days between two active days, and churn.
    Return = 6,
    /// Sessions of an active day.
    Sessions = 7,
    /// Which mode a session plays next.
    Mode = 8,
    /// Map of a match.
    Map = 9,
    /// Length of a match.
    MatchLength = 10,
    /// Where a player spawns.
    Spawn = 11,
    /// A step of movement.
    Movement = 12,
    /// Whether a contact ends in a kill, whose and when.
    Fight = 13,
    /// Weapon, headshot and drift of a kill.
    Kill = 14,
    /// When and what a player buys.
    Purchase = 15,
    /// Places generated for a map that lists none.
    Places = 16,
    /// Client version.
    Client = 17,
    /// Sample lives from which run sizes are estimated.
    Estimate = 18,
    /// Points in benches and self-tests.
    Probe = 19,
    /// Whether a session asks friends along, and when they come.
    Party = 20,
    /// Region of a player.
    Region = 21,
    /// Which place on a map a player goes to.
    Destination = 22,
    /// How good a player is in a match.
    Form = 23,
    /// Where exactly a player goes.
    Waypoint = 24,
    /// How easily a player makes friends.
    Sociability = 25,
    /// Whether two players are friends.
    Friend = 26,
    /// Which accounts of different cohorts know one another.
    Circle = 27,
    /// How well matchmaking knows a player's skill.
    Seating = 28,
    /// When a campaign brings newcomers.
    Campaign = 29,
    /// When a payer first pays.
    FirstPurchase = 30,
    /// Whether, how and since when an account cheats.
    Cheat = 31,
    /// Where a cheater moves.
    CheatMove = 32,
    /// Whether a victim reports its killer.
    Report = 33,
    /// Whether a condemned account waits for the wave.
    Ban = 34,
    /// Whether something makes a player stop.
    Effect = 35,
    /// What happens to a heartbeat on its way.
    Defect = 36,
}

/// The SplitMix64 finaliser: a bijection of 64-bit words.
#[inline(always)]
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Key of a scenario entry: a hash of its name (FNV-1a, then mixed), so that no draw sees list positions.
pub const fn name_key(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    mix(hash)
}

/// Number of an item: a hash of its name, so that it stays when others are added.
pub const fn item_number(name: &str) -> i32 {
    (name_key(name) >> 33) as i32
}

/// The seed of a run, from which every stream is derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream for one purpose about one thing (a player, session or match id) at one ordinal (a tick, a count).
    #[inline]
    pub fn stream(self, purpose: Purpose, about: u64, ordinal: u64) -> Stream {
        self.streams(purpose, ordinal).about(about)
    }

    /// The streams for one purpose at one ordinal, about whatever is asked.
    #[inline]
    pub fn streams(self, purpose: Purpose, ordinal: u64) -> Streams {
        let key = mix(self.0 ^ (purpose as u64).wrapping_mul(0xd6e8_feb8_6659_fd93));
        Streams { key: mix(key.wrapping_add(ordinal.wrapping_mul(0xa076_1d64_78bd_642f))) }
    }
}

/// Streams that differ only in what they are about: a loop over players at one tick computes the rest once.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    key: u64,
}

impl Streams {
    /// The stream about one thing.
    #[inline(always)]
    pub fn about(self, about: u64) -> Stream {
        Stream { state: mix(self.key ^ about.wrapping_mul(GAMMA)) }
    }
}

/// A short sequence of draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    state: u64,
}

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.bits() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl Stream {
    /// 64 uniform bits.
    #[inline(always)]
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }

    /// Passes over a word, as if it had been drawn.
    #[inline(always)]
    pub fn skip(&mut self) {
        self.state = self.state.wrapping_add(GAMMA);
    }

    /// Uniform integer in `0..bound` (Lemire's multiply-shift; bias below 2^-32 for 32-bit bounds).
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u32
    }

    /// Uniform integer in `low..=high`.
    #[inline]
    pub fn within(&mut self, low: i32, high: i32) -> i32 {
        low.wrapping_add(self.below(high.abs_diff(low).saturating_add(1)) as i32)
    }

    /// Uniform in the open interval (0, 1), on a grid of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        unit_of(self.bits())
    }

    /// True with probability `p`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Exponential with the given mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(self.unit())
    }

    /// Standard normal, by inversion.
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.unit())
    }
}

/// The number of the open interval (0, 1) that 64 uniform bits stand for, on a grid of 2^-53.
#[inline(always)]
pub fn unit_of(bits: u64) -> f64 {
    ((bits >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
}

/// The number of the open interval (0, 1) that 32 uniform bits stand for, on a grid of 2^-32: by a conversion of signed
/// numbers, which every vector instruction set has.
#[inline(always)]
pub fn unit_of_half(bits: u32) -> f64 {
    f64::from(bits.cast_signed()) * (1.0 / 4_294_967_296.0) + (0.5 + 1.0 / 8_589_934_592.0)
}

/// Picks among named entries with the given weights: weighted rendezvous hashing.
///
/// Every entry races with an exponential clock of its own, drawn from the streams of its name, so that adding or removing an entry
/// moves only the things that it wins or that were its own. Returns the index of the winner, 0 if all weights are 0.
pub fn pick(about: u64, entries: impl Iterator<Item = (Streams, f64)> + Clone) -> usize {
    let unit = |streams: Streams| streams.about(about).unit();
    let quick = entries.clone().map(|(streams, weight)| {
        // No weight, no arrival: infinity loses to everything.
        let mean = if weight > 0.0 { 1.0 / weight } else { f64::INFINITY };
        (-quick_ln(unit(streams)) * mean, QUICK_LN_ERROR * mean)
    });
    first_by_far(quick).unwrap_or_else(|| {
        let exact = |(streams, weight)| if weight > 0.0 { -libm::log(unit(streams)) / weight } else { f64::INFINITY };
        first(entries.map(exact))
    })
}

/// Winners of so many races between entries with the given weights, run by their names as in [`pick`]: the winner of each is
/// drawn independently.
pub fn winners(races: usize, entries: &[(Streams, f64)]) -> Vec<u16> {
    let mut best = vec![(f64::INFINITY, 0); races];
    for (index, &(streams, weight)) in entries.iter().enumerate().filter(|(_, (_, weight))| *weight > 0.0) {
        for (race, best) in best.iter_mut().enumerate() {
            let unit = streams.about(race as u64).unit();
            // Most arrive too late, which shows without a logarithm: 1 - u is less than -ln u.
            if (1.0 - unit) < best.0 * weight {
                let arrival = -libm::log(unit) / weight;
                if arrival < best.0 {
                    *best = (arrival, index as u16);
                }
            }
        }
    }
    best.into_iter().map(|(_, winner)| winner).collect()
}

/// [`pick`] by the logarithms of weights, for weights that span more than floats do. Minus infinity is never picked.
pub fn pick_by_log_weight(about: u64, entries: impl Iterator<Item = (Streams, f64)> + Clone) -> usize {
    let unit = |streams: Streams| streams.about(about).unit();
    let quick = entries.clone().map(|(streams, weight_log)| {
        let arrival = -quick_ln(unit(streams));
        // An error e of x is one of e / x of its logarithm; tiny arrivals are told apart exactly.
        let error = if arrival > 1e-6 { 2.0 * QUICK_LN_ERROR / arrival + QUICK_LN_ERROR } else { f64::INFINITY };
        (quick_ln(arrival.max(f64::MIN_POSITIVE)) - weight_log, error)
    });
    first_by_far(quick).unwrap_or_else(|| {
        first(entries.map(|(streams, weight_log)| libm::log(-libm::log(unit(streams))) - weight_log))
    })
}

/// Index of the smallest of some arrivals, the first among equals; 0 if all are infinite.
fn first(arrivals: impl Iterator<Item = f64>) -> usize {
    let smaller = |best: (f64, usize), (index, arrival)| if arrival < best.0 { (arrival, index) } else { best };
    arrivals.enumerate().fold((f64::INFINITY, 0), |best, (index, arrival)| smaller(best, (index, arrival))).1
}

/// Likewise for arrivals that are known up to an error each, unless that leaves the winner open.
fn first_by_far(arrivals: impl Iterator<Item = (f64, f64)>) -> Option<usize> {
    let mut best = (f64::INFINITY, f64::INFINITY, 0);
    let mut others_from = f64::INFINITY;
    for (index, (arrival, error)) in arrivals.enumerate() {
        if arrival.is_nan() || error.is_nan() {
            return None;
        }
        if arrival < best.0 {
            others_from = others_from.min(best.0 - best.1);
            best = (arrival, error, index);
        } else {
            others_from = others_from.min(arrival - error);
        }
    }
    (others_from > best.0 + best.1).then_some(best.2)
}

/// Bound of the absolute error of [`quick_ln`] on (0, 2^53), with room to spare (a test holds a tenth of it).
const QUICK_LN_ERROR: f64 = 1e-9;

/// The natural logarithm of a positive normal number, roughly: by a table of 256 and a short series. It decides nothing
/// where its error could matter.
fn quick_ln(x: f64) -> f64 {
    static TABLE: LazyLock<[(f64, f64); 256]> = LazyLock::new(|| {
        std::array::from_fn(|i| {
            let centre = 1.0 + (i as f64 + 0.5) / 256.0;
            (1.0 / centre, libm::log(centre))
        })
    });
    let bits = x.to_bits();
    let exponent = (bits >> 52) as i32 - 1023;
    let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    let (inverse, ln_centre) = TABLE[(bits >> 44 & 0xff) as usize];
    let r = mantissa * inverse - 1.0;
    let series = r * (1.0 - r * (0.5 - r * (1.0 / 3.0 - r * 0.25)));
    f64::from(exponent) * std::f64::consts::LN_2 + (ln_centre + series)
}

/// Cumulative distribution of the standard normal.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// Quantile of the standard normal (Acklam's rational approximation, relative error below 1.2e-9).
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    let poly = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = |q: f64| poly(&C, q) / (poly(&D, q) * q + 1.0);
    if p < 0.024_25 {
        tail(libm::sqrt(-2.0 * libm::log(p)))
    } else if p > 1.0 - 0.024_25 {
        -tail(libm::sqrt(-2.0 * libm::log(1.0 - p)))
    } else {
        let q = p - 0.5;
        let r = q * q;
        poly(&A, r) * q / (poly(&B, r) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_draws_are_pinned() {
        let mut stream = Seed(42).stream(Purpose::Movement, 7, 3);
        let first: Vec<u64> = (0..3).map(|_| stream.bits()).collect();
        assert_eq!(first, [PINNED[0], PINNED[1], PINNED[2]]);
        assert_eq!(name_key("eu-west"), PINNED[3]);
    }

    /// A change here changes every output file: it needs a new data version and a line in CHANGELOG.md.
    const PINNED: [u64; 4] = [16861304604565618152, 9192707765127730582, 10095893112520810850, 7291859230712698082];

    #[test]
    fn purposes_things_and_ordinals_give_unrelated_streams() {
        let base = Seed(1).stream(Purpose::Mode, 5, 9).bits();
        for other in [
            Seed(2).stream(Purpose::Mode, 5, 9).bits(),
            Seed(1).stream(Purpose::Map, 5, 9).bits(),
            Seed(1).stream(Purpose::Mode, 6, 9).bits(),
            Seed(1).stream(Purpose::Mode, 5, 10).bits(),
        ] {
            assert!((base ^ other).count_ones() > 10, "{base:x} {other:x}");
        }
    }

    #[test]
    fn quantile_inverts_the_distribution() {
        for i in 1..1000 {
            let p = f64::from(i) / 1000.0;
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 1e-8, "{p}");
        }
    }

    #[test]
    fn moments_match() {
        let n = 100_000;
        let mut stream = Seed(3).stream(Purpose::Traits, 0, 0);
        let (mut sum, mut squares, mut waits) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let x = stream.normal();
            sum += x;
            squares += x * x;
            waits += stream.exponential(2.0);
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.02 && (squares / n - 1.0).abs() < 0.02 && (waits / n - 2.0).abs() < 0.03);
    }

    #[test]
    fn log_weights_pick_what_weights_pick_however_small_and_never_zero() {
        for id in 0..2_000 {
            let weights = [1.0, 2.0, 0.5];
            let entries = |log: bool| weights.iter().map(move |w| (*w as u64, if log { libm::log(*w) } else { *w }));
            let streams = |(key, weight)| (Seed(4).streams(Purpose::Kill, key), weight);
            let plain = pick(id, entries(false).map(streams));
            assert_eq!(pick_by_log_weight(id, entries(true).map(streams)), plain);
            let tiny = [(1, f64::NEG_INFINITY), (2, -2e5), (3, -3e5)];
            assert_eq!(pick_by_log_weight(id, tiny.into_iter().map(streams)), 1);
        }
    }

    #[test]
    fn the_quick_logarithm_keeps_its_bound() {
        let mut draws = Seed(6).stream(Purpose::Probe, 0, 0);
        for n in 0..200_000 {
            let x = draws.unit();
            for x in [x, x * x * x, 1.0 - x * 1e-9, x * 37.0, f64::from(n + 1) / 256.0] {
                assert!((quick_ln(x) - libm::log(x)).abs() < QUICK_LN_ERROR / 10.0, "{x}");
            }
        }
    }

    #[test]
    fn races_decided_quickly_are_those_decided_exactly() {
        let streams = |key: u64| Seed(8).streams(Purpose::Country, mix(key));
        let entries = |n: u64| (0..n).map(move |key| (streams(key), (key % 5) as f64 * 0.3));
        let mut quick = 0;
        for about in 0..50_000 {
            let n = 1 + about % 9;
            let unit = |streams: Streams| streams.about(about).unit();
            let exact = first(entries(n).map(|(streams, weight)| -libm::log(unit(streams)) / weight));
            assert_eq!(pick(about, entries(n)), exact);
            let logs = entries(n).map(|(streams, weight)| (streams, libm::log(weight)));
            let exact = first(logs.clone().map(|(streams, log)| libm::log(-libm::log(unit(streams))) - log));
            assert_eq!(pick_by_log_weight(about, logs.clone()), exact);
            let quickly = logs.map(|(streams, log)| (quick_ln(-quick_ln(unit(streams))) - log, 1e-6));
            quick += u32::from(first_by_far(quickly).is_some());
        }
        assert!(quick > 35_000, "{quick}");
        assert_eq!(first_by_far([(1.0, 0.1), (1.15, 0.1)].into_iter()), None);
        assert_eq!(first_by_far([(1.0, 0.1), (1.25, 0.1), (3.0, 0.1)].into_iter()), Some(0));
        assert_eq!(first_by_far([(3.0, 0.1), (1.25, 0.1), (1.0, 0.1)].into_iter()), Some(2));
    }

    #[test]
    fn races_have_the_winners_that_picking_one_by_one_finds() {
        let entries: Vec<(Streams, f64)> = (0..40)
            .map(|n: u32| (Seed(3).streams(Purpose::Destination, name_key(&n.to_string())), f64::from(n % 7)))
            .collect();
        let winners = winners(5_000, &entries);
        for (race, winner) in winners.iter().enumerate() {
            assert_eq!(usize::from(*winner), pick(race as u64, entries.iter().copied()));
        }
        assert!(entries.iter().zip(0..).all(|((_, weight), n)| winners.contains(&n) == (*weight > 0.0)));
    }

    #[test]
    fn pick_follows_weights_and_moves_only_what_a_new_entry_wins() {
        let three = [("a", 1.0), ("b", 2.0), ("c", 1.0)];
        let four = [("a", 1.0), ("b", 2.0), ("c", 1.0), ("d", 4.0)];
        let choose = |list: &[(&'static str, f64)], id| {
            let entry = |&(name, weight): &(&str, f64)| (Seed(9).streams(Purpose::Country, name_key(name)), weight);
            list[pick(id, list.iter().map(entry))].0
        };
        let mut b = 0;
        for id in 0..20_000 {
            let (before, after) = (choose(&three, id), choose(&four, id));
            assert!(after == "d" || after == before);
            b += u32::from(before == "b");
        }
        assert!((9_700..10_300).contains(&b), "{b}");
    }
}
