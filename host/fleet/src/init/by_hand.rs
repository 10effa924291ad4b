//! What is applied by hand where no Application makes another: kustomizations that have
//! Applications among what they read, and directories or files of plain manifests.

use std::collections::BTreeSet;

use oarlock_engine::pipeline::Overrides;
use oarlock_engine::source::Lookup;
use oarlock_plugin::{Application, TreePath};

use crate::directories::{Directories, ThreadsError, read_by_others, render_all};
use crate::fleet::Fleet;
use crate::plan::SourceType;

/// What makes the objects of files: the outermost kustomizations that read them. Of what no
/// kustomization has, the directory around all of it, or around some, if it renders as a whole, and
/// else the files.
///
/// # Errors
/// If there can be no threads.
pub(super) fn roots(fleet: &Fleet, files: &BTreeSet<TreePath>) -> Result<BTreeSet<TreePath>, ThreadsError> {
    let (mut roots, directories) = kustomizations(fleet, files)?;
    // What a kustomization around it does not read is switched off.
    let is_plain = |file: &&TreePath| !file.above().any(|above| directories.contains(&above));
    let mut plain: BTreeSet<TreePath> = files.iter().filter(is_plain).cloned().collect();
    if roots.is_empty() && plain.is_empty() {
        plain.clone_from(files);
    }
    let parents: BTreeSet<TreePath> = plain.iter().filter_map(TreePath::parent).collect();
    let around = parents.iter().cloned().reduce(|one, other| common(&one, &other));
    let mut rendered: Vec<TreePath> = Vec::new();
    // One around another comes first.
    for place in around.iter().chain(parents.iter().filter(|parent| Some(*parent) != around.as_ref())) {
        let is_new = !rendered.iter().any(|outer| place.starts_with(outer));
        let renders = || fleet.pool.install(|| fleet.render_directory(place));
        if is_new && renders().is_ok_and(|render| render.rendered.is_ok()) {
            rendered.push(place.clone());
        }
    }
    plain.retain(|file| !rendered.iter().any(|directory| file.starts_with(directory)));
    roots.extend(rendered.into_iter().chain(plain));
    Ok(roots)
}

/// The outermost kustomizations that read files, and the directories of all kustomizations.
fn kustomizations(
    fleet: &Fleet,
    files: &BTreeSet<TreePath>,
) -> Result<(BTreeSet<TreePath>, BTreeSet<TreePath>), ThreadsError> {
    let name = SourceType::Kustomize.name().to_owned();
    let checkout = fleet.repositories().reviewed();
    let directories = Directories {
        renderer: &fleet.renderer,
        tree: &checkout.tree,
        below: &checkout.root,
        application: &Application::default(),
        overrides: &Overrides {
            plugins: Some(vec![name.clone()]),
            config: vec![(name, fleet.options.kustomize.clone())],
            profile: fleet.options.profile,
            ignores_plugins: true,
            ..Overrides::default()
        },
        check_deterministic: false,
    };
    let renders = render_all(&directories, &())?.renders;
    let inner = read_by_others(&renders);
    let reads = |file: &TreePath, reads: &oarlock_engine::source::ReadRecord| {
        reads.contains_key(&Lookup::Read(file.clone()))
    };
    let outermost = renders.iter().filter(|render| {
        !inner.contains(&render.directory) && files.iter().any(|file| reads(file, &render.outcome.reads))
    });
    let roots = outermost.map(|render| render.directory.clone()).collect();
    Ok((roots, renders.into_iter().map(|render| render.directory).collect()))
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

/// The nearest directory around two.
fn common(one: &TreePath, other: &TreePath) -> TreePath {
    let mut around = std::iter::once(one.clone()).chain(one.above());
    around.find(|around| other.starts_with(around)).unwrap_or_else(TreePath::root)
}
