//! Tables of operations, checked against kustomize v5.7.1 itself.

use oarlock_yaml::{Dialect, Limits, Node, Reader, emit, parse_one};

use super::*;

const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

fn node(text: &str) -> Node {
    parse_one(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap()
}

fn patched(object: &str, operations: &str) -> Result<String, Failure> {
    let mut resource = Resource::new(node(&format!("{HEAD}{object}")), None);
    let operations = node(operations).as_sequence().unwrap().to_vec();
    apply(&mut resource, &JsonPatch { operations, source: PatchSource::Inline })?;
    Ok(emit(&resource.object, Dialect::Kustomize).unwrap())
}

#[test]
fn operations_do_what_they_say() {
    for (object, operations, expected) in [
        ("data: {a: x}", "[{op: add, path: /data/b, value: y}]", "data: {a: x, b: y}"),
        ("data: {a: x}", "[{op: add, path: /data/a, value: y}]", "data: {a: y}"),
        ("data: {a: x}", "[{op: add, path: /data/a}]", "data: {a: null}"),
        ("data: {a: x}", "[{op: remove, path: /data/a}]", "data: {}"),
        ("data: {a: x}", "[{op: replace, path: /data/a, value: {b: c}}]", "data: {a: {b: c}}"),
        ("data: {a: x}", "[{op: replace, path: /data/new, value: y}]", "data: {a: x, new: y}"),
        (
            "data: {a/b: x, c~d: y}",
            "[{op: remove, path: /data/a~1b}, {op: remove, path: /data/c~0d}]",
            "data: {}",
        ),
        ("l: [1, 2, 3]", "[{op: add, path: /l/-, value: 4}]", "l: [1, 2, 3, 4]"),
        ("l: [1, 2, 3]", "[{op: add, path: /l/0, value: 4}]", "l: [4, 1, 2, 3]"),
        ("l: [1, 2, 3]", "[{op: add, path: /l/3, value: 4}]", "l: [1, 2, 3, 4]"),
        ("l: [1, 2, 3]", "[{op: add, path: /l/-1, value: 4}]", "l: [1, 2, 3, 4]"),
        ("l: [1, 2, 3]", "[{op: remove, path: /l/-1}]", "l: [1, 2]"),
        ("l: [1, 2, 3]", "[{op: replace, path: /l/-3, value: 0}]", "l: [0, 2, 3]"),
        ("l: [{a: [x]}]", "[{op: add, path: /l/0/a/0, value: y}]", "l: [{a: [y, x]}]"),
        ("data: {a: x}", "[{op: move, from: /data/a, path: /data/b}]", "data: {b: x}"),
        ("l: [1, 2, 3]", "[{op: move, from: /l/0, path: /l/2}]", "l: [2, 3, 1]"),
        ("data: {a: x}", "[{op: copy, from: /data/a, path: /data/b}]", "data: {a: x, b: x}"),
        ("data: {a: x}", "[{op: copy, from: /data/none, path: /data/b}]", "data: {a: x, b: null}"),
        ("data: {a: x}", "[{op: test, path: /data/a, value: x}, {op: remove, path: /data}]", ""),
        ("data: {a: x}", "[{op: test, path: /data/none, value: null}]", "data: {a: x}"),
        ("data: {a: x}", "[{op: test, path: /data/none}]", "data: {a: x}"),
        ("data: {a: x}", "[{op: test, path: /data, value: {a: x, more: y}}]", "data: {a: x}"),
        ("data: {a: x}", "[{op: add, path: data/b, value: y}]", "data: {a: x}\nb: y"),
        ("n: 12345678901234567", "[]", "n: 12345678901234568"),
        ("n: ", "[]", "n: null"),
    ] {
        let expected = emit(&node(&format!("{HEAD}{expected}")), Dialect::Kustomize).unwrap();
        let found = patched(object, operations).unwrap_or_else(|failure| panic!("{operations}: {failure}"));
        assert_eq!(found, expected, "{object} {operations}");
    }
}

#[test]
fn failures_name_the_operation_and_what_nearly_matched() {
    for (object, operations, message, hint) in [
        (
            "data: {image: x}",
            "[{op: remove, path: /data/imag}]",
            "operation 1 (`remove`) of the JSON patch of `v1 ConfigMap a`: path `/data/imag` does not exist: `/data` has no `imag`",
            "did you mean `image`?",
        ),
        (
            "",
            "[{op: add, path: /data/x, value: 1}]",
            "operation 1 (`add`) of the JSON patch of `v1 ConfigMap a`: path `/data/x` does not exist: the resource has no `data`",
            "the resource has `apiVersion`, `kind`, `metadata`",
        ),
        (
            "l: [1, 2]",
            "[{op: test, path: /l/0, value: 1}, {op: remove, path: /l/2}]",
            "operation 2 (`remove`) of the JSON patch of `v1 ConfigMap a`: path `/l/2` does not exist: `/l` has no place `2`",
            "`/l` is a list of 2 elements, `0` to `1`",
        ),
        (
            "l: [1, 2]",
            "[{op: replace, path: /l/-, value: 1}]",
            "operation 1 (`replace`) of the JSON patch of `v1 ConfigMap a`: path `/l/-` does not exist: `/l` has no place `-`",
            "`/l` is a list of 2 elements, `0` to `1`",
        ),
        (
            "data: x",
            "[{op: add, path: /data/x, value: 1}]",
            "operation 1 (`add`) of the JSON patch of `v1 ConfigMap a`: path `/data/x` does not exist: `/data` is a string",
            "a path leads through mappings and lists",
        ),
        (
            "",
            "[{op: ad, path: /x, value: 1}]",
            "operation 1 (`ad`) of the JSON patch of `v1 ConfigMap a`: `ad` is no operation",
            "did you mean `add`?",
        ),
        (
            "",
            "[{path: /x}]",
            "operation 1 of the JSON patch of `v1 ConfigMap a`: `op` is missing",
            "every operation has `op: add`, `remove`, `replace`, `move`, `copy` or `test`",
        ),
        (
            "",
            "[{op: add, path: x, value: 1}]",
            "operation 1 (`add`) of the JSON patch of `v1 ConfigMap a`: path `x` does not begin with `/`",
            "a JSON pointer looks like `/spec/replicas`",
        ),
    ] {
        let failure = patched(object, operations).unwrap_err();
        assert_eq!(failure.message, message);
        assert_eq!(failure.hint.as_deref(), Some(hint), "{message}");
    }
    let failure = patched("data: {a: x}", "[{op: test, path: /data/a, value: 1}]").unwrap_err();
    assert!(failure.message.ends_with("the test of `/data/a` fails: it is the string `x`"), "{failure}");
    let secret = HEAD.replace("ConfigMap", "Secret") + "data: {a: x}";
    let operations = node("[{op: test, path: /data/a, value: 1}]").as_sequence().unwrap().to_vec();
    let patch = JsonPatch { operations, source: PatchSource::Inline };
    let failure = apply(&mut Resource::new(node(&secret), None), &patch).unwrap_err();
    assert!(failure.message.ends_with("the test of `/data/a` fails: it is another value"), "{failure}");
}

#[test]
fn annotations_are_never_missing_to_a_patch_of_a_remembered_resource() {
    let mut resource = Resource::new(node(HEAD), None);
    resource.remember_id();
    let operations =
        node("[{op: add, path: /metadata/annotations/x, value: 1}]").as_sequence().unwrap().to_vec();
    apply(&mut resource, &JsonPatch { operations, source: PatchSource::Inline }).unwrap();
    assert_eq!(resource.object.at(&["metadata", "annotations", "x"]).and_then(Node::as_str), Some("1"));

    let mut resource = Resource::new(node(HEAD), None);
    resource.remember_id();
    apply(&mut resource, &JsonPatch { operations: Vec::new(), source: PatchSource::Inline }).unwrap();
    assert_eq!(resource.object.at(&["metadata", "annotations"]), None);
}

#[test]
fn kind_and_name_have_to_stay() {
    for (operations, what) in [
        ("[{op: remove, path: /kind}]", "kind"),
        ("[{op: replace, path: '', value: {}}]", "kind"),
        ("[{op: remove, path: /metadata/name}]", "metadata.name"),
    ] {
        let failure = patched("", operations).unwrap_err();
        assert_eq!(
            failure.message,
            format!("the JSON patch leaves a resource without `{what}`"),
            "{operations}"
        );
    }
}

#[test]
fn copies_of_copies_come_to_an_end() {
    let mut operations = String::from("- {op: add, path: /x, value: [1, 2]}\n");
    for _ in 0..40 {
        operations.push_str("- {op: copy, from: /x, path: /x/-}\n");
    }
    let failure = patched("", &operations).unwrap_err();
    assert!(failure.message.contains("the copies have more than"), "{failure}");
}
