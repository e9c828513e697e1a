//! How players behave: who cheats, who is reported and flagged, and how good the anti-cheat is by the truth.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::batch_columns::{numbers, texts};
use crate::inspect::{InspectError, RunTables, table_named};

/// What a run says of its players' conduct.
#[derive(Debug, Default)]
pub struct Conduct {
    /// Accounts.
    pub accounts: u64,
    /// Accounts that others have reported, if the run tells.
    pub reported: Option<HashSet<i64>>,
    /// Accounts with a flag, if the run tells.
    pub flagged: Option<HashSet<i64>>,
    /// Accounts that were banned, if the run tells.
    banned: Option<HashSet<i64>>,
    /// How each account cheats that has done so, if the run tells the truth.
    guilty: Option<HashMap<i64, String>>,
}

impl Conduct {
    /// Reads it; nothing if the run does not list its accounts.
    pub fn read(tables: &RunTables) -> Result<Option<Self>, InspectError> {
        if !tables.has("players") {
            return Ok(None);
        }
        let mut conduct = Self::default();
        tables.read(table_named("players")?, Some(&["player_id"]), None, &mut |batch| {
            conduct.accounts += batch.num_rows() as u64;
            Ok(())
        })?;
        conduct.reported = accounts_in(tables, "reports", "reported_id")?;
        conduct.flagged = accounts_in(tables, "anticheat_flags", "player_id")?;
        conduct.banned = accounts_in(tables, "bans", "player_id")?;
        if tables.has("truth_events") && tables.has("truth_players") {
            let mut began = HashSet::new();
            tables.read(table_named("truth_events")?, Some(&["player_id", "event"]), None, &mut |batch| {
                let (players, events) = (numbers(batch, "player_id")?, texts(batch, "event")?);
                let begins = players.iter().zip(events).filter(|(_, event)| *event == Some("began_cheating"));
                began.extend(begins.map(|(player, _)| *player));
                Ok(())
            })?;
            let mut guilty = HashMap::new();
            tables.read(table_named("truth_players")?, Some(&["player_id", "cheat"]), None, &mut |batch| {
                let (players, cheats) = (numbers(batch, "player_id")?, texts(batch, "cheat")?);
                let all = players.into_iter().enumerate().filter(|(_, player)| began.contains(player));
                guilty.extend(all.map(|(row, player)| (player, cheats.value(row).to_owned())));
                Ok(())
            })?;
            conduct.guilty = Some(guilty);
        }
        Ok(Some(conduct))
    }

    /// Accounts that have cheated; none if the run does not tell, or nobody has.
    pub fn cheaters(&self) -> Option<usize> {
        self.guilty.as_ref().map(HashMap::len).filter(|cheaters| *cheaters > 0)
    }

    /// How well flags, bans and reports name those who have; those that the run tells.
    pub fn grades(&self) -> Vec<(&'static str, Grade)> {
        let grade = |named: &HashSet<i64>| {
            let guilty = self.guilty.iter().flatten();
            let (mut right, mut all) = (0, 0);
            for (player, _) in guilty {
                right += usize::from(named.contains(player));
                all += 1;
            }
            Grade { named: named.len(), right, guilty: all }
        };
        let named = [("flags", &self.flagged), ("bans", &self.banned), ("reports", &self.reported)];
        named.into_iter().filter_map(|(what, named)| Some((what, grade(named.as_ref()?)))).collect()
    }

    /// Of the accounts that cheat in each way, how many are flagged, and how many there are.
    pub fn flagged_by_cheat(&self) -> BTreeMap<&str, (usize, usize)> {
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let Some(flagged) = &self.flagged else { return counts };
        for (player, cheat) in self.guilty.iter().flatten() {
            let (found, all) = counts.entry(cheat).or_default();
            *found += usize::from(flagged.contains(player));
            *all += 1;
        }
        counts
    }

    /// All of it as JSON.
    pub fn value(&self) -> Value {
        if self.guilty.is_none() {
            return Value::Null;
        }
        let grade = |(what, grade): (&str, Grade)| {
            let value = json!({"accounts": grade.named, "guilty": grade.right,
                               "precision": grade.precision(), "recall": grade.recall()});
            (what.to_owned(), value)
        };
        let grades: serde_json::Map<String, Value> = self.grades().into_iter().map(grade).collect();
        let by_cheat: serde_json::Map<String, Value> = self
            .flagged_by_cheat()
            .into_iter()
            .map(|(cheat, (flagged, all))| (cheat.to_owned(), json!({"flagged": flagged, "accounts": all})))
            .collect();
        json!({"accounts": self.accounts, "cheaters": self.cheaters().unwrap_or(0), "grades": grades, "by_cheat": by_cheat})
    }
}

/// How well accounts were named.
#[derive(Clone, Copy, Debug)]
pub struct Grade {
    /// Accounts named.
    pub named: usize,
    /// Those of them that have cheated.
    pub right: usize,
    /// Accounts that have cheated.
    guilty: usize,
}

impl Grade {
    /// Share of the named that have cheated.
    pub fn precision(self) -> Option<f64> {
        (self.named > 0).then(|| self.right as f64 / self.named as f64)
    }

    /// Share of those who have cheated that are named.
    pub fn recall(self) -> Option<f64> {
        (self.guilty > 0).then(|| self.right as f64 / self.guilty as f64)
    }
}

/// The accounts that a table names; nothing if the run has not written it.
fn accounts_in(tables: &RunTables, table: &str, column: &str) -> Result<Option<HashSet<i64>>, InspectError> {
    if !tables.has(table) {
        return Ok(None);
    }
    let mut accounts = HashSet::new();
    tables.read(table_named(table)?, Some(&[column]), None, &mut |batch| {
        accounts.extend(numbers(batch, column)?);
        Ok(())
    })?;
    Ok(Some(accounts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_are_precision_and_recall() {
        let guilty: HashMap<i64, String> =
            (1..=8).map(|id| (id, if id < 3 { "aim" } else { "speed" }.into())).collect();
        let flagged: HashSet<i64> = [1, 3, 4, 20].into();
        let conduct = Conduct { accounts: 100, flagged: Some(flagged), guilty: Some(guilty), ..Conduct::default() };
        let value = conduct.value();
        assert_eq!(value["grades"]["flags"]["precision"], 0.75);
        assert_eq!(value["grades"]["flags"]["recall"], 0.375);
        assert_eq!(value["grades"]["bans"], Value::Null, "what a run does not tell has no grade");
        assert_eq!(value["by_cheat"]["aim"], json!({"flagged": 1, "accounts": 2}));
        assert_eq!(conduct.flagged_by_cheat()["speed"], (2, 6));
        assert_eq!(Conduct { guilty: Some(HashMap::new()), ..Conduct::default() }.cheaters(), None);
        assert_eq!(Conduct::default().value(), Value::Null);
    }
}
