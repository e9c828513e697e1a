//! Detection on the GPU through wgpu: `shaders/encounters.wgsl` and the host side of it.
//!
//! One way through: `pack` lays a frame out in parts of 8 bytes a player, `service` hands them to a `device` on a thread
//! of its own with several in flight, `pack` puts the answers back into canonical order. Parts keep to the adapter's
//! binding limit; a pair buffer that is too small is grown to what the kernel counted, and the part run again; every
//! answer carries a proof of execution. What fails ends in a retry on a fresh device, then on the CPU.

mod adapter;
mod device;
mod fault;
mod pack;
mod service;

use std::sync::Arc;

use super::{Contacts, DetectError, Detector, Frame};
pub use adapter::{AdapterReport, has_hardware_adapter, list_adapters};
pub use device::{Device, Limits};
pub use fault::Fault;
pub use pack::{Answer, Part};
pub use service::{GpuClient, GpuService, Notes, Opened, note};

/// The kernels.
pub const SHADER: &str = include_str!("../../../shaders/encounters.wgsl");

/// Threads of a workgroup, as in the shader.
const GROUP: u32 = 64;

/// A service with its only client: a detector for tests, benches and the doctor.
pub struct GpuDetector {
    client: GpuClient,
    description: String,
    notes: Notes,
}

impl GpuDetector {
    /// Opens the best adapter there is, a software one if need be.
    ///
    /// # Errors
    /// If there is none or it cannot be opened, in words.
    pub fn open() -> Result<Self, String> {
        Self::open_with(Limits::default())
    }

    /// Likewise, with limits of the caller's.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub fn open_with(limits: Limits) -> Result<Self, String> {
        let notes = Notes::default();
        let service = GpuService::start(limits, Arc::clone(&notes))?;
        Ok(Self { client: service.client(), description: service.describe(), notes })
    }

    /// The device in words.
    pub fn describe(&self) -> &str {
        &self.description
    }

    /// What went wrong without stopping it.
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Detector for GpuDetector {
    fn name(&self) -> &str {
        "gpu"
    }

    fn start(&mut self, frame: &Frame, radius_cm: u32) -> Result<(), DetectError> {
        self.client.start(frame, radius_cm)
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        self.client.detect(frame, radius_cm, contacts)
    }
}
