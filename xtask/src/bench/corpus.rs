//! A large overlay from the wild: of all the repositories in the conformance corpus, the root with the longest output.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::chores::workspace;

/// A kustomization and the tree that it lies in.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Root {
    pub(super) tree: PathBuf,
    pub(super) directory: PathBuf,
}

/// The root with the longest output; `None` where there is no corpus.
///
/// Only roots that build without options count, as `kubectl kustomize` is given none.
pub(super) fn largest_root() -> Result<Option<Root>> {
    let beside = workspace().join("../shared/conformance");
    let corpus = std::env::var_os("OARLOCK_CONFORMANCE").map_or(beside, PathBuf::from);
    let repositories = corpus.join("kustomize/repos");
    if !repositories.is_dir() {
        return Ok(None);
    }
    let mut largest: Option<(u64, Root)> = None;
    for repository in fs::read_dir(&repositories)? {
        let repository = repository?.path();
        for root in roots(&repository).with_context(|| format!("reading {}", repository.display()))? {
            if largest.as_ref().is_none_or(|found| root > *found) {
                largest = Some(root);
            }
        }
    }
    Ok(largest.map(|(_, root)| root))
}

/// Each root of a repository after the length of what is expected of it.
fn roots(repository: &Path) -> Result<Vec<(u64, Root)>> {
    let list = fs::read(repository.join("roots.json"))?;
    let list: Value = serde_json::from_slice(&list)?;
    let roots = list["roots"].as_array().context("no `roots`")?;
    let plain = roots.iter().filter(|root| root["args"].as_array().is_none_or(Vec::is_empty));
    plain
        .map(|root| {
            let directory = root["dir"].as_str().context("a root without `dir`")?;
            let expected = root["expected"].as_str().context("a root without `expected`")?;
            let length = fs::metadata(repository.join(expected))?.len();
            let tree = repository.join("tree");
            Ok((length, Root { directory: tree.join(directory), tree }))
        })
        .collect()
}
