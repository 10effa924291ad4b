//! A proposal for `fleet` of `oarlock.yaml`: the Applications in the repository that make others,
//! or else what is applied by hand.

mod by_hand;

use std::collections::{BTreeMap, BTreeSet};

use oarlock_engine::source::Source;
use oarlock_plugin::{Failure, Kind as EntryKind, TreePath};
use oarlock_yaml::{Dialect, emit, from_json};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::clusters::Target;
use crate::definition::{Definition, Kind, ObjectName, definitions};
use crate::directories::ThreadsError;
use crate::environment::{Application, Parent};
use crate::fleet::Fleet;
use crate::origin::repository_of;
use crate::repository::RepositoryId;

/// How many files are looked at.
const MAX_FILES: usize = 50_000;

/// How deep directories may nest.
const MAX_DEPTH: usize = 64;

/// The largest file that is looked at, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// An object of Argo CD in a file.
struct Written {
    file: TreePath,
    definition: Definition,
}

/// Proposes the block `fleet`, as YAML.
///
/// # Errors
/// If there are neither Applications nor ApplicationSets.
pub fn propose(fleet: &Fleet) -> Result<String, Failure> {
    let checkout = fleet.repositories().reviewed().clone();
    let mut files = Vec::new();
    find(checkout.tree.as_ref(), &checkout.root, 0, &mut files);
    let mut written = Vec::new();
    for file in files {
        let Ok(text) = checkout.tree.read(&file) else { continue };
        // What does not parse is a template, or nothing that Argo CD reads.
        let Ok(found) = definitions(&file, &text, &fleet.options.namespace) else { continue };
        written.extend(found.into_iter().map(|definition| Written { file: file.clone(), definition }));
    }
    let objects: Vec<Definition> = written.iter().map(|one| one.definition.clone()).collect();
    let is_known = fleet.repositories().is_known();
    let repository = repository_of(&objects, checkout.tree.as_ref());
    if let (false, Some(url)) = (is_known, &repository) {
        fleet.repositories().adopt(url);
    }
    let roots = roots(fleet, &written).map_err(|error| Failure::new(error.to_string()))?;
    if roots.is_empty() {
        return Err(Failure::new(
            "there are neither Applications nor ApplicationSets in the files of this tree",
        )
        .hint("where a chart makes them, name its Application under `fleet.roots` of oarlock.yaml"));
    }
    let mut block = serde_json::Map::new();
    block.insert("roots".to_owned(), json!(roots));
    if let (false, Some(url)) = (is_known, &repository) {
        block.insert("repository".to_owned(), json!(url));
    }
    if let Some(branch) = repository.as_deref().and_then(|url| branch_of(&objects, url)) {
        block.insert("branch".to_owned(), json!(branch));
    }
    let failed = |error: String| Failure::new(format!("the proposal cannot be written: {error}"));
    let node = from_json(&json!({"fleet": block}).to_string()).map_err(|error| failed(error.to_string()))?;
    emit(&node, Dialect::Kustomize).map_err(|error| failed(error.to_string()))
}

/// The files that may hold objects of Argo CD, hidden directories left out.
fn find(tree: &dyn Source, directory: &TreePath, depth: usize, files: &mut Vec<TreePath>) {
    let Ok(listing) = tree.list(directory) else { return };
    let mut entries = listing.entries;
    entries.sort();
    for entry in entries.into_iter().filter(|entry| !entry.name.starts_with('.')) {
        let Ok(place) = directory.join(&entry.name) else { continue };
        // Not through links, which may go round in circles.
        let Ok(found) = tree.stat(&place) else { continue };
        if found.path != place.as_str() || files.len() >= MAX_FILES {
            continue;
        }
        let is_manifest = [".yaml", ".yml", ".json"].iter().any(|ending| entry.name.ends_with(ending));
        match entry.kind {
            EntryKind::Directory if depth < MAX_DEPTH => find(tree, &place, depth + 1, files),
            EntryKind::File if is_manifest && found.size <= MAX_FILE_BYTES => {
                let is_wanted = tree.read(&place).is_ok_and(|text| holds(&text, b"argoproj.io/"));
                if is_wanted {
                    files.push(place);
                }
            }
            _ => {}
        }
    }
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The environments and their roots: Applications that make others and that no other makes. Where
/// there are none, what is [applied by hand](by_hand::roots).
fn roots(fleet: &Fleet, written: &[Written]) -> Result<BTreeMap<String, String>, ThreadsError> {
    let applications: Vec<&Written> =
        written.iter().filter(|one| one.definition.kind == Kind::Application).collect();
    let children: Vec<BTreeSet<(Kind, ObjectName)>> =
        fleet.pool.install(|| applications.par_iter().map(|one| children(fleet, &one.definition)).collect());
    let made: BTreeSet<&(Kind, ObjectName)> = applications
        .iter()
        .zip(&children)
        .flat_map(|(one, children)| {
            let own = (Kind::Application, one.definition.name.clone());
            children.iter().filter(move |child| **child != own)
        })
        .collect();
    let is_root = |one: &Written, children: &BTreeSet<(Kind, ObjectName)>| {
        let own = (Kind::Application, one.definition.name.clone());
        children.iter().any(|(kind, name)| *kind != Kind::AppProject && *name != own.1)
            && !made.contains(&&own)
    };
    let tops: Vec<&Written> = applications
        .iter()
        .zip(&children)
        .filter(|(one, children)| is_root(one, children))
        .map(|(one, _)| *one)
        .collect();
    let mut roots = BTreeMap::new();
    for one in &tops {
        let short = one.short_name();
        let is_unique = tops.iter().filter(|other| other.short_name() == short).count() == 1;
        let name = if is_unique { short } else { one.definition.name.name.clone() };
        roots.insert(name, one.file.to_string());
    }
    if roots.is_empty() {
        let others = written.iter().filter(|one| one.definition.kind != Kind::AppProject);
        let places = by_hand::roots(fleet, &others.map(|one| one.file.clone()).collect())?;
        roots.extend(by_hand::names(&places).into_iter().zip(places.iter().map(TreePath::to_string)));
    }
    Ok(roots)
}

impl Written {
    /// What an environment may be called: the last part of the path that its root deploys.
    fn short_name(&self) -> String {
        let spec = self.definition.manifest.get("spec");
        let path = spec.and_then(|spec| spec.get("source")).and_then(|source| source.get("path"));
        let path = path.and_then(Value::as_str).and_then(|path| TreePath::new(path.trim_matches('/')).ok());
        let last = path.as_ref().and_then(TreePath::file_name);
        last.map_or_else(|| self.definition.name.name.clone(), str::to_owned)
    }
}

/// The objects of Argo CD that an Application makes.
fn children(fleet: &Fleet, definition: &Definition) -> BTreeSet<(Kind, ObjectName)> {
    let application = Application {
        spec: definition.spec(),
        definition: definition.clone(),
        parent: Parent::Root,
        target: Ok(Target::local()),
        called: definition.name.name.clone(),
    };
    let namespace = application.destination_namespace().unwrap_or(&fleet.options.namespace).to_owned();
    let render = fleet.render(&application);
    let read =
        render.manifests().filter_map(|manifest| Definition::read(manifest, &namespace).ok().flatten());
    read.map(|definition| (definition.kind, definition.name)).collect()
}

/// The branch that sources of a repository name most often.
fn branch_of(objects: &[Definition], url: &str) -> Option<String> {
    let repository = RepositoryId::new(url);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for definition in objects {
        let pointers = ["/spec/source", "/spec/template/spec/source"];
        for source in pointers.iter().filter_map(|pointer| definition.manifest.pointer(pointer)) {
            let text = |field: &str| source.get(field).and_then(Value::as_str).unwrap_or_default();
            let revision = text("targetRevision");
            let is_branch = !matches!(revision, "" | "HEAD") && !revision.contains("{{");
            if is_branch && RepositoryId::new(text("repoURL")) == repository {
                *counts.entry(revision.to_owned()).or_default() += 1;
            }
        }
    }
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(branch, _)| branch)
}
