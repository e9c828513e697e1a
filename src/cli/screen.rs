//! Standard output.

use std::io::Write as _;

use super::failure::Failure;
use crate::output::OutputError;

/// Prints to standard output; a reader that has had enough (`| head`) is not an error.
pub fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(OutputError::io("writing", "standard output")(error).into())
        }
        _ => Ok(()),
    }
}
