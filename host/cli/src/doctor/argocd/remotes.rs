//! Whether the URL in an Application is that of the checkout.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The URLs under which the checkout is known. None of them: it is taken for any.
#[derive(Debug)]
pub(super) struct Remotes {
    root: String,
    urls: Vec<String>,
}

impl Remotes {
    /// Those that are named, else those that git knows.
    pub(super) fn of(root: &Path, named: &[String]) -> Self {
        let urls = if named.is_empty() { from_git(root) } else { named.to_vec() };
        let urls = urls.iter().map(|url| normal(url)).collect();
        Self { root: root.display().to_string(), urls }
    }

    /// Whether a URL is one of them.
    pub(super) fn is(&self, url: &str) -> bool {
        self.urls.is_empty() || self.urls.contains(&normal(url))
    }
}

impl fmt::Display for Remotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.urls.first() {
            Some(url) => f.write_str(url),
            None => f.write_str(&self.root),
        }
    }
}

/// As Argo CD compares URLs: without case, `.git` and the user; and as people do: whatever the protocol.
fn normal(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let (rest, has_scheme) = match url.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (url.as_str(), false),
    };
    let host_end = rest.find('/').unwrap_or(rest.len());
    let rest = match rest[..host_end].rfind('@') {
        Some(at) => &rest[at + 1..],
        None => rest,
    };
    // `git@host:path` has no scheme, and its colon is a slash.
    let rest = if has_scheme { rest.to_owned() } else { rest.replacen(':', "/", 1) };
    let rest = rest.trim_end_matches('/');
    rest.strip_suffix(".git").unwrap_or(rest).to_owned()
}

/// The URLs of all remotes in git's configuration.
fn from_git(root: &Path) -> Vec<String> {
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

/// Where git keeps a work tree's configuration: `.git`, or where the file `.git` of an additional work tree leads.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_url_are_the_same() {
        for url in [
            "https://github.example.com/Org/gitops.git",
            "https://user:token@github.example.com/org/gitops",
            "git@github.example.com:org/gitops.git",
            "ssh://git@github.example.com/org/gitops.git/",
        ] {
            assert_eq!(normal(url), "github.example.com/org/gitops", "{url}");
        }
        assert_ne!(normal("https://h/o/a"), normal("https://h/o/b"));
    }

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
