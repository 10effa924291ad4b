//! Components as `kustomize edit add component` takes them.

use oarlock_plugin::{Failure, Glob, Host, Kind, Result, TreePath};

use crate::kustomization::{Kustomization, Located};

/// Adds components after those of the kustomization.
///
/// # Errors
/// If one is missing and that is not allowed, or a pattern is none.
pub(super) fn add(
    kustomization: &mut Kustomization,
    paths: &[String],
    ignore_missing: bool,
    host: &dyn Host,
) -> Result<()> {
    let directory = kustomization.file.parent().unwrap_or_else(TreePath::root);
    let origin = kustomization.origin_of("components");
    for path in paths {
        let found = if path.contains(['*', '?', '[']) {
            expand(&directory, path, host)?
        } else if ignore_missing && !is_there(&directory, path, host) {
            Vec::new()
        } else {
            vec![path.clone()]
        };
        if found.is_empty() && !ignore_missing {
            return Err(Failure::new(format!("no component matches `{path}`"))
                .hint("fix `components` of the plugin's configuration, or set `ignoreMissingComponents`")
                .at(origin));
        }
        for text in found {
            if !kustomization.components.iter().any(|known| known.text == text) {
                kustomization.components.push(Located { text, origin: origin.clone() });
            }
        }
    }
    Ok(())
}

fn is_there(directory: &TreePath, path: &str, host: &dyn Host) -> bool {
    directory.join(path).is_ok_and(|place| host.stat(&place).is_ok())
}

/// The directories that match, as paths from the kustomization's directory, in the order of their
/// names. `*` stays within a name.
fn expand(directory: &TreePath, pattern: &str, host: &dyn Host) -> Result<Vec<String>> {
    let mut found = vec![String::new()];
    for part in pattern.split('/') {
        let glob: Option<Glob> = part
            .contains(['*', '?', '['])
            .then(|| part.parse())
            .transpose()
            .map_err(|error: oarlock_plugin::GlobError| Failure::new(error.to_string()))?;
        let mut next = Vec::new();
        for path in found {
            let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            let Some(glob) = &glob else {
                next.push(below(part));
                continue;
            };
            let place = directory.join(&path).map_err(|error| Failure::new(error.to_string()))?;
            let entries = host.list(&place).unwrap_or_default();
            let matching = entries
                .iter()
                .filter(|entry| entry.kind == Kind::Directory && glob.matches(&entry.name))
                .map(|entry| below(&entry.name));
            next.extend(matching);
        }
        found = next;
    }
    found.retain(|path| is_there(directory, path, host));
    found.sort();
    Ok(found)
}
