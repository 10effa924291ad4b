//! The git work tree around a directory, as far as it belongs to the user.
//!
//! Nobody should run what somebody else has put into a directory above, `/tmp` for example. The
//! rule is git's own: a work tree counts if it belongs to the user, or if `safe.directory` of git's
//! configuration says so.

mod git_config;
mod remotes;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use oarlock_plugin::{Failure, Origin, TreePath, shell_word};

use self::git_config::GitConfig;
pub(crate) use self::remotes::{branches, remote_urls};
use oarlock_engine::diagnostic::{Diagnostic, Severity};
use oarlock_engine::pipeline::FILE_NAMES;

/// What is above a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WorkTree {
    /// No work tree.
    None,
    /// One that counts.
    Trusted(PathBuf),
    /// One that belongs to another user.
    Foreign(PathBuf, Uid),
}

/// A user, by number.
type Uid = u32;

/// The users whose files count.
#[derive(Clone, Copy, Debug)]
struct Trusted {
    effective: Uid,
    /// The user who became root by `sudo`.
    before_sudo: Option<Uid>,
}

impl Trusted {
    fn now() -> Self {
        let effective = rustix::process::geteuid();
        let before_sudo = std::env::var("SUDO_UID").ok().filter(|_| effective.is_root());
        Self { effective: effective.as_raw(), before_sudo: before_sudo.and_then(|uid| uid.parse().ok()) }
    }

    /// The owner of a file, if that is another user. A link is looked at itself.
    fn foreign_owner(self, path: &Path) -> io::Result<Option<Uid>> {
        let owner = fs::symlink_metadata(path)?.uid();
        let is_trusted = owner == self.effective || Some(owner) == self.before_sudo;
        Ok((!is_trusted).then_some(owner))
    }
}

/// The work tree that a directory lies in: the nearest one above with a `.git`.
///
/// # Errors
/// If the directory cannot be opened.
pub(super) fn enclosing(directory: &Path) -> Result<WorkTree> {
    let start =
        fs::canonicalize(directory).with_context(|| format!("cannot open `{}`", directory.display()))?;
    let Some(root) = start.ancestors().find(|place| place.join(".git").exists()) else {
        return Ok(WorkTree::None);
    };
    let trusted = Trusted::now();
    for path in [root.to_owned(), root.join(".git")] {
        let owner = trusted
            .foreign_owner(&path)
            .with_context(|| format!("cannot tell whose `{}` is", path.display()))?;
        if let Some(owner) = owner
            && !is_safe(root)
        {
            return Ok(WorkTree::Foreign(root.to_owned(), owner));
        }
    }
    Ok(WorkTree::Trusted(root.to_owned()))
}

/// Why the repository at a root is not to be read: it belongs to another user.
///
/// # Errors
/// If it cannot be looked at.
pub(crate) fn foreign_repository(root: &Path) -> Result<Option<Failure>> {
    let trusted = Trusted::now();
    for path in [root.to_owned(), root.join(".git")].into_iter().filter(|path| path.exists()) {
        let owner = trusted
            .foreign_owner(&path)
            .with_context(|| format!("cannot tell whose `{}` is", path.display()))?;
        if let Some(owner) = owner
            && !is_safe(root)
        {
            let word = shell_word(&root.display().to_string());
            let failure = Failure::new(format!(
                "the git repository `{}` belongs to another user, {owner}",
                root.display()
            ));
            return Ok(Some(failure.hint(format!(
                "if you trust it, add it by `git config --global --add safe.directory {word}`, or name it by `--root {word}`"
            ))));
        }
    }
    Ok(None)
}

/// Whether git's configuration of this machine and user says that a work tree is to be trusted.
/// That of the repository is not asked.
fn is_safe(root: &Path) -> bool {
    GitConfig::read(&|name| std::env::var_os(name)).is_safe(root)
}

/// The configuration files above a directory of a work tree that belong to other users.
pub(super) fn foreign_configuration(root: &Path, directory: &TreePath) -> Vec<(TreePath, Uid)> {
    let trusted = Trusted::now();
    let files =
        directory.above().flat_map(|place| FILE_NAMES.map(|name| place.join(name)).into_iter().flatten());
    let mut foreign: Vec<_> = files
        .filter_map(|file| Some((trusted.foreign_owner(&root.join(file.as_str())).ok()??, file)))
        .map(|(owner, file)| (file, owner))
        .collect();
    if !foreign.is_empty() && is_safe(root) {
        foreign.clear();
    }
    foreign
}

/// Says that a work tree does not count, and how it would.
pub(super) fn foreign_root(root: &Path, owner: Uid, directory: &Path) -> Diagnostic {
    warning(
        Failure::new(format!(
            "`{}` belongs to another user, {owner}, so it is not taken for the git work tree around `{}`",
            root.display(),
            directory.display()
        ))
        .note("plugins see that directory alone, and no `oarlock.yaml` above it is read"),
        root,
    )
}

/// Says that a configuration file does not count, and how it would.
pub(super) fn foreign_file(root: &Path, file: &TreePath, owner: Uid) -> Diagnostic {
    let failure = Failure::new(format!("`{file}` belongs to another user, {owner}, so it is not read"));
    warning(failure.at(Origin::file(file.as_str())), root)
}

fn warning(failure: Failure, root: &Path) -> Diagnostic {
    let word = shell_word(&root.display().to_string());
    let hint = format!(
        "if you trust it, add it by `git config --global --add safe.directory {word}`, or name it by `--root {word}`"
    );
    Diagnostic { severity: Severity::Warning, plugin: None, failure: failure.hint(hint) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_told_apart_as_git_does() {
        let outer = tempfile::tempdir().unwrap();
        let owner = fs::metadata(outer.path()).unwrap().uid();
        for (effective, before_sudo, foreign) in [
            (owner, None, None),
            (owner + 1, None, Some(owner)),
            (owner + 1, Some(owner), None),
            (owner + 1, Some(owner + 2), Some(owner)),
        ] {
            let trusted = Trusted { effective, before_sudo };
            assert_eq!(trusted.foreign_owner(outer.path()).unwrap(), foreign);
        }
        let link = outer.path().join("link");
        std::os::unix::fs::symlink("/nonexistent", &link).unwrap();
        assert!(Trusted { effective: owner, before_sudo: None }.foreign_owner(&link).unwrap().is_none());
    }
}
