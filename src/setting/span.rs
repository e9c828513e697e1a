//! The days and realms that a run simulates, and the one order in which everything is stepped, written and counted.

use std::ops::Range;

use super::size::Size;
use crate::time::{Clock, Date};

/// A realm on a day, or what is left of it once the run is over: the unit of work and of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leg {
    /// Simulated day; one past the last for what exists only because the run ended.
    pub day: u32,
    /// Realm.
    pub realm: u32,
}

/// Days times realms.
#[derive(Clone, Debug)]
pub struct Span {
    clock: Clock,
    size: Size,
    /// Days that are simulated.
    pub days: Range<u32>,
    /// Realms that are simulated.
    pub realms: Range<u32>,
}

impl Span {
    /// Every day and every realm.
    pub fn whole(clock: Clock, size: &Size) -> Self {
        Self { clock, size: size.clone(), days: 0..clock.days, realms: 0..size.realms }
    }

    /// The same without the days before one.
    pub fn starting_on(self, first: u32) -> Self {
        Self { days: first..self.days.end, ..self }
    }

    /// The span of each shard, in order.
    pub fn shards(&self) -> impl Iterator<Item = Self> {
        (0..self.size.shards).map(|shard| Self { realms: self.size.realms_of(shard), ..self.clone() })
    }

    /// The first leg, unless there is none.
    pub fn first(&self) -> Option<Leg> {
        (!self.days.is_empty() && !self.realms.is_empty())
            .then_some(Leg { day: self.days.start, realm: self.realms.start })
    }

    /// The leg after another: realm by realm, day by day. A realm's last day is followed at once by what ends with the
    /// run, so that no more than a few realms of that ever wait, however many sessions are open.
    pub fn after(&self, Leg { day, realm }: Leg) -> Option<Leg> {
        let last = self.days.end;
        if self.is_last(day) {
            return Some(Leg { day: last, realm });
        }
        let is_closing = day == last;
        match realm + 1 {
            next if next < self.realms.end => Some(Leg { day: if is_closing { last - 1 } else { day }, realm: next }),
            _ if is_closing => None,
            _ => Some(Leg { day: day + 1, realm: self.realms.start }),
        }
    }

    /// Whether a day is the last to be simulated.
    pub fn is_last(&self, day: u32) -> bool {
        day + 1 == self.days.end
    }

    /// Whether a leg tells what exists only because the run ended.
    pub fn is_closing(&self, day: u32) -> bool {
        day == self.days.end
    }

    /// The calendar day under which the rows of a leg are filed.
    pub fn date(&self, day: u32) -> Date {
        self.clock.date(day.min(self.days.end - 1))
    }

    /// Ticks of a day.
    pub fn ticks(&self, day: u32) -> Range<u32> {
        let ticks = self.clock.ticks_per_day();
        day * ticks..(day + 1) * ticks
    }

    /// Ticks of each window of a day.
    pub fn windows(&self, day: u32) -> impl Iterator<Item = Range<u32>> + use<> {
        let (ticks, length) = (self.ticks(day), self.size.window_ticks);
        ticks.clone().step_by(length as usize).map(move |first| first..(first + length).min(ticks.end))
    }

    /// Steps of a realm by a tick, all realms together.
    pub fn realm_ticks(&self) -> u64 {
        self.days.len() as u64 * u64::from(self.clock.ticks_per_day()) * self.realms.len() as u64
    }

    /// Shard of a realm.
    pub fn shard_of(&self, realm: u32) -> u32 {
        self.size.shard_of(realm)
    }

    /// Whether a realm is the last of a day.
    pub fn ends_day(&self, realm: u32) -> bool {
        realm + 1 == self.realms.end
    }

    /// Realms in groups of some size, in the order of the span or in one drawn from a key.
    pub fn groups(&self, size: u32, shuffle: Option<u64>) -> Vec<Vec<u32>> {
        let mut order: Vec<u32> = self.realms.clone().collect();
        if let Some(key) = shuffle {
            order.sort_unstable_by_key(|&realm| crate::random::mix(key ^ u64::from(realm) << 8));
        }
        order.chunks(size as usize).map(<[u32]>::to_vec).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(days: Range<u32>) -> Span {
        let size = Size {
            realms: 3,
            shards: 2,
            window_ticks: 1_000,
            rows_per_group: 1,
            expected_online: 1.0,
            expected_peak: 1.0,
            trough_online_per_realm: 1.0,
        };
        Span::whole(Clock { start: Date(0), days: days.end, heartbeat_s: 30 }, &size).starting_on(days.start)
    }

    fn legs(span: &Span) -> Vec<(u32, u32)> {
        std::iter::successors(span.first(), |leg| span.after(*leg)).map(|leg| (leg.day, leg.realm)).collect()
    }

    #[test]
    fn days_follow_one_another_and_each_realm_closes_after_its_last() {
        assert_eq!(legs(&span(1..3)), [(1, 0), (1, 1), (1, 2), (2, 0), (3, 0), (2, 1), (3, 1), (2, 2), (3, 2)]);
        assert_eq!(legs(&span(0..1)), [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]);
        assert!(legs(&span(2..2)).is_empty());
    }

    #[test]
    fn windows_cover_a_day_and_shards_end_with_their_last_realm() {
        let span = span(0..2);
        assert_eq!(span.windows(1).collect::<Vec<_>>(), [2880..3880, 3880..4880, 4880..5760]);
        assert_eq!(span.shards().map(|shard| shard.realms).collect::<Vec<_>>(), [0..1, 1..3]);
        let shard = span.shards().nth(1).expect("two of them");
        assert_eq!(legs(&shard), [(0, 1), (0, 2), (1, 1), (2, 1), (1, 2), (2, 2)]);
        assert_eq!([1, 2].map(|realm| shard.ends_day(realm)), [false, true]);
        assert_eq!((span.date(1), span.date(2), span.realm_ticks()), (Date(1), Date(1), 2 * 2880 * 3));
    }

    #[test]
    fn every_realm_is_in_one_group_in_any_order() {
        for (size, shuffle) in [(1, None), (2, Some(1)), (5, Some(2))] {
            let groups = span(0..1).groups(size, shuffle);
            assert!(groups.iter().all(|group| group.len() <= size as usize));
            let mut realms = groups.concat();
            realms.sort_unstable();
            assert_eq!(realms, [0, 1, 2]);
        }
    }
}
