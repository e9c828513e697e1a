//! Cheating: who cheats, how and since when, as a pure function of account numbers.
//!
//! Some accounts begin on their own. An account one of whose friends did may follow: so cheaters are found among the friends of
//! cheaters, as they are in real games (FACTS X1), and nothing is stored. Who follows leads nobody on.

use crate::population::{Friendships, Population};
use crate::random::{self, Purpose, Seed, Streams, name_key};
use crate::scenario::sections::{Cheat, CheatingKeys, File};

/// How an account cheats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guilt {
    /// Index of the way.
    pub cheat: u16,
    /// Day of the run from which on; negative if it began before.
    pub from_day: i32,
    /// Friend whom it follows; 0 if it began on its own.
    pub after: i32,
}

/// Cheating, compiled.
#[derive(Clone, Debug)]
pub struct Cheating {
    seed: Seed,
    keys: CheatingKeys,
    /// By index.
    cheats: Vec<Cheat>,
    streams: Vec<Streams>,
}

/// No way to cheat, as an index that is kept beside sessions; the n-th way is n.
pub const HONEST: u16 = 0;

impl Cheating {
    /// Compiles it.
    pub fn new(file: &File) -> Self {
        let seed = Seed(file.seed);
        Self {
            seed,
            keys: file.cheating.clone(),
            cheats: file.cheats.values().cloned().collect(),
            streams: file.cheats.names().map(|name| seed.streams(Purpose::Cheat, name_key(name))).collect(),
        }
    }

    /// What a way to cheat does, by its index counted from 1.
    pub fn effect(&self, cheat: u16) -> Option<&Cheat> {
        self.cheats.get(usize::from(cheat.checked_sub(1)?))
    }

    /// Whether a way to cheat, by its index counted from 1, moves in a way that nobody else could.
    pub fn moves(&self, cheat: u16) -> bool {
        self.effect(cheat).is_some_and(|effect| effect.speed_factor > 1.0 || effect.teleport_chance > 0.0)
    }

    /// How an account cheats sooner or later; none if it never does.
    pub fn guilt(&self, population: &Population, friendships: &Friendships, id: i32) -> Option<Guilt> {
        if self.keys.share == 0.0 {
            return None;
        }
        self.on_its_own(population, id).or_else(|| self.after_a_friend(population, friendships, id))
    }

    /// How an account cheats on a day of the run, as an index counted from 1; 0 if it does not.
    pub fn on_day(&self, population: &Population, friendships: &Friendships, id: i32, day: u32) -> u16 {
        let guilt = self.guilt(population, friendships, id).filter(|guilt| guilt.from_day <= day as i32);
        guilt.map_or(HONEST, |guilt| guilt.cheat + 1)
    }

    fn on_its_own(&self, population: &Population, id: i32) -> Option<Guilt> {
        let mut draws = self.seed.stream(Purpose::Cheat, id as u64, 0);
        draws.chance(self.keys.share).then(|| {
            let cheat = self.choose(id);
            let age = draws.exponential(self.cheats[usize::from(cheat)].onset_days).min(1e6) as i32;
            Guilt { cheat, from_day: population.install_day(id) + age, after: 0 }
        })
    }

    /// The friend who is followed is the first to lead it on.
    fn after_a_friend(&self, population: &Population, friendships: &Friendships, id: i32) -> Option<Guilt> {
        if self.keys.contagion == 0.0 {
            return None;
        }
        // Few began on their own and lead on, so that few friendships are looked at.
        let follows_from = |other: i32| {
            let guilt = self.on_its_own(population, other)?;
            let mut draws = self.seed.stream(Purpose::Cheat, id as u64, other as u64);
            let follows = draws.chance(self.keys.contagion);
            follows.then(|| guilt.from_day + draws.exponential(self.keys.contagion_days).min(1e6) as i32)
        };
        let leaders = friendships.friends_among(population, id, |other| follows_from(other).is_some());
        let (from_day, after) = leaders.into_iter().filter_map(|other| Some((follows_from(other)?, other))).min()?;
        let from_day = from_day.max(population.install_day(id));
        Some(Guilt { cheat: self.choose(id), from_day, after })
    }

    fn choose(&self, id: i32) -> u16 {
        let entries = self.streams.iter().copied().zip(self.cheats.iter().map(|cheat| cheat.weight));
        random::pick(id as u64, entries) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use std::collections::HashMap;

    #[test]
    fn cheaters_are_as_many_as_asked_and_friends_of_cheaters_more_often_than_chance() {
        let sets = ["cheating.share=0.03", "cheating.contagion=0.3", "population.players=20000"].map(str::to_owned);
        let file = Scenario::parse("t", "t", "", &sets).expect("valid").file;
        let population = Population::new(&file);
        let (friendships, cheating) = (Friendships::new(&file, &population, 4), Cheating::new(&file));
        let guilt = |id| Some((id, cheating.guilt(&population, &friendships, id)?));
        let guilty: HashMap<i32, Guilt> = (1..=20_000).filter_map(guilt).collect();
        let own = guilty.values().filter(|guilt| guilt.after == 0).count();
        assert!((500..700).contains(&own), "{own} began on their own");
        let followers: Vec<_> = guilty.iter().filter(|(_, guilt)| guilt.after > 0).collect();
        assert!(followers.len() > 500, "{}", followers.len());
        for (id, guilt) in followers {
            let leader = &guilty[&guilt.after];
            assert!(leader.after == 0 && leader.from_day <= guilt.from_day);
            assert!(friendships.friends_of(&population, *id).contains(&guilt.after), "{id} follows a friend");
        }
        // Every friend of one who began follows with the same chance, unless it began itself.
        let (mut friends, mut others) = ((0, 0), (0, 0));
        for id in 1..=3_000 {
            let led = friendships.friends_of(&population, id);
            let led = led.iter().filter(|friend| guilty.get(friend).is_some_and(|guilt| guilt.after == 0)).count();
            let sums = if led > 0 { &mut friends } else { &mut others };
            *sums = (sums.0 + u32::from(guilty.contains_key(&id)), sums.1 + 1);
        }
        let share = |(guilty, all): (u32, u32)| f64::from(guilty) / f64::from(all);
        assert!(share(friends) > 0.3 && share(others) < 0.05, "{friends:?} {others:?}");
        let honest = Cheating::new(&Scenario::parse("t", "t", "", &[]).expect("valid").file);
        assert!((1..2000).all(|id| honest.guilt(&population, &friendships, id).is_none()));
    }
}
