//! One document of a text.

use crate::duplicates::Repeated;
use crate::node::Node;
use crate::scan::Comment;

/// One document of a stream.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its content; `null` for an empty document.
    pub root: Node,
    /// Its comments that may be JSON objects: kustomize takes schemas from them. All others are
    /// passed over.
    pub comments: Vec<Comment>,
    /// The keys that a mapping has twice, in the order in which their mappings end. Where that is
    /// an error there are none.
    pub repeated: Vec<Repeated>,
}
