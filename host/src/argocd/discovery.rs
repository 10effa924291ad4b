//! Whether a directory is offered to be rendered.

use std::sync::Arc;

use oarlock_plugin::{Kind, TreePath};

use super::settings::{Discovery, Pattern};
use crate::pipeline::{FALLBACK_GENERATOR, PlanError, Renderer, claim_by};
use crate::source::Source;

/// The most directories that a rule looks into.
const MAX_DIRECTORIES: usize = 20_000;

/// Whether a rule claims a directory.
///
/// # Errors
/// If a generator cannot tell.
pub(crate) fn claims(
    rules: &Discovery,
    renderer: &Renderer,
    tree: &Arc<dyn Source>,
    directory: &TreePath,
) -> Result<bool, PlanError> {
    for pattern in [&rules.file_name, &rules.glob].into_iter().flatten() {
        if find(pattern, tree.as_ref(), directory) {
            return Ok(true);
        }
    }
    if !rules.generators {
        return Ok(false);
    }
    let services = Arc::new(renderer.services(Arc::clone(tree), Arc::clone(&renderer.library)));
    let found = claim_by(&services, directory, |name| name != FALLBACK_GENERATOR)?;
    Ok(found.is_some())
}

/// Whether a directory holds something like a pattern.
fn find(pattern: &Pattern, tree: &dyn Source, directory: &TreePath) -> bool {
    let mut places = vec![(directory.clone(), Vec::<String>::new())];
    let mut seen = 0;
    while let Some((place, names)) = places.pop() {
        seen += 1;
        let Ok(listing) = tree.list(&place) else { continue };
        for entry in listing.entries {
            let mut path = names.clone();
            path.push(entry.name);
            let texts: Vec<&str> = path.iter().map(String::as_str).collect();
            if pattern.matches(&texts) {
                return true;
            }
            let deep_enough = pattern.depth().is_some_and(|depth| path.len() >= depth);
            let Ok(below) = place.join(&path[path.len() - 1]) else { continue };
            // Not through links, which may go round in circles.
            let real = || tree.stat(&below).is_ok_and(|metadata| metadata.path == below.as_str());
            if entry.kind == Kind::Directory && !deep_enough && seen < MAX_DIRECTORIES && real() {
                places.push((below, path));
            }
        }
    }
    false
}
