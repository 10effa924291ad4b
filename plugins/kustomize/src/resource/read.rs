//! From YAML to resources: kustomize's `Factory.SliceFromBytes`.

use std::collections::VecDeque;
use std::rc::Rc;

use oarlock_plugin::{Failure, Origin, Result};
use oarlock_yaml::{Comment, Limits, Node, Reader, Span, Value};

use super::{Resource, memory};
use crate::schema::Notes;

/// Reads the resources of a stream of documents. Empty documents do not count; lists are taken
/// apart.
///
/// # Errors
/// If the text is no YAML, or an object lacks a kind or a name.
pub(crate) fn read(file: &str, text: &[u8]) -> Result<Vec<Resource>> {
    let documents =
        oarlock_yaml::parse(text, Reader::KustomizeResource, Limits::default()).map_err(|error| {
            let failure = Failure::new(error.message).at(place(file, error.span));
            match error.hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })?;
    let mut nodes: VecDeque<(Node, Rc<[Comment]>)> =
        documents.into_iter().map(|document| (document.root, Rc::from(document.comments))).collect();
    let mut resources = Vec::with_capacity(nodes.len());
    while let Some((node, comments)) = nodes.pop_front() {
        if is_nothing(&node) {
            continue;
        }
        check(file, &node)?;
        match take_items(file, node)? {
            Taken::Items(items) => nodes.extend(items.into_iter().map(|item| (item, Rc::clone(&comments)))),
            Taken::Object(object) => {
                let origin = place(file, object.span);
                let mut resource = Resource::new(object, Some(origin));
                resource.notes = Notes::read(&resource.object, &comments);
                memory::recall(&mut resource);
                resources.push(resource);
            }
        }
    }
    Ok(resources)
}

/// Whether there is nothing in a document.
fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(_) => node.is_null(),
        Value::Mapping(mapping) => mapping.is_empty(),
        Value::Sequence(nodes) => nodes.is_empty(),
    }
}

/// What every object has: a kind, and a name unless it is a list.
pub(crate) fn check(file: &str, node: &Node) -> Result<()> {
    let wrong = |message: &str| Failure::new(message).at(place(file, node.span));
    let text = |path: &[&str]| {
        node.at(path).filter(|value| !value.is_null()).and_then(Node::scalar_text).unwrap_or_default()
    };
    if node.as_mapping().is_none() {
        return Err(wrong(&format!("a Kubernetes object is a mapping, this is a {}", node.kind_name())));
    }
    let kind = text(&["kind"]);
    if kind.is_empty() {
        return Err(wrong("an object has no `kind`"));
    }
    if !kind.ends_with("List") && text(&["metadata", "name"]).is_empty() {
        return Err(wrong(&format!("an object of kind `{kind}` has no `metadata.name`")));
    }
    Ok(())
}

enum Taken {
    Items(Vec<Node>),
    Object(Node),
}

/// The items of an object whose kind ends in `List` and that has items.
fn take_items(file: &str, mut node: Node) -> Result<Taken> {
    let is_list = node.get("kind").and_then(Node::scalar_text).is_some_and(|kind| kind.ends_with("List"));
    let items =
        if is_list { node.as_mapping_mut().and_then(|mapping| mapping.remove("items")) } else { None };
    match items {
        None => Ok(Taken::Object(node)),
        Some(items) if items.is_null() => Ok(Taken::Items(Vec::new())),
        Some(Node { value: Value::Sequence(items), .. }) => Ok(Taken::Items(items)),
        Some(items) => Err(Failure::new(format!("`items` is a list, not a {}", items.kind_name()))
            .at(place(file, items.span))),
    }
}

fn place(file: &str, span: Span) -> Origin {
    Origin::at(file, span.line, span.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_taken_apart_and_empty_documents_left_out() {
        let text = "kind: Pod\nmetadata: {name: a}\n---\n# nothing\n---\nkind: List\nitems:\n- kind: Pod\n  metadata: {name: b}\n\
                    ---\n{}\n---\nkind: ThingList\nmetadata: {name: c}\n";
        let resources = read("f", text.as_bytes()).unwrap();
        let found: Vec<_> = resources.iter().map(|r| (r.name(), r.origin.as_ref().unwrap().line)).collect();
        assert_eq!(found, [("a", 1), ("c", 13), ("b", 8)]);
    }

    #[test]
    fn objects_need_kind_and_name() {
        for (text, message) in [
            ("metadata: {name: a}", "an object has no `kind`"),
            ("kind: Pod", "an object of kind `Pod` has no `metadata.name`"),
            ("[a]", "a Kubernetes object is a mapping, this is a list"),
            ("kind: List\nitems: {a: b}", "`items` is a list, not a mapping"),
        ] {
            let failure = read("f", text.as_bytes()).unwrap_err();
            assert_eq!(failure.message, message);
            assert_eq!(failure.origin.unwrap().path, "f");
        }
    }
}
