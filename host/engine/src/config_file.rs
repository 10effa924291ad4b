//! Configuration files: text to a tree to a type, every fault with its place and a way out.
//!
//! These files are read in the host, which no limit of a plugin bounds, and a repository writes
//! them. [`Budget`] is the one place that bounds them.

use oarlock_plugin::{Failure, Failures, Origin, nearest};
use oarlock_yaml::{DeserializeError, Limits, Mismatch, Node, Reader, Span, Value, from_node_all};
use serde::de::DeserializeOwned;

/// How much files may hold, all that count together.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// Bytes of the files.
    bytes: usize,
    /// Nodes, those that aliases repeat counted again.
    nodes: usize,
    /// Bytes of keys and scalars, those that aliases repeat counted again.
    text: usize,
}

/// The configuration files that hold for one directory.
const CONFIGURATION: Size = Size { bytes: 1 << 20, nodes: 50_000, text: 4 << 20 };

/// Files of objects that a cluster keeps, as Applications with their status, which is at most 1.5
/// MiB of JSON.
const OBJECTS: Size = Size { bytes: 8 << 20, nodes: 500_000, text: 32 << 20 };

/// How deep lists and mappings may nest. The JSON that plugins are handed is read to a depth of
/// 128.
const DEPTH: usize = 100;

/// Why a file may be refused that is small.
const SHARED: &str = "all configuration files that hold for a directory share the limit";

/// What is left of a size.
///
/// Aliases are expanded when a file is read, so a file is charged for what it expands to: the
/// nodes, and the text of its scalars, which aliases repeat without cost until it is copied into a
/// type.
#[derive(Debug)]
pub struct Budget {
    size: Size,
    left: Size,
}

impl Budget {
    /// For the configuration files that hold for one directory.
    pub fn for_configuration() -> Self {
        Self { size: CONFIGURATION, left: CONFIGURATION }
    }

    /// For a file of objects that a cluster keeps.
    pub fn for_objects() -> Self {
        Self { size: OBJECTS, left: OBJECTS }
    }

    /// Takes the bytes of a file off, and says what bounds its parser.
    ///
    /// # Errors
    /// If the file is too large.
    pub fn begin(&mut self, path: &str, text: &[u8]) -> Result<Limits, Failure> {
        let over = || over(path, &format!("{} MiB", self.size.bytes >> 20));
        self.left.bytes = self.left.bytes.checked_sub(text.len()).ok_or_else(over)?;
        Ok(Limits { depth: DEPTH, nodes: self.size.nodes })
    }

    /// Takes what a file holds off.
    ///
    /// # Errors
    /// If that is too much.
    pub fn charge(&mut self, path: &str, node: &Node) -> Result<(), Failure> {
        let Size { nodes, text, .. } = self.size;
        let mut rest = vec![node];
        while let Some(node) = rest.pop() {
            let length = match &node.value {
                Value::Scalar(scalar) => scalar.text.len(),
                Value::Sequence(items) => {
                    rest.extend(items);
                    0
                }
                Value::Mapping(mapping) => {
                    rest.extend(mapping.iter().map(|entry| &entry.value));
                    mapping.iter().map(|entry| entry.key.text.len()).sum()
                }
            };
            let many = || over(path, &format!("{nodes} values, repetitions by aliases included"));
            self.left.nodes = self.left.nodes.checked_sub(1).ok_or_else(many)?;
            let long = || over(path, &format!("{} MiB of text, repetitions by aliases included", text >> 20));
            self.left.text = self.left.text.checked_sub(length).ok_or_else(long)?;
        }
        Ok(())
    }
}

fn over(path: &str, limit: &str) -> Failure {
    Failure::new(format!("the file is larger than the limit of {limit}")).at(Origin::file(path))
}

/// The document of a configuration file; `None` where it says nothing.
pub(crate) fn parse(path: &str, text: &[u8], budget: &mut Budget) -> Result<Option<Node>, Failure> {
    let shared = |failure: Failure| failure.hint(SHARED);
    let limits = budget.begin(path, text).map_err(shared)?;
    let node = oarlock_yaml::parse_one(text, Reader::Oarlock, limits).map_err(|error| {
        let failure = Failure::new(error.message).at(place(path, error.span));
        match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    let node = node.filter(|node| !node.is_null());
    if let Some(node) = &node {
        budget.charge(path, node).map_err(shared)?;
    }
    Ok(node)
}

/// Reads a small file of configuration as a type. A file that says nothing is an empty mapping.
///
/// # Errors
/// All that is wrong with it, each with its place in `path`.
pub fn read_configuration<T: DeserializeOwned>(path: &str, text: &[u8]) -> Result<T, Failures> {
    let node = parse(path, text, &mut Budget::for_configuration())?.unwrap_or_else(Node::empty_mapping);
    typed_or(path, &node, None)
}

/// A file's document as a type; `which` is its name for `oarlock schema`.
///
/// # Errors
/// All that does not fit.
pub(crate) fn typed<T: DeserializeOwned>(path: &str, node: &Node, which: &str) -> Result<T, Failures> {
    typed_or(path, node, Some(which))
}

fn typed_or<T: DeserializeOwned>(path: &str, node: &Node, which: Option<&str>) -> Result<T, Failures> {
    let errors = match from_node_all(node) {
        Ok(value) => return Ok(value),
        Err(errors) => errors,
    };
    let mut failures = errors.iter().map(|error| mismatch(path, node, which, error));
    let first =
        failures.next().unwrap_or_else(|| Failure::new("the file does not fit").at(Origin::file(path)));
    Err(Failures::from(first).and(failures))
}

/// The first of several failures, for those who report one.
pub(crate) fn first(failures: Failures) -> Failure {
    failures.into_vec().swap_remove(0)
}

/// What does not fit, in the place where it is written.
fn mismatch(path: &str, node: &Node, which: Option<&str>, error: &DeserializeError) -> Failure {
    let field = if error.is_key { None } else { field_of(node, error.span) };
    let failure = match field {
        Some((name, span)) => Failure::new(format!("`{name}`: {error}")).at(place(path, span)),
        None => Failure::new(error.to_string()).at(place(path, error.span)),
    };
    let meant = match &error.kind {
        Mismatch::UnknownField { field: name, expected }
        | Mismatch::UnknownVariant { variant: name, expected } => nearest(name, expected.iter().copied()),
        _ => None,
    };
    match (meant, which) {
        (Some(meant), _) => failure.hint(format!("did you mean `{meant}`?")),
        (None, Some(which)) => failure.hint(format!("`oarlock schema {which}` prints what the file may say")),
        (None, None) => failure,
    }
}

/// The name of the field whose value is at a place, as `plugins.vault.config`, and where its key
/// stands. A mapping is at the place of its first key, so the outermost value there is the one that
/// is wrong.
fn field_of(node: &Node, at: Span) -> Option<(String, Span)> {
    match &node.value {
        Value::Mapping(mapping) => mapping.iter().find_map(|entry| {
            let key = &entry.key;
            if entry.value.span == at {
                return Some((key.text.to_string(), key.span));
            }
            let (below, span) = field_of(&entry.value, at)?;
            let dot = if below.starts_with('[') { "" } else { "." };
            Some((format!("{}{dot}{below}", key.text), span))
        }),
        Value::Sequence(items) => items.iter().enumerate().find_map(|(index, item)| {
            if item.span == at {
                return Some((format!("[{index}]"), item.span));
            }
            let (below, span) = field_of(item, at)?;
            let dot = if below.starts_with('[') { "" } else { "." };
            Some((format!("[{index}]{dot}{below}"), span))
        }),
        Value::Scalar(_) => None,
    }
}

/// A place in a file.
pub(crate) fn place(path: &str, span: Span) -> Origin {
    Origin::at(path, span.line, span.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of lists, each of which has the one before ten times.
    fn nested(levels: usize) -> String {
        (0..levels).fold("x0: &x0 [a]\n".to_owned(), |text, level| {
            let aliases = vec![format!("*x{level}"); 10].join(", ");
            format!("{text}x{0}: &x{0} [{aliases}]\n", level + 1)
        })
    }

    #[test]
    fn what_a_file_expands_to_counts() {
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), ["*a"; 100].join(", "));
        let deep = format!("{}1{}", "[".repeat(101), "]".repeat(101));
        for (text, limit) in [
            (nested(7), "50000"),
            (long, "4 MiB of text"),
            (format!("# {}", "x".repeat(1 << 20)), "limit of 1 MiB"),
            (deep, "limit of 100"),
        ] {
            let failure =
                parse("a/oarlock.yaml", text.as_bytes(), &mut Budget::for_configuration()).unwrap_err();
            let message = failure.to_string();
            assert!(message.contains(limit) && message.starts_with("a/oarlock.yaml"), "{message}");
        }
        assert!(parse("a.yaml", nested(3).as_bytes(), &mut Budget::for_configuration()).is_ok());
    }

    #[test]
    fn files_share_a_budget() {
        let mut budget = Budget::for_configuration();
        // Each of them would do alone.
        let text = nested(4);
        let parsed: Vec<_> = (0..5)
            .map(|number| parse(&format!("{number}.yaml"), text.as_bytes(), &mut budget).map(|_| ()))
            .collect();
        assert_eq!(parsed[0], Ok(()));
        let message = parsed.into_iter().find_map(Result::err).unwrap().to_string();
        assert!(message.contains("larger than the limit of 50000 values"), "{message}");
    }
}
