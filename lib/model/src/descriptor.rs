//! What a plugin says of itself.

use serde::{Deserialize, Serialize};

/// When in a pipeline a plugin runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Makes manifests from the directory. A pipeline has exactly one.
    Generator,
    /// Maps the manifests that it is handed.
    Transformer,
}

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Name by which pipelines call the plugin.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// When the plugin runs.
    pub stage: Stage,
    /// One sentence for listings.
    pub summary: String,
    /// JSON schema of the configuration, as JSON text.
    pub config_schema: String,
}
