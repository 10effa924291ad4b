//! Tables of merges, each checked against kustomize v5.7.1 itself.

use oarlock_yaml::{Dialect, Limits, Node, Reader, emit, parse_one};

use super::*;

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n";

fn node(text: &str) -> Node {
    parse_one(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap()
}

fn patch(text: &str) -> StrategicPatch {
    let node = node(text);
    let id = Resource::new(node.clone(), None).current_id();
    StrategicPatch {
        node,
        id,
        notes: Notes::default(),
        source: PatchSource::Inline,
        allow_name_change: false,
        allow_kind_change: false,
    }
}

/// The merged object, `deleted`, or the failure.
fn merged(resource: &str, patch: &StrategicPatch, addressed: Addressed) -> String {
    let mut resource = Resource::new(node(resource), None);
    match apply(&mut resource, patch, addressed, &Schema::builtin()) {
        Ok(true) => emit(&resource.object, Dialect::Kustomize).unwrap(),
        Ok(false) => "deleted".to_owned(),
        Err(failure) => failure.message,
    }
}

/// Merges `rest` of a resource and of a patch, and says what was expected of the same form.
fn check(head: &str, cases: &[(&str, &str, &str, &str)]) {
    for (name, resource, patched, expected) in cases {
        let found =
            merged(&format!("{head}{resource}"), &patch(&format!("{head}{patched}")), Addressed::ByItself);
        let expected = emit(&node(&format!("{head}{expected}")), Dialect::Kustomize).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn fields() {
    check(
        CONFIG_MAP,
        &[
            ("a field is changed", "data: {a: x, b: y}", "data: {a: z}", "data: {a: z, b: y}"),
            ("a field is added", "data: {a: x}", "data: {b: y}", "data: {a: x, b: y}"),
            ("a map is added", "", "data: {b: y}", "data: {b: y}"),
            ("null removes", "data: {a: x, b: y}", "data: {a: null, b: ~}", "data: {}"),
            ("null removes a map", "data: {a: x}", "data: null", ""),
            ("null of nothing is nothing", "", "x: {a: null, b: {c: null}}", "x: {b: {}}"),
            (
                "nulls of the resource stay",
                "data: {a: null, b: ~, c: x}",
                "data: {d: y}",
                "data: {a: null, b: null, c: x, d: y}",
            ),
            ("but not those written as nothing", "data: {a: , c: x}", "data: {d: y}", "data: {c: x, d: y}"),
            (
                "nulls in lists that are no sets stay",
                "",
                "x: {b: [null, {c: null}]}",
                "x: {b: [null, {c: null}]}",
            ),
            (
                "null gives way to anything",
                "data: null\nx: ~",
                "data: {a: b}\nx: [1]",
                "data: {a: b}\nx: [1]",
            ),
            ("an empty map stays", "data: {a: x}", "data: {}", "data: {a: x}"),
            ("an empty map is added", "", "data: {}", "data: {}"),
            ("lists are replaced", "x: [a, b]", "x: [c]", "x: [c]"),
            ("lists are removed", "x: [a, b]", "x: null", ""),
            (
                "keys of any type are one if they read the same",
                "data: {\"6443\": a}",
                "data: {6443: b}",
                "data: {\"6443\": b}",
            ),
        ],
    );
    let other = patch("apiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: c, labels: {d: e}}");
    let expected = CONFIG_MAP.replace("name: a", "name: a, labels: {d: e}");
    let expected = emit(&node(&expected), Dialect::Kustomize).unwrap();
    assert_eq!(merged(CONFIG_MAP, &other, Addressed::ByItself), expected, "name, kind and namespace stay");
}

#[test]
fn values_take_over_quotes() {
    check(
        CONFIG_MAP,
        &[
            (
                "from a quoted string",
                "data: {a: \"x\", b: 'x'}",
                "data: {a: 5, b: true}",
                "data: {a: \"5\", b: \"true\"}",
            ),
            ("not from a plain one", "data: {a: x, b: on}", "data: {a: 5, b: 0x10}", "data: {a: 5, b: 0x10}"),
            ("from a block", "data:\n  a: |\n    x\n", "data: {a: 5}", "data: {a: \"5\"}"),
            ("strings stay strings", "data: {a: 5}", "data: {a: \"6\"}", "data: {a: \"6\"}"),
        ],
    );
}

#[test]
fn directives() {
    check(
        CONFIG_MAP,
        &[
            ("delete a map", "data: {a: x}\nx: y", "data: {$patch: delete}", "x: y"),
            ("replace a map", "data: {a: x}", "data: {$patch: replace, b: y, c: null}", "data: {b: y}"),
            ("merge a map", "data: {a: x}", "data: {$patch: merge, b: y}", "data: {a: x, b: y}"),
            ("delete what is not there", "", "x: {$patch: delete, a: b}\ny: {z: {$patch: delete}}", "y: {}"),
            (
                "replace what is not there",
                "",
                "x: {$patch: replace, a: {$patch: merge, b: c}}",
                "x: {a: {b: c}}",
            ),
            (
                "unknown ones stay where nothing is",
                "",
                "x: {$patch: nonsense, a: b}",
                "x: {$patch: nonsense, a: b}",
            ),
            (
                "replacing the whole object does nothing",
                "data: {a: x}",
                "$patch: replace\ndata: {b: y}",
                "data: {a: x}",
            ),
        ],
    );
    check(
        "apiVersion: v1\nkind: ConfigMap\n",
        &[(
            "others are fields like any",
            "metadata: {name: a, finalizers: [x]}",
            "metadata: {name: a, $deleteFromPrimitiveList/finalizers: [x]}",
            "metadata: {name: a, finalizers: [x], $deleteFromPrimitiveList/finalizers: [x]}",
        )],
    );
    let delete = patch(&format!("{CONFIG_MAP}$patch: delete"));
    assert_eq!(merged(CONFIG_MAP, &delete, Addressed::ByItself), "deleted");
}

/// The same of the containers of a Deployment.
fn check_containers(cases: &[(&str, &str, &str, &str)]) {
    for (name, resource, patched, expected) in cases {
        let object = |containers: &str| {
            format!("{DEPLOYMENT}spec: {{template: {{spec: {{containers: {containers}}}}}}}")
        };
        let found = merged(&object(resource), &patch(&object(patched)), Addressed::ByItself);
        let expected = emit(&node(&object(expected)), Dialect::Kustomize).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn lists_by_key() {
    check_containers(&[
        (
            "patched elements come first",
            "[{name: a}, {name: b}]",
            "[{name: b, x: y}]",
            "[{name: b, x: y}, {name: a}]",
        ),
        ("new ones too", "[{name: a}]", "[{name: c}, {name: b}]", "[{name: c}, {name: b}, {name: a}]"),
        ("delete an element", "[{name: a}, {name: b}]", "[{name: a, $patch: delete}]", "[{name: b}]"),
        ("delete the last element", "[{name: a}]", "[{name: a, $patch: delete}]", "[]"),
        (
            "replace the list",
            "[{name: a}]",
            "[{name: b, env: [{name: c, value: null}]}, {$patch: replace}]",
            "[{name: b, env: [{name: c}]}]",
        ),
        ("merge the list", "[{name: a}]", "[{name: b}, {$patch: merge}]", "[{name: b}, {name: a}]"),
        (
            "replacing an element does nothing",
            "[{name: a, image: x}]",
            "[{name: a, args: [x], $patch: replace}]",
            "[{name: a, image: x}]",
        ),
        (
            "the last of the same name wins",
            "[{name: a, image: x}, {name: b}, {name: a, image: y}]",
            "[]",
            "[{name: a, image: y}, {name: b}]",
        ),
        (
            "an element without a name clears all",
            "[{name: a}, {name: b}]",
            "[{image: z}, {name: b, image: n}]",
            "[{name: b, image: n}]",
        ),
        (
            "one in the resource does so too",
            "[{name: a}, {image: y}, {name: c}]",
            "[{name: b}]",
            "[{image: y}]",
        ),
        ("a scalar clears all", "[{name: a}]", "[x]", "[]"),
        (
            "directives in a list that is new are not seen",
            "null",
            "[{name: a}, {$patch: replace}]",
            "[{$patch: replace}]",
        ),
        (
            "nested lists",
            "[{name: a, env: [{name: x, value: '1'}, {name: y, value: '2'}], args: [p]}]",
            "[{name: a, env: [{name: y, value: '3'}, {name: z, value: '4'}], args: [q]}]",
            "[{name: a, env: [{name: y, value: '3'}, {name: z, value: '4'}, {name: x, value: '1'}], args: [q]}]",
        ),
    ]);
}

#[test]
fn lists_by_several_keys() {
    let ports = |ports: &str| format!("[{{name: a, ports: [{ports}]}}]");
    for (name, resource, patched, expected) in [
        (
            "both keys count",
            "{containerPort: 80, protocol: TCP}",
            "{containerPort: 80, protocol: UDP}",
            "{containerPort: 80, protocol: UDP}, {containerPort: 80, protocol: TCP}",
        ),
        (
            "no one has a protocol",
            "{containerPort: 80}",
            "{containerPort: 80, name: x}",
            "{containerPort: 80, name: x}",
        ),
        (
            "a missing protocol is that of the other; the patch of it is lost",
            "{containerPort: 80, protocol: TCP}, {containerPort: 81}",
            "{containerPort: 80, name: x}, {containerPort: 82}",
            "{containerPort: 82}, {containerPort: 80, protocol: TCP}, {containerPort: 81}",
        ),
        (
            "a protocol alone",
            "{containerPort: 80, protocol: TCP}, {containerPort: 80, protocol: UDP}, {containerPort: 81}",
            "{containerPort: 80}, {containerPort: 81, name: x}, {protocol: UDP}",
            "{containerPort: 80, protocol: TCP}, {containerPort: 80, protocol: UDP}, {containerPort: 81, name: x}",
        ),
    ] {
        check_containers(&[(name, &ports(resource), &ports(patched), &ports(expected))]);
    }
}

#[test]
fn sets_of_scalars() {
    for (resource, patched, expected) in [
        ("[x, y, x]", "[z, y]", "[z, y, x]"),
        ("[x]", "[{$patch: delete}]", "null"),
        ("null", "[a, b, a]", "[a, b]"),
    ] {
        let object = |list: &str| match list {
            "null" => CONFIG_MAP.to_owned(),
            list => CONFIG_MAP.replace("name: a", &format!("name: a, finalizers: {list}")),
        };
        let found = merged(&object(resource), &patch(&object(patched)), Addressed::ByItself);
        assert_eq!(
            found,
            emit(&node(&object(expected)), Dialect::Kustomize).unwrap(),
            "{resource} {patched}"
        );
    }
}

#[test]
fn objects_within_objects_are_merged_by_their_own_type() {
    let object = |containers: &str| {
        format!(
            "apiVersion: x/v1\nkind: Foo\nmetadata: {{name: a}}\nspec: {{inner: {{apiVersion: apps/v1, kind: Deployment, \
             spec: {{template: {{spec: {{containers: {containers}}}}}}}}}}}"
        )
    };
    let found = merged(&object("[{name: a}]"), &patch(&object("[{name: b}]")), Addressed::ByItself);
    assert_eq!(found, emit(&node(&object("[{name: b}, {name: a}]")), Dialect::Kustomize).unwrap());
}

#[test]
fn copied_patches_have_texts_for_labels_and_annotations() {
    let resource = CONFIG_MAP.replace("name: a", "name: a, labels: {x: y, z: w}, annotations: {a: b}");
    let patched =
        CONFIG_MAP.replace("name: a", "name: other, labels: {x: null, z: , q: 5}, annotations: null");
    let expected =
        CONFIG_MAP.replace("name: a", "name: a, labels: {x: 'null', z: '', q: '5'}, annotations: {a: b}");
    let found = merged(&resource, &patch(&patched), Addressed::ByCopy);
    assert_eq!(found, emit(&node(&expected), Dialect::Kustomize).unwrap());
    let expected = CONFIG_MAP.replace("name: a", "name: a, labels: {q: 5}");
    let found = merged(&resource, &patch(&patched), Addressed::ByItself);
    assert_eq!(found, emit(&node(&expected), Dialect::Kustomize).unwrap());
}

#[test]
fn a_patch_may_be_allowed_to_change_name_and_kind() {
    let mut patch = patch("apiVersion: v1\nkind: Secret\nmetadata: {name: b}");
    patch.allow_name_change = true;
    patch.allow_kind_change = true;
    let mut resource = Resource::new(node(CONFIG_MAP), None);
    apply(&mut resource, &patch, Addressed::ByItself, &Schema::builtin()).unwrap();
    assert_eq!((resource.kind(), resource.name()), ("Secret", "b"));
    assert_eq!(resource.original_id().name, "a");
    assert_eq!(resource.original_id().gvk.kind, "ConfigMap");
}

#[test]
fn failures_say_where() {
    for (resource, patched, message) in [
        (
            "data: {a: x}",
            "data: {a: {b: c}}",
            "patch of `v1 ConfigMap a`: `data.a` is a string in the resource and a mapping in the patch",
        ),
        (
            "data: {a: x}",
            "data: [b]",
            "patch of `v1 ConfigMap a`: `data` is a mapping in the resource and a list in the patch",
        ),
        (
            "",
            "x: {y: {$patch: no}}",
            "patch of `v1 ConfigMap a`: `x.y` has the unknown directive `$patch: no`",
        ),
    ] {
        let patch = patch(&format!("{CONFIG_MAP}{patched}"));
        assert_eq!(merged(&format!("{CONFIG_MAP}{resource}"), &patch, Addressed::ByItself), message);
    }
    let list =
        |containers: &str| format!("{DEPLOYMENT}spec: {{template: {{spec: {{containers: {containers}}}}}}}");
    assert_eq!(
        merged(
            &list("[{name: a, env: [{name: b, value: c}]}]"),
            &patch(&list("[{name: a, env: [{name: b, value: [d]}]}]")),
            Addressed::ByItself
        ),
        "patch of `apps/v1 Deployment a`: `spec.template.spec.containers[a].env[b].value` is a string in the resource and a list in the patch"
    );
    assert_eq!(
        merged(&list("[abc]"), &patch(&list("[{name: a}]")), Addressed::ByItself),
        "patch of `apps/v1 Deployment a`: `spec.template.spec.containers` has an element that is a string, but its elements are merged by `name`"
    );
}
