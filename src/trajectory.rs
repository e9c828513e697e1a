//! Trajectories: heartbeats of one realm collected session by session while a window fills.
//!
//! Ticks visit sessions in turn, files want all heartbeats of a session side by side. A session's heartbeats in a
//! window are consecutive ticks whose number is known when it first appears (its end is fixed at login and so is the
//! window's), so every session gets its stretch of rows then and each tick writes into the middle of it.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Int8Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{ArrayRef, Int32Array, PrimitiveArray, RunArray, TimestampMillisecondArray};
use bevy_ecs::prelude::*;

use crate::random::mix;
use crate::time::Clock;

/// Where a session writes its next heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// First tick of the window it belongs to.
    window: u32,
    row: u32,
    seat: u32,
}

impl Default for Slot {
    fn default() -> Self {
        Self { window: u32::MAX, row: 0, seat: u32::MAX }
    }
}

impl Slot {
    /// Forgets the seat: the session joins another match.
    pub fn leave_seat(&mut self) {
        self.seat = u32::MAX;
    }
}

#[derive(Clone, Copy, Debug)]
struct Track {
    session_id: i64,
    player_id: i32,
    first_tick: u32,
    first_row: u32,
    rows: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Record {
    position: [i32; 3],
    seat: u32,
}

/// The heartbeats of the open window. The memory belongs to whoever steps the realm and is lent to it for a day, so that
/// it is as much as realms are being stepped, not as there are.
#[derive(Resource, Debug, Default)]
pub struct Trajectories {
    /// Players are kept if their mixed number is a multiple of this; none are if it is 0.
    one_in: u32,
    /// First tick of the window.
    window: u32,
    end_tick: u32,
    tracks: Vec<Track>,
    records: Vec<Record>,
    /// Match and team of each seat taken in this window.
    seats: Vec<(i64, i8)>,
    /// Memory of columns that have been encoded.
    spare: Columns,
}

/// The columns of a window that differ from row to row, while they are filled.
#[derive(Debug, Default)]
struct Columns {
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

/// What [`Trajectories::record`] needs to know of a session.
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
    /// Position.
    pub position: [i32; 3],
}

impl Trajectories {
    /// An empty window that keeps one player in so many, or none for 0.
    pub fn new(one_in: u32) -> Self {
        Self { one_in, ..Self::default() }
    }

    /// Starts a window of some ticks.
    pub fn open(&mut self, ticks: Range<u32>) {
        self.window = ticks.start;
        self.end_tick = ticks.end;
        self.tracks.clear();
        self.records.clear();
        self.seats.clear();
    }

    /// Notes the heartbeat of a session at a tick.
    #[inline]
    pub fn record(&mut self, clock: Clock, slot: &mut Slot, tick: u32, heartbeat: Heartbeat) {
        if self.one_in != 1 && !self.is_chosen(heartbeat.player_id) {
            return;
        }
        if slot.window != self.window {
            let rows = clock.tick_at_or_after(heartbeat.ended_s).min(self.end_tick) - tick;
            let first_row = self.records.len() as u32;
            let Heartbeat { session_id, player_id, .. } = heartbeat;
            self.tracks.push(Track { session_id, player_id, first_tick: tick, first_row, rows });
            self.records.resize(self.records.len() + rows as usize, Record::default());
            *slot = Slot { window: self.window, row: first_row, seat: u32::MAX };
        }
        if slot.seat == u32::MAX {
            slot.seat = self.seats.len() as u32;
            self.seats.push((heartbeat.match_id, heartbeat.team as i8));
        }
        self.records[slot.row as usize] = Record { position: heartbeat.position, seat: slot.seat };
        slot.row += 1;
    }

    /// Whether heartbeats of a player are kept: a function of the account number alone, spread over realms.
    #[inline]
    fn is_chosen(&self, player_id: i32) -> bool {
        self.one_in > 0 && mix(player_id as u64).is_multiple_of(self.one_in.into())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.records.len()
    }

    /// The window's columns in the order of the table, rows sorted by session and time.
    pub fn columns(&mut self, clock: Clock) -> Vec<ArrayRef> {
        self.tracks.sort_unstable_by_key(|track| track.session_id);
        let Columns { mut event_ts, mut position } = std::mem::take(&mut self.spare);
        let (mut session_id, mut player_id) = (Runs::<Int64Type>::default(), Runs::<Int32Type>::default());
        let (mut match_id, mut team_id) = (Runs::<Int64Type>::default(), Runs::<Int8Type>::default());
        let step_ms = i64::from(clock.heartbeat_s) * 1000;
        for track in &self.tracks {
            let count = track.rows as usize;
            session_id.push(track.session_id, count);
            player_id.push(track.player_id, count);
            let first_ms = clock.ms(clock.second(track.first_tick));
            event_ts.extend((0..i64::from(track.rows)).map(|n| first_ms + n * step_ms));
            let records = &self.records[track.first_row as usize..][..count];
            for (axis, column) in position.iter_mut().enumerate() {
                column.extend(records.iter().map(|record| record.position[axis]));
            }
            // Seats change a few times a session.
            for run in records.chunk_by(|a, b| a.seat == b.seat) {
                let (match_of_seat, team) = self.seats[run[0].seat as usize];
                match_id.push(match_of_seat, run.len());
                team_id.push(team, run.len());
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
        self.spare = Columns {
            event_ts: memory::<TimestampMillisecondType>(event_ts),
            position: [memory::<Int32Type>(x), memory::<Int32Type>(y), memory::<Int32Type>(z)],
        };
    }
}
