//! Loading patches and finding what they are for; and that no patch makes the merge panic.

use oarlock_plugin::{Failure, TreePath};
use oarlock_yaml::{Limits, Node, Reader, Scalar, ScalarKind, Value, parse_one};
use proptest::prelude::*;

use super::*;
use crate::resource::{self, ResMap};
use crate::schema::{Notes, Schema};

const RESOURCES: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: db, labels: {app: db}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
";

fn resources() -> ResMap {
    let mut map = ResMap::default();
    map.append_all(resource::read("all.yaml", RESOURCES.as_bytes()).unwrap()).unwrap();
    map
}

fn read(path: &str) -> Result<(TreePath, Vec<u8>)> {
    match path {
        "web.yaml" => Ok((
            TreePath::new(path).unwrap(),
            b"kind: ConfigMap\napiVersion: v1\nmetadata: {name: web}\nx: y".to_vec(),
        )),
        _ => Err(Failure::new("not there")),
    }
}

fn entry(text: &str) -> Patch {
    oarlock_yaml::from_node(
        &parse_one(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap(),
    )
    .unwrap()
}

/// Names of the resources that have the field `x` after the patch, and the number of all.
fn apply_entry(text: &str) -> Result<(Vec<String>, usize)> {
    let mut map = resources();
    apply(&mut map, &[load(&entry(text), &read)?], &Schema::builtin())?;
    let patched = map.iter().filter(|resource| resource.object.get("x").is_some());
    Ok((patched.map(|resource| format!("{}/{}", resource.kind(), resource.name())).collect(), map.len()))
}

#[test]
fn patches_find_their_resources() {
    let outline = "patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, x: y}'";
    let operations = "patch: '[{\"op\": \"add\", \"path\": \"/x\", \"value\": 1}]'";
    for (entry, expected) in [
        (outline.to_owned(), &["ConfigMap/web"][..]),
        ("path: web.yaml".to_owned(), &["ConfigMap/web"]),
        (format!("{outline}\ntarget: {{kind: ConfigMap}}"), &["ConfigMap/web", "ConfigMap/db"]),
        (format!("{outline}\ntarget: {{name: web}}"), &["ConfigMap/web", "Deployment/web"]),
        (format!("{outline}\ntarget: {{labelSelector: app=db}}"), &["ConfigMap/db"]),
        (format!("{outline}\ntarget: {{kind: Nothing}}"), &[]),
        (
            format!("{operations}\ntarget: {{name: web|db, kind: ConfigMap}}"),
            &["ConfigMap/web", "ConfigMap/db"],
        ),
        ("patch: '- {op: add, path: /x, value: 1}'\ntarget: {name: db}".to_owned(), &["ConfigMap/db"]),
        ("patch: '# nothing'\ntarget: {name: db}".to_owned(), &[]),
    ] {
        let (patched, count) = apply_entry(&entry).unwrap_or_else(|failure| panic!("{entry}: {failure}"));
        assert_eq!(patched, expected, "{entry}");
        assert_eq!(count, 3);
    }
}

#[test]
fn several_patches_in_one_text_and_resources_that_go() {
    let text = "patch: |\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: web}\n  $patch: delete\n  ---\n  \
                apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web}\n  x: y\n";
    assert_eq!(apply_entry(text).unwrap(), (vec!["Deployment/web".to_owned()], 2));
}

#[test]
fn what_is_wrong_is_said_with_a_hint() {
    for (entry, message, hint) in [
        (
            "target: {kind: ConfigMap}",
            "the patch is missing",
            "give it inline as `patch`, or the `path` of a file with it",
        ),
        ("{path: web.yaml, patch: x}", "both `patch` and `path` are set", "keep one of them"),
        (
            "patch: '- {op: add, path: /x, value: 1}'",
            "a JSON patch needs a `target`",
            "say which resources it is for, as `target: {kind: Deployment, name: web}`",
        ),
        (
            "patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: wbe}}'",
            "no resource matches the patch of `v1 ConfigMap wbe`",
            "did you mean `web`?",
        ),
        (
            "patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: x}}'",
            "no resource matches the patch of `v1 ConfigMap x/web`",
            "there is `v1 ConfigMap web`: the namespace differs",
        ),
        (
            "patch: '{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}}'",
            "no resource matches the patch of `apps/v1beta1 Deployment web`",
            "there is `apps/v1 Deployment web`: the `apiVersion` differs",
        ),
        (
            "patch: '{apiVersion: v1, kind: Service, metadata: {name: web}}'",
            "no resource matches the patch of `v1 Service web`",
            "there is `v1 ConfigMap web` of that name",
        ),
        (
            "patch: '{a: b}'",
            "the patch cannot be read: an object has no `kind`",
            "a patch is either a resource in outline, with `kind` and `metadata.name`, or a list of `op`, `path` and `value`",
        ),
    ] {
        let failure = apply_entry(entry).unwrap_err();
        assert_eq!(failure.message, message, "{entry}");
        assert_eq!(failure.hint.as_deref(), Some(hint), "{entry}");
    }
}

#[test]
fn the_deprecated_fields() {
    let mut map = resources();
    let inline = "{apiVersion: v1, kind: ConfigMap, metadata: {name: db, labels: {app: null}}, x: y}";
    let patches = [load_strategic("web.yaml", &read).unwrap(), load_strategic(inline, &read).unwrap()];
    apply_strategic_list(&mut map, &patches, &Schema::builtin()).unwrap();
    assert_eq!(map.iter().filter(|resource| resource.object.get("x").is_some()).count(), 2);
    // These patches are copied, which makes texts of labels.
    assert_eq!(
        map.as_slice()[1].object.at(&["metadata", "labels", "app"]).and_then(Node::as_str),
        Some("null")
    );

    let json =
        load_json6902(&entry("{target: {name: db}, patch: '- {op: remove, path: /metadata/labels}'}"), &read)
            .unwrap();
    apply_json6902_list(&mut map, &[json]).unwrap();
    assert!(map.as_slice()[1].object.at(&["metadata", "labels"]).is_none());

    for (text, message) in [
        ("{target: {kind: ConfigMap}, path: web.yaml}", "the target of the JSON patch has no name"),
        ("{target: {name: db}, patch: '[]'}", "the patch has no operations"),
        ("{target: {name: db}}", "the patch is missing"),
    ] {
        assert_eq!(load_json6902(&entry(text), &read).unwrap_err().message, message, "{text}");
    }
    let failure = apply_strategic_list(&mut map, &[], &Schema::builtin()).unwrap_err();
    assert_eq!(failure.message, "there are no patches in `patchesStrategicMerge`");
}

#[test]
fn json_patches_are_yaml_1_1() {
    let mut map = resources();
    let patch =
        entry("{target: {name: db}, patch: '- {op: add, path: /x, value: [yes, \"yes\", 2001-01-01]}'}");
    apply(&mut map, &[load(&patch, &read).unwrap()], &Schema::builtin()).unwrap();
    let kinds: Vec<ScalarKind> = map.as_slice()[1]
        .object
        .get("x")
        .unwrap()
        .as_sequence()
        .unwrap()
        .iter()
        .map(|node| node.as_scalar().unwrap().kind)
        .collect();
    assert_eq!(kinds, [ScalarKind::Bool, ScalarKind::String, ScalarKind::String]);
}

/// Trees that have much in common: few keys, those that the merge looks at among them.
fn tree() -> impl Strategy<Value = Node> {
    let scalar = prop_oneof![
        Just(Node::null()),
        Just(Node::new(Value::Scalar(Scalar { kind: ScalarKind::Null, text: "".into(), quoted: false }))),
        "[abx]{0,2}".prop_map(Node::string),
        prop_oneof![Just("delete"), Just("replace"), Just("merge")].prop_map(Node::string),
        (0..3i64).prop_map(Node::int),
    ];
    let key = prop_oneof![
        Just("name"),
        Just("$patch"),
        Just("containers"),
        Just("ports"),
        Just("containerPort"),
        Just("protocol"),
        Just("env"),
        Just("finalizers"),
        Just("metadata"),
        Just("spec"),
        Just("template"),
        Just("a"),
        Just("volumes"),
    ];
    scalar.prop_recursive(6, 64, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|nodes| Node::new(Value::Sequence(nodes))),
            proptest::collection::vec((key.clone(), inner), 0..4).prop_map(|fields| {
                let mut node = Node::empty_mapping();
                for (key, value) in fields {
                    node.as_mapping_mut().expect("it is one").insert(key, value);
                }
                node
            }),
        ]
    })
}

/// A Deployment with a spec and what else there is.
fn deployment(pod: Node, rest: Node) -> Node {
    let text = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {}}}";
    let mut node = parse_one(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap();
    node.at_mut(&["spec", "template"]).unwrap().as_mapping_mut().unwrap().insert("spec", pod);
    node.as_mapping_mut().unwrap().insert("rest", rest);
    node
}

fn operation() -> impl Strategy<Value = Node> {
    let pointer = || "(/(spec|template|containers|a|0|1|-|-1)){0,5}";
    let name =
        prop_oneof![Just("add"), Just("remove"), Just("replace"), Just("move"), Just("copy"), Just("test")];
    (name, pointer(), pointer(), tree()).prop_map(|(name, path, from, value)| {
        let mut node = Node::empty_mapping();
        let fields = node.as_mapping_mut().expect("it is one");
        fields.push("op", Node::string(name));
        fields.push("path", Node::string(path));
        fields.push("from", Node::string(from));
        fields.push("value", value);
        node
    })
}

fn apply_node(object: &Node, patch: &Node, target: bool) -> Option<Node> {
    let mut map = ResMap::default();
    map.append(resource::Resource::new(object.clone(), None)).unwrap();
    let id = map.as_slice()[0].current_id();
    let source = source::PatchSource::Inline;
    let patch = StrategicPatch {
        node: patch.clone(),
        id,
        notes: Notes::default(),
        source,
        allow_name_change: false,
        allow_kind_change: false,
    };
    let target = target.then(|| Selector::default().compile().unwrap());
    let patch = LoadedPatch { content: Content::Strategic(vec![patch]), target };
    apply(&mut map, &[patch], &Schema::builtin()).ok()?;
    Some(map.into_vec().pop().map_or_else(Node::null, |resource| resource.object))
}

proptest! {
    #[test]
    fn no_merge_panics(a in tree(), b in tree(), c in tree(), d in tree(), target in any::<bool>()) {
        apply_node(&deployment(a, b), &deployment(c, d), target);
    }

    #[test]
    fn a_patch_that_says_nothing_changes_nothing_twice(pod in tree(), rest in tree()) {
        let nothing = parse_one(b"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}", Reader::KustomizeResource, Limits::default()).unwrap().unwrap();
        if let Some(once) = apply_node(&deployment(pod, rest), &nothing, false)
            && let Some(twice) = apply_node(&once, &nothing, false)
        {
            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn no_operation_panics(pod in tree(), rest in tree(), operations in proptest::collection::vec(operation(), 0..6)) {
        let mut resource = resource::Resource::new(deployment(pod, rest), None);
        let patch = JsonPatch { operations, source: source::PatchSource::Inline };
        let _ = json6902::apply(&mut resource, &patch);
    }
}
