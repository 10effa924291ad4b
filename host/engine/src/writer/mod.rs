//! Manifests to text: one stream, or one file per object; and files of a work tree replaced.

mod exchange;
mod fresh;
mod names;
mod replace;
mod text;
mod threads;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use oarlock_plugin::TreePath;

pub use self::exchange::{Replacement, replace_files, update_directory};
use self::names::Names;
use self::replace::{Disk, Real};
pub use self::text::to_text;
use self::text::{object_text, parse};
use crate::manifest::Manifest;

/// The form of what is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// A link is in the way, and leads elsewhere.
    #[error("`{0}` is a symbolic link, and nothing is written through it")]
    Linked(PathBuf),
    /// A file is no longer what it was when its new content was made.
    #[error("`{0}` has changed in the meantime; nothing was written")]
    Changed(PathBuf),
    /// The operating system refused half-way, and again when the files before were to be put back.
    #[error("cannot put back `{path}`: {reason}; some files are changed, some are not")]
    NotRestored {
        /// The first file that could not be put back.
        path: PathBuf,
        /// The reason.
        reason: io::Error,
    },
    /// The operating system refused half-way, and again when the old directory was to be put back.
    #[error("cannot write `{path}`: {reason}; what was there is in `{aside}`, and the next run puts it back")]
    Aside {
        /// The directory.
        path: PathBuf,
        /// Where the old one is.
        aside: PathBuf,
        /// The reason.
        reason: io::Error,
    },
}

/// Marks a directory as written by Oarlock, so that it may be replaced.
const MARKER: &str = ".oarlock";

/// Files to be written, by their path below the output directory.
#[derive(Debug, Default)]
pub struct Files {
    fresh: BTreeMap<String, String>,
    kept: Vec<Kept>,
}

/// What of an earlier run stays.
#[derive(Debug)]
struct Kept {
    below: TreePath,
    /// Directories in it, too.
    all: bool,
}

impl Files {
    /// Adds the manifests of a render, one file each, named as `kustomize build -o` names them:
    /// group, version, kind and name.
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
        let mut names = Names::default();
        for manifest in manifests {
            let node = parse(manifest)?;
            let name = names.name(&node, extension);
            let path = if below.is_root() { name } else { format!("{below}/{name}") };
            self.fresh.insert(path, object_text(&node, format)?);
        }
        Ok(())
    }

    /// Keeps what an earlier run wrote of the directory at a path, since this run has nothing
    /// better.
    pub fn keep(&mut self, below: TreePath) {
        self.kept.push(Kept { below, all: false });
    }

    /// Keeps what an earlier run wrote of the directory at a path and of all directories below it.
    pub fn keep_all(&mut self, below: TreePath) {
        self.kept.push(Kept { below, all: true });
    }

    /// Whether an earlier run wrote something below a path of the directory, which is
    /// [kept](Self::keep).
    pub fn has_earlier(directory: &Path, below: &TreePath) -> bool {
        let holds_files = |directory: &Path| {
            let mut entries = fs::read_dir(directory).into_iter().flatten().flatten();
            entries.any(|entry| {
                entry.file_name() != MARKER && entry.file_type().is_ok_and(|kind| kind.is_file())
            })
        };
        holds_files(&directory.join(below.as_str()))
    }

    /// Writes the files to a directory. All of them appear at once, or none does: they are written
    /// beside it and renamed.
    ///
    /// # Errors
    /// If the directory holds files that are not Oarlock's, or the operating system refuses. What
    /// was there before is there then.
    pub fn write(&self, directory: &Path) -> Result<(), WriteError> {
        self.write_to(&Real, directory)
    }

    fn write_to(&self, disk: &dyn Disk, directory: &Path) -> Result<(), WriteError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |reason| WriteError::Io { path, reason }
        };
        let directory = std::path::absolute(directory).map_err(at(directory))?;
        // A link stays, and what it leads to is replaced.
        let directory = if directory.is_symlink() {
            fs::canonicalize(&directory).map_err(at(&directory))?
        } else {
            directory
        };
        replace::recover(disk, &directory)?;
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
        fresh::write(&fresh, &self.fresh)?;
        for Kept { below, all } in &self.kept {
            copy(&directory.join(below.as_str()), &fresh.join(below.as_str()), *all).map_err(at(&fresh))?;
        }
        match replaces {
            Replaceable::Existing => replace::replace(disk, &fresh, &directory),
            _ => disk.rename(&fresh, &directory).map_err(at(&directory)),
        }
    }
}

/// Copies the files directly in a directory, if there is one: that is how a render is laid out. All
/// that is below where so wanted.
fn copy(from: &Path, to: &Path, all: bool) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_file() {
            fs::copy(entry.path(), to)?;
        } else if all && kind.is_dir() {
            copy(&entry.path(), &to, all)?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Replaceable {
    /// Nothing is there, or an empty directory, which a rename replaces.
    Absent,
    Existing,
    No,
}

fn replaceable(directory: &Path) -> io::Result<Replaceable> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(if directory.join(MARKER).is_file() {
            Replaceable::Existing
        } else if entries.next().is_none() {
            Replaceable::Absent
        } else {
            Replaceable::No
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Replaceable::Absent),
        Err(error) => Err(error),
    }
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

        // A run that was killed between two renames.
        fs::rename(&out, replace::aside(&out)).unwrap();
        let mut files = Files::default();
        files.keep(TreePath::root());
        files.write(&out).unwrap();
        assert!(out.join("v1_configmap_b.yaml").exists(), "what it put aside is kept");
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1, "nothing is left beside it");

        fs::remove_file(out.join(MARKER)).unwrap();
        assert!(matches!(render("c"), Err(WriteError::Foreign(_))));
        assert!(out.join("v1_configmap_b.yaml").exists());
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let outer = tempfile::tempdir().unwrap();
        let (link, real) = (outer.path().join("link"), outer.path().join("real"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        for _ in 0..2 {
            Files::default().write(&link).unwrap();
            assert!(link.is_symlink() && real.join(MARKER).is_file());
        }
    }
}
