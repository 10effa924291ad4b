//! The built-in table: what comes before workloads, and what after.

use oarlock_plugin::Manifest;

use crate::pod;
use crate::wave::Wave;

/// One row: a name for reports, a wave, and the kinds by group.
struct Row {
    name: &'static str,
    wave: i64,
    kinds: &'static [(&'static str, &'static [&'static str])],
}

/// PersistentVolumeClaims, Services and Ingresses are not here on purpose: a claim of a class that
/// waits for its first consumer, or an Ingress without a controller, gets healthy only once later
/// waves are there, so an earlier wave would wait forever.
const TABLE: &[Row] = &[
    Row { name: "namespaces", wave: -10, kinds: &[("", &["Namespace"])] },
    Row {
        name: "custom-resource-definitions",
        wave: -10,
        kinds: &[("apiextensions.k8s.io", &["CustomResourceDefinition"])],
    },
    Row {
        name: "cluster-classes",
        wave: -10,
        kinds: &[
            ("gateway.networking.k8s.io", &["GatewayClass"]),
            ("networking.k8s.io", &["IngressClass"]),
            ("node.k8s.io", &["RuntimeClass"]),
            ("scheduling.k8s.io", &["PriorityClass"]),
            ("snapshot.storage.k8s.io", &["VolumeSnapshotClass"]),
            ("storage.k8s.io", &["CSIDriver", "StorageClass"]),
        ],
    },
    // In the wave of the operators that answer them; by kind they come after those.
    Row {
        name: "admission",
        wave: -10,
        kinds: &[
            (
                "admissionregistration.k8s.io",
                &[
                    "MutatingAdmissionPolicy",
                    "MutatingAdmissionPolicyBinding",
                    "MutatingWebhookConfiguration",
                    "ValidatingAdmissionPolicy",
                    "ValidatingAdmissionPolicyBinding",
                    "ValidatingWebhookConfiguration",
                ],
            ),
            ("apiregistration.k8s.io", &["APIService"]),
        ],
    },
    Row { name: "vault-connections", wave: -4, kinds: &[("secrets.hashicorp.com", &["VaultConnection"])] },
    Row {
        name: "secret-sources",
        wave: -3,
        kinds: &[
            ("external-secrets.io", &["ClusterSecretStore", "SecretStore"]),
            ("secrets.hashicorp.com", &["SecretTransformation", "VaultAuth", "VaultAuthGlobal"]),
        ],
    },
    Row {
        name: "secrets-from-elsewhere",
        wave: -2,
        kinds: &[
            ("bitnami.com", &["SealedSecret"]),
            ("external-secrets.io", &["ClusterExternalSecret", "ExternalSecret"]),
            ("secrets.hashicorp.com", &["VaultDynamicSecret", "VaultPKISecret", "VaultStaticSecret"]),
        ],
    },
    Row { name: "message-brokers", wave: -2, kinds: &[("rabbitmq.com", &["RabbitmqCluster"])] },
    Row {
        name: "operator-configuration",
        wave: -1,
        kinds: &[
            ("argoproj.io", &["AppProject"]),
            ("cert-manager.io", &["ClusterIssuer", "Issuer"]),
            (
                "rabbitmq.com",
                &[
                    "Binding",
                    "Exchange",
                    "Federation",
                    "OperatorPolicy",
                    "Permission",
                    "Policy",
                    "Queue",
                    "SchemaReplication",
                    "Shovel",
                    "SuperStream",
                    "TopicPermission",
                    "User",
                    "Vhost",
                ],
            ),
        ],
    },
    Row {
        name: "shared-configuration",
        wave: -1,
        kinds: &[
            ("", &["ConfigMap", "LimitRange", "ResourceQuota", "Secret"]),
            ("networking.k8s.io", &["NetworkPolicy"]),
        ],
    },
    Row {
        name: "identities",
        wave: -1,
        kinds: &[
            ("", &["ServiceAccount"]),
            ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
        ],
    },
];

const OPERATORS: (&str, Wave) = ("operators", Wave::new(-10));
const WORKLOADS: (&str, Wave) = ("workloads", Wave::new(0));
const HEALTH_CHECKS: (&str, Wave) = ("health-checks", Wave::new(1));

/// The row that speaks of a manifest: its name and wave.
pub(crate) fn row(manifest: &Manifest, is_operator: bool) -> Option<(&'static str, Wave)> {
    if is_operator {
        return Some(OPERATORS);
    }
    if pod::spec(manifest).is_some() {
        return Some(if is_health_check(manifest) { HEALTH_CHECKS } else { WORKLOADS });
    }
    let (group, kind) = (manifest.group(), manifest.kind());
    let row = TABLE
        .iter()
        .find(|row| row.kinds.iter().any(|(of_group, kinds)| *of_group == group && kinds.contains(&kind)))?;
    Some((row.name, Wave::new(row.wave)))
}

/// Whether a workload looks whether the others work: it says so in its name or in the label for
/// components.
fn is_health_check(manifest: &Manifest) -> bool {
    let says_so = |name: &str| {
        ["health-check", "healthcheck"].iter().any(|word| {
            name == *word
                || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('-'))
                || name.strip_suffix(word).is_some_and(|rest| rest.ends_with('-'))
        })
    };
    says_so(manifest.name())
        || ["app.kubernetes.io/component", "app.kubernetes.io/name"]
            .iter()
            .any(|label| manifest.label(label).is_some_and(says_so))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_of(api_version: &str, kind: &str, rest: &str) -> Option<(&'static str, i64)> {
        let json =
            format!(r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{"name":"a"}}{rest}}}"#);
        row(&Manifest::from_json(json).unwrap(), false).map(|(name, wave)| (name, wave.number()))
    }

    #[test]
    fn kinds_count_with_their_group() {
        assert_eq!(row_of("rabbitmq.com/v1beta1", "Policy", ""), Some(("operator-configuration", -1)));
        assert_eq!(row_of("example.com/v1", "Policy", ""), None);
        assert_eq!(row_of("v1", "Service", ""), None);
        assert_eq!(row_of("v1", "PersistentVolumeClaim", ""), None);
    }

    #[test]
    fn whatever_has_a_pod_template_is_a_workload() {
        let spec = r#","spec":{"template":{"spec":{"containers":[]}}}"#;
        assert_eq!(row_of("argoproj.io/v1alpha1", "Rollout", spec), Some(("workloads", 0)));
        assert_eq!(row_of("v1", "Pod", r#","spec":{}"#), Some(("workloads", 0)));
    }

    #[test]
    fn the_page_for_readers_names_every_row() {
        let page = include_str!("../../../docs/sync-waves.md");
        let rows = TABLE.iter().map(|row| (row.name, Wave::new(row.wave)));
        for (name, wave) in rows.chain([OPERATORS, WORKLOADS, HEALTH_CHECKS]) {
            assert!(
                page.contains(&format!("| {wave} | `{name}` |")),
                "docs/sync-waves.md lacks {wave} {name}"
            );
        }
        for kind in TABLE.iter().flat_map(|row| row.kinds).flat_map(|(_, kinds)| *kinds) {
            assert!(page.contains(&format!("`{kind}`")), "docs/sync-waves.md lacks {kind}");
        }
    }
}
