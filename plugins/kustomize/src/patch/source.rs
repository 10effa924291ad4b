//! What a patch was read from, for failures.

use oarlock_plugin::{Failure, Origin, TreePath};
use oarlock_yaml::Span;

/// A file, or a text in the kustomization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PatchSource {
    /// A file.
    File(TreePath),
    /// The text of a field. The kustomization knows where that is.
    Inline,
}

impl PatchSource {
    /// Says where in the patch something is wrong.
    pub(crate) fn blame(&self, failure: Failure, span: Span) -> Failure {
        match self {
            Self::File(path) => failure.at(Origin::at(path.as_str(), span.line, span.column)),
            Self::Inline if span.line > 0 => {
                failure.note(format!("in line {} of the inline patch", span.line))
            }
            Self::Inline => failure,
        }
    }

    /// Turns the place that a reader gave, which it takes for a file, into the true one.
    pub(crate) fn correct(&self, mut failure: Failure) -> Failure {
        if *self == Self::Inline
            && let Some(origin) = failure.origin.take()
        {
            return self.blame(failure, Span { line: origin.line, column: origin.column });
        }
        failure
    }

    /// The name for readers of YAML.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::File(path) => path.as_str(),
            Self::Inline => "",
        }
    }
}
