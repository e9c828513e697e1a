//! Which version this is.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from and that commit's date, or `unknown commit` outside of a repository.
pub const COMMIT: &str = env!("SKIRMISH_COMMIT");

/// Both, for `--version`.
pub const FULL: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("SKIRMISH_COMMIT"), ")");
