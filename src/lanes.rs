//! Loops compiled for the widest vector instructions that the machine has, chosen at run time.
//!
//! A [`Kernel`] is written once, in plain Rust without branches on data, and compiled in three forms; each computes the
//! same bits, because IEEE operations and integers give the same results in every width.
//!
//! Besides `encounter::lanes` the only module with `unsafe`: a function compiled for an instruction set may be called
//! only where the machine has it, which the compiler cannot see and [`widest`] checks right before each call.
#![allow(unsafe_code)]

/// A loop to be compiled several times.
pub trait Kernel {
    /// Runs it. Implementations are `#[inline(always)]`, so that each form is compiled for its own instructions.
    fn run(self);
}

/// Runs a kernel in the widest form that the machine has.
#[inline]
pub fn widest(kernel: impl Kernel) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") {
            // SAFETY: the features the function is compiled for were detected on the line above.
            return unsafe { with_avx512(kernel) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { with_avx2(kernel) };
        }
    }
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn with_avx512(kernel: impl Kernel) {
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(kernel: impl Kernel) {
    kernel.run();
}
