//! What goes wrong: an [`Error`] carries the message in Go's very words, and the errors that it
//! wraps.

use std::fmt;

/// What kind of trouble an [`Error`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not a template.
    Parse,
    /// Execution stopped; the message names template, line and column.
    Exec,
    /// A function said no; execution wraps it into an [`ErrorKind::Exec`].
    Function,
    /// A limit was reached. Carried through every wrapper, so that a caller can tell.
    Limit(Limit),
}

/// The limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Templates within templates, or values within values.
    Depth,
    /// Evaluated nodes and called functions.
    Steps,
    /// Bytes of text made.
    Output,
    /// Items of a list.
    Items,
}

/// Where in which template something happened: the position that Go prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Name of the template file, that is the text that was parsed.
    pub template: String,
    /// Line, from 1.
    pub line: usize,
    /// Bytes before it on the line, from 0, as Go counts.
    pub column: usize,
}

/// An error with the text that Go's library gives, and the error that it wraps, as `errors.Unwrap`
/// would tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    message: String,
    position: Option<Position>,
    cause: Option<Error>,
}

impl Error {
    /// A function's refusal.
    pub fn new(message: impl Into<String>) -> Self {
        Self::with_kind(ErrorKind::Function, message)
    }

    /// An error of a kind.
    pub fn with_kind(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { inner: Box::new(Inner { kind, message: message.into(), position: None, cause: None }) }
    }

    /// An error that wraps another, as `%w` does: `message` already holds the other's text.
    pub fn wrap(message: impl Into<String>, cause: Error) -> Self {
        let mut error = Self::with_kind(
            if let ErrorKind::Limit(limit) = cause.kind() {
                ErrorKind::Limit(limit)
            } else {
                ErrorKind::Function
            },
            message,
        );
        error.inner.cause = Some(cause);
        error
    }

    pub(crate) fn at(mut self, position: Position) -> Self {
        self.inner.position = Some(position);
        self
    }

    pub(crate) fn caused_by(mut self, cause: Option<Error>) -> Self {
        self.inner.cause = cause;
        self
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The whole message, wrapped ones included.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Where it happened, when it happened in a template.
    pub fn position(&self) -> Option<&Position> {
        self.inner.position.as_ref()
    }

    /// The error that this one wraps.
    pub fn cause(&self) -> Option<&Error> {
        self.inner.cause.as_ref()
    }

    /// This error and those below, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &Error> {
        std::iter::successors(Some(self), |error| error.cause())
    }

    /// The innermost position: where the trouble is rather than where it surfaced.
    pub fn innermost_position(&self) -> Option<&Position> {
        self.chain().filter_map(Error::position).last()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.cause.as_ref().map(|cause| cause as _)
    }
}
