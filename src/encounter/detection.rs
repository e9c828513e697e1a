//! The detector of one worker: a GPU's while it works and tells the truth, the CPU's otherwise.

use super::cpu::CpuDetector;
use super::frame::{Contacts, DetectError, Detector, Frame};
use super::gpu::{Notes, note};

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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::encounter::probe;

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
