//! Axes: what tallies are counted by. Each has a size and a label for every entry, both from the setting alone.

use serde_json::{Value, json};

use crate::encounter::EndReason;
use crate::population::SessionEnd;
use crate::setting::{Rule, Setting};
use crate::table::{MatchEnd, RELATIONS, REPORT_REASONS};

/// Lengths of sessions, in minutes.
const SESSION_MINUTES: &[u32] =
    &[0, 1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480, 720];
/// Lengths of matches, in minutes.
const MATCH_MINUTES: &[u32] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 25, 30, 40, 50, 60, 90, 120];
/// Distances, in centimetres.
const DISTANCES_CM: &[u32] = &[
    0, 50, 100, 150, 200, 250, 300, 350, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800, 2000, 2500, 3000,
    3500, 4000, 5000, 6000, 7000, 8000, 10_000, 15_000, 20_000, 30_000,
];
/// Numbers of heartbeats.
const BEATS: &[u32] = &[1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 60, 120];
/// Kills a death, in hundredths.
const KILLS_PER_DEATH: &[u32] = &[0, 25, 50, 75, 100, 125, 150, 175, 200, 250, 300, 400, 500, 700, 1000, 2000];
/// Kills of one team more than of the next.
const MARGINS: &[u32] = &[0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50];
/// What is spent is told apart to an eighth of an octave, so that shares of it are exact to well below 1 %.
const SPENDING_PER_OCTAVE: u32 = 8;
/// Logins of a player's day that are told apart.
const LOGINS: usize = 24;

/// What tallies are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Simulated day.
    Day,
    /// Week from Monday to Sunday.
    Week,
    /// Calendar month.
    Month,
    /// UTC hour of the day.
    Hour,
    /// Day of installation; before all, those who installed before the run.
    Cohort,
    /// Region.
    Region,
    /// Country of a region.
    Country,
    /// Platform.
    Platform,
    /// Mode.
    Mode,
    /// Map.
    Map,
    /// Weapon.
    Weapon,
    /// Item.
    Item,
    /// Achievement.
    Achievement,
    /// Level of a career, from 1.
    Level,
    /// Why a player is reported.
    ReportReason,
    /// Rule of the anti-cheat.
    Rule,
    /// Team; after all, none.
    Winner,
    /// Cell of a map, row by row from south to north.
    Cell,
    /// The n-th login of a player's day.
    Login,
    /// Why a session ended.
    SessionEnd,
    /// Why an encounter ended.
    EncounterEnd,
    /// Why a match ended.
    MatchEnd,
    /// Allies or opponents.
    Relation,
    /// Whether there was a kill.
    Outcome,
    /// Minutes of a session, from.
    SessionMinutes,
    /// Minutes of a match, from.
    MatchMinutes,
    /// Centimetres, from.
    Distance,
    /// Heartbeats, from.
    Beats,
    /// Kills a death in hundredths, from.
    KillsPerDeath,
    /// Kills, from.
    Margin,
    /// US cents, from.
    Spending,
}

impl Axis {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Hour => "hour",
            Self::Cohort => "cohort",
            Self::Region => "region",
            Self::Country => "country",
            Self::Platform => "platform",
            Self::Mode => "mode",
            Self::Map => "map",
            Self::Weapon => "weapon",
            Self::Item => "item",
            Self::Achievement => "achievement",
            Self::Level => "level",
            Self::ReportReason => "reason",
            Self::Rule => "rule",
            Self::Winner => "winner",
            Self::Cell => "cell",
            Self::Login => "login",
            Self::SessionEnd | Self::EncounterEnd | Self::MatchEnd => "end_reason",
            Self::Relation => "relation",
            Self::Outcome => "outcome",
            Self::SessionMinutes | Self::MatchMinutes => "minutes_from",
            Self::Distance => "centimetres_from",
            Self::Beats => "heartbeats_from",
            Self::KillsPerDeath => "hundredths_from",
            Self::Margin => "kills_from",
            Self::Spending => "usd_cents_from",
        }
    }

    /// Entries that it has.
    pub fn size(self, setting: &Setting) -> usize {
        let days = setting.clock.days;
        match self {
            Self::Day => days as usize,
            Self::Week => setting.clock.week(days - 1) as usize + 1,
            Self::Month => setting.clock.month(days - 1) as usize + 1,
            Self::Cohort => days as usize + 1,
            Self::Cell => setting.raster.cells(),
            Self::Winner => usize::from(setting.modes.iter().map(|mode| mode.teams).max().unwrap_or(0)) + 1,
            Self::Spending => spending_bin(u32::MAX) + 1,
            _ => self.labels(setting).len(),
        }
    }

    /// What each entry is: a name, a day, a number, or where a bin begins.
    pub fn labels(self, setting: &Setting) -> Vec<Value> {
        let file = &setting.scenario.file;
        let clock = setting.clock;
        let numbers = |count: usize| (0..count).map(|n| json!(n)).collect();
        let edges = |edges: &[u32]| edges.iter().map(|edge| json!(edge)).collect();
        match self {
            Self::Day => (0..clock.days).map(|day| json!(clock.date(day).to_string())).collect(),
            Self::Week => {
                let first = clock.start.monday();
                (0..self.size(setting)).map(|week| json!(first.plus(week as i32 * 7).to_string())).collect()
            }
            Self::Month => {
                let mut months: Vec<String> =
                    (0..clock.days).map(|day| clock.date(day).to_string()[..7].to_owned()).collect();
                months.dedup();
                months.into_iter().map(Value::from).collect()
            }
            Self::Hour => numbers(24),
            Self::Cohort => std::iter::once(json!("before")).chain(Self::Day.labels(setting)).collect(),
            Self::Region => names(file.regions.names()),
            Self::Country => {
                let name = |country: &crate::population::CountryRules| {
                    let region = file.regions.names().nth(country.region.into()).unwrap_or_default();
                    format!("{region}/{}", country.code)
                };
                setting.population.countries.iter().map(|country| json!(name(country))).collect()
            }
            Self::Platform => names(file.platforms.names()),
            Self::Mode => names(file.modes.names()),
            Self::Map => names(file.maps.names()),
            Self::Weapon => names(file.weapons.names()),
            Self::Item => names(file.items.names()),
            Self::Achievement => names(file.achievements.names()),
            Self::Level => (1..=file.careers.levels).map(|level| json!(level)).collect(),
            Self::ReportReason => names(REPORT_REASONS),
            Self::Rule => names(Rule::NAMES),
            Self::Winner => {
                let teams = self.size(setting) - 1;
                (0..teams).map(|team| json!(team)).chain([json!("none")]).collect()
            }
            Self::Cell => numbers(setting.raster.cells()),
            Self::Login => (1..=LOGINS).map(|n| json!(n)).collect(),
            Self::SessionEnd => names(SessionEnd::NAMES),
            Self::EncounterEnd => names(EndReason::NAMES),
            Self::MatchEnd => names(MatchEnd::NAMES),
            Self::Relation => names(RELATIONS),
            Self::Outcome => names(["no kill", "kill"]),
            Self::SessionMinutes => edges(SESSION_MINUTES),
            Self::MatchMinutes => edges(MATCH_MINUTES),
            Self::Distance => edges(DISTANCES_CM),
            Self::Beats => edges(BEATS),
            Self::KillsPerDeath => edges(KILLS_PER_DEATH),
            Self::Margin => edges(MARGINS),
            Self::Spending => (0..self.size(setting)).map(|bin| json!(spending_edge(bin))).collect(),
        }
    }

    /// The bin of a value, of an axis that has bins: the last one that begins at or below it.
    pub fn bin(self, value: u32) -> usize {
        let edges = match self {
            Self::SessionMinutes => SESSION_MINUTES,
            Self::MatchMinutes => MATCH_MINUTES,
            Self::Distance => DISTANCES_CM,
            Self::Beats => BEATS,
            Self::KillsPerDeath => KILLS_PER_DEATH,
            Self::Margin => MARGINS,
            _ => return spending_bin(value),
        };
        edges.partition_point(|&edge| edge <= value).saturating_sub(1)
    }
}

fn names<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Vec<Value> {
    names.into_iter().map(|name| json!(name.as_ref())).collect()
}

/// Values below 8 have bins of their own; every octave above is cut into 8.
fn spending_bin(cents: u32) -> usize {
    if cents < SPENDING_PER_OCTAVE {
        return cents as usize;
    }
    let octave = cents.ilog2() - SPENDING_PER_OCTAVE.ilog2();
    (octave * SPENDING_PER_OCTAVE + (cents >> octave)) as usize
}

/// The least value of a bin.
fn spending_edge(bin: usize) -> u64 {
    let per_octave = SPENDING_PER_OCTAVE as usize;
    if bin < per_octave {
        return bin as u64;
    }
    let octave = bin / per_octave - 1;
    ((bin - octave * per_octave) as u64) << octave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_of_spending_hold_what_lies_between_their_edges() {
        for cents in (0..100_000).chain([u32::MAX, u32::MAX - 1, 1 << 31, (1 << 31) - 1]) {
            let bin = spending_bin(cents);
            assert!((spending_edge(bin)..spending_edge(bin + 1)).contains(&cents.into()), "{cents} in {bin}");
        }
    }

    #[test]
    fn bins_begin_at_their_edges() {
        assert_eq!([0, 49, 50, 99_999].map(|cm| Axis::Distance.bin(cm)), [0, 0, 1, 31]);
        assert_eq!([1, 7, 8, 9].map(|beats| Axis::Beats.bin(beats)), [0, 5, 6, 6]);
    }
}
