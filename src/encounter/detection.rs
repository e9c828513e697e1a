//! The detector of one worker: a GPU's while it works and tells the truth, the CPU's otherwise.
//!
//! A GPU that fails is replaced by the CPU. One that is caught lying is given up by all workers, and unless every answer
//! was compared the run ends there: what was detected since the last comparison cannot be trusted. Workers compare the last
//! frame of every day, so nothing of that kind is published.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::cpu::CpuDetector;
use super::frame::{Contacts, DetectError, Detector, Frame};
use super::gpu::{Notes, note};

/// Which answers of a GPU are compared with the CPU's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// None.
    Off,
    /// The first of each worker, every 256th after it and the last of a day.
    Sample,
    /// All.
    All,
}

/// What the workers of a run know together of their GPU.
#[derive(Debug, Default)]
pub struct Standing {
    /// Whether it was caught lying.
    is_given_up: AtomicBool,
    by_gpu: AtomicU64,
    by_cpu: AtomicU64,
}

impl Standing {
    /// Frames detected by the GPU and by the CPU.
    pub fn frames(&self) -> [u64; 2] {
        [&self.by_gpu, &self.by_cpu].map(|frames| frames.load(Ordering::Relaxed))
    }
}

/// The detector of one worker: the GPU while it works and agrees with the CPU, the CPU from its first fault on.
pub struct Detection {
    cpu: CpuDetector,
    gpu: Option<Box<dyn Detector>>,
    is_demanded: bool,
    verify: Verify,
    frames: u64,
    /// Whether the next frame is compared if any is.
    closes: bool,
    expected: Contacts,
    /// The last frame and answer of a GPU, while they have not been compared and samples are.
    last: Option<(Frame, Contacts, u32)>,
    notes: Notes,
    standing: Arc<Standing>,
}

impl Detection {
    /// A detector that asks `gpu` first, if there is one. Faults are noted, or are errors if the GPU is demanded.
    pub fn new(
        gpu: Option<Box<dyn Detector>>,
        is_demanded: bool,
        verify: Verify,
        notes: Notes,
        standing: Arc<Standing>,
    ) -> Self {
        let (cpu, expected) = (CpuDetector::default(), Contacts::default());
        Self { cpu, gpu, is_demanded, verify, frames: 0, closes: false, expected, last: None, notes, standing }
    }

    /// The next frame is the last before what was detected is published.
    pub fn close_with_next(&mut self) {
        self.closes = true;
    }

    /// Whether the CPU may go on after an error; notes that it does.
    fn goes_on_after(&mut self, error: &DetectError) -> bool {
        let is_lie = matches!(error, DetectError::Wrong(_) | DetectError::Disagrees { .. });
        if is_lie {
            self.standing.is_given_up.store(true, Ordering::Relaxed);
        }
        // Answers before a lie that nobody compared may have been lies, too.
        if self.is_demanded || is_lie && self.verify != Verify::All {
            return false;
        }
        note(&self.notes, format!("{error}; the CPU went on from there"));
        self.gpu = None;
        true
    }

    /// The GPU, unless another worker has caught it lying.
    ///
    /// # Errors
    /// If it has answered here since the last comparison.
    fn trusted_gpu(&mut self) -> Result<Option<&mut Box<dyn Detector>>, DetectError> {
        if self.standing.is_given_up.load(Ordering::Relaxed) && self.gpu.take().is_some() && self.verify != Verify::All
        {
            return Err(DetectError::Wrong("another worker was given one".into()));
        }
        Ok(self.gpu.as_mut())
    }

    /// Compares the last answer before a GPU is let go, so that what it answered last has been looked at.
    fn compare_last(&mut self) -> Result<(), DetectError> {
        let Some((frame, contacts, radius_cm)) = self.last.take() else { return Ok(()) };
        self.compare(&frame, radius_cm, &contacts)
    }

    fn compare(&mut self, frame: &Frame, radius_cm: u32, contacts: &Contacts) -> Result<(), DetectError> {
        self.cpu.detect(frame, radius_cm, &mut self.expected)?;
        if self.expected == *contacts {
            return Ok(());
        }
        let (found, expected) = (contacts.pairs.len(), self.expected.pairs.len());
        Err(DetectError::Disagrees { found, expected })
    }

    /// The GPU's answer, compared with the CPU's if this frame is among those that are.
    fn ask_gpu(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Option<Result<(), DetectError>> {
        let closes = std::mem::take(&mut self.closes);
        let gpu = match self.trusted_gpu() {
            Ok(gpu) => gpu?,
            Err(error) => return Some(Err(error)),
        };
        if let Err(error) = gpu.detect(frame, radius_cm, contacts) {
            // A device that dies may have lied before.
            return Some(Err(self.compare_last().err().unwrap_or(error)));
        }
        let is_compared = match self.verify {
            Verify::Off => false,
            Verify::Sample => closes || self.frames.is_multiple_of(256),
            Verify::All => true,
        };
        self.frames += 1;
        if is_compared {
            self.last = None;
            return Some(self.compare(frame, radius_cm, contacts));
        }
        if self.verify == Verify::Sample {
            let (kept, answer, radius) = self.last.get_or_insert_with(Default::default);
            kept.clone_from(frame);
            answer.clone_from(contacts);
            *radius = radius_cm;
        }
        Some(Ok(()))
    }
}

impl Detector for Detection {
    fn name(&self) -> &str {
        if self.gpu.is_some() { "gpu" } else { "cpu" }
    }

    fn start(&mut self, frame: &Frame, radius_cm: u32) -> Result<(), DetectError> {
        let started = self.trusted_gpu()?.map_or(Ok(()), |gpu| gpu.start(frame, radius_cm));
        let error = match started {
            Ok(()) => return Ok(()),
            Err(error) => self.compare_last().err().unwrap_or(error),
        };
        if self.goes_on_after(&error) { Ok(()) } else { Err(error) }
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        match self.ask_gpu(frame, radius_cm, contacts) {
            Some(Ok(())) => {
                self.standing.by_gpu.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            Some(Err(error)) if !self.goes_on_after(&error) => return Err(error),
            _ => {}
        }
        self.standing.by_cpu.fetch_add(1, Ordering::Relaxed);
        self.cpu.detect(frame, radius_cm, contacts)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

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
        let mut detection =
            Detection::new(Some(Box::new(gpu)), is_demanded, verify, Arc::clone(&notes), Arc::default());
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
        assert_eq!(run(1, true, false, Verify::Off), (vec![Some(true), Some(false), Some(false)], 0, 2));
    }

    #[test]
    fn a_lie_found_in_a_sample_is_an_error_and_ends_the_device_for_everybody() {
        let (answers, noted, fired) = run(0, true, false, Verify::Sample);
        assert_eq!((answers[0], noted, fired), (None, 0, 1), "the CPU goes on only if it is asked to after that");
        let (notes, standing) = (Notes::default(), Arc::new(Standing::default()));
        let [mut liar, mut other] = [0, u32::MAX].map(|good_frames| {
            let gpu = Faulty { good_frames, lies: true, seen: 0, fired: Arc::default() };
            Detection::new(Some(Box::new(gpu)), false, Verify::Sample, Arc::clone(&notes), Arc::clone(&standing))
        });
        let frame = probe::uniform_frame(1, 640, 64, 5_000);
        let mut contacts = Contacts::default();
        other.detect(&frame, 1000, &mut contacts).expect("it tells the truth");
        let error = liar.detect(&frame, 1000, &mut contacts).expect_err("it lies");
        assert!(matches!(error, DetectError::Disagrees { .. }));
        let error = other.detect(&frame, 1000, &mut contacts).expect_err("its own answers cannot be trusted either");
        assert!(matches!(error, DetectError::Wrong(_)));
        assert_eq!((other.name(), standing.frames()), ("cpu", [1, 0]));
    }

    #[test]
    fn the_last_answer_of_a_device_that_dies_is_compared() {
        /// Tells the truth once, lies once, and is lost.
        struct Dying(u32);
        impl Detector for Dying {
            fn name(&self) -> &str {
                "dying"
            }

            fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
                CpuDetector::default().detect(frame, radius_cm, contacts)?;
                self.0 += 1;
                match self.0 {
                    1 => Ok(()),
                    2 => {
                        contacts.pairs.pop();
                        contacts.starts.last_mut().map_or(Ok(()), |last| {
                            *last -= 1;
                            Ok(())
                        })
                    }
                    _ => Err(DetectError::Gpu("the device was lost".into())),
                }
            }
        }
        let frame = probe::uniform_frame(1, 640, 64, 5_000);
        for (lies, is_found) in [(true, true), (false, false)] {
            let gpu = Box::new(Dying(if lies { 0 } else { 2 }));
            let mut detection = Detection::new(Some(gpu), false, Verify::Sample, Notes::default(), Arc::default());
            let results: Vec<bool> =
                (0..3).map(|_| detection.detect(&frame, 1000, &mut Contacts::default()).is_ok()).collect();
            assert_eq!(results[2], !is_found, "{results:?}");
        }
    }

    #[test]
    fn the_frame_before_publication_is_compared() {
        let gpu = Faulty { good_frames: 2, lies: true, seen: 0, fired: Arc::default() };
        let notes = Notes::default();
        let mut detection = Detection::new(Some(Box::new(gpu)), false, Verify::Sample, notes, Arc::default());
        let frame = probe::uniform_frame(1, 640, 64, 5_000);
        let mut answers = Vec::new();
        for n in 0..5 {
            if n == 4 {
                detection.close_with_next();
            }
            answers.push(detection.detect(&frame, 1000, &mut Contacts::default()).is_ok());
        }
        assert_eq!(answers, [true, true, true, true, false]);
    }
}
