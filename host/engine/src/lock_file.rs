//! `oarlock.lock`: what was fetched for each name, so that the next fetch gives the same.
//!
//! A repository has one for its vendored copies, under `remotes`: the commit of a base, for review;
//! of a chart version and digest, which pin it. An operator's file has one beside it for the
//! plugins that it pins to no digest itself, under `plugins`.
//!
//! The file starts with the version of its format and has a section for each kind of content that
//! is locked. The first format was the section `remotes` alone, without a version; it is read as
//! ever, and the next write makes it the present one.

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Origin};
use oarlock_yaml::{
    Dialect, Limits, Mapping, Node, Reader, ScalarKind, Span, Value, emit, from_node, parse_one,
};
use serde::Deserialize;

const HEAD: &str = "# Written by `oarlock vendor --fetch` and `oarlock plugin lock`: the commit, or version and digest, that each name stood for.\n";

/// The version of the format that is written.
const VERSION: u64 = 1;

/// A lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockFile {
    /// What vendored copies were fetched from, by the URL under `remotes` of `oarlock.yaml`.
    pub remotes: BTreeMap<String, String>,
    /// What plugins are pinned to, by their name in the operator's file, as `SOURCE@sha256:…`.
    pub plugins: BTreeMap<String, String>,
}

/// The file from its first version on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sections {
    /// Looked at before the rest.
    #[serde(rename = "version")]
    _version: u64,
    #[serde(default)]
    remotes: BTreeMap<String, String>,
    #[serde(default)]
    plugins: BTreeMap<String, String>,
}

impl LockFile {
    /// Its name, in the root of a repository or beside the operator's file.
    pub const NAME: &'static str = "oarlock.lock";

    /// Reads the text of one; `path` is for messages.
    ///
    /// # Errors
    /// If it cannot be understood, or is of a newer format.
    pub fn parse(path: &str, text: &[u8]) -> Result<Self, Failure> {
        let fault =
            |message: String, span: Span| Failure::new(message).at(Origin::at(path, span.line, span.column));
        let node = parse_one(text, Reader::Oarlock, Limits::default())
            .map_err(|error| fault(error.message, error.span))?;
        let Some(node) = node.filter(|node| !node.is_null()) else { return Ok(Self::default()) };
        // Without a version, all keys are URLs, and all values are text.
        let version = node.get("version");
        let Some((scalar, span)) = version
            .and_then(|version| Some((version.as_scalar()?, version.span)))
            .filter(|(scalar, _)| scalar.kind == ScalarKind::Int)
        else {
            let remotes = from_node(&node).map_err(|error| fault(error.to_string(), error.span))?;
            return Ok(Self { remotes, plugins: BTreeMap::new() });
        };
        if scalar.text != VERSION.to_string() {
            let message = format!(
                "the file has format version {}, and this release of oarlock reads version {VERSION}",
                scalar.text
            );
            return Err(
                fault(message, span).hint("use the release of oarlock that wrote the file, or a newer one")
            );
        }
        let Sections { remotes, plugins, .. } =
            from_node(&node).map_err(|error| fault(error.to_string(), error.span))?;
        Ok(Self { remotes, plugins })
    }

    /// The text of one.
    ///
    /// # Errors
    /// If a name or what it is locked to cannot be written as YAML.
    pub fn print(&self) -> Result<String, Failure> {
        let section = |entries: &BTreeMap<String, String>| {
            let mut section = Mapping::default();
            for (name, locked) in entries {
                section.insert(name.as_str(), Node::string(locked.as_str()));
            }
            Node::new(Value::Mapping(section))
        };
        let mut sections = Mapping::default();
        if !self.plugins.is_empty() {
            sections.insert("plugins", section(&self.plugins));
        }
        if !self.remotes.is_empty() || self.plugins.is_empty() {
            sections.insert("remotes", section(&self.remotes));
        }
        // The emitter sorts keys, and the version comes first.
        let sections = emit(&Node::new(Value::Mapping(sections)), Dialect::Kustomize)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", Self::NAME)))?;
        Ok(format!("{HEAD}version: {VERSION}\n{sections}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://github.com/org/repo?ref=v1";
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn parse(text: &[u8]) -> Result<LockFile, Failure> {
        LockFile::parse(LockFile::NAME, text)
    }

    fn locked() -> LockFile {
        let entry = |name: &str, locked: &str| (name.to_owned(), locked.to_owned());
        LockFile {
            remotes: BTreeMap::from([
                entry(URL, COMMIT),
                entry("helm+https://h.example/a?version=1", "1.0.0 sha256:00"),
            ]),
            plugins: BTreeMap::from([entry("hello", "oci://h.example/hello:1@sha256:00")]),
        }
    }

    #[test]
    fn a_file_starts_with_its_version_and_is_read_as_it_was_written() {
        let text = locked().print().unwrap();
        let start = format!(
            "{HEAD}version: 1\nplugins:\n  hello: oci://h.example/hello:1@sha256:00\nremotes:\n  helm+https://h.example/a?version=1: 1.0.0 sha256:00\n"
        );
        assert!(text.starts_with(&start), "{text}");
        assert_eq!(parse(text.as_bytes()).unwrap(), locked());
        for part in [
            LockFile::default(),
            LockFile { plugins: BTreeMap::new(), ..locked() },
            LockFile { remotes: BTreeMap::new(), ..locked() },
        ] {
            assert_eq!(parse(part.print().unwrap().as_bytes()).unwrap(), part);
        }
    }

    #[test]
    fn a_file_without_a_version_is_the_first_format() {
        let text = format!("# Written by …\n{URL}: {COMMIT}\nversion: main\n");
        let read = parse(text.as_bytes()).unwrap();
        assert_eq!(read.remotes[URL], COMMIT);
        assert_eq!(read.remotes["version"], "main");
        assert_eq!(parse(b"# nothing\n").unwrap(), LockFile::default());
    }

    #[test]
    fn a_newer_format_is_an_error_that_says_what_to_do() {
        let failure = parse(b"version: 2\nplugins: [a]\n").unwrap_err();
        assert_eq!(
            failure.to_string(),
            "oarlock.lock:1:10: the file has format version 2, and this release of oarlock reads version 1"
        );
        assert!(failure.hint.unwrap().contains("or a newer one"));
    }

    #[test]
    fn sections_that_the_version_does_not_have_are_errors() {
        for text in
            ["version: 1\nremote: {}\n", "version: 1\nremotes: [a]\n", "version: 1\nplugins: {a: [b]}\n"]
        {
            let failure = parse(text.as_bytes()).unwrap_err();
            assert_eq!(failure.origin.as_ref().map(|origin| origin.line), Some(2), "{failure}");
        }
    }
}
