//! What is compared: everything that a fleet renders to, on one side.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One side of a comparison: a fleet at one commit, or by one profile.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Its Applications, in any order.
    pub applications: Vec<Application>,
}

/// One Application and what it renders to.
#[derive(Clone, Debug)]
pub struct Application {
    /// Which it is.
    pub key: ApplicationKey,
    /// The Application as Argo CD has it: `metadata`, `spec`. `null` if there is none.
    pub manifest: Value,
    /// What made it, if that is known.
    pub parent: Option<Parent>,
    /// The file in the repository that a reader looks for first: of the Application, or the
    /// directory of its source.
    pub file: Option<String>,
    /// What it renders to.
    pub outcome: RenderResult,
    /// Why it is rendered in part: one of its sources is not at hand.
    pub incomplete: Option<String>,
}

/// Which Application it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationKey {
    /// The cluster that it deploys to, by a name that no other cluster of the fleet has.
    pub cluster: String,
    /// Its name, with its namespace before a `/` where that is not Argo CD's own.
    pub name: String,
}

impl fmt::Display for ApplicationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cluster.is_empty() {
            return f.write_str(&self.name);
        }
        write!(f, "{} on {}", self.name, self.cluster)
    }
}

/// What made an Application.
#[derive(Clone, Debug)]
pub enum Parent {
    /// An ApplicationSet, by its name and as it is on this side.
    ApplicationSet {
        /// Its name.
        name: String,
        /// The whole of it.
        manifest: Arc<Value>,
    },
    /// An Application that renders to this one.
    Application(ApplicationKey),
}

/// What became of the render of an Application.
#[derive(Clone, Debug)]
pub enum RenderResult {
    /// Its objects, in any order. Lists are flattened and namespaces filled in, as Argo CD does.
    Rendered(Vec<Object>),
    /// It failed.
    Failed(Failure),
    /// It was not rendered, since its source is not at hand: why.
    External(String),
}

/// A rendered object.
#[derive(Clone, Debug)]
pub struct Object {
    /// The object.
    pub manifest: Value,
    /// Where in the repository it was written down, if that is known.
    pub origin: Option<Origin>,
}

/// A place in a file of the repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origin {
    /// The path from the root of the repository.
    pub file: String,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// Why a render failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// What is wrong. It holds no values of Secrets.
    pub message: String,
    /// Where, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Application {
    /// Whether all of its objects are known.
    pub fn is_whole(&self) -> bool {
        matches!(self.outcome, RenderResult::Rendered(_)) && self.incomplete.is_none()
    }

    /// Its objects; none if it was not rendered.
    pub fn objects(&self) -> &[Object] {
        match &self.outcome {
            RenderResult::Rendered(objects) => objects,
            RenderResult::Failed(_) | RenderResult::External(_) => &[],
        }
    }
}
