//! Which files changed, by looking at them.
//!
//! A [`Snapshot`] is what files looked like at one moment; two that differ mean a change. The files
//! are looked at again and again, in place of a subscription at the operating system: those have a
//! limit on each machine, miss changes on network and container mounts, and would have to follow
//! every directory of a project down to its thousands of packages. A project and what a render read
//! are some dozens of files, for which one look takes less than a millisecond.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use oarlock_engine::source::{Lookup, ReadRecord};

use crate::error::AuthorError;
use crate::project::Project;

/// The most files of a project that are looked at.
const MAX_FILES: usize = 10_000;

/// Directories that tools write into, or install into.
const WRITTEN_BY_TOOLS: [&str; 4] = ["target", "node_modules", "__pycache__", "tests"];

/// Files that tools write when they build.
const LOCK_FILES: [&str; 3] = ["Cargo.lock", "go.sum", "package-lock.json"];

/// What identifies the content of a file without reading it: device, inode, size, and both times in
/// seconds and nanoseconds. An editor that replaces a file changes its inode, and nothing can set
/// back the second time.
type Stamp = [i64; 7];

/// What some files looked like at one moment. One that was not there counts, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, Option<Stamp>>);

impl Snapshot {
    /// The files that a project is built from. Its cases are not among them.
    ///
    /// # Errors
    /// If the folder cannot be read, or has too many files.
    pub fn of_project(project: &Project) -> Result<Self, AuthorError> {
        let mut snapshot = Self::default();
        let mut folders = vec![project.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(AuthorError::file(&folder))? {
                let entry = entry.map_err(AuthorError::file(&folder))?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                // A file may be gone by now, and links are not followed: they may go round in
                // circles.
                let Ok(kind) = entry.file_type() else { continue };
                if name.starts_with('.') {
                    continue;
                }
                if kind.is_dir() {
                    if !WRITTEN_BY_TOOLS.contains(&&*name) {
                        folders.push(entry.path());
                    }
                } else if !LOCK_FILES.contains(&&*name) && entry.path() != project.component() {
                    snapshot.look(entry.path());
                }
                if snapshot.0.len() > MAX_FILES {
                    return Err(AuthorError::TooManyFiles {
                        folder: project.folder.clone(),
                        most: MAX_FILES,
                    });
                }
            }
        }
        Ok(snapshot)
    }

    /// The files and directories below a root that a render asked for.
    pub fn of_reads<'r>(root: &Path, records: impl IntoIterator<Item = &'r ReadRecord>) -> Self {
        let mut snapshot = Self::default();
        for request in records.into_iter().flat_map(BTreeMap::keys) {
            match request {
                Lookup::Read(path) | Lookup::List(path) | Lookup::Stat(path) => {
                    snapshot.look(root.join(path.as_str()));
                }
                // Where a copy is, is written in a file that is read.
                Lookup::Remote(_) => {}
            }
        }
        snapshot
    }

    /// What the same files look like now.
    #[must_use]
    pub fn again(&self) -> Self {
        let mut now = Self::default();
        self.0.keys().for_each(|path| now.look(path.clone()));
        now
    }

    fn look(&mut self, path: PathBuf) {
        let stamp = fs::metadata(&path).ok().map(|found| stamp(&found));
        self.0.insert(path, stamp);
    }
}

#[expect(clippy::cast_possible_wrap, reason = "it is compared, not counted with")]
fn stamp(found: &fs::Metadata) -> Stamp {
    [
        found.dev() as i64,
        found.ino() as i64,
        found.size() as i64,
        found.mtime(),
        found.mtime_nsec(),
        found.ctime(),
        found.ctime_nsec(),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use oarlock_engine::source::LookupResult;
    use oarlock_plugin::{ReadError, TreePath};

    use super::*;
    use crate::project::Language;

    fn project(folder: &Path) -> Project {
        Project { folder: folder.to_owned(), name: "labels".into(), language: Language::JavaScript }
    }

    #[test]
    fn what_is_written_by_hand_counts() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("src/plugin.js", "1");
        let look = || Snapshot::of_project(&project(folder.path())).unwrap();
        let before = look();
        for file in [
            "labels.wasm",
            "target/component.wasm",
            "node_modules/a/index.js",
            ".git/index",
            "Cargo.lock",
            "tests/first/expected.yaml",
        ] {
            write(file, "written by a tool");
        }
        assert_eq!(look(), before);
        write("src/plugin.js", "2");
        let changed = look();
        assert_ne!(changed, before);
        write("src/more.js", "");
        assert_ne!(look(), changed);
        fs::remove_file(folder.path().join("src/more.js")).unwrap();
        assert_eq!(look(), changed);
        // An editor that writes a new file and renames it keeps neither inode nor content.
        write(".plugin.js.new", "3");
        fs::rename(folder.path().join(".plugin.js.new"), folder.path().join("src/plugin.js")).unwrap();
        assert_ne!(look(), changed);
    }

    #[test]
    fn a_project_of_too_many_files_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for index in 0..=MAX_FILES {
            fs::write(folder.path().join(format!("{index}")), "").unwrap();
        }
        let error = Snapshot::of_project(&project(folder.path())).unwrap_err();
        assert!(matches!(error, AuthorError::TooManyFiles { .. }), "{error}");
    }

    #[test]
    fn what_a_render_asked_for_counts_even_if_it_is_not_there() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a"), "1").unwrap();
        let path = |text: &str| TreePath::new(text).unwrap();
        let nothing = || LookupResult::Nothing(ReadError::NotFound);
        let record: ReadRecord = BTreeMap::from([
            (Lookup::Read(path("a")), nothing()),
            (Lookup::Stat(path("b")), nothing()),
            (Lookup::List(path(".")), nothing()),
        ]);
        let before = Snapshot::of_reads(root.path(), [&record]);
        assert_eq!(before.again(), before);
        fs::write(root.path().join("a"), "23").unwrap();
        let changed = before.again();
        assert_ne!(changed, before);
        fs::write(root.path().join("b"), "").unwrap();
        assert_ne!(changed.again(), changed);
    }
}
