//! What is applied by hand where no Application makes another: kustomizations that have
//! Applications among their resources, and directories or files of plain manifests.

use std::collections::{BTreeMap, BTreeSet};

use oarlock_engine::source::Source;
use oarlock_plugin::{Kind, TreePath};
use oarlock_yaml::{Limits, Node, Reader, Value, parse_one};

use crate::fleet::Fleet;
use crate::plan::SourceType;

/// The fields of a kustomization that name files and directories which become a part of it.
const FIELDS: [&str; 4] = ["resources", "bases", "components", "generators"];

/// What makes the objects of files: the outermost kustomizations that have them. Of what no
/// kustomization has, the directory around all of it, or around some, if it renders as a whole, and
/// else the files.
pub(super) fn roots(fleet: &Fleet, files: &BTreeSet<TreePath>) -> BTreeSet<TreePath> {
    let tree = fleet.repositories().reviewed().tree.clone();
    let kustomizations = Kustomizations::around(tree.as_ref(), files);
    let (mut roots, mut plain) = (BTreeSet::new(), BTreeSet::new());
    for file in files {
        let outermost = kustomizations.outermost(file);
        // What a kustomization around it does not name is switched off.
        if outermost.is_empty() && !kustomizations.are_around(file) {
            plain.insert(file.clone());
        }
        roots.extend(outermost);
    }
    if roots.is_empty() && plain.is_empty() {
        plain.clone_from(files);
    }
    let renders = |directory: &TreePath| {
        let render = fleet.pool.install(|| fleet.render_directory(directory));
        render.is_ok_and(|render| render.rendered.is_ok())
    };
    let parent = |file: &TreePath| file.parent().unwrap_or_else(TreePath::root);
    let around = plain.iter().map(parent).reduce(|one, other| common(&one, &other));
    match around {
        Some(around) if renders(&around) => drop(roots.insert(around)),
        _ => {
            let parents: BTreeSet<TreePath> = plain.iter().map(parent).collect();
            let rendered: Vec<TreePath> = parents.into_iter().filter(renders).collect();
            let is_outermost =
                |place: &&TreePath| !rendered.iter().any(|other| other != *place && place.starts_with(other));
            roots.extend(rendered.iter().filter(is_outermost).cloned());
            plain.retain(|file| !rendered.iter().any(|directory| file.starts_with(directory)));
            roots.extend(plain);
        }
    }
    roots
}

/// What environments may be called: the last part of the root's path, or all of it where another
/// one has the same.
pub(super) fn names(places: &BTreeSet<TreePath>) -> Vec<String> {
    let short = |place: &TreePath| {
        let name = place.file_name().unwrap_or("all");
        let ending = [".yaml", ".yml", ".json"].iter().find_map(|ending| name.strip_suffix(ending));
        ending.unwrap_or(name).to_owned()
    };
    let name = |place: &TreePath| {
        let name = short(place);
        let is_unique = places.iter().filter(|other| short(other) == name).count() == 1;
        if is_unique { name } else { place.as_str().replace('/', "-") }
    };
    places.iter().map(name).collect()
}

/// Which files and directories are a part of which kustomization.
struct Kustomizations {
    /// Their directories.
    directories: BTreeSet<TreePath>,
    /// The directories of those that name a file or directory, by that.
    users: BTreeMap<TreePath, BTreeSet<TreePath>>,
}

impl Kustomizations {
    /// Those in the directories that lead to files, and in the directories beside these: overlays
    /// lie beside their base.
    fn around(tree: &dyn Source, files: &BTreeSet<TreePath>) -> Self {
        let mut directories = BTreeSet::new();
        let mut users: BTreeMap<TreePath, BTreeSet<TreePath>> = BTreeMap::new();
        let (mut seen, mut open) = (BTreeSet::new(), BTreeSet::new());
        for file in files {
            open.extend(std::iter::successors(file.parent(), TreePath::parent));
        }
        // Two levels below each, as in `base` and `overlays/prod`.
        for _ in 0..3 {
            let mut below = BTreeSet::new();
            for directory in open {
                if !seen.insert(directory.clone()) {
                    continue;
                }
                let Ok(listing) = tree.list(&directory) else { continue };
                for entry in listing.entries {
                    let Ok(place) = directory.join(&entry.name) else { continue };
                    if entry.kind == Kind::Directory {
                        below.insert(place);
                    } else if SourceType::of_file(&entry.name) == Some(SourceType::Kustomize) {
                        for part in parts(tree, &place, &directory) {
                            users.entry(part).or_default().insert(directory.clone());
                        }
                        directories.insert(directory.clone());
                    }
                }
            }
            open = below;
        }
        Self { directories, users }
    }

    /// Whether a kustomization lies in a directory that leads to a file.
    fn are_around(&self, file: &TreePath) -> bool {
        let mut above = std::iter::successors(file.parent(), TreePath::parent);
        above.any(|directory| self.directories.contains(&directory))
    }

    /// The kustomizations that have a file, themselves or through others, and that no other has.
    fn outermost(&self, file: &TreePath) -> BTreeSet<TreePath> {
        let (mut outermost, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![file];
        while let Some(place) = open.pop() {
            let users = self.users.get(place).into_iter().flatten();
            let users: Vec<&TreePath> = users.filter(|user| seen.insert(*user)).collect();
            if place != file && !self.users.contains_key(place) {
                outermost.insert(place.clone());
            }
            open.extend(users);
        }
        outermost
    }
}

/// The files and directories that a kustomization names.
fn parts(tree: &dyn Source, file: &TreePath, directory: &TreePath) -> Vec<TreePath> {
    let Ok(text) = tree.read(file) else { return Vec::new() };
    // One that is no YAML is an error where it is rendered.
    let Ok(Some(root)) = parse_one(&text, Reader::KustomizeField, Limits::default()) else {
        return Vec::new();
    };
    let lists = FIELDS.iter().filter_map(|field| match &root.get(field)?.value {
        Value::Sequence(items) => Some(items),
        _ => None,
    });
    let paths = lists.flatten().filter_map(Node::as_str);
    paths.filter_map(|path| directory.join(path).ok()).collect()
}

/// The nearest directory around two.
fn common(one: &TreePath, other: &TreePath) -> TreePath {
    let mut above = std::iter::successors(Some(one.clone()), TreePath::parent);
    above.find(|above| other.starts_with(above)).unwrap_or_else(TreePath::root)
}
