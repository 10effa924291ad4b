//! Whether a directory is offered to be rendered.

use oarlock_plugin::{Kind, TreePath};

use super::operator::{Discovery, Pattern};
use super::{FALLBACK_GENERATOR, PlanError, Renderer, Task, claim_by};
use crate::source::Source;

/// The most directories that a rule looks into.
const MAX_DIRECTORIES: usize = 20_000;

/// Whether a rule claims a directory.
///
/// # Errors
/// If a generator cannot tell.
pub fn claims(rules: &Discovery, renderer: &Renderer, task: &Task<'_>) -> Result<bool, PlanError> {
    for pattern in [&rules.file_name, &rules.glob].into_iter().flatten() {
        if find(pattern, task.tree.as_ref(), task.directory, &mut 0) {
            return Ok(true);
        }
    }
    if !rules.generators {
        return Ok(false);
    }
    let found = claim_by(&renderer.services_of(task), task.directory, |name| name != FALLBACK_GENERATOR)?;
    Ok(found.is_some())
}

/// Whether a directory holds something like a pattern. Each name is held against the pattern once:
/// how far it may have come is known of the directory. That work is counted.
fn find(pattern: &Pattern, tree: &dyn Source, directory: &TreePath, work: &mut usize) -> bool {
    let mut places = vec![(directory.clone(), pattern.begin())];
    let mut seen = 0;
    while let Some((place, progress)) = places.pop() {
        seen += 1;
        let Ok(listing) = tree.list(&place) else { continue };
        for entry in listing.entries {
            *work += 1;
            let next = pattern.step(&progress, &entry.name);
            if pattern.is_whole(&next) {
                return true;
            }
            if entry.kind != Kind::Directory || next.is_empty() || seen >= MAX_DIRECTORIES {
                continue;
            }
            let Ok(below) = place.join(&entry.name) else { continue };
            // Not through links, which may go round in circles.
            if tree.stat(&below).is_ok_and(|metadata| metadata.path == below.as_str()) {
                places.push((below, next));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Directory;

    /// How many names are held against a pattern that nothing is like, in directories that lie in
    /// each other.
    fn work(pattern: &str, depth: usize) -> usize {
        let outer = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(outer.path().join(vec!["a"; depth].join("/"))).unwrap();
        let tree = Directory::open(outer.path()).unwrap();
        let mut work = 0;
        let pattern = Pattern::try_from(pattern.to_owned()).unwrap();
        assert!(!find(&pattern, &tree, &TreePath::root(), &mut work));
        work
    }

    #[test]
    fn to_search_takes_time_that_is_linear_in_what_is_there() {
        for pattern in ["**/x", "**/**/**/**/x", "a/**/a/**/x"] {
            let (few, many) = (work(pattern, 20), work(pattern, 160));
            assert!(many <= 9 * few, "{pattern}: {few} names at first, {many} of eight times as much");
        }
        assert_eq!(work("x", 20), 1, "no deeper than the pattern");
    }
}
