//! Places in files that may decide which version of an image is rendered.
//!
//! Whether one does is not guessed from its form: the caller changes it and renders. The forms are
//! those that people write: a whole reference anywhere, an entry of kustomize's `images`, values of
//! charts with the tag in a key of its own, parameters of an Application. All of them may stand in
//! a block of text, as patches and values do.

use std::collections::BTreeSet;

use oarlock_plugin::{Failure, Origin, TreePath};
use oarlock_yaml::edit::{Change, Edit, EditError, Path, Step};
use oarlock_yaml::{Node, Reader, Span};

use super::image::ImageReference;
use crate::edit::{Text, visit};

/// The keys of a mapping that hold a name of an image beside its tag.
const NAMES: [&str; 4] = ["repository", "image", "repo", "name"];

/// The reader of the files: the one that takes most of what others take.
pub(super) const READER: Reader = Reader::ArgoCd;

/// A place that may decide.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: TreePath,
    /// The line, from 1.
    pub(super) line: u32,
    /// What is there, for people.
    pub(super) path: String,
    /// What it holds, as far as it names a version.
    pub(super) value: String,
    /// The ways in which it can be changed, the best first.
    pub(super) variants: Vec<Vec<Change>>,
}

/// What was found in files.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) places: Vec<Place>,
    /// Places that a person has to look at, and why.
    pub(super) refused: Vec<Failure>,
}

/// Finds places in files.
pub(super) struct Search<'a> {
    /// The image as it is to be.
    goal: &'a ImageReference,
    /// The keys that lead to an image in the values of charts.
    values: BTreeSet<Vec<String>>,
    found: Found,
}

impl<'a> Search<'a> {
    pub(super) fn new(goal: &'a ImageReference) -> Self {
        Self { goal, values: BTreeSet::new(), found: Found::default() }
    }

    /// Looks for the places in files, of which each has its path with links resolved.
    pub(super) fn search(mut self, files: &[(TreePath, String)]) -> Found {
        for (_, text) in files {
            self.learn(text);
        }
        for (path, text) in files {
            self.search_file(path, text);
        }
        self.found
    }

    /// Learns where the values of charts name the image.
    fn learn(&mut self, text: &str) {
        if !text.contains(last_part(&self.goal.name)) {
            return;
        }
        let text = Text::file(text.to_owned());
        let Some(editor) = text.editor(READER) else { return };
        for root in editor.roots() {
            visit(root, &Path::root(), &mut |path, node| {
                if named(node, &self.goal.name).is_some() {
                    self.values.insert(keys(path));
                }
                true
            });
        }
    }

    fn search_file(&mut self, file: &TreePath, text: &str) {
        let whole = Text::file(text.to_owned());
        if whole.editor(READER).is_some() {
            return self.search_text(file, text, &whole);
        }
        // A template, most often: it is no YAML.
        let is_template = |line: &str| line.contains("{{") && line.contains(&self.goal.name);
        if let Some(line) = text.lines().position(is_template) {
            let line = u32::try_from(line + 1).unwrap_or(u32::MAX);
            self.refuse(file, line, "the image is part of a template");
        }
    }

    fn refuse(&mut self, file: &TreePath, line: u32, message: &str) {
        self.found.refused.push(Failure::new(message).at(Origin::at(file.as_str(), line, 0)));
    }

    fn search_text(&mut self, file: &TreePath, whole: &str, text: &Text) {
        let Some(editor) = text.editor(READER) else { return };
        let first = text.line_offset(whole);
        for (document, root) in editor.roots().iter().enumerate() {
            let mut candidates = Vec::new();
            let mut blocks = Vec::new();
            visit(root, &Path::root(), &mut |path, node| {
                if let Some(candidate) = self.entry_of_images(path, node) {
                    candidates.push((path.clone(), node.span, candidate));
                    return false;
                }
                candidates.extend(self.at(path, node).map(|candidate| (path.clone(), node.span, candidate)));
                if let Some(value) = node.as_str()
                    && value.contains('\n')
                {
                    blocks.extend(text.block(&editor, document, path, value));
                }
                true
            });
            for (path, span, Candidate { value, variants }) in candidates {
                let line = span.line.saturating_add(first);
                if variants.is_empty() {
                    self.refuse(file, line, &format!("`{path}` comes from a template"));
                    continue;
                }
                let mut planned = Vec::new();
                for edits in variants {
                    let edits: Vec<Edit> = edits.into_iter().map(|edit| edit.in_document(document)).collect();
                    match editor.apply(&edits) {
                        Ok(edited) => planned.push(text.in_file(edited.changes)),
                        Err(error) => self.found.refused.push(at(file, first, &error)),
                    }
                }
                if !planned.is_empty() {
                    let file = file.clone();
                    self.found.places.push(Place {
                        file,
                        line,
                        path: path.to_string(),
                        value,
                        variants: planned,
                    });
                }
            }
            for block in blocks {
                self.search_text(file, whole, &block);
            }
        }
    }

    /// An entry of kustomize's `images` that is about the image.
    fn entry_of_images(&self, path: &Path, node: &Node) -> Option<Candidate> {
        let [.., Step::Key(list), Step::Index(_)] = path.steps() else { return None };
        let text = |key: &str| node.get(key).and_then(Node::scalar_text);
        let named = text("newName").filter(|name| !name.is_empty()).or_else(|| text("name"))?;
        if list != "images" || named != self.goal.name || node.get("repository").is_some() {
            return None;
        }
        if node.as_mapping()?.iter().any(|entry| {
            !matches!(entry.key.text.as_str(), "name" | "newName" | "newTag" | "digest" | "tagSuffix")
        }) {
            return None;
        }
        let edits =
            version_edits(node, path, ("newTag", self.goal.tag.as_deref()), self.goal.digest.as_deref());
        Some(Candidate { value: version(text("newTag"), text("digest")), variants: vec![edits] })
    }

    /// What is at a node, if it may decide.
    fn at(&self, path: &Path, node: &Node) -> Option<Candidate> {
        if let Some(text) = node.as_str() {
            return self.reference(path, text);
        }
        node.as_mapping()?;
        self.parameter(path, node).or_else(|| self.values(path, node))
    }

    /// A whole reference, or `name=reference` as an Application's `kustomize.images` has it.
    fn reference(&self, path: &Path, text: &str) -> Option<Candidate> {
        if text.contains('\n') || !text.contains(self.goal.name.as_str()) {
            return None;
        }
        let (alias, reference) = match text.split_once('=') {
            Some((alias, reference)) => (Some(alias), reference),
            None => (None, text),
        };
        let last = path.steps().last();
        if let Ok(found) = reference.parse::<ImageReference>() {
            let is_image = matches!(last, Some(Step::Key(key)) if key == "image");
            if found.name != self.goal.name || !(found.is_versioned() || is_image) {
                return None;
            }
            let value = match alias {
                Some(alias) => format!("{alias}={}", self.goal),
                None => self.goal.to_string(),
            };
            let edit = Edit::set(path.clone(), Node::string(value));
            return Some(Candidate { value: found.to_string(), variants: vec![vec![edit]] });
        }
        let begins =
            reference.strip_prefix(self.goal.name.as_str()).is_some_and(|rest| rest.starts_with([':', '@']));
        (begins && text.contains("{{")).then(|| Candidate { value: text.to_owned(), variants: Vec::new() })
    }

    /// `{name: image.tag, value: v1}`, as an Application sets values of charts.
    fn parameter(&self, path: &Path, node: &Node) -> Option<Candidate> {
        let name = node.get("name").and_then(Node::as_str)?;
        let value = node.get("value").and_then(Node::scalar_text)?;
        let (below, key) = name.rsplit_once('.').unwrap_or(("", name));
        let below: Vec<String> = below.split('.').filter(|key| !key.is_empty()).map(str::to_owned).collect();
        if !self.leads_to_image(&below) {
            return None;
        }
        let new = match key {
            "tag" => self.goal.tag.as_deref(),
            "digest" => self.goal.digest.as_deref(),
            _ => return None,
        };
        if value.contains("{{") {
            return Some(Candidate { value: value.to_owned(), variants: Vec::new() });
        }
        let edit = match new {
            Some(new) => Edit::set(path.clone().key("value"), Node::string(new)),
            None => Edit::remove(path.clone()),
        };
        Some(Candidate { value: value.to_owned(), variants: vec![vec![edit]] })
    }

    /// A mapping of a chart's values with `tag` or `digest`.
    fn values(&self, path: &Path, node: &Node) -> Option<Candidate> {
        let name = named(node, &self.goal.name);
        if name.is_none() && !self.leads_to_image(&keys(path)) {
            return None;
        }
        let text = |key: &str| node.get(key).and_then(Node::scalar_text);
        let (tag, digest) = (text("tag"), text("digest"));
        if tag.is_none() && digest.is_none() && name != Some("repository") {
            return None;
        }
        if [tag, digest].into_iter().flatten().any(|text| text.contains("{{")) {
            return Some(Candidate { value: version(tag, digest), variants: Vec::new() });
        }
        let (new_tag, new_digest) = (self.goal.tag.as_deref(), self.goal.digest.as_deref());
        let mut variants = vec![version_edits(node, path, ("tag", new_tag), new_digest)];
        // What a chart falls back on where nothing is set must not come in.
        if let (None, Some(_)) = (new_digest, digest) {
            let mut edits = version_edits(node, path, ("tag", new_tag), digest);
            edits.push(Edit::set(path.clone().key("digest"), Node::string("")));
            variants.push(edits);
        }
        if new_tag.is_none() {
            variants.push(version_edits(node, path, ("tag", tag), new_digest));
            if tag.is_some() {
                let mut edits = version_edits(node, path, ("tag", tag), new_digest);
                edits.push(Edit::set(path.clone().key("tag"), Node::string("")));
                variants.push(edits);
            }
        }
        variants.retain(|edits| !edits.is_empty());
        (!variants.is_empty()).then(|| Candidate { value: version(tag, digest), variants })
    }

    /// Whether values of some chart name the image by these keys, or those of a chart below it.
    fn leads_to_image(&self, keys: &[String]) -> bool {
        (0..=keys.len()).any(|from| keys.len() > from && self.values.contains(&keys[from..]))
    }
}

/// What may decide, before it is planned: no variants where a template is in the way.
struct Candidate {
    value: String,
    variants: Vec<Vec<Edit>>,
}

/// The key by which a mapping names the image.
fn named(node: &Node, image: &str) -> Option<&'static str> {
    let text = |key: &str| node.get(key).and_then(Node::as_str);
    let registry = text("registry").filter(|registry| !registry.is_empty());
    NAMES.into_iter().find(|key| {
        text(key).is_some_and(|name| match registry {
            Some(registry) => {
                image.strip_prefix(registry).and_then(|rest| rest.strip_prefix('/')) == Some(name)
            }
            None => name == image,
        })
    })
}

/// The edits that give a mapping a tag and a digest, or take them away.
fn version_edits(
    node: &Node,
    path: &Path,
    (tag_key, tag): (&str, Option<&str>),
    digest: Option<&str>,
) -> Vec<Edit> {
    let edit = |key: &str, new: Option<&str>| {
        let old = node.get(key);
        match (old, new) {
            (Some(old), Some(new)) if old.as_str() == Some(new) => None,
            (Some(_), Some(new)) => Some(Edit::set(path.clone().key(key), Node::string(new))),
            (None, Some(new)) => Some(Edit::add_entry(path.clone(), key, Node::string(new))),
            (Some(_), None) => Some(Edit::remove(path.clone().key(key))),
            (None, None) => None,
        }
    };
    [edit(tag_key, tag), edit("digest", digest)].into_iter().flatten().collect()
}

fn version(tag: Option<&str>, digest: Option<&str>) -> String {
    match (tag, digest.filter(|digest| !digest.is_empty())) {
        (Some(tag), Some(digest)) => format!("{tag}@{digest}"),
        (Some(tag), None) => tag.to_owned(),
        (None, Some(digest)) => format!("@{digest}"),
        (None, None) => String::new(),
    }
}

/// The keys of a way, without the numbers of items.
fn keys(path: &Path) -> Vec<String> {
    let key = |step: &Step| match step {
        Step::Key(key) => Some(key.to_string()),
        _ => None,
    };
    path.steps().iter().filter_map(key).collect()
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn at(file: &TreePath, first: u32, error: &EditError) -> Failure {
    let Span { line, column, .. } = error.span();
    Failure::new(error.to_string()).at(Origin::at(file.as_str(), line.saturating_add(first), column))
}
