//! A directory of files for one test, gone after it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary directory with a work tree in it, so that a test can also put files outside of the
/// tree.
#[derive(Debug)]
pub struct Tree {
    outer: TempDir,
    root: PathBuf,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// An empty tree. It has a `.git`, which makes it what plugins may read.
    ///
    /// # Panics
    /// As everything here, if the file system refuses.
    pub fn new() -> Self {
        let outer =
            tempfile::Builder::new().prefix("oarlock-test-").tempdir().expect("a temporary directory");
        // Without links, as the program prints it.
        let root = outer.path().canonicalize().expect("was made above").join("repository");
        fs::create_dir_all(root.join(".git")).expect("a directory in it");
        Self { outer, root }
    }

    /// A tree with files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        files.iter().fold(Self::new(), |tree, (path, text)| tree.file(path, text))
    }

    /// Adds a file, with the directories that it needs.
    #[must_use]
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    /// Writes a file, with the directories that it needs.
    #[allow(clippy::missing_panics_doc)]
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("has a name")).expect("directories");
        fs::write(path, content).expect("a file");
    }

    /// Adds a symbolic link.
    #[must_use]
    #[allow(clippy::missing_panics_doc)]
    pub fn link(self, path: &str, target: &str) -> Self {
        symlink(target, self.root.join(path)).expect("a link");
        self
    }

    /// Adds a copy of a directory of the repository.
    #[must_use]
    pub fn copy_of(self, from: &Path, to: &str) -> Self {
        copy(from, &self.root.join(to));
        self
    }

    /// The root of the tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A place in the tree.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The directory around the tree, which no plugin may see.
    pub fn outside(&self) -> &Path {
        self.outer.path()
    }

    /// All files below a directory of the tree with their content, by their path from it. Empty
    /// where there is none.
    pub fn files(&self, below: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        walk(&self.root.join(below), "", &mut found);
        found
    }
}

fn walk(directory: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{name}/"), found);
        } else {
            let content = fs::read(entry.path()).unwrap_or_default();
            found.insert(name, String::from_utf8_lossy(&content).into_owned());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory of the repository").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a copy");
        }
    }
}
