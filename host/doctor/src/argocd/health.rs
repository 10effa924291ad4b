//! Whether Argo CD can tell when a Secret of the Vault Secrets Operator is there.

use std::collections::BTreeSet;

use oarlock_plugin::Manifest;

use super::objects::{GENERAL, Objects};
use super::renders::ApplicationRender;
use crate::finding::{Finding, Findings};

const CHECK: &str = "health checks";

/// The group of the operator's objects.
const GROUP: &str = "secrets.hashicorp.com";

/// The kinds whose health checks are in `deploy/health`.
const KINDS: [&str; 8] = [
    "HCPAuth",
    "HCPVaultSecretsApp",
    "SecretTransformation",
    "VaultAuth",
    "VaultConnection",
    "VaultDynamicSecret",
    "VaultPKISecret",
    "VaultStaticSecret",
];

/// Checks the kinds that Applications have.
pub(super) fn check(objects: &Objects, rendered: &[ApplicationRender], findings: &mut Findings) {
    let Some(general) = objects.config_maps.get(GENERAL) else { return };
    let kinds = kinds(rendered);
    if kinds.is_empty() {
        return;
    }
    // The older form, one text for all kinds.
    let together = general.data.get("resource.customizations").map_or("", |found| found.text.as_str());
    let has = |kind: &&str| {
        general.data.contains_key(&format!("resource.customizations.health.{GROUP}_{kind}"))
            || together.contains(&format!("{GROUP}/{kind}:"))
            || together.contains(&format!("{GROUP}/*"))
    };
    let missing: Vec<&str> = kinds.iter().copied().filter(|kind| !has(kind)).collect();
    findings.add(if missing.is_empty() {
        Finding::ok(CHECK, format!("Argo CD waits for {}", kinds.into_iter().collect::<Vec<_>>().join(", ")))
    } else {
        let message = format!(
            "Argo CD has none for {}, so no wave waits until the Secret is there",
            missing.join(", ")
        );
        Finding::warn(
            CHECK,
            message,
            "name `deploy/health` under `components` of the kustomization that has argocd-cm",
        )
    });
}

fn kinds(rendered: &[ApplicationRender]) -> BTreeSet<&'static str> {
    let manifests = rendered.iter().filter_map(|rendered| rendered.manifests.as_ref().ok()).flatten();
    let mut kinds = BTreeSet::new();
    for manifest in manifests {
        // Most are of other groups, which their text tells.
        if !manifest.json.contains(GROUP) {
            continue;
        }
        let Ok(object) = Manifest::from_json(manifest.json.clone()) else { continue };
        let name = object.display_name();
        let kind = name.split(' ').next().unwrap_or_default();
        kinds.extend(KINDS.iter().find(|known| **known == kind));
    }
    kinds
}
