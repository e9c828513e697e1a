//! Standard output and standard error: control characters of names never reach a terminal, and colours only one.

use std::io::{IsTerminal, Write};

use super::failure::Failure;
use crate::output::OutputError;

/// Prints to standard output; a reader that has had enough (`| head`) is not an error.
pub fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(harmless(text).as_bytes()) {
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
    let text = format!("{title}\n{}", harmless(rest));
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(OutputError::io("writing", "standard output")(error).into())
        }
        _ => Ok(()),
    }
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

/// Says something on standard error. What precedes the word `error: ` in an error are problems, one a line.
pub fn say(tone: Tone, text: &str) {
    let (word, colour) = match tone {
        Tone::Error => ("error", "31"),
        Tone::Warning => ("warning", "33"),
        Tone::Note => ("note", "36"),
    };
    let word = if has_colours(&std::io::stderr()) { format!("\x1b[1;{colour}m{word}\x1b[0m") } else { word.into() };
    eprintln!("{word}: {}", harmless(text));
}

/// Says lines of progress on standard error.
pub fn say_line(text: &str) {
    eprintln!("{}", harmless(text));
}

/// Whether to colour what goes to a stream: on a terminal, unless NO_COLOR asks for none (<https://no-color.org>).
fn has_colours(stream: &impl IsTerminal) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The text with control characters written out, all but line breaks and tabs.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' && c != '\t' {
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
