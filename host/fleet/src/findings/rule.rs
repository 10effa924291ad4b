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
    DataPruned "data-pruned" "An object that holds data or other objects is removed: a Namespace, a CustomResourceDefinition, a PersistentVolume or its claim, a StatefulSet.",
    ObjectPruned "object-pruned" "A workload, a Service, a route or a policy is removed.",
    PruneSkipped "prune-skipped" "An object is removed from the repository and stays in the cluster, since it has `Prune=false`.",
    EmptyApplication "empty-application" "An Application renders to nothing any more.",
    MostObjectsRemoved "most-objects-removed" "More than half of an Application's objects are removed, and more than ten.",
    ApplicationDeleted "application-deleted" "An Application is removed, and Argo CD deletes its objects with it.",
    ApplicationOrphans "application-orphans" "An Application is removed, and its objects stay in the cluster.",
    ApplicationKept "application-kept" "An Application is no longer generated, and Argo CD keeps it all the same.",
    ClusterMoved "cluster-moved" "An Application deploys to another cluster; its objects stay on the one it leaves.",
    NamespaceMoved "namespace-moved" "An Application's destination namespace changes.",
    ProjectMoved "project-moved" "An Application's project changes.",
    PruneEnabled "prune-enabled" "Automated pruning is switched on.",
    ObjectMoved "object-moved" "Objects go from one Application to another of the same cluster.",
    SharedObject "shared-object" "Several Applications have the same object.",
    RepeatedObject "repeated-object" "An Application has the same object more than once; the last one counts.",
    RepeatedApplication "repeated-application" "The fleet has several Applications by one name on one cluster.",
    ImmutableField "immutable-field" "A field changes that the API server lets no one change, so that the sync fails.",
    VolumeShrunk "volume-shrunk" "A volume claim asks for less than before, which the API server refuses.",
    RbacWidened "rbac-widened" "A role grants more than before.",
    RbacBound "rbac-bound" "A role is granted to someone who did not have it.",
    Privileged "privileged" "A container becomes privileged.",
    HostAccess "host-access" "A pod gets access to its node: its network, processes, files, or kernel capabilities.",
    PodSecurityLowered "pod-security-lowered" "A namespace enforces a weaker Pod Security Standard, or none.",
    ScaledToZero "scaled-to-zero" "A workload is scaled to no replicas.",
    Suspended "suspended" "A CronJob or Job is suspended.",
    ServiceExposed "service-exposed" "A Service becomes reachable from outside of the cluster.",
    ReclaimPolicy "reclaim-policy" "Volumes are deleted with their claims from now on.",
    CrdVersionRemoved "crd-version-removed" "A CustomResourceDefinition serves a version no longer.",
    HookChanged "hook-changed" "An object becomes a hook, is one no longer, or runs in another phase.",
    OrderChanged "order-changed" "An object is applied in another order relative to others.",
    InvalidWave "invalid-wave" "A sync wave is not a whole number, so that Argo CD takes it for 0.",
    ImageMajor "image-major" "An image jumps to another major version.",
    ChartMajor "chart-major" "A chart jumps to another major version.",
    IgnoreNotEvaluated "ignore-not-evaluated" "A rule of `ignoreDifferences` could not be evaluated, so that what it names is shown.",
}
