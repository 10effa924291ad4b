//! The order in which resources are handed on: as they came, or by kind.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::sync::LazyLock;

use oarlock_plugin::{Failure, Result};
use serde::Deserialize;

use crate::resource::{Gvk, ResId, Resource};

/// Kinds that others need come first.
const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that could get in the way of others come last.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// `sortOptions` of a kustomization.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct SortOptions {
    order: String,
    legacy_sort_options: Option<LegacySortOptions>,
}

/// Kinds that come first and last; the built-in ones where these options are absent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct LegacySortOptions {
    order_first: Vec<String>,
    order_last: Vec<String>,
}

impl SortOptions {
    /// Sorts resources as these options say.
    ///
    /// # Errors
    /// If the options contradict themselves.
    pub(crate) fn sort(&self, resources: &mut [Resource]) -> Result<()> {
        match (self.order.as_str(), &self.legacy_sort_options) {
            ("fifo", None) => {}
            ("fifo", Some(_)) => {
                return Err(Failure::new("`legacySortOptions` have no meaning for the order `fifo`")
                    .hint("set `order: legacy` or remove them"));
            }
            ("legacy", None) => sort_legacy(resources),
            ("legacy", Some(options)) => {
                let first = options.order_first.iter().map(String::as_str);
                sort_by_kind(resources, first, options.order_last.iter().map(String::as_str));
            }
            _ => return Err(Failure::new("`sortOptions.order` is `fifo` or `legacy`")),
        }
        Ok(())
    }
}

/// Sorts resources as kustomize does where nothing is said.
pub(crate) fn sort_legacy(resources: &mut [Resource]) {
    sort_by_kind(resources, FIRST.into_iter(), LAST.into_iter());
}

/// The rank of a kind: negative for the first, positive for the last.
fn rank(kind: &str) -> i64 {
    static RANKS: LazyLock<HashMap<&str, i64>> = LazyLock::new(|| ranks(FIRST.into_iter(), LAST.into_iter()));
    RANKS.get(kind).copied().unwrap_or(0)
}

/// A key by which kinds sort in the order of [`sort_legacy`], that of namespaces aside: kustomize's `Gvk.IsLessThan`.
pub(crate) fn gvk_key(gvk: &Gvk) -> (i64, String) {
    (rank(&gvk.kind), gvk_text(gvk))
}

fn ranks<'a>(
    first: impl ExactSizeIterator<Item = &'a str>,
    last: impl Iterator<Item = &'a str>,
) -> HashMap<&'a str, i64> {
    let before = i64::try_from(first.len()).unwrap_or(i64::MAX);
    let first = (-before..).zip(first).map(|(rank, kind)| (kind, rank));
    let last = (1..).zip(last).map(|(rank, kind)| (kind, rank));
    first.chain(last).collect()
}

/// By kind: the first, all others, the last. Within them by group, version and kind, then by namespace and name.
fn sort_by_kind<'a>(
    resources: &mut [Resource],
    first: impl ExactSizeIterator<Item = &'a str>,
    last: impl Iterator<Item = &'a str>,
) {
    let ranks = ranks(first, last);
    resources.sort_by_cached_key(|resource| {
        let id = resource.current_id();
        SortKey {
            rank: ranks.get(id.gvk.kind.as_str()).copied().unwrap_or(0),
            gvk: GvkKey::of(&id.gvk),
            id: id_key(&id),
        }
    });
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct SortKey {
    rank: i64,
    gvk: GvkKey,
    id: String,
}

/// Group, version and kind as text. Namespaces sort the other way round where one is of the core group, which so comes first.
#[derive(PartialEq, Eq)]
struct GvkKey {
    text: String,
    core_namespace: bool,
    namespace: bool,
}

impl Ord for GvkKey {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.namespace && other.namespace && (self.core_namespace || other.core_namespace) {
            Reverse(&self.text).cmp(&Reverse(&other.text))
        } else {
            self.text.cmp(&other.text)
        }
    }
}

impl PartialOrd for GvkKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl GvkKey {
    fn of(gvk: &Gvk) -> Self {
        let namespace = gvk.kind == "Namespace";
        Self { text: gvk_text(gvk), namespace, core_namespace: namespace && gvk.group.is_empty() }
    }
}

/// What is absent sorts behind all that is there.
fn gvk_text(gvk: &Gvk) -> String {
    [or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K")].join("_")
}

fn id_key(id: &ResId) -> String {
    [or(&id.namespace, "~X"), or(&id.name, "~N")].join("|")
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oarlock_yaml::{Limits, Reader, parse};

    fn resources(ids: &[&str]) -> Vec<Resource> {
        let node = |id: &&str| {
            let mut parts = id.split(' ');
            let mut part = || parts.next().unwrap_or_default();
            let yaml = format!(
                "apiVersion: {}\nkind: {}\nmetadata: {{name: {}, namespace: '{}'}}",
                part(),
                part(),
                part(),
                part()
            );
            Resource::new(
                parse(yaml.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().remove(0).root,
                None,
            )
        };
        ids.iter().map(node).collect()
    }

    fn ids(resources: &[Resource]) -> Vec<String> {
        resources.iter().map(|resource| format!("{} {}", resource.kind(), resource.name())).collect()
    }

    #[test]
    fn legacy_order_goes_by_kind_then_group_then_namespace() {
        let mut given = resources(&[
            "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration w",
            "v1 Pod a",
            "example.com/v1 Thing t",
            "apps/v1 Deployment d",
            "v1 Service b",
            "v1 Service a z",
            "example.com/v1 Namespace other",
            "v1 Namespace core",
        ]);
        sort_legacy(&mut given);
        let expected = [
            "Namespace core",
            "Namespace other",
            "Service a",
            "Service b",
            "Deployment d",
            "Thing t",
            "Pod a",
            "ValidatingWebhookConfiguration w",
        ];
        assert_eq!(ids(&given), expected);
    }

    #[test]
    fn options_name_other_kinds() {
        let options = |order: &str, first: &[&str]| SortOptions {
            order: order.to_owned(),
            legacy_sort_options: (!first.is_empty()).then(|| LegacySortOptions {
                order_first: first.iter().map(ToString::to_string).collect(),
                order_last: vec!["Namespace".to_owned()],
            }),
        };
        let mut given = resources(&["v1 Namespace n", "v1 Secret s", "v1 Pod p"]);
        options("legacy", &["Pod"]).sort(&mut given).unwrap();
        assert_eq!(ids(&given), ["Pod p", "Secret s", "Namespace n"]);
        assert!(options("fifo", &["Pod"]).sort(&mut given).is_err());
        assert!(options("", &[]).sort(&mut given).is_err());
        options("fifo", &[]).sort(&mut given).unwrap();
        assert_eq!(ids(&given), ["Pod p", "Secret s", "Namespace n"]);
    }
}
