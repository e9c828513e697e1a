//! Rows that are written together: of a realm and a day, of some accounts, of the small dimensions.

use super::aggregate::{Aggregate, RowCounts};
use super::notes::DayNotes;
use super::order::copy_sorted;
use super::registry::{Account as _, Dimension as _, Row};
use super::rows::*;
use crate::setting::Setting;

/// Something done to the rows of several tables, table by table.
pub trait EachTable {
    /// Why it may fail.
    type Error;
    /// Does it to the rows of one table.
    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> Result<(), Self::Error>;
}

/// Rows of a table for which memory is kept: as many as a window has of most; what a launch needed is given back.
const MOST_ROWS_KEPT: usize = 1 << 16;

/// Drops rows and keeps memory for as many as there may be again.
fn empty<R>(rows: &mut Vec<R>) {
    rows.clear();
    rows.shrink_to(MOST_ROWS_KEPT);
}

/// Declares what gathers the rows of each group of tables.
macro_rules! gather {
    (
        windows { $($window:tt)+ }
        facts { $( $(#[doc = $fact_doc:literal])+ $fact:ident: $fact_row:ident, $fact_on:literal; )+ }
        accounts { $( $(#[doc = $account_doc:literal])+ $account:ident: $account_row:ident, $account_on:literal; )+ }
        dimensions { $( $(#[doc = $entry_doc:literal])+ $entry:ident: $entry_row:ident, $entry_on:literal; )+ }
    ) => {
        /// Rows of a realm and a day, or of any union of such.
        #[derive(Clone, Debug, Default)]
        pub struct DayRows {
            $( $(#[doc = $fact_doc])+ pub $fact: Vec<$fact_row>, )+
            /// Sums; rows are counted when they are handed on.
            pub sums: Aggregate,
            /// What the report needs besides; it stays with those who wrote the rows.
            pub notes: DayNotes,
        }

        impl DayRows {
            /// Moves in the rows and sums of others. Rows are copied, unless there are none yet and the memory here is no
            /// more than the other's, for which it is exchanged then.
            pub fn append(&mut self, other: &mut Self) {
                $( if self.$fact.is_empty() && self.$fact.capacity() <= other.$fact.capacity() {
                    std::mem::swap(&mut self.$fact, &mut other.$fact);
                } else {
                    self.$fact.append(&mut other.$fact);
                } )+
                self.sums.merge(&std::mem::take(&mut other.sums));
            }

            /// Does something to the rows of every table.
            ///
            /// # Errors
            /// The first one, with the tables after it left as they were.
            pub fn each<E: EachTable>(&mut self, action: &mut E) -> Result<(), E::Error> {
                $( action.table(&mut self.$fact)?; )+
                Ok(())
            }

            /// Adds the rows of every table to others, in the order in which they are written, and the sums.
            pub fn copy_sorted(&self, sorted: &mut Self) {
                $( copy_sorted(&self.$fact, &mut sorted.$fact); )+
                sorted.sums.merge(&self.sums);
            }

            /// Drops all rows and sums and keeps memory.
            pub fn clear(&mut self) {
                $( empty(&mut self.$fact); )+
                self.sums = Aggregate::default();
                self.notes.clear();
            }

            /// Gives back the memory that is kept for more rows.
            pub fn fit(&mut self) {
                $( self.$fact.shrink_to_fit(); )+
                self.notes = DayNotes::default();
            }

            /// Bytes that the rows take, with the memory that is kept for more.
            pub fn bytes(&self) -> usize {
                0 $( + self.$fact.capacity() * size_of::<$fact_row>() )+
            }

            /// Rows by table.
            pub fn count(&self) -> RowCounts {
                RowCounts { $( $fact: self.$fact.len() as u64, )+ }
            }
        }

        /// Rows of some accounts.
        #[derive(Clone, Debug, Default)]
        pub struct AccountRows {
            $( $(#[doc = $account_doc])+ $account: Vec<$account_row>, )+
        }

        impl AccountRows {
            /// Names of the tables.
            pub const TABLES: &'static [&'static str] = &[$( stringify!($account) ),+];

            /// The rows of accounts; a profile is computed once for all tables.
            pub fn of(setting: &Setting, ids: impl Iterator<Item = i32>) -> Self {
                let mut rows = Self::default();
                for id in ids {
                    let profile = setting.population.profile(id);
                    $( rows.$account.push($account_row::of(setting, &profile)); )+
                }
                rows
            }

            /// Does something to the rows of every table.
            ///
            /// # Errors
            /// The first one.
            pub fn each<E: EachTable>(&mut self, action: &mut E) -> Result<(), E::Error> {
                $( action.table(&mut self.$account)?; )+
                Ok(())
            }
        }

        /// Rows of the dimensions that do not grow with the population.
        #[derive(Clone, Debug)]
        pub struct DimensionRows {
            $( $(#[doc = $entry_doc])+ $entry: Vec<$entry_row>, )+
        }

        impl DimensionRows {
            /// The rows of a setting.
            pub fn of(setting: &Setting) -> Self {
                Self { $( $entry: $entry_row::rows(setting), )+ }
            }

            /// Does something to the rows of every table.
            ///
            /// # Errors
            /// The first one.
            pub fn each<E: EachTable>(&mut self, action: &mut E) -> Result<(), E::Error> {
                $( action.table(&mut self.$entry)?; )+
                Ok(())
            }
        }
    };
}
crate::table_list::for_each_table!(gather);
