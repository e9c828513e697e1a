//! A scenario file as a tree of values that know where they were written, before any meaning is given to them.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

/// Where a value was written, for error messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// Line and column in the scenario file, from 1.
    File(usize, usize),
    /// The text of a `--set` option.
    Set(String),
    /// Skirmish's built-in entries.
    BuiltIn,
}

/// A TOML value without its position.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// A whole number.
    Int(i64),
    /// A number with a fraction or exponent.
    Num(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A string.
    Text(String),
    /// An array of values.
    List(Vec<Raw>),
    /// Something no key takes (a date-time, an array of tables), as written.
    Other(String),
    /// A table.
    Table(TomlTable),
}

impl Raw {
    /// The value as it would be written in TOML, for error messages.
    pub fn show(&self) -> String {
        match self {
            Self::Int(value) => value.to_string(),
            Self::Num(value) => show_num(*value),
            Self::Flag(value) => value.to_string(),
            Self::Text(value) => show_text(value),
            Self::List(items) => format!("[{}]", items.iter().map(Self::show).collect::<Vec<_>>().join(", ")),
            Self::Other(text) => text.clone(),
            Self::Table(_) => "a table".into(),
        }
    }
}

/// A number so that TOML reads it back as the same float.
pub fn show_num(value: f64) -> String {
    format!("{value:?}")
}

/// A string with TOML's escapes.
pub fn show_text(value: &str) -> String {
    let mut shown = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => shown.push_str("\\\""),
            '\\' => shown.push_str("\\\\"),
            c if c.is_control() => shown.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown.push('"');
    shown
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The value.
    pub raw: Raw,
    /// Where its key was written.
    pub at: At,
}

/// A table of entries by key.
pub type TomlTable = BTreeMap<String, Entry>;

/// A message about a place in the input.
pub type Complaint = (At, String);

/// Parses TOML text; every syntax error is reported.
pub fn parse(text: &str) -> Result<TomlTable, Vec<Complaint>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::of(text);
    if errors.is_empty() {
        return Ok(convert_table(&lines, table.get_ref()));
    }
    let complain = |error: &toml::de::Error| {
        let (line, column) = lines.position(error.span().map_or(0, |span| span.start));
        let mut message = error.message().replace('\n', "; ");
        if let Some(key) = error.span().and_then(|span| text.get(span)).filter(|_| message == "duplicate key") {
            message = format!("duplicate key {key}, which stands above already");
        }
        (At::File(line, column), format!("not valid TOML: {message}"))
    };
    Err(errors.iter().map(complain).collect())
}

/// Applies one `--set key=value`; a value that is not TOML is taken as text.
pub fn set(root: &mut TomlTable, option: &str) -> Result<(), Complaint> {
    let at = At::Set(option.to_owned());
    let fail = |why: &str| (At::Set(option.to_owned()), why.to_owned());
    if option.contains(char::is_control) {
        return Err(fail("contains a line break or another control character; give one key=value in each --set"));
    }
    let (path, value) = option.split_once('=').ok_or_else(|| fail("expected key=value, such as clock.days=1"))?;
    let raw = parse(&format!("value = {}", value.trim()))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .map_or_else(|| Raw::Text(value.trim().to_owned()), |entry| entry.raw);
    let mut keys: Vec<&str> = path.trim().split('.').map(str::trim).collect();
    let last = keys.pop().filter(|key| !key.is_empty() && keys.iter().all(|key| !key.is_empty()));
    let last = last.ok_or_else(|| fail("the key is empty; expected key=value, such as clock.days=1"))?;
    let mut table = root;
    for key in keys {
        let entry =
            table.entry(key.to_owned()).or_insert_with(|| Entry { raw: Raw::Table(TomlTable::new()), at: at.clone() });
        let Raw::Table(inner) = &mut entry.raw else {
            return Err(fail(&format!("{key} is a value, not a table")));
        };
        table = inner;
    }
    table.insert(last.to_owned(), Entry { raw, at });
    Ok(())
}

/// Marks a whole table as built in.
pub fn built_in(mut table: TomlTable) -> TomlTable {
    for entry in table.values_mut() {
        entry.at = At::BuiltIn;
        if let Raw::Table(inner) = &mut entry.raw {
            *inner = built_in(std::mem::take(inner));
        }
    }
    table
}

/// Adds to a section what the preset that it names says about keys it does not have; an unknown name adds nothing.
pub fn fill_from_preset(root: &mut TomlTable, section: &str, mut presets: TomlTable) {
    let Some(Entry { raw: Raw::Table(section), .. }) = root.get_mut(section) else { return };
    let Some(Entry { raw: Raw::Text(name), .. }) = section.get("preset") else { return };
    if let Some(Entry { raw: Raw::Table(preset), .. }) = presets.remove(name) {
        for (key, entry) in preset {
            section.entry(key).or_insert(entry);
        }
    }
}

fn convert_table(lines: &Lines<'_>, table: &DeTable<'_>) -> TomlTable {
    let convert_entry = |(key, value): (&toml::Spanned<toml::de::DeString<'_>>, &toml::Spanned<DeValue<'_>>)| {
        let (line, column) = lines.position(key.span().start);
        let raw = convert(lines, value);
        (key.get_ref().to_string(), Entry { raw, at: At::File(line, column) })
    };
    table.iter().map(convert_entry).collect()
}

fn convert(lines: &Lines<'_>, value: &toml::Spanned<DeValue<'_>>) -> Raw {
    let as_written = || lines.text.get(value.span()).unwrap_or("?").to_owned();
    match value.get_ref() {
        DeValue::String(value) => Raw::Text(value.to_string()),
        DeValue::Integer(value) => {
            i64::from_str_radix(value.as_str(), value.radix()).map_or_else(|_| Raw::Other(as_written()), Raw::Int)
        }
        DeValue::Float(value) => value.as_str().parse().map_or_else(|_| Raw::Other(as_written()), Raw::Num),
        DeValue::Boolean(value) => Raw::Flag(*value),
        DeValue::Array(items) => Raw::List(items.iter().map(|item| convert(lines, item)).collect()),
        DeValue::Table(table) => Raw::Table(convert_table(lines, table)),
        DeValue::Datetime(_) => Raw::Other(as_written()),
    }
}

/// A text and where its lines start, so that places are found without counting from its beginning.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self { text, starts: starts.collect() }
    }

    /// Line and column (in characters), both from 1, of a byte offset.
    fn position(&self, offset: usize) -> (usize, usize) {
        let offset = if self.text.is_char_boundary(offset) { offset } else { self.text.len() };
        let line = self.starts.partition_point(|&start| start <= offset);
        (line, self.text[self.starts[line - 1]..offset].chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_line_and_column() {
        let table = parse("a = 1\nb = { s = \"ü\", n = 2.5 }\n").expect("valid");
        assert_eq!(table["a"], Entry { raw: Raw::Int(1), at: At::File(1, 1) });
        let Raw::Table(b) = &table["b"].raw else { panic!("b is a table") };
        assert_eq!(b["n"], Entry { raw: Raw::Num(2.5), at: At::File(2, 16) });
    }

    #[test]
    fn set_reaches_nested_keys_and_takes_bare_words_as_text() {
        let mut table = parse("[clock]\ndays = 3").expect("valid");
        set(&mut table, "clock.days=7").expect("sets");
        set(&mut table, "encounter.relation=opponents").expect("sets");
        let Raw::Table(clock) = &table["clock"].raw else { panic!("a table") };
        assert_eq!(clock["days"].raw, Raw::Int(7));
        let Raw::Table(encounter) = &table["encounter"].raw else { panic!("a table") };
        assert_eq!(encounter["relation"].raw, Raw::Text("opponents".into()));
        assert!(set(&mut table, "clock.days.x=1").is_err() && set(&mut table, "nothing").is_err());
    }

    #[test]
    fn every_syntax_error_is_reported() {
        assert!(parse("a = \nb = 1\nc = [1,\n").is_err_and(|errors| errors.len() >= 2));
    }
}
