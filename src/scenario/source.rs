//! Where a scenario's text comes from: a file, a shipped scenario by its name, standard input.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::key::closest;
use super::shipped::{SHIPPED, Shipped};

/// Largest scenario that is read.
const MAX_BYTES: u64 = 1 << 20;

/// The text of a scenario and what to call it.
#[derive(Debug)]
pub struct ScenarioText {
    /// Its name: the folder of its run.
    pub name: String,
    /// What stands for it in messages.
    pub label: String,
    /// The text.
    pub text: String,
}

impl ScenarioText {
    /// Reads what is called by a path: `-` for standard input, a file, or the name of a shipped scenario.
    ///
    /// # Errors
    /// In words, with the remedy.
    pub fn read(path: &Path) -> Result<Self, String> {
        if path == "-" {
            let text = limited(io::stdin().lock()).map_err(|why| format!("standard input: {why}"))?;
            return Ok(Self { name: "scenario".into(), label: "standard input".into(), text });
        }
        let shipped = path.to_str().and_then(Shipped::named);
        if let Some(shipped) = shipped.filter(|_| !path.is_file()) {
            return Ok(Self { name: shipped.name.into(), label: shipped.name.into(), text: shipped.text.into() });
        }
        let label = one_line(path);
        let text = read_file(path).map_err(|why| format!("{label}: {why}"))?;
        Ok(Self { name: name_of(path)?, label, text })
    }
}

/// What a run of a scenario file is called: the file without its ending.
///
/// # Errors
/// In words, if that makes no name of a folder.
pub fn name_of(path: &Path) -> Result<String, String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let why = match () {
        () if name.is_empty() || name.starts_with('.') => "begins with a dot",
        () if name.contains(char::is_control) => "has control characters",
        () if name.contains(char::REPLACEMENT_CHARACTER) => "is no UTF-8 text",
        () => return Ok(name),
    };
    let label = one_line(path);
    Err(format!(
        "{label}: a run cannot be named after this file, whose name {why}; rename it, to mine.toml for example"
    ))
}

/// A path in one line of a message.
fn one_line(path: &Path) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    path.display().to_string().chars().map(escape).collect()
}

fn read_file(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}; {}", remedy(path));
    // Looked at before it is opened: opening a pipe waits until somebody writes.
    let kind = std::fs::metadata(path).map_err(unreadable)?.file_type();
    if kind.is_dir() {
        return Err(format!("cannot be read: it is a folder; {}", remedy(path)));
    }
    // The shell's <(command) is such a pipe, with somebody at its other end.
    let is_given_by_shell = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd") || path == "/dev/stdin";
    if !kind.is_file() && !is_given_by_shell {
        return Err("cannot be read: it is a device or a pipe; give a file, or - for standard input".into());
    }
    limited(File::open(path).map_err(unreadable)?)
}

/// Everything there is to read, unless it is too much or no text.
fn limited(reader: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot be read: {error}; check the path"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("is longer than 1 MiB, which no scenario is; give a scenario file".into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        format!("cannot be read: line {line} is no UTF-8 text; save the file as UTF-8")
    })
}

/// What to do about a path that leads nowhere.
fn remedy(path: &Path) -> String {
    let with_ending = path.with_extension("toml");
    if path.is_dir() {
        return "give a scenario file in it".into();
    }
    if path.exists() {
        return "make it a readable file".into();
    }
    if with_ending.exists() && with_ending != path {
        return format!("did you mean {}?", with_ending.display());
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    if let Some(shipped) = Shipped::named(&name) {
        return format!("did you mean {0}, which is shipped? It needs no file: skirmish run {0}", shipped.name);
    }
    // Another file beside it, or another shipped scenario.
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut beside: Vec<String> = entries
        .filter(|other| other.extension() == Some(OsStr::new("toml")) && other.file_name() != path.file_name())
        .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    beside.sort_unstable();
    let beside: Vec<&str> = beside.iter().map(String::as_str).collect();
    if let Some(near) = closest(&name, &beside) {
        let near = folder.join(format!("{near}.toml"));
        return format!("did you mean {}?", near.strip_prefix(".").unwrap_or(&near).display());
    }
    let names: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
    match closest(&name.to_lowercase(), &names) {
        Some(near) => format!("did you mean {near}, which is shipped?"),
        None => "check the path; `skirmish list` shows the shipped scenarios".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_refused_and_what_is_no_text_named_by_its_line() {
        assert!(limited(io::repeat(b'#')).is_err_and(|why| why.contains("longer than 1 MiB")));
        assert!(limited(&b"a = 1\nb = \"\xff\"\n"[..]).is_err_and(|why| why.contains("line 2 is no UTF-8")));
        assert_eq!(limited(&b"seed = 1"[..]), Ok("seed = 1".into()));
    }

    #[test]
    fn names_of_shipped_scenarios_need_no_file() {
        let source = ScenarioText::read(Path::new("battle-royale")).expect("shipped");
        assert_eq!((source.name.as_str(), source.label.as_str()), ("battle-royale", "battle-royale"));
        assert!(source.text.contains("elimination = true"));
        for (path, hint) in [
            ("battle-royal", "did you mean battle-royale, which is shipped?"),
            ("nowhere/quickstart.toml", "skirmish run quickstart"),
            ("nowhere/zzz.toml", "skirmish list"),
            ("Cargo", "did you mean Cargo.toml?"),
            ("scenarios/milion.toml", "did you mean scenarios/million.toml?"),
            ("src", "it is a folder"),
            ("/dev/zero", "device or a pipe"),
        ] {
            let why = ScenarioText::read(Path::new(path)).expect_err(path);
            assert!(why.contains(hint), "{path}: {why}");
        }
    }
}
