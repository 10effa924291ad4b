//! Checksums of secrets in a workload's annotations, which make it restart: a restart target does
//! that better.

use oarlock_plugin::Manifest;
use serde_json::{Map, Value};

use crate::crd::{self, RestartTarget, VaultStaticSecretSpec};
use crate::finding::{self, Findings, at};
use crate::restart;
use crate::scope::Scope;
use crate::workload::Workload;

use super::convert::kv_type;
use super::location::{Location, locate};
use super::placeholder::{Piece, pieces};

/// One annotation whose value is the checksum of a path.
struct Checksum {
    /// The path of the annotations, then the annotation.
    annotations: Vec<&'static str>,
    key: String,
    location: Result<Location, String>,
    api_path: String,
    namespace: String,
    target: Option<RestartTarget>,
}

impl Checksum {
    fn field(&self) -> String {
        format!("{}.{}", self.annotations.join("."), self.key)
    }
}

/// Drops checksum annotations and names their workloads as restart targets of what reads the same
/// path. Gives the fields that stay, with the index of their manifest: they have been reported.
pub(super) fn replace(
    manifests: &mut [Manifest],
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Vec<(usize, String)> {
    let mut reported = Vec::new();
    for index in 0..manifests.len() {
        let found = if super::is_ignored(&manifests[index]) {
            Vec::new()
        } else {
            checksums(&manifests[index], scope)
        };
        let mut dropped = false;
        for checksum in found {
            let readers = readers(manifests, &checksum, scope);
            if readers.is_empty() {
                report(&manifests[index], &checksum, findings);
                reported.push((index, checksum.field()));
                continue;
            }
            for reader in readers {
                if let Some(target) = &checksum.target {
                    restart::add(&mut manifests[reader], target);
                }
            }
            drop_annotation(&mut manifests[index], &checksum.annotations, |key| key == checksum.key);
            dropped = true;
        }
        if dropped && super::placeholder_fields(&manifests[index]).is_empty() {
            drop_annotation(&mut manifests[index], &["metadata", "annotations"], |key| {
                key.starts_with(super::PREFIX)
            });
        }
    }
    reported
}

fn checksums(manifest: &Manifest, scope: &Scope<'_>) -> Vec<Checksum> {
    let Some(workload) = Workload::new(manifest, scope) else { return Vec::new() };
    let of_object = vec!["metadata", "annotations"];
    let of_template: Vec<&str> =
        workload.template.iter().copied().chain(["metadata", "annotations"]).collect();
    let mut places = vec![of_object];
    places.extend((!workload.template.is_empty()).then_some(of_template));
    let generic = super::annotated_path(manifest).is_some();
    let mut found = Vec::new();
    for annotations in places {
        let map = manifest.at(&annotations).and_then(Value::as_object);
        for (key, value) in map.into_iter().flatten() {
            let pieces = pieces(value.as_str().unwrap_or_default(), generic);
            let [Piece::Placeholder(placeholder)] = &pieces[..] else { continue };
            let is_checksum =
                placeholder.modifiers.last().is_some_and(|modifier| modifier.name == "sha256sum");
            let Some(source) = placeholder.source(manifest).filter(|_| is_checksum) else { continue };
            found.push(Checksum {
                annotations: annotations.clone(),
                key: key.clone(),
                location: locate(&source.path, kv_type(manifest, scope), scope.config),
                api_path: source.path,
                namespace: workload.namespace.clone(),
                target: workload.restart_target(),
            });
        }
    }
    found
}

/// The objects of the same namespace that read the same path.
fn readers(manifests: &[Manifest], checksum: &Checksum, scope: &Scope<'_>) -> Vec<usize> {
    let Ok(location) = &checksum.location else { return Vec::new() };
    let reads = |manifest: &Manifest| {
        manifest.kind() == "VaultStaticSecret"
            && crd::is_vault_object(manifest)
            && scope.namespace(manifest) == checksum.namespace
            && crd::spec_of::<VaultStaticSecretSpec>(manifest)
                .is_some_and(|spec| spec.mount == location.mount && spec.path == location.path)
    };
    (0..manifests.len()).filter(|index| reads(&manifests[*index])).collect()
}

fn report(manifest: &Manifest, checksum: &Checksum, findings: &mut Findings) {
    let field = checksum.field();
    match &checksum.location {
        Ok(_) => {
            let message = at(
                &field,
                format!(" is a checksum of `{}`, which no VaultStaticSecret reads", checksum.api_path),
            );
            let hint = "drop the annotation, and name the workload under `rolloutRestartTargets` of what fills its Secret";
            findings.add(&finding::AVP_CHECKSUM, manifest, message, hint);
        }
        Err(reason) => {
            let message =
                at(&field, format!(": the mount in `{}` cannot be told: {reason}", checksum.api_path));
            findings.add(
                &finding::AVP_MOUNT,
                manifest,
                message,
                "list the mount under `avpMounts` of the configuration",
            );
        }
    }
}

/// Removes annotations, and the map that they leave empty.
fn drop_annotation(manifest: &mut Manifest, path: &[&str], drop: impl Fn(&str) -> bool) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut place: Option<&mut Map<String, Value>> = Some(manifest.object_mut());
    for parent in parents {
        place = place.and_then(|map| map.get_mut(*parent)).and_then(Value::as_object_mut);
    }
    let Some(parent) = place else { return };
    if let Some(Value::Object(annotations)) = parent.get_mut(*last) {
        annotations.retain(|key, _| !drop(key));
        if annotations.is_empty() {
            parent.shift_remove(*last);
        }
    }
}
