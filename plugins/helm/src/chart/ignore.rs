//! `.helmignore`: which files of a directory are no part of the chart.

use oarlock_plugin::{Failure, Origin, Result};

use oarlock_go::filepath;

/// The rules, in order.
#[derive(Debug)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: String,
    negated: bool,
    /// Only directories are meant.
    directory: bool,
    /// The pattern is held against the whole path, not the name alone.
    whole_path: bool,
}

impl Rules {
    /// Reads the file, if there is one. Files in `templates/` whose names start with a dot are left
    /// out anyway.
    pub(super) fn parse(text: &str, path: &str) -> Result<Self> {
        let mut rules = Vec::new();
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        for (line, rule) in (1..).zip(text.lines()) {
            match Rule::parse(rule.trim()) {
                Ok(rule) => rules.extend(rule),
                Err(message) => return Err(Failure::new(message).at(Origin::at(path, line, 0))),
            }
        }
        rules.extend(Rule::parse("templates/.?*").unwrap_or_default());
        Ok(Self(rules))
    }

    /// Whether a file or directory is left out. The first rule that says so decides; a negated one
    /// says so of all that it does not match.
    pub(super) fn ignore(&self, path: &str, is_directory: bool) -> bool {
        for rule in &self.0 {
            if rule.negated {
                if rule.directory && !is_directory || !rule.matches(path) {
                    return true;
                }
            } else if (is_directory || !rule.directory) && rule.matches(path) {
                return true;
            }
        }
        false
    }
}

impl Rule {
    fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        if text.contains("**") {
            return Err("double-star (**) syntax is not supported");
        }
        if filepath::matches(text, "abc").is_err() {
            return Err("syntax error in pattern");
        }
        let (text, negated) = text.strip_prefix('!').map_or((text, false), |rest| (rest, true));
        let (text, directory) = text.strip_suffix('/').map_or((text, false), |rest| (rest, true));
        let whole_path = text.contains('/');
        let pattern = text.strip_prefix('/').unwrap_or(text).to_owned();
        Ok(Some(Self { pattern, negated, directory, whole_path }))
    }

    fn matches(&self, path: &str) -> bool {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        filepath::matches(&self.pattern, if self.whole_path { path } else { name }).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(rules: &str, path: &str, is_directory: bool) -> bool {
        Rules::parse(rules, ".helmignore").unwrap().ignore(path, is_directory)
    }

    #[test]
    fn rules_decide_in_order() {
        for (rules, path, is_directory, expected) in [
            ("", "templates/.hidden", false, true),
            ("", "templates/x.yaml", false, false),
            ("*.bak", "a/b/c.bak", false, true),
            ("/a.txt", "a.txt", false, true),
            ("/a.txt", "b/a.txt", false, false),
            ("b/a.txt", "b/a.txt", false, true),
            ("docs/", "docs", true, true),
            ("docs/", "docs", false, false),
            ("docs/", "a/docs", true, true),
            ("# docs", "docs", true, false),
            ("!*.yaml", "a.txt", false, true),
            ("!*.yaml", "a.yaml", false, false),
            ("  *.md  ", "README.md", false, true),
        ] {
            assert_eq!(ignored(rules, path, is_directory), expected, "{rules:?} {path}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let error = Rules::parse("ok\n**/x", "c/.helmignore").unwrap_err();
        assert_eq!(error.to_string(), "c/.helmignore:2: double-star (**) syntax is not supported");
        assert!(Rules::parse("[", "c/.helmignore").is_err());
    }
}
