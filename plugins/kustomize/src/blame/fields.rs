//! The fields of an object: its values that hold no others.

use std::collections::HashSet;

use oarlock_yaml::{Mapping, Node, Value, to_json};

/// A value that holds no others, and the way to it.
pub(super) struct Field<'n> {
    /// Keys and elements, as they are told apart: an element by its name where all elements of its
    /// list have one, so that it is the same field wherever it stands.
    pub(super) path: String,
    /// The value.
    pub(super) node: &'n Node,
}

/// Keys by which elements of a list are told apart.
const NAMES: [&str; 4] = ["name", "key", "mountPath", "containerPort"];

/// Between the keys of a path.
const SEPARATOR: char = '\u{0}';

/// The fields of an object in their order.
pub(super) fn fields(object: &Node) -> std::vec::IntoIter<Field<'_>> {
    let mut found = Vec::new();
    collect(object, String::new(), &mut found, &|elements, position| {
        let name = NAMES.iter().find_map(|key| names(elements, key).map(|names| names[position].to_owned()));
        name.map_or_else(|| format!("[{position}"), |name| format!("[={name}"))
    });
    found.into_iter()
}

/// The values of the fields of an object, in their order.
pub(super) fn nodes(object: &Node) -> impl Iterator<Item = &Node> {
    let mut stack = vec![object];
    std::iter::from_fn(move || {
        loop {
            let node = stack.pop()?;
            match &node.value {
                Value::Mapping(mapping) if !mapping.is_empty() => {
                    let start = stack.len();
                    stack.extend(mapping.iter().map(|entry| &entry.value));
                    stack[start..].reverse();
                }
                Value::Sequence(elements) if !elements.is_empty() => {
                    let start = stack.len();
                    stack.extend(elements);
                    stack[start..].reverse();
                }
                _ => return Some(node),
            }
        }
    })
}

/// The JSON pointers of the fields of an object, in their order.
pub(super) fn pointers(object: &Node) -> Vec<String> {
    let mut found = Vec::new();
    collect(object, String::new(), &mut found, &|_, position| position.to_string());
    let pointer = |field: Field<'_>| {
        let keys = field.path.split(SEPARATOR).skip(1);
        keys.fold(String::new(), |pointer, key| pointer + "/" + &key.replace('~', "~0").replace('/', "~1"))
    };
    found.into_iter().map(pointer).collect()
}

fn collect<'n>(
    node: &'n Node,
    path: String,
    found: &mut Vec<Field<'n>>,
    element: &dyn Fn(&[Node], usize) -> String,
) {
    match &node.value {
        Value::Mapping(mapping) if !mapping.is_empty() => {
            for entry in mapping {
                collect(&entry.value, format!("{path}{SEPARATOR}{}", entry.key.text), found, element);
            }
        }
        Value::Sequence(elements) if !elements.is_empty() => {
            for (position, node) in elements.iter().enumerate() {
                let step = element(elements, position);
                collect(node, format!("{path}{SEPARATOR}{step}"), found, element);
            }
        }
        _ => found.push(Field { path, node }),
    }
}

/// The values of a key in all elements of a list, if each has one of its own.
fn names<'n>(elements: &'n [Node], key: &str) -> Option<Vec<&'n str>> {
    let names: Vec<&str> = elements
        .iter()
        .map(|element| element.as_mapping().and_then(|mapping: &Mapping| mapping.get(key)?.scalar_text()))
        .collect::<Option<_>>()?;
    let distinct: HashSet<&str> = names.iter().copied().collect();
    (distinct.len() == names.len()).then_some(names)
}

/// The first key of a path.
pub(super) fn first_key(path: &str) -> &str {
    path.split(SEPARATOR).nth(1).unwrap_or_default()
}

/// The last key of a path.
pub(super) fn last_key(path: &str) -> &str {
    let keys = path.rsplit(SEPARATOR);
    keys.map(|key| (key, key.starts_with('['))).find(|(_, is_element)| !is_element).map_or("", |(key, _)| key)
}

/// A value as JSON.
pub(super) fn json(node: &Node) -> String {
    to_json(node).unwrap_or_else(|_| serde_json::Value::from(text(node)).to_string())
}

/// A value as text; of what is no scalar, none.
pub(super) fn text(node: &Node) -> String {
    node.scalar_text().unwrap_or_default().to_owned()
}
