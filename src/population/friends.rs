//! Friends: who knows whom, as a pure function of account numbers within a realm.
//!
//! Every account has a chair in two circles of its realm: that of the accounts made next to it, who came together, and one of
//! accounts dealt together by a permutation, which joins cohorts. A circle draws some of the numbers below 128; members whose
//! chairs differ by one of them (exclusive or, so that it is the same from either side) are acquainted. Two acquaintances are
//! friends by a draw of the pair; the chance grows with how sociable both are (log-normal, so that numbers of friends are) and
//! how alike: of one region, of similar engagement. So the friends of an account are found among some ten times as many
//! acquaintances, and nothing is stored.

use crate::population::{Population, Profile};
use crate::random::{Purpose, Seed, Streams, mix};
use crate::scenario::sections::{File, Friends};

/// Accounts in a circle.
pub const CIRCLE: u32 = 128;
/// Circles of an account.
pub const LAYERS: usize = 2;
/// Accounts by which the chance of a friendship is set, so that an account has as many friends as the scenario says.
const SAMPLE: i32 = 192;
/// Acquaintances for each friend, at least, if the circles have as many members. So few friendships are certain that numbers
/// of friends are log-normal but for one account in hundreds.
const ACQUAINTANCES: f64 = 6.0;

/// What of a player decides who its friends are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Social {
    /// Account number.
    pub id: i32,
    /// Index of its region.
    pub region: u16,
    /// Engagement, in standard deviations of the population.
    pub engagement: f64,
    /// How easily it makes friends: 1 on average over its spread.
    pub sociability: f64,
}

/// The friend graph of a scenario.
#[derive(Clone, Debug)]
pub struct Friendships {
    seed: Seed,
    players: u32,
    realms: u32,
    keys: Friends,
    /// Members of a circle are acquainted with this power of one half.
    halvings: u32,
    /// Chance that two alike acquaintances, of sociability 1, are friends.
    chance: f64,
}

/// A place in a circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chair {
    /// Number of the circle in its realm and layer.
    pub circle: u32,
    /// Place in it, below [`CIRCLE`].
    pub place: u8,
}

/// Who is acquainted in a circle.
#[derive(Clone, Copy, Debug)]
pub struct Acquainted(u128);

impl Acquainted {
    /// Whether two members are acquainted, by their places.
    #[inline(always)]
    pub fn are(self, a: u8, b: u8) -> bool {
        self.0 >> (a ^ b) & 1 == 1
    }

    /// The places of the acquaintances of a member.
    fn of(self, place: u8) -> impl Iterator<Item = u8> {
        (0..CIRCLE as u8).filter(move |&other| self.are(place, other))
    }
}

impl Friendships {
    /// The graph of a population that is dealt to realms.
    pub fn new(file: &File, population: &Population, realms: u32) -> Self {
        let keys = file.friends.clone();
        let others = f64::from(CIRCLE - 1) * LAYERS as f64;
        let halvings = libm::log2(others / (ACQUAINTANCES * keys.mean).max(1.0)).max(0.0) as u32;
        let (seed, players) = (Seed(file.seed), file.population.players);
        let mut graph = Self { seed, players, realms, keys, halvings, chance: 0.0 };
        let acquaintances = others / f64::from(1 << halvings);
        let sample: Vec<Social> = (1..=SAMPLE).map(|id| graph.social(&population.profile(id))).collect();
        let mean_at = |chance: f64| {
            let friends = |a: &Social| -> f64 {
                let beside = sample.iter().filter(|b| b.id != a.id);
                beside.map(|b| (chance * graph.affinity(a, b)).min(1.0)).sum()
            };
            let sum: f64 = sample.iter().map(friends).sum();
            sum / f64::from(SAMPLE * (SAMPLE - 1)) * acquaintances
        };
        let (mut low, mut high) = (0.0, 1e4);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            *if mean_at(middle) < graph.keys.mean { &mut low } else { &mut high } = middle;
        }
        graph.chance = low;
        graph
    }

    /// What of a player decides who its friends are.
    pub fn social(&self, profile: &Profile) -> Social {
        let id = profile.nature.id;
        let spread = self.keys.spread_log;
        let draw = self.seed.stream(Purpose::Sociability, id as u64, 0).normal();
        Social {
            id,
            region: profile.region,
            engagement: profile.nature.engagement,
            sociability: libm::exp(spread * draw - 0.5 * spread * spread),
        }
    }

    /// How likely two acquaintances are friends, in relation to two alike ones of sociability 1.
    fn affinity(&self, a: &Social, b: &Social) -> f64 {
        self.affinity_of_equals(a, b) / self.distance(a, b)
    }

    /// That if they were equally engaged: no pair is likelier.
    fn affinity_of_equals(&self, a: &Social, b: &Social) -> f64 {
        let region = if a.region == b.region { 1.0 } else { self.keys.other_region };
        a.sociability * b.sociability * region
    }

    /// By how much a difference of engagement makes a friendship less likely: 1 for none.
    fn distance(&self, a: &Social, b: &Social) -> f64 {
        let apart = (a.engagement - b.engagement) / self.keys.engagement_reach;
        1.0 + apart * apart
    }

    /// The draws of friendships in a layer.
    pub fn draws(&self, layer: usize) -> Streams {
        self.seed.streams(Purpose::Friend, layer as u64)
    }

    /// How near two acquaintances are to each other, below 1: the smaller, the closer. None if they are no friends.
    #[inline]
    pub fn closeness(&self, draws: Streams, a: &Social, b: &Social) -> Option<f64> {
        let pair = (a.id.min(b.id) as u64) << 32 | a.id.max(b.id) as u64;
        let draw = draws.about(pair).unit();
        // Most are of two regions, and done without a division.
        let chance = self.chance * self.affinity_of_equals(a, b);
        (draw < chance).then(|| draw * self.distance(a, b) / chance).filter(|closeness| *closeness < 1.0)
    }

    /// The realm of an account.
    pub fn realm_of(&self, id: i32) -> u32 {
        (id as u32 - 1) % self.realms
    }

    /// The chair of an account in a layer of its realm.
    pub fn chair_of(&self, layer: usize, id: i32) -> Chair {
        let number = (id as u32 - 1) / self.realms;
        let number = if layer == 0 { number } else { self.shuffle(self.realm_of(id)).forwards(number) };
        Chair { circle: number / CIRCLE, place: (number % CIRCLE) as u8 }
    }

    /// Who is acquainted in a circle of a realm.
    pub fn acquainted(&self, layer: usize, realm: u32, circle: u32) -> Acquainted {
        let about = u64::from(realm) << 32 | u64::from(circle);
        let mut draws = self.seed.stream(Purpose::Circle, about, 1 + layer as u64);
        let mut half = || u128::from(draws.bits()) << 64 | u128::from(draws.bits());
        let numbers = (0..self.halvings).fold(u128::MAX, |numbers, _| numbers & half());
        // Nobody is acquainted with itself.
        Acquainted(numbers & !1)
    }

    /// The acquaintances of an account in a layer.
    fn acquaintances_of(&self, layer: usize, id: i32) -> Vec<i32> {
        let (realm, chair) = (self.realm_of(id), self.chair_of(layer, id));
        let shuffle = self.shuffle(realm);
        let others = self.acquainted(layer, realm, chair.circle).of(chair.place);
        let numbers =
            others.map(|place| chair.circle * CIRCLE + u32::from(place)).filter(|&number| number < shuffle.len);
        let original = |number: u32| if layer == 0 { number } else { shuffle.backwards(number) };
        numbers.map(|number| (original(number) * self.realms + realm + 1) as i32).collect()
    }

    /// The friends of an account, by number, found among its acquaintances.
    pub fn friends_of(&self, population: &Population, id: i32) -> Vec<i32> {
        self.friends_among(population, id, |_| true)
    }

    /// Those friends of an account for whom something holds; the rest are not looked at.
    pub fn friends_among(&self, population: &Population, id: i32, mut holds: impl FnMut(i32) -> bool) -> Vec<i32> {
        let mut own = None;
        let mut friends = Vec::new();
        for layer in 0..LAYERS {
            let draws = self.draws(layer);
            for other in self.acquaintances_of(layer, id) {
                if holds(other) {
                    let own = own.get_or_insert_with(|| self.social(&population.profile(id)));
                    let is_friend = self.closeness(draws, own, &self.social(&population.profile(other))).is_some();
                    friends.extend(is_friend.then_some(other));
                }
            }
        }
        friends.sort_unstable();
        friends.dedup();
        friends
    }

    fn shuffle(&self, realm: u32) -> Shuffle {
        let accounts = (self.players - realm).div_ceil(self.realms);
        Shuffle::new(accounts, self.seed.stream(Purpose::Circle, realm.into(), 0).bits())
    }
}

/// A permutation of the numbers below some length: rounds of invertible steps on the next power of two, repeated until a
/// number below the length comes out (cycle walking, Black and Rogaway 2002).
struct Shuffle {
    len: u32,
    bits: u32,
    key: u64,
}

const ROUNDS: u64 = 3;

impl Shuffle {
    fn new(len: u32, key: u64) -> Self {
        Self { len, bits: (u32::BITS - len.saturating_sub(1).leading_zeros()).max(2), key }
    }

    fn mask(&self) -> u32 {
        u32::MAX >> (u32::BITS - self.bits)
    }

    /// An odd factor and an addend of a round.
    fn step(&self, round: u64) -> (u32, u32) {
        let word = mix(self.key.wrapping_add(round));
        (word as u32 | 1, (word >> 32) as u32)
    }

    fn forwards(&self, number: u32) -> u32 {
        self.walk(number, |mut x| {
            for round in 0..ROUNDS {
                let (factor, addend) = self.step(round);
                x = x.wrapping_mul(factor).wrapping_add(addend) & self.mask();
                x ^= x >> (self.bits / 2);
            }
            x
        })
    }

    fn backwards(&self, number: u32) -> u32 {
        self.walk(number, |mut x| {
            for round in (0..ROUNDS).rev() {
                let (factor, addend) = self.step(round);
                // With half or more of the bits on the right side after one, all are after three.
                let y = x;
                (0..3).for_each(|_| x = y ^ x >> (self.bits / 2));
                x = x.wrapping_sub(addend).wrapping_mul(inverse(factor)) & self.mask();
            }
            x
        })
    }

    fn walk(&self, number: u32, once: impl Fn(u32) -> u32) -> u32 {
        let mut x = once(number);
        while x >= self.len {
            x = once(x);
        }
        x
    }
}

/// The inverse of an odd number modulo 2^32, by Newton's iteration.
fn inverse(odd: u32) -> u32 {
    (0..5).fold(odd, |x, _| x.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(x))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn graph(sets: &[&str], realms: u32) -> (Population, Friendships) {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let file = Scenario::parse("t", "t", "", &sets).expect("valid").file;
        let population = Population::new(&file);
        let friendships = Friendships::new(&file, &population, realms);
        (population, friendships)
    }

    #[test]
    fn shuffles_are_permutations_with_an_inverse() {
        for len in [1, 2, 3, 7, 128, 1000, 4097] {
            for key in [0, 7, u64::MAX] {
                let shuffle = Shuffle::new(len, key);
                let mut seen = vec![false; len as usize];
                for n in 0..len {
                    let there = shuffle.forwards(n);
                    assert_eq!(shuffle.backwards(there), n, "{len} {key}");
                    assert!(!std::mem::replace(&mut seen[there as usize], true), "{len}: {there} twice");
                }
            }
        }
    }

    #[test]
    fn friends_are_mutual_of_one_realm_and_as_many_as_the_scenario_says() {
        let (population, graph) = graph(&["population.players=6000"], 3);
        let friends: Vec<Vec<i32>> = (1..=6000).map(|id| graph.friends_of(&population, id)).collect();
        let (mut same_region, mut all, mut apart, mut across) = (0, 0, 0.0, 0);
        for (id, of_id) in (1..).zip(&friends) {
            let own = graph.social(&population.profile(id));
            for other in of_id {
                assert!(friends[*other as usize - 1].contains(&id), "{id} and {other}");
                assert_eq!((id - 1) % 3, (other - 1) % 3);
                let other = graph.social(&population.profile(*other));
                same_region += u32::from(own.region == other.region);
                apart += (own.engagement - other.engagement).abs();
                across += u32::from(graph.chair_of(0, id).circle != graph.chair_of(0, other.id).circle);
                all += 1;
            }
        }
        let mean = f64::from(all) / 6000.0;
        assert!((mean / 8.0 - 1.0).abs() < 0.15, "mean number of friends {mean}");
        let looked_at = |id| (0..LAYERS).map(|layer| graph.acquaintances_of(layer, id).len()).sum::<usize>();
        let looked_at = (1..=6000).map(looked_at).sum::<usize>() as f64 / 6000.0;
        assert!(looked_at < 10.0 * mean, "{looked_at} acquaintances for {mean} friends");
        // Two random accounts are of one region in 15 of 100 cases, and 1.1 apart in engagement.
        assert!(same_region * 10 > all * 5, "{same_region} of {all} in the own region");
        assert!(apart / f64::from(all) < 0.8, "{}", apart / f64::from(all));
        assert!(
            (0.3..0.7).contains(&(f64::from(across) / f64::from(all))),
            "{across} of {all} beyond those who came together"
        );
        // Log-normal: logarithms of the upper quantiles rise as those of the normal distribution do.
        let mut degrees: Vec<usize> = friends.iter().map(Vec::len).collect();
        degrees.sort_unstable();
        let at = |share: f64| degrees[(share * 6000.0) as usize] as f64;
        let ratio = libm::log(at(0.98) / at(0.5)) / libm::log(at(0.84) / at(0.5));
        assert!((1.5..2.4).contains(&ratio), "{ratio}: {} {} {}", at(0.5), at(0.84), at(0.98));
    }

    #[test]
    fn nobody_has_friends_where_the_scenario_says_so_and_one_account_is_alone() {
        let (population, none) = graph(&["population.players=300", "friends.mean=0"], 2);
        assert!((1..=300).all(|id| none.friends_of(&population, id).is_empty()));
        let (population, alone) = graph(&["population.players=1"], 1);
        assert!(alone.friends_of(&population, 1).is_empty());
    }
}
