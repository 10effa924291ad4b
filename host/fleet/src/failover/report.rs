//! What a move to another cluster does, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::{ApplicationKey, Origin};
use crate::findings::{Finding, Review};

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const FAILOVER_FORMAT_VERSION: u32 = 1;

/// What a move of a group of ApplicationSets to another cluster does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FailoverReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The group.
    pub group: String,
    /// The environment.
    pub environment: String,
    /// The clusters that are left.
    pub from: Vec<String>,
    /// The cluster that is moved to.
    pub to: String,
    /// Whether the files are written.
    pub written: bool,
    /// The elements of lists that change; none if everything is so already.
    pub elements: Vec<ElementReport>,
    /// ApplicationSets of the group whose lists do not name the cluster, not even in a comment.
    pub staying: Vec<String>,
    /// The Applications that move.
    pub moves: Vec<MoveReport>,
    /// What becomes of the Applications that are gone, and of their objects.
    pub removals: Vec<Finding>,
    /// The rendered difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// An element of a list that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ElementReport {
    /// The file and line.
    pub origin: Origin,
    /// What happens to it.
    pub change: ElementChange,
}

/// What happens to an element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ElementChange {
    /// It is no longer a comment.
    Activated,
    /// It becomes a comment.
    CommentedOut,
    /// Its truth value becomes true.
    SwitchedOn,
    /// Its truth value becomes false.
    SwitchedOff,
}

/// An Application that moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveReport {
    /// What makes it.
    pub set: String,
    /// The Application that is gone; absent where it stays beside the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<ApplicationKey>,
    /// The Application that is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ApplicationKey>,
}
