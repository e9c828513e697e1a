//! Standard output and standard error: control characters of names never reach a terminal, and colours only one.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::failure::Failure;
use crate::output::OutputError;

/// Prints a page for people; a reader that has had enough (`| head`) is not an error.
pub fn print(text: &str) -> Result<(), Failure> {
    to_stdout(&harmless(text))
}

/// Prints a document for programs as it is.
pub fn print_document(text: &str) -> Result<(), Failure> {
    to_stdout(text)
}

/// Prints JSON. What it leaves as it is and a terminal does not is escaped.
pub fn print_json(value: &Value) -> Result<(), Failure> {
    print_json_text(format!("{value:#}\n"))
}

/// Likewise in one line, for what is mostly long lists of numbers.
pub fn print_json_line(value: &Value) -> Result<(), Failure> {
    print_json_text(format!("{value}\n"))
}

fn print_json_text(text: String) -> Result<(), Failure> {
    let escape = |c: char| match c {
        '\u{7f}'..='\u{9f}' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    to_stdout(&if text.is_ascii() { text } else { text.chars().map(escape).collect() })
}

fn to_stdout(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(OutputError::io("writing", "standard output")(error).into())
        }
        _ => Ok(()),
    }
}

/// Prints a page whose first line is its title.
pub fn print_page(title: &str, rest: &str) -> Result<(), Failure> {
    let title = harmless(title);
    let title = if has_colours(&std::io::stdout()) { format!("\x1b[1m{title}\x1b[0m") } else { title };
    to_stdout(&format!("{title}\n{}", harmless(rest)))
}

/// What a line on standard error is.
#[derive(Clone, Copy, Debug)]
pub enum Tone {
    /// Why a command failed.
    Error,
    /// What the user should know before.
    Warning,
    /// What went differently from what was asked for.
    Note,
}

/// Says something on standard error: as a log line where log lines are for programs.
pub fn say(tone: Tone, text: &str) {
    if is_json_log() {
        return match tone {
            Tone::Error => tracing::error!("{text}"),
            Tone::Warning | Tone::Note => tracing::warn!("{text}"),
        };
    }
    let (word, colour) = match tone {
        Tone::Error => ("error", "31"),
        Tone::Warning => ("warning", "33"),
        Tone::Note => ("note", "36"),
    };
    let word = if has_colours(&std::io::stderr()) { format!("\x1b[1;{colour}m{word}\x1b[0m") } else { word.into() };
    write_error(&format!("{word}: {}", one_line(text)));
}

/// Says a line on standard error, likewise.
pub fn say_line(text: &str) {
    if is_json_log() {
        return tracing::error!("{text}");
    }
    write_error(&one_line(text));
}

/// Writes a line to standard error. Whoever has closed it does not want to know; that is no reason to stop.
fn write_error(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// From now on everything on standard error is a log line in JSON.
pub fn speak_json() {
    JSON_LOG.store(true, Ordering::Relaxed);
}

/// Whether everything on standard error is a log line in JSON.
pub fn is_json_log() -> bool {
    JSON_LOG.load(Ordering::Relaxed)
}

static JSON_LOG: AtomicBool = AtomicBool::new(false);

/// Whether to colour what goes to a stream: on a terminal, unless NO_COLOR asks for none (<https://no-color.org>).
fn has_colours(stream: &impl IsTerminal) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The text in one line: whatever stands in a name begins no line of its own.
fn one_line(text: &str) -> String {
    harmless(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// The text with control characters written out, all but line breaks and tabs.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // What turns the direction of writing makes a name look like another.
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if turns || c.is_control() && c != '\n' && c != '\t' {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(harmless("a\x1b[31mb\u{9b}c\n\td\r"), "a\\u{1b}[31mb\\u{9b}c\n\td\\r");
    }
}
