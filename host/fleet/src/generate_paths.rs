//! The annotation `argocd.argoproj.io/manifest-generate-paths`, kept true.
//!
//! Argo CD renders an Application again after a push only if a file changed in one of these paths.
//! What they have to be is known from what the render read.

use std::collections::{BTreeMap, BTreeSet};

use oarlock_engine::source::{Lookup, LookupResult, ReadRecord, Source};
use oarlock_plugin::{Failure, Origin, TreePath};
use oarlock_yaml::edit::{Edit, Editor, Path};
use oarlock_yaml::{Node, Reader};

use crate::definition::{Definition, Kind};
use crate::directories::Progress;
use crate::edit::{ChangeSet, read_text};
use crate::environment::{Environment, Filter, Parent};
use crate::fleet::Fleet;
use crate::plan::SourceType;
use crate::rendered::{ApplicationRender, SourceRender};

/// The annotation.
pub const GENERATE_PATHS: &str = "argocd.argoproj.io/manifest-generate-paths";

/// What keeps the annotation true.
#[derive(Clone, Debug, Default)]
pub struct GeneratePaths {
    /// The files that change.
    pub changes: ChangeSet,
    /// Applications and ApplicationSets that have no such annotation, or another one, and why that
    /// cannot be written.
    pub left_out: Vec<Failure>,
}

/// Finds out which paths each Application reads, and what has to be written for that. Applications
/// of which something does not render are left as they are.
pub fn generate_paths(
    fleet: &Fleet,
    environments: &[Environment],
    filter: &Filter,
    progress: &dyn Progress,
) -> GeneratePaths {
    let mut found = GeneratePaths::default();
    let mut files: BTreeMap<String, Vec<(&Definition, String)>> = BTreeMap::new();
    for environment in environments {
        let mut sets: BTreeMap<usize, Paths> = BTreeMap::new();
        let Ok(_) = fleet.render_all(environment, filter, progress, |application, render| {
            let is_whole = render.is_ok() && render.sources.iter().all(|source| source.needed.is_empty());
            let paths = if is_whole { Paths::of(fleet, &render) } else { Paths::Unknown };
            match application.parent {
                Parent::Set(set) => {
                    let known = sets.remove(&set).unwrap_or_default();
                    sets.insert(set, known.and(paths));
                }
                Parent::Root | Parent::Application(_) => {
                    found.add(&mut files, &application.definition, paths);
                }
            }
            Ok::<(), std::convert::Infallible>(())
        });
        for (set, paths) in sets {
            found.add(&mut files, &environment.sets[set].definition, paths);
        }
    }
    let tree = fleet.repositories().reviewed().tree.clone();
    for (path, definitions) in files {
        if let Err(failure) = found.edit(tree.as_ref(), &path, &definitions) {
            found.left_out.push(failure);
        }
    }
    found
}

impl GeneratePaths {
    fn add<'e>(
        &mut self,
        files: &mut BTreeMap<String, Vec<(&'e Definition, String)>>,
        definition: &'e Definition,
        paths: Paths,
    ) {
        let Paths::Known(paths) = paths else { return };
        if paths.is_empty() {
            return;
        }
        let value = annotation(&paths);
        let pointer = match definition.kind {
            Kind::ApplicationSet => "/spec/template/metadata/annotations",
            Kind::Application | Kind::AppProject => "/metadata/annotations",
        };
        let now =
            definition.manifest.pointer(pointer).and_then(|annotations| annotations.get(GENERATE_PATHS));
        if now.and_then(serde_json::Value::as_str).is_some_and(|now| is_same(now, &value)) {
            return;
        }
        if let Some(origin) = &definition.origin {
            files.entry(origin.path.clone()).or_default().push((definition, value));
        } else {
            let message = format!("{} is not written in a file of the repository", definition.title());
            self.left_out.push(Failure::new(message).hint(write_yourself(&value)));
        }
    }

    /// Writes the annotations of the objects in a file, as far as that can be done.
    fn edit(
        &mut self,
        tree: &dyn Source,
        path: &str,
        definitions: &[(&Definition, String)],
    ) -> Result<(), Failure> {
        let (place, text) = read_text(tree, path)?;
        let mut cannot = |definition: &Definition, value: &str, why: String, line: u32| {
            let message = format!("the annotation of {} cannot be written: {why}", definition.title());
            let origin = if line > 0 { Origin::at(path, line, 1) } else { Origin::file(path) };
            self.left_out.push(Failure::new(message).at(origin).hint(write_yourself(value)));
        };
        let mut edits = Vec::new();
        let edited = Editor::new(&text, Reader::ArgoCd).and_then(|editor| {
            for (definition, value) in definitions {
                let Some(document) = document_of(editor.roots(), definition) else {
                    let why = "the file makes it by a template or a patch".to_owned();
                    cannot(definition, value, why, 0);
                    continue;
                };
                let root = &editor.roots()[document];
                edits.push(annotate(root, definition.kind, value).in_document(document));
            }
            editor.apply(&edits)
        });
        match edited {
            Ok(edited) if edits.is_empty() => drop(edited),
            Ok(edited) => self.changes.replace(place, text, edited.text),
            Err(error) => {
                for (definition, value) in definitions {
                    cannot(definition, value, error.to_string(), error.span().line);
                }
            }
        }
        Ok(())
    }
}

fn write_yourself(value: &str) -> String {
    format!("write `{GENERATE_PATHS}: {value}` where it is made")
}

/// Whether both annotations name the same paths.
fn is_same(one: &str, other: &str) -> bool {
    let paths =
        |text: &str| -> BTreeSet<String> { text.split(';').map(|path| path.trim().to_owned()).collect() };
    paths(one) == paths(other)
}

/// The paths that an Application reads.
enum Paths {
    /// As the annotation has them: `.` for the directory of a source, others from the root.
    Known(BTreeSet<String>),
    /// Something does not render, so that it may read more than it did.
    Unknown,
}

impl Default for Paths {
    fn default() -> Self {
        Self::Known(BTreeSet::new())
    }
}

impl Paths {
    fn of(fleet: &Fleet, render: &ApplicationRender) -> Self {
        let own = fleet.repositories().reviewed();
        let mut paths = BTreeSet::new();
        for source in &render.sources {
            if source.checkout.is_same_tree(own) {
                add_paths(source, &mut paths);
            }
        }
        Self::Known(without_nested(&paths))
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(mut one), Self::Known(other)) => {
                one.extend(other);
                Self::Known(without_nested(&one))
            }
            _ => Self::Unknown,
        }
    }
}

/// Adds what a source reads beside its own directory.
fn add_paths(source: &SourceRender, paths: &mut BTreeSet<String>) {
    paths.insert(".".to_owned());
    let mut add = |path: &TreePath, is_directory: bool| {
        if path.starts_with(&source.directory) || path.as_str().starts_with('$') {
            return;
        }
        let directory = if is_directory { Some(path.clone()) } else { path.parent() };
        let whole = directory.filter(|directory| is_directory || !source.directory.starts_with(directory));
        // A directory above that of the source holds more than this source.
        let place = whole.unwrap_or_else(|| path.clone());
        paths.insert(if place.is_root() { "/".to_owned() } else { format!("/{place}") });
    };
    // What Argo CD's own tools render does not depend on oarlock.yaml.
    let records: &[&ReadRecord] = if source.source_type == SourceType::Oarlock {
        &[&source.reads, &source.configuration]
    } else {
        &[&source.reads]
    };
    for (request, answer) in records.iter().copied().flatten() {
        let (path, is_directory) = match request {
            Lookup::Read(path) | Lookup::Stat(path) => (path, false),
            Lookup::List(path) => (path, true),
            Lookup::Remote(_) => continue,
        };
        // A directory that is looked at and not listed is there, and that is all.
        if let LookupResult::Found(found) = answer {
            if found.kind == oarlock_plugin::Kind::Directory {
                continue;
            }
            if let Ok(real) = TreePath::new(&found.path) {
                add(&real, false);
            }
        }
        add(path, is_directory && !matches!(answer, LookupResult::Nothing(_)));
    }
}

/// Paths without those that lie in others.
fn without_nested(paths: &BTreeSet<String>) -> BTreeSet<String> {
    let is_nested = |path: &str| {
        path.starts_with('/')
            && path.match_indices('/').any(|(end, _)| {
                let above = if end == 0 { "/" } else { &path[..end] };
                above != path && paths.contains(above)
            })
    };
    paths.iter().filter(|path| !is_nested(path)).cloned().collect()
}

fn annotation(paths: &BTreeSet<String>) -> String {
    paths.iter().map(String::as_str).collect::<Vec<_>>().join(";")
}

/// The document in which an object is written as such.
fn document_of(roots: &[Node], definition: &Definition) -> Option<usize> {
    let text = |root: &Node, path: &[&str]| root.at(path).and_then(Node::as_str).map(str::to_owned);
    roots.iter().position(|root| {
        text(root, &["kind"]).as_deref() == Some(definition.kind.name())
            && text(root, &["metadata", "name"]).as_deref() == Some(definition.name.name.as_str())
    })
}

/// The edit that sets the annotation in a document.
fn annotate(root: &Node, kind: Kind, value: &str) -> Edit {
    let above: &[&str] = match kind {
        Kind::ApplicationSet => &["spec", "template", "metadata"],
        Kind::Application | Kind::AppProject => &["metadata"],
    };
    let metadata = above.iter().fold(Path::root(), |path, key| path.key(*key));
    let annotations = root.at(above).and_then(|metadata| metadata.get("annotations"));
    let value = Node::string(value);
    match annotations {
        Some(annotations) if annotations.get(GENERATE_PATHS).is_some() => {
            Edit::set(metadata.key("annotations").key(GENERATE_PATHS), value)
        }
        Some(annotations) if annotations.as_mapping().is_some() => {
            Edit::add_entry(metadata.key("annotations"), GENERATE_PATHS, value)
        }
        _ => {
            let mut annotations = Node::empty_mapping();
            if let Some(mapping) = annotations.as_mapping_mut() {
                mapping.push(GENERATE_PATHS, value);
            }
            Edit::add_entry(metadata, "annotations", annotations)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_others_are_left_out() {
        let paths = |paths: &[&str]| without_nested(&paths.iter().map(|path| (*path).to_owned()).collect());
        assert_eq!(annotation(&paths(&[".", "/a", "/a/b", "/ab", "/c/d"])), ".;/a;/ab;/c/d");
        assert_eq!(annotation(&paths(&[".", "/", "/a"])), ".;/");
    }

    #[test]
    fn annotations_are_set_where_they_belong() {
        for (text, kind, expected) in [
            (
                "metadata:\n  name: a # c\n",
                Kind::Application,
                "metadata:\n  name: a # c\n  annotations:\n    argocd.argoproj.io/manifest-generate-paths: .;/b\n",
            ),
            (
                "metadata:\n  annotations:\n    argocd.argoproj.io/manifest-generate-paths: .\n",
                Kind::Application,
                "metadata:\n  annotations:\n    argocd.argoproj.io/manifest-generate-paths: .;/b\n",
            ),
            (
                "spec:\n  template:\n    metadata:\n      annotations: {x: y}\n",
                Kind::ApplicationSet,
                "spec:\n  template:\n    metadata:\n      annotations: {x: y, argocd.argoproj.io/manifest-generate-paths: .;/b}\n",
            ),
        ] {
            let editor = Editor::new(text, Reader::ArgoCd).unwrap();
            let edit = annotate(&editor.roots()[0], kind, ".;/b");
            assert_eq!(editor.apply(&[edit]).unwrap().text, expected);
        }
    }
}
