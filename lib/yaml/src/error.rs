//! Why a text cannot be read, and why a tree cannot be written.

use crate::kind::ScalarKind;
use crate::node::Span;

/// Why a text is no YAML that the Kubernetes tools accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// How to fix it, where that is known.
    pub hint: Option<String>,
    /// What go-yaml says of it, where templates and tests can see that: see
    /// [`go_yaml`](Self::go_yaml).
    upstream: Option<Box<str>>,
}

impl ParseError {
    pub(crate) fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span, hint: None, upstream: None }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What go-yaml v2 says of the same fault, its line with it. Helm's `fromYaml` hands that text
    /// to templates.
    ///
    /// ```
    /// use oarlock_yaml::{Limits, Reader, parse};
    ///
    /// let error = parse(b"a: b: c", Reader::Helm, Limits::default()).unwrap_err();
    /// assert_eq!(error.go_yaml(), "yaml: mapping values are not allowed in this context");
    /// ```
    pub fn go_yaml(&self) -> String {
        self.upstream.as_deref().map_or_else(|| format!("yaml: {}", self.message), str::to_owned)
    }

    /// Remembers go-yaml's words. It counts the lines of its scanner from 1, those of its parser
    /// from 0, and leaves 0 out.
    #[must_use]
    pub(crate) fn upstream(mut self, problem: impl AsRef<str>, line: u32) -> Self {
        let problem = problem.as_ref();
        let text =
            if line == 0 { format!("yaml: {problem}") } else { format!("yaml: line {line}: {problem}") };
        self.upstream = Some(text.into());
        self
    }

    /// Remembers the words of `sigs.k8s.io/yaml`, which tells itself what JSON cannot hold.
    #[must_use]
    pub(crate) fn upstream_json(mut self, problem: impl Into<Box<str>>) -> Self {
        self.upstream = Some(problem.into());
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

/// A document more than a text may hold.
pub(crate) fn second_document(span: Span) -> ParseError {
    ParseError::new("a second document starts here, and only one is expected", span)
        .hint("remove the `---` above it, or move it to a file of its own")
}

/// Why a tree cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// JSON has no infinities and no NaN.
    #[error("`{0}` is a number that JSON cannot hold")]
    NotFinite(String),
    /// A node says that it is a number, and its text is none.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// JSON's times have no offsets of a day or more.
    #[error("`{0}` is a time that JSON cannot hold")]
    NotATime(String),
    /// Objects have text as keys; Go's `encoding/json` refuses mappings with any other below the
    /// top.
    #[error("the key `{text}` is a {kind}, and keys must be text", kind = kind.name())]
    KeyNotText {
        /// The key.
        text: String,
        /// Its type.
        kind: ScalarKind,
    },
    /// The YAML side of `sigs.k8s.io/yaml` takes no control characters, which JSON lets pass
    /// unescaped.
    #[error("the control character U+{:04X} cannot be printed", u32::from(*.0))]
    Control(char),
}
