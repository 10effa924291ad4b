//! No kustomization makes the loader or a build panic, and two builds of one give the same bytes.
//!
//! The input is a small tree: files in one text, each after a line `=== PATH`. What comes before
//! the first such line is `kustomization.yaml`.

use oarlock_kustomize::{Options, build};
use oarlock_plugin::{MemoryHost, TreePath};
use oarlock_yaml::{Dialect, emit};

/// Checks one input.
///
/// # Panics
/// If the property does not hold.
pub fn check(text: &str) {
    let files = files(text);
    assert_eq!(render(&files), render(&files));
}

fn files(text: &str) -> Vec<(String, String)> {
    let mut files = vec![("kustomization.yaml".to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(path) => files.push((path.trim().to_owned(), String::new())),
            None => files.last_mut().expect("the first is there").1.push_str(line),
        }
    }
    files
}

fn render(files: &[(String, String)]) -> Result<Vec<String>, String> {
    let host = MemoryHost::new(files.iter().cloned());
    let root = TreePath::new(".").expect("the root is a path");
    let resources = build(&host, &root, &Options::default()).map_err(|failure| failure.to_string())?;
    Ok(resources
        .iter()
        .map(|resource| emit(&resource.object, Dialect::Kustomize).unwrap_or_else(|error| error.to_string()))
        .collect())
}
