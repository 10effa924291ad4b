//! Configuration files: text to a tree to a type, every fault with its place and a way out.
//!
//! These files are read in the host, which no limit of a plugin bounds, and a repository writes them. [`Budget`] is the one place that
//! bounds them.

use oarlock_plugin::{Failure, Origin, meant_field};
use oarlock_yaml::{Limits, Node, Span, Value, from_node};
use serde::de::DeserializeOwned;

/// What the configuration files that hold for one directory may take, all of them together.
///
/// Aliases are expanded when a file is read, so a file is charged for what it expands to: the nodes, and the text of its scalars, which
/// aliases repeat without cost until it is copied into a type.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: usize,
    nodes: usize,
    text: usize,
}

impl Budget {
    /// Bytes of the files.
    pub(crate) const BYTES: usize = 1 << 20;
    /// Nodes, those that aliases repeat counted again.
    pub(crate) const NODES: usize = 50_000;
    /// Bytes of keys and scalars, those that aliases repeat counted again.
    pub(crate) const TEXT: usize = 4 << 20;
    /// How deep lists and mappings may nest. The JSON that plugins are handed is read to a depth of 128.
    pub(crate) const DEPTH: usize = 100;

    /// A budget of which nothing is spent.
    pub(crate) fn new() -> Self {
        Self { bytes: Self::BYTES, nodes: Self::NODES, text: Self::TEXT }
    }

    /// Takes the bytes of a file off, before it is parsed.
    fn charge_bytes(&mut self, path: &str, bytes: usize) -> Result<(), Failure> {
        let over = || over(path, format!("{} KiB", Self::BYTES >> 10));
        self.bytes = self.bytes.checked_sub(bytes).ok_or_else(over)?;
        Ok(())
    }

    /// Takes what a file holds off.
    fn charge(&mut self, path: &str, node: &Node) -> Result<(), Failure> {
        let mut rest = vec![node];
        while let Some(node) = rest.pop() {
            let text = match &node.value {
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
            let nodes =
                || over(path, format!("{} values, repetitions by aliases included", Self::NODES));
            self.nodes = self.nodes.checked_sub(1).ok_or_else(nodes)?;
            let bytes = || {
                over(path, format!("{} MiB of text, repetitions by aliases included", Self::TEXT >> 20))
            };
            self.text = self.text.checked_sub(text).ok_or_else(bytes)?;
        }
        Ok(())
    }
}

fn over(path: &str, limit: String) -> Failure {
    Failure::new(format!("the configuration is larger than the limit of {limit}"))
        .at(Origin::file(path))
        .hint("the limit is for all configuration files that hold for a directory together")
}

/// The document of a configuration file; `None` where it says nothing.
pub(super) fn parse(path: &str, text: &[u8], budget: &mut Budget) -> Result<Option<Node>, Failure> {
    budget.charge_bytes(path, text.len())?;
    let limits = Limits { depth: Budget::DEPTH, nodes: Budget::NODES };
    let node = oarlock_yaml::parse_one(text, limits).map_err(|error| {
        let failure = Failure::new(error.message).at(place(path, error.span));
        match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    let node = node.filter(|node| !node.is_null());
    if let Some(node) = &node {
        budget.charge(path, node)?;
    }
    Ok(node)
}

/// A file's document as a type; `which` is its name for `oarlock schema`.
pub(super) fn typed<T: DeserializeOwned>(path: &str, node: &Node, which: &str) -> Result<T, Failure> {
    from_node(node).map_err(|error| {
        let failure = Failure::new(error.message.clone()).at(place(path, error.span));
        match meant_field(&error.message) {
            Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
            None => failure.hint(format!("`oarlock schema {which}` prints what the file may say")),
        }
    })
}

/// A place in a file.
pub(super) fn place(path: &str, span: Span) -> Origin {
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
            (format!("# {}", "x".repeat(1 << 20)), "1024 KiB"),
            (deep, "limit of 100"),
        ] {
            let failure = parse("a/oarlock.yaml", text.as_bytes(), &mut Budget::new()).unwrap_err();
            let told = failure.to_string();
            assert!(told.contains(limit) && told.starts_with("a/oarlock.yaml"), "{told}");
        }
        assert!(parse("a.yaml", nested(3).as_bytes(), &mut Budget::new()).is_ok());
    }

    #[test]
    fn files_share_a_budget() {
        let mut budget = Budget::new();
        // Each of them would do alone.
        let text = nested(4);
        let parsed: Vec<_> = (0..5)
            .map(|number| parse(&format!("{number}.yaml"), text.as_bytes(), &mut budget).map(|_| ()))
            .collect();
        assert_eq!(parsed[0], Ok(()));
        let told = parsed.into_iter().find_map(Result::err).unwrap().to_string();
        assert!(told.contains("larger than the limit of 50000 values"), "{told}");
    }
}
