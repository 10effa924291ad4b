//! Where output goes: standard output is data, standard error is for people.
//!
//! Nothing else in the commands prints, so that nothing from a repository reaches a terminal
//! without passing [`printable`].

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use annotate_snippets::Renderer;
use clap::ValueEnum;
use serde::Serialize;

use crate::exit::Exit;
use oarlock_engine::diagnostic::{Diagnostic, Severity};
use oarlock_engine::printable;
use oarlock_engine::source::Source;
use oarlock_engine::writer::Format;

/// The most that people are shown in one run, in bytes, half of it errors. Nobody reads more, and
/// CI systems keep it.
const MAX_BYTES: usize = 1 << 20;

/// The form of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// The form of manifests, and of messages with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// YAML as `kustomize build` prints it.
    #[default]
    Yaml,
    /// JSON; a stream of manifests is one array.
    Json,
}

impl From<OutputFormat> for Format {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Yaml => Self::Yaml,
            OutputFormat::Json => Self::Json,
        }
    }
}

impl From<OutputFormat> for Report {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Yaml => Self::Text,
            OutputFormat::Json => Self::Json,
        }
    }
}

/// Prints data, byte for byte. A reader that has gone away, as `head` does, is no error.
pub(super) fn print(data: &[u8]) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(data).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Done),
    }
}

/// Prints text for people: a table, a list, a timeline. Cells with text from elsewhere have passed
/// [`printable::line`] before.
pub(super) fn print_text(text: &str) -> anyhow::Result<Exit> {
    print(printable::block(text).as_bytes())
}

/// Prints a value as JSON.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<Exit> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    print(printable::json(&text).as_bytes())
}

/// Whether to colour what goes to standard error.
fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// What people may still be shown in this run: warnings, and errors, which no number of warnings
/// pushes out.
static LEFT: Mutex<[Budget; 2]> = Mutex::new([Budget::new(), Budget::new()]);

/// The room for messages of one kind.
#[derive(Debug)]
struct Budget {
    left: usize,
    is_over: bool,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Shown,
    /// The first one that is not.
    Over,
    NotShown,
}

impl Budget {
    const fn new() -> Self {
        Self { left: MAX_BYTES / 2, is_over: false }
    }

    /// Takes room for a message. Behind the first one that has none, none is shown.
    fn take(&mut self, bytes: usize) -> Verdict {
        match self.left.checked_sub(bytes) {
            Some(left) if !self.is_over => {
                self.left = left;
                Verdict::Shown
            }
            _ if std::mem::replace(&mut self.is_over, true) => Verdict::NotShown,
            _ => Verdict::Over,
        }
    }
}

/// Gives messages all of their room again, for a command that goes on until someone ends it.
pub(super) fn begin_again() {
    *LEFT.lock().unwrap_or_else(PoisonError::into_inner) = [Budget::new(), Budget::new()];
}

/// Writes a message that is safe to show, as long as there is room.
fn show(text: &str, severity: Severity) {
    let (kind, index) = match severity {
        Severity::Warning => ("warnings", 0),
        Severity::Error => ("errors", 1),
    };
    let verdict = LEFT.lock().unwrap_or_else(PoisonError::into_inner)[index].take(text.len());
    let mut err = io::stderr().lock();
    // A closed pipe has no reader for the error either.
    let _ = match verdict {
        Verdict::Shown => err.write_all(text.as_bytes()),
        Verdict::Over => {
            writeln!(err, "... further {kind} are not shown; `--output json` prints all of them")
        }
        Verdict::NotShown => Ok(()),
    };
}

/// A line for people beside the diagnostics.
pub(super) fn say(line: &str) {
    show(&(printable::line(line).into_owned() + "\n"), Severity::Error);
}

/// A line that a plugin logged.
pub(super) fn say_log(line: &str) {
    show(&(printable::line(line).into_owned() + "\n"), Severity::Warning);
}

/// A text of several lines for people, which is the whole of what the run says.
pub(super) fn say_block(text: &str) {
    show(&(printable::block(text).into_owned() + "\n"), Severity::Error);
}

/// Shows diagnostics: with excerpts for people, one JSON object a line for machines.
pub(super) fn tell(diagnostics: &[Diagnostic], tree: Option<&dyn Source>, report: Report) {
    match report {
        Report::Text => {
            let renderer = if colours() { Renderer::styled() } else { Renderer::plain() };
            for (severity, text) in Diagnostic::render_all(diagnostics, tree, &renderer) {
                show(&text, severity);
            }
        }
        Report::Json => {
            let mut err = io::stderr().lock();
            for diagnostic in diagnostics {
                let text = serde_json::to_string(diagnostic).unwrap_or_default() + "\n";
                let _ = err.write_all(printable::json(&text).as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_messages_together_are_bounded() {
        let mut budget = Budget::new();
        let verdicts: Vec<Verdict> = (0..10_000).map(|_| budget.take(1000)).collect();
        assert!(verdicts[..524].iter().all(|verdict| *verdict == Verdict::Shown));
        assert_eq!(verdicts[524], Verdict::Over);
        assert!(verdicts[525..].iter().all(|verdict| *verdict == Verdict::NotShown));
        assert_eq!(budget.take(1), Verdict::NotShown, "in the middle of others it would mislead");
    }
}
