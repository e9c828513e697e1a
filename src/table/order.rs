//! The order of rows: wide rows are put in place by their keys, in the way that suits how they come.

use std::ops::Range;

use super::registry::Row;

/// Puts rows into the order of their table.
pub fn sort_rows<R: Row>(rows: &mut Vec<R>) {
    if order_of(rows).is_some() {
        let mut sorted = Vec::with_capacity(rows.len());
        copy_sorted(rows, &mut sorted);
        *rows = sorted;
    }
}

/// Appends rows to others in the order of their table.
pub fn copy_sorted<R: Row>(rows: &[R], sorted: &mut Vec<R>) {
    match order_of(rows) {
        None => sorted.extend_from_slice(rows),
        Some(order) => sorted.extend(order.iter().map(|&at| rows[at as usize].clone())),
    }
}

/// Which row comes where; `None` if they are in order. Rows are wide, so their keys are sorted.
fn order_of<R: Row>(rows: &[R]) -> Option<Vec<u32>> {
    if rows.is_sorted_by_key(Row::key) {
        return None;
    }
    dense_order_of(rows).or_else(|| order_of_runs(rows)).or_else(|| {
        let mut keys: Vec<((i64, i64), u32)> = rows.iter().zip(0..).map(|(row, at)| (row.key(), at)).collect();
        keys.sort_unstable();
        Some(keys.into_iter().map(|(_, at)| at).collect())
    })
}

/// The order of rows that come in sorted runs, such as those of one match each, of which none overlap.
fn order_of_runs<R: Row>(rows: &[R]) -> Option<Vec<u32>> {
    let mut runs = Vec::new();
    let mut first = 0;
    // Two runs of which one happens to go on where the other ends stay two, or a third might lie between them.
    for run in rows.chunk_by(|a, b| a.key().0 == b.key().0 && a.key().1 <= b.key().1) {
        runs.push((run[0].key(), first..first + run.len() as u32));
        first += run.len() as u32;
    }
    if runs.len() * 4 > rows.len() {
        return None;
    }
    runs.sort_unstable_by_key(|(key, _)| *key);
    let last_of = |run: &Range<u32>| rows[run.end as usize - 1].key();
    let overlap = runs.windows(2).any(|pair| last_of(&pair[0].1) > pair[1].0);
    (!overlap).then(|| runs.into_iter().flat_map(|(_, run)| run).collect())
}

/// The order of rows with consecutive numbers, of which few are missing: each has its place.
fn dense_order_of<R: Row>(rows: &[R]) -> Option<Vec<u32>> {
    let numbers = || rows.iter().map(|row| row.key().0);
    let (least, most) = (numbers().min()?, numbers().max()?);
    if most.abs_diff(least) > 2 * rows.len() as u64 || rows.iter().any(|row| row.key().1 != 0) {
        return None;
    }
    let mut order = vec![u32::MAX; most.abs_diff(least) as usize + 1];
    for (number, at) in numbers().zip(0..) {
        order[number.abs_diff(least) as usize] = at;
    }
    order.retain(|&at| at != u32::MAX);
    // Of rows with the same number all but one have lost their place.
    (order.len() == rows.len()).then_some(order)
}

#[cfg(test)]
mod tests {
    use arrow_array::ArrayRef;

    use super::*;
    use crate::table::cell::{Text, Timestamp};
    use crate::table::domain::Names;
    use crate::table::registry::Table;
    use crate::table::rows::TruthEventRow;

    #[test]
    fn rows_are_sorted_in_place_whatever_their_order() {
        let row = |key: i64| TruthEventRow { event_ts: Timestamp(key * 7), player_id: key as i32, event: Text::at(0) };
        let mut draws = crate::random::Seed(1).stream(crate::random::Purpose::Probe, 0, 3);
        for case in 0..300 {
            let count = draws.below(40) as i64;
            let mut rows: Vec<TruthEventRow> = (0..count).map(|n| row(if case % 3 == 0 { -n } else { n })).collect();
            for n in (1..rows.len()).rev() {
                rows.swap(n, draws.below(n as u32 + 1) as usize);
            }
            let mut expected: Vec<(i64, i64)> = rows.iter().map(Row::key).collect();
            expected.sort_unstable();
            sort_rows(&mut rows);
            assert_eq!(rows.iter().map(Row::key).collect::<Vec<_>>(), expected);
            assert!(rows.iter().all(|row| row.event_ts.0 == i64::from(row.player_id) * 7));
        }
    }

    /// A row that is nothing but its key.
    #[derive(Clone)]
    struct Keyed(i64, i64);

    impl Row for Keyed {
        const TABLE: Table = TruthEventRow::TABLE;
        fn arrays(_: &[Self], _: &Names) -> Vec<ArrayRef> {
            Vec::new()
        }
        fn key(&self) -> (i64, i64) {
            (self.0, self.1)
        }
    }

    #[test]
    fn each_way_of_ordering_takes_what_it_is_for() {
        let numbered = |numbers: &[i64]| numbers.iter().map(|&number| Keyed(number, 0)).collect::<Vec<_>>();
        assert_eq!(dense_order_of(&numbered(&[13, 10, 12, 17])), Some(vec![1, 2, 0, 3]), "14 to 16 are missing");
        assert_eq!(dense_order_of(&numbered(&[13, 10, 13])), None, "a number twice");
        assert_eq!(dense_order_of(&numbered(&[1, 1_000])), None, "sparse numbers");
        let matches = |order: &[i64]| {
            order.iter().flat_map(|&id| (0..6).map(move |session| Keyed(id, session))).collect::<Vec<_>>()
        };
        let order = order_of_runs(&matches(&[7, 3, 5])).expect("three runs");
        assert_eq!(order, (6..12).chain(12..18).chain(0..6).collect::<Vec<u32>>());
        let mut rows = matches(&[1, 2]);
        rows.extend((3..9).map(|session| Keyed(1, session)));
        assert_eq!(order_of_runs(&rows), None, "runs of one match overlap");
        let mut rows = matches(&[1, 2]);
        rows.extend((5..11).map(|session| Keyed(1, session)));
        assert!(order_of_runs(&rows).is_some(), "runs that touch in an equal key do not overlap");
        assert_eq!(order_of_runs(&numbered(&[3, 1, 2])), None, "no runs to speak of");
        for mut rows in [matches(&[9, 1, 4]), rows] {
            let mut expected: Vec<(i64, i64)> = rows.iter().map(Row::key).collect();
            expected.sort_unstable();
            sort_rows(&mut rows);
            assert_eq!(rows.iter().map(Row::key).collect::<Vec<_>>(), expected);
        }
    }
}
