//! The order in which Argo CD applies kinds within a sync wave.

/// Argo CD's `kindOrder`, from its gitops-engine.
const KINDS: [&str; 35] = [
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// The place of a kind within a sync wave.
///
/// Only the kind counts, not its group; every kind that Argo CD does not list comes after all that
/// it lists, by name. That is why a Deployment is applied before its `VaultStaticSecret` unless
/// their waves say otherwise.
///
/// ```
/// use oarlock_kubernetes::SyncRank;
///
/// let mut kinds = ["VaultStaticSecret", "Deployment", "Namespace", "VaultAuth"];
/// kinds.sort_by_key(|kind| SyncRank::of(kind));
/// assert_eq!(kinds, ["Namespace", "Deployment", "VaultAuth", "VaultStaticSecret"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SyncRank<'a> {
    listed: usize,
    kind: &'a str,
}

impl<'a> SyncRank<'a> {
    /// The place of a kind.
    pub fn of(kind: &'a str) -> Self {
        let listed = KINDS.iter().position(|listed| *listed == kind).unwrap_or(KINDS.len());
        Self { listed, kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_that_argo_cd_does_not_list_come_last_by_name() {
        let mut kinds = ["VaultStaticSecret", "Deployment", "Namespace", "VaultAuth", "APIService", "Secret"];
        kinds.sort_by_key(|kind| SyncRank::of(kind));
        assert_eq!(
            kinds,
            ["Namespace", "Secret", "Deployment", "APIService", "VaultAuth", "VaultStaticSecret"]
        );
    }
}
