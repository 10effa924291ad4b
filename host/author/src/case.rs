//! Tests of a plugin as folders that people read.
//!
//! A case is a folder below `tests/`. What goes in: `request.yaml` (the directory, configuration
//! and Application), `manifests.yaml` (the manifests so far) and `tree/` (the repository), each of
//! which may be missing. What comes out: `expected.yaml` (the manifests) and `messages.txt`
//! (warnings, and the reasons why there are no manifests).

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::check_objects;
use oarlock_engine::sandbox::{RenderRequest, SandboxError};
use oarlock_engine::source::Source;
use oarlock_engine::writer::{Format, to_text};
use oarlock_engine::{printable, read_configuration};
use oarlock_plugin::{Application, Failure, Origin, TreePath};
use oarlock_yaml::{Limits, Reader};
use serde::Deserialize;
use serde_json::{Map, Value};
use similar::TextDiff;

use crate::bench::{Bench, no_tree, open};
use crate::error::AuthorError;
use crate::project::Project;
use crate::tool::read;

const REQUEST: &str = "request.yaml";
const MANIFESTS: &str = "manifests.yaml";
const TREE: &str = "tree";
const EXPECTED: &str = "expected.yaml";
const MESSAGES: &str = "messages.txt";

/// What `request.yaml` says.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    directory: Option<String>,
    config: Map<String, Value>,
    application: Application,
}

/// A folder with what a plugin is given and what it should answer.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name of the folder.
    pub name: String,
    folder: PathBuf,
}

/// Where a case and its plugin differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file of the case.
    pub file: String,
    /// What would change in it: lines with `-` are expected, lines with `+` came.
    pub diff: String,
}

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Otherwise.
    Failed(Vec<Difference>),
    /// Nothing is expected yet.
    New,
    /// The same request has two answers.
    Varies(String),
}

/// What a plugin answered, as the files of a case hold it.
#[derive(Debug, PartialEq, Eq)]
struct CaseResult {
    manifests: Option<String>,
    messages: Option<String>,
}

impl Case {
    /// The cases of a project, by name.
    ///
    /// # Errors
    /// If there are none.
    pub fn all(project: &Project) -> Result<Vec<Self>, AuthorError> {
        let folder = project.cases();
        let mut cases = Vec::new();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(AuthorError::NoCases(folder));
            }
            Err(error) => return Err(AuthorError::file(&folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(AuthorError::file(&folder))?.path();
            let files = [REQUEST, MANIFESTS, TREE, EXPECTED, MESSAGES];
            if path.is_dir() && files.iter().any(|file| path.join(file).exists()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                cases.push(Self { name, folder: path });
            }
        }
        if cases.is_empty() {
            return Err(AuthorError::NoCases(folder));
        }
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(cases)
    }

    /// Runs the case: twice, with listings in another order, which must make no difference.
    ///
    /// # Errors
    /// If its files do not say what they should, or the component cannot be loaded.
    pub fn run(&self, bench: &Bench) -> Result<Verdict, AuthorError> {
        let answer = self.answer(bench, false)?;
        if let Some(verdict) = varies(&answer, &self.answer(bench, true)?) {
            return Ok(verdict);
        }
        let expected = self.expected()?;
        if expected == (CaseResult { manifests: None, messages: None }) {
            return Ok(Verdict::New);
        }
        let differences: Vec<_> = expected.differences(&answer).collect();
        Ok(if differences.is_empty() { Verdict::Passed } else { Verdict::Failed(differences) })
    }

    /// Runs the case and makes its answer the expected one. Whether that changed anything.
    ///
    /// # Errors
    /// As [`run`](Self::run), and if the files cannot be written.
    pub fn update(&self, bench: &Bench) -> Result<bool, AuthorError> {
        let answer = self.answer(bench, false)?;
        let is_new = self.expected()? != answer;
        for (file, text) in [(EXPECTED, answer.manifests), (MESSAGES, answer.messages)] {
            let path = self.folder.join(file);
            match text {
                Some(text) => fs::write(&path, text).map_err(AuthorError::file(&path))?,
                None if path.exists() => fs::remove_file(&path).map_err(AuthorError::file(&path))?,
                None => {}
            }
        }
        Ok(is_new)
    }

    fn expected(&self) -> Result<CaseResult, AuthorError> {
        Ok(CaseResult {
            manifests: read(&self.folder.join(EXPECTED))?,
            messages: read(&self.folder.join(MESSAGES))?,
        })
    }

    fn answer(&self, bench: &Bench, is_reversed: bool) -> Result<CaseResult, AuthorError> {
        let request = self.request()?;
        let folder = self.folder.join(TREE);
        let (_empty, tree) = if folder.is_dir() {
            (None, open(&folder)?)
        } else {
            let (empty, tree) = no_tree()?;
            (Some(empty), tree)
        };
        let mut services = bench.services(tree as Arc<dyn Source>);
        if is_reversed {
            services = services.reversing_listings();
        }
        let services = Arc::new(services);
        let rendered = bench.plugin()?.render(&services, request);
        let mut warnings: Vec<Failure> =
            services.take_warnings().into_iter().map(|notice| notice.failure).collect();
        let (manifests, errors) = match rendered {
            Ok(manifests) => {
                let faults = check_objects(&manifests);
                warnings.extend(faults.warnings);
                (Some(manifests), faults.errors)
            }
            Err(error @ (SandboxError::Unloadable { .. } | SandboxError::Host(_))) => {
                return Err(error.into());
            }
            Err(error) => (None, error.into_failures()),
        };
        let manifests = manifests.filter(|_| errors.is_empty());
        let text = manifests.map(|manifests| to_text(&manifests, Format::Yaml)).transpose();
        let text = text.map_err(|error| AuthorError::file(&self.folder)(std::io::Error::other(error)))?;
        let mut messages = String::new();
        for warning in &warnings {
            describe("warning", warning, &mut messages);
        }
        for error in &errors {
            describe("error", error, &mut messages);
        }
        Ok(CaseResult { manifests: text, messages: Some(messages).filter(|messages| !messages.is_empty()) })
    }

    fn request(&self) -> Result<RenderRequest, AuthorError> {
        let file = self.folder.join(REQUEST);
        let settings: Settings = match read(&file)? {
            Some(text) => read_configuration(&file.display().to_string(), text.as_bytes())
                .map_err(AuthorError::Invalid)?,
            None => Settings::default(),
        };
        let directory = TreePath::new(settings.directory.as_deref().unwrap_or("."));
        let directory = directory.map_err(|error| {
            let failure =
                Failure::new(format!("`directory`: {error}")).at(Origin::file(file.display().to_string()));
            AuthorError::Invalid(failure.into())
        })?;
        Ok(RenderRequest {
            directory,
            application: settings.application,
            config: Value::Object(settings.config).to_string(),
            manifests: self.manifests()?,
        })
    }

    /// The manifests that go in. Their origins are in the file of the case, for messages to point
    /// to.
    fn manifests(&self) -> Result<Vec<Manifest>, AuthorError> {
        let file = self.folder.join(MANIFESTS);
        let Some(text) = read(&file)? else { return Ok(Vec::new()) };
        let invalid = |message: String, line, column| {
            let origin = Origin::at(file.display().to_string(), line, column);
            AuthorError::Invalid(Failure::new(message).at(origin).into())
        };
        let documents = oarlock_yaml::parse(text.as_bytes(), Reader::ArgoCd, Limits::default())
            .map_err(|error| invalid(error.to_string(), error.span.line, error.span.column))?;
        let objects = documents.into_iter().map(|document| document.root).filter(|root| !root.is_null());
        let manifest = |root: oarlock_yaml::Node| {
            let (line, column) = (root.span.line, root.span.column);
            if root.as_mapping().is_none() {
                return Err(invalid("a manifest is a mapping".to_owned(), line, column));
            }
            let json =
                oarlock_yaml::to_json(&root).map_err(|error| invalid(error.to_string(), line, column))?;
            Ok(Manifest { json, origin: Some(Origin::at(MANIFESTS, line, column)) })
        };
        objects.map(manifest).collect()
    }
}

impl CaseResult {
    fn differences(&self, found: &Self) -> impl Iterator<Item = Difference> {
        let files =
            [(EXPECTED, &self.manifests, &found.manifests), (MESSAGES, &self.messages, &found.messages)];
        files.into_iter().filter(|(_, expected, found)| expected != found).map(|(file, expected, found)| {
            let (expected, found) = (expected.as_deref().unwrap_or(""), found.as_deref().unwrap_or(""));
            let diff = TextDiff::from_lines(expected, found);
            let diff = diff.unified_diff().context_radius(3).header("expected", "found").to_string();
            Difference { file: file.to_owned(), diff: printable::block(&diff).into_owned() }
        })
    }
}

/// What differs between two answers to one request.
fn varies(one: &CaseResult, other: &CaseResult) -> Option<Verdict> {
    let difference = one.differences(other).next()?;
    Some(Verdict::Varies(difference.diff))
}

/// A message with its place and its hint, as people read it.
fn describe(severity: &str, failure: &Failure, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{severity}: {}", failure.message);
    if let Some(origin) = &failure.origin {
        let _ = writeln!(text, "  at: {origin}");
    }
    for note in &failure.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    if let Some(hint) = &failure.hint {
        let _ = writeln!(text, "  help: {hint}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(manifests: Option<&str>, messages: Option<&str>) -> CaseResult {
        CaseResult { manifests: manifests.map(str::to_owned), messages: messages.map(str::to_owned) }
    }

    #[test]
    fn a_difference_shows_the_lines_around_it() {
        let expected = answer(Some("a: 1\nb: 2\nc: 3\n"), None);
        let found = answer(Some("a: 1\nb: 3\nc: 3\n"), Some("warning: w\n"));
        let differences: Vec<_> = expected.differences(&found).collect();
        assert_eq!(differences.len(), 2);
        assert_eq!(differences[0].file, EXPECTED);
        assert!(differences[0].diff.contains(" a: 1\n-b: 2\n+b: 3\n c: 3\n"), "{}", differences[0].diff);
        assert!(differences[1].diff.contains("+warning: w\n"), "{}", differences[1].diff);
        assert_eq!(varies(&found, &found), None);
    }

    #[test]
    fn the_files_of_a_case_are_read_with_their_places() {
        let folder = tempfile::tempdir().unwrap();
        let case = Case { name: "one".into(), folder: folder.path().to_owned() };
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
        assert_eq!(case.request().unwrap().config, "{}");
        write(REQUEST, "directory: app\nconfig: {team: shop}\napplication: {name: web}\n");
        write(MANIFESTS, "kind: Pod\n---\n# nothing\n---\nkind: Service\n");
        let request = case.request().unwrap();
        assert_eq!((request.directory.as_str(), request.config.as_str()), ("app", r#"{"team":"shop"}"#));
        assert_eq!(request.application.name.as_deref(), Some("web"));
        let lines: Vec<_> =
            request.manifests.iter().map(|manifest| manifest.origin.as_ref().unwrap().line).collect();
        assert_eq!(lines, [1, 5]);
        write(MANIFESTS, "- a list\n");
        let error = case.request().unwrap_err().into_failures().remove(0);
        assert_eq!(error.message, "a manifest is a mapping");
        write(REQUEST, "directry: app\n");
        let error = case.request().unwrap_err().into_failures().remove(0);
        assert_eq!(error.hint.as_deref(), Some("did you mean `directory`?"));
        write(REQUEST, "directory: ../up\n");
        assert!(matches!(case.request(), Err(AuthorError::Invalid(_))));
    }

    #[test]
    fn messages_have_place_notes_and_hint() {
        let mut text = String::new();
        let failure = Failure::new("no team").at(Origin::at(MANIFESTS, 3, 1)).note("n").hint("name one");
        describe("error", &failure, &mut text);
        assert_eq!(text, "error: no team\n  at: manifests.yaml:3:1\n  note: n\n  help: name one\n");
    }
}
