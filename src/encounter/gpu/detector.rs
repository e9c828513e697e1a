//! A GPU as a detector of its own.

use std::sync::Arc;

use super::device::Limits;
use super::service::{GpuClient, GpuService, Notes};
use crate::encounter::frame::{Contacts, DetectError, Detector, Frame};

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
