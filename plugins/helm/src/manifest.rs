//! Rendered text to manifests and hooks, in the order in which Helm prints them.

mod document;
mod head;
mod order;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use oarlock_plugin::{Failure, Origin, Result};
use oarlock_yaml::Node;

pub use self::document::DocumentText;
pub use self::head::Head;
use crate::log::{Log, Skipped};
use crate::profile::Profile;
use crate::yaml::{self, YamlError};

/// A document of a rendered template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartManifest {
    /// The template's path with that of its chart.
    pub source: String,
    /// The text, without white space before it.
    pub text: DocumentText,
    /// Where it begins in the text of its template, in bytes.
    pub offset: usize,
    /// What the text says as it is printed, with an end to its last line: JSON of the object, or of
    /// each element of a list, as Argo CD takes lists apart; or why JSON can't hold it.
    pub objects: std::result::Result<Vec<String>, String>,
    /// `kind`, empty where it is absent.
    pub kind: String,
    /// The events that a hook waits for; empty for what is none.
    pub events: Vec<String>,
}

/// What a chart renders to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifests {
    /// What is installed, in the order of installation.
    pub resources: Vec<ChartManifest>,
    /// What is installed at an event, likewise.
    pub hooks: Vec<ChartManifest>,
}

/// Annotation that makes a manifest a hook.
const HOOK: &str = "helm.sh/hook";

/// The events that Helm knows; `test-success` is an older name of `test`.
pub(crate) const EVENTS: [&str; 10] = [
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
    "test-success",
];

impl ChartManifest {
    /// Whether this is a hook that runs when a release is tested.
    pub fn is_test(&self) -> bool {
        self.events.iter().any(|event| event.starts_with("test"))
    }

    /// What the text says as it is printed.
    ///
    /// # Errors
    /// If it is not YAML.
    pub(crate) fn read(&self) -> std::result::Result<Node, YamlError> {
        read(&format!("{}\n", self.text), &self.text)
    }
}

/// Sorts rendered files into manifests and hooks.
///
/// # Errors
/// If a document is not YAML, or has another shape than an object.
pub fn sort(rendered: BTreeMap<String, String>, profile: Profile, log: &Log) -> Result<Manifests> {
    let mut manifests = Manifests::default();
    for (source, text) in rendered {
        let text = Arc::new(text);
        let base = source.rsplit_once('/').map_or(source.as_str(), |(_, base)| base);
        if base.starts_with('_') {
            continue;
        }
        for (offset, text_of_document) in split(&text, profile) {
            let read = read(&with_end(&text, offset, text_of_document), text_of_document)
                .and_then(|document| Ok((Head::read(&document, profile)?, document)));
            let (head, document) = read.map_err(|error| {
                Failure::new(format!("YAML parse error on {source}: {}", error.message))
                    .at(Origin::file(source.as_str()))
            })?;
            let hook = head.annotations.iter().find(|(key, _)| key == HOOK);
            let events = match hook.map(|(_, value)| events(value)) {
                None => Vec::new(),
                Some(Some(events)) => events,
                Some(None) => {
                    let name = document.at(&["metadata", "name"]).and_then(Node::scalar_text).unwrap_or("");
                    let hook = hook.map_or("", |(_, value)| value).to_owned();
                    log.skip(Skipped {
                        source: source.clone(),
                        object: format!("{} {name}", head.kind),
                        hook,
                    });
                    continue;
                }
            };
            let place = if hook.is_some() { &mut manifests.hooks } else { &mut manifests.resources };
            let (source, text) = (source.clone(), DocumentText::new(&text, offset, text_of_document));
            let objects = objects(&document, text_of_document.len());
            place.push(ChartManifest { source, text, offset, objects, kind: head.kind, events });
        }
    }
    order::sort_by_kind(&mut manifests.resources, profile);
    order::sort_by_kind(&mut manifests.hooks, profile);
    if profile.keeps_space_behind_documents()
        && let Some(last) = manifests.resources.last_mut()
    {
        // Helm takes the white space off the end of all resources as it prints them.
        last.text.trim_end();
        if let Ok(document) = last.read() {
            last.objects = objects(&document, last.text.len());
        }
    }
    Ok(manifests)
}

/// Reads a document as it is going to be printed: the end of the last line ends a block scalar that
/// stands there.
fn read(printed: &str, document: &str) -> std::result::Result<Node, YamlError> {
    // Helm reads it before it is printed, and tells of lines that it counted there.
    yaml::read(printed.as_bytes()).or_else(|_| yaml::read(document.as_bytes()))
}

/// A document of a text, with an end to its last line. It is copied only where it has none.
pub(crate) fn with_end<'t>(text: &'t str, offset: usize, document: &str) -> Cow<'t, str> {
    match text[offset..].split_at_checked(document.len() + 1) {
        Some((printed, _)) if printed.ends_with('\n') => Cow::Borrowed(printed),
        _ => Cow::Owned(format!("{document}\n")),
    }
}

/// The events of a hook; `None` if Helm does not know one of them.
fn events(value: &str) -> Option<Vec<String>> {
    value
        .split(',')
        .map(|event| {
            let event = event.trim().to_lowercase();
            EVENTS.contains(&event.as_str()).then_some(event)
        })
        .collect()
}

/// Counts lines from one place of a text to the next, so that many places take no longer than the
/// text is.
pub(crate) struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line of a place, from 1. Places come in their order.
    pub(crate) fn line_at(&mut self, offset: usize) -> u32 {
        let newlines = self.text[self.at..offset].bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        self.at = offset;
        self.line
    }
}

/// The objects of a document of so many bytes, as JSON: none, itself, or the elements of a list.
///
/// # Errors
/// If JSON can't hold it.
pub(crate) fn objects(document: &Node, bytes: usize) -> std::result::Result<Vec<String>, String> {
    let nodes = object_nodes(document);
    // JSON does without indentation, which is half of a large object.
    let about = (bytes / 2 / nodes.len().max(1)).max(256);
    let json = |node| oarlock_yaml::to_json_of_about(about, node).map_err(|error| error.to_string());
    nodes.iter().map(json).collect()
}

/// The objects of a document: none, itself, or the elements of a list.
pub(crate) fn object_nodes(document: &Node) -> &[Node] {
    match document.get("items") {
        _ if document.is_null() => &[],
        Some(items) if items.as_sequence().is_some() => items.as_sequence().unwrap_or_default(),
        Some(items)
            if items.is_null() && document.get("spec").is_none() && document.get("status").is_none() =>
        {
            &[]
        }
        _ => std::slice::from_ref(document),
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

/// The documents of a text and where they begin. Helm cuts by the pattern `(?:^|\s*\n)---\s*`, so
/// that `----` at the start of a line cuts, too, and a second `---` right behind the first does
/// not. White space at the end stays or goes with the version of Helm.
pub fn split(text: &str, profile: Profile) -> Vec<(usize, &str)> {
    let keeps_end = profile.keeps_space_behind_documents();
    let start = text.len() - text.trim_start().len();
    let whole = if keeps_end { text.trim_start() } else { text.trim() };
    let mut documents = Vec::new();
    let mut add = |from: usize, to: usize| {
        let document = &whole[from..to];
        let is_blank = if keeps_end { document.trim().is_empty() } else { document.is_empty() };
        if !is_blank {
            let leading = document.len() - document.trim_start().len();
            let text = if keeps_end { document.trim_start() } else { document.trim() };
            documents.push((start + from + leading, text));
        }
    };
    let bytes = whole.as_bytes();
    let skip = |at: usize| at + bytes[at..].iter().take_while(|byte| is_space(**byte)).count();
    let mut from = if whole.starts_with("---") { skip(3) } else { 0 };
    let mut search = from;
    while let Some(found) = whole[search..].find("\n---") {
        let newline = search + found;
        let spaces = bytes[from..newline].iter().rev().take_while(|byte| is_space(**byte)).count();
        add(from, newline - spaces);
        from = skip(newline + 4);
        search = from;
    }
    add(from, whole.len());
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_as_helm() {
        for (text, expected) in [
            ("", &[][..]),
            ("a: 1", &[(0, "a: 1")]),
            ("---\na: 1\n---\nb: 2\n", &[(4, "a: 1"), (13, "b: 2")]),
            ("\n\n---\n---\na: 1", &[(6, "---\na: 1")]),
            ("a: 1\n----\nb: 2", &[(0, "a: 1"), (8, "-\nb: 2")]),
            ("a: 1\n  \n---   \n\n  b: 2", &[(0, "a: 1"), (18, "b: 2")]),
            ("a: 1\n---", &[(0, "a: 1")]),
            ("--- # x\na: 1", &[(4, "# x\na: 1")]),
            ("a: |\n  x\n  ---\n", &[(0, "a: |\n  x\n  ---")]),
            ("a: 1\n---\n \n", &[(0, "a: 1")]),
        ] {
            assert_eq!(split(text, Profile::V4_1), expected, "{text:?}");
        }
        for (text, expected) in [
            ("\na: 1\n---\nb: 2\n\n", &[(1, "a: 1"), (10, "b: 2\n\n")][..]),
            ("a: 1\n---\n \n", &[(0, "a: 1")]),
            ("a: 1\n---", &[(0, "a: 1")]),
            (" \n", &[]),
        ] {
            assert_eq!(split(text, Profile::V4_2), expected, "{text:?}");
        }
    }

    #[test]
    fn sorts_by_kind_and_tells_hooks() {
        let file = |kind: &str, hook: &str| {
            let annotations = if hook.is_empty() {
                String::new()
            } else {
                format!("  annotations: {{helm.sh/hook: {hook}}}\n")
            };
            format!("kind: {kind}\nmetadata:\n  name: x\n{annotations}")
        };
        let rendered = BTreeMap::from([
            ("c/templates/a.yaml".to_owned(), file("Zebra", "")),
            ("c/templates/b.yaml".to_owned(), file("Service", "")),
            ("c/templates/c.yaml".to_owned(), file("Ape", "")),
            ("c/templates/d.yaml".to_owned(), file("Namespace", "")),
            ("c/templates/e.yaml".to_owned(), file("Pod", "test-success, Pre-Install")),
            ("c/templates/f.yaml".to_owned(), file("Pod", "crd-install")),
            ("c/templates/_g.yaml".to_owned(), "]".to_owned()),
        ]);
        let log = Log::default();
        let sorted = sort(rendered, Profile::V4_1, &log).unwrap();
        let kinds: Vec<&str> = sorted.resources.iter().map(|manifest| manifest.kind.as_str()).collect();
        assert_eq!(kinds, ["Namespace", "Service", "Ape", "Zebra"]);
        assert_eq!(sorted.hooks.len(), 1);
        assert!(sorted.hooks[0].is_test());
        assert_eq!(log.into_lines(), ["skipping unknown hooks hookTypes=crd-install"]);
    }
}
