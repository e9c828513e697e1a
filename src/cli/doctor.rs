//! doctor
use super::*;
pub fn doctor(_: &DoctorArgs) -> Result<(), Failure> { Ok(()) }
