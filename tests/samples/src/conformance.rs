//! The conformance corpora, which are no part of this repository.

use std::io::Write as _;
use std::path::PathBuf;

/// The environment variable that names the folder of the corpora.
pub const CONFORMANCE: &str = "OARLOCK_CONFORMANCE";

/// A part of the corpora, as `kustomize` or `helm/cases`. If it is not there, the caller compares
/// nothing, and a line on standard error says so.
pub fn conformance(part: &str) -> Option<PathBuf> {
    match std::env::var_os(CONFORMANCE) {
        Some(folder) => {
            let corpus = PathBuf::from(folder).join(part);
            if corpus.is_dir() {
                return Some(corpus);
            }
            visibly(&format!("no conformance corpus at {}: nothing is compared", corpus.display()));
        }
        None => {
            visibly(&format!("{CONFORMANCE} does not name a folder with `{part}`: nothing is compared"));
        }
    }
    None
}

/// Writes a line past the test runner, which keeps what passing tests print.
pub fn visibly(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
