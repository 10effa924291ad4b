//! Go's `filepath.Match` on systems where `/` separates the parts of a path.

use crate::path::{Comparison, compare};

pub use crate::path::BadPattern;

/// Whether a whole path matches a pattern, which is written as for
/// [`path::matches`](crate::path::matches).
///
/// # Errors
/// If the pattern is malformed, as far as Go reads it: unlike `path.Match`, it stops at the first
/// piece between two stars that the path does not have.
pub fn matches(pattern: &str, path: &str) -> Result<bool, BadPattern> {
    match compare(pattern, path)? {
        Comparison::Whole(matches) => Ok(matches),
        Comparison::Until(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_mismatch_is_not_read() {
        for (pattern, path, expected, strict) in [
            ("x*[", "abc", Ok(false), Err(BadPattern)),
            ("a*[", "abc", Err(BadPattern), Err(BadPattern)),
            ("a*c", "abc", Ok(true), Ok(true)),
            ("a*b", "a/b", Ok(false), Ok(false)),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
            assert_eq!(crate::path::matches(pattern, path), strict, "{pattern} {path}");
        }
    }
}
