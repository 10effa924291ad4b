//! Manifests to text: one stream, or one file per object.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use oarlock_plugin::TreePath;
use oarlock_yaml::{Dialect, Node, emit, from_json, to_json};

use crate::manifest::Manifest;

/// The form of what is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// YAML as `kustomize build` prints it.
    #[default]
    Yaml,
    /// JSON; a stream of manifests is one array.
    Json,
}

/// Why manifests could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A manifest holds what the format cannot.
    #[error("cannot write {object}: {reason}")]
    Unwritable {
        /// The object.
        object: String,
        /// What it holds.
        reason: String,
    },
    /// The output directory holds files that are not Oarlock's.
    #[error("`{0}` is not empty and was not written by oarlock")]
    Foreign(PathBuf),
    /// The operating system refused.
    #[error("cannot write `{path}`: {reason}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        reason: io::Error,
    },
}

/// Marks a directory as written by Oarlock, so that it may be replaced.
const MARKER: &str = ".oarlock";

/// The manifests as one text.
///
/// # Errors
/// If a manifest holds what the format cannot.
pub fn to_text(manifests: &[Manifest], format: Format) -> Result<String, WriteError> {
    let mut text = String::new();
    match format {
        Format::Yaml => {
            for (index, manifest) in manifests.iter().enumerate() {
                if index > 0 {
                    text.push_str("---\n");
                }
                text.push_str(&object_text(&parse(manifest)?, format)?);
            }
        }
        Format::Json => {
            text.push('[');
            for (index, manifest) in manifests.iter().enumerate() {
                text.push_str(if index > 0 { ",\n" } else { "\n" });
                text.push_str(object_text(&parse(manifest)?, format)?.trim_end());
            }
            text.push_str("\n]\n");
        }
    }
    Ok(text)
}

fn parse(manifest: &Manifest) -> Result<Node, WriteError> {
    from_json(&manifest.json).map_err(|error| WriteError::Unwritable {
        object: "a manifest".to_owned(),
        reason: error.to_string(),
    })
}

fn object_text(node: &Node, format: Format) -> Result<String, WriteError> {
    let written = match format {
        Format::Yaml => emit(node, Dialect::Kustomize),
        Format::Json => to_json(node).map(|text| text + "\n"),
    };
    written.map_err(|error| WriteError::Unwritable { object: describe(node), reason: error.to_string() })
}

fn text_at<'a>(node: &'a Node, path: &[&str]) -> &'a str {
    node.at(path).and_then(Node::scalar_text).unwrap_or("")
}

fn describe(node: &Node) -> String {
    format!("{} {}", text_at(node, &["kind"]), text_at(node, &["metadata", "name"]))
}

/// Files to be written, by their path below the output directory.
#[derive(Debug, Default)]
pub struct Files {
    fresh: BTreeMap<String, String>,
    kept: Vec<TreePath>,
}

impl Files {
    /// Adds the manifests of a render, one file each, named as `kustomize build -o` names them: group, version, kind and name.
    ///
    /// # Errors
    /// If a manifest holds what the format cannot.
    pub fn add(
        &mut self,
        below: &TreePath,
        manifests: &[Manifest],
        format: Format,
    ) -> Result<(), WriteError> {
        let extension = match format {
            Format::Yaml => "yaml",
            Format::Json => "json",
        };
        let mut taken = HashSet::new();
        for manifest in manifests {
            let node = parse(manifest)?;
            let short = file_stem(&node);
            let namespace = text_at(&node, &["metadata", "namespace"]);
            // Two objects may differ in nothing but their namespace, or only in what a file name cannot hold.
            let long = format!("{}_{short}", sanitize(namespace));
            let numbered = (2..).map(|number| format!("{long}_{number}"));
            let stem =
                [short, long.clone()].into_iter().chain(numbered).find(|stem| taken.insert(stem.clone()));
            let name = format!("{}.{extension}", stem.unwrap_or_default());
            let path = if below.is_root() { name } else { format!("{below}/{name}") };
            self.fresh.insert(path, object_text(&node, format)?);
        }
        Ok(())
    }

    /// Keeps what an earlier run wrote below a path, since this run has nothing better.
    pub fn keep(&mut self, below: TreePath) {
        self.kept.push(below);
    }

    /// Writes the files to a directory. All of them appear at once, or none does: they are written beside it and renamed.
    ///
    /// # Errors
    /// If the directory holds files that are not Oarlock's, or the operating system refuses.
    pub fn write(&self, directory: &Path) -> Result<(), WriteError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |reason| WriteError::Io { path, reason }
        };
        let directory = std::path::absolute(directory).map_err(at(directory))?;
        let replaces = replaceable(&directory).map_err(at(&directory))?;
        if replaces == Replaceable::No {
            return Err(WriteError::Foreign(directory));
        }
        let parent = directory.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent).map_err(at(parent))?;
        let staging = tempfile::Builder::new().prefix(".oarlock-").tempdir_in(parent).map_err(at(parent))?;
        let fresh = staging.path().join("new");
        fs::create_dir(&fresh).map_err(at(&fresh))?;
        fs::write(fresh.join(MARKER), "Written by oarlock, which replaces this directory as a whole.\n")
            .map_err(at(&fresh))?;
        for (path, content) in &self.fresh {
            let path = fresh.join(path);
            let below = path.parent().unwrap_or(&fresh);
            fs::create_dir_all(below).map_err(at(below))?;
            fs::write(&path, content).map_err(at(&path))?;
        }
        for below in &self.kept {
            copy(&directory.join(below.as_str()), &fresh.join(below.as_str())).map_err(at(&fresh))?;
        }
        if replaces == Replaceable::Existing {
            fs::rename(&directory, staging.path().join("old")).map_err(at(&directory))?;
        }
        fs::rename(&fresh, &directory).map_err(at(&directory))
    }
}

/// Copies the files directly in a directory, if there is one: that is how a render is laid out.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Replaceable {
    Absent,
    Existing,
    No,
}

fn replaceable(directory: &Path) -> io::Result<Replaceable> {
    match fs::read_dir(directory) {
        Ok(mut entries) => {
            let ours = directory.join(MARKER).is_file() || entries.next().is_none();
            Ok(if ours { Replaceable::Existing } else { Replaceable::No })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Replaceable::Absent),
        Err(error) => Err(error),
    }
}

fn file_stem(node: &Node) -> String {
    let api_version = text_at(node, &["apiVersion"]).replace('/', "_");
    let parts = [api_version.as_str(), text_at(node, &["kind"]), text_at(node, &["metadata", "name"])];
    sanitize(&parts.join("_").to_lowercase())
}

/// A name that is a file name everywhere: what an object's name may not hold anyway becomes `-`, so that none can climb out.
fn sanitize(name: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    name.chars().map(clean).collect::<String>().trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(json: &str) -> Manifest {
        Manifest { json: json.to_owned(), origin: None }
    }

    fn names(files: &Files) -> Vec<&str> {
        files.fresh.keys().map(String::as_str).collect()
    }

    #[test]
    fn files_are_named_as_kustomize_names_them() {
        let mut files = Files::default();
        let manifests = [
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}}"#,
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"a"}}"#,
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"b"}}"#,
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"../../etc:c"}}"#,
        ]
        .map(manifest);
        files.add(&TreePath::new("x/y").unwrap(), &manifests, Format::Yaml).unwrap();
        assert_eq!(
            names(&files),
            [
                "x/y/apps_v1_deployment_web.yaml",
                "x/y/b_v1_configmap_c.yaml",
                "x/y/v1_configmap_..-..-etc-c.yaml",
                "x/y/v1_configmap_c.yaml"
            ]
        );
    }

    #[test]
    fn a_directory_is_replaced_as_a_whole_or_left_alone() {
        let outer = tempfile::tempdir().unwrap();
        let out = outer.path().join("out");
        let render = |name: &str| {
            let mut files = Files::default();
            let json = format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}}}}"#);
            files.add(&TreePath::root(), &[manifest(&json)], Format::Yaml).unwrap();
            files.write(&out)
        };
        render("a").unwrap();
        render("b").unwrap();
        assert!(!out.join("v1_configmap_a.yaml").exists());
        assert!(out.join("v1_configmap_b.yaml").exists());
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1, "nothing is left beside it");

        fs::remove_file(out.join(MARKER)).unwrap();
        assert!(matches!(render("c"), Err(WriteError::Foreign(_))));
        assert!(out.join("v1_configmap_b.yaml").exists());
    }
}
