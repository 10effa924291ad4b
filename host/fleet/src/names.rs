//! Where renders are written: `CLUSTER/APPLICATION`.

use std::collections::{BTreeMap, BTreeSet};

use oarlock_plugin::{Failure, TreePath};

use crate::environment::Application;

/// The longest name of a directory, in bytes, as file systems have it.
const MAX_NAME_BYTES: usize = 255;

/// The directory of an Application below the output. Whatever names have in them that a path
/// cannot, or that leads elsewhere, is a `-`.
pub fn output_path(application: &Application) -> TreePath {
    let cluster = match application.cluster() {
        "" => "unknown",
        cluster => cluster,
    };
    let path = format!("{}/{}", safe(cluster), safe(&application.called));
    TreePath::new(&path).unwrap_or_else(|_| TreePath::root())
}

/// A text as the name of a directory.
fn safe(text: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let mut name: String = text.chars().map(clean).collect();
    name.truncate(MAX_NAME_BYTES);
    // A name of dots alone is a way, and one that starts with a dot is hidden.
    if name.starts_with('.') {
        name.replace_range(..1, "-");
    }
    if name.is_empty() { "-".to_owned() } else { name }
}

/// The Applications whose renders would be written to the directory of another one: for each
/// directory what is to be said of it.
///
/// File systems that do not tell the case of letters are taken into account.
pub fn collisions<'a>(
    applications: impl IntoIterator<Item = (&'a str, &'a Application)>,
) -> BTreeMap<TreePath, Failure> {
    let mut by_path: BTreeMap<String, (BTreeSet<TreePath>, Vec<String>)> = BTreeMap::new();
    for (environment, application) in applications {
        let path = output_path(application);
        let (paths, names) = by_path.entry(path.to_lowercase()).or_default();
        paths.insert(path);
        names.push(format!("{} of `{environment}`", application.definition.title()));
    }
    let mut collisions = BTreeMap::new();
    for (paths, names) in by_path.into_values().filter(|(_, names)| names.len() > 1) {
        for path in paths {
            let failure =
                Failure::new(format!("{} would be written to one directory: `{path}`", names.join(" and ")))
                    .hint("render one of the environments at a time, or give clusters and Applications names of their own");
            collisions.insert(path, failure);
        }
    }
    collisions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe() {
        for (name, expected) in [
            ("web", "web"),
            ("..", "-."),
            (".git", "-git"),
            ("a/../b", "a-..-b"),
            ("https://h:6443", "https---h-6443"),
            ("", "-"),
            ("ä", "-"),
        ] {
            assert_eq!(safe(name), expected, "{name}");
        }
        assert_eq!(safe(&"x".repeat(300)).len(), MAX_NAME_BYTES);
    }
}
