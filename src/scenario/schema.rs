//! The declarations for people and editors: JSON Schema, a commented scenario file, a reference page.

use serde_json::{Map, Value, json};

use super::key::{ChildSpec, KeySpec, Kind, Section, SectionSpec};
use super::sections::File;

/// JSON Schema (2020-12) of a scenario file, for completion and checks in editors.
pub fn json_schema() -> Value {
    let mut schema = section_schema(&File::SPEC);
    let head = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Skirmish scenario",
    });
    let Value::Object(mut fields) = head else { unreachable!("an object literal") };
    fields.append(schema.as_object_mut().expect("sections are objects"));
    Value::Object(fields)
}

fn section_schema(spec: &SectionSpec) -> Value {
    let mut properties = Map::new();
    for key in spec.keys {
        properties.insert(key.name.into(), key_schema(key));
    }
    for child in spec.children {
        let section = section_schema(child.spec);
        let value = if child.named { json!({"type": "object", "additionalProperties": section}) } else { section };
        properties.insert(child.name.into(), value);
    }
    json!({
        "type": "object",
        "description": join(spec.doc),
        "additionalProperties": false,
        "properties": properties,
    })
}

fn key_schema(key: &KeySpec) -> Value {
    let number = |kind: &str, min: Value, max: Value| json!({"type": kind, "minimum": min, "maximum": max});
    let mut value = match key.kind {
        Kind::Int(min, max) => number("integer", json!(min), json!(max)),
        Kind::Num(min, max) => number("number", json!(min), json!(max)),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Text | Kind::NameIn(_) => json!({"type": "string"}),
        Kind::Day => json!({"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"}),
        Kind::OneOf(words) => json!({"enum": words}),
        Kind::NamesIn(_) => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Nums(count, min, max) => json!({
            "type": "array", "items": number("number", json!(min), json!(max)), "minItems": count, "maxItems": count,
        }),
    };
    value["description"] = json!(join(key.doc));
    let default = super::tree::parse(&format!("default = {}", key.default)).expect("defaults are valid TOML");
    value["default"] = plain(&default["default"].raw);
    value
}

fn plain(raw: &super::tree::Raw) -> Value {
    use super::tree::Raw;
    match raw {
        Raw::Int(value) => json!(value),
        Raw::Num(value) => json!(value),
        Raw::Flag(value) => json!(value),
        Raw::Text(value) => json!(value),
        Raw::List(items) => Value::Array(items.iter().map(plain).collect()),
        Raw::Other(text) => json!(text),
        Raw::Table(_) => Value::Null,
    }
}

fn join(doc: &[&str]) -> String {
    doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// A scenario file with every key at its default, documented, commented out.
pub fn commented_file() -> String {
    let mut out = String::from(
        "# A Skirmish scenario. Every key is optional; what is commented out shows the default.\n\
         # To change a key, remove the # before it; its section is the [header] above it.\n\
         # Check the file with `skirmish check FILE`; override keys with `--set a.b=c`.\n\
         # Tables keyed by names, such as [regions.NAME], are commented out as a whole: one that is not\n\
         # mentioned keeps its built-in entries; listing one entry replaces them all.\n\n",
    );
    comment_section(&mut out, "", &File::SPEC);
    out
}

fn comment_section(out: &mut String, path: &str, spec: &SectionSpec) {
    if !path.is_empty() {
        let mark = if path.contains("NAME") { "# " } else { "" };
        out.push_str(&format!("\n# {}\n{mark}[{path}]\n", join(spec.doc)));
    }
    for key in spec.keys {
        out.push_str(&format!("# {} ({})\n", join(key.doc), key.kind.describe()));
        out.push_str(&format!("# {} = {}\n", key.name, key.default));
    }
    for child in spec.children {
        comment_section(out, &child_path(path, child), child.spec);
    }
}

fn child_path(path: &str, child: &ChildSpec) -> String {
    let name = if child.named { format!("{}.NAME", child.name) } else { child.name.to_owned() };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

/// The reference page of all keys, in Markdown.
pub fn reference_page() -> String {
    let mut out = String::from(
        "# Scenario keys\n\nGenerated from the declarations by `skirmish docs`; a test fails when it is out of date.\n\
         `NAME` stands for a name of your choice. A table of named entries that a scenario does not mention keeps\n\
         its built-in entries; listing one entry replaces them all; `--set` reaches either.\n",
    );
    page_section(&mut out, "", &File::SPEC);
    out
}

fn page_section(out: &mut String, path: &str, spec: &SectionSpec) {
    let title = if path.is_empty() { "Top level".to_owned() } else { format!("[{path}]") };
    out.push_str(&format!("\n## {title}\n\n{}\n", join(spec.doc)));
    if !spec.keys.is_empty() {
        out.push_str("\n| key | default | takes | meaning |\n|---|---|---|---|\n");
    }
    for key in spec.keys {
        let row = [key.name.to_owned(), format!("`{}`", key.default), key.kind.describe(), join(key.doc)];
        out.push_str(&format!("| `{}` | {} | {} | {} |\n", row[0], row[1], row[2], row[3].replace('|', "\\|")));
    }
    for child in spec.children {
        page_section(out, &child_path(path, child), child.spec);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_documented_and_its_unit_or_kind_shows() {
        fn visit(spec: &SectionSpec, seen: &mut usize) {
            for key in spec.keys {
                assert!(!join(key.doc).is_empty() && join(key.doc).ends_with('.'), "{}", key.name);
                *seen += 1;
            }
            spec.children.iter().for_each(|child| visit(child.spec, seen));
        }
        let mut seen = 0;
        visit(&File::SPEC, &mut seen);
        assert!(seen > 90, "{seen}");
    }

    #[test]
    fn the_commented_file_is_the_default_scenario_and_so_is_each_of_its_keys_uncommented() {
        let parse = |text: &str| crate::scenario::Scenario::parse("t", "t", text, &[]);
        let default = parse("").expect("valid").resolved_toml();
        let file = commented_file();
        assert_eq!(parse(&file).expect("valid").resolved_toml(), default);
        let (mut keys, mut in_named_table) = (0, false);
        for (number, line) in file.lines().enumerate() {
            in_named_table = if line.contains("[") && line.ends_with(']') && !line.contains(" = ") {
                line.starts_with('#')
            } else {
                in_named_table
            };
            let is_key = line.split_once(" = ").is_some_and(|(key, _)| {
                key.trim_start_matches("# ").bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
            });
            if is_key && !in_named_table {
                let lines = file.lines().enumerate();
                let text: Vec<&str> =
                    lines.map(|(n, l)| if n == number { l.trim_start_matches("# ") } else { l }).collect();
                let scenario = parse(&text.join("\n")).unwrap_or_else(|problems| panic!("{line}: {problems}"));
                assert_eq!(scenario.resolved_toml(), default, "{line}");
                keys += 1;
            }
        }
        assert!(keys > 50, "{keys}");
    }

    #[test]
    fn the_schema_forbids_unknown_keys() {
        let schema = json_schema();
        assert_eq!(schema["properties"]["clock"]["additionalProperties"], false);
        assert_eq!(schema["properties"]["clock"]["properties"]["days"]["maximum"], 731);
    }
}
