//! Messages for people: what, where with an excerpt of the file, the chain of causes, and what to
//! do.

mod application;
mod excerpt;
mod secrets;

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use oarlock_plugin::Failure;
use serde::Serialize;

use self::excerpt::Excerpt;
use crate::pipeline::{PlanError, RenderError};
use crate::printable;
use crate::sandbox::{Notice, SandboxError};
use crate::source::Source;

pub use application::application_error;

/// The most that is shown of a diagnostic, in bytes.
const MAX_BYTES: usize = 16 << 10;

/// The most that is shown of its message, its hint or a note.
const MAX_PART_BYTES: usize = 12 << 10;

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The render failed.
    Error,
    /// The render went on.
    Warning,
}

/// One message for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// The plugin that says so, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// What, where, and how to fix it.
    #[serde(flatten)]
    pub failure: Failure,
}

impl Diagnostic {
    /// An error of the host.
    pub fn error(failure: Failure) -> Self {
        Self { severity: Severity::Error, plugin: None, failure }
    }

    /// A warning of the host.
    pub fn notice(failure: Failure) -> Self {
        Self { severity: Severity::Warning, plugin: None, failure }
    }

    /// A warning of a plugin.
    pub fn warning(notice: Notice) -> Self {
        Self { severity: Severity::Warning, plugin: Some(notice.plugin), failure: notice.failure }
    }

    /// The errors that a failed render consists of, at least one.
    pub fn from_render_error(error: RenderError) -> Vec<Self> {
        match error {
            RenderError::Plan(PlanError::Project(failures)) => {
                failures.into_vec().into_iter().map(Self::error).collect()
            }
            RenderError::Plan(PlanError::Unclaimed { .. }) => {
                let failure = Failure::new(error.to_string());
                let RenderError::Plan(PlanError::Unclaimed { hint, .. }) = error else { return Vec::new() };
                vec![Self::error(failure.hint(hint))]
            }
            RenderError::Plan(PlanError::Sandbox(error)) | RenderError::Sandbox(error) => {
                Self::from_sandbox_error(error)
            }
            RenderError::Objects { plugin, failures, then } => {
                let of_object =
                    |failure| Self { severity: Severity::Error, plugin: Some(plugin.clone()), failure };
                let objects = failures.into_iter().map(of_object);
                objects.chain(then.into_iter().flat_map(Self::from_sandbox_error)).collect()
            }
            RenderError::Empty(_) => vec![Self::error(
                Failure::new(error.to_string())
                    .note("Argo CD would take it as a wish to delete everything that the application has")
                    .hint("if that is meant, say `allowEmpty: true` in oarlock.yaml"),
            )],
        }
    }

    fn from_sandbox_error(error: SandboxError) -> Vec<Self> {
        let plugin = error.plugin().map(str::to_owned);
        let diagnostic = |failure| Self { severity: Severity::Error, plugin: plugin.clone(), failure };
        error.into_failures().into_iter().map(diagnostic).collect()
    }

    /// The diagnostics for a terminal, each ending in a newline; excerpts come from the tree.
    /// Without a tree the files are those that the command line named.
    pub fn render_all<'a>(
        diagnostics: &'a [Self],
        tree: Option<&dyn Source>,
        renderer: &'a Renderer,
    ) -> impl Iterator<Item = (Severity, String)> + 'a {
        let excerpts = excerpt::read(tree, diagnostics);
        diagnostics.iter().zip(excerpts).map(move |(diagnostic, excerpt)| {
            let text = diagnostic.render(excerpt.as_ref(), renderer);
            if text.len() <= MAX_BYTES {
                return (diagnostic.severity, text);
            }
            // Without colours, which a cut could leave on.
            let text = diagnostic.render(excerpt.as_ref(), &Renderer::plain());
            (diagnostic.severity, printable::cut(&text, MAX_BYTES - 1).into_owned() + "\n")
        })
    }

    fn render(&self, excerpt: Option<&Excerpt>, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let Failure { message, hint, origin, notes } = &self.failure;
        let message = part(message);
        let title = level.primary_title(message.as_str());
        let mut room = MAX_BYTES;
        // What does not fit is cut off anyway.
        let notes = notes.iter().take_while(|note| {
            let is_shown = room > 0;
            room = room.saturating_sub(note.len());
            is_shown
        });
        let way = notes.map(|note| (Level::NOTE, "note", part(note)));
        let way: Vec<_> = way.chain(hint.iter().map(|hint| (Level::HELP, "help", part(hint)))).collect();
        let path = match (origin, excerpt) {
            (Some(origin), Some(_)) => printable::line(&origin.path).into_owned(),
            (Some(origin), None) => printable::line(&origin.to_string()).into_owned(),
            // A rule in the margin with nothing beside it would look like a place.
            (None, _) => {
                let mut text = renderer.render(&[Group::with_title(title)]) + "\n";
                for (_, name, line) in &way {
                    // Further lines are not to pass for messages of their own.
                    let _ = writeln!(text, "  = {name}: {}", line.replace('\n', "\n          "));
                }
                return text;
            }
        };
        let group = Group::with_title(title);
        let mut group = match excerpt {
            Some(Excerpt { text, first, fault }) => group.element(
                Snippet::source(text.as_str())
                    .line_start(*first)
                    .path(path.as_str())
                    .annotation(AnnotationKind::Primary.span(fault.clone())),
            ),
            None => group.element(annotate_snippets::Origin::path(path.as_str())),
        };
        for (level, _, line) in &way {
            group = group.element(level.clone().message(line.as_str()));
        }
        let mut text = renderer.render(&[group]);
        text.push('\n');
        text
    }
}

/// A part of a diagnostic, safe to show.
fn part(text: &str) -> String {
    // Cut first, so that nobody waits for what is not shown.
    printable::block(&printable::cut(text, MAX_PART_BYTES)).into_owned()
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::Origin;

    use super::*;

    fn rendered(failure: Failure) -> String {
        let diagnostics = [Diagnostic::error(failure)];
        Diagnostic::render_all(&diagnostics, None, &Renderer::plain()).map(|(_, text)| text).collect()
    }

    #[test]
    fn no_part_of_a_diagnostic_reaches_the_terminal_as_it_is() {
        let evil = "a\u{1b}]0;title\u{7}\u{9b}2J\r\u{202e}b";
        for (failure, parts) in [(Failure::new(evil), 3), (Failure::new(evil).at(Origin::file(evil)), 4)] {
            let text = rendered(failure.note(evil).hint(evil));
            assert!(!text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\r', '\u{202e}']), "{text:?}");
            assert_eq!(text.matches("a\\u{1b}]0;title\\u{7}\\u{9b}2J\\r\\u{202e}b").count(), parts, "{text}");
        }
    }

    #[test]
    fn no_line_of_a_message_passes_for_another_message() {
        let evil = "a\nerror: forged\n--> b";
        for failure in [Failure::new(evil), Failure::new(evil).at(Origin::file(evil))] {
            let text = rendered(failure.note(evil).hint(evil));
            assert_eq!(text.lines().filter(|line| line.starts_with("error")).count(), 1, "{text}");
        }
    }

    #[test]
    fn a_message_is_bounded() {
        let long = "word\u{1b} ".repeat(1 << 20);
        let lines = "line\n".repeat(1 << 20);
        for text in [&long, &lines] {
            let many = (0..10_000).fold(Failure::new(text), |failure, _| failure.note("x".repeat(100)));
            for failure in [Failure::new(text).hint(text).note(text), many] {
                let text = rendered(failure);
                assert!(text.len() <= MAX_BYTES, "{}", text.len());
                assert!(text.ends_with("more bytes are not shown\n"), "{}", &text[text.len() - 100..]);
            }
        }
    }
}
