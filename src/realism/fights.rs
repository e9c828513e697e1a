//! How they fight: kills for each death, by round, match and minute; how far apart, and where.

use serde_json::{Map, Value, json};

use super::accounts::Habits;
use super::facts::Facts;
use super::frequencies::Frequencies;
use super::hotspots::{Hotspots, LONGEST_CM};
use super::match_book::Style;
use super::match_pass::MatchSums;
use super::reading::{Ask, Read, Reading};
use super::statistics::{deviation, quantile};
use super::untold::Untold;

/// Kills and deaths together that an account needs for a ratio.
const OWN_FIGHTS: u32 = 20;
/// Distance below which kills count as from that far, centimetres.
const NEAREST_CM: usize = 50;

/// The keys told here.
pub const READINGS: [(&str, Read); 12] = [
    ("kd_log_sd", |ask| {
        let logs: Vec<f64> = kill_death_ratios(ask.facts).into_iter().map(libm::log).collect();
        Ok(Reading::new(deviation(&logs), logs.len() as u64))
    }),
    ("kd_median", |ask| {
        let ratios = kill_death_ratios(ask.facts);
        Ok(Reading::new(quantile(&ratios, 0.5), ratios.len() as u64))
    }),
    ("kills_per_player_round_pmf_cs", |ask| {
        let kills = &of_style(ask, Style::Rounds, "rounds")?.player_rounds.kills;
        let share = |count: usize| kills.count(count) as f64 / kills.total() as f64;
        Ok(Reading::new((kills.total() > 0).then(|| share(ask.number() as usize)), kills.total()))
    }),
    ("br_zero_kill_share", |ask| {
        let kills = &of_style(ask, Style::Elimination, "elimination")?.survivor_kills;
        let value = (kills.total() > 0).then(|| kills.count(0) as f64 / kills.total() as f64);
        Ok(Reading::new(value, kills.total()))
    }),
    ("br_kills_mean", |ask| {
        let kills = &of_style(ask, Style::Elimination, "elimination")?.survivor_kills;
        Ok(Reading::new(kills.mean(), kills.total()))
    }),
    ("kill_distance_m_median", |ask| {
        let distances = distances(ask)?;
        Ok(Reading::new(distances.quantile(0.5).map(|cm| cm / 100.0), distances.total()))
    }),
    ("kill_distance_lognormal_sigma", |ask| {
        let distances = distances(ask)?;
        Ok(Reading::new(distances.deviation_of_ln(NEAREST_CM), distances.total()))
    }),
    ("area_share_holding_30pct_kills", |ask| area_holding(ask, 30)),
    ("area_share_holding_50pct_kills", |ask| area_holding(ask, 50)),
    ("area_share_holding_80pct_kills", |ask| area_holding(ask, 80)),
    ("kills_per_player_minute_respawn", |ask| {
        let sums = of_style(ask, Style::Respawn, "neither elimination nor rounds")?;
        let (kills, heartbeats) = sums.respawn;
        let minutes = heartbeats as f64 * f64::from(ask.facts.setting.clock.heartbeat_s) / 60.0;
        Ok(Reading::new((heartbeats > 0).then(|| kills as f64 / minutes), minutes as u64))
    }),
    ("battle_royale_won_share", |ask| {
        let (decided, won) = of_style(ask, Style::Elimination, "elimination")?.decided_and_won;
        Ok(Reading::new((decided > 0).then(|| won as f64 / decided as f64), decided))
    }),
];

fn matches<'a>(facts: &'a Facts<'_>) -> Result<&'a MatchSums, Untold> {
    facts.matches.as_ref().ok_or_else(|| Untold::NoTable("matches".into()))
}

/// The matches of a run, if it has any of a style.
fn of_style<'a>(ask: &Ask<'a>, style: Style, name: &str) -> Result<&'a MatchSums, Untold> {
    let sums = matches(ask.facts)?;
    if sums.seen[style as usize] == 0 { Err(Untold::Lacks(format!("matches with {name}"))) } else { Ok(sums) }
}

/// Distances of kills; the run needs matches without elimination.
fn distances<'a>(ask: &Ask<'a>) -> Result<&'a Frequencies, Untold> {
    let sums = matches(ask.facts)?;
    if sums.seen[Style::Respawn as usize] + sums.seen[Style::Rounds as usize] == 0 {
        return Err(Untold::Lacks("matches without elimination".into()));
    }
    Ok(&sums.distances)
}

/// Sorted kills for each death of accounts that fight enough; none counts as a half.
pub fn kill_death_ratios(facts: &Facts<'_>) -> Vec<f64> {
    let count = |count: u32| if count == 0 { 0.5 } else { f64::from(count) };
    let enough = |habits: &&Habits| habits.fights.0 + habits.fights.1 >= OWN_FIGHTS;
    let ratio = |habits: &Habits| count(habits.fights.0) / count(habits.fights.1);
    let mut ratios: Vec<f64> = facts.accounts.all.iter().filter(enough).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    ratios
}

/// Share of the walkable area of a map that holds a share of its kills: median over maps with kills enough.
fn area_holding(ask: &Ask<'_>, percent: u64) -> Result<Reading, Untold> {
    let one_in = ask.facts.setting.scenario.file.output.heartbeat_players_one_in;
    if one_in > 1 {
        return Err(Untold::Lacks(format!("the heartbeats of all players, the run kept those of one in {one_in}")));
    }
    let maps = &matches(ask.facts)?.hotspots;
    if maps.iter().all(Option::is_none) {
        return Err(Untold::Lacks(format!("maps with sides of at most {} km", LONGEST_CM / 100_000)));
    }
    let named = ask.facts.setting.scenario.file.maps.names().zip(maps);
    let known = |(name, spots): (&str, &Option<Hotspots>)| Some((name.to_owned(), spots.clone()?));
    let known: Vec<(String, Hotspots)> = named.filter_map(known).collect();
    let most = known.iter().map(|(_, spots)| spots.total()).max().unwrap_or(0);
    let told: Map<String, Value> = known
        .iter()
        .filter(|(_, spots)| spots.total() >= ask.least)
        .map(|(name, spots)| {
            let area = spots.area_holding(percent);
            (name.clone(), json!({"value": area, "kills": spots.total(), "walkable_cells": spots.walkable()}))
        })
        .collect();
    let mut areas: Vec<f64> = told.values().filter_map(|map| map["value"].as_f64()).collect();
    areas.sort_by(f64::total_cmp);
    Ok(Reading::new(quantile(&areas, 0.5), most).with(json!({ "maps": told })))
}
