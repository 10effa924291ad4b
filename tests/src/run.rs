//! One run of the binary, written like a sentence.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Tree, cache_dir, difference, oarlock};

/// A run of the binary that is being described.
///
/// ```no_run
/// use oarlock_tests::{Run, Tree};
///
/// let tree = Tree::with(&[("app/a.yaml", "kind: Pod\n")]);
/// Run::new("render app").within(&tree).ends_with(1).tells("error: …");
/// ```
#[derive(Debug)]
pub struct Run {
    command: Command,
    root: String,
}

impl Run {
    /// A run with arguments, split at spaces. Neither colours nor caches nor settings of the
    /// machine reach it.
    pub fn new(arguments: &str) -> Self {
        let mut command = Command::new(oarlock());
        command.args(arguments.split_whitespace()).env_clear().stdin(Stdio::null());
        command.env("HOME", "/nonexistent").env("OARLOCK_CACHE_DIR", cache_dir());
        Self { command, root: String::new() }
    }

    /// One more argument, as it is.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// More arguments, split at spaces.
    #[must_use]
    pub fn args(mut self, arguments: &str) -> Self {
        self.command.args(arguments.split_whitespace());
        self
    }

    /// A variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs at the root of a tree.
    ///
    /// # Panics
    /// If the binary cannot be started.
    pub fn within(self, tree: &Tree) -> Ran {
        self.at(tree.root())
    }

    /// Runs in a directory.
    ///
    /// # Panics
    /// If the binary cannot be started.
    pub fn at(mut self, directory: &Path) -> Ran {
        self.root = directory.display().to_string();
        let output = self.command.current_dir(directory).output().expect("the binary starts");
        Ran {
            command: format!("{:?}", self.command),
            stdout: self.text(&output.stdout),
            stderr: self.text(&output.stderr),
            code: output.status.code(),
        }
    }

    /// The command itself, for what the other methods do not offer.
    pub fn into_command(self) -> Command {
        self.command
    }

    /// What was printed, with the tree's place on disk, which is another one each time, as
    /// `<ROOT>`.
    fn text(&self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace(&self.root, "<ROOT>")
    }
}

/// How a run went.
#[derive(Clone, Debug)]
pub struct Ran {
    command: String,
    /// What it printed for programs.
    pub stdout: String,
    /// What it printed for people.
    pub stderr: String,
    /// Its exit status; nothing if a signal ended it.
    pub code: Option<i32>,
}

impl Ran {
    /// The run ended with this status.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)] // ends a sentence as well as it goes on
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}{}", self.command, self.stdout, self.stderr);
        self
    }

    /// The run ended well, without a word to people.
    #[track_caller]
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)] // ends a sentence as well as it goes on
    pub fn succeeds(self) -> Self {
        self.ends_with(0).tells("")
    }

    /// The whole of standard output.
    ///
    /// # Panics
    /// If it is something else.
    #[track_caller]
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)] // ends a sentence as well as it goes on
    pub fn prints(self, expected: &str) -> Self {
        assert!(
            self.stdout == expected,
            "{}\n{}\n{}",
            self.command,
            self.stderr,
            difference(expected, &self.stdout)
        );
        self
    }

    /// The whole of standard error.
    ///
    /// # Panics
    /// If it is something else.
    #[track_caller]
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)] // ends a sentence as well as it goes on
    pub fn tells(self, expected: &str) -> Self {
        assert!(self.stderr == expected, "{}\n{}", self.command, difference(expected, &self.stderr));
        self
    }

    /// Standard error holds one message as JSON, and this is what it says.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)] // ends a sentence as well as it goes on
    pub fn tells_one_json_error(self, expected: &str) -> Self {
        let message: serde_json::Value = serde_json::from_str(&self.stderr).unwrap_or_default();
        assert_eq!(message["message"], expected, "{}\n{}", self.command, self.stderr);
        self
    }

    /// Standard error holds one error, and this is its first line.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)] // ends a sentence as well as it goes on
    pub fn tells_one_error(self, expected: &str) -> Self {
        let errors: Vec<&str> = self.stderr.lines().filter(|line| line.starts_with("error")).collect();
        assert_eq!(errors, [expected], "{}\n{}", self.command, self.stderr);
        self
    }
}
