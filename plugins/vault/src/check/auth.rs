//! VaultAuth, VaultAuthGlobal and VaultConnection: what is needed at run time and no schema asks
//! for.

use oarlock_plugin::Manifest;

use crate::crd::{self, AuthMethod, GlobalBlocks, VaultAuthGlobalSpec, VaultAuthSpec, VaultConnectionSpec};
use crate::finding::{self, Findings, at};

/// Checks an object of these kinds.
pub(super) fn check(manifest: &Manifest, findings: &mut Findings) {
    match manifest.kind() {
        "VaultAuth" => {
            if let Some(spec) = crd::spec_of(manifest) {
                vault_auth(manifest, &spec, findings);
            }
        }
        "VaultAuthGlobal" => {
            if let Some(spec) = crd::spec_of::<VaultAuthGlobalSpec>(manifest) {
                vault_auth_global(manifest, &spec.blocks, spec.default_auth_method, findings);
            }
        }
        "VaultConnection" => {
            let spec: Option<VaultConnectionSpec> = crd::spec_of(manifest);
            if spec.is_some_and(|spec| spec.ca_cert_path.is_some() && spec.ca_cert_secret_ref.is_some()) {
                exclusive(manifest, "spec", &["caCertPath", "caCertSecretRef"], findings);
            }
        }
        _ => {}
    }
}

/// With a VaultAuthGlobal whatever lacks may come from there; without one it has to be here.
fn vault_auth(manifest: &Manifest, spec: &VaultAuthSpec, findings: &mut Findings) {
    let blocks = [
        ("kubernetes", AuthMethod::Kubernetes, spec.kubernetes.is_some()),
        ("jwt", AuthMethod::Jwt, spec.jwt.is_some()),
        ("appRole", AuthMethod::AppRole, spec.app_role.is_some()),
        ("aws", AuthMethod::Aws, spec.aws.is_some()),
        ("gcp", AuthMethod::Gcp, spec.gcp.is_some()),
    ];
    exclusive_fields(manifest, spec, findings);
    if spec.vault_auth_global_ref.is_some() {
        return;
    }
    let Some(method) = spec.method else {
        needed(manifest, "spec.method", findings);
        return;
    };
    if spec.mount.as_deref().unwrap_or("").is_empty() {
        needed(manifest, "spec.mount", findings);
    }
    let present = blocks.iter().any(|(_, of, present)| *of == method && *present);
    if !present {
        let name = blocks.iter().find(|(_, of, _)| *of == method).map_or("", |(name, ..)| name);
        needed(manifest, &format!("spec.{name}"), findings);
    }
    for field in missing_fields(spec, method) {
        needed(manifest, &format!("spec.{field}"), findings);
    }
}

/// What the block of the method has to say.
fn missing_fields(spec: &VaultAuthSpec, method: AuthMethod) -> Vec<&'static str> {
    let is_empty = |text: &Option<String>| text.as_deref().unwrap_or("").is_empty();
    let missing: Vec<(&'static str, bool)> = match method {
        AuthMethod::Kubernetes => spec
            .kubernetes
            .iter()
            .flat_map(|block| {
                [
                    ("kubernetes.role", is_empty(&block.role)),
                    ("kubernetes.serviceAccount", is_empty(&block.service_account)),
                ]
            })
            .collect(),
        AuthMethod::Jwt => spec
            .jwt
            .iter()
            .flat_map(|block| {
                let credentials = is_empty(&block.secret_ref) && is_empty(&block.service_account);
                [
                    ("jwt.role", is_empty(&block.role)),
                    ("jwt.serviceAccount` or `spec.jwt.secretRef", credentials),
                ]
            })
            .collect(),
        AuthMethod::AppRole => spec
            .app_role
            .iter()
            .flat_map(|block| {
                let secret = is_empty(&block.secret_ref) && is_empty(&block.secret_id_path);
                [
                    ("appRole.roleId", is_empty(&block.role_id)),
                    ("appRole.secretRef` or `spec.appRole.secretIDPath", secret),
                ]
            })
            .collect(),
        AuthMethod::Aws => spec.aws.iter().map(|block| ("aws.role", is_empty(&block.role))).collect(),
        AuthMethod::Gcp => spec
            .gcp
            .iter()
            .flat_map(|block| {
                let account = is_empty(&block.workload_identity_service_account);
                [("gcp.role", is_empty(&block.role)), ("gcp.workloadIdentityServiceAccount", account)]
            })
            .collect(),
    };
    missing.into_iter().filter(|(_, missing)| *missing).map(|(field, _)| field).collect()
}

fn exclusive_fields(manifest: &Manifest, spec: &VaultAuthSpec, findings: &mut Findings) {
    if spec
        .app_role
        .as_ref()
        .is_some_and(|block| block.secret_ref.is_some() && block.secret_id_path.is_some())
    {
        exclusive(manifest, "spec.appRole", &["secretRef", "secretIDPath"], findings);
    }
    if spec.jwt.as_ref().is_some_and(|block| block.secret_ref.is_some() && block.service_account.is_some()) {
        exclusive(manifest, "spec.jwt", &["secretRef", "serviceAccount"], findings);
    }
}

fn vault_auth_global(
    manifest: &Manifest,
    blocks: &GlobalBlocks,
    method: Option<AuthMethod>,
    findings: &mut Findings,
) {
    let (name, present) = match method {
        None => return,
        Some(AuthMethod::Kubernetes) => ("kubernetes", blocks.kubernetes.is_some()),
        Some(AuthMethod::Jwt) => ("jwt", blocks.jwt.is_some()),
        Some(AuthMethod::AppRole) => ("appRole", blocks.app_role.is_some()),
        Some(AuthMethod::Aws) => ("aws", blocks.aws.is_some()),
        Some(AuthMethod::Gcp) => ("gcp", blocks.gcp.is_some()),
    };
    if !present {
        needed(manifest, &format!("spec.{name}"), findings);
    }
    if blocks
        .app_role
        .as_ref()
        .is_some_and(|global| global.block.secret_ref.is_some() && global.block.secret_id_path.is_some())
    {
        exclusive(manifest, "spec.appRole", &["secretRef", "secretIDPath"], findings);
    }
}

fn needed(manifest: &Manifest, field: &str, findings: &mut Findings) {
    let hint = "the API server takes the object without it, and every login fails";
    findings.add(&finding::AUTH_BLOCK, manifest, at(field, " is missing"), hint);
}

fn exclusive(manifest: &Manifest, path: &str, fields: &[&str; 2], findings: &mut Findings) {
    let message =
        at(format!("{path}.{}", fields[0]), format!(" and `{path}.{}` exclude one another", fields[1]));
    findings.add(&finding::EXCLUSIVE, manifest, message, "keep one of the two");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::expect;

    #[test]
    fn blocks_and_fields() {
        let account = json!({"role": "r", "serviceAccount": "s"});
        for (kind, spec, expected) in [
            ("VaultAuth", json!({"method": "kubernetes", "mount": "k", "kubernetes": account}), &[][..]),
            ("VaultAuth", json!({}), &["V033: VaultAuth x: `spec.method` is missing"]),
            ("VaultAuth", json!({"vaultAuthGlobalRef": {"name": "g"}}), &[]),
            (
                "VaultAuth",
                json!({"method": "jwt", "mount": "k"}),
                &["V033: VaultAuth x: `spec.jwt` is missing"],
            ),
            (
                "VaultAuth",
                json!({"method": "kubernetes", "mount": "k", "kubernetes": {"role": "r"}}),
                &["V033: VaultAuth x: `spec.kubernetes.serviceAccount` is missing"],
            ),
            (
                "VaultAuth",
                json!({"method": "appRole", "mount": "k", "appRole": {"roleId": "r", "secretRef": "a", "secretIDPath": "b"}}),
                &["V014"],
            ),
            (
                "VaultAuth",
                json!({"method": "jwt", "mount": "k", "jwt": {"role": "r", "secretRef": "a", "serviceAccount": "b"}}),
                &["V014"],
            ),
            (
                "VaultAuth",
                json!({"method": "aws", "aws": {}}),
                &["V033: VaultAuth x: `spec.mount`", "V033: VaultAuth x: `spec.aws.role`"],
            ),
            ("VaultAuth", json!({"method": "gcp", "mount": "k", "gcp": {"role": "r"}}), &["V033"]),
            ("VaultAuthGlobal", json!({"defaultAuthMethod": "kubernetes"}), &["V033"]),
            ("VaultAuthGlobal", json!({"defaultAuthMethod": "jwt", "jwt": {"role": "r"}}), &[]),
            (
                "VaultConnection",
                json!({"address": "a", "caCertPath": "b", "caCertSecretRef": "c"}),
                &["V014"],
            ),
            ("VaultConnection", json!({"address": "a", "caCertPath": "b"}), &[]),
        ] {
            let api = "secrets.hashicorp.com/v1beta1";
            expect(
                &[json!({"apiVersion": api, "kind": kind, "metadata": {"name": "x"}, "spec": spec})],
                expected,
            );
        }
    }
}
