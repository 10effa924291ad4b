//! The annotation that tells Argo CD which commits concern an Application, from what its render
//! read.
//!
//! Argo CD takes a commit for one that concerns the Application if one of the changed files is one
//! of the paths, lies below one of them, or matches one as Go's `filepath.Match` does. A path that
//! begins with `/` starts at the root of the repository, any other at the source's.

use std::collections::{BTreeMap, BTreeSet};

use oarlock_plugin::{Kind, Metadata, TreePath};

use super::filepath;
use oarlock_engine::pipeline::FILE_NAMES;
use oarlock_engine::source::{Directory, Lookup, LookupResult, ReadRecord};

/// The annotation.
pub(super) const ANNOTATION: &str = "argocd.argoproj.io/manifest-generate-paths";

/// Both names of the repository's configuration, which is looked for in every directory on the way
/// to the one that is rendered.
const CONFIGURATION: &str = "oarlock.y*ml";

/// So many links may follow one upon another.
const MAX_LINKS: usize = 40;

/// The paths of which a render depends, whether or not there is something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    /// Files, and what was looked for and not found.
    files: BTreeSet<TreePath>,
    /// Directories whose names were listed: what is new in them counts.
    listed: BTreeSet<TreePath>,
}

impl Touched {
    /// What a record of reads comes to.
    pub(super) fn of(reads: &ReadRecord, tree: &Directory) -> Self {
        let mut touched = Self::default();
        for (request, answer) in reads {
            match (request, answer) {
                (Lookup::List(path), LookupResult::Content(_)) => {
                    let real = touched.follow(path, tree);
                    touched.listed.insert(real);
                }
                // A directory that is only known to be there stays as long as what was read in it
                // does.
                (Lookup::Stat(path), LookupResult::Found(Metadata { kind: Kind::Directory, .. })) => {
                    touched.follow(path, tree);
                }
                (Lookup::Read(path) | Lookup::List(path) | Lookup::Stat(path), _) => {
                    let real = touched.follow(path, tree);
                    touched.files.insert(real);
                }
                // The repository's configuration, which is read as well, says it.
                (Lookup::Remote(_), _) => {}
            }
        }
        touched
    }

    /// Where a path leads to. git knows links as files of their own, so those on the way are files
    /// that were read.
    fn follow(&mut self, path: &TreePath, tree: &Directory) -> TreePath {
        let hops: BTreeMap<TreePath, String> =
            tree.links_on(path).into_iter().map(|hop| (hop.link, hop.target)).collect();
        let mut rest: Vec<String> = path.parts().map(str::to_owned).collect();
        rest.reverse();
        let (mut here, mut links) = (TreePath::root(), 0);
        while let Some(part) = rest.pop() {
            let Ok(next) = here.join(&part) else { return path.clone() };
            match hops.get(&next) {
                Some(target) if links < MAX_LINKS => {
                    links += 1;
                    self.files.insert(next.clone());
                    if target.starts_with('/') {
                        // Refused by the tree, so nothing behind it was read.
                        return next;
                    }
                    rest.extend(target.split('/').rev().map(str::to_owned));
                }
                _ => here = next,
            }
        }
        here
    }

    /// All of them.
    pub(super) fn paths(&self) -> impl Iterator<Item = &TreePath> {
        self.files.iter().chain(&self.listed)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.files.len() + self.listed.len()
    }
}

/// The annotation for a source in a directory: the fewest directories that hold all that was read,
/// and single files only where their directory holds the source itself. An error says why there is
/// none that helps.
///
/// # Errors
/// If the whole repository was read.
pub(super) fn annotation(
    directory: &TreePath,
    touched: &Touched,
    has_many_sources: bool,
) -> Result<String, &'static str> {
    const WHOLE: &str = "its render lists the whole repository";
    if directory.is_root() {
        return Err("its directory is the whole repository");
    }
    let mut wide: BTreeSet<TreePath> = BTreeSet::new();
    let mut above: BTreeMap<TreePath, BTreeSet<String>> = BTreeMap::new();
    for listed in touched.listed.iter().filter(|listed| !listed.starts_with(directory)) {
        wide.insert(listed.clone());
    }
    for file in touched.files.iter().filter(|file| !file.starts_with(directory)) {
        match (file.parent(), file.file_name()) {
            // Without a semicolon: it stands between paths.
            (Some(parent), Some(name)) if directory.starts_with(&parent) && !name.contains(';') => {
                above.entry(parent).or_default().insert(name.to_owned());
            }
            (Some(parent), _) => {
                wide.insert(parent);
            }
            _ => return Err(WHOLE),
        }
    }
    let mut wide: BTreeSet<TreePath> = wide.into_iter().map(without_semicolon).collect();
    if wide.contains(&TreePath::root()) {
        return Err(WHOLE);
    }
    // The root sorts before everything, and every directory before what is in it.
    let mut kept: Vec<TreePath> = Vec::new();
    while let Some(place) = wide.pop_first() {
        if !kept.iter().any(|kept| place.starts_with(kept)) {
            kept.push(place);
        }
    }
    let mut items: Vec<TreePath> = Vec::new();
    for (parent, names) in above {
        if !kept.iter().any(|kept| parent.starts_with(kept)) {
            items.extend(files_of(&parent, &names));
        }
    }
    let is_covered = kept.iter().any(|kept| directory.starts_with(kept));
    let own = (!is_covered).then(|| ".".to_owned());
    let mut others: Vec<String> =
        kept.iter().chain(&items).map(|item| written(item, directory, has_many_sources)).collect();
    others.sort_by_key(|item| (item.starts_with('/'), item.clone()));
    Ok(own.into_iter().chain(others).collect::<Vec<_>>().join(";"))
}

/// Files of a directory that holds the source itself, so that the directory would be too much.
fn files_of(parent: &TreePath, names: &BTreeSet<String>) -> Vec<TreePath> {
    let is_plain = !filepath::is_pattern(parent) && !parent.contains(';');
    let others: Vec<&String> = names.iter().filter(|name| !FILE_NAMES.contains(&name.as_str())).collect();
    let join = |names: &[&str]| names.iter().filter_map(|name| parent.join(name).ok()).collect::<Vec<_>>();
    match others.as_slice() {
        _ if parent.contains(';') => vec![without_semicolon(parent.clone())],
        // Something is made from here, and what it is made from may grow.
        [_, _, ..] if is_plain => join(&["*"]),
        others => {
            let mut files: Vec<&str> = others.iter().map(|name| name.as_str()).collect();
            match names.len() - others.len() {
                2 if is_plain => files.push(CONFIGURATION),
                _ => files.extend(FILE_NAMES.iter().filter(|name| names.contains(**name))),
            }
            join(&files)
        }
    }
}

/// The nearest directory above whose name can be written.
fn without_semicolon(mut place: TreePath) -> TreePath {
    while place.contains(';') {
        place = place.parent().unwrap_or_else(TreePath::root);
    }
    place
}

/// A path as the annotation has it: from the source where that is shorter, else from the root.
fn written(item: &TreePath, directory: &TreePath, has_many_sources: bool) -> String {
    let (absolute, relative) = (format!("/{item}"), item.relative_to(directory));
    // From the source it would be another place for each source.
    if relative.len() < absolute.len() && !has_many_sources { relative } else { absolute }
}

/// What of the paths that a render depends on an annotation leaves out.
pub(super) fn left_out<'a>(
    annotation: &str,
    directory: &TreePath,
    touched: &'a Touched,
) -> Vec<&'a TreePath> {
    let items: Vec<String> = items(annotation, directory);
    let below = |path: &TreePath| {
        let is_below = |item: &String| {
            item.is_empty()
                || path
                    .strip_prefix(item.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        items.iter().any(is_below)
    };
    let matched = |path: &TreePath| items.iter().any(|item| filepath::matches(item, path) == Ok(true));
    let files = touched.files.iter().filter(|file| !below(file) && !matched(file));
    files.chain(touched.listed.iter().filter(|listed| !below(listed))).collect()
}

/// The paths of an annotation, from the root of the repository; the root itself is empty.
fn items(annotation: &str, directory: &TreePath) -> Vec<String> {
    let item = |item: &str| {
        let start = if item.starts_with('/') { TreePath::root() } else { directory.clone() };
        // As Go cleans an absolute path: above the root there is the root.
        let step = |place: TreePath, part| place.join(part).unwrap_or_else(|_| TreePath::root());
        item.split('/').fold(start, step).into_string()
    };
    let items = annotation.split(';').filter(|text| !text.is_empty()).map(item);
    items.map(|item| if item == "." { String::new() } else { item }).collect()
}

/// What the repo-server takes for the root of the paths, where it is set to send no more than them.
/// Patterns are names to it.
pub(super) fn common_root(annotation: &str, directory: &TreePath) -> TreePath {
    let mut common: Vec<&str> = directory.parts().collect();
    let items = items(annotation, directory);
    let mut is_disjoint = false;
    for item in &items {
        let parts: Vec<&str> = item.split('/').filter(|part| !part.is_empty()).collect();
        let shorter = common.len().min(parts.len());
        if let Some(differs) = (0..shorter).find(|&index| common[index] != parts[index]) {
            common.truncate(differs);
            is_disjoint = true;
        }
        if !is_disjoint {
            common.truncate(shorter);
        }
    }
    TreePath::new(&common.join("/")).unwrap_or_else(|_| TreePath::root())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::new(text).unwrap()
    }

    fn touched(files: &[&str], listed: &[&str]) -> Touched {
        Touched {
            files: files.iter().map(|file| path(file)).collect(),
            listed: listed.iter().map(|dir| path(dir)).collect(),
        }
    }

    const CONFIGURED: [&str; 6] = [
        "oarlock.yaml",
        "apps/oarlock.yaml",
        "apps/oarlock.yml",
        "apps/web/oarlock.yaml",
        "apps/web/oarlock.yml",
        "apps/web/prod/oarlock.yaml",
    ];

    #[test]
    fn the_fewest_directories_hold_all_that_was_read() {
        for (name, files, listed, expected) in [
            ("its own directory", vec!["apps/web/prod/a.yaml"], vec!["apps/web/prod"], "."),
            ("a base beside it", vec!["apps/web/base/a.yaml", "apps/web/base/b.yaml"], vec![], ".;../base"),
            (
                "directories in one",
                vec!["apps/web/base/a.yaml", "apps/web/base/deep/b.yaml"],
                vec![],
                ".;../base",
            ),
            (
                "two bases",
                vec!["apps/web/base/a/k.yaml", "apps/web/base/b/k.yaml"],
                vec![],
                ".;../base/a;../base/b",
            ),
            ("far away", vec!["mixins/ha/pdb.yaml"], vec![], ".;/mixins/ha"),
            ("a file that is not there", vec!["mixins/ha/gone.yaml"], vec![], ".;/mixins/ha"),
            ("a base around it", vec!["apps/web/k.yaml", "apps/web/a.yaml"], vec![], ".;../*"),
            ("one file above", vec!["apps/web/values.yaml"], vec![], ".;../values.yaml"),
            (
                "one file and configuration above",
                vec!["apps/web/values.yaml", "apps/web/oarlock.yaml"],
                vec![],
                ".;../oarlock.yaml;../values.yaml",
            ),
            ("a listing above", vec!["apps/web/a.yaml"], vec!["apps/web"], ".."),
            (
                "a listing above with others",
                vec!["apps/other/a.yaml", "lib/b/c.yaml"],
                vec!["apps/web"],
                "..;/apps/other;/lib/b",
            ),
            ("a semicolon", vec!["lib/a;b/c.yaml"], vec![], ".;/lib"),
            ("a semicolon above", vec!["apps/web/a;b.yaml"], vec![], ".."),
        ] {
            let touched = touched(&files, &listed);
            let directory = path("apps/web/prod");
            let text = annotation(&directory, &touched, false).unwrap();
            assert_eq!(text, expected, "{name}");
            assert_eq!(left_out(&text, &directory, &touched), Vec::<&TreePath>::new(), "{name}");
        }
        let text = annotation(&path("apps/web/prod"), &touched(&CONFIGURED, &[]), false).unwrap();
        assert_eq!(text, ".;../oarlock.y*ml;/apps/oarlock.y*ml;/oarlock.yaml");
    }

    #[test]
    fn no_annotation_helps_where_everything_was_read() {
        assert!(annotation(&path("."), &touched(&["a.yaml"], &[]), false).is_err());
        assert!(annotation(&path("apps"), &touched(&[], &["."]), false).is_err());
        assert!(annotation(&path("apps"), &touched(&["a;b/c"], &[]), false).is_err());
    }

    #[test]
    fn for_many_sources_paths_start_at_the_root() {
        let touched = touched(&["apps/web/base/a.yaml"], &[]);
        assert_eq!(annotation(&path("apps/web/prod"), &touched, true).unwrap(), ".;/apps/web/base");
    }

    #[test]
    fn what_an_annotation_leaves_out_is_told() {
        let touched =
            touched(&["apps/web/base/a.yaml", "apps/web/prod/k.yaml", "oarlock.yaml"], &["apps/web/prod"]);
        for (annotation, expected) in [
            ("/", vec![]),
            ("../../..", vec![]),
            (".;../base;/oarlock.yaml", vec![]),
            (".;/apps/web/base/;/oarlock.y?ml", vec![]),
            (".;../base/*.yaml;/*", vec![]),
            (".", vec!["apps/web/base/a.yaml", "oarlock.yaml"]),
            ("", vec!["apps/web/base/a.yaml", "apps/web/prod/k.yaml", "oarlock.yaml", "apps/web/prod"]),
            ("./*;../b;/oarlock", vec!["apps/web/base/a.yaml", "oarlock.yaml", "apps/web/prod"]),
            ("../../../../apps", vec!["oarlock.yaml"]),
            ("/../apps;/oarlock.yaml", vec![]),
        ] {
            let left_out: Vec<&str> = left_out(annotation, &path("apps/web/prod"), &touched)
                .into_iter()
                .map(TreePath::as_str)
                .collect();
            assert_eq!(left_out, expected, "{annotation}");
        }
    }

    #[test]
    fn the_root_of_the_paths_is_what_argo_cd_takes_for_it() {
        for (annotation, expected) in [
            (".", "apps/web/prod"),
            (".;../base", "apps/web"),
            ("..", "apps/web"),
            ("./deep", "apps/web/prod"),
            (".;/oarlock.yaml", "."),
            (".;../*", "apps/web"),
            ("", "apps/web/prod"),
        ] {
            assert_eq!(common_root(annotation, &path("apps/web/prod")).as_str(), expected, "{annotation}");
        }
    }

    #[test]
    fn links_on_the_way_are_files_of_their_own() {
        use std::os::unix::fs::symlink;
        use std::sync::Arc;

        use oarlock_engine::source::{Recorder, Source as _};

        let outer = tempfile::tempdir().unwrap();
        let root = outer.path();
        fs::create_dir_all(root.join("real/base")).unwrap();
        fs::create_dir_all(root.join("app")).unwrap();
        fs::write(root.join("real/base/a.yaml"), "a").unwrap();
        symlink("../real", root.join("app/link")).unwrap();
        symlink("/etc", root.join("app/out")).unwrap();
        symlink("loop", root.join("app/loop")).unwrap();
        let recorder = Recorder::new(Arc::new(Directory::open(root).unwrap()));
        recorder.read("app/link/base/a.yaml").unwrap();
        recorder.stat("app/link/base").unwrap();
        recorder.list("app/link/base").unwrap();
        recorder.read("app/gone").unwrap_err();
        recorder.read("app/out/passwd").unwrap_err();
        recorder.read("app/loop").unwrap_err();
        let touched = Touched::of(&recorder.take_record(), &Directory::open(root).unwrap());
        let files: Vec<&str> = touched.files.iter().map(TreePath::as_str).collect();
        assert_eq!(files, ["app/gone", "app/link", "app/loop", "app/out", "real/base/a.yaml"]);
        assert_eq!(touched.listed.iter().map(TreePath::as_str).collect::<Vec<_>>(), ["real/base"]);
    }
}
