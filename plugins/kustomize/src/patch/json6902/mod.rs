//! JSON patches (RFC 6902), as kustomize's library applies them (evanphx/json-patch v4).
//!
//! It is more lenient than the RFC: `replace` of a key that a mapping lacks adds it, `value` may be
//! left out for null, positions in lists may be negative. It is stricter too: `-` is for `add`
//! alone.

mod annotations;
mod equal;
mod pointer;

#[cfg(test)]
mod tests;

use oarlock_plugin::{Failure, nearest};
use oarlock_yaml::{Node, Scalar, ScalarKind, Span, Value, is_plain_text};

use super::source::PatchSource;
use crate::resource::Resource;
use pointer::Pointer;

/// The operations that there are.
const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

/// How many nodes all copies of a patch may have, and how deep an object may become. Each copy can
/// double an object.
const MAX_COPIED: usize = 1_000_000;
const MAX_DEPTH: usize = 1_000;

/// A JSON patch, as it was read.
#[derive(Clone, Debug)]
pub(crate) struct JsonPatch {
    /// The operations. What is wrong with one is found when it is applied, as in kustomize.
    pub(crate) operations: Vec<Node>,
    /// What the patch was read from.
    pub(crate) source: PatchSource,
}

/// Why an operation cannot be applied.
#[derive(Debug)]
pub(super) struct OperationError {
    message: String,
    hint: Option<String>,
}

impl OperationError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }
}

/// Applies a patch to a resource.
///
/// # Errors
/// If an operation is not one, its path does not exist, its test fails, or kind or name are gone in
/// the end.
pub(crate) fn apply(resource: &mut Resource, patch: &JsonPatch) -> Result<(), Failure> {
    if resource.has_build_annotations()
        && let Some(fields) = resource.object.as_mapping_mut()
        && let Some(metadata) = fields.get_or_insert_with("metadata", Node::empty_mapping).as_mapping_mut()
    {
        // kustomize keeps its memory in there, so to a patch the annotations are never missing.
        let annotations = metadata.get_or_insert_with("annotations", Node::empty_mapping);
        if annotations.is_null() {
            *annotations = Node::empty_mapping();
        }
    }
    let looks = patch.operations.iter().any(takes_all_annotations);
    if looks {
        resource.show_memory();
    }
    let mut copied = 0;
    for (number, operation) in patch.operations.iter().enumerate() {
        run(&mut resource.object, operation, &mut copied)
            .map_err(|error| describe(error, number, operation, patch, resource))?;
    }
    if looks {
        resource.hide_memory();
    }
    let blame = |failure| patch.source.blame(failure, Span::default());
    normalize(&mut resource.object, 0).map_err(|error| blame(Failure::new(error.message)))?;
    annotations::write_as_texts(&mut resource.object);
    // An object has to be one still.
    for (what, is_missing) in [
        ("kind", resource.kind().is_empty()),
        ("metadata.name", resource.name().is_empty() && !resource.kind().ends_with("List")),
    ] {
        if is_missing {
            let message = format!("the JSON patch leaves a resource without `{what}`");
            return Err(blame(
                Failure::new(message).hint("`$patch: delete` in a strategic merge patch removes a resource"),
            ));
        }
    }
    Ok(())
}

/// Whether an operation looks at the annotations as a whole, and so at what kustomize keeps there.
fn takes_all_annotations(operation: &Node) -> bool {
    let text = |key: &str| operation.get(key).and_then(Node::as_str);
    let pointer = match text("op") {
        Some("test") => text("path"),
        Some("copy" | "move") => text("from"),
        _ => None,
    };
    let pointer = pointer.and_then(|pointer| pointer.split_once('/'));
    pointer.is_some_and(|(_, path)| matches!(path, "metadata" | "metadata/annotations"))
}

fn run(root: &mut Node, operation: &Node, copied: &mut usize) -> Result<(), OperationError> {
    let text = |key: &str| operation.get(key).and_then(Node::as_str);
    let value = || operation.get("value").cloned().unwrap_or_else(Node::null);
    let path = || {
        text("path").ok_or_else(|| {
            OperationError::new("`path` is missing")
                .hint("every operation has `op` and `path`, as `path: /spec/replicas`")
        })
    };
    let from = || {
        text("from")
            .ok_or_else(|| OperationError::new("`from` is missing").hint("it says what is moved or copied"))
    };
    match text("op") {
        Some("add") => add(root, path()?, value()),
        Some("remove") => remove(root, path()?).map(drop),
        Some("replace") => replace(root, path()?, value()),
        Some("move") => {
            let from = from()?;
            let moved = remove(root, from)?;
            add(root, path()?, moved)
        }
        Some("copy") => {
            let copy = Pointer::parse(from()?)?.value(root)?.cloned().unwrap_or_else(Node::null);
            *copied += count(&copy);
            if *copied > MAX_COPIED {
                return Err(OperationError::new(format!("the copies have more than {MAX_COPIED} values")));
            }
            add(root, path()?, copy)
        }
        Some("test") => test(root, path()?, operation.get("value")),
        Some(other) => Err(match nearest(other, OPERATIONS) {
            Some(near) => OperationError::new(format!("`{other}` is no operation"))
                .hint(format!("did you mean `{near}`?")),
            None => OperationError::new(format!("`{other}` is no operation"))
                .hint("there are `add`, `remove`, `replace`, `move`, `copy` and `test`"),
        }),
        None => Err(OperationError::new("`op` is missing")
            .hint("every operation has `op: add`, `remove`, `replace`, `move`, `copy` or `test`")),
    }
}

fn add(root: &mut Node, path: &str, value: Node) -> Result<(), OperationError> {
    let pointer = Pointer::parse(path)?;
    match &mut pointer.container(root)?.value {
        Value::Mapping(fields) => drop(fields.insert(pointer.key(), value)),
        Value::Sequence(elements) => elements.insert(pointer.gap(elements.len())?, value),
        Value::Scalar(_) => {}
    }
    Ok(())
}

fn remove(root: &mut Node, path: &str) -> Result<Node, OperationError> {
    let pointer = Pointer::parse(path)?;
    let container = pointer.container(root)?;
    if let Value::Sequence(elements) = &mut container.value {
        let position = pointer.existing(elements.len())?;
        return Ok(elements.remove(position));
    }
    let removed = container.as_mapping_mut().and_then(|fields| fields.remove(pointer.key()));
    removed.ok_or_else(|| pointer.missing_key(container))
}

fn replace(root: &mut Node, path: &str, value: Node) -> Result<(), OperationError> {
    if path.is_empty() {
        if value.as_mapping().is_none() {
            return Err(OperationError::new(format!(
                "a {} cannot replace the whole resource",
                value.kind_name()
            ))
            .hint("give `path` the field that is meant, or `value` the whole object"));
        }
        *root = value;
        return Ok(());
    }
    let pointer = Pointer::parse(path)?;
    match &mut pointer.container(root)?.value {
        Value::Mapping(fields) => drop(fields.insert(pointer.key(), value)),
        Value::Sequence(elements) => {
            let position = pointer.existing(elements.len())?;
            elements[position] = value;
        }
        Value::Scalar(_) => {}
    }
    Ok(())
}

fn test(root: &mut Node, path: &str, expected: Option<&Node>) -> Result<(), OperationError> {
    let null = Node::null();
    let expected = expected.unwrap_or(&null);
    let is_secret = root.get("kind").and_then(Node::scalar_text) == Some("Secret");
    let found = if path.is_empty() { Some(&*root) } else { Pointer::parse(path)?.value(root)? };
    let found = found.unwrap_or(&null);
    if equal::is_equal(found, expected) {
        return Ok(());
    }
    let spell = |node: &Node| match node.as_scalar() {
        Some(_) if is_secret => "another value".to_owned(),
        Some(Scalar { kind: ScalarKind::String, text, .. }) => format!("the string `{text}`"),
        Some(scalar) => format!("`{}`", scalar.text),
        None => format!("another {}", node.kind_name()),
    };
    Err(OperationError::new(format!("the test of `{path}` fails: it is {}", spell(found))))
}

/// Makes the object what a way through JSON makes of it: nulls are written out, dates are texts,
/// numbers are those that a double can hold, and strings are quoted only where they have to be.
fn normalize(node: &mut Node, depth: usize) -> Result<(), OperationError> {
    if depth > MAX_DEPTH {
        return Err(OperationError::new(format!(
            "the patched resource is nested more than {MAX_DEPTH} deep"
        )));
    }
    match &mut node.value {
        Value::Scalar(scalar) => {
            scalar.quoted = scalar.kind == ScalarKind::String && !is_plain_text(&scalar.text);
            match scalar.kind {
                ScalarKind::Null => scalar.text = "null".into(),
                ScalarKind::Timestamp => {
                    let text = annotations::time_text(scalar);
                    *scalar = Scalar { kind: ScalarKind::String, text, quoted: true };
                }
                // Up to fifteen digits are exact.
                ScalarKind::Int if scalar.text.len() > 15 => {
                    if let Ok(number) = scalar.text.parse::<f64>() {
                        scalar.text = format!("{number}").into();
                    }
                }
                _ => {}
            }
            Ok(())
        }
        Value::Sequence(elements) => {
            elements.iter_mut().try_for_each(|element| normalize(element, depth + 1))
        }
        Value::Mapping(fields) => {
            fields.iter_mut().try_for_each(|entry| normalize(&mut entry.value, depth + 1))
        }
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::Scalar(_) => 0,
        Value::Sequence(elements) => elements.iter().map(count).sum(),
        Value::Mapping(fields) => fields.iter().map(|entry| count(&entry.value)).sum::<usize>(),
    }
}

fn describe(
    error: OperationError,
    number: usize,
    operation: &Node,
    patch: &JsonPatch,
    resource: &Resource,
) -> Failure {
    let name =
        operation.get("op").and_then(Node::scalar_text).map_or(String::new(), |name| format!(" (`{name}`)"));
    let message = format!(
        "operation {}{name} of the JSON patch of `{}`: {}",
        number + 1,
        resource.current_id(),
        error.message
    );
    let failure = patch.source.blame(Failure::new(message), operation.span);
    let failure = match error.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    };
    match &resource.origin {
        Some(origin) => failure.note(format!("the resource is at `{origin}`")),
        None => failure,
    }
}
