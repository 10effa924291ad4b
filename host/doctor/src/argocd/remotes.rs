//! Whether the URL in an Application is that of the checkout.

use std::fmt;
use std::path::Path;

use oarlock_fleet::RepositoryId;

use crate::work_tree::remote_urls;

/// The URLs under which the checkout is known. None of them: it is taken for any.
#[derive(Debug)]
pub(super) struct Remotes {
    root: String,
    urls: Vec<RepositoryId>,
}

impl Remotes {
    /// Those that are named, else those that git knows.
    pub(super) fn of(root: &Path, named: &[String]) -> Self {
        let urls = if named.is_empty() { remote_urls(root) } else { named.to_vec() };
        let urls = urls.iter().map(|url| RepositoryId::new(url)).collect();
        Self { root: root.display().to_string(), urls }
    }

    /// Whether a URL is one of them.
    pub(super) fn is(&self, url: &str) -> bool {
        self.urls.is_empty() || self.urls.contains(&RepositoryId::new(url))
    }
}

impl fmt::Display for Remotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.urls.first() {
            Some(url) => url.fmt(f),
            None => f.write_str(&self.root),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn remotes_are_those_of_git() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path();
        assert!(Remotes::of(root, &[]).is("https://h.example/any"), "nothing is known of it");
        fs::create_dir(root.join(".git")).unwrap();
        let config = "[core]\n\turl = no\n[remote \"origin\"]\n\turl = git@h.example:o/a.git\n\tfetch = +x\n[remote \"b\"]\n\tURL=https://h.example/o/b\n";
        fs::write(root.join(".git/config"), config).unwrap();
        let remotes = Remotes::of(root, &[]);
        assert!(remotes.is("https://h.example/o/a") && remotes.is("https://h.example/o/b.git"));
        assert!(!remotes.is("https://h.example/o/c"));
        assert!(Remotes::of(root, &["https://h.example/o/c".to_owned()]).is("https://h.example/o/c"));

        let linked = root.join("linked");
        fs::create_dir_all(root.join(".git/worktrees/linked")).unwrap();
        fs::write(root.join(".git/worktrees/linked/commondir"), "../..\n").unwrap();
        fs::create_dir(&linked).unwrap();
        fs::write(linked.join(".git"), format!("gitdir: {}/.git/worktrees/linked\n", root.display()))
            .unwrap();
        assert!(!Remotes::of(&linked, &[]).is("https://h.example/o/c"));
    }
}
