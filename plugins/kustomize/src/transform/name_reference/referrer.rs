//! What refers to others, and what it can see.

use oarlock_kubernetes::{Gvk, ObjectId};
use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, Text};

use super::candidate::{Candidate, effective_namespace};
use crate::resource::Resource;

/// The resource whose fields name others, as far as it matters which ones.
pub(super) struct Referrer {
    /// Its effective namespace; `None` for a cluster-scoped one.
    namespace: Option<Text>,
    /// Its own effective namespace, none at all, and the namespaces of the service accounts that a
    /// role binding binds. `None` for a cluster-scoped referrer, which sees all.
    visible: Option<Vec<Option<Text>>>,
    /// The kind of role that it binds, if it is a binding.
    pub(super) role: Option<Gvk>,
    prefixes: Vec<Text>,
    suffixes: Vec<Text>,
}

impl Referrer {
    /// Reads what matters of a resource.
    ///
    /// # Errors
    /// If a subject of a role binding has a namespace that is no string.
    pub(super) fn of(resource: &Resource) -> Result<Self> {
        let id = resource.current_id();
        let namespace = effective_namespace(&id);
        let visible = if namespace.is_some() {
            let mut visible = subject_namespaces(resource, &id)?;
            visible.extend([None, namespace.clone()]);
            visible.sort_unstable();
            visible.dedup();
            Some(visible)
        } else {
            None
        };
        Ok(Self {
            namespace,
            visible,
            role: role(&resource.object),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
        })
    }

    /// The namespaces of the resources that it can see; `None` if it sees all.
    pub(super) fn visible_namespaces(&self) -> Option<&[Option<Text>]> {
        self.visible.as_deref()
    }

    /// The last prefix and the last suffix.
    pub(super) fn last_affixes(&self) -> (Option<&Text>, Option<&Text>) {
        (self.prefixes.last(), self.suffixes.last())
    }

    /// Whether it can name a resource that it sees. Only service accounts are named across
    /// namespaces.
    pub(super) fn can_name(&self, candidate: &Candidate) -> bool {
        self.namespace.is_none()
            || candidate.effective_namespace.is_none()
            || candidate.effective_namespace == self.namespace
            // The namespace of a subject is compared as it is written, and a service account in
            // `default` may have none written down.
            || (candidate.id.gvk.kind == "ServiceAccount" && !candidate.namespace.is_empty())
    }

    /// Whether the last prefixes and suffixes of both are the same, as far as the shorter list
    /// goes. No prefix or no suffix at all is as good as the same where `none_is_same`.
    pub(super) fn has_affixes_of(&self, candidate: &Candidate, none_is_same: bool) -> bool {
        let same = |mine: &[Text], theirs: &[Text]| {
            (none_is_same && (mine.is_empty() || theirs.is_empty())) || have_same_end(mine, theirs)
        };
        same(&self.prefixes, &candidate.prefixes) && same(&self.suffixes, &candidate.suffixes)
    }
}

/// Whether one list ends with the other. An empty list is the end of an empty list only.
fn have_same_end(a: &[Text], b: &[Text]) -> bool {
    if a.is_empty() || b.is_empty() {
        return a.is_empty() && b.is_empty();
    }
    a.ends_with(b) || b.ends_with(a)
}

/// The namespaces of the service accounts that a `RoleBinding` binds.
fn subject_namespaces(resource: &Resource, id: &ObjectId) -> Result<Vec<Option<Text>>> {
    let mut namespaces = Vec::new();
    if id.gvk.kind != "RoleBinding" {
        return Ok(namespaces);
    }
    let subjects = resource.object.get("subjects").and_then(Node::as_sequence).unwrap_or_default();
    for subject in subjects {
        let is_service_account = subject.get("kind").and_then(Node::as_str) == Some("ServiceAccount");
        match subject.get("namespace") {
            Some(namespace) if is_service_account => match namespace.as_str() {
                Some(namespace) => namespaces.push(Some(namespace.into())),
                None => {
                    return Err(Failure::new(format!(
                        "a subject of `{id}` has a namespace that is no string but a {}",
                        namespace.kind_name()
                    ))
                    .hint("write the namespace of the service account, or leave the field out"));
                }
            },
            _ => {}
        }
    }
    Ok(namespaces)
}

/// The kind of role that a binding binds.
fn role(object: &Node) -> Option<Gvk> {
    let role = object.get("roleRef")?;
    let text = |key| role.get(key).and_then(Node::scalar_text);
    Some(Gvk { group: text("apiGroup")?.into(), version: Text::default(), kind: text("kind")?.into() })
}
