//! The service: a device on a thread of its own, shared by the workers of a run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::GpuDetector;
use super::pack::{Kernel, Packed, detect_with};
use crate::encounter::{Contacts, DetectError, Detector, Frame};

struct Job {
    packed: Packed,
    radius_cm: u32,
    answer: Sender<Result<Vec<[u32; 3]>, String>>,
}

/// A device on its own thread, shared by the workers of a run. The thread ends when the service and all of its clients
/// are gone.
pub struct GpuService {
    jobs: Sender<Job>,
    max_players: usize,
    description: String,
}

impl GpuService {
    /// Opens the best adapter on a thread of its own.
    ///
    /// # Errors
    /// If there is none or it cannot be opened, in words.
    pub fn start() -> Result<Self, String> {
        let (jobs, queue) = bounded::<Job>(64);
        let (opened_sender, opened) = bounded(1);
        thread::Builder::new()
            .name("gpu".into())
            .spawn(move || serve(&opened_sender, &queue))
            .map_err(|error| format!("no thread for the GPU: {error}"))?;
        let (description, max_players) = opened.recv().map_err(|_| "the GPU's thread ended".to_owned())??;
        Ok(Self { jobs, max_players, description })
    }

    /// The device in words.
    pub fn describe(&self) -> String {
        format!("gpu: {}", self.description)
    }

    /// A detector that sends its frames to the service.
    pub fn client(&self) -> GpuClient {
        GpuClient { jobs: self.jobs.clone(), max_players: self.max_players }
    }
}

fn serve(opened: &Sender<Result<(String, usize), String>>, jobs: &Receiver<Job>) {
    let mut device = match catch_unwind(GpuDetector::open) {
        Ok(Ok(device)) => device,
        Ok(Err(error)) => return drop(opened.send(Err(error))),
        Err(_) => return drop(opened.send(Err("the GPU driver failed while it was opened".into()))),
    };
    if opened.send(Ok((device.description.clone(), device.max_players))).is_err() {
        return;
    }
    for job in jobs {
        let answer = catch_unwind(AssertUnwindSafe(|| device.run(&job.packed, job.radius_cm)));
        let is_lost = answer.is_err();
        // A client that has given up does not wait for its answer.
        drop(job.answer.send(answer.unwrap_or_else(|_| Err("the GPU driver failed".into()))));
        if is_lost {
            return;
        }
    }
}

/// A worker's end of a [`GpuService`].
pub struct GpuClient {
    jobs: Sender<Job>,
    max_players: usize,
}

impl Kernel for GpuClient {
    fn max_players(&self) -> usize {
        self.max_players
    }

    fn run(&mut self, packed: Packed, radius_cm: u32) -> Result<Vec<[u32; 3]>, String> {
        let (answer, answered) = bounded(1);
        let gone = |_| "the GPU's thread ended".to_owned();
        self.jobs.send(Job { packed, radius_cm, answer }).map_err(|_| gone(()))?;
        answered.recv().map_err(|_| gone(()))?
    }
}

impl Detector for GpuClient {
    fn name(&self) -> &str {
        "gpu"
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        detect_with(self, frame, radius_cm, contacts)
    }
}
