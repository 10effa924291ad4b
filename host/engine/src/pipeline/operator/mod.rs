//! What the operator says: a file outside the repository, so that no repository can change it.

mod argocd;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oarlock_plugin::Failure;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config_file::{self, Budget};
use crate::pipeline::Profile;
use crate::sandbox::{Library, Limits, PluginSource};

pub(super) use self::argocd::Pattern;
pub use self::argocd::{ArgoCd, Collection, Discovery, ParameterDeclaration};

/// Which components may run, and how much each call may take.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct Operator {
    /// The release of Argo CD that runs around the server, for repositories whose `oarlock.yaml` names none. Default: the newest.
    pub profile: Option<Profile>,
    /// The bundled plugins that may run. Default: all.
    pub bundled: Option<Vec<String>>,
    /// Components from files, by the name that pipelines call them.
    pub plugins: BTreeMap<String, OperatorPlugin>,
    /// Whether a repository may bring components of its own. They run in the same sandbox; still, off by default.
    pub allow_repository_plugins: bool,
    /// How much each call of a plugin may take.
    pub limits: Limits,
    /// How the server for Argo CD behaves.
    #[serde(rename = "argocd")]
    pub argo_cd: ArgoCd,
}

/// A component from a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperatorPlugin {
    /// The file; relative to the one that says so.
    pub component: PathBuf,
    /// SHA-256 that the component must have, as `sha256:…`.
    pub digest: Option<String>,
}

/// Why an operator's configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The file cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: std::io::Error,
    },
    /// The file has something in it that it may not have.
    #[error(transparent)]
    Invalid(#[from] Failure),
    /// A bundled plugin is named that there is not.
    #[error("no plugin `{name}` is bundled; there are {}", known.join(", "))]
    NotBundled {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// The digest of a plugin is none.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

/// A text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no digest; write it as `sha256:` and 64 hexadecimal digits")]
pub struct DigestError(String);

impl Operator {
    /// Reads the operator's file.
    ///
    /// # Errors
    /// If it cannot be read or says something that it may not.
    pub fn load(path: &Path) -> Result<Self, OperatorError> {
        let text = std::fs::read(path)
            .map_err(|reason| OperatorError::Unreadable { path: path.to_owned(), reason })?;
        let mut operator = Self::parse(&path.display().to_string(), &text)?;
        let base = path.parent().unwrap_or(Path::new("."));
        for plugin in operator.plugins.values_mut() {
            plugin.component = base.join(&plugin.component);
        }
        Ok(operator)
    }

    /// Reads the text of an operator's file, which has a name for messages.
    ///
    /// # Errors
    /// If it says something that it may not.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, Failure> {
        let operator: Self = match config_file::parse(name, text, &mut Budget::for_configuration())? {
            Some(node) => config_file::typed(name, &node, "operator").map_err(config_file::first)?,
            None => Self::default(),
        };
        operator.argo_cd.parameters.iter().try_for_each(ParameterDeclaration::check)?;
        Ok(operator)
    }

    /// Puts the plugins that may run into a library.
    ///
    /// # Errors
    /// If a bundled plugin is named that there is not, or a digest is none.
    pub fn fill(&self, library: &mut Library) -> Result<(), OperatorError> {
        let known: Vec<&'static str> = oarlock_bundle::BUNDLED.iter().map(|bundled| bundled.name).collect();
        for name in self.bundled.iter().flatten() {
            if !known.contains(&name.as_str()) {
                return Err(OperatorError::NotBundled { name: name.clone(), known });
            }
        }
        for bundled in oarlock_bundle::BUNDLED {
            if self.bundled.as_ref().is_none_or(|allowed| allowed.iter().any(|name| name == bundled.name)) {
                library.add(bundled.name, PluginSource::Bundled(bundled));
            }
        }
        for (name, plugin) in &self.plugins {
            let digest = plugin.digest.as_deref().map(parse_digest).transpose()?;
            library.add(name, PluginSource::File { path: plugin.component.clone(), digest });
        }
        Ok(())
    }
}

/// `sha256:…` as lower-case hexadecimal.
///
/// # Errors
/// If it is something else.
pub(crate) fn parse_digest(text: &str) -> Result<String, DigestError> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(DigestError(text.to_owned()));
    }
    Ok(hex)
}
