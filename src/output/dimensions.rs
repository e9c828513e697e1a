//! Dimensions: written once, before the first day, as pure functions of the scenario and the account number.

use std::collections::BTreeMap;

use super::encoders::Encoders;
use super::error::OutputError;
use super::grammar::FileName;
use super::store::Store;
use super::table_file::{TableFile, TableTotal};
use crate::parquet::Codec;
use crate::setting::Setting;
use crate::table::{AccountRows, DimensionRows, EachTable, Row};

/// Accounts a row group.
const ACCOUNTS_PER_GROUP: usize = 1 << 17;

/// Writes every enabled dimension and returns its totals. `watch` is told the share of accounts that are written; if it
/// answers `false`, writing stops.
///
/// # Errors
/// When a file cannot be written, or when `watch` stops it ([`OutputError::Stopped`]); nothing half-written stays.
pub fn write_dimensions(
    setting: &Setting,
    store: &Store,
    watch: &mut dyn FnMut(f64) -> bool,
) -> Result<BTreeMap<&'static str, TableTotal>, OutputError> {
    let mut files =
        DimensionFiles { store, encoders: Encoders::new(setting), codec: Codec::default(), open: BTreeMap::new() };
    DimensionRows::of(setting).each(&mut files)?;
    // Where no table of accounts is written, none is computed.
    if AccountRows::TABLES.iter().any(|table| setting.writes(table)) {
        let last = setting.population.players as i32;
        for first in (1..=last).step_by(ACCOUNTS_PER_GROUP) {
            if !watch(f64::from(first - 1) / f64::from(last)) {
                return Err(OutputError::Stopped);
            }
            let end = first.saturating_add(ACCOUNTS_PER_GROUP as i32 - 1).min(last);
            AccountRows::of(setting, first..=end).each(&mut files)?;
        }
    }
    files.finish()
}

/// The files of the dimensions while they are written, with their rows.
struct DimensionFiles<'s> {
    store: &'s Store,
    encoders: Encoders,
    codec: Codec,
    open: BTreeMap<&'static str, (TableFile, u64)>,
}

impl EachTable for DimensionFiles<'_> {
    type Error = OutputError;

    /// Appends a row group.
    fn table<R: Row>(&mut self, rows: &mut Vec<R>) -> Result<(), OutputError> {
        use std::collections::btree_map::Entry;
        let table = R::TABLE.name;
        let encoded = self.encoders.encode(rows, &mut self.codec).map_err(OutputError::parquet(table))?;
        let Some((group, encoder)) = encoded.zip(self.encoders.of(table)) else { return Ok(()) };
        let (file, written) = match self.open.entry(table) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(slot) => {
                let name = FileName::only(table);
                slot.insert((TableFile::create(self.store, &name, encoder)?, 0))
            }
        };
        *written += rows.len() as u64;
        file.append(group)
    }
}

impl DimensionFiles<'_> {
    /// Finishes, syncs and publishes all files.
    fn finish(self) -> Result<BTreeMap<&'static str, TableTotal>, OutputError> {
        let (mut finished, mut totals) = (Vec::new(), BTreeMap::new());
        for (table, (mut file, rows)) in self.open {
            let bytes = file.close()?;
            finished.push(file.sync()?);
            totals.insert(table, TableTotal { rows, bytes, files: 1 });
        }
        self.store.publish(finished)?;
        Ok(totals)
    }
}
