//! What the plugin takes: everything is optional, and with nothing given nothing is written, only
//! checked.

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Origin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::crd::KvType;
use crate::finding::{CHECKS, LITERAL_SECRET, Level};
use crate::layout::{BUILT_IN_VARIABLES, Layout, Template};
use crate::name_glob::NameGlob;
use crate::suggestion;

/// Configuration of the Vault plugin.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Config {
    /// What the directories are named after, from the root of the tree, for example
    /// `components/{team}/{service}/overlays/{environment}`. `*` stands for one directory, `**` for
    /// any number.
    pub layout: Option<Layout>,
    /// Vault mount of the secrets engine; takes variables.
    pub mount: Option<Template>,
    /// Vault mounts by team, where the layout has `{team}`; they come before `mount`.
    pub mounts: BTreeMap<String, String>,
    /// Path below the mount, for example `{environment}/{service}`; takes variables.
    pub path: Option<Template>,
    /// Version of the key/value engine.
    #[serde(rename = "type")]
    pub kv_type: KvType,
    /// The VaultAuth that written objects name; takes variables. Without one the operator takes its
    /// default.
    pub vault_auth_ref: Option<Template>,
    /// Vault's own namespace (Vault Enterprise); takes variables.
    pub vault_namespace: Option<Template>,
    /// How often the operator looks for changes, for example `60s`.
    pub refresh_after: Option<String>,
    /// What differs for one Secret, by its name or `namespace/name`.
    pub secrets: BTreeMap<String, SecretOverride>,
    /// Secrets that are no business of Vault: neither written nor missed.
    pub ignore: Vec<NameGlob>,
    /// Whether `imagePullSecrets` come from Vault too.
    pub image_pull_secrets: bool,
    /// What to do about a Secret that is needed, not provided, and not covered by the mapping.
    pub unmapped: Option<Level>,
    /// Secrets that may have values written in them.
    pub allow_literal_secrets: Vec<NameGlob>,
    /// What to do with placeholders of argocd-vault-plugin.
    pub placeholders: AvpPlaceholders,
    /// The mounts that placeholder paths start with; the longest that fits counts.
    pub avp_mounts: Vec<String>,
    /// Version of the key/value engine behind placeholders without a `kv-version` annotation.
    pub avp_kv_type: KvType,
    /// Levels of single checks, by code.
    pub checks: BTreeMap<String, Level>,
    /// Whether every warning is an error.
    pub strict: bool,
}

/// What differs for one Secret.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SecretOverride {
    /// Vault mount; takes variables.
    pub mount: Option<Template>,
    /// Path below the mount; takes variables.
    pub path: Option<Template>,
    /// Version of the key/value engine.
    #[serde(rename = "type")]
    pub kv_type: Option<KvType>,
    /// The VaultAuth; takes variables.
    pub vault_auth_ref: Option<Template>,
    /// Vault's own namespace; takes variables.
    pub vault_namespace: Option<Template>,
    /// How often the operator looks for changes.
    pub refresh_after: Option<String>,
    /// The keys of the Secret: a list of names, or Secret key to Vault key where they differ.
    /// Default: the keys that workloads name, or every key where one of them takes the whole
    /// Secret.
    pub keys: Option<KeyNames>,
    /// Type of the Secret; default `Opaque`.
    pub secret_type: Option<String>,
    /// Whether workloads restart when the Secret changes; default true.
    pub rollout_restart: Option<bool>,
}

/// Keys of a Secret, with other names in Vault or without.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum KeyNames {
    /// The same names in Vault.
    Same(Vec<String>),
    /// Secret key to Vault key.
    Renamed(BTreeMap<String, String>),
}

impl KeyNames {
    /// Pairs of Secret key and Vault key.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Same(names) => names.iter().map(|name| (name.as_str(), name.as_str())).collect(),
            Self::Renamed(names) => names.iter().map(|(key, vault)| (key.as_str(), vault.as_str())).collect(),
        }
    }
}

/// What to do with placeholders of argocd-vault-plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AvpPlaceholders {
    /// Write references in their place; those that cannot be are errors.
    #[default]
    Convert,
    /// Leave them and list them as warnings.
    Report,
    /// Leave them and say nothing.
    Ignore,
}

impl Config {
    /// What is wrong with the configuration beyond its shape.
    pub(crate) fn problems(&self) -> Vec<Failure> {
        let mut problems = self.unknown_variables();
        problems.extend(self.malformed_durations());
        problems.extend(self.unknown_checks());
        problems.extend(self.unusable_mounts());
        problems
    }

    /// Every mount that the configuration names, without those that hold variables.
    pub(crate) fn declared_mounts(&self) -> Vec<&str> {
        let plain = self.mount.iter().chain(self.secrets.values().filter_map(|secret| secret.mount.as_ref()));
        let plain = plain.filter_map(Template::as_literal);
        self.avp_mounts
            .iter()
            .map(String::as_str)
            .chain(self.mounts.values().map(String::as_str))
            .chain(plain)
            .collect()
    }

    fn unknown_variables(&self) -> Vec<Failure> {
        let mut known: Vec<&str> = self.layout.iter().flat_map(Layout::variables).collect();
        known.extend(BUILT_IN_VARIABLES);
        let own = [
            ("mount", &self.mount),
            ("path", &self.path),
            ("vaultAuthRef", &self.vault_auth_ref),
            ("vaultNamespace", &self.vault_namespace),
        ];
        let own = own.into_iter().map(|(field, template)| (vec![field], template));
        let secrets = self.secrets.iter().flat_map(|(name, secret)| {
            let fields = [
                ("mount", &secret.mount),
                ("path", &secret.path),
                ("vaultAuthRef", &secret.vault_auth_ref),
                ("vaultNamespace", &secret.vault_namespace),
            ];
            fields.into_iter().map(move |(field, template)| (vec!["secrets", name.as_str(), field], template))
        });
        let mut failures = Vec::new();
        for (keys, template) in own.chain(secrets) {
            for variable in template.iter().flat_map(Template::variables) {
                if !known.contains(&variable) {
                    let hint = suggestion::did_you_mean(variable, known.iter().copied());
                    failures.push(
                        problem(&keys, &format!("`{{{variable}}}` is no variable of the layout")).hint(hint),
                    );
                }
            }
        }
        if !self.mounts.is_empty() && !known.contains(&"team") {
            failures.push(
                problem(&["mounts"], "the layout has no `{team}`, so no mount can be told")
                    .hint("name the team's directory in `layout`, or set `mount`"),
            );
        }
        failures
    }

    fn malformed_durations(&self) -> Vec<Failure> {
        let secrets = self.secrets.iter();
        let secrets =
            secrets.map(|(name, secret)| (vec!["secrets", name, "refreshAfter"], &secret.refresh_after));
        std::iter::once((vec!["refreshAfter"], &self.refresh_after))
            .chain(secrets)
            .filter_map(|(keys, duration)| Some((keys, duration.as_deref()?)))
            .filter(|(_, duration)| !crate::crd::is_duration(duration))
            .map(|(keys, duration)| {
                problem(&keys, &format!("`{duration}` is no duration"))
                    .hint("one number and one unit: `60s`, `5m`, `1.5h`")
            })
            .collect()
    }

    fn unknown_checks(&self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for code in self.checks.keys() {
            if code == LITERAL_SECRET.code {
                let failure = problem(&["checks", code], "it can be waived by name only");
                failures.push(failure.hint("list the Secret under `allowLiteralSecrets`"));
            } else if !CHECKS.iter().any(|check| check.code == code) {
                let hint = suggestion::did_you_mean(code, CHECKS.iter().map(|check| check.code));
                let hint = if hint.is_empty() {
                    "the codes are those that messages start with".to_owned()
                } else {
                    hint
                };
                failures.push(problem(&["checks", code], "there is no such check").hint(hint));
            }
        }
        failures
    }

    fn unusable_mounts(&self) -> Vec<Failure> {
        let listed = self.avp_mounts.iter().enumerate();
        let listed = listed.map(|(index, mount)| (vec!["avpMounts".to_owned(), index.to_string()], mount));
        let by_team =
            self.mounts.iter().map(|(team, mount)| (vec!["mounts".to_owned(), team.clone()], mount));
        listed
            .chain(by_team)
            .filter(|(_, mount)| {
                mount.trim_matches('/').is_empty() || mount.trim_matches('/') != mount.as_str()
            })
            .map(|(keys, mount)| {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                problem(&keys, &format!("`{mount}` is no mount")).hint("write it without `/` at its ends")
            })
            .collect()
    }
}

/// What is wrong with a field, which is named by its keys.
fn problem(keys: &[&str], message: &str) -> Failure {
    let list_item = |key: &str| key.bytes().all(|byte| byte.is_ascii_digit());
    let field = keys.iter().fold(String::new(), |field, key| match *key {
        key if field.is_empty() => key.to_owned(),
        key if list_item(key) => format!("{field}[{key}]"),
        key => format!("{field}.{key}"),
    });
    Failure::new(format!("configuration of plugin `vault`: `{field}`: {message}"))
        .at(Origin::in_config(keys.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(json: &str) -> Vec<String> {
        let config: Config = serde_json::from_str(json).unwrap();
        let problems = config.problems().into_iter();
        problems
            .map(|failure| format!("{} ({})", failure.message, failure.hint.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn an_empty_configuration_is_fine() {
        assert_eq!(problems("{}"), [""; 0]);
    }

    #[test]
    fn a_complete_configuration_is_fine() {
        let config = r#"{
            "layout": "components/{team}/{service}/overlays/{environment}", "mounts": {"ua": "users-and-auth"},
            "mount": "kv", "path": "{environment}/{service}", "vaultAuthRef": "{namespace}/app", "refreshAfter": "60s",
            "secrets": {"db": {"path": "{environment}/db", "keys": ["a"]}, "ua/mq": {"keys": {"PASSWORD": "password"}}},
            "ignore": ["*-tls"], "unmapped": "error", "placeholders": "report", "checks": {"V018": "ignore"}
        }"#;
        assert_eq!(problems(config), [""; 0]);
    }

    #[test]
    fn says_what_is_wrong() {
        for (config, expected) in [
            (
                r#"{"path": "{envronment}/x", "layout": "{environment}"}"#,
                "`path`: `{envronment}` is no variable of the layout (did you mean `environment`?)",
            ),
            (
                r#"{"secrets": {"db": {"refreshAfter": "1d"}}}"#,
                "`secrets.db.refreshAfter`: `1d` is no duration (one number and one unit: `60s`, `5m`, `1.5h`)",
            ),
            (r#"{"checks": {"V01": "warn"}}"#, "`checks.V01`: there is no such check (did you mean `V001`?)"),
            (
                r#"{"checks": {"V060": "ignore"}}"#,
                "`checks.V060`: it can be waived by name only (list the Secret under `allowLiteralSecrets`)",
            ),
            (
                r#"{"avpMounts": ["/kv"]}"#,
                "`avpMounts[0]`: `/kv` is no mount (write it without `/` at its ends)",
            ),
            (
                r#"{"mounts": {"ua": "kv"}}"#,
                "`mounts`: the layout has no `{team}`, so no mount can be told \
                 (name the team's directory in `layout`, or set `mount`)",
            ),
        ] {
            assert_eq!(problems(config), [format!("configuration of plugin `vault`: {expected}")]);
        }
    }

    #[test]
    fn unknown_fields_and_broken_templates_are_refused() {
        for config in
            [r#"{"mont": "x"}"#, r#"{"path": "{a"}"#, r#"{"layout": "a/{b}{c}"}"#, r#"{"unmapped": "loud"}"#]
        {
            assert!(serde_json::from_str::<Config>(config).is_err(), "{config}");
        }
    }
}
