//! What plugins run on while they are written: the plugins of this machine, and the limits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oarlock_engine::sandbox::{Library, Limits, Plugin, PluginSource, Services};
use oarlock_engine::source::{Directory, Source};

use crate::error::AuthorError;

/// The plugins of this machine and the limits that hold for them, with one component more.
pub struct Bench {
    library: Library,
    limits: Limits,
    name: String,
    component: PathBuf,
}

impl Bench {
    /// Adds the component of a file under a name to the plugins of a library.
    ///
    /// # Errors
    /// If the file is not there.
    pub fn new(
        mut library: Library,
        limits: Limits,
        name: &str,
        component: &Path,
    ) -> Result<Self, AuthorError> {
        match std::fs::File::open(component) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(AuthorError::NotBuilt(component.to_owned()));
            }
            Err(error) => return Err(AuthorError::file(component)(error)),
        }
        library.add(name, PluginSource::File { path: component.to_owned(), digest: None });
        Ok(Self { library, limits, name: name.to_owned(), component: component.to_owned() })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn component(&self) -> &Path {
        &self.component
    }

    /// The component, loaded, which compiles it where that was not done before.
    pub(crate) fn plugin(&self) -> Result<Arc<Plugin>, AuthorError> {
        Ok(self.library.get(&self.name)?)
    }

    /// What calls share that see a tree.
    pub(crate) fn services(&self, tree: Arc<dyn Source>) -> Services {
        Services::new(tree, Arc::new(self.library.clone()), self.limits)
    }
}

/// An empty tree, for what reads nothing.
pub(crate) fn no_tree() -> Result<(tempfile::TempDir, Arc<Directory>), AuthorError> {
    let folder = tempfile::tempdir().map_err(AuthorError::file(Path::new("a temporary folder")))?;
    let tree = open(folder.path())?;
    Ok((folder, tree))
}

/// A folder as a tree.
pub(crate) fn open(folder: &Path) -> Result<Arc<Directory>, AuthorError> {
    let other = |error| AuthorError::file(folder)(std::io::Error::other(error));
    Directory::open(folder).map(Arc::new).map_err(other)
}
