//! Dimensions: written once, before the first day, as pure functions of the scenario and the account number.

use std::collections::BTreeMap;

use super::OutputError;
use super::commit::TableTotal;
use super::encode::Encoder;
use super::folder::{FileName, RunFolder};
use crate::setting::Setting;
use crate::table::{self, PlayerRow, Row, TruthPlayerRow};

/// Accounts a row group.
const PLAYERS_PER_GROUP: usize = 1 << 17;

/// Writes every enabled dimension and returns its totals.
///
/// # Errors
/// When a file cannot be written; nothing half-written stays.
pub fn write_dimensions(
    setting: &Setting,
    folder: &RunFolder,
) -> Result<BTreeMap<&'static str, TableTotal>, OutputError> {
    let rows = table::dimension_rows(setting);
    let mut totals = BTreeMap::new();
    write(setting, folder, std::iter::once(rows.regions), &mut totals)?;
    write(setting, folder, std::iter::once(rows.countries), &mut totals)?;
    write(setting, folder, std::iter::once(rows.devices), &mut totals)?;
    write(setting, folder, std::iter::once(rows.items), &mut totals)?;
    write(setting, folder, std::iter::once(rows.maps), &mut totals)?;
    write(setting, folder, std::iter::once(rows.modes), &mut totals)?;
    write(setting, folder, std::iter::once(rows.weapons), &mut totals)?;
    write(setting, folder, std::iter::once(rows.event_types), &mut totals)?;
    write(setting, folder, players(setting, |row, _| row), &mut totals)?;
    write(setting, folder, players(setting, |_, truth| truth), &mut totals)?;
    Ok(totals)
}

/// Rows of all accounts in groups, made as they are asked for.
fn players<R>(setting: &Setting, choose: impl Fn(PlayerRow, TruthPlayerRow) -> R) -> impl Iterator<Item = Vec<R>> {
    let last = setting.population.players as i32;
    (1..=last).step_by(PLAYERS_PER_GROUP).map(move |first| {
        let end = first.saturating_add(PLAYERS_PER_GROUP as i32 - 1).min(last);
        (first..=end)
            .map(|id| {
                let (row, truth) = PlayerRow::of(setting, id);
                choose(row, truth)
            })
            .collect()
    })
}

fn write<R: Row>(
    setting: &Setting,
    folder: &RunFolder,
    groups: impl Iterator<Item = Vec<R>>,
    totals: &mut BTreeMap<&'static str, TableTotal>,
) -> Result<(), OutputError> {
    let table: &'static table::Table = const { &R::TABLE };
    if !setting.writes(table.name) {
        return Ok(());
    }
    let encoder = Encoder::new(setting, table);
    let name = FileName { table: table.name, date: None, is_tail: false, shard: 0, sequence: 0 };
    let (path, file) = folder.stage(&name)?;
    let failed = || OutputError::parquet(path.clone());
    let mut writer = encoder.open(file).map_err(failed())?;
    let mut rows_written = 0;
    for rows in groups {
        let group = encoder.encode(&R::arrays(&rows, &setting.names)).map_err(failed())?;
        let mut row_group = writer.next_row_group().map_err(failed())?;
        for chunk in group.into_chunks() {
            chunk.append_to_row_group(&mut row_group).map_err(failed())?;
        }
        row_group.close().map_err(failed())?;
        rows_written += rows.len() as u64;
    }
    writer.finish().map_err(failed())?;
    let bytes = writer.bytes_written() as u64;
    writer.inner().sync_all().map_err(OutputError::io("syncing", &path))?;
    folder.publish(&name)?;
    totals.insert(table.name, TableTotal { rows: rows_written, bytes, files: 1 });
    Ok(())
}
