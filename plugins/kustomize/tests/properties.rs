//! Laws of a build that hold whatever is built: it does not panic, two builds of one tree give the
//! same bytes, and what was built is built to itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oarlock_kustomize::{Options, build};
use oarlock_plugin::{MemoryHost, TreePath};
use oarlock_yaml::{Dialect, Key, Mapping, Node, ScalarKind, Text, Value, emit};
use proptest::prelude::*;
use proptest::sample::select;

/// What a build of the root prints, or why it fails.
fn render(files: &[(&str, &str)]) -> Result<String, String> {
    let host = MemoryHost::new(files.iter().copied());
    let root = TreePath::new(".").unwrap();
    let resources = build(&host, &root, &Options::default()).map_err(|failure| failure.to_string())?;
    let printed: Result<Vec<String>, String> = resources
        .iter()
        .map(|resource| emit(&resource.object, Dialect::Kustomize).map_err(|error| error.to_string()))
        .collect();
    Ok(printed?.join("---\n"))
}

fn text(node: &Node) -> String {
    emit(node, Dialect::Kustomize).unwrap()
}

fn mapping(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Node {
    let mut mapping = Mapping::default();
    for (key, value) in entries {
        mapping.insert(key, value);
    }
    Node::new(Value::Mapping(mapping))
}

/// Trees with the words that patches give a meaning to.
fn tree() -> impl Strategy<Value = Node> {
    let words = ["a", "b", "name", "delete", "replace", "merge", "", "5", "true", "null", "$(A)", "é\n"];
    let scalar = prop_oneof![
        4 => select(words.to_vec()).prop_map(Node::string),
        2 => any::<i16>().prop_map(|number| Node::int(number.into())),
        1 => any::<bool>().prop_map(Node::bool),
        2 => Just(Node::null()),
        1 => Just(Node::scalar(ScalarKind::Float, "1e3")),
    ];
    let key = select(vec![
        "$patch",
        "$retainKeys",
        "name",
        "env",
        "ports",
        "containerPort",
        "protocol",
        "image",
        "labels",
        "a",
        "1",
        "value",
    ]);
    scalar.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..4).prop_map(|items| Node::new(Value::Sequence(items))),
            3 => prop::collection::btree_map(key.clone(), inner, 0..5).prop_map(|entries| {
                let mut mapping = Mapping::default();
                for (key, value) in entries {
                    mapping.push(Key::from(Text::from(key)), value);
                }
                Node::new(Value::Mapping(mapping))
            }),
        ]
    })
}

/// A Deployment, whole or in outline, with anything in the places where patches meet it.
fn deployment() -> impl Strategy<Value = Node> {
    (tree(), tree(), tree(), tree(), tree()).prop_map(|(containers, volumes, spec, annotations, extra)| {
        let pod = mapping([("containers", containers), ("volumes", volumes)]);
        mapping([
            ("apiVersion", Node::string("apps/v1")),
            ("kind", Node::string("Deployment")),
            ("metadata", mapping([("name", Node::string("web")), ("annotations", annotations)])),
            ("spec", mapping([("template", mapping([("spec", pod)])), ("strategy", spec)])),
            ("extra", extra),
        ])
    })
}

/// JSON patches whose paths mostly lead somewhere.
fn operations() -> impl Strategy<Value = Node> {
    let path = || {
        select(vec![
            "/spec",
            "/spec/template/spec/containers/0",
            "/spec/template/spec/containers/-",
            "/metadata",
            "/metadata/name",
            "/",
            "/metadata/annotations",
            "/metadata/annotations/a",
            "/extra",
            "/extra/-1",
            "/extra/a~1b",
            "",
            "extra",
            "/kind",
        ])
    };
    let operation = select(vec!["add", "remove", "replace", "move", "copy", "test", "tset"]);
    let one = (operation, path(), path(), tree()).prop_map(|(operation, path, from, value)| {
        mapping([
            ("op", Node::string(operation)),
            ("path", Node::string(path)),
            ("from", Node::string(from)),
            ("value", value),
        ])
    });
    prop::collection::vec(one, 1..5).prop_map(|operations| Node::new(Value::Sequence(operations)))
}

const PLAIN: &str = "resources: [all.yaml]\n";
const BY_ITSELF: &str = "resources: [web.yaml]\npatches: [{path: patch.yaml}]\n";
const BY_TARGET: &str =
    "namePrefix: p-\nresources: [web.yaml]\npatches: [{path: patch.yaml, target: {kind: Deployment}}]\n";

/// Two builds give the same, and what they print is built to itself.
fn obeys(files: &[(&str, &str)]) -> Result<(), TestCaseError> {
    let built = render(files);
    prop_assert_eq!(&built, &render(files));
    if let Ok(printed) = built.as_ref().map(String::as_str)
        && !printed.is_empty()
        && let Ok(again) = render(&[("kustomization.yaml", PLAIN), ("all.yaml", printed)])
    {
        prop_assert_eq!(again, printed);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn strategic_merges_obey(object in deployment(), patch in deployment()) {
        for kustomization in [BY_ITSELF, BY_TARGET] {
            let files = [("kustomization.yaml", kustomization), ("web.yaml", &text(&object)), ("patch.yaml", &text(&patch))];
            obeys(&files)?;
        }
    }

    #[test]
    fn json_patches_obey(object in deployment(), patch in operations()) {
        let files = [("kustomization.yaml", BY_TARGET), ("web.yaml", &text(&object)), ("patch.yaml", &text(&patch))];
        obeys(&files)?;
    }

    #[test]
    fn transformed_resources_obey(
        object in deployment(),
        lines in prop::collection::vec(select(vec![
            "namePrefix: p-", "nameSuffix: -s", "namespace: n", "commonAnnotations: {a: '5'}", "replicas: [{name: web, count: 2}]",
            "labels: [{pairs: {a: b}, includeSelectors: true}]", "images: [{name: a, newTag: v2}]", "generatorOptions: {immutable: true}",
            "configMapGenerator: [{name: c, literals: [a=b]}]", "secretGenerator: [{name: s, literals: [a=b]}]",
            "buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]", "sortOptions: {order: fifo}",
            "replacements: [{source: {kind: Deployment, fieldPath: metadata.name}, targets: [{select: {kind: Deployment}, fieldPaths: [extra.a], options: {create: true}}]}]",
            "vars: [{name: A, objref: {apiVersion: apps/v1, kind: Deployment, name: web}}]",
        ]), 1..6),
    ) {
        let mut lines = lines;
        lines.sort_unstable();
        lines.dedup();
        let kustomization = format!("resources: [web.yaml]\n{}\n", lines.join("\n"));
        let files = [("kustomization.yaml", kustomization.as_str()), ("web.yaml", &text(&object))];
        prop_assert_eq!(render(&files), render(&files));
    }

    #[test]
    fn no_kustomization_panics(pieces in prop::collection::vec(prop_oneof![
        select(vec![
            "resources:", "- web.yaml", "- .", "bases:", "components:", "patches:", "- patch: ", "  path: patch.yaml", "  target:",
            "    kind: .*", "images:", "- name: a", "  newTag: 1", "labels:", "- pairs:", "    a: b", "replacements:", "- source:",
            "    fieldPath: a.[b=c].0", "  targets:", "  - select: {}", "vars:", "configMapGenerator:", "  literals: [a=b, c]", "  behavior: merge",
            "transformers:", "- |-", "  apiVersion: builtin", "  kind: PrefixTransformer", "generators:", "openapi:", "  path: web.yaml",
            "crds: [web.yaml]", "configurations: [web.yaml]", "sortOptions: {order: legacy}", "namespace: ", "replicas: [{}]", "[", "}", "- ",
            "kind: Component", "apiVersion: kustomize.config.k8s.io/v1alpha1", "buildMetadata: [x]", "helmCharts: [{name: a}]", "---",
        ]).prop_map(str::to_owned),
        "\\PC{0,12}",
    ], 0..14)) {
        let kustomization = pieces.join("\n");
        let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n";
        let files = [("kustomization.yaml", kustomization.as_str()), ("web.yaml", web), ("patch.yaml", web)];
        prop_assert_eq!(render(&files), render(&files));
    }
}
