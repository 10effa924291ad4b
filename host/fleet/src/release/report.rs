//! What a release is, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::ApplicationKey;
use crate::findings::{Commit, Review};
use crate::set_image::{ImageReference, SetPlace};

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const RELEASE_FORMAT_VERSION: u32 = 1;

/// A release: a commit that sets an image in an environment, and what to say of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// What is released, as it was named.
    pub name: String,
    /// The environment.
    pub environment: String,
    /// The image as it is going to be.
    pub image: ImageReference,
    /// The commit that it starts from.
    pub base: Commit,
    /// The branch that it is to be merged into, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    /// The branch that it is on.
    pub branch: String,
    /// The commit, in full; absent in a dry run, and where everything is so already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether the branch was pushed.
    pub pushed: bool,
    /// The title of the pull request, and the subject of the commit.
    pub title: String,
    /// The message of the commit.
    pub message: String,
    /// The places that change; none if everything is so already.
    pub places: Vec<SetPlace>,
    /// The Applications in which the image changes.
    pub applications: Vec<ApplicationKey>,
    /// The rendered difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}
