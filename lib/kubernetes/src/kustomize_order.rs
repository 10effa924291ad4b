//! The order of objects that kustomize calls `legacy`: kinds that others need first, webhooks last.
//!
//! Argo CD sorts by [another table](crate::SyncRank), Helm by a third: three authorities that agree
//! neither on kinds nor on ties, so none stands in for another.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::gvk::Gvk;
use crate::object_id::ObjectId;

// `FIRST`, the kinds that others need, and `LAST`, those that could get in the way of others.
include!(concat!(env!("OUT_DIR"), "/kustomize_order.rs"));

/// Which kinds come first and which last.
#[derive(Clone, Debug)]
pub struct LegacyOrder {
    ranks: Ranks,
}

/// Negative for the first, positive for the last, 0 for all others.
#[derive(Clone, Debug)]
enum Ranks {
    /// By kustomize's own tables, which are as short as the search for a kind is.
    Builtin,
    Own(BTreeMap<SmolStr, i64>),
}

impl LegacyOrder {
    /// kustomize's own tables.
    pub fn builtin() -> &'static Self {
        &Self { ranks: Ranks::Builtin }
    }

    /// An order with tables of one's own, as `sortOptions.legacySortOptions` of a kustomization has
    /// them.
    pub fn new<T: Into<SmolStr>>(
        first: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        last: impl IntoIterator<Item = T>,
    ) -> Self {
        let first = first.into_iter();
        let before = i64::try_from(first.len()).unwrap_or(i64::MAX);
        let first = (-before..).zip(first).map(|(rank, kind)| (kind.into(), rank));
        let last = (1..).zip(last).map(|(rank, kind)| (kind.into(), rank));
        Self { ranks: Ranks::Own(first.chain(last).collect()) }
    }

    /// The key by which objects sort in this order: by kind, within it by group, version, namespace
    /// and name.
    pub fn key(&self, id: &ObjectId) -> LegacyKey {
        LegacyKey { rank: self.rank(&id.gvk.kind), gvk: GvkKey::of(&id.gvk), id: id_key(id) }
    }

    /// A key by which types sort in this order, that of namespaces aside: kustomize's
    /// `Gvk.IsLessThan`.
    pub fn type_key(&self, gvk: &Gvk) -> impl Ord + use<> {
        (self.rank(&gvk.kind), gvk_text(gvk))
    }

    fn rank(&self, kind: &str) -> i64 {
        match &self.ranks {
            Ranks::Builtin => builtin_rank(kind),
            Ranks::Own(ranks) => ranks.get(kind).copied().unwrap_or(0),
        }
    }
}

fn builtin_rank(kind: &str) -> i64 {
    let first = (1_i64..).zip(FIRST.iter().rev()).find(|(_, first)| **first == kind);
    let last = || (1_i64..).zip(&LAST).find(|(_, last)| **last == kind);
    first.map(|(place, _)| -place).or_else(|| Some(last()?.0)).unwrap_or(0)
}

/// The place of an object in a [`LegacyOrder`].
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct LegacyKey {
    rank: i64,
    gvk: GvkKey,
    id: String,
}

/// Group, version and kind as text. Namespaces sort the other way round where one is of the core
/// group, which so comes first.
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

fn id_key(id: &ObjectId) -> String {
    [or(&id.namespace, "~X"), or(&id.name, "~N")].join("|")
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_goes_by_kind_then_group_then_namespace() {
        let order = LegacyOrder::builtin();
        let mut ids: Vec<ObjectId> = [
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "w", ""),
            ("v1", "Pod", "a", ""),
            ("apps/v1", "Deployment", "d", ""),
            ("v1", "Service", "b", ""),
            ("v1", "Service", "a", "z"),
            ("example.com/v1", "Namespace", "other", ""),
            ("v1", "Namespace", "core", ""),
        ]
        .into_iter()
        .map(|(api_version, kind, name, namespace)| ObjectId {
            gvk: Gvk::from_api_version(api_version, kind),
            name: name.into(),
            namespace: namespace.into(),
        })
        .collect();
        ids.sort_by_cached_key(|id| order.key(id));
        let names: Vec<_> = ids.iter().map(|id| id.name.as_str()).collect();
        assert_eq!(names, ["core", "other", "a", "b", "d", "a", "w"]);
    }

    #[test]
    fn the_builtin_ranks_are_those_of_the_tables() {
        let own = LegacyOrder::new(FIRST, LAST);
        for kind in FIRST.into_iter().chain(LAST).chain(["Pod", ""]) {
            assert_eq!(LegacyOrder::builtin().rank(kind), own.rank(kind), "{kind}");
        }
        assert!(own.rank("Namespace") < own.rank("Deployment") && own.rank("Deployment") < 0);
    }

    #[test]
    fn tables_can_be_replaced() {
        let order = LegacyOrder::new(["Pod"], ["Namespace"]);
        let key = |kind| order.type_key(&Gvk::from_api_version("v1", kind));
        assert!(key("Pod") < key("Secret") && key("Secret") < key("Namespace"));
    }
}
