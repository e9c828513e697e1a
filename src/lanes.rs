//! Loops compiled for the widest vector instructions that the machine has, chosen at run time.
//!
//! A [`Kernel`] is written once, in plain Rust without branches on data, and compiled in three forms; each computes the
//! same bits, because IEEE operations and integers give the same results in every width.
//!
//! Besides `encounter::kernels` the only module with `unsafe`: a function compiled for an instruction set may be called
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

/// One of the forms that [`widest`] chooses from, for tests.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// For any machine.
    Portable,
    /// For AVX2.
    Avx2,
    /// For AVX-512.
    Avx512,
    /// What is chosen here.
    Widest,
}

#[cfg(test)]
impl Form {
    /// Those that this machine can run.
    pub fn all() -> Vec<Self> {
        let mut forms = vec![Self::Portable, Self::Widest];
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx512 = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq");
            forms.extend(is_x86_feature_detected!("avx2").then_some(Self::Avx2));
            forms.extend(has_avx512.then_some(Self::Avx512));
        }
        forms
    }

    /// Runs a kernel in this form, one of [`Self::all`].
    pub fn run(self, kernel: impl Kernel) {
        match self {
            // SAFETY: `all` has found the features that the function is compiled for.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { with_avx2(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { with_avx512(kernel) },
            Self::Widest => widest(kernel),
            _ => kernel.run(),
        }
    }
}
