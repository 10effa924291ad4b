//! The rules: the one table of them.

use oarlock_model::nearest;
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

/// Makes the type of the rules of a check from a table of them. `$page` describes each in a
/// section.
macro_rules! rules {
    ($rule:ident of $page:literal { $($variant:ident $id:literal $severity:ident $summary:literal,)* }) => {
        /// What a finding is about. Names are kept; new ones may come.
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            serde::Serialize,
            serde::Deserialize,
            schemars::JsonSchema,
        )]
        #[non_exhaustive]
        pub enum $rule {
            $(#[doc = $summary] #[serde(rename = $id)] $variant,)*
        }

        impl $rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The page with a section for each rule, whose anchor is the rule's name.
            pub const PAGE: &str = $page;

            /// The name by which documents, annotations and baselines call the rule.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// How grave a finding of it is.
            pub fn severity(self) -> $crate::lint::Severity {
                match self { $(Self::$variant => $crate::lint::Severity::$severity,)* }
            }

            /// What it finds, in one sentence.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }
        }

        impl std::str::FromStr for $rule {
            type Err = $crate::lint::UnknownRule;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|rule| rule.id() == name);
                found.ok_or_else(|| {
                    $crate::lint::UnknownRule::among(name, &Self::ALL.iter().map(|rule| rule.id()))
                })
            }
        }
    };
}

pub(crate) use rules;

rules! { LintRule of "docs/lint.md" {
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
    NotChecked "not-checked" Notice "Applications are not checked, since a source is not at hand or Oarlock does not render it.",
    UndeployedPath "undeployed-path" Notice "No Application renders a directory.",
    FloatingImage "floating-image" Notice "An image has no tag, or `latest`.",
} }

/// A name that no rule has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{name}`{}", .near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
pub struct UnknownRule {
    /// The name.
    pub name: String,
    /// A rule with a name like it.
    pub near: Option<&'static str>,
}

impl UnknownRule {
    /// A name that none of the rules has.
    pub(crate) fn among(name: &str, ids: &(impl Iterator<Item = &'static str> + Clone)) -> Self {
        let has_words = |id: &&str| words(name).iter().all(|word| words(id).contains(word));
        let only = || {
            let mut found = ids.clone().filter(has_words);
            found.next().filter(|_| found.next().is_none())
        };
        let near = nearest(name, ids.clone()).or_else(only);
        Self { name: name.chars().take(80).collect(), near }
    }
}

/// The words of a name: people know some of them, and not their order.
fn words(name: &str) -> Vec<&str> {
    name.split('-').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_are_refused() {
        for rule in LintRule::ALL {
            assert_eq!(rule.id().parse(), Ok(*rule));
        }
        for (name, near) in [
            ("missing-secret", "; did you mean `secret-missing`?"),
            ("secret-mising", "; did you mean `secret-missing`?"),
            ("floating-images", "; did you mean `floating-image`?"),
            ("removed", "; did you mean `removed-api`?"),
            ("project", ""),
            ("x", ""),
        ] {
            let unknown = name.parse::<LintRule>().unwrap_err();
            assert_eq!(unknown.to_string(), format!("there is no rule `{name}`{near}"));
        }
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
