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

impl TableTotal {
    /// Adds others of the same table.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.files += other.files;
    }
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

    /// Writes the footer; returns the bytes of the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn close(&mut self) -> Result<u64, OutputError> {
        let written = self.writer.finish();
        written.map_err(OutputError::parquet(self.writer.inner().path()))?;
        Ok(self.writer.bytes_written() as u64)
    }

    /// Syncs the file, which has been closed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&self) -> Result<FinishedFile, OutputError> {
        self.writer.inner().finish()
    }
}
