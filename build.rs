//! Tells the program which commit it was built from, where there is one to be found.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Where HEAD points and what was last done to it: a new commit is a new version.
    for file in [".git/HEAD", ".git/logs/HEAD"] {
        if Path::new(file).exists() {
            println!("cargo:rerun-if-changed={file}");
        }
    }
    let commit =
        Path::new(".git").exists().then(|| git(&["show", "-s", "--format=%h %cs", "--abbrev=12", "HEAD"])).flatten();
    println!("cargo:rustc-env=SKIRMISH_COMMIT={}", commit.unwrap_or_else(|| "unknown commit".into()));
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|text| !text.is_empty())
}
