//! Where a Secret lies in Vault: templates filled from the directory, the workload and the Secret.

use std::borrow::Cow;

use oarlock_plugin::Manifest;

use crate::config::SecretOverride;
use crate::crd::KvType;
use crate::layout::Template;
use crate::scope::Scope;
use crate::workload::Workload;

/// Where one Secret lies in Vault, and how it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) mount: String,
    pub(crate) path: String,
    pub(crate) kv_type: KvType,
    pub(crate) auth: Option<String>,
    pub(crate) vault_namespace: Option<String>,
    pub(crate) refresh_after: Option<String>,
}

/// The mapping for a Secret that a workload asks for: what the configuration says of the Secret
/// comes first, then the workload's annotations, then what it says in general.
///
/// # Errors
/// Why there is none, as the end of a sentence.
pub(crate) fn map(scope: &Scope<'_>, workload: &Workload<'_>, secret: &str) -> Result<Mapping, String> {
    let config = scope.config;
    let own = secret_override(scope, &workload.namespace, secret);
    let subject = Subject { namespace: &workload.namespace, secret, workload: Some(workload.manifest) };
    let value = |name: &str| subject.variable(scope, name);
    let fill = |template: &Template| template.fill(value).map_err(|variable| not_known(scope, &variable));
    // The first that has a word: the override's template, the annotation, the general template.
    let pick = |own: Option<&Template>, annotation: &str, general: Option<&Template>| match own {
        Some(template) => fill(template).map(Some),
        None => match workload.vault_annotation(annotation, secret) {
            Some(text) => Ok(Some(text.to_owned())),
            None => general.map(fill).transpose(),
        },
    };
    let own = own.cloned().unwrap_or_default();
    let mount = match pick(own.mount.as_ref(), "vault-mount", None)? {
        Some(mount) => Some(mount),
        None => match value("team").and_then(|team| config.mounts.get(&*team)) {
            Some(mount) => Some(mount.clone()),
            None => config.mount.as_ref().map(fill).transpose()?,
        },
    };
    let path = pick(own.path.as_ref(), "vault-path", config.path.as_ref())?;
    let (Some(mount), Some(path)) = (mount.clone(), path.clone()) else {
        return Err(match (mount, path) {
            (None, None) => "no mount and no path is configured for it",
            (None, _) => "no mount is configured for it",
            _ => "no path is configured for it",
        }
        .to_owned());
    };
    Ok(Mapping {
        mount,
        path,
        kv_type: own.kv_type.unwrap_or(config.kv_type),
        auth: pick(own.vault_auth_ref.as_ref(), "vault-auth-ref", config.vault_auth_ref.as_ref())?,
        vault_namespace: own
            .vault_namespace
            .as_ref()
            .or(config.vault_namespace.as_ref())
            .map(fill)
            .transpose()?,
        refresh_after: own
            .refresh_after
            .or_else(|| workload.vault_annotation("vault-refresh-after", secret).map(str::to_owned))
            .or_else(|| config.refresh_after.clone()),
    })
}

/// What the configuration says of just this Secret.
pub(crate) fn secret_override<'c>(
    scope: &Scope<'c>,
    namespace: &str,
    secret: &str,
) -> Option<&'c SecretOverride> {
    let secrets = &scope.config.secrets;
    secrets.get(&format!("{namespace}/{secret}")).or_else(|| secrets.get(secret))
}

/// Fills a template for a Secret that no workload need ask for.
///
/// # Errors
/// The variable that is not known, as the end of a sentence.
pub(crate) fn fill_for_secret(
    scope: &Scope<'_>,
    namespace: &str,
    secret: &str,
    template: &Template,
) -> Result<String, String> {
    let subject = Subject { namespace, secret, workload: None };
    template.fill(|name| subject.variable(scope, name)).map_err(|variable| not_known(scope, &variable))
}

fn not_known(scope: &Scope<'_>, variable: &str) -> String {
    match &scope.config.layout {
        Some(layout) if layout.variables().any(|known| known == variable) => {
            format!(
                "`{{{variable}}}` is not known: directory `{}` does not fit layout `{layout}`",
                scope.path
            )
        }
        _ => format!("`{{{variable}}}` is not known here"),
    }
}

/// What the variables of a template speak of.
struct Subject<'s> {
    namespace: &'s str,
    secret: &'s str,
    workload: Option<&'s Manifest>,
}

impl<'s> Subject<'s> {
    fn variable(&self, scope: &'s Scope<'_>, name: &str) -> Option<Cow<'s, str>> {
        if let Some((_, value)) = scope.directory.iter().find(|(variable, _)| variable == name) {
            return Some(Cow::from(value));
        }
        let value = match name {
            "application" => scope.application.name.as_deref()?,
            "namespace" => self.namespace,
            "secret" => self.secret,
            "workload" => self.workload?.name(),
            "name" => {
                let workload = self.workload?;
                workload
                    .label("app.kubernetes.io/name")
                    .or_else(|| workload.label("app"))
                    .unwrap_or_else(|| workload.name())
            }
            _ => return None,
        };
        (!value.is_empty()).then(|| Cow::from(value))
    }
}
