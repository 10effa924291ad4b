//! Why a text cannot be read.

use crate::Span;

/// Why a text is no YAML that the Kubernetes tools accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// How to mend it, where that is known.
    pub hint: Option<String>,
}

impl ParseError {
    pub(crate) fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span, hint: None }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn too_deep(depth: usize, span: Span) -> Self {
        Self::new(format!("lists and mappings nest deeper than the limit of {depth}"), span)
    }

    pub(crate) fn too_many(nodes: usize, span: Span) -> Self {
        Self::new(
            format!("the text has more values than the limit of {nodes}, repetitions by aliases included"),
            span,
        )
    }
}
