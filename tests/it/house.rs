//! House rules that a compiler does not check.

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
        let may =
            ["src/run/mod.rs", "src/encounter/gpu/service.rs", "src/run/limit.rs"].contains(&&*path.to_string_lossy());
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
    assert!(readme.contains("cargo run --release -- run scenarios/quickstart.toml"));
    assert!(readme.contains("cargo test --release"));
    let ci = read(".ci/run");
    assert!(ci.contains("cargo test --release") && ci.contains("SKIRMISH_REQUIRE_GPU=1"));
}
