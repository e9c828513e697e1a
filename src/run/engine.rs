//! Which detector a run uses: the CPU's, the GPU's, or whichever is faster on frames of this scenario's size.

use std::sync::{Arc, PoisonError};

use crate::encounter::gpu::{GpuService, Limits, Notes, has_hardware_adapter, note};
use crate::encounter::{Detection, Detector, Standing, Verify};
use crate::setting::{Setting, Span};

use super::options::{Backend, RunOptions};
use super::race::race;

/// Players online below which no GPU is even looked for: the CPU is done with them in less than the 100 us that one
/// submit and readback take.
const WORTH_A_SUBMIT: f64 = 10_000.0;

/// The detector of a run, shared by its workers.
pub struct Engine {
    gpu: Option<GpuService>,
    is_demanded: bool,
    verify: Verify,
    description: String,
    notes: Notes,
    standing: Arc<Standing>,
}

impl Engine {
    /// Chooses the detector.
    ///
    /// # Errors
    /// If the GPU is demanded and there is none, in words.
    pub fn choose(options: &RunOptions, setting: &Setting) -> Result<Self, String> {
        let notes = Notes::default();
        let engine = |gpu, description: String| Self {
            gpu,
            is_demanded: options.backend == Backend::Gpu,
            verify: options.gpu_verify,
            description,
            notes: Arc::clone(&notes),
            standing: Arc::default(),
        };
        let cpu = |description: String| Ok(engine(None, description));
        match options.backend {
            Backend::Cpu => cpu("cpu".into()),
            Backend::Gpu => {
                let service = GpuService::start(Limits::default(), Arc::clone(&notes))?;
                let description = service.describe();
                Ok(engine(Some(service), description))
            }
            Backend::Auto => {
                if setting.size.expected_online < WORTH_A_SUBMIT {
                    return cpu("cpu (frames too small for a GPU)".into());
                }
                if !has_hardware_adapter() {
                    return cpu("cpu (no hardware GPU)".into());
                }
                let threads = options.threads.max(1);
                let started = GpuService::start(Limits::default(), Arc::clone(&notes));
                let choice = started.and_then(|service| {
                    let group =
                        options.realms_per_group.unwrap_or_else(|| group_for_gpu(setting, &setting.span(), threads));
                    let players = online_in_realm(setting) * f64::from(group.div_ceil(2));
                    let race = race(setting, players as usize, threads, &service)?;
                    Ok((service, race))
                });
                match choice {
                    Ok((service, race)) if race.gpu_ns < race.cpu_ns => {
                        let description = format!("{} ({race}, {threads} threads)", service.describe());
                        Ok(engine(Some(service), description))
                    }
                    Ok((_, race)) => cpu(format!("cpu ({race}, {threads} threads)")),
                    Err(error) => {
                        note(&notes, format!("GPU not used: {error}"));
                        cpu("cpu (the GPU failed)".into())
                    }
                }
            }
        }
    }

    /// An engine on a given service, which is given up for the CPU when it fails.
    pub fn on(service: GpuService, verify: Verify, notes: Notes) -> Self {
        let standing = Arc::default();
        Self { description: service.describe(), gpu: Some(service), is_demanded: false, verify, notes, standing }
    }

    /// Whether workers ask a GPU.
    pub fn has_gpu(&self) -> bool {
        self.gpu.is_some()
    }

    /// A detector for one worker.
    pub fn detection(&self) -> Detection {
        let gpu = self.gpu.as_ref().map(|service| Box::new(service.client()) as Box<dyn Detector>);
        Detection::new(gpu, self.is_demanded, self.verify, Arc::clone(&self.notes), Arc::clone(&self.standing))
    }

    /// How many realms a worker steps together: one for caches, or as many as make a frame worth a GPU's while.
    pub fn realms_per_group(&self, setting: &Setting, span: &Span, threads: usize) -> u32 {
        if self.gpu.is_none() { 1 } else { group_for_gpu(setting, span, threads) }
    }

    /// The detector in words, for run.json; after a fallback with how much of the work the CPU did.
    pub fn describe(&self) -> String {
        match self.standing.frames() {
            [by_gpu, by_cpu] if self.gpu.is_some() && by_cpu > 0 => {
                format!("{}, then the CPU: {by_cpu} of {} frames", self.description, by_gpu + by_cpu)
            }
            _ => self.description.clone(),
        }
    }

    /// What went wrong without stopping the run.
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Realms whose positions together are worth a GPU's while, in two halves that are a frame each.
fn group_for_gpu(setting: &Setting, span: &Span, threads: usize) -> u32 {
    const PLAYERS_PER_FRAME: f64 = 100_000.0;
    let enough = 2 * (PLAYERS_PER_FRAME / online_in_realm(setting)).ceil() as u32;
    enough.min((span.realms.len() as u32).div_ceil(threads as u32)).max(1)
}

fn online_in_realm(setting: &Setting) -> f64 {
    (setting.size.expected_online / f64::from(setting.size.realms)).max(1.0)
}
