//! Python with DuckDB (its shell, too) and Polars, for tests that let others read what was written.
//!
//! They come from PyPI into a virtual environment below the build folder, made once. Where Python or a package cannot be
//! had the tests are skipped, visibly; SKIRMISH_REQUIRE_DUCKDB=1 turns the skip into a failure.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::skipped;

/// Python with the packages, or why there is none.
fn python() -> Result<&'static Path, &'static str> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let prepare = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readers-venv");
        let python = folder.join("bin/python");
        let run = |program: &Path, args: &[&str]| {
            let output = Command::new(program).args(args).output().map_err(|error| error.to_string())?;
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() { Ok(()) } else { Err(error) }
        };
        let duckdb = folder.join("bin/duckdb");
        let is_there = || run(&python, &["-c", "import duckdb, polars"]).and_then(|()| run(&duckdb, &["--version"]));
        if is_there().is_err() {
            run(Path::new("python3"), &["-m", "venv", &folder.to_string_lossy()])?;
            run(&python, &["-m", "pip", "install", "--quiet", "duckdb==1.4.*", "duckdb-cli==1.*", "polars==1.*"])?;
        }
        is_there().map(|()| python.clone())
    };
    PYTHON.get_or_init(prepare).as_deref().map_err(String::as_str)
}

/// Runs a script that must succeed; what it printed is the message if it does not. `false` if there is no Python.
pub fn run_or_skip(script: &str, args: &[&str]) -> bool {
    let python = match python() {
        Ok(python) => python,
        Err(error) if std::env::var_os("SKIRMISH_REQUIRE_DUCKDB").is_some_and(|value| value == "1") => {
            panic!("SKIRMISH_REQUIRE_DUCKDB=1, but: {error}")
        }
        Err(error) => {
            skipped(&format!("no Python with DuckDB and Polars for this test: {error}"));
            return false;
        }
    };
    let output = Command::new(python).args(["-c", script]).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{}", args.join(" "));
    true
}
