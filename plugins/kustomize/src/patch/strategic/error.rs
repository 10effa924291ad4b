//! Why a strategic merge patch does not fit a resource.

use std::fmt::Write as _;

use oarlock_yaml::{Node, Span};

/// Why, and where.
#[derive(Debug)]
pub(super) struct MergeError {
    /// What is wrong.
    pub(super) message: String,
    /// How to fix it.
    pub(super) hint: &'static str,
    /// The place in the patch, if it is known.
    pub(super) span: Span,
    /// What the node is below and above, where these do not fit.
    pub(super) kinds: Option<(&'static str, &'static str)>,
    /// Where in the object, innermost part first.
    path: Vec<String>,
}

impl MergeError {
    /// The resource has one kind of node, the patch another.
    pub(super) fn mismatch(target: &Node, patch: &Node) -> Self {
        Self {
            message: format!(
                "is a {} in the resource and a {} in the patch",
                target.kind_name(),
                patch.kind_name()
            ),
            hint: "write it as in the resource; to change its type, remove it by `null` in a patch before",
            span: patch.span,
            kinds: Some((target.kind_name(), patch.kind_name())),
            path: Vec::new(),
        }
    }

    /// An element cannot have a merge key.
    pub(super) fn no_mapping(element: &Node, key: &str) -> Self {
        Self {
            message: format!(
                "has an element that is a {}, but its elements are merged by `{key}`",
                element.kind_name()
            ),
            hint: "each element has to be a mapping",
            span: element.span,
            kinds: None,
            path: Vec::new(),
        }
    }

    /// A list of scalars has an element that is none.
    pub(super) fn no_scalar(element: &Node) -> Self {
        Self {
            message: format!(
                "has an element that is a {}, but its elements are scalars",
                element.kind_name()
            ),
            hint: "each element has to be a string or number",
            span: element.span,
            kinds: None,
            path: Vec::new(),
        }
    }

    /// `$patch` with a value that means nothing.
    pub(super) fn unknown_directive(value: &str, span: Span) -> Self {
        Self {
            message: format!("has the unknown directive `$patch: {value}`"),
            hint: "`$patch` is `merge`, `replace` or `delete`",
            span,
            kinds: None,
            path: Vec::new(),
        }
    }

    /// Adds the part of the path that leads to what is wrong.
    pub(super) fn within(mut self, part: &str) -> Self {
        self.path.push(part.to_owned());
        self
    }

    /// The path from the object's root, as `spec.template.spec.containers[app].ports`.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        for part in self.path.iter().rev() {
            if !path.is_empty() && !part.starts_with('[') {
                path.push('.');
            }
            write!(path, "{part}").expect("writing to a string");
        }
        path
    }
}
