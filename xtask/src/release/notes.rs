//! The notes of a release: its section of CHANGELOG.md.

use anyhow::{Context, Result};

use super::read;

/// The section of a version, without its heading.
///
/// # Errors
/// If there is none, or there is nothing in it.
pub(super) fn of(version: &str) -> Result<String> {
    section(&read("CHANGELOG.md")?, version)
        .with_context(|| format!("CHANGELOG.md has no section for {version}"))
}

/// Headings are `## 1.2.3` or `## [1.2.3] - 2026-01-31`.
fn section(changelog: &str, version: &str) -> Option<String> {
    let is_heading = |line: &str| {
        let name = line.strip_prefix("## ").map(|name| name.split([' ', ']']).next().unwrap_or_default());
        name.is_some_and(|name| name.trim_start_matches('[') == version)
    };
    let mut lines = changelog.lines().skip_while(|line| !is_heading(line)).skip(1);
    let text: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("## ")).collect();
    let text = text.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_its_section_alone() {
        let text = "# Changelog\n\n## Unreleased\n\n## [0.2.0] - 2026-01-31\n\n### Added\n\n- two\n\n## 0.1.0\n\n- one\n";
        assert_eq!(section(text, "0.2.0").as_deref(), Some("### Added\n\n- two"));
        assert_eq!(section(text, "0.1.0").as_deref(), Some("- one"));
        assert_eq!(section(text, "Unreleased"), None);
        assert_eq!(section(text, "0.1"), None);
    }
}
