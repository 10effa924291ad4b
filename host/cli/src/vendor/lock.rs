//! `oarlock.lock`: the commit that each copy was fetched from, for review; of charts version and digest, which pin them.
//!
//! The file starts with the version of its format and has a section for each thing that is locked, so
//! that others can join. The first format was the section `remotes` alone, without a version; it is
//! read as ever, and the next write makes it the present one.

use std::collections::BTreeMap;
use std::path::Path;

use oarlock_plugin::{Failure, Origin, ReadError};
use oarlock_yaml::{
    Dialect, Limits, Mapping, Node, Reader, ScalarKind, Span, Value, emit, from_node, parse_one,
};
use serde::Deserialize;

use super::map::replace;
use oarlock_engine::source::Source;

const FILE_NAME: &str = "oarlock.lock";

const HEAD: &str = "# Written by `oarlock vendor --fetch`: the commit, or version and digest, that each copy under `remotes` was fetched from.\n";

/// The version of the format that is written.
const VERSION: u64 = 1;

/// The file from its first version on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sections {
    /// Looked at before the rest.
    #[serde(rename = "version")]
    _version: u64,
    #[serde(default)]
    remotes: BTreeMap<String, String>,
}

/// Commits by the URL under `remotes`.
///
/// # Errors
/// If there is a file that cannot be read, or one of a newer format.
pub(super) fn read(tree: &dyn Source) -> Result<BTreeMap<String, String>, Failure> {
    match tree.read(FILE_NAME) {
        Ok(text) => parse(&text),
        Err(ReadError::NotFound) => Ok(BTreeMap::new()),
        Err(error) => Err(error.at(FILE_NAME)),
    }
}

/// Writes the commits of all copies.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn write(root: &Path, commits: &BTreeMap<String, String>) -> anyhow::Result<()> {
    replace(&root.join(FILE_NAME), &print(commits)?)
}

fn parse(text: &[u8]) -> Result<BTreeMap<String, String>, Failure> {
    let fault =
        |message: String, span: Span| Failure::new(message).at(Origin::at(FILE_NAME, span.line, span.column));
    let node = parse_one(text, Reader::Oarlock, Limits::default())
        .map_err(|error| fault(error.message, error.span))?;
    let Some(node) = node.filter(|node| !node.is_null()) else { return Ok(BTreeMap::new()) };
    // Without a version, all keys are URLs, and all values are text.
    let version = node.get("version");
    let Some((scalar, span)) = version
        .and_then(|version| Some((version.as_scalar()?, version.span)))
        .filter(|(scalar, _)| scalar.kind == ScalarKind::Int)
    else {
        return from_node(&node).map_err(|error| fault(error.to_string(), error.span));
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
    let sections: Sections = from_node(&node).map_err(|error| fault(error.to_string(), error.span))?;
    Ok(sections.remotes)
}

fn print(commits: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let mut remotes = Mapping::default();
    for (url, commit) in commits {
        remotes.insert(url.as_str(), Node::string(commit.as_str()));
    }
    let mut sections = Mapping::default();
    sections.insert("remotes", Node::new(Value::Mapping(remotes)));
    // The emitter sorts keys, and the version comes first.
    let sections = emit(&Node::new(Value::Mapping(sections)), Dialect::Kustomize)?;
    Ok(format!("{HEAD}version: {VERSION}\n{sections}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://github.com/org/repo?ref=v1";
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn commits() -> BTreeMap<String, String> {
        let commit = |url: &str, commit: &str| (url.to_owned(), commit.to_owned());
        BTreeMap::from([commit(URL, COMMIT), commit("helm+https://h.example/a?version=1", "1.0.0 sha256:00")])
    }

    #[test]
    fn a_file_starts_with_its_version_and_is_read_as_it_was_written() {
        let text = print(&commits()).unwrap();
        let start =
            format!("{HEAD}version: 1\nremotes:\n  helm+https://h.example/a?version=1: 1.0.0 sha256:00\n");
        assert!(text.starts_with(&start), "{text}");
        assert_eq!(parse(text.as_bytes()).unwrap(), commits());
        assert_eq!(parse(print(&BTreeMap::new()).unwrap().as_bytes()).unwrap(), BTreeMap::new());
    }

    #[test]
    fn a_file_without_a_version_is_the_first_format() {
        let text = format!("# Written by …\n{URL}: {COMMIT}\nversion: main\n");
        let read = parse(text.as_bytes()).unwrap();
        assert_eq!(read[URL], COMMIT);
        assert_eq!(read["version"], "main");
        assert_eq!(parse(b"# nothing\n").unwrap(), BTreeMap::new());
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
            ["version: 1\nremote: {}\n", "version: 1\nremotes: [a]\n", "version: 1\nremotes: {a: [b]}\n"]
        {
            let failure = parse(text.as_bytes()).unwrap_err();
            assert_eq!(failure.origin.as_ref().map(|origin| origin.line), Some(2), "{failure}");
        }
    }
}
