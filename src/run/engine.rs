//! Which detector a run uses: the CPU's, the GPU's, or whichever is faster on frames of this scenario's size.

use std::sync::{Arc, PoisonError};

use crate::encounter::gpu::{GpuService, Limits, Notes, has_hardware_adapter, note};
use crate::encounter::{Detection, Detector, Frame, Verify, probe};
use crate::random::{Purpose, Seed};
use crate::setting::{Setting, Span};

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
    verify: Verify,
    description: String,
    notes: Notes,
}

impl Engine {
    /// Chooses the detector.
    ///
    /// # Errors
    /// If the GPU is demanded and there is none, in words.
    pub fn choose(backend: Backend, verify: Verify, setting: &Setting) -> Result<Self, String> {
        let notes = Notes::default();
        let cpu = |description: String, notes| Self { gpu: None, is_demanded: false, verify, description, notes };
        match backend {
            Backend::Cpu => Ok(cpu("cpu".into(), notes)),
            Backend::Gpu => {
                let service = GpuService::start(Limits::default(), Arc::clone(&notes))?;
                Ok(Self { description: service.describe(), gpu: Some(service), is_demanded: true, verify, notes })
            }
            Backend::Auto => {
                if setting.size.expected_online < WORTH_A_SUBMIT {
                    return Ok(cpu("cpu (frames too small for a GPU)".into(), notes));
                }
                if !has_hardware_adapter() {
                    return Ok(cpu("cpu (no hardware GPU)".into(), notes));
                }
                let started = GpuService::start(Limits::default(), Arc::clone(&notes));
                let choice = started.and_then(|service| {
                    let frame = frame_like(setting);
                    let race = probe::race(&frame, setting.episodes.exit_radius_cm, &mut service.client())?;
                    Ok((service, race))
                });
                match choice {
                    Ok((service, race)) if race.gpu_ns < race.cpu_ns => {
                        let description = format!("{} ({race})", service.describe());
                        Ok(Self { description, gpu: Some(service), is_demanded: false, verify, notes })
                    }
                    Ok((_, race)) => Ok(cpu(format!("cpu ({race})"), notes)),
                    Err(error) => {
                        note(&notes, format!("GPU not used: {error}"));
                        Ok(cpu("cpu (the GPU failed)".into(), notes))
                    }
                }
            }
        }
    }

    /// An engine on a given service, which is given up for the CPU when it fails.
    pub fn on(service: GpuService, verify: Verify, notes: Notes) -> Self {
        Self { description: service.describe(), gpu: Some(service), is_demanded: false, verify, notes }
    }

    /// Whether workers ask a GPU.
    pub fn has_gpu(&self) -> bool {
        self.gpu.is_some()
    }

    /// A detector for one worker.
    pub fn detection(&self) -> Detection {
        let gpu = self.gpu.as_ref().map(|service| Box::new(service.client()) as Box<dyn Detector>);
        Detection::new(gpu, self.is_demanded, self.verify, Arc::clone(&self.notes))
    }

    /// How many realms a worker steps together: one for caches, or as many as make a frame worth a GPU's while.
    pub fn realms_per_group(&self, setting: &Setting, span: &Span, threads: usize) -> u32 {
        const PLAYERS_PER_FRAME: f64 = 100_000.0;
        if self.gpu.is_none() {
            return 1;
        }
        let per_realm = (setting.size.expected_online / f64::from(setting.size.realms)).max(1.0);
        // In two halves, each of which is a frame.
        let enough = 2 * (PLAYERS_PER_FRAME / per_realm).ceil() as u32;
        enough.min((span.realms.len() as u32).div_ceil(threads as u32)).max(1)
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

/// A frame as large as the scenario's expected number of players online, in matches of its modes.
pub fn frame_like(setting: &Setting) -> Frame {
    let mut frame = Frame::default();
    frame.clear();
    let online = setting.size.expected_online.clamp(64.0, 2e6) as usize;
    let mut draws = Seed(0).stream(Purpose::Probe, 0, 1);
    let mut modes = setting.modes.iter().cycle();
    while frame.len() < online {
        let Some(mode) = modes.next() else { break };
        let extent = 40_000;
        for _ in 0..mode.capacity.max(2) {
            frame.push([draws.within(0, extent), draws.within(0, extent), draws.within(0, 5_000)]);
        }
        frame.end_match();
    }
    frame
}
