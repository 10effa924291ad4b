//! A repository, chart or file elsewhere that overlays need, and whether there is a copy.

use std::collections::{BTreeSet, HashSet};

use oarlock_engine::source::Source;
use oarlock_plugin::{ChartUrl, Remotes, RepositoryUrl, TreePath};

use crate::{charts, fetch};

/// Whether there is a copy of what is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeedState {
    /// There is.
    Vendored,
    /// There is, since this run fetched it.
    Fetched,
    /// `remotes` says where it should lie, and nothing is there.
    Missing,
    /// `remotes` does not say where it lies.
    Unnamed,
    /// There is an entry that nobody needs.
    Unused,
}

impl NeedState {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vendored => "vendored",
            Self::Fetched => "fetched",
            // What is not named yet is named by the next run; for the person who fetches it, it is
            // the same.
            Self::Missing | Self::Unnamed => "missing",
            Self::Unused => "unused",
        }
    }
}

/// What lies at a URL.
#[derive(Clone, Debug)]
pub enum Remote {
    /// A git repository.
    Repository(RepositoryUrl),
    /// A Helm chart.
    Chart(ChartUrl),
    /// A file.
    File,
}

impl Remote {
    pub(crate) fn of(url: &str) -> Self {
        match ChartUrl::parse(url) {
            Some(chart) => Self::Chart(chart),
            None => repository_of(url).map_or(Self::File, Self::Repository),
        }
    }

    /// Branch, tag or commit of a repository; version or constraint of a chart.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Repository(repository) => repository.reference.as_deref(),
            Self::Chart(chart) => Some(chart.version.as_str()).filter(|version| !version.is_empty()),
            Self::File => None,
        }
    }
}

/// A repository, chart or file elsewhere that overlays need.
#[derive(Clone, Debug)]
pub struct Need {
    /// Its entry in `remotes`.
    pub url: String,
    /// What is there.
    pub remote: Remote,
    /// Where the copy lies or should lie.
    pub place: TreePath,
    /// Whether there is one.
    pub state: NeedState,
    /// The lines that name it, as `FILE:LINE`; the directory that is rendered where no file does.
    pub asked_by: BTreeSet<String>,
}

impl Need {
    /// Whether nothing is where the copy should lie.
    pub(crate) fn is_missing(&self, tree: &dyn Source) -> bool {
        self.state != NeedState::Unused && tree.stat(&self.place).is_err()
    }

    /// The command that fetches what is missing, for a shell at the root of the tree, where there
    /// is one that does nothing else.
    pub fn command(&self) -> Option<String> {
        if !matches!(self.state, NeedState::Missing | NeedState::Unnamed) {
            return None;
        }
        match &self.remote {
            Remote::Repository(repository) => fetch::command(repository, &self.place),
            Remote::Chart(chart) => charts::command(chart, &self.place),
            Remote::File => fetch::command_of_file(&self.url, &self.place),
        }
    }
}

/// The repository that a URL names. One that could be both is taken for that of a file if its name
/// has a file's ending.
fn repository_of(url: &str) -> Option<RepositoryUrl> {
    let repository = RepositoryUrl::parse(url)?;
    let ending =
        repository.directory.file_name().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let names_file = ending.is_some_and(|ending| ending.starts_with(|c: char| c.is_ascii_alphabetic()));
    let is_http = url.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http"));
    (repository.is_explicit || !is_http || !names_file).then_some(repository)
}

/// Where the copy of a file lies by custom.
pub(crate) fn place_of_file(url: &str) -> String {
    let path = url.split_once("://").map_or(url, |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let clean = |part: &str| -> String {
        part.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.+@".contains(c) { c } else { '-' }).collect()
    };
    let parts: Vec<String> =
        path.split('/').filter(|part| !["", ".", ".."].contains(part)).map(clean).collect();
    format!("vendor/{}", parts.join("/"))
}

/// Entries of `remotes` that no render looked up.
pub(crate) fn unused(remotes: &Remotes, needs: &[Need]) -> Vec<Need> {
    let needed: HashSet<&str> = needs.iter().map(|need| need.url.as_str()).collect();
    let entries = remotes.iter().filter(|(url, _)| !needed.contains(url));
    let need = |(url, place): (&str, &TreePath)| Need {
        url: url.to_owned(),
        remote: Remote::of(url),
        place: place.clone(),
        state: NeedState::Unused,
        asked_by: BTreeSet::new(),
    };
    entries.map(need).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_from_repositories() {
        for (url, is_repository) in [
            ("https://raw.example/org/repo/main/install.yaml", false),
            ("https://h.example/file.yaml", false),
            ("https://h.example/org/repo/overlays/v1.2", true),
            ("https://h.example/org/repo//files/a.yaml", true),
            ("git@h.example:org/repo/a.yaml", true),
            ("https://h.example/org/repo.js", true),
        ] {
            assert_eq!(repository_of(url).is_some(), is_repository, "{url}");
        }
        assert_eq!(place_of_file("https://h.example/a/../b c/x.yaml?raw=1"), "vendor/h.example/a/b-c/x.yaml");
    }
}
