//! House rules that a compiler does not check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let files = crate::support::files_below(&root().join(folder));
    let rust = files.into_iter().filter(|path| path.ends_with(".rs"));
    rust.map(|path| (Path::new(folder).join(&path), read(&format!("{folder}/{path}")))).collect()
}

#[test]
fn generated_pages_are_up_to_date() {
    let remedy = "run: skirmish docs PAGE > docs/PAGE.md";
    assert_eq!(read("docs/data-dictionary.md"), skirmish::table::page(), "{remedy}");
    assert_eq!(read("docs/scenario-keys.md"), skirmish::scenario::schema::reference_page(), "{remedy}");
    let remedy = "run: skirmish docs dbt-sources > warehouse/models/sources.yml, dbt-columns > sources.md";
    assert_eq!(read("warehouse/models/sources.yml"), skirmish::table::dbt::sources(), "{remedy}");
    assert_eq!(read("warehouse/models/sources.md"), skirmish::table::dbt::columns(), "{remedy}");
}

#[test]
fn switches_of_tables_are_the_tables_there_are() {
    use skirmish::scenario::key::Section;
    let mut switches: Vec<&str> =
        skirmish::scenario::sections::OutputTables::SPEC.keys.iter().map(|key| key.name).collect();
    let mut tables: Vec<&str> = skirmish::table::all().iter().map(|table| table.name).collect();
    switches.sort_unstable();
    tables.sort_unstable();
    assert_eq!(switches, tables);
}

/// The folders and files of `src` in the order of the data: each imports only what stands before it. Those of one line
/// know nothing of one another.
const ORDER: [&[&str]; 15] = [
    &["lanes", "random", "table_list", "tape", "time", "version"],
    &["parquet"],
    &["scenario"],
    &["encounter"],
    &["population"],
    &["setting"],
    &["table"],
    &["tally"],
    &["world"],
    &["output"],
    &["run"],
    &["detect", "plan", "report"],
    &["inspect"],
    &["ingest", "realism"],
    &["cli"],
];

/// The modules of `src` and what each takes from others, read from the text without its tests.
struct House {
    /// Path below `src` without ending, such as `world/realm`; a folder's own file is `world/mod`.
    files: BTreeMap<String, String>,
}

impl House {
    fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let without_tests = |text: &str| text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or("").to_owned();
        let code = |text: String| {
            let lines = without_tests(&text);
            lines.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
        };
        Self { files: files.into_iter().map(|(path, text)| (path, code(text))).collect() }
    }

    fn of_the_project() -> Self {
        Self::new(sources("src").into_iter().map(|(path, text)| {
            let path = path.strip_prefix("src").unwrap().with_extension("");
            (path.to_string_lossy().into_owned(), text)
        }))
    }

    /// What a file takes from others, as segments of paths from the root, `{}` spelled out.
    fn paths(&self, file: &str) -> Vec<Vec<String>> {
        let folder: Vec<String> = file.split('/').map(str::to_owned).collect();
        // The module of a folder's own file is the folder.
        let module =
            if folder.last().is_some_and(|name| name == "mod") { &folder[..folder.len() - 1] } else { &folder };
        let above = &module[..module.len().saturating_sub(1)];
        let text = &self.files[file];
        let mut paths = Vec::new();
        for (start, base) in [("crate::", &[][..]), ("super::", above)] {
            for (at, _) in text.match_indices(start) {
                let before = text[..at].chars().next_back();
                if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                    expand(base.to_vec(), &text[at + start.len()..], &mut paths);
                }
            }
        }
        // A folder's own file knows the modules that it declares.
        if module.len() < folder.len() {
            let declared = text.lines().filter_map(|line| line.strip_suffix(';')?.rsplit_once("mod "));
            paths.extend(declared.map(|(_, name)| [module, &[name.to_owned()]].concat()));
        }
        paths
    }

    /// The file of a module.
    fn file_of(&self, module: &[String]) -> Option<String> {
        let path = module.join("/");
        [path.clone(), format!("{path}/mod")].into_iter().find(|path| self.files.contains_key(path))
    }

    /// The file that a path leads to: the module it names, or the one in that folder that defines what it names.
    fn target(&self, path: &[String]) -> Option<String> {
        let depth = (1..=path.len()).rev().find(|&depth| self.file_of(&path[..depth]).is_some())?;
        let file = self.file_of(&path[..depth])?;
        let Some(name) = path.get(depth).filter(|_| file.ends_with("/mod")) else { return Some(file) };
        let folder = file.trim_end_matches("mod").to_owned();
        let mut inside = self.files.keys().filter(|other| other.starts_with(&folder));
        let defines = |file: &&String| defines(&self.files[*file], name);
        Some(inside.find(defines).cloned().unwrap_or(file))
    }

    /// Every file with the files that it takes something from.
    fn imports(&self) -> BTreeMap<String, BTreeSet<String>> {
        let targets = |file: &String| {
            let targets = self.paths(file).into_iter().filter_map(|path| self.target(&path));
            targets.filter(|target| target != file).collect()
        };
        self.files.keys().map(|file| (file.clone(), targets(file))).collect()
    }

    /// What breaks the order of folders, and files that import each other in a circle.
    fn faults(&self) -> Vec<String> {
        let imports = self.imports();
        let mut faults = Vec::new();
        for (file, targets) in imports.iter().filter(|(file, _)| !["lib", "main"].contains(&file.as_str())) {
            for target in targets {
                let [from, to] = [file, target].map(|path| path.split('/').next().unwrap_or(path));
                let place = |name: &str| ORDER.iter().position(|folders| folders.contains(&name));
                let (Some(own), Some(other)) = (place(from), place(to)) else {
                    faults.push(format!("{file} or {target} has no place in the order"));
                    continue;
                };
                if from != to && other >= own {
                    faults.push(format!("{file} imports {target}, which does not stand before it"));
                }
            }
        }
        for file in imports.keys() {
            if reaches(&imports, file, file) {
                faults.push(format!("{file} is part of a circle"));
            }
        }
        faults
    }
}

/// Whether a file defines a name.
fn defines(text: &str, name: &str) -> bool {
    let kinds = ["struct ", "enum ", "trait ", "fn ", "const ", "static ", "type ", "macro_rules! ", "mod "];
    let is_end = |rest: &str| !rest.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
    let declared = kinds.iter().any(|kind| {
        let word = format!("{kind}{name}");
        text.match_indices(&word).any(|(at, _)| is_end(&text[at + word.len()..]))
    });
    declared || text.contains(&format!("{name} in \"")) || text.contains(&format!("\n    {name} {{"))
}

/// Appends the paths that a path or a tree of paths in braces names.
fn expand(mut path: Vec<String>, mut text: &str, paths: &mut Vec<Vec<String>>) {
    loop {
        if let Some(inner) = text.strip_prefix('{') {
            let mut depth = 1;
            let mut start = 0;
            for (at, c) in inner.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 || (c == ',' && depth == 1) {
                    let part = inner[start..at].trim();
                    if !part.is_empty() {
                        expand(path.clone(), part, paths);
                    }
                    start = at + 1;
                }
                if depth == 0 {
                    return;
                }
            }
            return;
        }
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        match &text[..end] {
            "super" => drop(path.pop()),
            "self" | "" => {}
            name => path.push(name.to_owned()),
        }
        match text[end..].strip_prefix("::") {
            Some(rest) => text = rest,
            None => return paths.push(path),
        }
    }
}

/// Whether imports lead from a file to another.
fn reaches(imports: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(file) = next.pop() {
        for target in &imports[&file] {
            if target == to {
                return true;
            }
            if seen.insert(target.clone()) {
                next.push(target.clone());
            }
        }
    }
    false
}

#[test]
fn folders_import_only_what_stands_before_them_and_no_files_import_each_other() {
    let house = House::of_the_project();
    let arrows: usize = house.imports().values().map(BTreeSet::len).sum();
    assert!(house.files.len() > 100 && arrows > 400, "{} files, {arrows} arrows", house.files.len());
    assert_eq!(house.faults(), Vec::<String>::new());
}

#[test]
fn a_bad_import_would_be_found() {
    let with = |changes: &[(&str, &str)]| {
        let mut files: BTreeMap<String, String> = House::of_the_project().files;
        for (file, text) in changes {
            files.entry((*file).into()).or_default().push_str(text);
        }
        House::new(files).faults()
    };
    let parquet = with(&[("parquet/layout", "\nuse crate::setting::{Relation, Setting};\n")]);
    assert!(parquet.iter().any(|fault| fault.starts_with("parquet/layout imports setting/mod")), "{parquet:?}");
    let hidden = with(&[("encounter/cpu", "\nfn f() -> u32 { crate::world::Realm::number() }\n")]);
    assert!(hidden.iter().any(|fault| fault.starts_with("encounter/cpu imports world/realm")), "{hidden:?}");
    let beside = with(&[("plan/calibration", "\nuse crate::report::short;\n")]);
    assert_eq!(beside, ["plan/calibration imports report/text, which does not stand before it"]);
    let circle = with(&[("world/lobby", "\nuse super::matchmaking::Candidate;\n")]);
    assert!(circle.iter().any(|fault| fault == "world/lobby is part of a circle"), "{circle:?}");
    assert!(circle.iter().any(|fault| fault == "world/matchmaking is part of a circle"), "{circle:?}");
    let through_the_folder = with(&[("setting/size", "\nfn f(_: &super::Setting) {}\n")]);
    let expected = ["setting/mod is part of a circle", "setting/size is part of a circle"];
    assert!(expected.iter().all(|fault| through_the_folder.contains(&(*fault).into())), "{through_the_folder:?}");
    let stranger = with(&[("attic/chest", "\nuse crate::time::Date;\n")]);
    assert_eq!(stranger, ["attic/chest or time has no place in the order"]);
}

/// Types that a file declares, those of our own macros included.
fn declared_types(text: &str) -> Vec<String> {
    let word = |text: &str| text[..text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())].to_owned();
    let mut types = Vec::new();
    let mut called = "";
    for line in text.lines() {
        let item = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        let kinds = ["struct ", "enum ", "trait ", "type "];
        types.extend(kinds.iter().find_map(|kind| item.strip_prefix(kind)).map(word));
        if let Some((name, _)) = line.split_once("! {").filter(|(name, _)| !name.contains(' ')) {
            called = name;
        }
        let Some(inner) = line.strip_prefix("    ").filter(|inner| inner.starts_with(char::is_uppercase)) else {
            continue;
        };
        let declares = match called {
            "section" | "counters" => inner.ends_with('{'),
            "domains" => inner.contains(": "),
            "table" => inner.contains(" in \""),
            _ => false,
        };
        types.extend(declares.then(|| word(inner)));
    }
    types.retain(|name| !name.is_empty());
    types
}

#[test]
fn two_things_do_not_share_a_name() {
    let (mut types, mut stems) = (BTreeMap::<String, Vec<String>>::new(), BTreeMap::<String, Vec<String>>::new());
    for (path, text) in House::of_the_project().files {
        let stem = path.rsplit('/').next().unwrap().to_owned();
        // Every folder has a `mod.rs`; a command's file is named after the command, as is the folder that does it.
        if stem != "mod" && !path.starts_with("cli/") {
            stems.entry(stem).or_default().push(path.clone());
        }
        for folder in path.strip_suffix("/mod").into_iter().filter(|folder| !folder.contains('/')) {
            stems.entry(folder.to_owned()).or_default().push(path.clone());
        }
        for name in declared_types(&text) {
            types.entry(name).or_default().push(path.clone());
        }
    }
    for name in ["Realm", "Tape", "Complaint", "KillRow", "Region", "RegionName", "Aggregate"] {
        assert_eq!(types.get(name).map(Vec::len), Some(1), "{name} is found once");
    }
    let twice = |names: BTreeMap<String, Vec<String>>| {
        names.into_iter().filter(|(_, places)| places.len() > 1).collect::<Vec<_>>()
    };
    assert_eq!(twice(types), []);
    assert_eq!(twice(stems), []);
}

#[test]
fn the_encounter_module_knows_no_ecs_and_no_setting() {
    for (path, text) in sources("src/encounter") {
        assert!(!text.contains("bevy_ecs") && !text.contains("crate::setting"), "{}", path.display());
    }
}

#[test]
fn threads_are_started_only_where_the_architecture_says() {
    for (path, text) in sources("src") {
        let starts =
            text.contains("thread::Builder") || text.contains("thread::spawn") || text.contains("thread::scope");
        let may = [
            "src/run/mod.rs",
            "src/encounter/gpu/service.rs",
            "src/run/limit.rs",
            "src/run/race.rs",
            "src/ingest/mod.rs",
        ]
        .contains(&&*path.to_string_lossy());
        assert!(may || !starts, "{}", path.display());
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let files = [sources("src"), sources("tests"), sources("benches")].concat();
    assert!(files.len() > 40);
    for (path, text) in files {
        assert!(text.starts_with("//! "), "{}", path.display());
        assert!(text.ends_with('\n') && !text.contains('\t'), "{}", path.display());
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut links = 0;
    for page in
        ["README.md", "ARCHITECTURE.md", "docs/encounters.md", "docs/growth.md", "docs/benchmark.md", "CHANGELOG.md"]
    {
        let folder = root().join(page).parent().unwrap().to_owned();
        for part in read(page).split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap();
            if !target.is_empty() && !target.starts_with("http") {
                assert!(folder.join(target).exists(), "{page} links to {target}");
                links += 1;
            }
        }
    }
    assert!(links > 10, "{links}");
}

#[test]
fn the_readme_names_its_two_commands_and_ci_calls_the_second() {
    let readme = read("README.md");
    assert!(readme.contains("cargo run --release -- run quickstart"));
    assert!(readme.contains("cargo test --release"));
    let ci = read(".ci/run");
    assert!(ci.contains("cargo test --release") && ci.contains("SKIRMISH_REQUIRE_GPU=1"));
}
