//! Comments that somebody may want.

/// A comment, and the line that it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The line, from 1.
    pub line: u32,
    /// The text without `#`.
    pub text: Box<str>,
}
