//! `oarlock.lock`: the commit that each copy was fetched from, for whoever reviews it; of charts version and digest, which pin them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use oarlock_yaml::{Dialect, Limits, Mapping, Node, Reader, Value, emit, parse_one};

use super::map::replace;

const FILE_NAME: &str = "oarlock.lock";

const HEAD: &str = "# Written by `oarlock vendor --fetch`: the commit, or version and digest, that each copy under `remotes` was fetched from.\n";

/// Commits by the URL under `remotes`.
///
/// # Errors
/// If there is a file that cannot be read.
pub(super) fn read(root: &Path) -> Result<BTreeMap<String, String>> {
    let text = match std::fs::read(root.join(FILE_NAME)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {FILE_NAME}")),
    };
    let node = parse_one(&text, Reader::Oarlock, Limits::default())
        .map_err(|error| anyhow!("{FILE_NAME}:{}: {}", error.span.line, error.message))?;
    let Some(node) = node.filter(|node| !node.is_null()) else { return Ok(BTreeMap::new()) };
    oarlock_yaml::from_node(&node)
        .map_err(|error| anyhow!("{FILE_NAME}:{}: {}", error.span.line, error.message))
}

/// Notes the commit of a copy.
///
/// # Errors
/// If the file cannot be read or written.
pub(super) fn write(root: &Path, url: &str, commit: &str) -> Result<()> {
    let mut commits = read(root)?;
    commits.insert(url.to_owned(), commit.to_owned());
    let mut mapping = Mapping::default();
    for (url, commit) in &commits {
        mapping.insert(url.as_str(), Node::string(commit.as_str()));
    }
    let text = emit(&Node::new(Value::Mapping(mapping)), Dialect::Kustomize)?;
    replace(&root.join(FILE_NAME), &format!("{HEAD}{text}"))
}
