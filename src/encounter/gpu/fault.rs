//! Faults: what can go wrong with a device.

/// Why a device did not answer. The service tries once more on a fresh device; after that the CPU goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The device is gone, or its driver panicked.
    #[error("the device was lost: {0}")]
    Lost(String),
    /// A buffer could not be had.
    #[error("the device is out of memory: {0}")]
    OutOfMemory(String),
    /// No answer within so many seconds.
    #[error("the device did not answer within {0} s")]
    Timeout(u64),
    /// The device answered something that cannot be.
    #[error("{0}")]
    Wrong(String),
    /// There is no device, or it could not be opened again.
    #[error("{0}")]
    None(String),
}
