//! One declaration a section: from it come the typed struct, its parsing with every error at once, the
//! resolved file, the JSON Schema and the commented example.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{self, At, Raw, TomlTable};
use crate::time::Date;

/// What values a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number in a closed range.
    Int(i64, i64),
    /// A number in a closed range.
    Num(f64, f64),
    /// `true` or `false`.
    Flag,
    /// Text.
    Text,
    /// A calendar day.
    Day,
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// The name of an entry of a table elsewhere in the file.
    NameIn(&'static str),
    /// A list of names of entries of a table elsewhere in the file; empty means all of them.
    NamesIn(&'static str),
    /// A list of so many numbers, each in a closed range.
    Nums(usize, f64, f64),
}

impl Kind {
    /// What is expected, in words.
    pub fn describe(self) -> String {
        match self {
            Self::Int(min, max) => format!("a whole number from {} to {}", group(min), group(max)),
            Self::Num(min, max) => format!("a number from {min} to {max}"),
            Self::Flag => "true or false".into(),
            Self::Text => "text in quotes".into(),
            Self::Day => "an existing day from 1970 to 2199 such as \"2026-01-05\"".into(),
            Self::OneOf(words) => {
                format!("one of {}", words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", "))
            }
            Self::NameIn(table) => format!("the name of an entry of [{table}]"),
            Self::NamesIn(table) => format!("a list of names of entries of [{table}]"),
            Self::Nums(count, min, max) => format!("a list of {count} numbers from {min} to {max}"),
        }
    }
}

fn group(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value < 0 { format!("-{grouped}") } else { grouped }
}

/// One key of a section.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// Its name, unit included.
    pub name: &'static str,
    /// One or more lines of documentation.
    pub doc: &'static [&'static str],
    /// Its default, as TOML.
    pub default: &'static str,
    /// What values it takes.
    pub kind: Kind,
}

/// A section inside a section.
#[derive(Clone, Copy, Debug)]
pub struct ChildSpec {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub spec: &'static SectionSpec,
    /// Whether it is a table of such sections keyed by a name of the user's.
    pub named: bool,
}

/// One section of a scenario file.
#[derive(Clone, Copy, Debug)]
pub struct SectionSpec {
    /// Documentation.
    pub doc: &'static [&'static str],
    /// Keys in the order in which they are documented.
    pub keys: &'static [KeySpec],
    /// Sections inside this one.
    pub children: &'static [ChildSpec],
}

/// A typed section.
pub trait Section: Sized {
    /// Its declaration.
    const SPEC: SectionSpec;
    /// Reads it; problems are collected in the reader and defaults stand in for what is wrong.
    fn read(reader: &mut Reader<'_, '_>) -> Self;
}

/// Entries keyed by a name of the user's, in order of names.
#[derive(Clone, Debug)]
pub struct Named<T> {
    /// Name and section.
    pub entries: Vec<(String, T)>,
}

impl<T> Named<T> {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// Sections in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// Position of a name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.entries.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()
    }

    /// The section at a position.
    pub fn at(&self, index: usize) -> &T {
        &self.entries[index].1
    }
}

/// A value that a key can hold.
pub trait Value: Sized {
    /// Takes a value of the right kind, or `None`.
    fn from_raw(raw: &Raw, kind: Kind) -> Option<Self>;
    /// The value as TOML.
    fn show(&self) -> String;
}

macro_rules! int_value {
    ($($type:ty),*) => {$(
        impl Value for $type {
            fn from_raw(raw: &Raw, kind: Kind) -> Option<Self> {
                match (raw, kind) {
                    (Raw::Int(value), Kind::Int(min, max)) if (min..=max).contains(value) => (*value).try_into().ok(),
                    _ => None,
                }
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
int_value!(u8, u16, u32, u64, i32, i64);

impl Value for f64 {
    fn from_raw(raw: &Raw, kind: Kind) -> Option<Self> {
        let value = match raw {
            Raw::Int(value) => *value as f64,
            Raw::Num(value) => *value,
            _ => return None,
        };
        matches!(kind, Kind::Num(min, max) if min <= value && value <= max).then_some(value)
    }
    fn show(&self) -> String {
        tree::show_num(*self)
    }
}

impl Value for bool {
    fn from_raw(raw: &Raw, _: Kind) -> Option<Self> {
        if let Raw::Flag(value) = raw { Some(*value) } else { None }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    fn from_raw(raw: &Raw, kind: Kind) -> Option<Self> {
        match (raw, kind) {
            (Raw::Text(text), Kind::OneOf(words)) => words.contains(&text.as_str()).then(|| text.clone()),
            (Raw::Text(text), _) => Some(text.clone()),
            _ => None,
        }
    }
    fn show(&self) -> String {
        tree::show_text(self)
    }
}

impl Value for Date {
    fn from_raw(raw: &Raw, _: Kind) -> Option<Self> {
        // TOML has dates of its own; --set loses quotes to the shell. Both mean the same.
        let (Raw::Text(text) | Raw::Other(text)) = raw else { return None };
        // Readers disagree on dates before 1970 and on years beyond four digits.
        text.parse().ok().filter(|date: &Self| date.0 >= 0 && text.as_str() < "2200")
    }
    fn show(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Value for Vec<String> {
    fn from_raw(raw: &Raw, kind: Kind) -> Option<Self> {
        let Raw::List(items) = raw else { return None };
        items.iter().map(|item| String::from_raw(item, kind)).collect()
    }
    fn show(&self) -> String {
        format!("[{}]", self.iter().map(Value::show).collect::<Vec<_>>().join(", "))
    }
}

impl Value for Vec<f64> {
    fn from_raw(raw: &Raw, kind: Kind) -> Option<Self> {
        let (Raw::List(items), Kind::Nums(count, min, max)) = (raw, kind) else { return None };
        if items.len() != count {
            return None;
        }
        items.iter().map(|item| f64::from_raw(item, Kind::Num(min, max))).collect()
    }
    fn show(&self) -> String {
        format!("[{}]", self.iter().map(Value::show).collect::<Vec<_>>().join(", "))
    }
}

/// Most entries of a table: what dictionary columns index with 16 bits, with room for names of our own.
const MAX_ENTRIES: usize = 10_000;

/// One line of the resolved scenario: section path, key, value as TOML.
pub type ResolvedLine = (String, &'static str, String);

/// What reading a scenario collects.
#[derive(Debug, Default)]
pub struct Findings {
    /// What is wrong, with where.
    pub problems: Vec<tree::Complaint>,
    /// Every key with its value, defaults filled in, in the order of the declaration.
    pub resolved: Vec<ResolvedLine>,
    /// Where each key given in the input stands.
    pub places: BTreeMap<String, At>,
    /// Keys and tables that are wrong by themselves: a default stands in for them.
    wrong: BTreeSet<String>,
}

impl Findings {
    /// Notes that a key or table is wrong by itself.
    fn refuse(&mut self, path: &str, at: &At, message: String) {
        self.wrong.insert(path.to_owned());
        self.problems.push((at.clone(), message));
    }

    /// Whether a key or table, or what it is in, is wrong by itself, so that nothing can be said of it.
    pub fn is_wrong(&self, path: &str) -> bool {
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().any(|end| self.wrong.contains(&path[..end]))
    }
}

/// Reads one table of the input as one section.
pub struct Reader<'t, 'f> {
    /// The whole file, to say where a misplaced key belongs.
    root: &'static SectionSpec,
    table: Option<&'t TomlTable>,
    path: String,
    findings: &'f mut Findings,
}

impl<'t, 'f> Reader<'t, 'f> {
    /// A reader for a whole file of a specification.
    pub fn root(root: &'static SectionSpec, table: &'t TomlTable, findings: &'f mut Findings) -> Self {
        Self { root, table: Some(table), path: String::new(), findings }
    }

    fn join(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Reads one key; a missing or wrong one gives its default.
    pub fn value<T: Value>(&mut self, spec: &'static KeySpec) -> T {
        let path = self.join(spec.name);
        let given = self.table.and_then(|table| table.get(spec.name)).and_then(|entry| {
            self.findings.places.insert(path.clone(), entry.at.clone());
            let value = T::from_raw(&entry.raw, spec.kind);
            if value.is_none() {
                let expected = spec.kind.describe();
                let message =
                    format!("{path} = {}: expected {expected}; the default is {}", entry.raw.show(), spec.default);
                self.findings.refuse(&path, &entry.at, message);
            }
            value
        });
        let value = given.unwrap_or_else(|| {
            let table = tree::parse(&format!("default = {}", spec.default)).expect("defaults are valid TOML");
            T::from_raw(&table["default"].raw, spec.kind).expect("defaults are in range")
        });
        self.findings.resolved.push((self.path.clone(), spec.name, value.show()));
        value
    }

    /// Reads a section inside this one.
    pub fn section<T: Section>(&mut self, name: &'static str) -> T {
        let path = self.join(name);
        let entry = self.table.and_then(|table| table.get(name));
        if let Some(entry) = entry
            && !matches!(entry.raw, Raw::Table(_))
        {
            let message = format!("{path} = {}: expected a table, [{path}]", entry.raw.show());
            self.findings.refuse(&path, &entry.at, message);
        }
        let table = entry.and_then(|entry| if let Raw::Table(table) = &entry.raw { Some(table) } else { None });
        let mut reader = Reader { root: self.root, table, path, findings: self.findings };
        let section = T::read(&mut reader);
        reader.refuse_unknown_keys(&T::SPEC);
        section
    }

    /// Reads a table of sections keyed by names of the user's.
    pub fn named<T: Section>(&mut self, name: &'static str) -> Named<T> {
        let path = self.join(name);
        let Some(entry) = self.table.and_then(|table| table.get(name)) else { return Named { entries: Vec::new() } };
        self.findings.places.insert(path.clone(), entry.at.clone());
        let Raw::Table(table) = &entry.raw else {
            let message = format!("{path} = {}: expected tables, [{path}.NAME]", entry.raw.show());
            self.findings.refuse(&path, &entry.at, message);
            return Named { entries: Vec::new() };
        };
        if table.len() > MAX_ENTRIES {
            let message = format!("[{path}] has {} entries; at most {}", table.len(), group(MAX_ENTRIES as i64));
            self.findings.refuse(&path, &entry.at, message);
            return Named { entries: Vec::new() };
        }
        let mut entries = Vec::new();
        for (id, entry) in table {
            let path = format!("{path}.{id}");
            self.findings.places.insert(path.clone(), entry.at.clone());
            let valid = !id.is_empty()
                && id.len() <= 64
                && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            if !valid {
                let message = format!("{path}: a name has 1 to 64 letters, digits, - or _; rename it");
                self.findings.problems.push((entry.at.clone(), message));
            }
            let Raw::Table(table) = &entry.raw else {
                let message = format!("{path} = {}: expected a table, [{path}]", entry.raw.show());
                self.findings.refuse(&path, &entry.at, message);
                continue;
            };
            let mut reader = Reader { root: self.root, table: Some(table), path, findings: self.findings };
            entries.push((id.clone(), T::read(&mut reader)));
            reader.refuse_unknown_keys(&T::SPEC);
        }
        Named { entries }
    }

    /// Reports every key that the section does not have.
    pub fn refuse_unknown_keys(&mut self, spec: &SectionSpec) {
        let known: Vec<&str> =
            spec.keys.iter().map(|key| key.name).chain(spec.children.iter().map(|child| child.name)).collect();
        for (key, entry) in self.table.into_iter().flatten().filter(|(key, _)| !known.contains(&key.as_str())) {
            let hint = match (section_of(self.root, key), closest(key, &known)) {
                (Some(section), _) => format!("it belongs under [{section}]"),
                (None, Some(near)) => format!("did you mean {}?", self.join(near)),
                (None, None) => format!("its keys are {}", known.join(", ")),
            };
            let section = if self.path.is_empty() { "a scenario" } else { &format!("[{}]", self.path) };
            let message = format!("{} is not a key of {section}; {hint}", self.join(key));
            self.findings.problems.push((entry.at.clone(), message));
        }
    }
}

/// The fixed section that has a key of exactly this name, if there is just one.
fn section_of(root: &SectionSpec, key: &str) -> Option<String> {
    fn visit(spec: &SectionSpec, path: &str, key: &str, found: &mut Vec<String>) {
        if !path.is_empty() && spec.keys.iter().any(|known| known.name == key) {
            found.push(path.to_owned());
        }
        for child in spec.children.iter().filter(|child| !child.named) {
            let path = if path.is_empty() { child.name.to_owned() } else { format!("{path}.{}", child.name) };
            visit(child.spec, &path, key, found);
        }
    }
    let mut found = Vec::new();
    visit(root, "", key, &mut found);
    if found.len() == 1 { found.pop() } else { None }
}

/// The known word nearest to a misspelt one, if it is near enough to be meant.
pub fn closest<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    let nearest = known.iter().map(|other| (strsim::damerau_levenshtein(word, other), *other)).min()?;
    let prefix = known.iter().find(|other| word.len() >= 3 && other.starts_with(word));
    // Half of a word is not a misspelling of it.
    if nearest.0 <= 1 + word.len() / 4 && 2 * nearest.0 < word.len() { Some(nearest.1) } else { prefix.copied() }
}

/// Declares sections: struct, reading and specification from one list of keys.
macro_rules! section {
    (
        $(#[doc = $doc:literal])+
        $name:ident {
            $( $(#[doc = $key_doc:literal])+ $key:ident: $type:ty = $default:literal, $kind:expr; )*
        }
        $( sections { $( $(#[doc = $child_doc:literal])+ $child:ident: $child_type:ty; )* } )?
        $( tables { $( $(#[doc = $table_doc:literal])+ $table:ident: $table_type:ty; )* } )?
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[doc = $key_doc])+ pub $key: $type, )*
            $( $( $(#[doc = $child_doc])+ pub $child: $child_type, )* )?
            $( $( $(#[doc = $table_doc])+ pub $table: Named<$table_type>, )* )?
        }

        impl Section for $name {
            const SPEC: SectionSpec = SectionSpec {
                doc: &[$($doc),+],
                keys: &[$( KeySpec { name: stringify!($key), doc: &[$($key_doc),+], default: $default, kind: $kind } ),*],
                children: &[
                    $( $( ChildSpec { name: stringify!($child), spec: &<$child_type as Section>::SPEC, named: false }, )* )?
                    $( $( ChildSpec { name: stringify!($table), spec: &<$table_type as Section>::SPEC, named: true }, )* )?
                ],
            };

            fn read(reader: &mut Reader<'_, '_>) -> Self {
                const KEYS: &[KeySpec] = $name::SPEC.keys;
                #[allow(unused_mut, unused_variables)]
                let mut keys = KEYS.iter();
                $( let $key = reader.value::<$type>(keys.next().expect("one specification a key")); )*
                $( $( let $child = reader.section::<$child_type>(stringify!($child)); )* )?
                $( $( let $table = reader.named::<$table_type>(stringify!($table)); )* )?
                Self { $( $key, )* $( $( $child, )* )? $( $( $table, )* )? }
            }
        }
    };
}
pub(super) use section;
