//! What files are going to be.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use oarlock_engine::source::Source;
use oarlock_engine::writer::{Replacement, WriteError, replace_files};
use oarlock_plugin::{Failure, Origin, TreePath};
use oarlock_yaml::edit::EditError;

use super::overlay::Overlay;

/// What files of a tree are going to be.
#[derive(Clone, Debug, Default)]
pub struct ChangeSet {
    files: BTreeMap<TreePath, (Vec<u8>, Vec<u8>)>,
}

impl ChangeSet {
    /// Gives a file, named by its path with links resolved, another content.
    pub fn replace(&mut self, path: TreePath, before: impl Into<Vec<u8>>, after: impl Into<Vec<u8>>) {
        self.files.insert(path, (before.into(), after.into()));
    }

    /// The files, by path.
    pub fn paths(&self) -> impl Iterator<Item = &TreePath> {
        self.files.keys()
    }

    /// The files with their content before and after.
    pub fn files(&self) -> impl Iterator<Item = (&TreePath, &[u8], &[u8])> {
        self.files.iter().map(|(path, (before, after))| (path, before.as_slice(), after.as_slice()))
    }

    /// Whether a file is among them.
    pub fn contains(&self, path: &str) -> bool {
        self.files.keys().any(|file| file.as_str() == path)
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// A tree with the changes.
    pub fn over(&self, tree: &Arc<dyn Source>) -> Arc<dyn Source> {
        let files = self.files.iter().map(|(path, (_, after))| (path.to_string(), after.clone()));
        Arc::new(Overlay::new(Arc::clone(tree), files.collect()))
    }

    /// Writes all files below the root of the tree, or none.
    ///
    /// # Errors
    /// If a file has changed in the meantime, or the operating system refuses.
    pub fn write(&self, root: &Path) -> Result<(), WriteError> {
        let replacements = self.files.iter().map(|(path, (before, after))| Replacement {
            path: path.clone(),
            before: Some(before.clone()),
            after: Some(after.clone()),
        });
        replace_files(root, &replacements.collect::<Vec<_>>())
    }
}

/// A file as text, with its path, links resolved.
pub(crate) fn read_text(tree: &dyn Source, path: &str) -> Result<(TreePath, String), Failure> {
    let at = |message: String| Failure::new(message).at(Origin::file(path));
    let found = tree.stat(path).map_err(|error| at(error.to_string()))?;
    let bytes = tree.read(path).map_err(|error| at(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| at("the file is not UTF-8".to_owned()))?;
    let real = TreePath::new(&found.path).map_err(|error| at(error.to_string()))?;
    Ok((real, text))
}

/// Why a file cannot be edited, with its place.
pub(crate) fn refused(path: &str, error: &EditError) -> Failure {
    let span = error.span();
    Failure::new(error.to_string()).at(Origin::at(path, span.line, span.column))
}
