//! Large things from the wild: of all that the conformance corpus holds, the kustomization and the
//! chart with the longest output.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use oarlock_samples::conformance;
use serde_json::Value;

/// A kustomization and the tree that it lies in.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Root {
    pub(super) tree: PathBuf,
    pub(super) directory: PathBuf,
}

/// The repositories and their trees, that with most roots first; none where there is no corpus.
pub(super) fn repositories() -> Result<Vec<(String, PathBuf)>> {
    let Some(directory) = conformance("kustomize/repos") else { return Ok(Vec::new()) };
    let mut repositories = Vec::new();
    for repository in fs::read_dir(&directory)? {
        let repository = repository?;
        let name = repository.file_name().to_string_lossy().replacen("__", "/", 1);
        let count = roots(&repository.path()).with_context(|| format!("reading {name}"))?.len();
        repositories.push((Reverse(count), name, repository.path().join("tree")));
    }
    repositories.sort();
    Ok(repositories.into_iter().map(|(_, name, tree)| (name, tree)).collect())
}

/// The root with the longest output; `None` where there is no corpus.
///
/// Only roots that build without options count, as `kubectl kustomize` is given none.
pub(super) fn largest_root() -> Result<Option<Root>> {
    let Some(repositories) = conformance("kustomize/repos") else { return Ok(None) };
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

/// The chart with the longest output, rendered with its own values; `None` where there is no
/// corpus.
pub(super) fn largest_chart() -> Result<Option<PathBuf>> {
    let Some(cases) = conformance("helm/cases") else { return Ok(None) };
    let mut largest: Option<(u64, PathBuf)> = None;
    for case in fs::read_dir(&cases)? {
        let case = case?.path();
        let wanted: Value = serde_json::from_slice(&fs::read(case.join("case.json"))?)?;
        let changed = ["values", "set", "setString", "setJson", "apiVersions", "showOnly", "args"];
        let plain = changed.iter().all(|field| wanted[field].as_array().is_none_or(Vec::is_empty));
        // Where there is none, Helm fails.
        let Ok(expected) = fs::metadata(case.join("expected.yaml")) else { continue };
        if plain && largest.as_ref().is_none_or(|(length, _)| expected.len() > *length) {
            let chart = wanted["chart"].as_str().context("a case without `chart`")?;
            largest = Some((expected.len(), case.join(chart).canonicalize()?));
        }
    }
    Ok(largest.map(|(_, chart)| chart))
}
