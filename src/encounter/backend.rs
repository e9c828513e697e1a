//! Which detector a run uses: the CPU's, the GPU's, or whichever is faster on frames of this scenario's size.

use std::sync::{Arc, Mutex, PoisonError};

use super::cpu::CpuDetector;
use super::gpu::{GpuClient, GpuService};
use super::{Contacts, DetectError, Detector, Frame, probe};
use crate::setting::Setting;

/// Players online below which no GPU is even looked for: the CPU is done with them in less than the 100 us that one
/// submit and readback take.
const WORTH_A_SUBMIT: f64 = 10_000.0;

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The faster of the two on this scenario's frames.
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, or an error.
    Gpu,
}

/// The detector of a run, shared by its workers.
pub struct Engine {
    gpu: Option<GpuService>,
    is_demanded: bool,
    description: String,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Engine {
    /// Chooses the detector.
    ///
    /// # Errors
    /// If the GPU is demanded and there is none, in words.
    pub fn choose(backend: Backend, setting: &Setting) -> Result<Self, String> {
        let notes = Arc::new(Mutex::new(Vec::new()));
        let cpu = |description: String, notes| Self { gpu: None, is_demanded: false, description, notes };
        match backend {
            Backend::Cpu => Ok(cpu("cpu".into(), notes)),
            Backend::Gpu => {
                let service = GpuService::start()?;
                Ok(Self { description: service.describe(), gpu: Some(service), is_demanded: true, notes })
            }
            Backend::Auto => {
                if setting.size.expected_online < WORTH_A_SUBMIT {
                    return Ok(cpu("cpu (frames too small for a GPU)".into(), notes));
                }
                if !super::gpu::has_hardware_adapter() {
                    return Ok(cpu("cpu (no hardware GPU)".into(), notes));
                }
                let choice = GpuService::start().and_then(|service| {
                    let frame = probe::frame_like(setting);
                    let race = probe::race(&frame, setting.episodes.exit_radius_cm, &mut service.client())?;
                    Ok((service, race))
                });
                match choice {
                    Ok((service, race)) if race.gpu_ns < race.cpu_ns => {
                        let description = format!("{} ({race})", service.describe());
                        Ok(Self { description, gpu: Some(service), is_demanded: false, notes })
                    }
                    Ok((_, race)) => Ok(cpu(format!("cpu ({race})"), notes)),
                    Err(error) => {
                        notes.lock().unwrap_or_else(PoisonError::into_inner).push(format!("GPU not used: {error}"));
                        Ok(cpu("cpu (the GPU failed)".into(), notes))
                    }
                }
            }
        }
    }

    /// A detector for one worker.
    pub fn detection(&self) -> Detection {
        Detection {
            cpu: CpuDetector::default(),
            gpu: self.gpu.as_ref().map(GpuService::client),
            is_demanded: self.is_demanded,
            notes: Arc::clone(&self.notes),
        }
    }

    /// How many realms a worker steps together: one for caches, or as many as make a frame worth a GPU's while.
    pub fn realms_per_group(&self, setting: &Setting, threads: usize) -> u32 {
        const PLAYERS_PER_FRAME: f64 = 100_000.0;
        if self.gpu.is_none() {
            return 1;
        }
        let per_realm = (setting.size.expected_online / f64::from(setting.size.realms)).max(1.0);
        let enough = (PLAYERS_PER_FRAME / per_realm).ceil() as u32;
        enough.min(setting.size.realms.div_ceil(threads as u32)).max(1)
    }

    /// The detector in words, for run.json.
    pub fn describe(&self) -> String {
        self.description.clone()
    }

    /// What went wrong without stopping the run.
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The detector of one worker: the GPU while it works, the CPU from its first failure on.
pub struct Detection {
    cpu: CpuDetector,
    gpu: Option<GpuClient>,
    is_demanded: bool,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Detector for Detection {
    fn name(&self) -> &str {
        if self.gpu.is_some() { "gpu" } else { "cpu" }
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        if let Some(gpu) = &mut self.gpu {
            match gpu.detect(frame, radius_cm, contacts) {
                Ok(()) => return Ok(()),
                Err(error) if self.is_demanded => return Err(error),
                Err(error) => {
                    let note = format!("{error}; the CPU went on, with the same result");
                    self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
                    self.gpu = None;
                }
            }
        }
        self.cpu.detect(frame, radius_cm, contacts)
    }
}
