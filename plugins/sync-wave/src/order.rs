//! The order in which Argo CD applies manifests: phase, wave, kind.

use oarlock_plugin::Manifest;

use crate::hook::{Phase, first_phase};
use crate::wave::Wave;

/// Argo CD's order of kinds within a wave. Only the kind counts, not its group; every kind that is not here comes after all of these,
/// by name. That is why a Deployment is applied before its `VaultStaticSecret` unless their waves say otherwise.
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

/// A kind's place within a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KindRank<'a> {
    listed: usize,
    name: &'a str,
}

impl<'a> KindRank<'a> {
    pub(crate) fn of(kind: &'a str) -> Self {
        let listed = KINDS.iter().position(|listed| *listed == kind).unwrap_or(KINDS.len());
        Self { listed, name: kind }
    }

    /// The latest wave in which a manifest of this kind is applied before, or together with, one of another kind and wave.
    pub(crate) fn latest_before(self, other: Self, wave: Wave) -> Wave {
        if self > other { wave.before() } else { wave }
    }
}

/// When a manifest is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn<'a> {
    pub(crate) phase: Phase,
    pub(crate) wave: Wave,
    pub(crate) rank: KindRank<'a>,
}

impl<'a> Turn<'a> {
    /// The turn of a manifest in its first phase; `None` for hooks that no sync applies.
    pub(crate) fn of(manifest: &'a Manifest, wave: Wave) -> Option<Self> {
        Some(Self { phase: first_phase(manifest)?, wave, rank: KindRank::of(manifest.kind()) })
    }

    /// As people speak of it: the phase only where it is not the common one.
    pub(crate) fn describe(&self) -> String {
        match self.phase {
            Phase::Sync => format!("wave {}", self.wave),
            phase => format!("{}, wave {}", phase.name(), self.wave),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_that_argo_cd_does_not_list_come_last_by_name() {
        let mut kinds = ["VaultStaticSecret", "Deployment", "Namespace", "VaultAuth", "APIService", "Secret"];
        kinds.sort_by_key(|kind| KindRank::of(kind));
        assert_eq!(
            kinds,
            ["Namespace", "Secret", "Deployment", "APIService", "VaultAuth", "VaultStaticSecret"]
        );
    }

    #[test]
    fn a_later_kind_needs_an_earlier_wave() {
        let latest =
            |kind, other| KindRank::of(kind).latest_before(KindRank::of(other), Wave::new(0)).number();
        assert_eq!(latest("ConfigMap", "Deployment"), 0);
        assert_eq!(latest("VaultStaticSecret", "Deployment"), -1);
        assert_eq!(latest("Job", "Job"), 0);
    }
}
