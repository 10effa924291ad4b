//! The user's own kustomize and helm, and how Oarlock renders the same.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::CompareError;
use crate::kind::ToolKind;
use crate::run::{Run, run};

/// The release and the namespace of charts, on both sides: what `helm template` takes without any.
const RELEASE: &str = "release-name";
const NAMESPACE: &str = "default";

/// One of the user's programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    #[serde(rename = "tool")]
    pub(crate) kind: ToolKind,
    /// Its version, as it says.
    pub(crate) version: String,
    /// The profile that Oarlock renders by, if there is one for this version; else its default.
    pub(crate) profile: Option<&'static str>,
    #[serde(skip)]
    program: OsString,
    /// Whether kustomize is part of kubectl.
    #[serde(skip)]
    is_kubectl: bool,
    arguments: Vec<String>,
}

impl Tool {
    /// A tool with arguments for each render. The program is run once, to learn its version.
    ///
    /// # Errors
    /// If it cannot be run, or does not say which version it is.
    pub fn open(
        kind: ToolKind,
        program: &str,
        arguments: Vec<String>,
        timeout: Duration,
    ) -> Result<Self, CompareError> {
        let is_kubectl = kind == ToolKind::Kustomize
            && Path::new(program)
                .file_stem()
                .is_some_and(|name| name.to_string_lossy().starts_with("kubectl"));
        // It runs in other directories, and is looked for on the path where it is a bare name.
        let program = match Path::new(program).components().count() {
            1 => program.into(),
            _ => Path::new(program)
                .canonicalize()
                .map_err(|source| CompareError::NoProgram { program: program.to_owned(), source })?
                .into_os_string(),
        };
        let mut ask = Command::new(&program);
        match kind {
            ToolKind::Kustomize if is_kubectl => ask.args(["version", "--client"]),
            ToolKind::Kustomize => ask.arg("version"),
            ToolKind::Helm => ask.args(["version", "--short"]),
        };
        let name = program.to_string_lossy().into_owned();
        let printed = run(&mut ask, timeout)?
            .output
            .map_err(|why| CompareError::Version { program: name.clone(), why })?;
        let version = version(&String::from_utf8_lossy(&printed), is_kubectl)
            .ok_or(CompareError::UnknownVersion { program: name, tool: kind })?;
        let profile = kind.profiles().iter().copied().find(|profile| minor(&version) == Some(*profile));
        Ok(Self { kind, version, profile, program, is_kubectl, arguments })
    }

    /// Renders a directory by the program, in that directory, so that arguments can name files
    /// there.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn render(&self, directory: &Path, timeout: Duration) -> Result<Run, CompareError> {
        let mut command = Command::new(&self.program);
        match self.kind {
            ToolKind::Kustomize if self.is_kubectl => command.args(["kustomize", "."]),
            ToolKind::Kustomize => command.args(["build", "."]),
            ToolKind::Helm => {
                command.args(["template", RELEASE, ".", "--namespace", NAMESPACE, "--include-crds"])
            }
        };
        run(command.args(&self.arguments).current_dir(directory), timeout)
    }

    /// Renders a directory by Oarlock, with the plugin of the tool alone.
    ///
    /// # Errors
    /// If this program cannot be started.
    pub(crate) fn render_by_oarlock(
        &self,
        oarlock: &Path,
        directory: &Path,
        root: Option<&Path>,
        timeout: Duration,
    ) -> Result<Run, CompareError> {
        let mut command = Command::new(oarlock);
        command.arg("render").arg(directory).args(["--allow-empty", "--plugins", self.kind.name()]);
        command.arg("--config").arg(format!("{}={}", self.kind, Value::Object(self.configuration())));
        if let Some(root) = root {
            command.arg("--root").arg(root);
        }
        run(&mut command, timeout)
    }

    /// The plugin's configuration that says what the program's arguments say.
    fn configuration(&self) -> Map<String, Value> {
        let mut settings = Map::new();
        if let Some(profile) = self.profile {
            settings.insert("profile".to_owned(), json!(profile));
        }
        let has = |flag: &str| self.arguments.iter().any(|argument| argument == flag);
        match self.kind {
            ToolKind::Kustomize => {
                if has("--enable-helm") {
                    settings.insert("enableHelm".to_owned(), json!(true));
                }
                if has("--load-restrictor=LoadRestrictionsNone") {
                    settings.insert("loadRestrictor".to_owned(), json!("none"));
                }
            }
            ToolKind::Helm => {
                settings.insert("releaseName".to_owned(), json!(RELEASE));
                settings.insert("namespace".to_owned(), json!(NAMESPACE));
            }
        }
        settings
    }
}

/// The version in what a program prints of itself: `v5.8.1`, `v4.1.4+g1234567`, or the line
/// `Kustomize Version: v5.7.1` of kubectl.
fn version(printed: &str, is_kubectl: bool) -> Option<String> {
    let line = if is_kubectl { printed.lines().find(|line| line.starts_with("Kustomize"))? } else { printed };
    let is_version = |word: &&str| minor(word).is_some();
    line.split_whitespace().flat_map(|word| word.split('/')).find(is_version).map(str::to_owned)
}

/// `5.8` of `v5.8.1`.
fn minor(version: &str) -> Option<&str> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (major, rest) = version.split_once('.')?;
    let (minor, _) = rest.split_once('.')?;
    (is_number(major) && is_number(minor)).then(|| &version[..=major.len() + minor.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_tools_print_them() {
        for (printed, is_kubectl, expected) in [
            ("v5.8.1\n", false, Some("v5.8.1")),
            ("5.5.0", false, Some("5.5.0")),
            ("{Version:kustomize/v5.4.3 GitCommit:a}", false, Some("v5.4.3")),
            ("v4.1.4+g1234567", false, Some("v4.1.4+g1234567")),
            ("Client Version: v1.35.2\nKustomize Version: v5.7.1\n", true, Some("v5.7.1")),
            ("Client Version: v1.35.2\n", true, None),
            ("(devel)", false, None),
        ] {
            assert_eq!(version(printed, is_kubectl).as_deref(), expected, "{printed}");
        }
        assert_eq!(
            (minor("v5.8.1"), minor("v3.19.4"), minor("v5"), minor("x.1.2")),
            (Some("5.8"), Some("3.19"), None, None)
        );
    }
}
