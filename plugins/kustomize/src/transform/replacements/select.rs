//! Which resources a source or target means: kinds, names and namespaces of now or before, compared
//! as they are written.

use std::fmt::Write as _;

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, Text};

use super::Target;
use crate::profile::Profile;
use crate::resource::{CompiledSelector, Resource, Selector};

/// Group, version, kind, name and namespace; empty ones are not compared.
pub(super) struct Wanted<'a> {
    pub(super) group: &'a str,
    pub(super) version: &'a str,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) namespace: &'a str,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(selector: &'a Selector) -> Self {
        let Selector { group, version, kind, name, namespace, .. } = selector;
        Self { group, version, kind, name, namespace }
    }

    fn is_empty(&self) -> bool {
        [self.group, self.version, self.kind, self.name, self.namespace].iter().all(|part| part.is_empty())
    }

    /// Whether the resource is wanted by its current identity or one that it had.
    pub(super) fn finds(&self, resource: &Resource) -> bool {
        self.is_api_version(resource)
            && (self.is_id(resource.kind(), resource.name(), resource.namespace())
                || resource.previous.iter().any(|id| self.is_id(&id.gvk.kind, &id.name, &id.namespace)))
    }

    /// Group and version are not remembered: they are those of now.
    fn is_api_version(&self, resource: &Resource) -> bool {
        if self.group.is_empty() && self.version.is_empty() {
            return true;
        }
        let text = resource.object.get("apiVersion").and_then(Node::scalar_text).unwrap_or_default();
        let (group, version) = text.split_once('/').unwrap_or(("", text));
        is_or_empty(self.group, group) && is_or_empty(self.version, version)
    }

    fn is_id(&self, kind: &str, name: &str, namespace: &str) -> bool {
        is_or_empty(self.kind, kind)
            && is_or_empty(self.name, name)
            && (self.namespace.is_empty() || effective(self.namespace) == effective(namespace))
    }

    /// The selector in words, for messages.
    pub(super) fn describe(&self) -> String {
        let parts = [
            ("group", self.group),
            ("version", self.version),
            ("kind", self.kind),
            ("name", self.name),
            ("namespace", self.namespace),
        ];
        let mut text = String::from("`{");
        for (key, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            let separator = if text.len() > 2 { ", " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{separator}{key}: {value}");
        }
        text + "}`"
    }

    /// What is there that is nearly what is wanted: the same kind or the same name. `None` if there
    /// is nothing like it.
    pub(super) fn near_misses<'r>(
        &self,
        resources: impl Iterator<Item = &'r Resource> + Clone,
    ) -> Option<String> {
        let near = |resource: &&Resource| {
            (!self.kind.is_empty() && resource.kind() == self.kind)
                || (!self.name.is_empty()
                    && (resource.name() == self.name
                        || resource.previous.iter().any(|id| id.name == self.name)))
        };
        let mut ids: Vec<Text> = Vec::new();
        for resource in resources.filter(near).take(5) {
            ids.push(format!("`{}`", resource.current_id()).into());
        }
        (!ids.is_empty()).then(|| format!("nearly matched: {}", ids.join(", ")))
    }
}

/// The effective namespace. Cluster-scoped kinds are not distinguished here, so they are in
/// `default`, too.
fn effective(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}

fn is_or_empty(wanted: &str, found: &str) -> bool {
    wanted.is_empty() || wanted == found
}

/// How a target tells resources by kind, name and so on.
enum Identity<'a> {
    /// They are as they are written.
    Written(Wanted<'a>),
    /// They match as a whole.
    Patterns(Box<CompiledSelector>),
}

impl<'a> Identity<'a> {
    fn of(selector: &'a Selector, profile: Profile) -> Result<Self> {
        if profile.selects_targets_by_patterns() {
            return selector.compile().map(Box::new).map(Self::Patterns);
        }
        Ok(Self::Written(Wanted::of(selector)))
    }

    fn finds(&self, resource: &Resource) -> bool {
        match self {
            Self::Written(wanted) => wanted.finds(resource),
            Self::Patterns(selector) => selector.matches_any_id(resource),
        }
    }
}

/// Which resources a target means.
pub(super) struct TargetFilter<'a> {
    select: Identity<'a>,
    select_metadata: CompiledSelector,
    reject: Vec<Identity<'a>>,
    /// Labels and annotations reject by themselves, whatever else their selector says.
    reject_metadata: Vec<CompiledSelector>,
}

impl<'a> TargetFilter<'a> {
    /// Reads the selectors of a target.
    ///
    /// # Errors
    /// If there is none that selects.
    pub(super) fn of(target: &'a Target, profile: Profile) -> Result<Self> {
        let Some(select) = &target.select else {
            return Err(Failure::new("a target of a replacement has no `select`")
                .hint("say which resources are meant, as in `select: {kind: Deployment}`"));
        };
        let reject_metadata = target
            .reject
            .iter()
            .filter(|reject| !reject.label_selector.is_empty() || !reject.annotation_selector.is_empty())
            .map(metadata_only)
            .collect::<Result<_>>()?;
        let rejects = target.reject.iter().filter(|reject| !Wanted::of(reject).is_empty());
        Ok(Self {
            select: Identity::of(select, profile)?,
            select_metadata: metadata_only(select)?,
            reject: rejects.map(|reject| Identity::of(reject, profile)).collect::<Result<_>>()?,
            reject_metadata,
        })
    }

    /// Whether a resource is meant.
    ///
    /// # Errors
    /// If a label or annotation selector cannot be read.
    pub(super) fn finds(&self, resource: &Resource) -> Result<bool> {
        if !self.select_metadata.matches(resource)? {
            return Ok(false);
        }
        for reject in &self.reject_metadata {
            if reject.matches(resource)? {
                return Ok(false);
            }
        }
        Ok(self.select.finds(resource) && !self.reject.iter().any(|reject| reject.finds(resource)))
    }
}

/// The part of a selector that is about labels and annotations.
fn metadata_only(selector: &Selector) -> Result<CompiledSelector> {
    let Selector { label_selector, annotation_selector, .. } = selector.clone();
    Selector { label_selector, annotation_selector, ..Selector::default() }.compile()
}
