//! The `skirmish` command. Everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(skirmish::cli::main(std::env::args_os()))
}
