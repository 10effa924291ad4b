//! JSON pointers as kustomize's JSON patch library reads them (evanphx/json-patch v4).

use oarlock_plugin::nearest;
use oarlock_yaml::{Node, Value};

use super::OperationError;

/// A path into an object: the way to a container, and the key in it.
pub(super) struct Pointer<'a> {
    text: &'a str,
    way: Vec<String>,
    key: String,
}

impl<'a> Pointer<'a> {
    /// Splits a pointer. What stands before the first `/` is passed over, as upstream does.
    ///
    /// # Errors
    /// If there is no `/`.
    pub(super) fn parse(text: &'a str) -> Result<Self, OperationError> {
        let mut parts = text.split('/');
        parts.next();
        let mut way: Vec<String> = parts.map(unescape).collect();
        let Some(key) = way.pop() else {
            return Err(OperationError::new(format!("path `{text}` does not begin with `/`"))
                .hint("a JSON pointer looks like `/spec/replicas`"));
        };
        Ok(Self { text, way, key })
    }

    /// The last part.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The mapping or list that the key is in.
    ///
    /// # Errors
    /// If the way there does not exist.
    pub(super) fn container<'n>(&self, root: &'n mut Node) -> Result<&'n mut Node, OperationError> {
        let mut node = root;
        for (depth, part) in self.way.iter().enumerate() {
            if child(node, part).is_none() {
                return Err(self.missing(node, depth));
            }
            node = child_mut(node, part).expect("it was there just now");
        }
        if matches!(node.value, Value::Scalar(_)) {
            return Err(self.no_container(node));
        }
        Ok(node)
    }

    /// The value.
    ///
    /// # Errors
    /// If the way to its container does not exist, or its place in a list. A key that a mapping
    /// lacks is no error: upstream takes it for null.
    pub(super) fn value<'n>(&self, root: &'n mut Node) -> Result<Option<&'n Node>, OperationError> {
        match &self.container(root)?.value {
            Value::Mapping(fields) => Ok(fields.get(&self.key)),
            Value::Sequence(elements) => Ok(Some(&elements[self.existing(elements.len())?])),
            Value::Scalar(_) => Ok(None),
        }
    }

    /// The position of an element that there is. Negative positions count from the end.
    pub(super) fn existing(&self, length: usize) -> Result<usize, OperationError> {
        position(&self.key, length, length).ok_or_else(|| self.out_of_list(length))
    }

    /// The position at which an element is put in; `-` and `-1` are the end.
    pub(super) fn gap(&self, length: usize) -> Result<usize, OperationError> {
        if self.key == "-" {
            return Ok(length);
        }
        position(&self.key, length + 1, length + 1).ok_or_else(|| self.out_of_list(length))
    }

    /// A key is missing in the last mapping.
    pub(super) fn missing_key(&self, container: &Node) -> OperationError {
        self.missing(container, self.way.len())
    }

    fn missing(&self, node: &Node, depth: usize) -> OperationError {
        let part = self.way.get(depth).unwrap_or(&self.key);
        let parent = match depth {
            0 => "the resource".to_owned(),
            _ => format!("`/{}`", self.way[..depth].join("/")),
        };
        let error =
            OperationError::new(format!("path `{}` does not exist: {parent} has no `{part}`", self.text));
        match &node.value {
            Value::Mapping(fields) => {
                let keys = || fields.iter().map(|entry| entry.key.text.as_str());
                match nearest(part, keys()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None if fields.is_empty() => error.hint(format!("{parent} is empty")),
                    None => error.hint(format!("{parent} has {}", list(keys()))),
                }
            }
            Value::Sequence(elements) => error.hint(describe_length(&parent, elements.len())),
            Value::Scalar(_) => error.hint(format!("{parent} is a {}", node.kind_name())),
        }
    }

    fn no_container(&self, node: &Node) -> OperationError {
        let parent = self.way.join("/");
        OperationError::new(format!(
            "path `{}` does not exist: `/{parent}` is a {}",
            self.text,
            node.kind_name()
        ))
        .hint("a path leads through mappings and lists")
    }

    fn out_of_list(&self, length: usize) -> OperationError {
        let parent = format!("`/{}`", self.way.join("/"));
        let message = format!("path `{}` does not exist: {parent} has no place `{}`", self.text, self.key);
        OperationError::new(message).hint(describe_length(&parent, length))
    }
}

fn unescape(part: &str) -> String {
    // One pass, so that `~01` is `~1`.
    let mut text = String::with_capacity(part.len());
    let mut rest = part;
    while let Some(at) = rest.find('~') {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        let (letter, length) = match after.as_bytes().get(1) {
            Some(b'0') => ('~', 2),
            Some(b'1') => ('/', 2),
            _ => ('~', 1),
        };
        text.push(letter);
        rest = &after[length..];
    }
    text.push_str(rest);
    text
}

/// Reads a position as Go's `strconv.Atoi` does, sign and leading zeros allowed, and counts
/// negative ones from `from`.
fn position(key: &str, from: usize, limit: usize) -> Option<usize> {
    let position: i64 = key.parse().ok()?;
    let position = if position < 0 { position + i64::try_from(from).ok()? } else { position };
    usize::try_from(position).ok().filter(|position| *position < limit)
}

fn child<'n>(node: &'n Node, part: &str) -> Option<&'n Node> {
    match &node.value {
        Value::Mapping(fields) => fields.get(part),
        Value::Sequence(elements) => elements.get(position(part, elements.len(), elements.len())?),
        Value::Scalar(_) => None,
    }
}

fn child_mut<'n>(node: &'n mut Node, part: &str) -> Option<&'n mut Node> {
    match &mut node.value {
        Value::Mapping(fields) => fields.get_mut(part),
        Value::Sequence(elements) => {
            let position = position(part, elements.len(), elements.len())?;
            elements.get_mut(position)
        }
        Value::Scalar(_) => None,
    }
}

fn describe_length(parent: &str, length: usize) -> String {
    match length {
        0 => format!("{parent} is an empty list; `-` adds to it"),
        1 => format!("{parent} is a list of one element, `0`"),
        _ => format!("{parent} is a list of {length} elements, `0` to `{}`", length - 1),
    }
}

/// The first few names, in words.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len() {
        0..=8 => names.join(", "),
        count => format!("{} and {} more", names[..7].join(", "), count - 7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_in_one_pass() {
        for (text, expected) in
            [("a~1b", "a/b"), ("a~0b", "a~b"), ("~01", "~1"), ("~10", "/0"), ("~", "~"), ("~2", "~2")]
        {
            assert_eq!(unescape(text), expected, "{text}");
        }
    }

    #[test]
    fn positions_count_from_both_ends() {
        for (key, expected) in [
            ("0", Some(0)),
            ("2", Some(2)),
            ("3", None),
            ("-1", Some(2)),
            ("-3", Some(0)),
            ("-4", None),
            ("+1", Some(1)),
            ("x", None),
        ] {
            assert_eq!(position(key, 3, 3), expected, "{key}");
        }
    }
}
