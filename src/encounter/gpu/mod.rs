//! Detection on the GPU through wgpu: `shaders/encounters.wgsl` and the host side of it.
//!
//! One way through: `pack` lays a frame out in parts of 8 bytes a player, `service` hands them to a `device` on a thread
//! of its own with several in flight, `pack` puts the answers back into canonical order. Parts keep to the adapter's
//! binding limit; a pair buffer that is too small is grown to what the kernel counted, and the part run again; every
//! answer carries a proof of execution. What fails ends in a retry on a fresh device, then on the CPU.

mod adapter;
mod detector;
mod device;
mod fault;
mod pack;
mod service;
mod shader;

pub(crate) use adapter::{AdapterReport, has_hardware_adapter, list_adapters};
pub use detector::GpuDetector;
pub use device::{GpuDevice, Limits};
pub use fault::Fault;
pub use pack::{Answer, Part, PartLimits};
pub(crate) use service::note;
pub use service::{GpuService, Notes, Opened};
pub use shader::SHADER;
