//! The text of a document.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A document's part of the text of a template, which all of its documents share.
#[derive(Clone)]
pub struct DocumentText {
    whole: Arc<String>,
    range: Range<usize>,
}

impl DocumentText {
    /// The document that begins at an offset.
    pub(super) fn new(whole: &Arc<String>, offset: usize, document: &str) -> Self {
        Self { whole: Arc::clone(whole), range: offset..offset + document.len() }
    }

    /// Takes white space off its end.
    pub(super) fn trim_end(&mut self) {
        self.range.end = self.range.start + str::trim_end(self).len();
    }
}

impl Deref for DocumentText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.whole[self.range.clone()]
    }
}

impl fmt::Display for DocumentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for DocumentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for DocumentText {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for DocumentText {}
