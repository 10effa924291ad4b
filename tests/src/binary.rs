//! Where things are: the binary under test, its peers, the repository, the cache that tests share.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use oarlock_samples::visibly;

/// The binary under test: `OARLOCK_BIN`, else the one that cargo built beside this test.
///
/// # Panics
/// If it is not there. `cargo xtask test` builds it before the tests; `cargo test` alone does not.
pub fn oarlock() -> PathBuf {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
        let binary =
            std::env::var_os("OARLOCK_BIN").map_or_else(|| profile_dir().join("oarlock"), PathBuf::from);
        assert!(
            binary.is_file(),
            "there is no `{}`; build it by `cargo build -p oarlock`, or run the tests by `cargo xtask test`",
            binary.display()
        );
        binary
    });
    BINARY.clone()
}

/// The repository's root.
pub fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().unwrap_or(root)
}

/// Where the tests keep compiled plugins, so that only the first of them compiles.
pub fn cache_dir() -> PathBuf {
    profile_dir().join("../tmp/oarlock-tests-cache")
}

/// A real tool to compare with: from the variable, else as `cargo xtask peers` fetches it, else
/// from the path.
///
/// Tells once where none is found, so that nobody takes a comparison for done that was not.
pub fn peer(name: &str, variable: &str) -> Option<PathBuf> {
    let fetched = profile_dir().join("../peers").join(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed =
        std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file());
    let found = std::env::var_os(variable).map(PathBuf::from).or(Some(fetched).filter(|file| file.is_file()));
    let found = found.or(installed);
    if found.is_none() {
        visibly(&format!("no `{name}` to compare with: `cargo xtask peers` fetches it; nothing is compared"));
    }
    found
}

/// `target/<profile>`: this test is `target/<profile>/deps/<test>`.
fn profile_dir() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    test.ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}
