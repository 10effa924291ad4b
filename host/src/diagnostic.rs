//! What people are told: message, place with an excerpt of the file, way there, and how to mend it.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use oarlock_plugin::{Failure, Origin};
use serde::Serialize;

use crate::pipeline::{PlanError, RenderError};
use crate::sandbox::{Notice, SandboxError};
use crate::source::Source;

/// Lines of the file shown before and after the one at fault.
const CONTEXT_LINES: usize = 2;

/// A line longer than this is not shown: it is no help to anyone.
const MAX_LINE_BYTES: usize = 400;

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The render failed.
    Error,
    /// The render went on.
    Warning,
}

/// One thing that a user is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// The plugin that says so, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// What, where, and how to mend it.
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
            RenderError::Plan(PlanError::Project(failure)) => vec![Self::error(failure)],
            RenderError::Plan(PlanError::Unclaimed { .. }) => {
                let failure = Failure::new(error.to_string());
                let RenderError::Plan(PlanError::Unclaimed { hint, .. }) = error else { return Vec::new() };
                vec![Self::error(failure.hint(hint))]
            }
            RenderError::Plan(PlanError::Sandbox(error)) | RenderError::Sandbox(error) => {
                Self::from_sandbox_error(error)
            }
            RenderError::Objects { plugin, failures, then } => {
                let of_object = |failure| Self {
                    severity: Severity::Error,
                    plugin: Some(plugin.clone()),
                    failure,
                };
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

    /// The diagnostic for a terminal, ending in a newline. The excerpt comes from the tree.
    pub fn render(&self, tree: Option<&dyn Source>, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(self.failure.message.as_str());
        let excerpt = self.failure.origin.as_ref().map(|origin| Excerpt::read(tree, origin));
        let mut group = match &excerpt {
            Some(Excerpt { path, source: Some((source, first_line, span)) }) => Group::with_title(title)
                .element(
                    Snippet::source(source.as_str())
                        .line_start(*first_line)
                        .path(path.as_str())
                        .annotation(AnnotationKind::Primary.span(span.clone())),
                ),
            Some(Excerpt { path, source: None }) => {
                Group::with_title(title).element(annotate_snippets::Origin::path(path.as_str()))
            }
            // A rule in the margin with nothing beside it would look like a place.
            None => return renderer.render(&[Group::with_title(title)]) + "\n" + &self.way_out(),
        };
        for note in &self.failure.notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        if let Some(hint) = &self.failure.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        let mut text = renderer.render(&[group]);
        text.push('\n');
        text
    }
}

impl Diagnostic {
    /// Notes and hint, a line each.
    fn way_out(&self) -> String {
        let notes = self.failure.notes.iter().map(|note| format!("  = note: {note}\n"));
        notes.chain(self.failure.hint.iter().map(|hint| format!("  = help: {hint}\n"))).collect()
    }
}

/// The lines around a place.
struct Excerpt {
    path: String,
    /// The lines, the number of the first, and the range of bytes at fault.
    source: Option<(String, usize, std::ops::Range<usize>)>,
}

impl Excerpt {
    fn read(tree: Option<&dyn Source>, origin: &Origin) -> Self {
        let content = match tree {
            _ if origin.line == 0 => None,
            Some(tree) => tree.read(&origin.path).ok(),
            // Without a tree it is a file that the command line named.
            None => std::fs::read(&origin.path).ok(),
        };
        let text = content.and_then(|content| String::from_utf8(content).ok());
        match text.and_then(|text| excerpt(&text, origin)) {
            Some(source) => Self { path: origin.path.clone(), source: Some(source) },
            None => Self { path: origin.to_string(), source: None },
        }
    }
}

fn excerpt(text: &str, origin: &Origin) -> Option<(String, usize, std::ops::Range<usize>)> {
    let lines: Vec<&str> = text.lines().collect();
    let fault = (origin.line as usize).checked_sub(1)?;
    let line = *lines.get(fault)?;
    let first = fault.saturating_sub(CONTEXT_LINES);
    let shown = &lines[first..lines.len().min(fault + CONTEXT_LINES + 1)];
    if shown.iter().any(|line| line.len() > MAX_LINE_BYTES) {
        return None;
    }
    let before: usize = lines[first..fault].iter().map(|line| line.len() + 1).sum();
    let column = (origin.column as usize).saturating_sub(1);
    let from = line.char_indices().nth(column).map_or(0, |(index, _)| index);
    let from = from.max(line.len() - line.trim_start().len());
    let word = line[from..].find([' ', '#']).unwrap_or(line.len() - from).max(1);
    let to = (from + word).min(line.len()).max(from);
    Some((shown.join("\n"), first + 1, before + from..before + to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "resources:\n- a.yaml\n- b.yaml # gone\n- c.yaml\n";

    #[test]
    fn an_excerpt_marks_the_word_at_fault() {
        let (source, first, span) = excerpt(TEXT, &Origin::at("k.yaml", 3, 3)).unwrap();
        assert_eq!((source.as_str(), first, &source[span]), (TEXT.trim_end(), 1, "b.yaml"));
    }

    #[test]
    fn a_place_outside_the_file_has_no_excerpt() {
        assert!(excerpt(TEXT, &Origin::at("k.yaml", 9, 1)).is_none());
        assert!(excerpt(TEXT, &Origin::file("k.yaml")).is_none());
        assert!(excerpt("", &Origin::at("k.yaml", 1, 1)).is_none());
    }
}
