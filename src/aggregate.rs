//! Sums kept while running, for the summary and the report: integers that merge in any order to the same result.

/// Sums of a realm and a day, or of any union of such.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aggregate {
    /// Players active on the day.
    pub active_players: u64,
    /// Heartbeats.
    pub heartbeats: u64,
    /// Contacts at heartbeats.
    pub contacts: u64,
    /// Most sessions online at a tick of one realm.
    pub peak_online: u64,
    /// Sessions that ended.
    pub sessions: u64,
    /// Their length.
    pub session_s: u64,
    /// Purchases.
    pub purchases: u64,
    /// Revenue.
    pub revenue_usd_cents: u64,
    /// Encounters that ended.
    pub encounters: u64,
    /// Kills.
    pub kills: u64,
    /// Matches that ended.
    pub matches: u64,
    /// Parts in them.
    pub participations: u64,
    /// Hidden events.
    pub truth_events: u64,
    /// Heartbeats by UTC hour.
    pub heartbeats_by_hour: [u64; 24],
}

impl Aggregate {
    /// Adds another span of time or set of realms.
    pub fn merge(&mut self, other: &Self) {
        self.active_players += other.active_players;
        self.heartbeats += other.heartbeats;
        self.contacts += other.contacts;
        self.peak_online = self.peak_online.max(other.peak_online);
        self.sessions += other.sessions;
        self.session_s += other.session_s;
        self.purchases += other.purchases;
        self.revenue_usd_cents += other.revenue_usd_cents;
        self.encounters += other.encounters;
        self.kills += other.kills;
        self.matches += other.matches;
        self.participations += other.participations;
        self.truth_events += other.truth_events;
        for (hour, count) in self.heartbeats_by_hour.iter_mut().zip(other.heartbeats_by_hour) {
            *hour += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_in_any_order_gives_the_same() {
        let part = |n: u64| Aggregate {
            heartbeats: n,
            peak_online: n * 7 % 5,
            heartbeats_by_hour: [n; 24],
            ..Aggregate::default()
        };
        let merge = |order: [u64; 3]| {
            let mut all = Aggregate::default();
            order.iter().for_each(|&n| all.merge(&part(n)));
            all
        };
        assert_eq!(merge([1, 2, 3]), merge([3, 1, 2]));
        assert_eq!(merge([1, 2, 3]).heartbeats_by_hour[5], 6);
    }
}
