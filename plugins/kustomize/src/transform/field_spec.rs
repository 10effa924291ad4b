//! Field specifications: which field of which kinds a transformer changes, and the walk to it.

use oarlock_kubernetes::Gvk;
use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Key, Node, ScalarKind, Text, Value};

use super::path;
use super::scalar::wrong_kind;
use crate::resource::Resource;

/// A field of the kinds that group, version and kind select; an empty part selects all.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(from = "Written")]
pub(crate) struct FieldSpec {
    /// The kinds.
    pub(crate) gvk: Gvk,
    /// The field.
    pub(crate) path: FieldPath,
    /// Whether the field is made where it is absent.
    pub(crate) create: bool,
}

/// A field specification as it is written down.
#[derive(serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[derive(Default)]
struct Written {
    group: Text,
    version: Text,
    kind: Text,
    path: Text,
    create: bool,
}

impl From<Written> for FieldSpec {
    fn from(Written { group, version, kind, path, create }: Written) -> Self {
        Self { gvk: Gvk { group, version, kind }, path: FieldPath::new(path), create }
    }
}

/// A path such as `spec/template/spec/containers[]/image`. `\/` is a slash within a key.
///
/// Lists on the way are gone through element by element, whether or not the path marks them with
/// `[]`; the mark says that the field is a list, so that nothing else is made there.
///
/// It is taken apart on the way: most walks end at the first step, and taking all the built-in
/// paths apart beforehand would cost a small build more than anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldPath(Text);

/// What is made where a path ends and nothing is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// Text.
    Text,
    /// A scalar whose type is that of its spelling.
    Plain,
    /// A mapping.
    Mapping,
}

/// What is called with the node at the end of a path.
pub(crate) type Setter<'a> = &'a mut dyn FnMut(&mut Node) -> Result<()>;

impl FieldSpec {
    /// A field of all kinds.
    pub(crate) fn of_any(path: &str, create: bool) -> Self {
        Self { gvk: Gvk::default(), path: FieldPath::new(path), create }
    }

    /// Whether the specification is for the resource's kind.
    pub(crate) fn selects(&self, resource: &Resource) -> bool {
        let Gvk { group, version, kind } = &self.gvk;
        if !kind.is_empty() && kind != resource.kind() {
            return false;
        }
        if group.is_empty() && version.is_empty() {
            return true;
        }
        let api_version = resource.object.get("apiVersion").and_then(Node::scalar_text).unwrap_or_default();
        let (its_group, its_version) = api_version.split_once('/').unwrap_or(("", api_version));
        (group.is_empty() || group == its_group) && (version.is_empty() || version == its_version)
    }

    /// Calls `set` for each node that the path leads to, if the specification is for the resource's
    /// kind. Where `create` is set and a `leaf` is given, absent fields are made.
    ///
    /// # Errors
    /// If there is something else on the way than mappings and lists, or `set` fails.
    pub(crate) fn visit(&self, resource: &mut Resource, leaf: Option<Leaf>, set: Setter<'_>) -> Result<()> {
        if !self.selects(resource) {
            return Ok(());
        }
        let leaf = leaf.filter(|_| self.create);
        self.path.visit(&mut resource.object, leaf, set).map_err(|failure| self.path.blame(resource, failure))
    }
}

/// [Visits](FieldSpec::visit) each of the fields.
///
/// # Errors
/// As for one.
pub(crate) fn visit_all(
    resource: &mut Resource,
    specs: &[FieldSpec],
    leaf: Option<Leaf>,
    set: Setter<'_>,
) -> Result<()> {
    specs.iter().try_for_each(|spec| spec.visit(resource, leaf, set))
}

impl FieldPath {
    /// A path as it is written.
    pub(crate) fn new(text: impl Into<Text>) -> Self {
        Self(text.into())
    }

    /// A path that is built in.
    pub(crate) const fn constant(text: &'static str) -> Self {
        Self(Text::new_static(text))
    }

    /// The path as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Calls `set` for each node that the path leads to. Absent fields are made where a `leaf` is
    /// given.
    ///
    /// # Errors
    /// If there is something else on the way than mappings and lists, or `set` fails.
    pub(crate) fn visit(&self, object: &mut Node, leaf: Option<Leaf>, set: Setter<'_>) -> Result<()> {
        walk(object, Some(self.0.strip_prefix('/').unwrap_or(&self.0)), leaf, set)
    }

    /// Says of a failure on the way which field of which resource it was.
    pub(crate) fn blame(&self, resource: &Resource, failure: Failure) -> Failure {
        let failure = failure.note(format!("at the field `{}` of `{}`", self.0, resource.current_id()));
        super::locate(resource, failure)
    }
}

fn walk(node: &mut Node, path: Option<&str>, leaf: Option<Leaf>, set: Setter<'_>) -> Result<()> {
    let Some(path) = path else { return set(node) };
    match &mut node.value {
        Value::Sequence(elements) => {
            elements.iter_mut().try_for_each(|element| walk(element, Some(path), leaf, set))
        }
        Value::Mapping(mapping) => {
            let (step, rest) = path::split_first(path, '/');
            let (key, is_list) = match step.strip_suffix("[]") {
                Some(key) => (key, true),
                None => (&*step, false),
            };
            check_key(key)?;
            let made = match leaf {
                Some(leaf) if !is_list => Some(if rest.is_none() { leaf } else { Leaf::Mapping }),
                _ => None,
            };
            let field = match made {
                Some(made) => mapping.get_or_insert_with(Key::plain(key), || made.make()),
                None => match mapping.get_mut(key) {
                    Some(field) => field,
                    None => return Ok(()),
                },
            };
            if field.is_null() {
                if is_list {
                    field.value = Value::Sequence(Vec::new());
                } else if let Some(made) = made {
                    made.stand_in_for_null(field);
                }
            }
            walk(field, rest, leaf, set)
        }
        Value::Scalar(scalar) if scalar.kind == ScalarKind::Null => Ok(()),
        Value::Scalar(_) => Err(wrong_kind("mapping or list", node)),
    }
}

/// kustomize looks each key up by a path of its own, in which numbers, `-`, `*` and brackets are
/// for lists only.
fn check_key(key: &str) -> Result<()> {
    // Nearly all are names, which are none of these.
    if key.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Ok(());
    }
    let key = key.trim();
    if key.is_empty() {
        return Err(Failure::new("the path has an empty step").hint("take the double slash out of it"));
    }
    if path::index(key).is_some() || key == "-" || key == "*" || path::list_selector(key).is_some() {
        return Err(Failure::new(format!("`{key}` is for lists, but a mapping is there"))
            .hint("leave the step out: lists are gone through by themselves"));
    }
    Ok(())
}

impl Leaf {
    fn make(self) -> Node {
        match self {
            Self::Text => Node::string(""),
            Self::Plain => Node::plain(""),
            Self::Mapping => Node::empty_mapping(),
        }
    }

    /// kustomize changes the type of a null and keeps its text, so that `null` becomes the string
    /// `null`.
    fn stand_in_for_null(self, null: &mut Node) {
        match self {
            Self::Text => {
                if let Some(scalar) = null.as_scalar_mut() {
                    scalar.kind = ScalarKind::String;
                }
            }
            Self::Plain => {}
            Self::Mapping => null.value = Node::empty_mapping().value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{node, resource};
    use super::*;

    fn spec(path: &str, create: bool) -> FieldSpec {
        FieldSpec::of_any(path, create)
    }

    /// Sets `x` at the path and returns the object.
    fn set_x(object: &str, spec: &FieldSpec, leaf: Option<Leaf>) -> Result<Node> {
        let mut resource = resource(object);
        let mut set = |node: &mut Node| super::super::scalar::replace(node, ScalarKind::String, "x");
        spec.visit(&mut resource, leaf, &mut set)?;
        Ok(resource.object)
    }

    #[test]
    fn paths_lead_through_mappings_and_lists() {
        let cases = [
            ("{a: {b: 1}}", "a/b", false, "{a: {b: x}}"),
            ("{a: {b: 1}}", "/a/b", false, "{a: {b: x}}"),
            ("{a: [{b: 1}, {c: 1}, {b: 2}]}", "a/b", false, "{a: [{b: x}, {c: 1}, {b: x}]}"),
            ("{a: [{b: 1}, {c: 1}]}", "a[]/b", true, "{a: [{b: x}, {c: 1, b: x}]}"),
            ("{a: [[{b: 1}]]}", "a/b", false, "{a: [[{b: x}]]}"),
            ("{a: {b/c: 1}}", r"a/b\/c", false, "{a: {b/c: x}}"),
            ("{a: 1}", "b/c", false, "{a: 1}"),
            ("{a: 1}", "b/c", true, "{a: 1, b: {c: x}}"),
            ("{a: 1}", "b[]/c", true, "{a: 1}"),
            ("{a: null}", "a/b", false, "{a: null}"),
            ("{a: null}", "a/b", true, "{a: {b: x}}"),
            ("{a: null}", "a[]/b", false, "{a: []}"),
            ("{a: {b: null}}", "a/b", false, "{a: {b: x}}"),
        ];
        for (object, path, create, expected) in cases {
            let found = set_x(object, &spec(path, create), Some(Leaf::Text)).unwrap();
            assert_eq!(found, node(expected), "{path} in {object}");
        }
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let cases = [
            ("{a: text}", "a/b", "expected a mapping or list, found a string"),
            ("{a: {b: {}}}", "a/b", "expected a scalar, found a mapping"),
            ("{a: {}}", "a//b", "the path has an empty step"),
            ("{a: {}}", "a/0", "`0` is for lists, but a mapping is there"),
        ];
        for (object, path, message) in cases {
            let failure = set_x(object, &spec(path, false), None).unwrap_err();
            assert_eq!(failure.message, message, "{path} in {object}");
            assert!(failure.notes[0].contains(path), "{failure:?}");
        }
    }

    #[test]
    fn empty_parts_of_group_version_and_kind_select_all() {
        let deployment = resource("{apiVersion: apps/v1, kind: Deployment}");
        let service = resource("{apiVersion: v1, kind: Service}");
        let cases = [
            (("", "", ""), true, true),
            (("", "", "Service"), false, true),
            (("", "v1", ""), true, true),
            (("apps", "", ""), true, false),
            (("apps", "v1", "Deployment"), true, false),
            (("apps", "v2", "Deployment"), false, false),
        ];
        for ((group, version, kind), selects_deployment, selects_service) in cases {
            let gvk = Gvk { group: group.into(), version: version.into(), kind: kind.into() };
            let spec = FieldSpec { gvk, ..spec("a", false) };
            assert_eq!(spec.selects(&deployment), selects_deployment, "{spec:?}");
            assert_eq!(spec.selects(&service), selects_service, "{spec:?}");
        }
    }
}
