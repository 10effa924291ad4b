//! What a check found: a line, and how to fix it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(crate) use oarlock_plugin::shell_word as quoted;
use oarlock_plugin::{Failure, Origin};
use serde::Serialize;

use oarlock_engine::printable;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, and could be better.
    Warn,
    /// It does not work, or gives wrong results.
    Fail,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How the check went.
    pub status: Status,
    /// What was looked at.
    pub check: String,
    /// What was found.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
    /// Where it is written.
    pub origin: Option<Origin>,
}

impl Finding {
    fn new(status: Status, check: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, check: check.into(), message: message.into(), hint: None, origin: None }
    }

    /// What is as it should be.
    pub(crate) fn ok(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Ok, check, message)
    }

    /// What works and could be better, and how.
    pub(crate) fn warn(
        check: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { hint: Some(hint.into()), ..Self::new(Status::Warn, check, message) }
    }

    /// What does not work, and how to fix it.
    pub(crate) fn fail(
        check: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { hint: Some(hint.into()), ..Self::new(Status::Fail, check, message) }
    }

    /// A failure that already has a message.
    pub(crate) fn failure(check: impl Into<String>, failure: Failure) -> Self {
        let found = Self::new(Status::Fail, check, failure.message);
        Self { hint: failure.hint, origin: failure.origin, ..found }
    }

    /// The same, and where it is written.
    pub(crate) fn at(self, origin: Option<Origin>) -> Self {
        Self { origin, ..self }
    }

    /// One line, and one for how to fix it.
    fn print(&self, text: &mut String) {
        let status = match self.status {
            Status::Ok => "ok",
            Status::Warn => "warn",
            Status::Fail => "fail",
        };
        let _ = write!(text, "{status:<5} {}: {}", printable::line(&self.check), shown(&self.message));
        if let Some(origin) = &self.origin {
            let _ = write!(text, " ({})", printable::line(&origin.to_string()));
        }
        text.push('\n');
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "      = help: {}", shown(hint));
        }
    }
}

/// A change of an object. Argo CD's own objects are in git as others are, and self-heal reverts
/// what is changed in the cluster alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The object for people.
    pub object: String,
    /// Where it is written; `None` where that is not known, as for what comes from a cluster.
    pub origin: Option<Origin>,
    /// The fields as they should be.
    pub patch: serde_json::Value,
}

impl Change {
    /// A change of an object that was read from a place.
    pub(crate) fn new(object: impl Into<String>, origin: Option<&Origin>, patch: serde_json::Value) -> Self {
        let origin = origin.filter(|origin| origin.path != STANDARD_INPUT).cloned();
        Self { object: object.into(), origin, patch }
    }

    /// The object, and the fields as they stand in its file.
    fn print(&self, text: &mut String) {
        let origin = self.origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
        let _ = writeln!(text, "  {}", printable::line(&format!("{}{origin}", self.object)));
        let json = self.patch.to_string();
        let yaml = oarlock_yaml::from_json(&json).ok();
        let yaml = yaml.and_then(|node| oarlock_yaml::emit(&node, oarlock_yaml::Dialect::Kustomize).ok());
        for line in yaml.unwrap_or(json).lines() {
            let _ = writeln!(text, "    {}", printable::line(line));
        }
    }
}

/// What standard input is called as a file: what is read there is written in no file that could be
/// changed.
pub const STANDARD_INPUT: &str = "<stdin>";

/// All that was found, and what fixes it.
#[derive(Debug, Default, Serialize)]
pub struct Findings {
    #[serde(rename = "findings")]
    found: Vec<Finding>,
    changes: Vec<Change>,
    commands: Vec<String>,
    /// Settings of Argo CD that should be others.
    #[serde(skip)]
    settings: BTreeMap<&'static str, String>,
}

impl Findings {
    /// One more.
    pub(crate) fn add(&mut self, finding: Finding) {
        self.found.push(finding);
    }

    /// A change that fixes something that was found.
    pub(crate) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// A command that has changes take effect.
    pub(crate) fn command(&mut self, command: String) {
        self.commands.push(command);
    }

    /// A setting of Argo CD that should be another.
    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<String>) {
        self.settings.insert(key, value.into());
    }

    /// The settings that should be others.
    pub(crate) fn take_settings(&mut self) -> BTreeMap<&'static str, String> {
        std::mem::take(&mut self.settings)
    }

    /// What was found, in the order of the checks.
    pub fn as_slice(&self) -> &[Finding] {
        &self.found
    }

    /// Whether anything does not work.
    pub fn has_failure(&self) -> bool {
        self.found.iter().any(|finding| finding.status == Status::Fail)
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for finding in &self.found {
            finding.print(&mut text);
        }
        if !self.changes.is_empty() {
            text.push_str("\nTo change in git, as self-heal reverts what is changed in the cluster alone:\n");
            for change in &self.changes {
                text.push('\n');
                change.print(&mut text);
            }
        }
        if !self.commands.is_empty() {
            text.push_str("\nAnd once that is applied:\n\n");
            for command in &self.commands {
                let _ = writeln!(text, "  {}", printable::line(command));
            }
        }
        text
    }
}

/// A message or hint, which may come from a plugin: safe to show, and with further lines that do
/// not pass for findings.
fn shown(text: &str) -> String {
    /// The most that is shown, in bytes.
    const MOST: usize = 16 << 10;
    printable::block(&printable::cut(text, MOST)).replace('\n', "\n        ")
}

/// A number with its unit, in the plural where it is not one.
pub(crate) fn count(number: u64, unit: &str) -> String {
    match (number, unit.strip_suffix('y')) {
        (1, _) => format!("1 {unit}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {unit}s"),
    }
}

/// A size as people read it.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_sizes_are_as_people_write_them() {
        assert_eq!(count(1, "entry"), "1 entry");
        assert_eq!(count(2, "entry"), "2 entries");
        assert_eq!(count(0, "Application"), "0 Applications");
        assert_eq!(
            (size(1023), size(2048), size(5 << 20)),
            ("1023 bytes".into(), "2 KiB".into(), "5 MiB".into())
        );
    }
}
