//! What the plugin finds: the list of checks with their codes, and the collector of what they say.

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Manifest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::field;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not reported.
    Ignore,
    /// It is reported; the render goes on.
    Warn,
    /// The render fails.
    Error,
}

/// One thing that is checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// The stable code, as it stands in messages and in `checks` of the configuration.
    pub code: &'static str,
    /// How much it matters where the configuration says nothing.
    pub level: Level,
    /// What is wrong where the check strikes, in a few words.
    pub summary: &'static str,
}

macro_rules! checks {
    ($($name:ident $code:literal $level:ident $summary:literal;)*) => {
        $(pub(crate) const $name: Check =
            Check { code: $code, level: Level::$level, summary: $summary };)*

        /// Every check, in the order of the codes.
        pub const CHECKS: &[Check] = &[$($name),*];
    };
}

checks! {
    UNKNOWN_FIELD "V001" Error "a field that the kind does not have; the API server would silently drop it";
    REQUIRED "V002" Error "a required field is missing, `spec` among them";
    WRONG_TYPE "V003" Error "a value of the wrong type";
    NOT_IN_ENUM "V004" Error "a value that is not one of the allowed ones";
    PATTERN "V005" Error "a malformed duration, name or other formatted string";
    RANGE "V006" Error "a number below its minimum or above its maximum";
    UNKNOWN_KIND "V007" Error "no such kind or version in `secrets.hashicorp.com`";
    REF_FORMAT "V010" Error "a reference that is neither `name` nor `namespace/name`";
    NEEDS_CREATE "V011" Error "`destination.labels`, `annotations` or `type` without `create: true`";
    DATA_PREFIX "V012" Error "a kv-v2 path that starts with `data/`, or a path or mount with a leading or trailing `/`";
    VERSION_KV1 "V013" Error "`version` with type kv-v1, which has none";
    EXCLUSIVE "V014" Error "mutually exclusive fields";
    RESTART_WITHOUT_HMAC "V015" Warn "`rolloutRestartTargets` without effect because of `hmacSecretData: false`";
    DUPLICATE_DESTINATION "V016" Error "two objects that fill one Secret";
    SECRET_TAKEN "V017" Error "a plain Secret of the render and a Vault object that fills a Secret of the same name";
    RESTART_TARGET_MISSING "V018" Warn "a restart target that is not in the render";
    TRACKING_LABEL "V019" Error "an Argo CD tracking label or annotation on the destination: Argo CD would prune the Secret";
    OWNER_LABEL "V020" Warn "a destination label that the operator overwrites";
    NOTHING_CREATES "V021" Warn "`destination.create` is not set and the render has no such Secret: the operator only retries";
    RAW_IN_ENV "V022" Warn "a Secret that contains `_raw`, exported by `envFrom`";
    NEVER_POLLED "V023" Warn "neither `refreshAfter` nor HMAC: changes in Vault are never noticed";
    REGEX "V024" Error "an include or exclude that is not a valid regular expression";
    TEMPLATE_SYNTAX "V025" Error "a template that does not parse";
    TEMPLATE_FUNCTION "V026" Error "a template function that the operator does not have";
    TEMPLATE_UNGUARDED "V027" Warn "`.Secrets.key` without a guard, which writes `<no value>` if the key is missing";
    TEMPLATE_UNSTABLE "V028" Warn "a template whose result changes every time, with restart targets: they restart every time";
    PKI_TLS_TEMPLATE "V030" Error "a PKI secret of type `kubernetes.io/tls` with templates, which remove `tls.crt` and `tls.key`";
    PKI_EXPIRY_OFFSET "V031" Warn "a PKI secret without `expiryOffset`, renewed only around its expiry";
    PKI_FORMAT "V032" Error "a PKI format that Vault does not have";
    AUTH_BLOCK "V033" Error "a VaultAuth without the fields that its method needs at run time";
    UNRESOLVED_REF "V034" Warn "a reference to an object that is not in the render, although others of its kind are";
    NAMESPACE_NOT_ALLOWED "V035" Error "a VaultAuth in another namespace that does not allow this one";
    STATIC_CREDS "V036" Warn "a `static-creds/` path without `allowStaticCreds: true`";
    TYPED_KEYS "V037" Error "a destination type whose required keys cannot exist";
    UNPROVIDED "V050" Warn "a Secret that a workload needs and nothing in the render creates";
    MISSING_KEY "V051" Warn "a key that a workload needs and that the Secret will not have";
    MAPPING_CONFLICT "V052" Error "workloads that disagree on where one Secret comes from";
    UNREADABLE_WORKLOAD "V053" Warn "a pod spec or Secret reference that cannot be read";
    ANNOTATION "V054" Error "an `oarlock.dev/vault` annotation that is unknown or has an unknown value";
    LITERAL_SECRET "V060" Error "a Secret with values in it";
    AVP_NO_REFERENCE "V070" Error "a placeholder where no reference is possible";
    AVP_SEVERAL_PATHS "V071" Error "one Secret from several paths or versions";
    AVP_MODIFIER "V072" Error "a placeholder modifier without an equivalent";
    AVP_MOUNT "V073" Error "a placeholder path whose mount is not known";
    AVP_CHECKSUM "V074" Error "a checksum of a path that no Vault object of the render reads";
    AVP_SHAPE "V075" Error "a placeholder Secret that has no equivalent for another reason";
    AVP_IMMUTABLE "V076" Warn "`immutable: true` was dropped from a converted Secret";
    AVP_FOUND "V077" Warn "a placeholder, reported because of `placeholders: report`";
}

/// What is wrong, and with which field where it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    field: Option<String>,
}

/// What is wrong with a field, which stands in front of it: `spec.a[0].b`, `metadata.labels[a/b]`.
pub(crate) fn at(field: impl AsRef<str>, rest: impl AsRef<str>) -> Said {
    let (field, rest) = (field.as_ref(), rest.as_ref());
    Said { text: format!("`{field}`{rest}"), field: Some(field.to_owned()) }
}

impl Said {
    /// The same, about a field that the text does not start with.
    pub(crate) fn about(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), field: None }
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self { text, field: None }
    }
}

/// Collects findings, each at the level that the configuration gives it.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    levels: BTreeMap<String, Level>,
    strict: bool,
    /// What makes the render fail.
    pub(crate) errors: Vec<Failure>,
    /// For information only.
    pub(crate) warnings: Vec<Failure>,
}

impl Findings {
    /// A collector. `levels` go by code; with `strict` every warning becomes an error.
    pub(crate) fn new(levels: BTreeMap<String, Level>, strict: bool) -> Self {
        Self { levels, strict, ..Self::default() }
    }

    /// Adds what a check says of a manifest.
    pub(crate) fn add(
        &mut self,
        check: &Check,
        manifest: &Manifest,
        message: impl Into<Said>,
        hint: impl Into<String>,
    ) {
        let Said { text, field } = message.into();
        let mut failure = Failure::new(format!("{}: {}: {text}", check.code, manifest.display_name()));
        failure.origin = manifest.origin.as_ref().map(|origin| match &field {
            Some(field) => origin.within(field::keys(manifest, field)),
            None => origin.clone(),
        });
        let hint = hint.into();
        if !hint.is_empty() {
            failure.hint = Some(hint);
        }
        match self.level(check) {
            Level::Ignore => {}
            Level::Warn => self.warnings.push(failure),
            Level::Error => self.errors.push(failure),
        }
    }

    fn level(&self, check: &Check) -> Level {
        match self.levels.get(check.code).copied().unwrap_or(check.level) {
            Level::Warn if self.strict => Level::Error,
            level => level,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        assert!(CHECKS.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn the_manual_lists_every_check_at_its_level() {
        let manual = include_str!("../../../docs/vault.md");
        for check in CHECKS {
            let level = format!("{:?}", check.level).to_lowercase();
            let row = format!("| `{}` | {level} | {} |", check.code, check.summary);
            assert!(manual.contains(&row), "docs/vault.md lacks\n{row}");
        }
    }
}
