//! Bytes to trees.

mod duplicates;
mod error;
mod events;
mod load;
mod merge;
mod refold;
mod stream;
mod tag;
mod text;
mod v2;

pub use self::duplicates::Repeated;
pub(crate) use self::duplicates::check_duplicates;
pub use self::error::ParseError;
pub use self::stream::DocumentStream;
use crate::{Node, Reader};

/// One document of a stream.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its content; `null` for an empty document.
    pub root: Node,
    /// Its comments that may be JSON objects: kustomize takes schemas from them. All others are passed over.
    pub comments: Vec<Comment>,
    /// The keys that a mapping has twice, in the order in which their mappings end. Where that is an error there are none.
    pub repeated: Vec<Repeated>,
}

/// A comment, and the line that it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The line, from 1.
    pub line: u32,
    /// The text without `#`.
    pub text: Box<str>,
}

/// Bounds on what is read, so that no input can take unbounded time or memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep collections may nest.
    pub depth: usize,
    /// How many nodes a stream may have, those that aliases repeat among them.
    pub nodes: usize,
}

impl Default for Limits {
    /// Deep enough for any object that a cluster takes, and shallow enough that a walk by recursion stays within the 1 MiB of stack that a
    /// WebAssembly plugin has; as many nodes as fit its memory.
    fn default() -> Self {
        Self { depth: 500, nodes: 2_000_000 }
    }
}

/// Reads a text as somebody reads it. Pieces with nothing but comments give no document. Aliases and merge keys are expanded.
///
/// ```
/// use oarlock_yaml::{Limits, Reader, parse, to_json};
///
/// let json = |reader| to_json(&parse(b"{ssl: on}", reader, Limits::default()).unwrap()[0].root).unwrap();
/// assert_eq!(json(Reader::KustomizeResource), r#"{"ssl":"on"}"#);
/// assert_eq!(json(Reader::Helm), r#"{"ssl":true}"#);
/// ```
///
/// # Errors
/// If the text is not YAML by the rules of the reader, or is over a limit.
pub fn parse(text: &[u8], reader: Reader, limits: Limits) -> Result<Vec<Document>, ParseError> {
    documents(text, reader, limits)?.collect()
}

/// As [`parse`], document by document: those before one that is broken can be had.
///
/// # Errors
/// If the text has no characters that YAML allows, or the reader cuts it before it reads and cannot.
pub fn documents(text: &[u8], reader: Reader, limits: Limits) -> Result<DocumentStream<'_>, ParseError> {
    DocumentStream::new(text, reader.rules(), limits)
}

/// Reads a text that must hold at most one document; `None` if it holds none. Empty documents do not count.
///
/// # Errors
/// As [`parse`], and if the reader sees a second document.
pub fn parse_one(text: &[u8], reader: Reader, limits: Limits) -> Result<Option<Node>, ParseError> {
    let mut roots =
        parse(text, reader, limits)?.into_iter().map(|document| document.root).filter(|root| !root.is_null());
    let first = roots.next();
    match roots.next() {
        Some(second) => Err(error::second_document(second.span)),
        None => Ok(first),
    }
}
