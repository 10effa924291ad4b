//! The folder of a plugin: `plugin.yaml` says what it is called and in which language it is
//! written.

use std::fs;
use std::path::{Path, PathBuf};

use oarlock_engine::read_configuration;
use serde::Deserialize;

use crate::error::AuthorError;

/// The file that makes a folder the project of a plugin.
const FILE: &str = "plugin.yaml";

/// A language that plugins can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust, with the SDK.
    Rust,
    /// JavaScript, run by QuickJS.
    JavaScript,
    /// Python, run by CPython.
    Python,
    /// Go, with the standard toolchain.
    Go,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rust, Self::JavaScript, Self::Python, Self::Go];

    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
            Self::Go => "Go",
        }
    }

    /// As it is written in `plugin.yaml` and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::Python => "python",
            Self::Go => "go",
        }
    }
}

impl Language {
    /// The command that installs what a new project names, where there is something to install.
    pub fn install(self) -> Option<&'static str> {
        match self {
            Self::JavaScript => Some("npm install"),
            Self::Python => Some(PYTHON_INSTALL),
            Self::Rust | Self::Go => None,
        }
    }
}

/// Makes the environment with all that `requirements.txt` names.
pub(crate) const PYTHON_INSTALL: &str = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt";

/// What `plugin.yaml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: String,
    language: Language,
}

/// The project of a plugin.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its folder, absolute.
    pub folder: PathBuf,
    /// The name of the plugin.
    pub name: String,
    /// What it is written in.
    pub language: Language,
}

impl Project {
    /// Reads the project in a folder.
    ///
    /// # Errors
    /// If there is none, or `plugin.yaml` does not say what it should.
    pub fn open(folder: &Path) -> Result<Self, AuthorError> {
        let file = folder.join(FILE);
        let folder = fs::canonicalize(folder).map_err(|_| AuthorError::NoProject(file.clone()))?;
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(AuthorError::NoProject(file));
            }
            Err(reason) => return Err(AuthorError::File { path: file, reason }),
        };
        let Settings { name, language } =
            read_configuration(&file.display().to_string(), &text).map_err(AuthorError::Invalid)?;
        if !is_name(&name) {
            return Err(AuthorError::Name(name));
        }
        Ok(Self { folder, name, language })
    }

    /// Where its component is built to.
    pub fn component(&self) -> PathBuf {
        self.folder.join(format!("{}.wasm", self.name))
    }

    /// Where its cases are.
    pub fn cases(&self) -> PathBuf {
        self.folder.join("tests")
    }
}

/// Whether a text can be the name of a plugin, and of a package in every language.
pub(crate) fn is_name(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    text.len() <= 63
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_project_is() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Project::open(folder.path()), Err(AuthorError::NoProject(_))));
        let write = |text: &str| fs::write(folder.path().join(FILE), text).unwrap();
        write("name: team-labels\nlanguage: python\n");
        let project = Project::open(folder.path()).unwrap();
        assert_eq!((project.name.as_str(), project.language), ("team-labels", Language::Python));
        assert!(project.component().ends_with("team-labels.wasm"));
        write("name: team-labels\nlanguage: pyhton\n");
        let error = Project::open(folder.path()).unwrap_err().into_failures().remove(0);
        assert_eq!(error.hint.as_deref(), Some("did you mean `python`?"), "{error}");
        write("name: Team\nlanguage: go\n");
        assert!(matches!(Project::open(folder.path()), Err(AuthorError::Name(name)) if name == "Team"));
    }

    #[test]
    fn names_fit_every_language() {
        for name in ["a", "my-plugin", "x2"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "2x", "-a", "a-", "A", "a_b", "a b", "ü", &"a".repeat(64)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
