//! Shipped scenarios: the files of `scenarios/`, part of the program.

/// A shipped scenario.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its name, which commands take instead of a file.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        /// Every shipped scenario, small ones first.
        pub const SHIPPED: &[Shipped] =
            &[$( Shipped { name: $name, text: include_str!(concat!("../../scenarios/", $name, ".toml")) } ),+];
    };
}
shipped![
    "quickstart",
    "analyst",
    "close-calls",
    "team-shooter",
    "looter-coop",
    "mobile-arena",
    "battle-royale",
    "city",
    "million",
    "twenty-million-resident",
    "full-house",
    "twenty-million",
];

impl Shipped {
    /// The scenario of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SHIPPED.iter().find(|shipped| shipped.name == name)
    }

    /// What it is, in a line: the first of its comment.
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or("").trim_start_matches('#').trim().trim_end_matches('.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_is_listed_with_a_summary() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let files =
            std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("readable").path());
        let mut files: Vec<String> =
            files.map(|path| path.file_stem().expect("named").to_string_lossy().into_owned()).collect();
        files.sort_unstable();
        let mut listed: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
        listed.sort_unstable();
        assert_eq!(files, listed);
        for shipped in SHIPPED {
            let summary = shipped.summary();
            assert!((20..=52).contains(&summary.len()) && !summary.contains('#'), "{summary}");
        }
    }
}
