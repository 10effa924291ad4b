//! What can go wrong on the way from a template to a tested component.

use std::io;
use std::path::{Path, PathBuf};

use oarlock_engine::sandbox::SandboxError;
use oarlock_plugin::{Failure, Failures};

/// Why a step did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorError {
    /// There is no project in a folder.
    #[error("no plugin project is here: `{}` is missing", .0.display())]
    NoProject(PathBuf),
    /// A file of the project or of a case does not say what it should.
    #[error("{}", first(.0))]
    Invalid(Failures),
    /// A new project would be written over something else.
    #[error("`{}` is there already", .0.display())]
    Exists(PathBuf),
    /// A name that no plugin can have.
    #[error("`{0}` cannot be the name of a plugin")]
    Name(String),
    /// The folder of `--sdk` holds no SDK.
    #[error("`{}` is no checkout of Oarlock: it has no `plugins/sdk/Cargo.toml`", .0.display())]
    NoSdk(PathBuf),
    /// An option that the language has no use for.
    #[error("{0} plugins need no SDK, so `--sdk` has no use")]
    SdkUnused(&'static str),
    /// A tool that the build needs is not there, or is of another version.
    #[error("{what}")]
    Missing {
        /// What is missing.
        what: String,
        /// The command that installs it.
        install: String,
    },
    /// A tool ran and failed.
    #[error("{tool} failed")]
    Tool {
        /// The tool.
        tool: String,
        /// What it said, if it was not shown already.
        output: String,
    },
    /// The component was not built yet.
    #[error("`{}` is not there", .0.display())]
    NotBuilt(PathBuf),
    /// A tool made something that is no component.
    #[error("cannot make a component: {0}")]
    Component(String),
    /// The component is not what the project says.
    #[error("the component calls itself `{found}`, the project `{expected}`")]
    OtherName {
        /// The name in the component.
        found: String,
        /// The name in `plugin.yaml`.
        expected: String,
    },
    /// What the component says of itself is not what the contract wants.
    #[error("{what} of the component is {wrong}")]
    Descriptor {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        wrong: String,
    },
    /// There is nothing to test.
    #[error("there are no cases in `{}`", .0.display())]
    NoCases(PathBuf),
    /// A project has more files than are watched.
    #[error("`{}` has more than {most} files", folder.display())]
    TooManyFiles {
        /// The folder of the project.
        folder: PathBuf,
        /// How many may be watched.
        most: usize,
    },
    /// The component does not run.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A file could not be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: io::Error,
    },
}

fn first(failures: &Failures) -> String {
    failures.as_slice().first().map(|failure| failure.message.clone()).unwrap_or_default()
}

impl AuthorError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |reason| Self::File { path, reason }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoProject(_) => Some(
                "go to the folder of a plugin or name it; `oarlock plugin new NAME --language …` makes one"
                    .into(),
            ),
            Self::Exists(_) => Some("choose another name, or remove it".into()),
            Self::Name(_) => {
                Some("use 1 to 63 lower-case letters, digits and `-`, beginning with a letter".into())
            }
            Self::Missing { install, .. } => Some(format!("run `{install}`")),
            Self::NotBuilt(_) => Some("run `oarlock plugin build`".into()),
            Self::OtherName { .. } => {
                Some("write the same name in `plugin.yaml` and where the plugin describes itself".into())
            }
            Self::NoCases(_) => {
                Some("a case is a folder, as `tests/labels/`, with `manifests.yaml` or `tree/`".into())
            }
            Self::TooManyFiles { .. } => {
                Some("move what the plugin is not built from out of the folder, or into `target`".into())
            }
            Self::Sandbox(error) => error.hint(),
            Self::Invalid(_)
            | Self::NoSdk(_)
            | Self::SdkUnused(_)
            | Self::Tool { .. }
            | Self::Component(_)
            | Self::Descriptor { .. }
            | Self::File { .. } => None,
        }
    }

    /// The messages for the user.
    pub fn into_failures(self) -> Vec<Failure> {
        let hint = self.hint();
        let failure = Failure::new(self.to_string());
        let failure = match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        };
        match self {
            Self::Invalid(failures) => failures.into_vec(),
            Self::Sandbox(error) => error.into_failures(),
            Self::Tool { output, .. } if !output.is_empty() => vec![failure.note(output)],
            _ => vec![failure],
        }
    }
}
