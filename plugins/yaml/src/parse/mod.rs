//! Bytes to trees.

mod duplicates;
mod error;
mod events;
mod load;
mod merge;
mod refold;
mod tag;
mod text;
mod v2;

use self::duplicates::Duplicates;
pub(crate) use self::duplicates::check_duplicates;
pub use self::error::ParseError;
use self::load::Loader;
use crate::{Dialect, Node};

/// One document of a stream.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its content; `null` for an empty document.
    pub root: Node,
    /// Its comments that may be JSON objects: kustomize takes schemas from them. All others are passed over.
    pub comments: Vec<Comment>,
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

/// Reads a stream of documents, as kustomize's reader does: the text is cut at lines that start with `---`, and each piece gives its
/// first document. Pieces with nothing but comments give none. Aliases and merge keys are expanded.
///
/// # Errors
/// If the text is not YAML, has a duplicate key, or is over a limit.
pub fn parse(text: &[u8], limits: Limits) -> Result<Vec<Document>, ParseError> {
    parse_with(text, limits, Duplicates::Refused)
}

/// As [`parse`], but where a mapping has a key twice the last one counts: so go-yaml v2 reads where it is not told to be strict, and with
/// it kustomize its kustomizations.
///
/// # Errors
/// If the text is not YAML or is over a limit.
pub fn parse_last_wins(text: &[u8], limits: Limits) -> Result<Vec<Document>, ParseError> {
    parse_with(text, limits, Duplicates::LastWins)
}

/// Reads as a dialect does. Helm's reads the first document alone, and makes of it what JSON can hold: keys are text, numbers have their
/// JSON spelling, truth values are `true` or `false`, times are text. An empty text gives no document.
///
/// # Errors
/// If the text is not YAML, cannot become JSON, or is over a limit.
pub fn parse_as(text: &[u8], dialect: Dialect, limits: Limits) -> Result<Vec<Document>, ParseError> {
    if dialect == Dialect::Kustomize {
        return parse(text, limits);
    }
    let text = text::decode(text)?;
    let text = text::strip_mark(&text);
    let mut nodes = limits.nodes;
    Ok(Loader::new(text, 0, limits, &mut nodes).like_v2().load()?.into_iter().collect())
}

fn parse_with(text: &[u8], limits: Limits, duplicates: Duplicates) -> Result<Vec<Document>, ParseError> {
    let text = text::decode(text)?;
    let mut nodes = limits.nodes;
    let mut documents = Vec::new();
    for piece in text::split(&text)? {
        let loader = Loader::new(piece.text, piece.line, limits, &mut nodes).duplicates(duplicates);
        documents.extend(loader.load()?);
    }
    Ok(documents)
}

/// Reads a text that must hold at most one document; `None` if it holds none. Empty documents do not count.
///
/// # Errors
/// As [`parse`], and if there is a second document.
pub fn parse_one(text: &[u8], limits: Limits) -> Result<Option<Node>, ParseError> {
    let mut roots =
        parse(text, limits)?.into_iter().map(|document| document.root).filter(|root| !root.is_null());
    let first = roots.next();
    match roots.next() {
        Some(second) => {
            Err(ParseError::new("a second document starts here, and only one is expected", second.span)
                .hint("remove the `---` above it, or move it to a file of its own"))
        }
        None => Ok(first),
    }
}
