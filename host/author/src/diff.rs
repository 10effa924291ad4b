//! What changed between two renders, for people.

use std::fmt::Write as _;
use std::time::Duration;

use similar::TextDiff;

/// How long may be searched for the shortest difference. Behind that it is longer, and still true.
const SEARCH: Duration = Duration::from_secs(2);

/// The most lines that are shown.
const MAX_LINES: usize = 2000;

/// The lines that differ, with three around them; `None` if none do.
pub fn diff(before: &str, after: &str, before_title: &str, after_title: &str) -> Option<String> {
    if before == after {
        return None;
    }
    let found = TextDiff::configure().timeout(SEARCH).diff_lines(before, after);
    let text = found.unified_diff().context_radius(3).header(before_title, after_title).to_string();
    let Some((cut, _)) = text.match_indices('\n').nth(MAX_LINES - 1) else { return Some(text) };
    let mut shown = text[..=cut].to_owned();
    // Writing to a string cannot fail.
    let _ = writeln!(shown, "... and {} more lines", text[cut + 1..].lines().count());
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        assert_eq!(diff("a\n", "a\n", "x", "y"), None);
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let shown = diff(before, &before.replace('5', "five"), "x", "y").unwrap();
        assert_eq!(shown, "--- x\n+++ y\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    }

    #[test]
    fn what_is_shown_is_bounded() {
        let many = (0..5000).fold(String::new(), |text, line| text + &format!("{line}\n"));
        let shown = diff("", &many, "x", "y").unwrap();
        assert_eq!(shown.lines().count(), MAX_LINES + 1);
        assert!(shown.ends_with("... and 3003 more lines\n"), "{}", &shown[shown.len() - 40..]);
    }
}
