//! Comparisons with files that a person can read.

use std::fs;
use std::path::Path;

use similar::TextDiff;

/// Whether expectations are to be rewritten, for review: `TRYCMD=overwrite`, the switch of all
/// tests here.
pub fn overwrites() -> bool {
    std::env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite")
}

/// Compares with a file below `tests/cases`, or writes it where expectations are rewritten.
///
/// # Panics
/// If it differs.
#[track_caller]
pub fn golden(path: &str, found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(path);
    if overwrites() {
        fs::create_dir_all(file.parent().expect("lies in `cases`")).expect("a directory");
        fs::write(file, found).expect("a file");
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        expected == found,
        "{} differs; `TRYCMD=overwrite` rewrites it\n{}",
        file.display(),
        difference(&expected, found)
    );
}

/// What to take away and what to add, to come from one text to another.
pub fn difference(expected: &str, found: &str) -> String {
    let difference = TextDiff::from_lines(expected, found);
    let text = difference.unified_diff().context_radius(3).header("expected", "found").to_string();
    if text.is_empty() { "the texts differ in nothing but the end of the last line".to_owned() } else { text }
}
