//! Guesses which repository a tree is, where no setting says so: the one whose paths it has.

use std::collections::BTreeMap;

use oarlock_engine::source::Source;
use oarlock_plugin::{Kind as EntryKind, TreePath};
use serde_json::Value;

use crate::definition::{Definition, Kind};
use crate::repository::RepositoryId;

/// The repository that sources name most often with a directory that is there: a URL of it, as the
/// first of them has it.
pub(crate) fn repository_of(definitions: &[Definition], tree: &dyn Source) -> Option<String> {
    let mut counts: BTreeMap<RepositoryId, (usize, &str)> = BTreeMap::new();
    for definition in definitions {
        let spec = match definition.kind {
            Kind::Application => definition.manifest.pointer("/spec"),
            Kind::ApplicationSet => definition.manifest.pointer("/spec/template/spec"),
            Kind::AppProject => None,
        };
        let Some(spec) = spec else { continue };
        let many = spec.get("sources").and_then(Value::as_array).into_iter().flatten();
        for source in many.chain(spec.get("source")) {
            let text = |field: &str| source.get(field).and_then(Value::as_str);
            let (Some(url), Some(path)) = (text("repoURL"), text("path")) else { continue };
            if url.contains("{{") || text("chart").is_some() || !is_there(tree, path) {
                continue;
            }
            counts.entry(RepositoryId::new(url)).or_insert((0, url)).0 += 1;
        }
    }
    // Of several that are named as often, the first by name.
    let most = counts.values().map(|(count, _)| *count).max()?;
    counts.values().find(|(count, _)| *count == most).map(|(_, url)| (*url).to_owned())
}

/// Whether a directory is there, as far as its name is no template.
fn is_there(tree: &dyn Source, path: &str) -> bool {
    let fixed = match path.split_once("{{") {
        Some((fixed, _)) => match fixed.rsplit_once('/') {
            Some((directory, _)) => directory,
            None => return false,
        },
        None => path,
    };
    let place = TreePath::new(fixed.trim_matches('/'));
    place.is_ok_and(|place| {
        !place.is_root() && tree.stat(&place).is_ok_and(|found| found.kind == EntryKind::Directory)
    })
}
