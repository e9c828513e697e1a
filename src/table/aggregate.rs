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
        /// Heartbeats by UTC hour.
        heartbeats_by_hour: [u64; 24];
        /// Rows of every table of facts.
        rows: RowCounts;
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
}
