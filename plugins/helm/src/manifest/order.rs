//! The order of installation.

use super::ChartManifest;
use crate::profile::Profile;

/// Helm's `InstallOrder`: what others need comes first.
const INSTALL_ORDER: [&str; 38] = [
    "PriorityClass",
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
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// How many of them, at the end, are webhook configurations.
const WEBHOOKS: usize = 2;

/// Sorts by kind: known ones in their order, then the others by name. Manifests of one kind stay in
/// their order.
pub(super) fn sort_by_kind(manifests: &mut [ChartManifest], profile: Profile) {
    let known =
        &INSTALL_ORDER[..INSTALL_ORDER.len() - if profile.installs_webhooks_last() { 0 } else { WEBHOOKS }];
    let rank = |kind: &str| known.iter().position(|known| *known == kind);
    manifests.sort_by(|a, b| match (rank(&a.kind), rank(&b.kind)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => a.kind.cmp(&b.kind),
    });
}
