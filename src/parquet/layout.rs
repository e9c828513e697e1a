//! How a column is laid out in the file.

/// How a column is laid out in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Differences, bit-packed: sorted or smooth integers.
    Delta,
    /// Differences, bit-packed, not compressed any further: noise that compression cannot shrink.
    DeltaRaw,
    /// A dictionary: few distinct values.
    Dictionary,
    /// A dictionary of many values whose indices are noise, not compressed any further.
    DictionaryRaw,
    /// A dictionary whose indices are runs: a value is repeated many times over. Takes arrays of runs.
    Runs,
    /// As they are, compressed.
    Plain,
}

impl Layout {
    /// Whether distinct values are written once.
    pub fn has_dictionary(self) -> bool {
        matches!(self, Self::Dictionary | Self::DictionaryRaw | Self::Runs)
    }

    /// Whether differences are written.
    pub fn has_differences(self) -> bool {
        matches!(self, Self::Delta | Self::DeltaRaw)
    }

    /// Whether pages are left uncompressed.
    pub fn is_raw(self) -> bool {
        matches!(self, Self::DeltaRaw | Self::DictionaryRaw)
    }
}
