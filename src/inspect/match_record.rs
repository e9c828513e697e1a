//! One match of a run to look at: where everyone stood at its heartbeats, who met and who killed whom.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use serde_json::{Value, json};

use super::cells::{Datum, RowView};
use super::tables::{InspectError, RunTables, table_named};
use crate::time::Clock;

/// Matches of the first day that are looked at, however many there are.
const MATCHES_SEEN: usize = 100_000;
/// Row groups of a table that may hold rows of one match and are read.
const GROUPS_READ: usize = 4;
/// Players and heartbeats of a match that can be followed by eye, and fit a page.
const PLAYERS: std::ops::RangeInclusive<i64> = 4..=40;
const HEARTBEATS: std::ops::RangeInclusive<i64> = 6..=90;
/// Centimetres in the unit of places.
const UNIT_CM: i64 = 10;

/// A match that was chosen.
struct Chosen {
    id: i64,
    kills: i64,
    started: i64,
    ended: i64,
    map: String,
    mode: String,
}

/// Somebody's way through a match.
struct Way {
    player: i64,
    team: i64,
    places: Vec<Option<[i64; 2]>>,
}

/// The match of the first day with most kills among those that can be followed by eye; nothing if the run has not written
/// what it takes, or has no such match. Reads a few row groups, whatever the size of the run.
///
/// # Errors
/// See [`InspectError`].
pub fn match_record(run: &Path, clock: Clock) -> Result<Option<Value>, InspectError> {
    let tables = RunTables::open(run)?;
    if !["heartbeats", "matches", "kills", "encounters"].iter().all(|table| tables.has(table)) {
        return Ok(None);
    }
    let Some(chosen) = choose(&tables, clock)? else { return Ok(None) };
    let step = i64::from(clock.heartbeat_s) * 1000;
    let beats = ((chosen.ended - chosen.started) / step) as usize;
    let mut ways: BTreeMap<i64, Way> = BTreeMap::new();
    each_of_match(&tables, clock, "heartbeats", "event_ts", &chosen, &mut |row| {
        let beat = ((row.number("event_ts") - chosen.started) / step) as usize;
        let way = ways.entry(row.number("session_id")).or_insert_with(|| Way {
            player: row.number("player_id"),
            team: row.number("team_id"),
            places: vec![None; beats],
        });
        if let Some(place) = way.places.get_mut(beat) {
            *place = Some(["position_x_cm", "position_y_cm"].map(|column| row.number(column) / UNIT_CM));
        }
    })?;
    if ways.is_empty() {
        return Ok(None);
    }
    let number: BTreeMap<i64, usize> = ways.keys().enumerate().map(|(n, session)| (*session, n)).collect();
    let place_of = |row: &RowView<'_>, column: &str| number.get(&row.number(column)).copied();
    let mut kills: Vec<(i64, Value)> = Vec::new();
    each_of_match(&tables, clock, "kills", "event_ts", &chosen, &mut |row| {
        let at_ms = row.number("event_ts") - chosen.started;
        let places = ["victim_x_cm", "victim_y_cm"].map(|column| row.number(column) / UNIT_CM);
        kills.push((
            row.number("kill_id"),
            json!([
                at_ms / step,
                place_of(row, "killer_session"),
                place_of(row, "victim_session"),
                places[0],
                places[1]
            ]),
        ));
    })?;
    let mut encounters: Vec<(i64, Value)> = Vec::new();
    each_of_match(&tables, clock, "encounters", "started_at", &chosen, &mut |row| {
        let beat = |column: &str| (row.number(column) - chosen.started) / step;
        encounters.push((
            row.number("encounter_id"),
            json!([beat("started_at"), beat("ended_at"), place_of(row, "session_a"), place_of(row, "session_b")]),
        ));
    })?;
    let in_order = |mut rows: Vec<(i64, Value)>| {
        rows.sort_by_key(|(id, _)| *id);
        rows.into_iter().map(|(_, value)| value).collect::<Vec<_>>()
    };
    let players: Vec<Value> =
        ways.values().map(|way| json!({"player_id": way.player, "team": way.team, "places": way.places})).collect();
    Ok(Some(json!({
        "about": "places in decimetres, one a heartbeat, null while not in the match; kills: heartbeat, killer, victim, place; encounters: first and last heartbeat, the two; players by their place in the list",
        "match_id": chosen.id,
        "map": chosen.map,
        "mode": chosen.mode,
        "started_at": Datum::Time(chosen.started).plain(),
        "heartbeats": beats,
        "players": players,
        "kills": in_order(kills),
        "encounters": in_order(encounters),
    })))
}

fn choose(tables: &RunTables, clock: Clock) -> Result<Option<Chosen>, InspectError> {
    let mut best: Option<Chosen> = None;
    let mut seen = 0;
    let day = [clock.ms(0), clock.ms(crate::time::DAY_S)];
    let looked = tables.read_day(table_named("matches")?, clock.start, None, &mut |batch| {
        for row in (0..batch.num_rows()).map(|row| RowView { batch, row }) {
            let [id, kills, started, ended, players] =
                ["match_id", "kills", "started_at", "ended_at", "players"].map(|column| row.number(column));
            let beats = (ended - started) / (i64::from(clock.heartbeat_s) * 1000);
            let can_be_followed = PLAYERS.contains(&players) && HEARTBEATS.contains(&beats);
            let is_better = best.as_ref().is_none_or(|best| (-kills, id) < (-best.kills, best.id));
            // All of it lies in the files of that day.
            if can_be_followed && is_better && started >= day[0] && ended < day[1] {
                best = Some(Chosen { id, kills, started, ended, map: row.text("map"), mode: row.text("mode") });
            }
        }
        seen += batch.num_rows();
        if seen < MATCHES_SEEN { Ok(()) } else { Err(InspectError::Stopped) }
    });
    match looked {
        Ok(()) | Err(InspectError::Stopped) => Ok(best),
        Err(error) => Err(error),
    }
}

/// The rows of a match in a table, from those row groups that may have them.
fn each_of_match(
    tables: &RunTables,
    clock: Clock,
    table: &str,
    time: &'static str,
    chosen: &Chosen,
    each: &mut dyn FnMut(&RowView<'_>),
) -> Result<(), InspectError> {
    let table = table_named(table)?;
    let groups = tables.groups(table, clock.start, [time, "match_id"])?;
    let may_have = groups.iter().filter(|group| {
        let [(first, last), (least, most)] = group.ranges;
        first <= chosen.ended && chosen.started <= last && (least..=most).contains(&chosen.id)
    });
    for group in may_have.take(GROUPS_READ) {
        tables.read_group(group, &mut |batch: &RecordBatch| {
            let Some(column) = batch.column_by_name("match_id") else { return Ok(()) };
            let matches = column.as_primitive::<Int64Type>().values();
            for (row, _) in matches.iter().enumerate().filter(|(_, id)| **id == chosen.id) {
                each(&RowView { batch, row });
            }
            Ok(())
        })?;
    }
    Ok(())
}
