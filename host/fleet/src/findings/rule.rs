//! The rules: what is looked for in a change, each by a name that stays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! rules {
    ($($variant:ident $id:literal $meaning:literal,)*) => {
        /// What a finding is about. Names are kept; new ones may come.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $meaning] #[serde(rename = $id)] $variant,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name by which documents and settings call the rule.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What it means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

rules! {
    DataPruned "data-pruned" "An object is removed that holds data, other objects or pods with state: a Namespace, a CustomResourceDefinition, a PersistentVolume or its claim, a StatefulSet.",
    ObjectPruned "object-pruned" "A workload, a Service, a route or a policy is removed.",
    PruneSkipped "prune-skipped" "An object is removed from the repository but stays in the cluster because of `Prune=false`.",
    EmptyApplication "empty-application" "An Application no longer renders any objects.",
    MostObjectsRemoved "most-objects-removed" "More than half of an Application's objects, and more than ten, are removed.",
    ApplicationDeleted "application-deleted" "An Application is removed, and Argo CD deletes its objects with it.",
    ApplicationOrphans "application-orphans" "An Application is removed, but its objects stay in the cluster.",
    ApplicationKept "application-kept" "An Application is no longer generated, but Argo CD keeps it.",
    ClusterMoved "cluster-moved" "An Application deploys to another cluster; its objects stay on the old one.",
    NamespaceMoved "namespace-moved" "An Application's destination namespace changes.",
    ProjectMoved "project-moved" "An Application's project changes.",
    PruneEnabled "prune-enabled" "Automated pruning is switched on.",
    ObjectMoved "object-moved" "Objects move from one Application to another on the same cluster.",
    SharedObject "shared-object" "Several Applications manage the same object.",
    RepeatedObject "repeated-object" "An Application renders the same object more than once; the last one counts.",
    RepeatedApplication "repeated-application" "The fleet has several Applications with one name on one cluster.",
    ImmutableField "immutable-field" "An immutable field changes, so the API server rejects the update and the sync fails.",
    VolumeShrunk "volume-shrunk" "A volume claim requests less storage than before, which the API server rejects.",
    RbacWidened "rbac-widened" "A role grants more than before.",
    RbacBound "rbac-bound" "A role is granted to a subject that did not have it.",
    Privileged "privileged" "A container becomes privileged.",
    HostAccess "host-access" "A pod gains access to its node: network, processes, files or kernel capabilities.",
    PodSecurityLowered "pod-security-lowered" "A namespace enforces a weaker Pod Security Standard, or none.",
    ScaledToZero "scaled-to-zero" "A workload is scaled to zero replicas.",
    Suspended "suspended" "A CronJob or Job is suspended.",
    ServiceExposed "service-exposed" "A Service becomes reachable from outside the cluster.",
    ReclaimPolicy "reclaim-policy" "Volumes will be deleted together with their claims.",
    CrdVersionRemoved "crd-version-removed" "A CustomResourceDefinition no longer serves a version.",
    HookChanged "hook-changed" "An object becomes a hook, stops being one, or runs in another phase.",
    OrderChanged "order-changed" "An object is applied in a different order relative to others.",
    InvalidWave "invalid-wave" "A sync wave is not an integer, so Argo CD uses 0.",
    ImageMajor "image-major" "An image goes to another major version.",
    ChartMajor "chart-major" "A chart goes to another major version.",
    IgnoreNotEvaluated "ignore-not-evaluated" "A rule of `ignoreDifferences` cannot be evaluated, so the fields that it names are compared.",
}
