//! What overlays need that lies elsewhere, as plugins looked it up.

use std::collections::{BTreeSet, HashSet};

use anyhow::Result;
use oarlock_plugin::{Application, ChartUrl, Remotes, RepositoryUrl, TreePath};

use super::needs_by_url::NeedsByUrl;
use crate::exit::Exit;
use crate::render::DirectoryOutcome;
use crate::render::recursive;
use crate::session::Session;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::Overrides;
use oarlock_engine::source::{Lookup, LookupResult, Source};

/// Whether there is a copy of what is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
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

impl State {
    /// The word for it.
    pub(super) fn name(self) -> &'static str {
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
pub(super) enum Remote {
    /// A git repository.
    Repository(RepositoryUrl),
    /// A Helm chart.
    Chart(ChartUrl),
    /// A file.
    File,
}

impl Remote {
    pub(super) fn of(url: &str) -> Self {
        match ChartUrl::parse(url) {
            Some(chart) => Self::Chart(chart),
            None => repository_of(url).map_or(Self::File, Self::Repository),
        }
    }

    /// Branch, tag or commit of a repository; version or constraint of a chart.
    pub(super) fn reference(&self) -> Option<&str> {
        match self {
            Self::Repository(repository) => repository.reference.as_deref(),
            Self::Chart(chart) => Some(chart.version.as_str()).filter(|version| !version.is_empty()),
            Self::File => None,
        }
    }
}

/// A repository, chart or file elsewhere that overlays need.
#[derive(Clone, Debug)]
pub(super) struct Need {
    /// Its entry in `remotes`.
    pub url: String,
    /// What is there.
    pub remote: Remote,
    /// Where the copy lies or should lie.
    pub place: TreePath,
    /// Whether there is one.
    pub state: State,
    /// The lines that name it, as `FILE:LINE`; the directory that is rendered where no file does.
    pub asked_by: BTreeSet<String>,
}

impl Need {
    /// Whether nothing is where the copy should lie.
    pub(super) fn is_missing(&self, session: &Session) -> bool {
        self.state != State::Unused && session.tree.stat(&self.place).is_err()
    }
}

/// What rendering every overlay found.
pub(super) struct VendorPlan {
    /// What overlays need, and entries that nobody needs.
    pub needs: Vec<Need>,
    /// Why overlays do not render, but for what they need.
    pub diagnostics: Vec<Diagnostic>,
    /// How bad that is.
    pub exit: Exit,
}

impl VendorPlan {
    /// Renders every overlay below a directory.
    pub(super) fn make(session: &Session, directory: &TreePath) -> Result<Self> {
        let remotes = match session.project(directory) {
            Ok((project, _)) => project.remotes,
            Err(error) => {
                let error = oarlock_engine::pipeline::RenderError::Plan(error);
                let exit = crate::exit::exit_of(&error);
                return Ok(Self {
                    needs: Vec::new(),
                    diagnostics: Diagnostic::from_render_error(error),
                    exit,
                });
            }
        };
        let overrides = Overrides { allow_empty: true, ..Overrides::default() };
        let given = (&Application::default(), &overrides);
        let mut rendered = recursive::render_all(session, directory, given, false)?;
        let mut needs_by_url = NeedsByUrl::new(session.tree.as_ref(), &remotes);
        for (place, outcome) in &rendered.outcomes {
            needs_by_url.add(place, &outcome.reads);
        }
        let mut needs = needs_by_url.into_needs();
        let bases = std::mem::take(&mut rendered.bases);
        let (mut exit, mut complete) = (rendered.exit, rendered.diagnostics.is_empty());
        for (_, outcome) in rendered.outcomes.into_iter().filter(|(place, _)| !bases.contains(place)) {
            complete &= outcome.rendered.is_ok();
            // The list says what lacks a copy.
            if outcome.rendered.is_err() && !lacks_copy(session, &outcome) {
                exit = exit.max(outcome.exit);
                rendered.diagnostics.extend(outcome.diagnostics);
            }
        }
        if complete && directory.is_root() {
            needs.extend(unused(&remotes, &needs));
        }
        needs.sort_by(|a, b| (a.state == State::Unused, &a.url).cmp(&(b.state == State::Unused, &b.url)));
        if !rendered.diagnostics.is_empty() {
            exit = exit.max(Exit::Invalid);
        }
        Ok(Self { needs, diagnostics: rendered.diagnostics, exit })
    }
}

/// Whether a render looked for a copy that is not there.
fn lacks_copy(session: &Session, outcome: &DirectoryOutcome) -> bool {
    outcome.reads.iter().any(|(request, answer)| match (request, answer) {
        (Lookup::Remote(_), LookupResult::Copy(place)) => session.tree.stat(place).is_err(),
        (Lookup::Remote(_), _) => true,
        _ => false,
    })
}

/// The repository that a URL names. One that could be both is taken for that of a file if its name
/// has a file's ending.
pub(super) fn repository_of(url: &str) -> Option<RepositoryUrl> {
    let repository = RepositoryUrl::parse(url)?;
    let ending =
        repository.directory.file_name().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let names_file = ending.is_some_and(|ending| ending.starts_with(|c: char| c.is_ascii_alphabetic()));
    let is_http = url.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http"));
    (repository.is_explicit || !is_http || !names_file).then_some(repository)
}

/// Where the copy of a file lies by custom.
pub(super) fn place_of_file(url: &str) -> String {
    let path = url.split_once("://").map_or(url, |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let clean = |part: &str| -> String {
        part.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.+@".contains(c) { c } else { '-' }).collect()
    };
    let parts: Vec<String> =
        path.split('/').filter(|part| !["", ".", ".."].contains(part)).map(clean).collect();
    format!("vendor/{}", parts.join("/"))
}

/// Entries that no render looked up.
fn unused(remotes: &Remotes, needs: &[Need]) -> Vec<Need> {
    let needed: HashSet<&str> = needs.iter().map(|need| need.url.as_str()).collect();
    let entries = remotes.iter().filter(|(url, _)| !needed.contains(url));
    let need = |(url, place): (&str, &TreePath)| Need {
        url: url.to_owned(),
        remote: Remote::of(url),
        place: place.clone(),
        state: State::Unused,
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
