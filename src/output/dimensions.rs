//! Dimensions: written once, before the first day, as pure functions of the scenario and the account number.

use std::collections::BTreeMap;
use std::fs::File;
use std::marker::PhantomData;
use std::path::PathBuf;

use parquet::file::writer::SerializedFileWriter;

use super::OutputError;
use super::commit::TableTotal;
use super::encode::Encoder;
use super::folder::{FileName, RunFolder};
use super::pages::Codec;
use crate::setting::Setting;
use crate::table::{self, PlayerRow, Row, TruthPlayerRow};

/// Accounts a row group.
const PLAYERS_PER_GROUP: usize = 1 << 17;

/// Writes every enabled dimension and returns its totals. `watch` is told the share of accounts that are written; if it
/// answers `false`, writing stops.
///
/// # Errors
/// When a file cannot be written, or when `watch` stops it ([`OutputError::Stopped`]); nothing half-written stays.
pub fn write_dimensions(
    setting: &Setting,
    folder: &RunFolder,
    watch: &mut dyn FnMut(f64) -> bool,
) -> Result<BTreeMap<&'static str, TableTotal>, OutputError> {
    let rows = table::dimension_rows(setting);
    let mut totals = BTreeMap::new();
    write(setting, folder, &rows.regions, &mut totals)?;
    write(setting, folder, &rows.countries, &mut totals)?;
    write(setting, folder, &rows.devices, &mut totals)?;
    write(setting, folder, &rows.items, &mut totals)?;
    write(setting, folder, &rows.maps, &mut totals)?;
    write(setting, folder, &rows.modes, &mut totals)?;
    write(setting, folder, &rows.weapons, &mut totals)?;
    write(setting, folder, &rows.event_types, &mut totals)?;
    write_accounts(setting, folder, watch, &mut totals)?;
    Ok(totals)
}

/// Writes both tables that have a row an account, group by group: a profile is computed once for both.
fn write_accounts(
    setting: &Setting,
    folder: &RunFolder,
    watch: &mut dyn FnMut(f64) -> bool,
    totals: &mut BTreeMap<&'static str, TableTotal>,
) -> Result<(), OutputError> {
    let mut players = DimensionFile::<PlayerRow>::open(setting, folder)?;
    let mut truths = DimensionFile::<TruthPlayerRow>::open(setting, folder)?;
    if players.is_none() && truths.is_none() {
        return Ok(());
    }
    let last = setting.population.players as i32;
    for first in (1..=last).step_by(PLAYERS_PER_GROUP) {
        if !watch(f64::from(first - 1) / f64::from(last)) {
            return Err(OutputError::Stopped);
        }
        let end = first.saturating_add(PLAYERS_PER_GROUP as i32 - 1).min(last);
        let (rows, hidden): (Vec<_>, Vec<_>) = (first..=end).map(|id| PlayerRow::of(setting, id)).unzip();
        players.as_mut().map_or(Ok(()), |file| file.append(setting, &rows))?;
        truths.as_mut().map_or(Ok(()), |file| file.append(setting, &hidden))?;
    }
    players.map_or(Ok(()), |file| file.finish(folder, totals))?;
    truths.map_or(Ok(()), |file| file.finish(folder, totals))
}

fn write<R: Row>(
    setting: &Setting,
    folder: &RunFolder,
    rows: &[R],
    totals: &mut BTreeMap<&'static str, TableTotal>,
) -> Result<(), OutputError> {
    let Some(mut file) = DimensionFile::open(setting, folder)? else { return Ok(()) };
    file.append(setting, rows)?;
    file.finish(folder, totals)
}

/// The file of a dimension while it is written.
struct DimensionFile<R> {
    encoder: Encoder,
    codec: Codec,
    name: FileName,
    path: PathBuf,
    writer: SerializedFileWriter<File>,
    rows: u64,
    kind: PhantomData<R>,
}

impl<R: Row> DimensionFile<R> {
    /// The staged file, if the table is written.
    fn open(setting: &Setting, folder: &RunFolder) -> Result<Option<Self>, OutputError> {
        let table: &'static table::Table = const { &R::TABLE };
        if !setting.writes(table.name) {
            return Ok(None);
        }
        let encoder = Encoder::new(setting, table);
        let name = FileName { table: table.name, date: None, is_tail: false, shard: 0, sequence: 0 };
        let (path, file) = folder.stage(&name)?;
        let writer = encoder.open(file).map_err(OutputError::parquet(path.clone()))?;
        Ok(Some(Self { encoder, codec: Codec::default(), name, path, writer, rows: 0, kind: PhantomData }))
    }

    /// Appends a row group.
    fn append(&mut self, setting: &Setting, rows: &[R]) -> Result<(), OutputError> {
        let failed = || OutputError::parquet(self.path.clone());
        let group = self.encoder.encode(&R::arrays(rows, &setting.names), &mut self.codec).map_err(failed())?;
        group.append_to(&mut self.writer).map_err(failed())?;
        self.rows += rows.len() as u64;
        Ok(())
    }

    /// Finishes, syncs and publishes the file.
    fn finish(
        mut self,
        folder: &RunFolder,
        totals: &mut BTreeMap<&'static str, TableTotal>,
    ) -> Result<(), OutputError> {
        self.writer.finish().map_err(OutputError::parquet(self.path.clone()))?;
        let bytes = self.writer.bytes_written() as u64;
        self.writer.inner().sync_all().map_err(OutputError::io("syncing", &self.path))?;
        folder.publish(&self.name)?;
        totals.insert(R::TABLE.name, TableTotal { rows: self.rows, bytes, files: 1 });
        Ok(())
    }
}
