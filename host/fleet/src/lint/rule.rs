//! The rules: the one table of them.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Argo CD or the API server refuses it, or objects overwrite each other.
    Error,
    /// It works by chance, or will not for long.
    Warning,
    /// For information.
    Notice,
}

macro_rules! rules {
    ($($variant:ident $id:literal $severity:ident $summary:literal,)*) => {
        /// What a finding is about. Names are kept; new ones may come.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[non_exhaustive]
        pub enum LintRule {
            $(#[doc = $summary] #[serde(rename = $id)] $variant,)*
        }

        impl LintRule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name by which documents, annotations and baselines call the rule. It is also the
            /// anchor of its section in `docs/lint.md`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// How grave a finding of it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What it finds, in one sentence.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }
        }
    };
}

rules! {
    RenderFailed "render-failed" Error "An Application does not render.",
    BrokenValuesReference "broken-values-reference" Error "A values file names a `$ref` that no source has.",
    SharedObject "shared-object" Error "Several Applications manage one object.",
    ProjectForbidsSource "project-forbids-source" Error "The project of an Application does not permit its repository.",
    ProjectForbidsDestination "project-forbids-destination" Error "The project of an Application does not permit its cluster and namespace.",
    RemovedApi "removed-api" Error "An object has an API version that Kubernetes no longer serves.",
    ProjectMissing "project-missing" Warning "An Application names a project that the environment does not have.",
    RepeatedObject "repeated-object" Warning "An Application renders one object more than once.",
    InvalidWave "invalid-wave" Warning "A sync wave is not an integer, so Argo CD uses 0.",
    InvalidHook "invalid-hook" Warning "A hook or its deletion policy is none that Argo CD knows.",
    InvalidSyncOption "invalid-sync-option" Warning "A sync option is none that Argo CD knows, so it has no effect.",
    ReplicasConflict "replicas-conflict" Warning "An autoscaler and Argo CD both set the replicas of a workload.",
    FloatingRevision "floating-revision" Warning "A source follows a branch of another repository, or a range of chart versions.",
    SecretMissing "secret-missing" Warning "A workload reads a Secret that nothing in the fleet provides.",
    VolumePruned "volume-pruned" Warning "A volume claim is deleted with its data if it leaves the render.",
    RandomValue "random-value" Warning "A chart renders something else on every run.",
    NamespaceMissing "namespace-missing" Warning "A namespaced object has no namespace, so it goes to `default`.",
    Vault "vault" Warning "The `vault` plugin warns.",
    SyncWave "sync-wave" Warning "The `sync-wave` plugin warns.",
    PluginWarning "plugin-warning" Notice "Another plugin warns.",
    UndeployedPath "undeployed-path" Notice "No Application renders a directory.",
    FloatingImage "floating-image" Notice "An image has no tag, or `latest`.",
}

/// A name that no rule has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{name}`{}", .near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
pub struct UnknownRule {
    /// The name.
    pub name: String,
    /// A rule with a name like it.
    pub near: Option<&'static str>,
}

impl FromStr for LintRule {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Self, UnknownRule> {
        Self::ALL.iter().copied().find(|rule| rule.id() == name).ok_or_else(|| {
            let near = Self::ALL.iter().map(|rule| rule.id()).find(|id| {
                name.split('-').any(|word| word.len() > 3 && id.split('-').any(|other| other == word))
            });
            UnknownRule { name: name.chars().take(80).collect(), near }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_are_refused() {
        for rule in LintRule::ALL {
            assert_eq!(rule.id().parse(), Ok(*rule));
        }
        let unknown = "missing-secret".parse::<LintRule>().unwrap_err();
        assert_eq!(unknown.to_string(), "there is no rule `missing-secret`; did you mean `project-missing`?");
        assert_eq!("x".parse::<LintRule>().unwrap_err().to_string(), "there is no rule `x`");
    }

    /// Every rule has a section that says why, how to fix it and how to silence it.
    #[test]
    fn every_rule_is_documented() {
        let page = include_str!("../../../../docs/lint.md");
        for rule in LintRule::ALL {
            assert!(page.contains(&format!("\n### {}\n", rule.id())), "{}", rule.id());
        }
    }
}
