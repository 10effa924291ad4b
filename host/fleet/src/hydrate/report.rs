//! What was rendered to where, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::ApplicationKey;

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const HYDRATE_FORMAT_VERSION: u32 = 1;

/// Rendered manifests of a fleet, as directories of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HydrateReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The commit that was rendered, in full.
    pub dry_sha: String,
    /// The URL of the repository.
    pub repository: String,
    /// The branch that the directories are for, where Applications name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Whether anything was written.
    pub written: bool,
    /// The directories, by path.
    pub directories: Vec<HydratedDirectory>,
    /// Applications that failed to render: what is there of them stays.
    pub failed: Vec<ApplicationKey>,
    /// Applications of which something is not at hand: what is there of them stays.
    pub external: Vec<ApplicationKey>,
}

/// A directory with rendered manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HydratedDirectory {
    /// Its path from the root of the branch.
    pub path: String,
    /// The Applications that are rendered to it; none if it is removed.
    pub applications: Vec<ApplicationKey>,
    /// What becomes of it.
    pub change: DirectoryChange,
}

/// What becomes of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DirectoryChange {
    /// It is new.
    Added,
    /// Its manifests are others.
    Changed,
    /// No Application renders to it any more.
    Removed,
    /// Its manifests are the same: no file of it is touched.
    Unchanged,
}
