//! A table's file while it is written.

use parquet::file::writer::SerializedFileWriter;

use super::error::OutputError;
use super::grammar::FileName;
use super::store::{FinishedFile, StagedFile, Store};
use crate::parquet::{Encoder, RowGroup};

/// Rows and bytes of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableTotal {
    /// Rows.
    pub rows: u64,
    /// Bytes of its files, or of its column chunks where none are written.
    pub bytes: u64,
    /// Files.
    pub files: u64,
}

/// A staged file that row groups are appended to.
pub struct TableFile {
    writer: SerializedFileWriter<StagedFile>,
}

impl TableFile {
    /// Stages a file.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(store: &Store, name: &FileName, encoder: &Encoder) -> Result<Self, OutputError> {
        let staged = store.stage(name)?;
        let path = staged.path().to_owned();
        let writer = encoder.open(staged).map_err(OutputError::parquet(path))?;
        Ok(Self { writer })
    }

    /// Appends a row group.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, group: RowGroup) -> Result<(), OutputError> {
        let written = group.append_to(&mut self.writer);
        written.map_err(OutputError::parquet(self.writer.inner().path()))
    }

    /// Writes the footer and syncs the file; also returns its bytes.
    ///
    /// # Errors
    /// When it cannot be written or synced.
    pub fn finish(mut self) -> Result<(FinishedFile, u64), OutputError> {
        let written = self.writer.finish();
        let staged = self.writer.inner();
        written.map_err(OutputError::parquet(staged.path()))?;
        Ok((staged.finish()?, self.writer.bytes_written() as u64))
    }
}
