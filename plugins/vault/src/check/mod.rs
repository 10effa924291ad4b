//! Checks of what is rendered: the operator's objects one by one, then against each other and
//! against their consumers.

mod auth;
mod fills;
mod keys;
mod object;
mod references;
mod template;

use oarlock_plugin::Manifest;

use crate::crd;
use crate::demand;
use crate::finding::Findings;
use crate::provider::Providers;
use crate::scope::Scope;

/// Checks everything.
pub(crate) fn check(manifests: &[Manifest], scope: &Scope<'_>, findings: &mut Findings) {
    let providers = Providers::collect(manifests, scope);
    // Errors of the workloads themselves were reported when they were first read.
    let demands = demand::collect(manifests, scope, &mut Findings::default());
    let objects: Vec<&Manifest> =
        manifests.iter().filter(|manifest| crd::is_vault_object(manifest)).collect();
    for manifest in &objects {
        object::check(manifest, findings);
        auth::check(manifest, findings);
        fills::check(manifest, findings);
        template::check(manifest, findings);
        references::check(manifest, manifests, &providers, scope, findings);
    }
    keys::check(&demands, &providers, findings);
}

#[cfg(test)]
pub(crate) mod tests {
    use oarlock_plugin::{Application, MemoryHost, Plugin, Request, TreePath};
    use serde_json::Value;

    use super::*;
    use crate::Vault;

    /// Codes and messages, errors and warnings, of what the plugin says of some objects.
    pub(crate) fn findings(objects: &[Value]) -> Vec<String> {
        let host = MemoryHost::default();
        let request = Request {
            directory: TreePath::root(),
            application: Application::default(),
            config: crate::Config::default(),
            manifests: objects.iter().map(|object| Manifest::from_value(object).unwrap()).collect(),
        };
        let result = Vault::render(&host, request);
        let errors = result.err().map(oarlock_plugin::Failures::into_vec).unwrap_or_default();
        errors.into_iter().chain(host.warnings()).map(|failure| failure.message).collect()
    }

    /// Asserts that the objects give findings that start with these, in this order and no others.
    #[track_caller]
    pub(crate) fn expect(objects: &[Value], expected: &[&str]) {
        let found = findings(objects);
        let same = found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, start)| found.starts_with(start));
        assert!(same, "found {found:#?}\nexpected {expected:#?}\nin {objects:#?}");
    }
}
