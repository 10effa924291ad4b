//! Objects, and what is wrong with them.

use rstest::rstest;
use serde_json::{Value, json};

use crate::{CustomKind, DefinitionError, Fault, Release, Types, custom_kinds};

fn types(release: &str) -> Types {
    Types::of(release.parse().unwrap())
}

/// Messages, and hints in parentheses.
fn shown(faults: &[Fault]) -> Vec<String> {
    let show = |fault: &Fault| match fault.hint() {
        Some(hint) => format!("{} ({hint})", fault.message()),
        None => fault.message(),
    };
    faults.iter().map(show).collect()
}

fn check(release: &str, object: &Value) -> Vec<String> {
    let types = types(release);
    let text = |key: &str| object[key].as_str().unwrap();
    shown(&types.kind(text("apiVersion"), text("kind")).unwrap().check(object))
}

/// A Pod with a container that has these fields beside its name.
fn container(fields: Value) -> Value {
    let mut container = fields;
    container["name"] = json!("c");
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}})
}

fn pod(spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
}

#[rstest]
#[case(container(json!({"image": "a", "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "1"}]})), &[])]
#[case(container(json!({"imge": "a"})), &["unknown field `spec.containers[0].imge` (did you mean `image`?)"])]
#[case(container(json!({"Image": "a"})), &["unknown field `spec.containers[0].Image` (did you mean `image`?)"])]
#[case(container(json!({"quite": 1})), &["unknown field `spec.containers[0].quite`"])]
#[case(container(json!({"env": [{"name": "A", "value": 1}]})), &["`spec.containers[0].env[0].value` is a number, not a string (put it in quotes)"])]
#[case(container(json!({"tty": "true"})), &["`spec.containers[0].tty` is a string, not a boolean (write it without quotes)"])]
#[case(container(json!({"ports": [{}]})), &["`spec.containers[0].ports[0].containerPort` is missing"])]
#[case(container(json!({"ports": [{"containerPort": null}]})), &["`spec.containers[0].ports[0].containerPort` is missing"])]
#[case(container(json!({"ports": {"containerPort": 80}})), &["`spec.containers[0].ports` is an object, not a list"])]
#[case(container(json!({"image": null, "env": null})), &[])]
#[case(container(json!({"args": ["a", null]})), &["`spec.containers[0].args[1]` is null (the API server takes it for an empty value; leave it out)"])]
#[case(container(json!({"resources": {"limits": {"cpu": 0.5, "memory": "1 GB"}}})), &["`spec.containers[0].resources.limits.memory` is not a quantity, as `500m` or `1Gi`"])]
#[case(container(json!({"livenessProbe": {"httpGet": {"port": true}}})), &["`spec.containers[0].livenessProbe.httpGet.port` is a boolean, not an integer or a string"])]
#[case(container(json!({"ports": [{"containerPort": 80.5}, {"containerPort": 4_294_967_296_i64}]})), &["`spec.containers[0].ports[0].containerPort` is a number with a fraction, not an integer", "`spec.containers[0].ports[1].containerPort` is not an integer of 32 bits"])]
#[case(container(json!({"env": [{"name": "A"}, {"name": "B"}, {"name": "A"}]})), &["`spec.containers[0].env[2]` has the name of item 0 of the list"])]
#[case(container(json!({"ports": [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}]})), &[])]
#[case(container(json!({"ports": [{"containerPort": 53}, {"containerPort": 53, "protocol": "TCP"}]})), &["`spec.containers[0].ports[1]` has the containerPort and protocol of item 0 of the list"])]
#[case(container(json!({"args": ["a", "a"]})), &[])]
#[case(pod(&json!("x")), &["`spec` is a string, not an object"])]
#[case(pod(&json!({})), &["`spec.containers` is missing"])]
#[case(json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "YQ==", "b": "secret"}}), &["`data.b` is not base64"])]
#[case(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": 1, "b": {}}}), &["`data.a` is a number, not a string (put it in quotes)", "`data.b` is an object, not a string"])]
#[case(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"creationTimestamp": null, "labels": {"a": true}}}), &["`metadata.labels.a` is a boolean, not a string (put it in quotes)"])]
#[case(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"finalizers": ["a", "a"]}}), &["`metadata.finalizers[1]` repeats item 0 of the list"])]
fn objects_of_built_in_kinds(#[case] object: Value, #[case] expected: &[&str]) {
    assert_eq!(check("1.35", &object), expected, "{object}");
}

#[test]
fn versions_differ_in_fields_and_kinds() {
    let pod = container(json!({"restartPolicyRules": []}));
    assert!(check("1.34", &pod).is_empty());
    assert_eq!(
        check("1.33", &pod),
        ["unknown field `spec.containers[0].restartPolicyRules` (Kubernetes 1.34 and later has it)"]
    );
    let kinds = |release: Release| Types::of(release).kinds().count();
    let counts: Vec<usize> = Release::all().map(kinds).collect();
    assert_eq!(counts, [88, 88, 96, 98, 98]);
}

#[test]
fn what_is_not_served_is_told_from_custom_kinds() {
    let not_served = |release: &str, api_version: &str, kind: &str| {
        let found = types(release).not_served(api_version, kind)?;
        Some((found.served_by, found.instead, found.near))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        not_served("1.35", "policy/v1beta1", "PodDisruptionBudget"),
        Some((None, some("policy/v1"), None))
    );
    assert_eq!(
        not_served("1.33", "resource.k8s.io/v1", "ResourceClaim"),
        Some((some("1.34 and later"), some("resource.k8s.io/v1beta2"), None))
    );
    assert_eq!(not_served("1.35", "apps/v1", "Deploymnet"), Some((None, None, some("Deployment"))));
    assert_eq!(not_served("1.35", "v1", "Deployment"), Some((None, None, None)));
    assert_eq!(
        not_served("1.35", "extensions/v1beta1", "Ingress"),
        Some((None, some("networking.k8s.io/v1"), None))
    );
    assert_eq!(not_served("1.35", "extensions/v1beta1", "Sidecar"), Some((None, None, None)));
    assert_eq!(not_served("1.35", "example.com/v1", "Deployment"), None);
    assert_eq!(not_served("1.35", "", ""), Some((None, None, None)));
}

/// A definition of `example.com/v1 Thing` with a schema of `spec`.
fn definition(spec: &Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"kind": "Thing", "plural": "things"},
            "scope": "Namespaced",
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
            }],
        },
    })
}

fn thing(spec: &Value) -> CustomKind {
    custom_kinds(&definition(spec)).unwrap().remove(0)
}

#[rstest]
#[case(json!({"type": "object", "properties": {"replicas": {"type": "integer"}}}), json!({"replica": 1}), &["unknown field `spec.replica` (did you mean `replicas`?)"])]
#[case(json!({"type": "object"}), json!({"a": 1}), &["unknown field `spec.a`"])]
#[case(json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"a": {"type": "object"}}}), json!({"b": {"c": 1}, "a": {"d": 1}}), &["unknown field `spec.a.d`"])]
#[case(json!({"x-kubernetes-preserve-unknown-fields": true}), json!({"b": [1, "x", null]}), &[])]
#[case(json!({"type": "object", "additionalProperties": {"type": "string"}}), json!({"a": "x", "b": 1}), &["`spec.b` is a number, not a string (put it in quotes)"])]
#[case(json!({"type": "object", "properties": {"p": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]}}}), json!({"p": "80%"}), &[])]
#[case(json!({"type": "object", "properties": {"p": {"x-kubernetes-int-or-string": true}}}), json!({"p": 1.5}), &["`spec.p` is a number with a fraction, not an integer or a string"])]
#[case(json!({"type": "object", "properties": {"a": {"type": "string", "nullable": true}}}), json!({"a": null}), &[])]
#[case(json!({"type": "object", "properties": {"a": {"type": "string"}}}), json!({"a": null}), &["`spec.a` is null, not a string"])]
#[case(json!({"type": "object", "properties": {"a": {"type": "string", "default": "x", "enum": ["x"]}}}), json!({"a": null}), &[])]
#[case(json!({"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"type": "string", "default": "x"}}}), json!({}), &["`spec.a` is missing"])]
#[case(json!({"type": "object", "properties": {"a": {"type": "string", "enum": ["x", "y"]}}}), json!({"a": "z"}), &["`spec.a` is none of the allowed values (allowed are `x`, `y`)"])]
#[case(json!({"type": "object", "properties": {"a": {"type": "integer", "minimum": 1, "exclusiveMinimum": true}}}), json!({"a": 1}), &["`spec.a`: exclusiveMinimum: got 1, want 1"])]
#[case(json!({"type": "object", "properties": {"a": {"type": "array", "maxItems": 1, "items": {"type": "string", "pattern": "^a"}}}}), json!({"a": ["b"]}), &["`spec.a[0]`: 'b' does not match pattern '^a'"])]
#[case(json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}), json!({"a": "x", "b": "y"}), &["`spec`: 'oneOf' failed, subschemas 0, 1 matched"])]
#[case(json!({"type": "object", "properties": {"t": {"x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true, "type": "object"}}}), json!({"t": {"apiVersion": "v1", "metadata": {"nam": "a"}, "data": {}}}), &["unknown field `spec.t.metadata.nam` (did you mean `name`?)", "`spec.t.kind` is missing"])]
#[case(json!({"type": "object", "properties": {"l": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["n", "p"], "items": {"type": "object", "properties": {"n": {"type": "string"}, "p": {"type": "string", "default": "x"}}}}}}), json!({"l": [{"n": "a"}, {"n": "a", "p": "x"}]}), &["`spec.l[1]` has the n and p of item 0 of the list"])]
#[case(json!({"type": "object", "properties": {"a": {"type": "integer", "format": "int32"}, "b": {"type": "string", "format": "date-time"}}}), json!({"a": 2_147_483_648_i64, "b": "today"}), &["`spec.a` is not an integer of 32 bits", "`spec.b` is not a time as `2006-01-02T15:04:05Z`"])]
fn objects_of_custom_kinds(#[case] schema: Value, #[case] spec: Value, #[case] expected: &[&str]) {
    let types = Types::of(Release::NEWEST);
    let object =
        json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec});
    assert_eq!(shown(&thing(&schema).check(&types, &object)), expected, "{schema}");
}

#[test]
fn rules_in_cel_are_counted_at_every_level() {
    let rule = || json!([{"rule": "self >= 0"}, {"rule": "self < 9"}]);
    let item = json!({"type": "object", "properties": {"a": {"type": "integer", "x-kubernetes-validations": rule()}}});
    let spec = json!({
        "type": "object", "x-kubernetes-validations": rule(),
        "properties": {"items": {"type": "array", "items": item, "x-kubernetes-validations": rule()}},
    });
    assert_eq!(thing(&spec).expressions, 6);
    assert_eq!(thing(&json!({"type": "object"})).expressions, 0);
}

#[test]
fn the_metadata_of_custom_kinds_is_that_of_kubernetes() {
    let types = Types::of(Release::NEWEST);
    let object = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"lables": {}}, "x": 1});
    assert_eq!(
        shown(&thing(&json!({"type": "object"})).check(&types, &object)),
        ["unknown field `metadata.lables` (did you mean `labels`?)", "unknown field `x`"]
    );
}

#[test]
fn definitions_that_are_none_are_refused() {
    let error = |definition: &Value| custom_kinds(definition).unwrap_err().to_string();
    assert_eq!(
        error(&json!({"apiVersion": "apiextensions.k8s.io/v1beta1"})),
        "a CustomResourceDefinition of `apiextensions.k8s.io/v1beta1` is not read: Kubernetes serves `apiextensions.k8s.io/v1` alone"
    );
    assert_eq!(
        error(
            &json!({"apiVersion": "apiextensions.k8s.io/v1", "spec": {"group": "g", "names": {"kind": "K"}}})
        ),
        "the CustomResourceDefinition has no `spec.versions`"
    );
    assert_eq!(
        error(&definition(&json!({"type": "object", "properties": {"a": {"$ref": "#"}}}))),
        "the schema at `openAPIV3Schema.properties.spec.properties.a` has `$ref`, which the API server refuses"
    );
    assert_eq!(
        error(&definition(&json!({"type": "text"}))),
        "the schema at `openAPIV3Schema.properties.spec` has the type `text`, which does not exist"
    );
    assert_eq!(
        error(&definition(&json!({"type": "object", "properties": []}))),
        "the schema at `openAPIV3Schema.properties.spec` has `properties` that are not an object"
    );
    let mut deep = json!({"type": "string"});
    for _ in 0..200 {
        deep = json!({"type": "array", "items": deep});
    }
    let DefinitionError::Schema { path, problem } = custom_kinds(&definition(&deep)).unwrap_err() else {
        panic!("it is a fault of the schema")
    };
    assert_eq!(problem, "nests deeper than 100 levels");
    assert!(path.ends_with(".items.…"), "{path}");
}

#[test]
fn a_pattern_that_is_none_is_said() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}});
    let object = json!({"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"a": "x"}});
    let faults = shown(&thing(&schema).check(&Types::of(Release::NEWEST), &object));
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].starts_with("the rules of its CustomResourceDefinition cannot be read: "),
        "{faults:?}"
    );
}

/// A definition is one of Kubernetes' own kinds, whose type contains itself.
#[test]
fn definitions_are_objects_too() {
    let mut object =
        definition(&json!({"type": "object", "properties": {"a": {"type": "array", "items": {"typ": "x"}}}}));
    assert_eq!(
        check("1.35", &object),
        [
            "unknown field `spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.a.items.typ` (did you mean `type`?)"
        ]
    );
    object["spec"]["versions"][0]["schema"]["openAPIV3Schema"] =
        json!({"additionalProperties": true, "items": [{"type": 1}], "default": [null]});
    assert_eq!(
        check("1.35", &object),
        [
            "`spec.versions[0].schema.openAPIV3Schema.items[0].type` is a number, not a string (put it in quotes)"
        ]
    );
}

/// Time and output are bounded by what is asked for, not by how wrong an object is.
#[test]
fn an_object_of_faults_alone_has_a_bounded_number_of_them() {
    let fields: serde_json::Map<String, Value> =
        (0..5_000).map(|n| (format!("field{n}"), json!(n))).collect();
    let faults = check("1.35", &json!({"apiVersion": "v1", "kind": "Service", "spec": fields}));
    assert_eq!(faults.len(), 101);
    assert_eq!(faults[100], "there is more wrong with the object");
    let name = "x".repeat(100_000);
    let faults = check("1.35", &json!({"apiVersion": "v1", "kind": "Service", "spec": {name: 1}}));
    assert!(faults[0].len() < 200, "{}", faults[0].len());
}
