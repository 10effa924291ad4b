//! Directories with components.

use std::path::{Path, PathBuf};

use super::OperatorError;

/// What the names of components end with.
const SUFFIX: &str = ".wasm";

/// The components of a directory by the names of their plugins, in the order of the names.
///
/// # Errors
/// If the directory cannot be read.
pub(super) fn components(directory: &Path) -> Result<Vec<(String, PathBuf)>, OperatorError> {
    let unreadable = |reason| OperatorError::Unreadable { path: directory.to_owned(), reason };
    let mut components = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.and_then(|name| name.strip_suffix(SUFFIX));
        // Kubernetes keeps what a volume holds in directories whose names begin with two dots.
        if let Some(name) = name.filter(|name| !name.is_empty() && !name.starts_with('.')) {
            components.push((name.to_owned(), path.clone()));
        }
    }
    components.sort();
    Ok(components)
}
