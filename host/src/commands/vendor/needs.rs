//! What overlays need that lies elsewhere, told by what plugins looked up.

use std::collections::BTreeSet;

use anyhow::Result;
use oarlock_plugin::{Application, ChartUrl, Remotes, RepositoryUrl, TreePath};

use crate::commands::render::Outcome;
use crate::commands::render::recursive::{self, read_by_others};
use crate::commands::{Exit, Session};
use crate::diagnostic::Diagnostic;
use crate::pipeline::Overrides;
use crate::source::{Answer, Request, Source};

/// Whether there is a copy of what is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// There is.
    Vendored,
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
            // What is not named yet is named by the next run; to whoever has to fetch it, it is the same.
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
    fn of(url: &str) -> Self {
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

/// What rendering every overlay told.
pub(super) struct Survey {
    /// What overlays need, and entries that nobody needs.
    pub needs: Vec<Need>,
    /// Why overlays do not render, but for what they need.
    pub diagnostics: Vec<Diagnostic>,
    /// How bad that is.
    pub exit: Exit,
}

impl Survey {
    /// Renders every overlay below a directory.
    pub(super) fn make(session: &Session, directory: &TreePath) -> Result<Self> {
        let remotes = match session.project(directory) {
            Ok((project, _)) => project.remotes,
            Err(error) => {
                let error = crate::pipeline::RenderError::Plan(error);
                let exit = crate::commands::render::exit_of(&error);
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
        let mut needs = Vec::new();
        for (place, outcome) in &rendered.outcomes {
            book(session, &remotes, place, outcome, &mut needs);
        }
        let inner = read_by_others(&rendered.outcomes);
        let (mut exit, mut complete) = (Exit::Done, rendered.diagnostics.is_empty());
        for (_, outcome) in rendered.outcomes.into_iter().filter(|(place, _)| !inner.contains(place)) {
            complete &= outcome.rendered.is_ok();
            // What lacks a copy is told by the list.
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
fn lacks_copy(session: &Session, outcome: &Outcome) -> bool {
    outcome.reads.iter().any(|(request, answer)| match (request, answer) {
        (Request::Remote(_), Answer::Copy(place)) => session.tree.stat(place).is_err(),
        (Request::Remote(_), _) => true,
        _ => false,
    })
}

/// Books what one render looked up.
fn book(
    session: &Session,
    remotes: &Remotes,
    directory: &TreePath,
    outcome: &Outcome,
    needs: &mut Vec<Need>,
) {
    for (request, answer) in &outcome.reads {
        let Request::Remote(url) = request else { continue };
        let asked_by = askers(session, directory, outcome, url);
        let need = need(session, remotes, url, answer, needs);
        match needs.iter_mut().find(|known| known.url == need.url) {
            Some(known) => known.asked_by.extend(asked_by),
            None => needs.push(Need { asked_by, ..need }),
        }
    }
}

/// The entry that serves a URL, or the one that should.
fn need(session: &Session, remotes: &Remotes, url: &str, answer: &Answer, needs: &[Need]) -> Need {
    let new =
        |url: String, remote, place, state| Need { url, remote, place, state, asked_by: BTreeSet::new() };
    if let Answer::Copy(place) = answer {
        let state = |place: &TreePath| {
            if session.tree.stat(place).is_ok() { State::Vendored } else { State::Missing }
        };
        let entry = remotes.locate(url).and_then(|(key, _)| remotes.iter().find(|(url, _)| *url == key));
        // Named by a nearer oarlock.yaml than that of the directory.
        let (key, place) = entry.unwrap_or((url, place));
        return new(key.to_owned(), Remote::of(key), place.clone(), state(place));
    }
    let repository = match Remote::of(url) {
        Remote::Repository(repository) => repository,
        remote => {
            let custom = match &remote {
                Remote::Chart(chart) => chart.customary_place(),
                _ => place_of_file(url),
            };
            return new(url.to_owned(), remote, unique(&custom, url, remotes, needs), State::Unnamed);
        }
    };
    let known = needs.iter().find(|need| {
        let is_same =
            matches!(&need.remote, Remote::Repository(held) if held.is_same_repository(&repository));
        need.state == State::Unnamed && is_same
    });
    if let Some(known) = known {
        return known.clone();
    }
    let key = repository.of_repository();
    let place = unique(&repository.customary_place(), &key, remotes, needs);
    new(key, Remote::Repository(repository), place, State::Unnamed)
}

/// The repository that a URL names. One that could be both is taken for that of a file if its name has a file's ending.
fn repository_of(url: &str) -> Option<RepositoryUrl> {
    let repository = RepositoryUrl::parse(url)?;
    let ending =
        repository.directory.file_name().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let names_file = ending.is_some_and(|ending| ending.starts_with(|c: char| c.is_ascii_alphabetic()));
    let is_http = url.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http"));
    (repository.is_explicit || !is_http || !names_file).then_some(repository)
}

/// Where the copy of a file lies by custom.
fn place_of_file(url: &str) -> String {
    let path = url.split_once("://").map_or(url, |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let clean = |part: &str| -> String {
        part.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.+@".contains(c) { c } else { '-' }).collect()
    };
    let parts: Vec<String> =
        path.split('/').filter(|part| !["", ".", ".."].contains(part)).map(clean).collect();
    format!("vendor/{}", parts.join("/"))
}

/// A place that no other copy has.
fn unique(place: &str, url: &str, remotes: &Remotes, needs: &[Need]) -> TreePath {
    let is_taken = |candidate: &TreePath| {
        remotes.iter().any(|(_, place)| place == candidate)
            || needs.iter().any(|need| need.url != url && need.place == *candidate)
    };
    let candidates = std::iter::once(place.to_owned()).chain((2..).map(|number| format!("{place}-{number}")));
    let mut places = candidates.filter_map(|candidate| TreePath::new(&candidate).ok());
    places.find(|candidate| !is_taken(candidate)).unwrap_or_else(TreePath::root)
}

/// The lines of the files that were read which hold a URL.
fn askers(session: &Session, directory: &TreePath, outcome: &Outcome, url: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // A chart's URL is put together of what several lines say; that of its repository is the most telling.
    let chart = ChartUrl::parse(url);
    let url = chart.as_ref().map_or(url, |chart| chart.repository.as_str());
    for request in outcome.reads.keys() {
        let Request::Read(path) = request else { continue };
        let Ok(content) = session.tree.read(path) else { continue };
        let text = String::from_utf8_lossy(&content);
        let lines = text.lines().enumerate().filter(|(_, line)| holds(line, url));
        found.extend(lines.map(|(index, _)| format!("{path}:{}", index + 1)));
    }
    if found.is_empty() {
        found.insert(directory.to_string());
    }
    found
}

/// Whether a line holds a URL, and not one that only starts like it.
fn holds(line: &str, url: &str) -> bool {
    let mut rest = line;
    while let Some(start) = rest.find(url) {
        let behind = &rest[start + url.len()..];
        let is_key = behind.starts_with(": ");
        if !is_key
            && behind
                .chars()
                .next()
                .is_none_or(|c| c.is_whitespace() || "\"'],}".contains(c) || behind == "/")
        {
            return true;
        }
        rest = behind;
    }
    false
}

/// Entries that no render looked up.
fn unused(remotes: &Remotes, needs: &[Need]) -> Vec<Need> {
    let is_needed = |url: &str| needs.iter().any(|need| need.url == url);
    let entries = remotes.iter().filter(|(url, _)| !is_needed(url));
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
    fn a_line_holds_a_url_as_a_whole() {
        let url = "https://h.example/o/r";
        for (line, expected) in [
            ("- https://h.example/o/r", true),
            ("resources: [https://h.example/o/r, b]", true),
            ("- path: \"https://h.example/o/r\"", true),
            ("- https://h.example/o/r2", false),
            ("- https://h.example/o/r//a and https://h.example/o/r", true),
            ("  https://h.example/o/r: vendor/r", false),
        ] {
            assert_eq!(holds(line, url), expected, "{line}");
        }
    }

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
