//! Looking one node up by a path of keys, indices and list selectors (kustomize's `PathGetter`).

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Entry, Mapping, Node, Value};

use super::path;
use super::scalar::wrong_kind;

/// The value of a key; a null has none.
///
/// # Errors
/// If the node is neither a mapping nor null.
pub(super) fn field<'a>(node: &'a Node, key: &str) -> Result<Option<&'a Node>> {
    match node.as_mapping() {
        Some(mapping) => Ok(mapping.get(key)),
        None if node.is_null() => Ok(None),
        None => Err(wrong_kind("mapping", node)),
    }
}

/// A part of a path.
enum Part<'a> {
    Key(&'a str),
    Index(usize),
    Last,
    Selector(&'a str, &'a str),
}

impl<'a> Part<'a> {
    fn of(text: &'a str) -> Result<Self> {
        if let Some(index) = path::index(text) {
            let index = usize::try_from(index);
            return index
                .map(Self::Index)
                .map_err(|_| Failure::new(format!("the index `{text}` is negative")));
        }
        match (text, path::list_selector(text)) {
            ("-", _) => Ok(Self::Last),
            ("*", _) => Err(Failure::new("`*` cannot be used here: exactly one field is wanted")),
            (_, Some(selector)) => selector.map(|(key, value)| Self::Selector(key, value)),
            (_, None) => Ok(Self::Key(text)),
        }
    }

    fn is_for_lists(text: &str) -> bool {
        path::index(text).is_some_and(|index| index >= 0) || path::list_selector(text).is_some()
    }

    /// Where in a list the part leads.
    fn position(&self, list: &[Node]) -> Option<usize> {
        match self {
            Self::Key(_) => None,
            Self::Index(index) => Some(*index).filter(|index| *index < list.len()),
            Self::Last => list.len().checked_sub(1),
            Self::Selector("", value) => list.iter().position(|element| text(element) == *value),
            Self::Selector(key, value) => {
                list.iter().position(|element| element.get(key).is_some_and(|found| text(found) == *value))
            }
        }
    }
}

/// The text of a scalar; mappings and lists have none.
fn text(node: &Node) -> &str {
    node.scalar_text().unwrap_or_default()
}

/// The node that a path leads to, if there is one. Empty parts count for nothing.
///
/// # Errors
/// If a part does not fit what is there: a key in a list, an index in a mapping.
pub(super) fn find<'a>(node: &'a Node, parts: &[String]) -> Result<Option<&'a Node>> {
    let mut found = node;
    for part in clean(parts) {
        let part = Part::of(part)?;
        let next = match (&part, &found.value) {
            (_, Value::Scalar(_)) if found.is_null() => None,
            (Part::Key(key), _) => field(found, key)?,
            (_, Value::Sequence(list)) => part.position(list).map(|position| &list[position]),
            _ => return Err(wrong_kind("list", found)),
        };
        match next {
            Some(next) => found = next,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// The node that a path leads to. What is absent is made, down to a scalar at the end; only list
/// elements that are named by an index are not.
///
/// # Errors
/// As for [`find`].
pub(super) fn find_or_make<'a>(node: &'a mut Node, parts: &[String]) -> Result<Option<&'a mut Node>> {
    let parts: Vec<_> = clean(parts).collect();
    let mut found = node;
    for (position, text) in parts.iter().enumerate() {
        let part = Part::of(text)?;
        if found.is_null() {
            return Ok(None);
        }
        let kind = found.kind_name();
        found = match (&part, &mut found.value) {
            (Part::Key(key), Value::Mapping(mapping)) => mapping
                .get_or_insert_with(oarlock_yaml::Key::plain(&**key), || {
                    make_for(parts.get(position + 1).copied())
                }),
            (Part::Key(_), _) => return Err(Failure::new(format!("expected a mapping, found a {kind}"))),
            (_, Value::Sequence(list)) => {
                let index = match (part.position(list), &part) {
                    (Some(index), _) => index,
                    (None, Part::Selector(key, value)) => {
                        list.push(element(key, value));
                        list.len() - 1
                    }
                    (None, _) => return Ok(None),
                };
                &mut list[index]
            }
            _ => return Err(Failure::new(format!("expected a list, found a {kind}"))),
        };
    }
    Ok(Some(found))
}

/// What is made for a key, given the part that follows it. At the end that is a scalar without a
/// type.
fn make_for(next: Option<&str>) -> Node {
    match next {
        None => Node::plain(""),
        Some(next) if Part::is_for_lists(next) => Node::empty_sequence(),
        Some(_) => Node::empty_mapping(),
    }
}

/// What a list selector makes where it finds nothing.
pub(super) fn element(key: &str, value: &str) -> Node {
    let value = Node::plain(value);
    if key.is_empty() {
        return value;
    }
    Node::new(Value::Mapping(Mapping::from_iter([Entry { key: key.into(), value }])))
}

fn clean(parts: &[String]) -> impl Iterator<Item = &str> {
    parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::path::split_dots;
    use super::super::testing::node;
    use super::*;

    const OBJECT: &str = "{a: {b: [{name: x, v: 1}, {name: y, v: 2}], c: [p, q], d.e: 3, n: null}}";

    #[test]
    fn paths_lead_to_one_node() {
        let cases = [
            ("a.b.0.v", Some("1")),
            ("a.b.-.v", Some("2")),
            ("a.b.[name=y].v", Some("2")),
            ("a.b.[name=z].v", None),
            ("a.b.5.v", None),
            ("a.c.[=q]", Some("q")),
            ("a.[d.e]", Some("3")),
            (r"a.d\.e", Some("3")),
            ("a.n.more", None),
            ("a.n", Some("null")),
            ("x.y", None),
            ("a..c.0", Some("p")),
        ];
        for (path, expected) in cases {
            let object = node(OBJECT);
            let found = find(&object, &split_dots(path)).unwrap();
            assert_eq!(found.map(text), expected, "{path}");
        }
    }

    #[test]
    fn parts_that_do_not_fit_are_errors() {
        let cases = [
            ("a.0", "expected a list, found a mapping"),
            ("a.c.x", "expected a mapping, found a list"),
            ("a.b.-1", "the index `-1` is negative"),
            ("a.b.*.v", "`*` cannot be used here: exactly one field is wanted"),
            ("a.b.[name]", "`[name]` must have the form `[key=value]`"),
        ];
        for (path, message) in cases {
            assert_eq!(find(&node(OBJECT), &split_dots(path)).unwrap_err().message, message, "{path}");
        }
    }

    #[test]
    fn what_is_absent_can_be_made() {
        let cases = [
            ("x.y", "{x: {y: made}}"),
            ("l.[name=n].v", "{l: [{name: n, v: made}]}"),
            ("l.[name=n].v.0", "{l: [{name: n, v: []}]}"),
        ];
        for (path, expected) in cases {
            let mut object = Node::empty_mapping();
            if let Some(found) = find_or_make(&mut object, &split_dots(path)).unwrap() {
                *found = Node::string("made");
            }
            assert_eq!(object, node(expected), "{path}");
        }
    }
}
