//! Argo CD's switches, as far as they matter to a plugin: their keys, and what they are set to.
//!
//! The keys are those of `argocd-cmd-params-cm` in Argo CD 3.3. Its programs read them as
//! environment when they start; a flag among the arguments counts more than the variable.

use serde_json::json;

use super::objects::{Located, Objects, PARAMS};
use crate::finding::{Change, Finding, Findings, quoted};

/// What stays out of archives.
pub(super) const EXCLUSIONS: &str = "reposerver.plugin.tar.exclusions";

pub(super) const REPO_SERVER: &str = "repo-server";
pub(super) const SEND_PART: Switch = Switch {
    key: "reposerver.plugin.use.manifest.generate.paths",
    component: REPO_SERVER,
    variable: "ARGOCD_REPO_SERVER_PLUGIN_USE_MANIFEST_GENERATE_PATHS",
    flag: "plugin-use-manifest-generate-paths",
};
pub(super) const EXCLUDE: Switch = Switch {
    key: EXCLUSIONS,
    component: REPO_SERVER,
    variable: "ARGOCD_REPO_SERVER_PLUGIN_TAR_EXCLUSIONS",
    flag: "plugin-tar-exclude",
};
pub(super) const PARALLELISM: Switch = Switch {
    key: "reposerver.parallelism.limit",
    component: REPO_SERVER,
    variable: "ARGOCD_REPO_SERVER_PARALLELISM_LIMIT",
    flag: "parallelismlimit",
};
pub(super) const MESSAGE_SIZE: Switch = Switch {
    key: "reposerver.grpc.max.size",
    component: REPO_SERVER,
    variable: "ARGOCD_GRPC_MAX_SIZE_MB",
    flag: "",
};
pub(super) const STREAMED: Switch = Switch {
    key: "reposerver.streamed.manifest.max.extracted.size",
    component: REPO_SERVER,
    variable: "ARGOCD_REPO_SERVER_STREAMED_MANIFEST_MAX_EXTRACTED_SIZE",
    flag: "streamed-manifest-max-extracted-size",
};
/// Of each program that asks for manifests, how long it waits for them.
pub(super) const TIMEOUTS: [Switch; 3] = [
    Switch {
        key: "controller.repo.server.timeout.seconds",
        component: "application-controller",
        variable: "ARGOCD_APPLICATION_CONTROLLER_REPO_SERVER_TIMEOUT_SECONDS",
        flag: "repo-server-timeout-seconds",
    },
    Switch {
        key: "server.repo.server.timeout.seconds",
        component: "server",
        variable: "ARGOCD_SERVER_REPO_SERVER_TIMEOUT_SECONDS",
        flag: "repo-server-timeout-seconds",
    },
    Switch {
        key: "applicationsetcontroller.repo.server.timeout.seconds",
        component: "applicationset-controller",
        variable: "ARGOCD_APPLICATIONSET_CONTROLLER_REPO_SERVER_TIMEOUT_SECONDS",
        flag: "repo-server-timeout-seconds",
    },
];
/// Has no key; only the environment of the repo-server says it.
pub(super) const CHUNK_SIZE: &str = "ARGOCD_CMP_CHUNK_SIZE";
/// How long a program waits by default.
pub(super) const TIMEOUT_DEFAULT: u64 = 60;
/// The largest message of a program by default, and the largest that Oarlock takes, in MiB.
pub(super) const MESSAGE_DEFAULT: u64 = 100;
/// A switch, and the ways to set it, the last one first.
pub(super) struct Switch {
    pub(super) key: &'static str,
    component: &'static str,
    variable: &'static str,
    flag: &'static str,
}

impl Switch {
    /// Everything that it is set to; for most switches the last one counts.
    fn values(&self, objects: &Objects) -> Vec<Located> {
        if let Some(workload) = objects.workload(self.component) {
            let flags = workload.flag(self.flag);
            if !self.flag.is_empty() && !flags.is_empty() {
                return flags;
            }
            if let Some(found) = workload.variable(self.variable) {
                return vec![found.clone()];
            }
        }
        objects
            .setting(PARAMS, self.key)
            .filter(|found| !found.text.is_empty())
            .cloned()
            .into_iter()
            .collect()
    }

    /// What it is set to, if it is.
    pub(super) fn value(&self, objects: &Objects) -> Option<Located> {
        self.values(objects).pop()
    }

    /// A number; what is none counts as not set, as it does for Argo CD.
    pub(super) fn number(
        &self,
        objects: &Objects,
        default: u64,
        findings: &mut Findings,
    ) -> (u64, Option<Located>) {
        let Some(found) = self.value(objects) else { return (default, None) };
        if let Ok(number) = found.text.parse() {
            return (number, Some(found));
        }
        let message = format!("`{}` is no number, so Argo CD takes {default}", found.text);
        let finding = Finding::warn(self.key, message, "write digits between quotes");
        findings.add(finding.at(Some(found.origin.clone())));
        (default, Some(found))
    }
}

/// What stays out of archives: patterns with `;` between them, or flags with one each.
pub(super) fn exclusions(objects: &Objects) -> Vec<Located> {
    let split = |found: Located| {
        let pattern = |text: &str| Located { text: text.trim().to_owned(), origin: found.origin.clone() };
        found.text.split(';').filter(|text| !text.trim().is_empty()).map(pattern).collect::<Vec<_>>()
    };
    EXCLUDE.values(objects).into_iter().flat_map(split).collect()
}

/// Whether the repo-server sends no more than what the annotation names.
pub(super) fn sends_a_part(objects: &Objects) -> bool {
    SEND_PART.value(objects).is_some_and(|found| is_true(&found.text))
}

/// Whether ApplicationSets leave an annotation alone that others put on their Applications.
pub(super) fn keeps(objects: &Objects, annotation: &str) -> bool {
    const KEPT: &str = "applicationsetcontroller.global.preserved.annotations";
    objects.setting(PARAMS, KEPT).is_some_and(|kept| kept.text.split(',').any(|one| one.trim() == annotation))
}

/// The change that sets keys, and the command that has programs read them: they are environment,
/// which is read at the start.
pub(super) fn apply(objects: &Objects, findings: &mut Findings) {
    let settings = findings.take_settings();
    if settings.is_empty() {
        return;
    }
    let namespace = quoted(objects.namespace());
    let origin = objects.config_maps.get(PARAMS).and_then(|map| map.origin.as_ref());
    findings.change(Change::new(format!("ConfigMap {PARAMS}"), origin, json!({"data": settings})));
    findings.command(format!(
        "kubectl -n {namespace} rollout restart deployment,statefulset -l app.kubernetes.io/part-of=argocd"
    ));
}

/// What a quantity as Kubernetes writes them comes to: `100M`, `1Gi`.
pub(super) fn quantity(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 6] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
    ];
    let unit = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)));
    let (digits, size) = unit.unwrap_or((text, 1));
    digits.parse::<u64>().ok()?.checked_mul(size)
}

/// As Go's `strconv.ParseBool`.
fn is_true(text: &str) -> bool {
    ["1", "t", "T", "TRUE", "true", "True"].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::argocd::objects::sample;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, expected) in [
            ("1G", Some(1_000_000_000)),
            ("100M", Some(100_000_000)),
            ("1Gi", Some(1 << 30)),
            ("7", Some(7)),
            ("", None),
            ("M", None),
            ("1T!", None),
        ] {
            assert_eq!(quantity(text), expected, "{text}");
        }
    }

    #[test]
    fn exclusions_are_told_apart() {
        let texts = |params: &str, repo_server: &str| {
            exclusions(&sample(params, repo_server)).into_iter().map(|one| one.text).collect::<Vec<_>>()
        };
        assert_eq!(texts("reposerver.plugin.tar.exclusions: '.git; docs;'", ""), [".git", "docs"]);
        assert_eq!(
            texts(
                "reposerver.plugin.tar.exclusions: a",
                "args: [--plugin-tar-exclude, .git, --plugin-tar-exclude=b]"
            ),
            [".git", "b"]
        );
        assert!(texts("reposerver.plugin.tar.exclusions: ''", "").is_empty());
    }

    #[test]
    fn settings_are_a_change_in_git_and_a_restart() {
        let mut findings = Findings::default();
        apply(&sample("", ""), &mut findings);
        assert_eq!(findings.to_text(), "");
        findings.set("a.b", "5");
        apply(&sample("", ""), &mut findings);
        let report = findings.to_text();
        let change = "\n  ConfigMap argocd-cmd-params-cm (a.yaml:2:18)\n    data:\n      a.b: \"5\"\n";
        assert!(report.contains(change), "{report}");
        assert!(report.contains("\n  kubectl -n cd rollout restart deployment,statefulset "), "{report}");
    }
}
