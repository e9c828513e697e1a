//! Signals that end a command in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Ctrl-C, SIGTERM and a terminal that is closed, as flags.
pub struct Signals {
    /// Set by the first of them.
    pub caught: Arc<AtomicBool>,
    which: Arc<AtomicUsize>,
}

impl Signals {
    /// A first signal ends the run in order; a second one ends the process at once.
    pub fn catch() -> Self {
        let signals =
            Self { caught: Arc::new(AtomicBool::new(false)), which: Arc::new(AtomicUsize::new(SIGINT as usize)) };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // Without handlers a signal ends the process as it always did: staged files stay, tables stay whole.
            let shutdown =
                signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.caught));
            let which = signal_hook::flag::register_usize(signal, Arc::clone(&signals.which), signal as usize);
            let caught = signal_hook::flag::register(signal, Arc::clone(&signals.caught));
            drop((shutdown, which, caught));
        }
        signals
    }

    /// Whether one has come.
    pub fn is_caught(&self) -> bool {
        self.caught.load(Ordering::Relaxed)
    }

    /// The last that has come.
    pub fn which(&self) -> i32 {
        self.which.load(Ordering::Relaxed) as i32
    }
}
