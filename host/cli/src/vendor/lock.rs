//! `oarlock.lock`: the commit that each copy was fetched from, for whoever reviews it; of charts version and digest, which pin them.

use std::collections::BTreeMap;
use std::path::Path;

use oarlock_plugin::{Failure, Origin, ReadError};
use oarlock_yaml::{Dialect, Limits, Mapping, Node, Reader, Span, Value, emit, parse_one};

use super::map::replace;
use oarlock_engine::source::Source;

const FILE_NAME: &str = "oarlock.lock";

const HEAD: &str = "# Written by `oarlock vendor --fetch`: the commit, or version and digest, that each copy under `remotes` was fetched from.\n";

/// Commits by the URL under `remotes`.
///
/// # Errors
/// If there is a file that cannot be read.
pub(super) fn read(tree: &dyn Source) -> Result<BTreeMap<String, String>, Failure> {
    let text = match tree.read(FILE_NAME) {
        Ok(text) => text,
        Err(ReadError::NotFound) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.at(FILE_NAME)),
    };
    let fault =
        |message: String, span: Span| Failure::new(message).at(Origin::at(FILE_NAME, span.line, span.column));
    let node = parse_one(&text, Reader::Oarlock, Limits::default())
        .map_err(|error| fault(error.message, error.span))?;
    let Some(node) = node.filter(|node| !node.is_null()) else { return Ok(BTreeMap::new()) };
    oarlock_yaml::from_node(&node).map_err(|error| fault(error.to_string(), error.span))
}

/// Writes the commits of all copies.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn write(root: &Path, commits: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let mut mapping = Mapping::default();
    for (url, commit) in commits {
        mapping.insert(url.as_str(), Node::string(commit.as_str()));
    }
    let text = emit(&Node::new(Value::Mapping(mapping)), Dialect::Kustomize)?;
    replace(&root.join(FILE_NAME), &format!("{HEAD}{text}"))
}
