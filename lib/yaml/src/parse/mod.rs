//! Bytes to trees.

mod block;
mod document;
mod events;
mod layout;
mod load;
mod loaded;
mod merge;
mod refold;
mod scalar;
mod stream;
mod tag;
mod text;
mod v2;

pub use self::document::Document;
pub use self::layout::{DocumentLayout, Element, EntryLayout, ItemLayout, Layout, Notation, Shape};
pub use self::stream::DocumentStream;
pub(crate) use self::text::place;
use crate::error::{self, ParseError};
use crate::limits::Limits;
use crate::{Node, Reader};

/// Reads a text as somebody reads it. Pieces with nothing but comments give no document. Aliases
/// and merge keys are expanded.
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
/// If the text has no characters that YAML allows, or the reader cuts it before it reads and
/// cannot.
pub fn documents(text: &[u8], reader: Reader, limits: Limits) -> Result<DocumentStream<'_>, ParseError> {
    DocumentStream::new(text, reader.rules(), limits)
}

/// Reads a text that must hold at most one document; `None` if it holds none. Empty documents do
/// not count.
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
