//! Objects against each other: references, destinations, restart targets.

use oarlock_plugin::Manifest;
use serde_json::Value;

use super::fills::{Filler, filler};
use crate::crd::{self, RestartKind, RestartTarget, VaultAuthGlobalSpec, VaultAuthSpec};
use crate::finding::{self, Findings, at};
use crate::provider::Providers;
use crate::scope::Scope;
use crate::secret;
use crate::suggestion;

/// Checks what one object says of others.
pub(super) fn check(
    manifest: &Manifest,
    all: &[Manifest],
    providers: &Providers<'_>,
    scope: &Scope<'_>,
    findings: &mut Findings,
) {
    let render = Render { all, scope };
    match manifest.kind() {
        "VaultAuth" => {
            let Some(spec) = crd::spec_of::<VaultAuthSpec>(manifest) else { return };
            render.reference(
                manifest,
                "spec.vaultConnectionRef",
                spec.vault_connection_ref.as_deref(),
                "VaultConnection",
                findings,
            );
            let name = spec.vault_auth_global_ref.and_then(|global| match (global.namespace, global.name) {
                (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
                (_, name) => name,
            });
            render.reference(
                manifest,
                "spec.vaultAuthGlobalRef",
                name.as_deref(),
                "VaultAuthGlobal",
                findings,
            );
        }
        "VaultAuthGlobal" => {
            let Some(spec) = crd::spec_of::<VaultAuthGlobalSpec>(manifest) else { return };
            render.reference(
                manifest,
                "spec.vaultConnectionRef",
                spec.vault_connection_ref.as_deref(),
                "VaultConnection",
                findings,
            );
        }
        _ => {
            let Some(filler) = filler(manifest) else { return };
            if let Some(auth) =
                render.reference(manifest, "spec.vaultAuthRef", filler.auth.as_deref(), "VaultAuth", findings)
            {
                render.allowed(manifest, auth, findings);
            }
            let shared = filler
                .destination
                .transformation
                .as_ref()
                .and_then(|shape| shape.transformation_refs.as_ref());
            for (index, shared) in shared.into_iter().flatten().enumerate() {
                let name = match &shared.namespace {
                    Some(namespace) => format!("{namespace}/{}", shared.name),
                    None => shared.name.clone(),
                };
                let field = format!("spec.destination.transformation.transformationRefs[{index}]");
                render.reference(manifest, &field, Some(&name), "SecretTransformation", findings);
            }
            render.targets(manifest, &filler.targets, findings);
            destination(manifest, &filler, providers, scope, findings);
        }
    }
}

struct Render<'r> {
    all: &'r [Manifest],
    scope: &'r Scope<'r>,
}

impl<'r> Render<'r> {
    /// The object that a reference leads to. That it is not in the render counts only where others
    /// of its kind are: they may all come from another Application.
    fn reference(
        &self,
        manifest: &Manifest,
        field: &str,
        reference: Option<&str>,
        kind: &str,
        findings: &mut Findings,
    ) -> Option<&'r Manifest> {
        // An empty one is the operator's default.
        let reference = reference.filter(|reference| !reference.is_empty())?;
        let parts: Vec<&str> = reference.split('/').collect();
        let (namespace, name) = match parts[..] {
            [name] => (self.scope.namespace(manifest), name),
            [namespace, name] if !namespace.is_empty() && !name.is_empty() => (namespace, name),
            _ => {
                let hint = "write `name` or `namespace/name`";
                findings.add(&finding::REF_FORMAT, manifest, at(field, format!(" is `{reference}`")), hint);
                return None;
            }
        };
        let of_kind = || self.all.iter().filter(|other| crd::is_vault_object(other) && other.kind() == kind);
        let found = of_kind().find(|other| other.name() == name && self.scope.namespace(other) == namespace);
        if found.is_none() && of_kind().next().is_some() {
            let elsewhere = of_kind().find(|other| other.name() == name);
            let hint = match elsewhere {
                Some(other) => format!(
                    "a bare name is looked up beside this object; write `{}/{name}`, and let it allow this namespace",
                    self.scope.namespace(other)
                ),
                None => suggestion::did_you_mean(name, of_kind().map(Manifest::name)),
            };
            let message = at(field, format!(" is `{reference}`, and the render has no such {kind}"));
            findings.add(&finding::UNRESOLVED_REF, manifest, message, hint);
        }
        found
    }

    /// A VaultAuth serves its own namespace, and those that it lists.
    fn allowed(&self, manifest: &Manifest, auth: &Manifest, findings: &mut Findings) {
        let (own, other) = (self.scope.namespace(manifest), self.scope.namespace(auth));
        let Some(spec) = crd::spec_of::<VaultAuthSpec>(auth).filter(|_| own != other) else { return };
        let allowed = spec.allowed_namespaces.unwrap_or_default();
        if !allowed.iter().any(|namespace| namespace == "*" || namespace == own) {
            let message = format!("{} does not allow namespace `{own}`", auth.display_name());
            findings.add(
                &finding::NAMESPACE_NOT_ALLOWED,
                manifest,
                message,
                format!("add `{own}` to its `allowedNamespaces`"),
            );
        }
    }

    /// Targets count as missing only where the render has workloads at all: secrets may be an
    /// Application of their own.
    fn targets(&self, manifest: &Manifest, targets: &[RestartTarget], findings: &mut Findings) {
        let namespace = self.scope.namespace(manifest);
        let is_restartable = |other: &&Manifest| {
            matches!(
                (other.group(), other.kind()),
                ("apps", "Deployment" | "DaemonSet" | "StatefulSet") | ("argoproj.io", "Rollout")
            ) && self.scope.namespace(other) == namespace
        };
        let workloads: Vec<&Manifest> = self.all.iter().filter(is_restartable).collect();
        if workloads.is_empty() {
            return;
        }
        for (index, target) in targets.iter().enumerate() {
            let kind = match target.kind {
                RestartKind::Deployment => "Deployment",
                RestartKind::DaemonSet => "DaemonSet",
                RestartKind::StatefulSet => "StatefulSet",
                RestartKind::Rollout => "Rollout",
            };
            if workloads.iter().any(|other| other.kind() == kind && other.name() == target.name) {
                continue;
            }
            let message = at(
                format!("spec.rolloutRestartTargets[{index}]"),
                format!(" is {kind} `{}`, which the render lacks", target.name),
            );
            let hint = format!(
                "{}; prefixes and suffixes of kustomize do not reach these names",
                suggestion::did_you_mean(&target.name, workloads.iter().map(|other| other.name()))
            );
            findings.add(&finding::RESTART_TARGET_MISSING, manifest, message, hint);
        }
    }
}

/// One Secret, one object: the operator checks the owner, or two objects overwrite each other for
/// ever.
fn destination(
    manifest: &Manifest,
    filler: &Filler,
    providers: &Providers<'_>,
    scope: &Scope<'_>,
    findings: &mut Findings,
) {
    let name = &filler.destination.name;
    let create = filler.destination.create == Some(true);
    let (mut before, mut secret) = (true, false);
    for provider in providers.of(scope.namespace(manifest), name) {
        let other = provider.manifest;
        if std::ptr::eq(other, manifest) {
            before = false;
        } else if secret::is_secret(other) {
            secret = true;
            // A shell without data, made by git and filled by the operator, is a way to keep the
            // Secret's metadata in git.
            if create || has_data(other) {
                let message = format!("fills Secret `{name}`, which is in the render as a plain Secret too");
                let hint = "drop the Secret: Argo CD and the operator would overwrite each other";
                findings.add(&finding::SECRET_TAKEN, manifest, message, hint);
            }
        } else if before || !crd::is_vault_object(other) {
            let message = format!("fills Secret `{name}`, which {} fills too", other.display_name());
            let hint = "one object per Secret: join the paths in Vault, or give one of them another name";
            findings.add(&finding::DUPLICATE_DESTINATION, manifest, message, hint);
        }
    }
    if !create && !secret {
        let message =
            at("spec.destination.create", format!(" is not true, and the render has no Secret `{name}`"));
        findings.add(&finding::NOTHING_CREATES, manifest, message, "set `create: true`");
    }
}

fn has_data(secret: &Manifest) -> bool {
    let is_filled = |field| secret.at(&[field]).and_then(Value::as_object).is_some_and(|map| !map.is_empty());
    is_filled("data") || is_filled("stringData")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::expect;

    fn object(kind: &str, name: &str, namespace: &str, spec: &Value) -> Value {
        let api = "secrets.hashicorp.com/v1beta1";
        json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec})
    }

    fn secret(name: &str, namespace: &str, auth: &str, destination: &Value) -> Value {
        let spec = json!({"vaultAuthRef": auth, "mount": "kv", "path": "a", "type": "kv-v2", "destination": destination});
        object("VaultStaticSecret", name, namespace, &spec)
    }

    fn auth(name: &str, namespace: &str, allowed: &[&str]) -> Value {
        let block = json!({"role": "r", "serviceAccount": "s"});
        let spec =
            json!({"method": "kubernetes", "mount": "k", "kubernetes": block, "allowedNamespaces": allowed});
        object("VaultAuth", name, namespace, &spec)
    }

    fn plain(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "ua"}})
    }

    #[test]
    fn references() {
        let good = json!({"name": "x", "create": true});
        let to = |reference: &str| secret("x", "ua", reference, &good);
        expect(&[to("app")], &[]);
        expect(&[to("a/b/c")], &["V010: VaultStaticSecret ua/x: `spec.vaultAuthRef` is `a/b/c`"]);
        expect(&[to("/b")], &["V010"]);
        expect(&[to(""), auth("app", "ua", &[])], &[]);
        expect(&[to("app"), auth("app", "ua", &[])], &[]);
        expect(&[to("ap"), auth("app", "ua", &[])], &["V034"]);
        expect(&[to("app"), auth("app", "vault", &[])], &["V034"]);
        expect(&[to("vault/app"), auth("app", "vault", &[])], &["V035"]);
        expect(&[to("vault/app"), auth("app", "vault", &["ua"])], &[]);
        expect(&[to("vault/app"), auth("app", "vault", &["*"])], &[]);
    }

    #[test]
    fn destinations() {
        let good = json!({"name": "x", "create": true});
        let shell = json!({"name": "x"});
        expect(&[secret("a", "ua", "", &good), secret("b", "ra", "", &good)], &[]);
        expect(
            &[secret("a", "ua", "", &good), secret("b", "ua", "", &good)],
            &["V016: VaultStaticSecret ua/b: fills Secret `x`, which VaultStaticSecret ua/a fills too"],
        );
        expect(&[secret("a", "ua", "", &good), plain("x")], &["V017"]);
        expect(&[secret("a", "ua", "", &shell), plain("x")], &[]);
        expect(&[secret("a", "ua", "", &shell)], &["V021"]);
        let external = json!({
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
            "metadata": {"name": "x", "namespace": "ua"}, "spec": {}
        });
        expect(&[secret("a", "ua", "", &good), external], &["V016"]);
    }

    #[test]
    fn restart_targets() {
        let mut restarting = secret("a", "ua", "", &json!({"name": "x", "create": true}));
        restarting["spec"]["rolloutRestartTargets"] = json!([{"kind": "Deployment", "name": "web"}]);
        let workload = |kind: &str, name: &str| json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "ua"}, "spec": {}});
        expect(&[restarting.clone()], &[]);
        expect(&[restarting.clone(), workload("Deployment", "web")], &[]);
        expect(&[restarting.clone(), workload("StatefulSet", "web")], &["V018"]);
        expect(&[restarting, workload("Deployment", "prod-web")], &["V018"]);
    }

    #[test]
    fn shared_transformations() {
        let transformation = json!({"transformationRefs": [{"name": "shared"}]});
        let using =
            secret("a", "ua", "", &json!({"name": "x", "create": true, "transformation": transformation}));
        expect(std::slice::from_ref(&using), &[]);
        expect(&[using.clone(), object("SecretTransformation", "shared", "ua", &json!({}))], &[]);
        expect(&[using, object("SecretTransformation", "other", "ua", &json!({}))], &["V034"]);
    }
}
