//! The service: a device on a thread of its own, shared by the workers of a run.
//!
//! Several parts are in flight at once, so that upload, kernels and readback overlap. A device that fails is opened
//! again, once, and what was in flight is done over; if that fails too, the service is over and its clients turn to the
//! CPU. A driver may panic or hang inside of calls, which is why it gets a thread that may be lost.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, bounded};

use super::device::{GpuDevice, IN_FLIGHT, Limits, PATIENCE, WgpuDevice};
use super::fault::Fault;
use super::pack::{Answer, Part, PartLimits, Parts, unpack};
use crate::encounter::frame::{Contacts, DetectError, Detector, Frame};

/// What is worth knowing about a run that went on, shared with whoever tells the user.
pub type Notes = Arc<Mutex<Vec<String>>>;

/// How long a client waits: the service itself gives a device its patience, twice, with other parts before this one. A
/// thread that hangs inside a driver is not waited for any longer.
const CLIENT_PATIENCE: Duration = Duration::from_secs(2 * (IN_FLIGHT as u64 + 1) * PATIENCE.as_secs());

/// Adds a note that is not there yet.
pub fn note(notes: &Notes, text: String) {
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    if !notes.contains(&text) {
        tracing::info!(text, "noted");
        notes.push(text);
    }
}

struct PartJob {
    part: Arc<Part>,
    radius_cm: u32,
    answer: Sender<Result<Option<Answer>, Fault>>,
}

/// A device on its own thread, shared by the workers of a run. The thread ends when the service and all of its clients
/// are gone.
pub struct GpuService {
    jobs: Sender<PartJob>,
    limits: PartLimits,
    description: String,
    notes: Notes,
}

/// An opened device with what clients need to know about it.
pub struct Opened<D> {
    /// The device.
    pub device: D,
    /// In words.
    pub description: String,
    /// What a part may hold.
    pub limits: PartLimits,
}

impl GpuService {
    /// Opens the best adapter on a thread of its own.
    ///
    /// # Errors
    /// If there is none or it cannot be opened, in words.
    pub fn start(limits: Limits, notes: Notes) -> Result<Self, String> {
        let open = move || {
            WgpuDevice::open(limits).map(|device| Opened {
                description: device.description.clone(),
                limits: device.part_limits,
                device,
            })
        };
        Self::start_with(open, notes)
    }

    /// Likewise with devices of the caller's, which is how tests inject faults.
    ///
    /// # Errors
    /// If the first one cannot be opened, in words.
    pub fn start_with<D: GpuDevice + 'static>(
        open: impl Fn() -> Result<Opened<D>, String> + Send + 'static,
        notes: Notes,
    ) -> Result<Self, String> {
        let (jobs, queue) = bounded::<PartJob>(64);
        let (opened_sender, opened) = bounded(1);
        let thread_notes = Arc::clone(&notes);
        thread::Builder::new()
            .name("gpu".into())
            .spawn(move || {
                let open = || {
                    let failed = |_| Err("the GPU driver failed while it was opened".to_owned());
                    catch_unwind(AssertUnwindSafe(&open)).unwrap_or_else(failed)
                };
                match open() {
                    Ok(Opened { device, description, limits }) => {
                        if opened_sender.send(Ok((description, limits))).is_ok() {
                            let reopen = || open().map(|opened| opened.device).map_err(Fault::None);
                            Server { device: Some(device), has_failed: false, in_flight: VecDeque::new() }.serve(
                                &queue,
                                &reopen,
                                &thread_notes,
                            );
                        }
                    }
                    Err(error) => drop(opened_sender.send(Err(error))),
                }
            })
            .map_err(|error| format!("no thread for the GPU: {error}"))?;
        let (description, limits) = opened.recv().map_err(|_| "the GPU's thread ended".to_owned())??;
        Ok(Self { jobs, limits, description, notes })
    }

    /// The device in words.
    pub fn describe(&self) -> String {
        format!("gpu: {}", self.description)
    }

    /// A detector that sends its frames to the service.
    pub fn client(&self) -> GpuClient {
        let (jobs, notes) = (self.jobs.clone(), Arc::clone(&self.notes));
        GpuClient { jobs, limits: self.limits, notes, started: None }
    }
}

/// The service's side of the thread.
struct Server<D> {
    /// `None` once the service is over.
    device: Option<D>,
    has_failed: bool,
    in_flight: VecDeque<PartJob>,
}

impl<D: GpuDevice> Server<D> {
    fn serve(&mut self, jobs: &Receiver<PartJob>, reopen: &dyn Fn() -> Result<D, Fault>, notes: &Notes) {
        loop {
            // Fills the pipeline before it waits for the oldest part; blocks only when there is nothing to wait for.
            let next = if self.in_flight.is_empty() {
                jobs.recv().map_err(|_| TryRecvError::Disconnected)
            } else if self.in_flight.len() < IN_FLIGHT {
                jobs.try_recv()
            } else {
                Err(TryRecvError::Empty)
            };
            let result = match next {
                Ok(job) => {
                    let result = guarded(self.device.as_mut(), |device| device.submit(&job.part, job.radius_cm));
                    self.in_flight.push_back(job);
                    result
                }
                Err(TryRecvError::Disconnected) if self.in_flight.is_empty() => return,
                Err(_) => self.collect_oldest(),
            };
            if let Err(fault) = result {
                self.recover(fault, reopen, notes);
            }
        }
    }

    fn collect_oldest(&mut self) -> Result<(), Fault> {
        let Some(job) = self.in_flight.front() else { return Ok(()) };
        let answer = guarded(self.device.as_mut(), |device| device.collect(&job.part, job.radius_cm))?;
        if let Some(job) = self.in_flight.pop_front() {
            // A client that has given up does not wait for its answer.
            drop(job.answer.send(Ok(answer)));
        }
        Ok(())
    }

    /// Does over what was in flight on a fresh device, the first time; gives up the second time.
    fn recover(&mut self, fault: Fault, reopen: &dyn Fn() -> Result<D, Fault>, notes: &Notes) {
        // Never dropped: a driver that has failed may hang or crash while it is taken down.
        std::mem::forget(self.device.take());
        let mut result = if self.has_failed { Err(fault.clone()) } else { reopen() };
        if let Ok(device) = &mut result {
            note(notes, format!("GPU: {fault}; it was opened again"));
            let redone = self.in_flight.iter().map(|job| {
                guarded(Some(&mut *device), |device| {
                    device.submit(&job.part, job.radius_cm)?;
                    device.collect(&job.part, job.radius_cm)
                })
            });
            match redone.collect::<Result<Vec<Option<Answer>>, Fault>>() {
                Ok(answers) => {
                    for (job, answer) in self.in_flight.drain(..).zip(answers) {
                        drop(job.answer.send(Ok(answer)));
                    }
                }
                Err(fault) => {
                    if let Ok(device) = result {
                        std::mem::forget(device);
                    }
                    result = Err(fault);
                }
            }
        }
        self.has_failed = true;
        match result {
            Ok(device) => self.device = Some(device),
            Err(fault) => {
                for job in self.in_flight.drain(..) {
                    drop(job.answer.send(Err(fault.clone())));
                }
            }
        }
    }
}

/// A call into a driver, whose panics count as the loss of the device.
fn guarded<D, T>(device: Option<&mut D>, call: impl FnOnce(&mut D) -> Result<T, Fault>) -> Result<T, Fault> {
    let device = device.ok_or_else(|| Fault::None("it failed before".into()))?;
    catch_unwind(AssertUnwindSafe(|| call(device))).unwrap_or_else(|_| Err(Fault::Lost("the driver panicked".into())))
}

/// A worker's end of a [`GpuService`].
pub struct GpuClient {
    jobs: Sender<PartJob>,
    limits: PartLimits,
    notes: Notes,
    started: Option<Started>,
}

/// A frame that the service works on.
struct Started {
    players: usize,
    packed: Parts,
    waiting: Vec<Receiver<Result<Option<Answer>, Fault>>>,
}

impl GpuClient {
    fn send(&self, frame: &Frame, radius_cm: u32) -> Result<Started, Fault> {
        let packed = Parts::pack(frame, radius_cm, self.limits);
        if packed.on_host.iter().any(|&index| !frame.range(index as usize).is_empty()) {
            let PartLimits { players, candidates } = self.limits;
            let limits = format!(
                "wider than 42 km, higher than 10 km, with more than {players} players or {candidates} distances"
            );
            note(&self.notes, format!("GPU: some matches exceed what it takes ({limits}); the CPU detected those"));
        }
        let mut waiting = Vec::with_capacity(packed.parts.len());
        for part in &packed.parts {
            let (answer, answered) = bounded(1);
            let job = PartJob { part: Arc::clone(part), radius_cm, answer };
            self.jobs.send_timeout(job, CLIENT_PATIENCE).map_err(|error| match error {
                SendTimeoutError::Timeout(_) => Fault::Timeout(CLIENT_PATIENCE.as_secs()),
                SendTimeoutError::Disconnected(_) => Fault::None("the GPU's thread ended".into()),
            })?;
            waiting.push(answered);
        }
        Ok(Started { players: frame.len(), packed, waiting })
    }

    fn receive(
        &self,
        started: &Started,
        frame: &Frame,
        radius_cm: u32,
        contacts: &mut Contacts,
    ) -> Result<(), DetectError> {
        let failed = |fault: Fault| DetectError::Gpu(fault.to_string());
        if started.players != frame.len() {
            return Err(DetectError::Gpu("another frame was started than is asked for".into()));
        }
        let mut answers = Vec::with_capacity(started.waiting.len());
        for answered in &started.waiting {
            let answer = answered.recv_timeout(CLIENT_PATIENCE);
            let answer = answer.map_err(|error| match error {
                RecvTimeoutError::Timeout => Fault::Timeout(CLIENT_PATIENCE.as_secs()),
                RecvTimeoutError::Disconnected => Fault::None("the GPU's thread ended".into()),
            });
            answers.push(answer.map_err(failed)?.map_err(failed)?);
        }
        if answers.iter().any(Option::is_none) {
            let text = "GPU: some parts of frames have more pairs than its buffers hold; the CPU detected those";
            note(&self.notes, text.into());
        }
        unpack(&started.packed, &answers, frame, radius_cm, contacts)
    }
}

impl Detector for GpuClient {
    fn name(&self) -> &str {
        "gpu"
    }

    fn start(&mut self, frame: &Frame, radius_cm: u32) -> Result<(), DetectError> {
        self.started = Some(self.send(frame, radius_cm).map_err(|fault| DetectError::Gpu(fault.to_string()))?);
        Ok(())
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        let started = match self.started.take() {
            Some(started) => Ok(started),
            None => self.send(frame, radius_cm),
        };
        let started = started.map_err(|fault| DetectError::Gpu(fault.to_string()))?;
        self.receive(&started, frame, radius_cm, contacts)
    }
}
