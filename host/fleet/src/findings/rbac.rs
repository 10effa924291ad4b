//! Roles that grant more, and who gets them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Finding, Rule, Severity, names, quoted};
use crate::change::{ApplicationDiff, ObjectDiff};

const GROUP: &str = "rbac.authorization.k8s.io";

/// How many rules before are compared with one rule after. Beyond, a rule counts as covered only by
/// an equal one.
const COMPARED: usize = 64;

/// Looks at roles and bindings.
pub(super) fn check(application: &ApplicationDiff<'_>, object: &ObjectDiff<'_>, findings: &mut Vec<Finding>) {
    let Some(after) = object.after.as_deref().filter(|_| object.id.group == GROUP) else { return };
    let before = object.before.as_deref().unwrap_or(&Value::Null);
    match object.id.kind.as_str() {
        "Role" | "ClusterRole" => check_role(application, object, before, after, findings),
        "RoleBinding" | "ClusterRoleBinding" => check_binding(application, object, before, after, findings),
        _ => {}
    }
}

/// A rule of a role: what may be done with what.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    verbs: BTreeSet<String>,
    groups: BTreeSet<String>,
    resources: BTreeSet<String>,
    names: BTreeSet<String>,
    urls: BTreeSet<String>,
}

fn grants(role: &Value) -> Vec<Grant> {
    let rules = role.get("rules").and_then(Value::as_array).into_iter().flatten();
    let grants = rules.map(|rule| {
        let list = |field: &str| -> BTreeSet<String> {
            let list = rule.get(field).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Grant {
            verbs: list("verbs"),
            groups: list("apiGroups"),
            resources: list("resources"),
            names: list("resourceNames"),
            urls: list("nonResourceURLs"),
        }
    });
    grants.collect()
}

impl Grant {
    fn covers(&self, other: &Self) -> bool {
        let has =
            |mine: &BTreeSet<String>, others: &BTreeSet<String>| mine.contains("*") || others.is_subset(mine);
        has(&self.verbs, &other.verbs)
            && has(&self.groups, &other.groups)
            && has(&self.resources, &other.resources)
            && has(&self.urls, &other.urls)
            && (self.names.is_empty() || (!other.names.is_empty() && other.names.is_subset(&self.names)))
    }

    fn is_everything(&self) -> bool {
        [&self.verbs, &self.groups, &self.resources].into_iter().all(|set| set.contains("*"))
    }

    /// What is granted beyond one of these, where one lacks nothing but verbs or nothing but
    /// resources.
    fn sentence(&self, had: &[Self]) -> String {
        let less_verbs = |other: &&Self| Self { verbs: self.verbs.clone(), ..(*other).clone() }.covers(self);
        let less_resources =
            |other: &&Self| Self { resources: self.resources.clone(), ..(*other).clone() }.covers(self);
        let had = || had.iter().take(COMPARED);
        let (mut verbs, mut resources) = (self.verbs.clone(), self.resources.clone());
        if let Some(other) = had().find(less_verbs) {
            verbs.retain(|verb| !other.verbs.contains(verb));
        } else if let Some(other) = had().find(less_resources) {
            resources.retain(|resource| !other.resources.contains(resource));
        }
        let of = match self.names.len() {
            0 => String::new(),
            _ => format!(" named {}", names(&self.names)),
        };
        format!(
            "{} on {}{of}",
            names(&verbs),
            names(if resources.is_empty() { &self.urls } else { &resources })
        )
    }
}

fn check_role(
    application: &ApplicationDiff<'_>,
    object: &ObjectDiff<'_>,
    before: &Value,
    after: &Value,
    findings: &mut Vec<Finding>,
) {
    let (had, has) = (grants(before), grants(after));
    let same: BTreeSet<&Grant> = had.iter().collect();
    let is_new = |grant: &&Grant| {
        !same.contains(grant) && !had.iter().take(COMPARED).any(|earlier| earlier.covers(grant))
    };
    let gained: Vec<&Grant> = has.iter().filter(is_new).collect();
    let Some(first) = gained.iter().find(|grant| grant.is_everything()).or(gained.first()) else { return };
    let name = quoted(&object.id);
    let more = match gained.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let (severity, message) = if first.is_everything() {
        (Severity::Blocking, format!("{name} grants all verbs on all resources"))
    } else if before.is_null() {
        // A new role grants nothing before it is bound, and bindings are reported on their own.
        return;
    } else {
        (Severity::Caution, format!("{name} now grants {}{more}", first.sentence(&had)))
    };
    findings.push(Finding::of_object(severity, Rule::RbacWidened, application, object, message).at("rules"));
}

fn check_binding(
    application: &ApplicationDiff<'_>,
    object: &ObjectDiff<'_>,
    before: &Value,
    after: &Value,
    findings: &mut Vec<Finding>,
) {
    let role_of = |binding: &Value| {
        binding.pointer("/roleRef/name").and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let role = role_of(after);
    let had = if role == role_of(before) { subjects(before) } else { BTreeSet::new() };
    let has = subjects(after);
    let gained: Vec<&String> = has.difference(&had).collect();
    if gained.is_empty() {
        return;
    }
    let is_open = gained.iter().any(|subject| {
        subject.ends_with(" system:anonymous") || subject.ends_with(" system:unauthenticated")
    });
    let is_everywhere = object.id.kind == "ClusterRoleBinding";
    let scope = if is_everywhere { " in every namespace" } else { "" };
    let severity = if is_open || (role == "cluster-admin" && is_everywhere) {
        Severity::Blocking
    } else {
        Severity::Caution
    };
    let message = format!("{} grants role {}{scope} to {}", quoted(&object.id), quoted(&role), names(gained));
    findings.push(Finding::of_object(severity, Rule::RbacBound, application, object, message).at("subjects"));
}

fn subjects(binding: &Value) -> BTreeSet<String> {
    let subjects = binding.get("subjects").and_then(Value::as_array).into_iter().flatten();
    let named = subjects.map(|subject| {
        let text = |field: &str| subject.get(field).and_then(Value::as_str).unwrap_or_default();
        match text("namespace") {
            "" => format!("{} {}", text("kind"), text("name")),
            namespace => format!("{} {namespace}/{}", text("kind"), text("name")),
        }
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::tests::{changed, findings, object};
    use super::*;

    fn role(rules: Value) -> Value {
        let mut role = json!({});
        role["rules"] = rules;
        object("rbac.authorization.k8s.io/v1 ClusterRole", role)
    }

    fn rule(verbs: &[&str], resources: &[&str]) -> Value {
        json!({"apiGroups": [""], "verbs": verbs, "resources": resources})
    }

    #[rstest]
    #[case::a_verb(json!([rule(&["get"], &["pods"])]), json!([rule(&["get", "delete"], &["pods"])]), Some(Severity::Caution))]
    #[case::less(json!([rule(&["get", "delete"], &["pods"])]), json!([rule(&["get"], &["pods"])]), None)]
    #[case::split(json!([rule(&["get"], &["pods", "nodes"])]), json!([rule(&["get"], &["pods"]), rule(&["get"], &["nodes"])]), None)]
    #[case::a_resource(json!([rule(&["get"], &["pods"])]), json!([rule(&["get"], &["pods"]), rule(&["get"], &["secrets"])]), Some(Severity::Caution))]
    #[case::names_dropped(json!([{"apiGroups": [""], "verbs": ["get"], "resources": ["secrets"], "resourceNames": ["a"]}]),
        json!([{"apiGroups": [""], "verbs": ["get"], "resources": ["secrets"]}]), Some(Severity::Caution))]
    #[case::names_added(json!([{"apiGroups": [""], "verbs": ["get"], "resources": ["secrets"]}]),
        json!([{"apiGroups": [""], "verbs": ["get"], "resources": ["secrets"], "resourceNames": ["a"]}]), None)]
    #[case::all(json!([rule(&["*"], &["pods"])]), json!([{"apiGroups": ["*"], "verbs": ["*"], "resources": ["*"]}]), Some(Severity::Blocking))]
    #[case::within_all(json!([{"apiGroups": ["*"], "verbs": ["*"], "resources": ["*"]}]), json!([rule(&["get"], &["pods"])]), None)]
    fn roles_that_grant_more(
        #[case] before: Value,
        #[case] after: Value,
        #[case] expected: Option<Severity>,
    ) {
        let found = changed(role(before), role(after));
        assert_eq!(found.first().map(|finding| finding.severity), expected);
        assert!(found.iter().all(|finding| finding.rule == Rule::RbacWidened));
    }

    #[rstest]
    #[case("view", "ServiceAccount", "a", Severity::Caution)]
    #[case("cluster-admin", "ServiceAccount", "a", Severity::Blocking)]
    #[case("view", "User", "system:anonymous", Severity::Blocking)]
    fn bindings_tell_who_gets_what(
        #[case] role: &str,
        #[case] kind: &str,
        #[case] name: &str,
        #[case] expected: Severity,
    ) {
        let binding = |subjects: Value| {
            object(
                "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
                json!({"roleRef": {"name": role}, "subjects": subjects}),
            )
        };
        let bound = binding(json!([{"kind": kind, "name": name}]));
        let found = findings(vec![], vec![bound.clone()]);
        assert_eq!((found[0].rule, found[0].severity), (Rule::RbacBound, expected));
        assert_eq!(changed(binding(json!([])), bound.clone())[0].rule, Rule::RbacBound);
        assert_eq!(changed(bound, binding(json!([]))), vec![]);
    }

    #[test]
    fn only_what_is_new_is_named() {
        let had = json!([rule(&["get"], &["pods"])]);
        for (has, expected) in [
            (rule(&["get", "list"], &["pods"]), "now grants `list` on `pods`"),
            (rule(&["get"], &["pods", "secrets"]), "now grants `get` on `secrets`"),
            (rule(&["list"], &["secrets"]), "now grants `list` on `secrets`"),
        ] {
            let found = changed(role(had.clone()), role(json!([has])));
            assert_eq!(found[0].message, format!("`ClusterRole x` {expected}"));
        }
    }
}
