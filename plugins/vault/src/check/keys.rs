//! Consumers against what fills their Secrets: keys that will not be there, and one that should not
//! be.

use crate::crd::{self, Destination};
use crate::demand::{Demand, What};
use crate::finding::{self, Findings, at};
use crate::provider::{Keys, Providers};

/// Checks every Secret that workloads ask for and the render provides.
pub(super) fn check(demands: &[Demand<'_>], providers: &Providers<'_>, findings: &mut Findings) {
    for demand in demands {
        let of: Vec<_> = providers.of(&demand.namespace, &demand.secret).collect();
        let Some(first) = of.first() else { continue };
        for ask in &demand.asks {
            match &ask.what {
                What::Key(key) if !ask.optional && !of.iter().any(|provider| provider.keys.may_have(key)) => {
                    let maker = first.manifest.display_name();
                    let rest = format!(
                        " asks for key `{key}` of Secret `{}`, which {maker} does not make",
                        demand.secret
                    );
                    let message = at(&ask.field, rest);
                    let hint = "let its filters pass the key, or make it by a template";
                    findings.add(&finding::MISSING_KEY, ask.workload.manifest, message, hint);
                }
                What::Environment => {
                    let raw = of.iter().find(|provider| {
                        crd::is_vault_object(provider.manifest)
                            && matches!(provider.keys, Keys::Filtered(_))
                            && provider.keys.may_have("_raw")
                    });
                    if let Some(provider) = raw {
                        let message = format!(
                            "keeps `_raw`, the whole answer of Vault, and `{}` of {} exports it",
                            ask.field,
                            ask.workload.manifest.display_name()
                        );
                        let hint = "set `destination.transformation.excludeRaw: true`";
                        findings.add(&finding::RAW_IN_ENV, provider.manifest, message, hint);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a destination without shared transformations can come to have a key.
pub(super) fn may_have(destination: &Destination, key: &str) -> bool {
    Keys::of_destination(destination).may_have(key)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::expect;

    fn secret(transformation: &Value) -> Value {
        json!({
            "apiVersion": "secrets.hashicorp.com/v1beta1", "kind": "VaultStaticSecret", "metadata": {"name": "x"},
            "spec": {
                "mount": "kv", "path": "a", "type": "kv-v2",
                "destination": {"name": "x", "create": true, "transformation": transformation}
            }
        })
    }

    fn pod(container: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}})
    }

    #[test]
    fn keys_and_raw() {
        let key = |optional: bool| {
            let reference = json!({"name": "x", "key": "k", "optional": optional});
            pod(&json!({"name": "c", "env": [{"name": "K", "valueFrom": {"secretKeyRef": reference}}]}))
        };
        let whole = pod(&json!({"name": "c", "envFrom": [{"secretRef": {"name": "x"}}]}));
        let pure = json!({"excludeRaw": true});
        expect(&[key(false), secret(&json!({"excludeRaw": true, "includes": ["^k$"]}))], &[]);
        expect(&[key(false), secret(&json!({"excludeRaw": true, "includes": ["^j$"]}))], &["V051: Pod p: "]);
        expect(&[key(true), secret(&json!({"excludeRaw": true, "includes": ["^j$"]}))], &[]);
        expect(&[whole.clone(), secret(&pure)], &[]);
        expect(&[whole, secret(&json!({}))], &["V022: VaultStaticSecret x: "]);
    }
}
