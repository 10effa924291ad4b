//! The repository's own configuration: every `oarlock.yaml` of the work tree, and whether its
//! plugins are there.

use std::fs;
use std::path::{Path, PathBuf};

use oarlock_plugin::{Failure, TreePath};

use crate::finding::{Finding, Findings, count};
use oarlock_engine::pipeline::{AUTO, FILE_NAMES, PlanError, Renderer};
use oarlock_engine::source::Directory;

const CHECK: &str = "oarlock.yaml";

/// What to do where the directory cannot be looked at.
const HINT: &str = "run it in a directory that can be read";

/// How deep directories may nest to be looked at.
const MAX_DEPTH: usize = 64;

/// The git work tree around a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkTree {
    /// There is none.
    None,
    /// One whose configuration counts, by its root.
    Trusted(PathBuf),
    /// One whose configuration does not count, and why.
    Foreign(Failure),
}

/// Checks the work tree around a directory, if there is one.
pub(crate) fn check(renderer: &Renderer, work_tree: Result<WorkTree, Failure>, findings: &mut Findings) {
    let tree = match work_tree {
        Ok(WorkTree::Trusted(root)) => Directory::open(&root),
        Ok(WorkTree::None) => {
            findings.add(Finding::ok(CHECK, "this is no git work tree"));
            return;
        }
        Ok(WorkTree::Foreign(Failure { message, hint, .. })) => {
            findings.add(Finding::warn(CHECK, message, hint.unwrap_or_default()));
            return;
        }
        Err(failure) => {
            findings.add(Finding::failure(CHECK, failure.hint(HINT)));
            return;
        }
    };
    let tree = match tree {
        Ok(tree) => tree,
        Err(error) => {
            findings.add(Finding::fail(CHECK, error.to_string(), HINT));
            return;
        }
    };
    let mut places = Vec::new();
    find(tree.root(), &TreePath::root(), MAX_DEPTH, &mut places);
    let mut good = 0;
    for place in &places {
        match one(renderer, &tree, place) {
            None => good += 1,
            Some(finding) => findings.add(finding),
        }
    }
    let root = tree.root().display();
    if places.is_empty() {
        findings.add(Finding::ok(CHECK, format!("{root} has none, so the defaults hold")));
    } else if good > 0 {
        findings.add(Finding::ok(CHECK, format!("{} of {root} can be used", count(good, "file"))));
    }
}

/// What is wrong with the configuration of a directory.
fn one(renderer: &Renderer, tree: &Directory, place: &TreePath) -> Option<Finding> {
    if FILE_NAMES.iter().all(|name| tree.root().join(place.as_str()).join(name).is_file()) {
        let [first, second] = FILE_NAMES;
        return Some(Finding::warn(
            CHECK,
            format!("`{place}` has both {first} and {second}; the second one is not read"),
            format!("put all into {first}"),
        ));
    }
    let (project, library) = match renderer.project(tree, place) {
        Ok(found) => found,
        Err(PlanError::Project(failures)) => {
            return Some(Finding::failure(CHECK, failures.into_vec().swap_remove(0)));
        }
        Err(error) => return Some(Finding::fail(CHECK, error.to_string(), "fix the file")),
    };
    let steps = project.project.pipeline.iter().flatten();
    for step in steps.filter(|step| *step != AUTO) {
        if let Err(error) = library.check_known(step) {
            let finding = Finding::failure(CHECK, error.into_failures().swap_remove(0));
            return Some(finding.at(project.locate_step(step)));
        }
    }
    None
}

/// The directories that have such a file. Hidden ones belong to other programs.
fn find(root: &Path, place: &TreePath, depth: usize, found: &mut Vec<TreePath>) {
    let Ok(entries) = fs::read_dir(root.join(place.as_str())) else { return };
    let mut below = Vec::new();
    let mut is_one = false;
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let Ok(kind) = entry.file_type() else { continue };
        is_one |= FILE_NAMES.contains(&name.as_str()) && !kind.is_dir();
        if kind.is_dir() && !name.starts_with('.') {
            below.extend(place.join(&name));
        }
    }
    if is_one {
        found.push(place.clone());
    }
    if depth > 0 {
        below.sort_unstable();
        for place in below {
            find(root, &place, depth - 1, found);
        }
    }
}
