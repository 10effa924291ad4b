//! What the operator says: a file outside the repository, so that no repository can change it.

mod argocd;
mod directory;
mod plugin;
mod trust;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oarlock_plugin::Failure;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config_file::{self, Budget};
use crate::lock_file::LockFile;
use crate::pipeline::Profile;
use crate::sandbox::{Library, Limits, PluginSource, Supply};

pub(super) use self::argocd::Pattern;
pub use self::argocd::{ArgoCd, Collection, Discovery, ParameterDeclaration};
pub use self::plugin::OperatorPlugin;
pub use self::trust::{Trust, TrustedSigner};

/// Which components may run, and how much each call may take.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct Operator {
    /// The release of Argo CD that runs around the server, for repositories whose `oarlock.yaml`
    /// names none. Default: the newest.
    pub profile: Option<Profile>,
    /// The bundled plugins that may run. Default: all.
    pub bundled: Option<Vec<String>>,
    /// Components besides the bundled ones, and limits, by the name that pipelines call a plugin.
    pub plugins: BTreeMap<String, OperatorPlugin>,
    /// Directories with components, such as image volumes: `NAME.wasm` is the plugin `NAME`.
    /// Relative to the file that says so.
    pub plugin_directories: Vec<PathBuf>,
    /// Whose signatures let a component run that is not pinned to a digest.
    pub trust: Trust,
    /// Whether a repository may bring components of its own. They run in the same sandbox; still,
    /// off by default.
    pub allow_repository_plugins: bool,
    /// How much each call of a plugin may take.
    pub limits: Limits,
    /// How the server for Argo CD behaves.
    #[serde(rename = "argocd")]
    pub argo_cd: ArgoCd,
    /// What the lock file beside the operator's file pins.
    #[serde(skip)]
    pub lock: LockFile,
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
    /// A plugin is named that is nowhere.
    #[error(
        "plugin `{name}` has neither `component` nor `artifact`, and no directory of `pluginDirectories` has it"
    )]
    Nowhere {
        /// The name.
        name: String,
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
    /// Reads the operator's file, and the lock file beside it.
    ///
    /// # Errors
    /// If one of them cannot be read or says something that it may not.
    pub fn load(path: &Path) -> Result<Self, OperatorError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |reason| OperatorError::Unreadable { path, reason }
        };
        let text = std::fs::read(path).map_err(unreadable(path))?;
        let mut operator = Self::parse(&path.display().to_string(), &text)?;
        let base = path.parent().unwrap_or(Path::new("."));
        let components = operator.plugins.values_mut().filter_map(|plugin| plugin.component.as_mut());
        let trusted = operator.trust.files_mut();
        for file in components.chain(&mut operator.plugin_directories).chain(trusted) {
            *file = base.join(&*file);
        }
        for artifact in operator.plugins.values_mut().filter_map(|plugin| plugin.artifact.as_mut()) {
            *artifact = layout_beside(base, artifact);
        }
        let lock = base.join(LockFile::NAME);
        match std::fs::read(&lock) {
            Ok(text) => operator.lock = LockFile::parse(&lock.display().to_string(), &text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&lock)(error)),
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
        operator.trust.check()?;
        operator.plugins.iter().try_for_each(|(name, plugin)| plugin.check(name, &operator.trust))?;
        Ok(operator)
    }

    /// Puts the plugins that may run into a library. What is not bundled, and no file that is
    /// pinned to a digest, is brought by the program.
    ///
    /// # Errors
    /// If a bundled plugin is named that there is not, a digest is none, a directory cannot be
    /// read, or the program knows nothing that it could bring.
    pub fn fill(&self, library: &mut Library, bring: &Bring<'_>) -> Result<(), OperatorError> {
        let known: Vec<&'static str> = oarlock_bundle::BUNDLED.iter().map(|bundled| bundled.name).collect();
        for name in self.bundled.iter().flatten() {
            if !known.contains(&name.as_str()) {
                return Err(OperatorError::NotBundled { name: name.clone(), known });
            }
        }
        for bundled in oarlock_bundle::BUNDLED {
            if self.bundled.as_ref().is_none_or(|allowed| allowed.iter().any(|name| name == bundled.name)) {
                let limits = self.plugins.get(bundled.name).map(|plugin| plugin.limits).unwrap_or_default();
                library.add_limited(bundled.name, PluginSource::Bundled(bundled), limits);
            }
        }
        for (name, plugin) in self.brought()? {
            let is_signed = plugin.signed_by.is_some();
            let source = match (&plugin.component, &plugin.digest) {
                (Some(path), Some(digest)) if !is_signed => {
                    PluginSource::File { path: path.clone(), digest: Some(parse_digest(digest)?) }
                }
                _ => PluginSource::Supplied(bring(&name, &plugin)?),
            };
            library.add_limited(&name, source, plugin.limits);
        }
        Ok(())
    }

    /// The plugins that are not bundled, those of directories among them.
    ///
    /// # Errors
    /// If a directory cannot be read.
    pub fn brought(&self) -> Result<BTreeMap<String, OperatorPlugin>, OperatorError> {
        let mut brought = BTreeMap::new();
        for directory in &self.plugin_directories {
            for (name, component) in directory::components(directory)? {
                let settings = self.plugins.get(&name).cloned().unwrap_or_default();
                brought.insert(name, OperatorPlugin { component: Some(component), ..settings });
            }
        }
        let named = self.plugins.iter().filter(|(_, plugin)| plugin.is_somewhere());
        brought.extend(named.map(|(name, plugin)| (name.clone(), plugin.clone())));
        let is_bundled = |name: &String| oarlock_bundle::BUNDLED.iter().any(|bundled| bundled.name == name);
        match self.plugins.keys().find(|name| !brought.contains_key(*name) && !is_bundled(name)) {
            Some(name) => Err(OperatorError::Nowhere { name: name.clone() }),
            None => Ok(brought),
        }
    }
}

/// How the program brings a component.
pub type Bring<'a> = dyn Fn(&str, &OperatorPlugin) -> Result<Arc<dyn Supply>, Failure> + 'a;

/// A layout that is named by a relative path lies beside the operator's file.
fn layout_beside(base: &Path, artifact: &str) -> String {
    let (scheme, path) = match artifact.strip_prefix("oci-layout:") {
        Some(path) => ("oci-layout:", path),
        None if artifact.starts_with("./") || artifact.starts_with("../") => ("", artifact),
        None => return artifact.to_owned(),
    };
    format!("{scheme}{}", base.join(path).display())
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
