//! `skirmish generate`: man pages and shell completions, for packagers.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::ValueEnum;
use clap_complete::Shell;

use super::failure::Failure;
use super::screen::print;
use crate::output::OutputError;
use crate::version::FULL;

/// Writes the pages below `man/man1` and the completions below `completions` of a folder; nothing that is there is
/// overwritten.
pub fn generate(command: &clap::Command, folder: &Path) -> Result<(), Failure> {
    if folder == Path::new("-") {
        return Err(Failure::Usage("-: many files do not go to standard output; give a folder (./- is one)".into()));
    }
    let (pages, completions) = (folder.join("man/man1"), folder.join("completions"));
    let mut command = command.clone();
    command.build();
    let mut files = Vec::new();
    let subcommands = command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help");
    for command in std::iter::once(&command).chain(subcommands) {
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let mut page = Vec::new();
        let render = clap_mangen::Man::new(command.clone())
            .title(name.to_uppercase())
            .source(format!("skirmish {FULL}"))
            .render(&mut page);
        render.map_err(OutputError::io("writing", &pages))?;
        files.push((pages.join(format!("{name}.1")), page));
    }
    for shell in Shell::value_variants() {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut command, "skirmish", &mut script);
        files.push((completions.join(clap_complete::Generator::file_name(shell, "skirmish")), script));
    }
    // All or none: what is there shows before anything is written.
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(OutputError::InTheWay(path.clone()).into());
    }
    for folder in [&pages, &completions] {
        fs::create_dir_all(folder).map_err(OutputError::io("creating", folder))?;
    }
    for (path, bytes) in &files {
        create(path, bytes)?;
    }
    print(&format!("{} files written to {} and {}\n", files.len(), pages.display(), completions.display()))
}

/// Writes a file that must not be there yet.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let mut created = fs::File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => OutputError::InTheWay(path.to_owned()),
        _ => OutputError::io("creating", path)(error),
    })?;
    created.write_all(bytes).map_err(OutputError::io("writing", path))
}
