//! Selectors: which resources a patch or a replacement is for.

use oarlock_go::Release;
use oarlock_go::regexp::Regexp;
use oarlock_kubernetes::{Gvk, LabelSelector, Operators, SelectorError};
use oarlock_plugin::Failure;
use serde::Deserialize;

use super::Resource;

/// A selector as it is written. Every part that is given has to match; the texts are regular
/// expressions for the whole value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "the fields are called so in the file")]
pub(crate) struct Selector {
    /// API group.
    pub(crate) group: String,
    /// API version without the group.
    pub(crate) version: String,
    /// Kind.
    pub(crate) kind: String,
    /// `metadata.name`, the one of now or the one that was read.
    pub(crate) name: String,
    /// `metadata.namespace`, the one of now or the one that was read; `default` where there is
    /// none.
    pub(crate) namespace: String,
    /// Kubernetes label selector.
    pub(crate) label_selector: String,
    /// The same for annotations.
    pub(crate) annotation_selector: String,
}

/// A selector that is ready to match.
#[derive(Clone, Debug)]
pub(crate) struct CompiledSelector {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Requirements,
    annotations: Requirements,
}

/// A label selector that is read when the first resource reaches it, so that a wrong one which none
/// reaches is no error, as in kustomize.
type Requirements = Result<LabelSelector, Failure>;

/// What a text has to be.
#[derive(Clone, Debug)]
enum Pattern {
    Any,
    Exactly(String),
    Regex(Regexp),
}

impl Selector {
    /// Makes the selector ready.
    ///
    /// # Errors
    /// If a part is not a regular expression.
    pub(crate) fn compile(&self) -> Result<CompiledSelector, Failure> {
        let pattern =
            |name, text: &str| Pattern::parse(text).map_err(|error| wrong_regex(name, text, &error));
        let labels = |field, text: &str| {
            LabelSelector::parse(text, Operators::All).map_err(|error| wrong_labels(field, text, &error))
        };
        Ok(CompiledSelector {
            group: pattern("group", &self.group)?,
            version: pattern("version", &self.version)?,
            kind: pattern("kind", &self.kind)?,
            name: pattern("name", &self.name)?,
            namespace: pattern("namespace", &self.namespace)?,
            labels: labels("labels", &self.label_selector),
            annotations: labels("annotations", &self.annotation_selector),
        })
    }
}

impl CompiledSelector {
    /// Whether a resource is meant.
    ///
    /// # Errors
    /// If all else matches and the label or annotation selector is none.
    pub(crate) fn matches(&self, resource: &Resource) -> Result<bool, Failure> {
        if !self.matches_name(resource)
            || !self.matches_gvk(&resource.gvk())
            || !self.matches_namespace(resource)
        {
            return Ok(false);
        }
        Ok(matches(&self.labels, resource, "labels")? && matches(&self.annotations, resource, "annotations")?)
    }

    /// Whether an identity of a resource, of now or before, is meant; labels and annotations aside.
    /// Namespaces are compared as they are written. Group and version are not remembered.
    pub(crate) fn matches_any_id(&self, resource: &Resource) -> bool {
        let gvk = resource.gvk();
        let is_meant = |kind: &str, name: &str, namespace: &str| {
            self.kind.matches(kind) && self.name.matches(name) && self.namespace.matches(namespace)
        };
        self.group.matches(&gvk.group)
            && self.version.matches(&gvk.version)
            && (is_meant(&gvk.kind, resource.name(), resource.namespace())
                || resource.previous.iter().any(|id| is_meant(&id.gvk.kind, &id.name, &id.namespace)))
    }

    /// The name, if exactly one is asked for: to find the resources by an index.
    pub(crate) fn exact_name(&self) -> Option<&str> {
        if let Pattern::Exactly(name) = &self.name { Some(name) } else { None }
    }

    fn matches_gvk(&self, gvk: &Gvk) -> bool {
        self.kind.matches(&gvk.kind) && self.group.matches(&gvk.group) && self.version.matches(&gvk.version)
    }

    fn matches_name(&self, resource: &Resource) -> bool {
        self.name.matches(resource.name())
            || resource.previous.first().is_some_and(|id| self.name.matches(&id.name))
    }

    fn matches_namespace(&self, resource: &Resource) -> bool {
        matches!(self.namespace, Pattern::Any)
            || self.namespace.matches(resource.original_id().effective_namespace())
            || self.namespace.matches(resource.current_id().effective_namespace())
    }
}

fn matches(requirements: &Requirements, resource: &Resource, field: &str) -> Result<bool, Failure> {
    let requirements = requirements.as_ref().map_err(Clone::clone)?;
    let map = resource.object.at(&["metadata", field]);
    // A value that is no scalar counts as empty text.
    Ok(requirements.matches(|key| map?.get(key).map(|value| value.scalar_text().unwrap_or(""))))
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if !text.contains(is_special) {
            return Ok(Self::Exactly(text.to_owned()));
        }
        Regexp::new(&format!("^(?:{text})$"), Release::default()).map(Self::Regex)
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(expected) => expected == text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

fn is_special(letter: char) -> bool {
    matches!(letter, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$')
}

fn wrong_regex(name: &str, text: &str, reason: &str) -> Failure {
    Failure::new(format!("`{name}: {text}` of a selector is no regular expression: {reason}"))
        .hint("to match the characters themselves, write a `\\` before each of them")
}

fn wrong_labels(field: &str, text: &str, error: &SelectorError) -> Failure {
    let name = if field == "labels" { "labelSelector" } else { "annotationSelector" };
    Failure::new(format!("`{name}: {text}`: {error}"))
        .hint("a selector looks like `app=web,tier in (front,back),!legacy`")
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::Node;

    use super::*;

    fn resource(kind: &str, name: &str, namespace: Option<&str>) -> Resource {
        let mut metadata = Node::empty_mapping();
        let fields = metadata.as_mapping_mut().unwrap();
        fields.push("name", Node::string(name));
        if let Some(namespace) = namespace {
            fields.push("namespace", Node::string(namespace));
        }
        let mut labels = Node::empty_mapping();
        labels.as_mapping_mut().unwrap().push("app", Node::string("web"));
        fields.push("labels", labels);
        let mut object = Node::empty_mapping();
        let fields = object.as_mapping_mut().unwrap();
        fields.push("apiVersion", Node::string("apps/v1"));
        fields.push("kind", Node::string(kind));
        fields.push("metadata", metadata);
        Resource::new(object, None)
    }

    #[test]
    fn parts_are_anchored_regular_expressions() {
        for (selector, expected) in [
            (Selector { name: "web".into(), ..Selector::default() }, true),
            (Selector { name: "we".into(), ..Selector::default() }, false),
            (Selector { name: "we.".into(), ..Selector::default() }, true),
            (Selector { name: "db|web".into(), ..Selector::default() }, true),
            (Selector { kind: "Deployment|StatefulSet".into(), ..Selector::default() }, true),
            (Selector { kind: "Deploy".into(), ..Selector::default() }, false),
            (Selector { group: "apps".into(), version: "v1".into(), ..Selector::default() }, true),
            (Selector { version: "v2".into(), ..Selector::default() }, false),
            (Selector { namespace: "default".into(), ..Selector::default() }, true),
            (Selector { namespace: "other".into(), ..Selector::default() }, false),
            (Selector { label_selector: "app=web".into(), ..Selector::default() }, true),
            (Selector { label_selector: "app!=web".into(), ..Selector::default() }, false),
            (Selector { annotation_selector: "app".into(), ..Selector::default() }, false),
            (Selector::default(), true),
        ] {
            let compiled = selector.compile().unwrap();
            assert_eq!(
                compiled.matches(&resource("Deployment", "web", None)).unwrap(),
                expected,
                "{selector:?}"
            );
        }
    }

    #[test]
    fn former_names_and_namespaces_count_too() {
        let mut renamed = resource("Deployment", "web", Some("a"));
        renamed.remember_id();
        *renamed.object.at_mut(&["metadata", "name"]).unwrap() = Node::string("prod-web");
        *renamed.object.at_mut(&["metadata", "namespace"]).unwrap() = Node::string("b");
        for (name, namespace, expected) in [
            ("web", "a", true),
            ("prod-web", "b", true),
            ("web", "b", true),
            ("web", "c", false),
            ("x", "", false),
        ] {
            let selector = Selector { name: name.into(), namespace: namespace.into(), ..Selector::default() };
            let compiled = selector.compile().unwrap();
            assert_eq!(compiled.matches(&renamed).unwrap(), expected, "{name} {namespace}");
        }
    }

    #[test]
    fn a_wrong_label_selector_is_an_error_only_where_a_resource_reaches_it() {
        let selector =
            Selector { kind: "Deployment".into(), label_selector: "app in".into(), ..Selector::default() };
        let compiled = selector.compile().unwrap();
        assert!(!compiled.matches(&resource("StatefulSet", "web", None)).unwrap());
        let failure = compiled.matches(&resource("Deployment", "web", None)).unwrap_err();
        assert_eq!(failure.to_string(), "`labelSelector: app in`: `(` is missing before the end");
    }

    #[test]
    fn a_wrong_regular_expression_is_an_error() {
        let selector = Selector { name: "web(".into(), ..Selector::default() };
        let failure = selector.compile().unwrap_err();
        assert!(failure.to_string().starts_with("`name: web(`"), "{failure}");
    }
}
