//! The protocol of a tick: realms are stepped up to detection, one frame holds the positions of all, and they are
//! stepped on with its contacts. Nobody else calls a realm's halves.

use std::time::{Duration, Instant};

use super::realm::Realm;
use super::trajectory::Trajectories;
use crate::encounter::{Contacts, CpuDetector, DetectError, Detector, Frame};

/// Where the time of stepping went.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepTimes {
    /// Systems before detection.
    pub before_contacts: Duration,
    /// Detection.
    pub detect: Duration,
    /// Systems after detection.
    pub after_contacts: Duration,
}

/// Steps realms that share a detector and a frame.
#[derive(Default)]
pub struct Stepper {
    frame: Frame,
    contacts: Contacts,
    /// Whether a frame is being detected.
    is_begun: bool,
    /// Where the time went so far.
    pub times: StepTimes,
}

impl Stepper {
    /// Steps realms up to detection and starts one for the positions of all. What comes between this and
    /// [`Self::finish`] is done while a GPU detects.
    ///
    /// # Errors
    /// When the detector fails.
    pub fn begin(&mut self, tick: u32, realms: &mut [Realm], detector: &mut dyn Detector) -> Result<(), DetectError> {
        let Some(first) = realms.first() else { return Ok(()) };
        let radius_cm = first.detection_radius_cm();
        let started = Instant::now();
        for realm in &mut *realms {
            realm.before_contacts(tick);
        }
        if let [realm] = realms {
            (self.frame, self.contacts) = realm.lend_detection();
        } else {
            self.frame.clear();
            for realm in &*realms {
                self.frame.append(realm.positions());
            }
        }
        let stepped = Instant::now();
        detector.start(&self.frame, radius_cm)?;
        self.is_begun = true;
        self.times.before_contacts += stepped - started;
        self.times.detect += stepped.elapsed();
        Ok(())
    }

    /// Waits for the contacts of what was begun and steps the realms to the end of the tick; `false` if nothing was
    /// begun.
    ///
    /// # Errors
    /// When the detector fails.
    pub fn finish(&mut self, realms: &mut [Realm], detector: &mut dyn Detector) -> Result<bool, DetectError> {
        if !std::mem::take(&mut self.is_begun) {
            return Ok(false);
        }
        let radius_cm = realms.first().map_or(0, Realm::detection_radius_cm);
        let started = Instant::now();
        detector.detect(&self.frame, radius_cm, &mut self.contacts)?;
        if let [realm] = realms {
            realm.take_detection(std::mem::take(&mut self.frame), std::mem::take(&mut self.contacts));
        } else {
            let mut first = 0;
            for realm in &mut *realms {
                let (frame, mut contacts) = realm.lend_detection();
                let last = first + frame.matches();
                contacts.copy_matches(&self.contacts, first..last);
                realm.take_detection(frame, contacts);
                first = last;
            }
        }
        let detected = Instant::now();
        for realm in &mut *realms {
            realm.after_contacts();
        }
        self.times.detect += detected - started;
        self.times.after_contacts += detected.elapsed();
        Ok(true)
    }

    /// Steps realms through a tick.
    ///
    /// # Errors
    /// When the detector fails.
    pub fn step(&mut self, tick: u32, realms: &mut [Realm], detector: &mut dyn Detector) -> Result<(), DetectError> {
        self.begin(tick, realms, detector)?;
        self.finish(realms, detector).map(drop)
    }
}

/// Steps a realm through a whole day on the CPU, handing on each window as it fills; returns the heartbeats.
///
/// # Errors
/// If more encounters at once are met than can be counted.
pub fn step_day(
    realm: &mut Realm,
    day: u32,
    detector: &mut CpuDetector,
    full: &mut dyn FnMut(&mut Trajectories),
) -> Result<u64, DetectError> {
    let mut stepper = Stepper::default();
    let mut heartbeats = 0;
    for window in realm.span().windows(day) {
        realm.open_window(window.clone());
        for tick in window {
            stepper.step(tick, std::slice::from_mut(realm), detector)?;
            heartbeats += realm.online() as u64;
        }
        full(realm.trajectories());
    }
    Ok(heartbeats)
}
