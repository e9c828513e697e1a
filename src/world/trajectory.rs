//! Trajectories: heartbeats of one realm collected session by session while a window fills.
//!
//! Ticks visit sessions in turn, files want all heartbeats of a session side by side. A session's heartbeats in a
//! window are consecutive ticks whose number is known when it first appears (its end is fixed at login and so is the
//! window's), so every session gets its stretch of rows then and each tick writes into the middle of it. An end can be brought
//! forward: then the stretch is cut short, and the rows that it gives up are never read.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Int8Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{ArrayRef, Int32Array, PrimitiveArray, RunArray, TimestampMillisecondArray};
use bevy_ecs::prelude::*;

use crate::random::mix;
use crate::time::Clock;

/// Rows for which memory is kept in any case.
const LEAST_KEPT: usize = 65_536;

/// A session's stretch of rows in a window.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// First tick of the window it belongs to, and the row that tick 0 would have in it.
    window: Option<(u32, u32)>,
}

/// Where a body's next heartbeat goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCursor(u32);

impl RowCursor {
    const UNKNOWN: Self = Self(u32::MAX);
    /// For players whose heartbeats are not kept.
    const NOWHERE: Self = Self(u32::MAX - 1);

    /// Whether it must be asked for.
    #[inline]
    pub fn is_unknown(self) -> bool {
        self == Self::UNKNOWN
    }
}

impl Default for RowCursor {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// A session in the window.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    session_id: i64,
    player_id: i32,
    first_tick: u32,
    first_row: u32,
    rows: u32,
}

/// A match and team that a session has from a row on.
#[derive(Clone, Copy, Debug)]
struct Stay {
    first_row: u32,
    match_id: i64,
    team: i8,
}

/// The heartbeats of the open window. The memory belongs to whoever steps the realm and is lent to it for a day, so that
/// it is as much as realms are being stepped, not as there are.
#[derive(Resource, Clone, Debug, Default)]
pub struct Trajectories {
    /// Players are kept if their mixed number is a multiple of this; none are if it is 0.
    one_in: u32,
    /// First tick of the window.
    window: u32,
    end_tick: u32,
    stretches: Vec<Stretch>,
    /// Those whose columns have been taken.
    taken: usize,
    stays: Vec<Stay>,
    /// Positions by row.
    positions: [Vec<i32>; 3],
    /// Memory of columns that have been encoded.
    spare: Varying,
}

/// The columns of a window that differ from row to row, while they are filled.
#[derive(Clone, Debug, Default)]
struct Varying {
    event_ts: Vec<i64>,
    position: [Vec<i32>; 3],
}

/// A column as runs, while it is filled.
#[derive(Debug)]
struct Runs<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    ends: Vec<i32>,
}

impl<T: ArrowPrimitiveType> Default for Runs<T> {
    fn default() -> Self {
        Self { values: Vec::new(), ends: Vec::new() }
    }
}

impl<T: ArrowPrimitiveType> Runs<T> {
    /// Appends a value so many times; at least once.
    fn push(&mut self, value: T::Native, count: usize) {
        self.values.push(value);
        self.ends.push(self.ends.last().copied().unwrap_or(0) + count as i32);
    }

    /// The column as an arrow array.
    fn into_array(self) -> ArrayRef {
        let ends = PrimitiveArray::<Int32Type>::from_iter_values(self.ends);
        let values = PrimitiveArray::<T>::from_iter_values(self.values);
        Arc::new(RunArray::<Int32Type>::try_new(&ends, &values).expect("ends ascend, one a value"))
    }
}

/// Whether heartbeats of a player are kept if one in so many is: a function of the account number alone, spread over realms.
#[inline]
pub fn is_chosen(one_in: u32, player_id: i32) -> bool {
    one_in > 0 && mix(player_id as u64).is_multiple_of(one_in.into())
}

/// What [`Trajectories::enter`] needs to know of a session.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    /// Session.
    pub session_id: i64,
    /// Account number.
    pub player_id: i32,
    /// Second at which the session ends.
    pub ended_s: u32,
    /// Match.
    pub match_id: i64,
    /// Team.
    pub team: u8,
}

impl Trajectories {
    /// An empty window that keeps one player in so many, or none for 0.
    pub fn new(one_in: u32) -> Self {
        Self { one_in, ..Self::default() }
    }

    /// Whether no heartbeats are kept.
    pub fn keeps_nobody(&self) -> bool {
        self.one_in == 0
    }

    /// Starts a window of some ticks.
    pub fn open(&mut self, ticks: Range<u32>) {
        self.window = ticks.start;
        self.end_tick = ticks.end;
        self.stretches.clear();
        self.taken = 0;
        self.stays.clear();
        // What a launch needed is given back.
        let enough = 2 * self.rows().max(LEAST_KEPT);
        for column in &mut self.positions {
            column.clear();
            if column.capacity() > 2 * enough {
                column.shrink_to(enough);
            }
        }
        if self.spare.event_ts.capacity() > 2 * enough {
            self.spare = Varying::default();
        }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let wide = |columns: &[Vec<i32>; 3]| columns.iter().map(|column| 4 * column.capacity()).sum::<usize>();
        let noted = self.stretches.capacity() * size_of::<Stretch>() + self.stays.capacity() * size_of::<Stay>();
        noted + wide(&self.positions) + wide(&self.spare.position) + 8 * self.spare.event_ts.capacity()
    }

    /// First tick of the window.
    pub fn window(&self) -> u32 {
        self.window
    }

    /// The row of a session that takes a seat, or is met for the first time in this window, at a tick.
    pub fn enter(&mut self, clock: Clock, track: &mut Track, tick: u32, heartbeat: Heartbeat) -> RowCursor {
        let Heartbeat { session_id, player_id, ended_s, match_id, team } = heartbeat;
        if self.one_in != 1 && !is_chosen(self.one_in, player_id) {
            return RowCursor::NOWHERE;
        }
        let zero_row = track.window.filter(|(window, _)| *window == self.window).map_or_else(
            || {
                let rows = clock.tick_at_or_after(ended_s).min(self.end_tick) - tick;
                let first_row = self.rows() as u32;
                self.stretches.push(Stretch { session_id, player_id, first_tick: tick, first_row, rows });
                self.positions.iter_mut().for_each(|column| column.resize((first_row + rows) as usize, 0));
                first_row.wrapping_sub(tick)
            },
            |(_, zero_row)| zero_row,
        );
        track.window = Some((self.window, zero_row));
        let first_row = zero_row.wrapping_add(tick);
        self.stays.push(Stay { first_row, match_id, team: team as i8 });
        RowCursor(first_row)
    }

    /// Shortens the stretch of a session that is there at a tick and will be gone from another on.
    pub fn cut(&mut self, track: &Track, tick: u32, end_tick: u32) {
        let Some((_, zero_row)) = track.window.filter(|(window, _)| *window == self.window) else { return };
        let row = zero_row.wrapping_add(tick);
        // Stretches are in the order of their rows until they are taken; rows that are given up stay empty between them.
        let at = self.stretches.partition_point(|stretch| stretch.first_row <= row) - 1;
        let stretch = &mut self.stretches[at];
        stretch.rows = stretch.rows.min(end_tick - stretch.first_tick);
    }

    /// Notes a position at a row and goes on to the next.
    #[inline]
    pub fn record(&mut self, row: &mut RowCursor, position: [i32; 3]) {
        if *row == RowCursor::NOWHERE {
            return;
        }
        for (column, coordinate) in self.positions.iter_mut().zip(position) {
            column[row.0 as usize] = coordinate;
        }
        row.0 += 1;
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.positions[0].len()
    }

    /// The window's columns in the order of the table, rows sorted by session and time; `None` once all have been taken,
    /// after which they can be taken again. They come at once unless there are more rows than runs can count.
    pub fn next_columns(&mut self, clock: Clock) -> Option<Vec<ArrayRef>> {
        self.next_columns_of(clock, i32::MAX as usize)
    }

    /// [`Self::next_columns`] of at most so many rows, or of one session.
    fn next_columns_of(&mut self, clock: Clock, most_rows: usize) -> Option<Vec<ArrayRef>> {
        if self.taken == 0 {
            self.stretches.sort_unstable_by_key(|stretch| stretch.session_id);
            self.stays.sort_unstable_by_key(|stay| stay.first_row);
        }
        let mut rows = 0;
        let fit = self.stretches[self.taken..].iter().take_while(|stretch| {
            rows += stretch.rows as usize;
            rows <= most_rows
        });
        let rest = self.stretches.len() - self.taken;
        let count = fit.count().max(1).min(rest);
        if count == 0 {
            self.taken = 0;
            return None;
        }
        let sessions = self.taken..self.taken + count;
        self.taken = sessions.end;
        Some(self.columns(clock, sessions))
    }

    /// Columns of some sessions.
    fn columns(&mut self, clock: Clock, sessions: Range<usize>) -> Vec<ArrayRef> {
        let Varying { mut event_ts, mut position } = std::mem::take(&mut self.spare);
        let (mut session_id, mut player_id) = (Runs::<Int64Type>::default(), Runs::<Int32Type>::default());
        let (mut match_id, mut team_id) = (Runs::<Int64Type>::default(), Runs::<Int8Type>::default());
        let step_ms = i64::from(clock.heartbeat_s) * 1000;
        for stretch in &self.stretches[sessions] {
            let (first, count) = (stretch.first_row as usize, stretch.rows as usize);
            session_id.push(stretch.session_id, count);
            player_id.push(stretch.player_id, count);
            let first_ms = clock.ms(clock.second(stretch.first_tick));
            event_ts.extend((0..i64::from(stretch.rows)).map(|n| first_ms + n * step_ms));
            for (column, rows) in position.iter_mut().zip(&self.positions) {
                column.extend_from_slice(&rows[first..first + count]);
            }
            // Matches change a few times a session.
            let stays = &self.stays[self.stays.partition_point(|stay| stay.first_row < stretch.first_row)..];
            let end_row = stretch.first_row + stretch.rows;
            let stays = stays.iter().take_while(|stay| stay.first_row < end_row);
            let ends = stays.clone().skip(1).map(|stay| stay.first_row).chain([end_row]);
            for (stay, end) in stays.zip(ends) {
                match_id.push(stay.match_id, (end - stay.first_row) as usize);
                team_id.push(stay.team, (end - stay.first_row) as usize);
            }
        }
        let [x, y, z] = position.map(|column| Arc::new(Int32Array::from(column)) as ArrayRef);
        vec![
            session_id.into_array(),
            Arc::new(TimestampMillisecondArray::from(event_ts)),
            player_id.into_array(),
            match_id.into_array(),
            team_id.into_array(),
            x,
            y,
            z,
        ]
    }

    /// Takes back the memory of columns that nobody else holds any more.
    pub fn reclaim(&mut self, columns: Vec<ArrayRef>) {
        fn memory<T: ArrowPrimitiveType>(array: ArrayRef) -> Vec<T::Native> {
            let values = array.as_primitive::<T>().values().clone();
            drop(array);
            let mut memory = values.into_inner().into_vec().unwrap_or_default();
            memory.clear();
            memory
        }
        let Ok([_, event_ts, _, _, _, x, y, z]) = <[ArrayRef; 8]>::try_from(columns) else { return };
        self.spare = Varying {
            event_ts: memory::<TimestampMillisecondType>(event_ts),
            position: [memory::<Int32Type>(x), memory::<Int32Type>(y), memory::<Int32Type>(z)],
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Date;

    /// Thirteen sessions of one to thirteen heartbeats in a window.
    fn window() -> (Trajectories, Clock) {
        let clock = Clock { start: Date(20_000), days: 1, heartbeat_s: 30 };
        let mut trajectories = Trajectories::new(1);
        trajectories.open(0..100);
        for n in (0..13).rev() {
            let heartbeat = Heartbeat {
                session_id: n,
                player_id: n as i32,
                ended_s: (n as u32 + 1) * 30,
                match_id: n % 3,
                team: 0,
            };
            let mut row = trajectories.enter(clock, &mut Track::default(), 0, heartbeat);
            (0..=n as i32).for_each(|x| trajectories.record(&mut row, [x, 2, 3]));
        }
        (trajectories, clock)
    }

    #[test]
    fn a_window_of_too_many_rows_comes_in_parts_that_make_up_the_whole() {
        let (mut trajectories, clock) = window();
        let whole = trajectories.next_columns(clock).expect("there are rows");
        assert!(trajectories.next_columns(clock).is_none());
        let ids = |columns: &[ArrayRef]| {
            let runs = columns[0].as_any().downcast_ref::<RunArray<Int32Type>>().expect("runs");
            let ids = runs.values().as_primitive::<Int64Type>().values().to_vec();
            let x = columns[5].as_primitive::<Int32Type>().values().to_vec();
            (ids, x)
        };
        for most_rows in [1, 20, 90, 91] {
            let mut sum = (Vec::new(), Vec::new());
            let mut parts = 0;
            while let Some(columns) = trajectories.next_columns_of(clock, most_rows) {
                let (sessions, x) = ids(&columns);
                assert!(x.len() <= most_rows || sessions.len() == 1, "{} rows of {most_rows}", x.len());
                sum.0.extend(sessions);
                sum.1.extend(x);
                parts += 1;
            }
            assert_eq!(sum, ids(&whole), "at most {most_rows} rows");
            assert_eq!(parts == 1, most_rows == 91);
        }
    }
}
