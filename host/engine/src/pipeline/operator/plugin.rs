//! What the operator says of one plugin.

use std::path::PathBuf;

use oarlock_plugin::Failure;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Trust, parse_digest};
use crate::sandbox::PluginLimits;
use oarlock_model::Bytes;

/// The most that a plugin may have of call stack: as much as all have.
const MAX_STACK: Bytes = Bytes(1 << 20);

/// A component from a file or an artifact, and how much it may take.
///
/// It runs if it is pinned to a digest, here or in the lock file, or if one of those signed it whom
/// `trust` names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct OperatorPlugin {
    /// The file; relative to the one that says so.
    pub component: Option<PathBuf>,
    /// The artifact, as `oci://HOST/REPOSITORY:TAG` in a registry, or `oci-layout:DIRECTORY:TAG` on
    /// disk.
    pub artifact: Option<String>,
    /// SHA-256 that the component must have, or the manifest of the artifact, as `sha256:…`.
    pub digest: Option<String>,
    /// Who of `trust.signers` has to have signed it, whether it is pinned or not: one of these.
    pub signed_by: Option<Vec<String>>,
    /// How much each call may take, in place of what holds for all.
    pub limits: PluginLimits,
}

impl OperatorPlugin {
    /// Whether it says where the component is.
    pub(super) fn is_somewhere(&self) -> bool {
        self.component.is_some() || self.artifact.is_some()
    }

    pub(super) fn check(&self, name: &str, trust: &Trust) -> Result<(), Failure> {
        if self.component.is_some() && self.artifact.is_some() {
            return Err(Failure::new(format!("plugin `{name}` has both `component` and `artifact`"))
                .hint("a plugin is either a file or an artifact"));
        }
        if let Some(digest) = &self.digest {
            parse_digest(digest).map_err(|error| Failure::new(error.to_string()))?;
        }
        if self.limits.stack.is_some_and(|stack| stack > MAX_STACK) {
            return Err(Failure::new(format!("`plugins.{name}.limits.stack` is over {MAX_STACK}")));
        }
        for signer in self.signed_by.iter().flatten() {
            if !trust.signers.contains_key(signer) {
                return Err(Failure::new(format!(
                    "plugin `{name}` is to be signed by `{signer}`, who is unknown"
                ))
                .hint("name their key, or their identity, under `trust.signers`"));
            }
        }
        if self.signed_by.as_ref().is_some_and(Vec::is_empty) {
            return Err(Failure::new(format!("`plugins.{name}.signedBy` names nobody"))
                .hint("name who has to have signed it, or remove it"));
        }
        Ok(())
    }
}
