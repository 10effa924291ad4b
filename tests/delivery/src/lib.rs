//! Helpers for tests of what surrounds the binary: where things are, the tools that some tests
//! need, a forge that answers as it is told to.

mod forge;
mod zip;

pub use forge::{Forge, HttpRequest, HttpResponse};
pub use oarlock_samples::visibly;
pub use zip::zip;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's root.
pub fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap_or(root)
}

/// The text of a file of the repository.
///
/// # Panics
/// If it cannot be read.
pub fn text(path: &str) -> String {
    let file = repository().join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A program of the path, or of `OARLOCK_TOOLS`, a directory with programs for tests.
pub fn tool(name: &str) -> Option<PathBuf> {
    let directories = std::env::var_os("OARLOCK_TOOLS").into_iter().map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    directories
        .chain(std::env::split_paths(&path))
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// Whether all these programs are there. If one is not, says in one line what is not tested.
pub fn has_tools(names: &[&str], what: &str) -> bool {
    let missing: Vec<&str> = names.iter().copied().filter(|name| tool(name).is_none()).collect();
    if !missing.is_empty() {
        visibly(&format!("no `{}` here: {what}", missing.join("`, `")));
    }
    missing.is_empty()
}

/// Runs a command, and gives its exit status, standard output and standard error.
///
/// # Panics
/// If it cannot be started, or a signal ends it.
pub fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let code = output.status.code().unwrap_or_else(|| panic!("{command:?}: ended by a signal"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (code, text(output.stdout), text(output.stderr))
}
