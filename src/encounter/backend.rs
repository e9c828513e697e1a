//! Which detector a run uses: the CPU's, the GPU's, or whichever is faster on frames of this scenario's size.

use std::sync::{Arc, PoisonError};

use super::cpu::CpuDetector;
use super::gpu::{GpuService, Limits, Notes, note};
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

/// Which answers of a GPU are compared with the CPU's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// None.
    Off,
    /// The first of each worker and every 256th after it.
    Sample,
    /// All.
    All,
}

impl Verify {
    fn includes(self, frame: u64) -> bool {
        match self {
            Self::Off => false,
            Self::Sample => frame.is_multiple_of(256),
            Self::All => true,
        }
    }
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
                if !super::gpu::has_hardware_adapter() {
                    return Ok(cpu("cpu (no hardware GPU)".into(), notes));
                }
                let started = GpuService::start(Limits::default(), Arc::clone(&notes));
                let choice = started.and_then(|service| {
                    let frame = probe::frame_like(setting);
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
    pub fn realms_per_group(&self, setting: &Setting, threads: usize) -> u32 {
        const PLAYERS_PER_FRAME: f64 = 100_000.0;
        if self.gpu.is_none() {
            return 1;
        }
        let per_realm = (setting.size.expected_online / f64::from(setting.size.realms)).max(1.0);
        // In two halves, each of which is a frame.
        let enough = 2 * (PLAYERS_PER_FRAME / per_realm).ceil() as u32;
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

/// The detector of one worker: the GPU while it works and agrees with the CPU, the CPU from its first fault on.
pub struct Detection {
    cpu: CpuDetector,
    gpu: Option<Box<dyn Detector>>,
    is_demanded: bool,
    verify: Verify,
    frames: u64,
    expected: Contacts,
    notes: Notes,
}

impl Detection {
    /// A detector that asks `gpu` first, if there is one. Faults are noted, or are errors if the GPU is demanded.
    pub fn new(gpu: Option<Box<dyn Detector>>, is_demanded: bool, verify: Verify, notes: Notes) -> Self {
        let (cpu, expected) = (CpuDetector::default(), Contacts::default());
        Self { cpu, gpu, is_demanded, verify, frames: 0, expected, notes }
    }

    /// Lets the CPU go on.
    fn give_up_gpu(&mut self, error: &DetectError) {
        note(&self.notes, format!("{error}; the CPU went on from there"));
        self.gpu = None;
    }

    /// The GPU's answer, compared with the CPU's if this frame is among those that are.
    fn ask_gpu(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Option<Result<(), DetectError>> {
        let gpu = self.gpu.as_mut()?;
        let is_verified = self.verify.includes(self.frames);
        self.frames += 1;
        if let Err(error) = gpu.detect(frame, radius_cm, contacts) {
            return Some(Err(error));
        }
        if is_verified {
            if let Err(error) = self.cpu.detect(frame, radius_cm, &mut self.expected) {
                return Some(Err(error));
            }
            if self.expected != *contacts {
                let (found, expected) = (contacts.pairs.len(), self.expected.pairs.len());
                return Some(Err(DetectError::Disagrees { found, expected }));
            }
        }
        Some(Ok(()))
    }
}

impl Detector for Detection {
    fn name(&self) -> &str {
        if self.gpu.is_some() { "gpu" } else { "cpu" }
    }

    fn start(&mut self, frame: &Frame, radius_cm: u32) -> Result<(), DetectError> {
        match self.gpu.as_mut().map_or(Ok(()), |gpu| gpu.start(frame, radius_cm)) {
            Err(error) if self.is_demanded => Err(error),
            Err(error) => {
                self.give_up_gpu(&error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        match self.ask_gpu(frame, radius_cm, contacts) {
            Some(Ok(())) => return Ok(()),
            Some(Err(error)) if self.is_demanded => return Err(error),
            Some(Err(error)) => {
                self.give_up_gpu(&error);
            }
            None => {}
        }
        self.cpu.detect(frame, radius_cm, contacts)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A GPU that works until a given frame and then fails in a given way; it counts how often it did.
    struct Faulty {
        good_frames: u32,
        lies: bool,
        seen: u32,
        fired: Arc<AtomicU32>,
    }

    impl Detector for Faulty {
        fn name(&self) -> &str {
            "faulty"
        }

        fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
            CpuDetector::default().detect(frame, radius_cm, contacts)?;
            self.seen += 1;
            if self.seen <= self.good_frames {
                return Ok(());
            }
            self.fired.fetch_add(1, Ordering::Relaxed);
            if !self.lies {
                return Err(DetectError::Gpu("the device was lost".into()));
            }
            contacts.pairs.pop();
            if let Some(last) = contacts.starts.last_mut() {
                *last -= 1;
            }
            Ok(())
        }
    }

    /// Runs three frames; returns whether each answer was right or an error, the notes, and how often the fault fired.
    fn run(good_frames: u32, lies: bool, is_demanded: bool, verify: Verify) -> (Vec<Option<bool>>, usize, u32) {
        let fired = Arc::new(AtomicU32::new(0));
        let notes = Notes::default();
        let gpu = Faulty { good_frames, lies, seen: 0, fired: Arc::clone(&fired) };
        let mut detection = Detection::new(Some(Box::new(gpu)), is_demanded, verify, Arc::clone(&notes));
        let answers = (0..3).map(|seed| {
            let frame = probe::uniform_frame(seed, 640, 64, 5_000);
            let (mut contacts, mut expected) = (Contacts::default(), Contacts::default());
            CpuDetector::default().detect(&frame, 1000, &mut expected).expect("the CPU never fails");
            let result = detection.detect(&frame, 1000, &mut contacts);
            result.is_ok().then_some(contacts == expected)
        });
        let answers = answers.collect();
        let noted = notes.lock().expect("nobody panicked").len();
        (answers, noted, fired.load(Ordering::Relaxed))
    }

    #[test]
    fn a_device_that_is_lost_is_replaced_by_the_cpu_with_the_same_answers() {
        assert_eq!(run(1, false, false, Verify::Off), (vec![Some(true); 3], 1, 1));
    }

    #[test]
    fn a_device_that_is_demanded_and_lost_is_an_error() {
        let (answers, noted, fired) = run(1, false, true, Verify::Off);
        assert_eq!((answers[0], answers[1], noted), (Some(true), None, 0));
        assert!(fired >= 1);
    }

    #[test]
    fn a_device_that_lies_is_caught_where_answers_are_compared_and_only_there() {
        assert_eq!(run(1, true, false, Verify::All), (vec![Some(true); 3], 1, 1));
        assert_eq!(run(0, true, false, Verify::Sample), (vec![Some(true); 3], 1, 1));
        assert_eq!(run(1, true, false, Verify::Off), (vec![Some(true), Some(false), Some(false)], 0, 2));
    }
}
