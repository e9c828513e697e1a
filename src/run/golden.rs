//! Golden answers: what an analyst would ask of a run, counted from the rows as they are made.
//!
//! They are there to check a warehouse by: nothing here knows SQL, and nothing there knows this. Counts of different
//! workers merge in any order. Everybody's days are kept, which is why it is off unless asked for, and bounded.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::setting::Setting;
use crate::table::DayRows;
use crate::time::{Clock, DAY_S, Date};

const DAY_MS: i64 = DAY_S as i64 * 1000;

/// What has been counted.
#[derive(Debug, Default)]
pub struct Golden {
    players: BTreeMap<i32, Career>,
    /// Seconds of play, by day since the start and country.
    seconds: BTreeMap<(u32, u16), u64>,
    /// Sessions with play in a month, by its first day.
    sessions: BTreeMap<Date, u64>,
    /// Encounters that began in a month, allies and opponents.
    encounters: BTreeMap<Date, [u64; 2]>,
    /// Country of sessions in which something was bought.
    buyers: BTreeMap<i64, u16>,
    /// Purchases: session, day, US cents.
    purchases: Vec<(i64, Date, u64)>,
}

/// What is kept of a player.
#[derive(Clone, Debug, Default)]
struct Career {
    kills: u64,
    deaths: u64,
    /// Days of play since the start, a bit each.
    days: Vec<u64>,
}

impl Career {
    fn play_on(&mut self, day: u32) {
        let (word, bit) = ((day / 64) as usize, day % 64);
        self.days.resize(self.days.len().max(word + 1), 0);
        self.days[word] |= 1 << bit;
    }

    fn played_on(&self, day: u32) -> bool {
        self.days.get((day / 64) as usize).is_some_and(|word| word >> (day % 64) & 1 == 1)
    }
}

impl Golden {
    /// Counts the rows of a realm and a window.
    pub fn count(&mut self, rows: &DayRows, clock: Clock) {
        let day_of = |ms: i64| Date(ms.div_euclid(DAY_MS) as i32);
        for row in &rows.session_ends {
            let career = self.players.entry(row.player_id).or_default();
            career.kills += row.kills as u64;
            career.deaths += row.deaths as u64;
            let mut month = None;
            let mut from = row.started_at.0;
            while from < row.event_ts.0 {
                let date = day_of(from);
                let until = row.event_ts.0.min((i64::from(date.0) + 1) * DAY_MS);
                let day = (date.0 - clock.start.0) as u32;
                career.play_on(day);
                *self.seconds.entry((day, row.country.index)).or_default() += ((until - from) / 1000) as u64;
                if month != Some(date.first_of_month()) {
                    month = Some(date.first_of_month());
                    *self.sessions.entry(date.first_of_month()).or_default() += 1;
                }
                from = until;
            }
            if row.purchases > 0 {
                self.buyers.insert(row.session_id, row.country.index);
            }
        }
        for row in &rows.purchases {
            self.purchases.push((row.session_id, day_of(row.event_ts.0), row.price_usd_cents as u64));
        }
        for row in &rows.encounters {
            let by_relation = self.encounters.entry(day_of(row.started_at.0).first_of_month()).or_default();
            by_relation[usize::from(row.relation.index)] += 1;
        }
    }

    /// Adds what another worker has counted.
    pub fn merge(&mut self, other: Self) {
        for (id, theirs) in other.players {
            let ours = self.players.entry(id).or_default();
            ours.kills += theirs.kills;
            ours.deaths += theirs.deaths;
            ours.days.resize(ours.days.len().max(theirs.days.len()), 0);
            ours.days.iter_mut().zip(&theirs.days).for_each(|(ours, theirs)| *ours |= theirs);
        }
        other.seconds.into_iter().for_each(|(key, seconds)| *self.seconds.entry(key).or_default() += seconds);
        other.sessions.into_iter().for_each(|(month, count)| *self.sessions.entry(month).or_default() += count);
        for (month, counts) in other.encounters {
            let ours = self.encounters.entry(month).or_default();
            ours.iter_mut().zip(counts).for_each(|(ours, theirs)| *ours += theirs);
        }
        self.buyers.extend(other.buyers);
        self.purchases.extend(other.purchases);
    }

    /// The answers, one set for each month of the run from the last one back: for its last day, and for the player with the
    /// most kills in the run, the one with the second most, and so on. The first set answers what is asked by default.
    pub fn answers(&self, setting: &Setting) -> Value {
        let clock = setting.clock;
        let mut by_kills: Vec<(i32, &Career)> = self.players.iter().map(|(&id, career)| (id, career)).collect();
        by_kills.sort_by_key(|(id, career)| (std::cmp::Reverse(career.kills), *id));
        let days = (0..clock.days).rev().map(|day| clock.date(day));
        let last_days = days
            .filter(|day| day.plus(1).first_of_month() != day.first_of_month() || *day == clock.date(clock.days - 1));
        let answers = last_days.zip(&by_kills).map(|(day, (id, career))| {
            let (month, number) = (day.first_of_month(), (day.0 - clock.start.0) as u32);
            json!({
                "day": day.to_string(),
                "month": name_of(month),
                "player": id,
                "q1": self.play_time(day, number),
                "q2": self.best_week(clock),
                "q3": self.best_country(setting, month),
                "q4": {
                    "player_id": id,
                    "kills": career.kills,
                    "deaths": career.deaths,
                    "ratio": share(career.kills, career.deaths),
                },
                "q5": longest_runs(*id, career, clock),
                "q6": self.best_sellers(setting),
                "q7": self.meetings(month, clock),
            })
        });
        Value::Array(answers.collect())
    }

    fn play_time(&self, day: Date, number: u32) -> Value {
        let seconds: u64 = self.seconds.range((number, 0)..=(number, u16::MAX)).map(|(_, seconds)| seconds).sum();
        let players = self.players.values().filter(|career| career.played_on(number)).count() as u64;
        json!({
            "day": day.to_string(), "seconds": seconds, "players": players, "avg_seconds": share(seconds, players)
        })
    }

    fn best_week(&self, clock: Clock) -> Value {
        let mut weeks: BTreeMap<Date, Vec<u32>> = BTreeMap::new();
        (0..clock.days).for_each(|day| weeks.entry(clock.date(day).monday()).or_default().push(day));
        let counted = weeks.iter().map(|(monday, days)| {
            let players = self.players.values().filter(|career| days.iter().any(|&day| career.played_on(day))).count();
            (players, monday, days.len())
        });
        let best = counted.max_by_key(|&(players, monday, _)| (players, std::cmp::Reverse(monday)));
        best.map_or(
            Value::Null,
            |(players, monday, days)| json!({ "week": monday.to_string(), "players": players, "days_seen": days }),
        )
    }

    fn best_country(&self, setting: &Setting, month: Date) -> Value {
        let mut seconds: BTreeMap<&str, u64> = BTreeMap::new();
        for (&(day, country), more) in &self.seconds {
            if setting.clock.date(day).first_of_month() == month {
                *seconds.entry(code(setting, country)).or_default() += more;
            }
        }
        let best = seconds.iter().max_by_key(|&(country, seconds)| (*seconds, std::cmp::Reverse(*country)));
        json!({
            "month": name_of(month),
            "country": best.map(|(country, _)| country),
            "seconds": best.map_or(0, |(_, &seconds)| seconds),
        })
    }

    fn best_sellers(&self, setting: &Setting) -> Value {
        let mut sales: BTreeMap<Date, BTreeMap<&str, (u64, u64)>> = BTreeMap::new();
        for (session, day, cents) in &self.purchases {
            let country = self.buyers.get(session).map_or("", |&country| code(setting, country));
            let sum = sales.entry(day.monday()).or_default().entry(country).or_default();
            *sum = (sum.0 + cents, sum.1 + 1);
        }
        let weeks = sales.iter().filter_map(|(monday, countries)| {
            let best = countries.iter().max_by_key(|&(country, (cents, _))| (*cents, std::cmp::Reverse(*country)));
            best.map(|(country, (cents, purchases))| {
                json!({
                    "week": monday.to_string(), "country": country, "usd_cents": cents, "purchases": purchases
                })
            })
        });
        Value::Array(weeks.collect())
    }

    fn meetings(&self, month: Date, clock: Clock) -> Value {
        let [allies, opponents] = self.encounters.get(&month).copied().unwrap_or_default();
        let sessions = self.sessions.get(&month).copied().unwrap_or(0);
        let mut days: Vec<u32> = self.seconds.keys().map(|&(day, _)| day).collect();
        days.retain(|&day| clock.date(day).first_of_month() == month);
        days.dedup();
        let (encounters, days) = (allies + opponents, days.len() as u64);
        json!({
            "month": name_of(month),
            "encounters": encounters,
            "sessions": sessions,
            "per_session": share(encounters, sessions),
            "days": days,
            "per_day": share(encounters, days),
            "allies": allies,
        })
    }
}

/// Longest runs of days of play, cut at the ends of months and uncut, and the months they began in: the earliest of equals.
fn longest_runs(id: i32, career: &Career, clock: Clock) -> Value {
    let (mut cut, mut uncut) = (None::<(u32, Date)>, None::<(u32, Date)>);
    let (mut cut_run, mut uncut_run) = ((0, clock.start), (0, clock.start));
    for day in 0..clock.days {
        let month = clock.date(day).first_of_month();
        if !career.played_on(day) {
            (cut_run.0, uncut_run.0) = (0, 0);
            continue;
        }
        uncut_run = if uncut_run.0 == 0 { (1, month) } else { (uncut_run.0 + 1, uncut_run.1) };
        cut_run = if cut_run.0 == 0 || cut_run.1 != month { (1, month) } else { (cut_run.0 + 1, month) };
        for (best, run) in [(&mut cut, cut_run), (&mut uncut, uncut_run)] {
            if best.is_none_or(|(days, _)| run.0 > days) {
                *best = Some(run);
            }
        }
    }
    json!({
        "player_id": id,
        "month": cut.map(|(_, month)| name_of(month)),
        "days": cut.map_or(0, |(days, _)| days),
        "uncut_month": uncut.map(|(_, month)| name_of(month)),
        "uncut_days": uncut.map_or(0, |(days, _)| days),
    })
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn code(setting: &Setting, country: u16) -> &str {
    &setting.population.countries[usize::from(country)].code
}

/// A month as `YYYY-MM`.
fn name_of(month: Date) -> String {
    month.to_string()[..7].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn career(days: &[u32]) -> Career {
        let mut career = Career::default();
        days.iter().for_each(|&day| career.play_on(day));
        career
    }

    #[test]
    fn runs_of_days_are_cut_at_the_ends_of_months_or_not() {
        // From 2026-01-30 on: the 30th, the 31st, then February.
        let clock = Clock { start: "2026-01-30".parse().expect("a date"), days: 80, heartbeat_s: 30 };
        let runs = |days: &[u32]| longest_runs(7, &career(days), clock);
        let over_the_end = runs(&[0, 1, 2, 10, 11]);
        assert_eq!(over_the_end["month"], "2026-01");
        assert_eq!((&over_the_end["days"], &over_the_end["uncut_days"]), (&json!(2), &json!(3)));
        assert_eq!(over_the_end["uncut_month"], "2026-01");
        let beyond_a_word = runs(&[62, 63, 64, 65]);
        assert_eq!((&beyond_a_word["month"], &beyond_a_word["days"]), (&json!("2026-04"), &json!(4)));
        assert_eq!(runs(&[])["month"], Value::Null);
        assert_eq!(runs(&[])["days"], 0);
    }
}
