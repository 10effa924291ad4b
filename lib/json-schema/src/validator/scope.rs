//! Where a value is, and by which way a schema came to be held against it.

use crate::compiled::{Id, Schema};
use crate::location::escaped;

/// Where a value is.
pub(crate) enum Location<'p> {
    Root,
    Below(&'p str, &'p Location<'p>),
}

impl Location<'_> {
    /// As a JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Below(token, above) => {
                let mut pointer = above.pointer();
                pointer.push('/');
                pointer.push_str(&escaped(token));
                pointer
            }
        }
    }
}

/// A schema that a value is held against, and the one that led to it.
pub(crate) struct Scope<'p> {
    pub(crate) schema: Id,
    /// The keyword that refers to it; empty where it lies within the other one.
    keyword: &'static str,
    /// The number of the value: scopes of one value have the same.
    pub(crate) value: usize,
    pub(crate) depth: usize,
    parent: Option<&'p Scope<'p>>,
}

impl<'p> Scope<'p> {
    pub(crate) fn root(schema: Id, depth: usize) -> Self {
        Self { schema, keyword: "", value: 0, depth, parent: None }
    }

    pub(crate) fn child(&'p self, schema: Id, keyword: &'static str, value: usize) -> Self {
        Self { schema, keyword, value, depth: self.depth + 1, parent: Some(self) }
    }

    /// This scope and those that led to it.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &Scope<'p>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// The scope that holds this very value against this very schema already.
    pub(crate) fn cycle(&self) -> Option<&Scope<'p>> {
        let mut others = self.chain().skip(1).take_while(|other| other.value == self.value);
        others.find(|other| other.schema == self.schema)
    }

    /// The keywords that led here.
    pub(crate) fn way(&self, schemas: &[Schema]) -> String {
        let Some(parent) = self.parent else { return String::new() };
        let mut way = parent.way(schemas);
        if self.keyword.is_empty() {
            let (here, above) = (&schemas[self.schema].location, &schemas[parent.schema].location);
            way.push_str(here.get(above.len()..).unwrap_or_default());
        } else {
            way.push('/');
            way.push_str(&escaped(self.keyword));
        }
        way
    }
}
