//! Sums kept while running, for the summary and the report: integers that merge in any order to the same result.
//!
//! A new counter is a line below; rows of every table are counted without one.

/// A count, or several side by side, that can be added up.
trait Counter: Default {
    /// Adds another.
    fn add(&mut self, other: &Self);
}

impl Counter for u64 {
    fn add(&mut self, other: &Self) {
        *self += other;
    }
}

impl<const N: usize> Counter for [u64; N]
where
    Self: Default,
{
    fn add(&mut self, other: &Self) {
        self.iter_mut().zip(other).for_each(|(sum, count)| *sum += count);
    }
}

/// As many entries as the longer of the two has.
impl Counter for Vec<u32> {
    fn add(&mut self, other: &Self) {
        self.resize(self.len().max(other.len()), 0);
        self.iter_mut().zip(other).for_each(|(sum, count)| *sum += count);
    }
}

/// The larger of every two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peaks(pub Vec<u32>);

impl Counter for Peaks {
    fn add(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        self.0.iter_mut().zip(&other.0).for_each(|(peak, other)| *peak = (*peak).max(*other));
    }
}

/// Declares sums and how they merge.
macro_rules! counters {
    ($(#[doc = $doc:literal])+ $name:ident { $( $(#[doc = $field_doc:literal])+ $field:ident: $type:ty; )+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $type, )+
        }

        impl $name {
            /// Adds another span of time or set of realms.
            pub fn merge(&mut self, other: &Self) {
                $( self.$field.add(&other.$field); )+
            }

            /// Fills every counter by a function, to test that none is forgotten.
            #[cfg(test)]
            fn filled(next: &mut dyn FnMut() -> u64) -> Self {
                Self { $( $field: tests::Fill::fill(next), )+ }
            }
        }

        impl Counter for $name {
            fn add(&mut self, other: &Self) {
                self.merge(other);
            }
        }

        #[cfg(test)]
        impl tests::Fill for $name {
            fn fill(next: &mut dyn FnMut() -> u64) -> Self {
                Self::filled(next)
            }
        }
    };
}

counters! {
    /// Sums of a realm and a day, or of any union of such.
    Aggregate {
        /// Players with a heartbeat on the day, those included whose heartbeats are not written.
        active_players: u64;
        /// Heartbeats, those of players whose heartbeats are not written included.
        heartbeats: u64;
        /// Contacts at heartbeats.
        contacts: u64;
        /// Length of the sessions that ended.
        session_s: u64;
        /// Revenue.
        revenue_usd_cents: u64;
        /// Sessions online, by tick of the day and region, until all realms have been added up.
        online: Vec<u32>;
        /// Most sessions online at a tick, by UTC hour: of each region, and after those of all together.
        peaks: Peaks;
        /// Rows of every table of facts.
        rows: RowCounts;
    }
}

impl Aggregate {
    /// Once all realms of a day have been added up: its ticks are left as peaks.
    pub fn close_day(&mut self, regions: usize) {
        let online = std::mem::take(&mut self.online);
        let ticks = online.len() / regions.max(1);
        let peaks = &mut self.peaks.0;
        peaks.resize(24 * (regions + 1), 0);
        for (tick, online) in online.chunks_exact(regions.max(1)).enumerate() {
            let hour = tick * 24 / ticks;
            let all = online.iter().sum::<u32>();
            for (peak, online) in peaks[hour * (regions + 1)..].iter_mut().zip(online.iter().chain([&all])) {
                *peak = (*peak).max(*online);
            }
        }
    }
}

/// Declares a count a table of facts.
macro_rules! row_counts {
    (
        windows { $($window:tt)+ }
        facts { $( $(#[doc = $doc:literal])+ $table:ident: $row:ident, $on:literal; )+ }
        $( $group:ident { $($rest:tt)+ } )+
    ) => {
        counters! {
            /// Rows by table, whether or not they are written.
            RowCounts {
                $( $(#[doc = $doc])+ $table: u64; )+
            }
        }

        impl RowCounts {
            /// Tables and their rows.
            pub fn by_table(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$( (stringify!($table), self.$table), )+].into_iter()
            }
        }
    };
}
crate::table_list::for_each_table!(row_counts);

#[cfg(test)]
mod tests {
    use super::*;

    /// What can be filled with numbers, one a counter.
    pub trait Fill {
        fn fill(next: &mut dyn FnMut() -> u64) -> Self;
    }

    impl Fill for u64 {
        fn fill(next: &mut dyn FnMut() -> u64) -> Self {
            next()
        }
    }

    impl<const N: usize> Fill for [u64; N] {
        fn fill(next: &mut dyn FnMut() -> u64) -> Self {
            std::array::from_fn(|_| next())
        }
    }

    impl Fill for Vec<u32> {
        fn fill(next: &mut dyn FnMut() -> u64) -> Self {
            vec![next() as u32, next() as u32]
        }
    }

    /// Filled so that the larger is the sum of nothing and it.
    impl Fill for Peaks {
        fn fill(_: &mut dyn FnMut() -> u64) -> Self {
            Self::default()
        }
    }

    /// An aggregate whose counters are `first`, `first + step`, and so on.
    fn counting(first: u64, step: u64) -> Aggregate {
        let mut n = 0;
        Aggregate::filled(&mut || {
            n += 1;
            first + (n - 1) * step
        })
    }

    #[test]
    fn every_counter_is_merged_and_in_any_order() {
        let parts = [counting(1, 7), counting(1_000, 1), counting(5, 3)];
        let merge = |order: [usize; 3]| {
            let mut all = Aggregate::default();
            order.iter().for_each(|&n| all.merge(&parts[n]));
            all
        };
        assert_eq!(merge([0, 1, 2]), counting(1 + 1_000 + 5, 7 + 1 + 3));
        assert_eq!(merge([0, 1, 2]), merge([2, 0, 1]));
    }

    #[test]
    fn a_closed_day_keeps_the_peak_of_every_hour() {
        // Two ticks an hour, two regions.
        let mut sums = Aggregate { online: (0..96).map(|n| n % 7).collect(), ..Aggregate::default() };
        sums.close_day(2);
        assert!(sums.online.is_empty());
        // The first hour has (0, 1) and (2, 3), the second (4, 5) and (6, 0).
        assert_eq!(sums.peaks.0[..6], [2, 3, 5, 6, 5, 9]);
        let mut merged = sums.clone();
        merged.merge(&Aggregate { peaks: Peaks(vec![1, 9]), ..Aggregate::default() });
        assert_eq!(merged.peaks.0[..3], [2, 9, 5]);
    }
}
