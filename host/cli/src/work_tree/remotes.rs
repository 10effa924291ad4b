//! The URLs and branches under which a git work tree is known, from the files of its repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The URLs of all remotes in git's configuration.
pub(crate) fn remote_urls(root: &Path) -> Vec<String> {
    let Some(text) = git_directory(root).and_then(|git| fs::read_to_string(git.join("config")).ok()) else {
        return Vec::new();
    };
    let mut is_remote = false;
    let mut urls = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            is_remote = line.starts_with("[remote ");
        } else if let Some((key, value)) = line.split_once('=')
            && is_remote
            && key.trim().eq_ignore_ascii_case("url")
        {
            urls.push(value.trim().trim_matches('"').to_owned());
        }
    }
    urls
}

/// Where git keeps a work tree's configuration: `.git`, or where the file `.git` of an additional
/// work tree leads.
fn git_directory(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(&git).ok()?;
    let own = root.join(text.strip_prefix("gitdir:")?.trim());
    match fs::read_to_string(own.join("commondir")) {
        Ok(common) => Some(own.join(common.trim())),
        Err(_) => Some(own),
    }
}

/// The branch that is checked out, and those that git knows as the default of remotes.
pub(crate) fn branches(root: &Path) -> Vec<String> {
    let read = |path: PathBuf| fs::read_to_string(path).ok();
    // An additional work tree has a `HEAD` of its own; the rest is common.
    let own = match fs::read_to_string(root.join(".git")) {
        Ok(text) => text.strip_prefix("gitdir:").map(|own| root.join(own.trim())),
        Err(_) => Some(root.join(".git")),
    };
    let mut branches = Vec::new();
    let mut add = |head: Option<String>, prefixes: &[&str]| {
        let reference = head.as_deref().and_then(|head| head.trim().strip_prefix("ref: "));
        let branch =
            reference.and_then(|reference| prefixes.iter().find_map(|prefix| reference.strip_prefix(prefix)));
        branches.extend(branch.map(str::to_owned));
    };
    add(own.and_then(|own| read(own.join("HEAD"))), &["refs/heads/"]);
    let common = git_directory(root);
    add(common.and_then(|git| read(git.join("refs/remotes/origin/HEAD"))), &["refs/remotes/origin/"]);
    branches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_are_those_of_git() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path();
        assert!(remote_urls(root).is_empty());
        fs::create_dir(root.join(".git")).unwrap();
        let config = "[core]\n\turl = no\n[remote \"origin\"]\n\turl = git@h.example:o/a.git\n\tfetch = +x\n[remote \"b\"]\n\tURL=https://h.example/o/b\n";
        fs::write(root.join(".git/config"), config).unwrap();
        let expected = ["git@h.example:o/a.git", "https://h.example/o/b"];
        assert_eq!(remote_urls(root), expected);

        let linked = root.join("linked");
        fs::create_dir_all(root.join(".git/worktrees/linked")).unwrap();
        fs::write(root.join(".git/worktrees/linked/commondir"), "../..\n").unwrap();
        fs::create_dir(&linked).unwrap();
        fs::write(linked.join(".git"), format!("gitdir: {}/.git/worktrees/linked\n", root.display()))
            .unwrap();
        assert_eq!(remote_urls(&linked), expected);
    }

    #[test]
    fn branches_are_those_that_git_knows() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path();
        assert!(branches(root).is_empty());
        fs::create_dir_all(root.join(".git/refs/remotes/origin")).unwrap();
        fs::write(root.join(".git/HEAD"), "ref: refs/heads/topic/a\n").unwrap();
        fs::write(root.join(".git/refs/remotes/origin/HEAD"), "ref: refs/remotes/origin/trunk\n").unwrap();
        assert_eq!(branches(root), ["topic/a", "trunk"]);
        fs::write(root.join(".git/HEAD"), "0123456789012345678901234567890123456789\n").unwrap();
        assert_eq!(branches(root), ["trunk"]);
    }
}
