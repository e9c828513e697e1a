//! Tells the program which commit it was built from, where there is one to be found.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Where HEAD points and what was last done to it: a new commit is a new version.
    let is_repository = Path::new(".git").exists();
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]).filter(|_| is_repository) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    let show = ["-c", "log.showSignature=false", "show", "-s", "--format=%h %cs", "--abbrev=12", "HEAD"];
    let commit = is_repository.then(|| git(&show)).flatten();
    println!("cargo:rustc-env=SKIRMISH_COMMIT={}", commit.unwrap_or_else(|| "unknown commit".into()));
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|text| !text.is_empty())
}
