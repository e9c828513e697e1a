//! `skirmish generate`: man pages and shell completions, for packagers.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::ValueEnum;
use clap_complete::Shell;

use super::failure::Failure;
use super::screen::print;
use crate::output::OutputError;

/// Writes the pages below `man/man1` and the completions below `completions` of a folder; nothing that is there is
/// overwritten.
pub fn generate(command: &clap::Command, folder: &Path) -> Result<(), Failure> {
    let (pages, completions) = (folder.join("man/man1"), folder.join("completions"));
    for folder in [&pages, &completions] {
        fs::create_dir_all(folder).map_err(OutputError::io("creating", folder))?;
    }
    let mut written = 0;
    let mut command = command.clone();
    command.build();
    let subcommands = command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help");
    for command in std::iter::once(&command).chain(subcommands) {
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let mut page = Vec::new();
        let render = clap_mangen::Man::new(command.clone()).title(name.to_uppercase()).render(&mut page);
        render.map_err(OutputError::io("writing", &pages))?;
        create(&pages.join(format!("{name}.1")), &page)?;
        written += 1;
    }
    for shell in Shell::value_variants() {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut command, "skirmish", &mut script);
        create(&completions.join(clap_complete::Generator::file_name(shell, "skirmish")), &script)?;
        written += 1;
    }
    print(&format!("{written} files written to {} and {}\n", pages.display(), completions.display()))
}

/// Writes a file that must not be there yet.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let mut created = fs::File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => OutputError::InTheWay(path.to_owned()),
        _ => OutputError::io("creating", path)(error),
    })?;
    created.write_all(bytes).map_err(OutputError::io("writing", path))
}
