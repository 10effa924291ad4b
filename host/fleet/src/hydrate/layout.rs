//! The files of Argo CD's source hydrator: what is in them, and where they are
//! (`commitserver/commit/hydratorhelper.go`).

use oarlock_engine::manifest::Manifest;
use oarlock_plugin::{Failure, TreePath};
use oarlock_yaml::{Dialect, Node, emit, from_json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::references::{Reference, references};
use crate::git::CommitDescription;

/// The manifests of a directory.
pub(super) const MANIFEST: &str = "manifest.yaml";

/// What was rendered to them; at the root, what all of them come from.
pub(super) const METADATA: &str = "hydrator.metadata";

/// How they can be rendered again.
pub(super) const README: &str = "README.md";

/// The file that marks the others as generated, at the root.
pub(super) const ATTRIBUTES: &str = ".gitattributes";

/// What that file holds.
pub(super) const ATTRIBUTES_TEXT: &str =
    "**/README.md linguist-generated=true\n**/hydrator.metadata linguist-generated=true";

/// The annotations by which Argo CD tracks objects. It takes them away before it commits.
const TRACKING: [&str; 2] = ["argocd.argoproj.io/tracking-id", "argocd.argoproj.io/installation-id"];

/// What `hydrator.metadata` says. Of what it comes from, nothing is in that of a directory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metadata {
    #[serde(rename = "repoURL", skip_serializing_if = "String::is_empty")]
    pub(super) repo_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) dry_sha: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    author: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    date: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    body: String,
    #[serde(skip_serializing_if = "Vec::is_empty", skip_deserializing)]
    references: Vec<Reference>,
}

impl Metadata {
    /// Of a directory.
    pub(super) fn of_directory(repo_url: &str, dry_sha: &str) -> Self {
        Self { repo_url: repo_url.to_owned(), dry_sha: dry_sha.to_owned(), ..Self::default() }
    }

    /// Of the root.
    pub(super) fn of_root(repo_url: &str, dry_sha: &str, commit: &CommitDescription) -> Self {
        let (subject, body) = commit.message.split_once("\n\n").unwrap_or((&commit.message, ""));
        let trailers: Vec<String> =
            commit.trailers.iter().map(|trailer| format!("{}: {}", trailer.name, trailer.value)).collect();
        Self {
            author: commit.author.clone(),
            date: commit.date.clone(),
            subject: subject.to_owned(),
            body: references(body.lines()).1,
            references: references(trailers.iter().map(String::as_str)).0,
            ..Self::of_directory(repo_url, dry_sha)
        }
    }

    /// The text, as Go's encoder writes it without escapes for HTML.
    pub(super) fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029") + "\n"
    }

    /// The text of `README.md`.
    pub(super) fn readme(&self) -> String {
        format!(
            "# Manifest Hydration\n\nTo hydrate the manifests in this repository, run the following commands:\n\n\
             ```shell\ngit clone {}\n# cd into the cloned directory\ngit checkout {}\n```\n",
            self.repo_url, self.dry_sha
        )
    }
}

/// The text of `manifest.yaml`: the objects in the order in which they were rendered, lists taken
/// apart.
pub(super) fn manifests(all: &[Manifest]) -> Result<String, Failure> {
    let mut text = String::new();
    for manifest in all {
        let place = manifest.origin.clone();
        let at = |message: String| {
            let failure = Failure::new(format!("a manifest cannot be written: {message}"));
            place.clone().into_iter().fold(failure, Failure::at)
        };
        let value: Value = serde_json::from_str(&manifest.json).map_err(|error| at(error.to_string()))?;
        let mut write = |node: Result<Node, String>| {
            if !text.is_empty() {
                text.push_str("---\n");
            }
            // As go-yaml v3 writes with an indentation of 2.
            let written =
                emit(&node.map_err(&at)?, Dialect::HelmPretty).map_err(|error| at(error.to_string()));
            text.push_str(&written?);
            Ok::<(), Failure>(())
        };
        match objects(value) {
            // What nothing is taken from stays as it was rendered, its numbers too.
            Objects::Same => write(from_json(&manifest.json).map_err(|error| error.to_string()))?,
            Objects::Others(objects) => {
                for object in objects {
                    write(from_json(&object.to_string()).map_err(|error| error.to_string()))?;
                }
            }
        }
    }
    Ok(text)
}

/// The objects of a manifest.
enum Objects {
    /// The manifest itself.
    Same,
    /// Those of a list, or what is left of it.
    Others(Vec<Value>),
}

fn objects(mut value: Value) -> Objects {
    let is_plain = value.get("spec").is_none() && value.get("status").is_none();
    match value.get_mut("items") {
        Some(Value::Array(items)) => {
            let mut items = std::mem::take(items);
            for item in &mut items {
                strip(item);
            }
            return Objects::Others(items);
        }
        Some(Value::Null) if is_plain => return Objects::Others(Vec::new()),
        _ => {}
    }
    if strip(&mut value) { Objects::Others(vec![value]) } else { Objects::Same }
}

/// Takes annotations away by which Argo CD tracks objects, and with the last of them the field.
/// Whether anything was taken away. Definitions of custom resources are never tracked.
fn strip(object: &mut Value) -> bool {
    let is_definition = object.get("kind").and_then(Value::as_str) == Some("CustomResourceDefinition");
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return false };
    let (count, left) = match metadata.get_mut("annotations") {
        Some(Value::Object(annotations)) => {
            let count = annotations.len();
            annotations.retain(|name, _| !TRACKING.contains(&name.as_str()));
            (count, annotations.len())
        }
        Some(Value::Null) => (0, 0),
        _ => return false,
    };
    if count == left && (left > 0 || is_definition) {
        return false;
    }
    if left == 0 {
        metadata.remove("annotations");
    }
    true
}

/// A file in a directory.
pub(super) fn within(directory: &TreePath, name: &str) -> TreePath {
    // Names of files are no ways.
    directory.join(name).unwrap_or_else(|_| directory.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> String {
        manifests(&[Manifest { json: json.to_owned(), origin: None }]).unwrap()
    }

    #[test]
    fn lists_are_taken_apart_and_tracking_is_taken_away() {
        assert_eq!(text(r#"{"kind":"List","items":[{"kind":"A"},{"kind":"B"}]}"#), "kind: A\n---\nkind: B\n");
        assert_eq!(text(r#"{"kind":"PodList","items":null}"#), "");
        let tracked = r#"{"metadata":{"annotations":{"argocd.argoproj.io/tracking-id":"x"},"name":"a"}}"#;
        assert_eq!(text(tracked), "metadata:\n  name: a\n");
        let both = r#"{"metadata":{"annotations":{"argocd.argoproj.io/tracking-id":"x","b":"c"}}}"#;
        assert_eq!(text(both), "metadata:\n  annotations:\n    b: c\n");
        assert_eq!(text(r#"{"a":[1,{"b":2}]}"#), "a:\n  - 1\n  - b: 2\n");
    }
}
