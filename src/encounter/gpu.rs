//! gpu stub
use super::*;
/// s
pub struct GpuService;
/// c
pub struct GpuClient;
impl GpuService {
    /// s
    pub fn start() -> Result<Self, String> { Err("no".into()) }
    /// s
    pub fn describe(&self) -> String { String::new() }
    /// s
    pub fn client(&self) -> GpuClient { GpuClient }
}
impl Detector for GpuClient {
    fn name(&self) -> &str { "gpu" }
    fn detect(&mut self, _: &Frame, _: u32, _: &mut Contacts) -> Result<(), DetectError> { Err(DetectError::Gpu("no".into())) }
}
/// h
pub fn has_hardware_adapter() -> bool { false }
