//! Adapters: which GPUs there are and what they can hold.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::shader::GROUP;

/// An adapter in words.
#[derive(Clone, Debug)]
pub struct AdapterReport {
    /// Name of the device.
    pub name: String,
    /// Driver and its version.
    pub driver: String,
    /// API through which it is reached.
    pub backend: String,
    /// Discrete, integrated, virtual, software.
    pub kind: &'static str,
    /// Largest storage binding in bytes.
    pub max_binding_bytes: u64,
    /// Largest buffer in bytes.
    pub max_buffer_bytes: u64,
    /// Most workgroups in a dimension.
    pub max_groups: u32,
}

fn instance() -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle())
}

/// Adapters with compute shaders, fast kinds first.
pub fn adapters() -> Vec<wgpu::Adapter> {
    // Broken drivers have been seen to panic while being listed: that is a machine without a GPU, not a crash.
    let list = || pollster::block_on(instance().enumerate_adapters(wgpu::Backends::all()));
    let mut adapters = catch_unwind(AssertUnwindSafe(list)).unwrap_or_default();
    adapters.retain(|adapter| adapter.limits().max_compute_invocations_per_workgroup >= GROUP);
    // Fast kinds first; the order among equals is the driver's.
    adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    });
    adapters
}

/// An adapter in words.
pub fn report(adapter: &wgpu::Adapter) -> AdapterReport {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    AdapterReport {
        name: info.name,
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        backend: format!("{:?}", info.backend),
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete",
            wgpu::DeviceType::IntegratedGpu => "integrated",
            wgpu::DeviceType::VirtualGpu => "virtual",
            wgpu::DeviceType::Cpu => "software",
            wgpu::DeviceType::Other => "other",
        },
        max_binding_bytes: limits.max_storage_buffer_binding_size,
        max_buffer_bytes: limits.max_buffer_size,
        max_groups: limits.max_compute_workgroups_per_dimension,
    }
}

/// Every adapter that can run the kernels, the one that would be used first.
pub fn list_adapters() -> Vec<AdapterReport> {
    adapters().iter().map(report).collect()
}

/// Whether there is a GPU that is not software.
pub fn has_hardware_adapter() -> bool {
    list_adapters().first().is_some_and(|adapter| adapter.kind != "software")
}
