//! The kernels and what both sides of them must agree on.

/// The kernels.
pub const SHADER: &str = include_str!("../../../shaders/encounters.wgsl");

/// Threads of a workgroup, as in the shader.
pub const GROUP: u32 = 64;
