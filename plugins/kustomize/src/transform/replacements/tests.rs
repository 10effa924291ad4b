//! Replacements, from the outside.

use oarlock_plugin::TreePath;

use super::super::testing::{assert_resources, read, resources};
use super::*;

const RESOURCES: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: source, labels: {app: x}}
data: {host: example.com, list: 'a.b.c', number: '8080', empty: ''}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {kept: yes}}
spec:
  replicas: 1
  text: 'one-two'
  nothing: null
  template: {spec: {containers: [{name: nginx, image: 'nginx:1'}, {name: sidecar, image: 'side:1'}], args: [a, b]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: data, labels: {app: db}}, spec: {text: 'x'}}
";

/// Does one replacement from the source's `host` and returns all resources.
fn replace(source: &str, target: &str) -> Result<ResMap> {
    let mut map = resources(RESOURCES);
    let replacement: Replacement = read(&format!("{{{source}, targets: [{target}]}}"));
    apply(&mut map, &[replacement], Profile::default())?;
    Ok(map)
}

const HOST: &str = "source: {kind: ConfigMap, fieldPath: data.host}";

/// The `Deployment` called `web` as JSON, down a path.
fn web(map: &ResMap, path: &[&str]) -> String {
    let web = map
        .iter()
        .find(|resource| resource.namespace().is_empty() && resource.kind() == "Deployment")
        .unwrap();
    oarlock_yaml::to_json(web.object.at(path).unwrap()).unwrap()
}

#[test]
fn values_are_written_where_paths_lead() {
    let text = ["spec", "text"];
    let containers = ["spec", "template", "spec", "containers"];
    let cases: [(&str, &str, &[&str], &str); 12] = [
        (HOST, "select: {name: web}", &["metadata", "name"], r#""example.com""#),
        ("sourceValue: new", "select: {name: web}, fieldPaths: [spec.text]", &text, r#""new""#),
        (
            HOST,
            "select: {name: web}, fieldPaths: [spec.text], options: {delimiter: '-'}",
            &text,
            r#""example.com-two""#,
        ),
        (
            HOST,
            "select: {name: web}, fieldPaths: [spec.text], options: {delimiter: '-', index: 1}",
            &text,
            r#""one-example.com""#,
        ),
        (
            HOST,
            "select: {name: web}, fieldPaths: [spec.text], options: {delimiter: '-', index: -1}",
            &text,
            r#""example.com-one-two""#,
        ),
        (
            HOST,
            "select: {name: web}, fieldPaths: [spec.text], options: {delimiter: '-', index: 7}",
            &text,
            r#""one-two-example.com""#,
        ),
        (
            "source: {kind: ConfigMap, fieldPath: data.list, options: {delimiter: '.', index: 2}}",
            "select: {name: web}, fieldPaths: [spec.text]",
            &text,
            r#""c""#,
        ),
        (
            HOST,
            "select: {name: web}, fieldPaths: ['spec.template.spec.containers.[name=nginx].image']",
            &containers,
            r#"[{"name":"nginx","image":"example.com"},{"name":"sidecar","image":"side:1"}]"#,
        ),
        (
            HOST,
            "select: {name: web}, fieldPaths: ['spec.template.spec.containers.*.image']",
            &containers,
            r#"[{"name":"nginx","image":"example.com"},{"name":"sidecar","image":"example.com"}]"#,
        ),
        (
            HOST,
            "select: {name: web}, fieldPaths: ['spec.template.spec.containers.1.image', spec.template.spec.args]",
            &["spec", "template", "spec"],
            r#"{"containers":[{"name":"nginx","image":"nginx:1"},{"name":"sidecar","image":"example.com"}],"args":"example.com"}"#,
        ),
        (
            HOST,
            "select: {name: web}, fieldPaths: ['spec.template.spec.args.[=b]']",
            &["spec", "template", "spec", "args"],
            r#"["a","example.com"]"#,
        ),
        (
            "source: {kind: ConfigMap, fieldPath: data.number}",
            "select: {name: web}, fieldPaths: [spec.replicas, spec.text]",
            &["spec", "replicas"],
            "8080",
        ),
    ];
    for (source, target, path, expected) in cases {
        let map = replace(source, &format!("{{{target}}}")).unwrap();
        assert_eq!(web(&map, path), expected, "{source} {target}");
    }
}

#[test]
fn what_is_absent_is_made_where_that_is_asked_for() {
    let cases = [
        ("data.host", "spec.new.field", r#"{"field":"example.com"}"#),
        ("data.number", "spec.new.field", r#"{"field":8080}"#),
        ("data", "spec.new", r#"{"host":"example.com","list":"a.b.c","number":"8080","empty":""}"#),
        ("data.host", "spec.new.0.field", r#"[{"field":"example.com"}]"#),
        ("data.host", "spec.new.[name=a].field", r#"[{"name":"a","field":"example.com"}]"#),
        ("data.host", "spec.new.[a.b/c]", r#"{"a.b/c":"example.com"}"#),
    ];
    for (source, path, expected) in cases {
        let source = format!("source: {{kind: ConfigMap, fieldPath: {source}}}");
        let target = format!("{{select: {{name: web}}, fieldPaths: ['{path}'], options: {{create: true}}}}");
        assert_eq!(web(&replace(&source, &target).unwrap(), &["spec", "new"]), expected, "{path}");
    }
}

#[test]
fn targets_are_selected_and_rejected() {
    let cases = [
        ("{select: {kind: Deployment}", ["new", "new"]),
        ("{select: {kind: Deployment, namespace: default}", ["new", "x"]),
        ("{select: {kind: Deployment, namespace: data}", ["one-two", "new"]),
        ("{select: {kind: Deployment}, reject: [{name: web}]", ["one-two", "new"]),
        ("{select: {kind: Deployment}, reject: [{labelSelector: app=db}]", ["new", "x"]),
        ("{select: {kind: Deployment}, reject: [{kind: Other, labelSelector: app=db}]", ["new", "x"]),
        ("{select: {kind: Deployment, annotationSelector: kept}", ["new", "x"]),
        ("{select: {group: apps, version: v1, labelSelector: 'app in (db)'}", ["one-two", "new"]),
        ("{select: {kind: 'Deploy.*'}", ["one-two", "x"]),
    ];
    for (target, expected) in cases {
        let map = replace("sourceValue: new", &format!("{target}, fieldPaths: [spec.text]}}")).unwrap();
        let texts: Vec<_> = map
            .iter()
            .filter_map(|resource| resource.object.at(&["spec", "text"]).and_then(Node::as_str))
            .collect();
        assert_eq!(texts, expected, "{target}");
    }
}

#[test]
fn former_names_find_resources_too() {
    let config = super::super::config::TransformerConfig::builtin();
    let mut map = resources(RESOURCES);
    super::super::affix::apply_prefix(&mut map, "x-", &config.name_prefix).unwrap();
    let replacement = "{source: {name: source}, targets: [{select: {name: web}, fieldPaths: [spec.text]}]}";
    apply(&mut map, &[read(replacement)], Profile::default()).unwrap();
    assert_eq!(web(&map, &["spec", "text"]), r#""x-source""#);
}

#[test]
fn mistakes_say_what_nearly_matched() {
    let to_text = "{select: {name: web}, fieldPaths: [spec.text]}";
    let cases = [
        (
            "source: {kind: ConfigMap, name: sauce}",
            to_text,
            "the source `{kind: ConfigMap, name: sauce}` of a replacement is not there",
            "nearly matched: `v1 ConfigMap source`",
        ),
        (
            "source: {kind: Deployment}",
            to_text,
            "the source `{kind: Deployment}` of a replacement means several resources: `apps/v1 Deployment web` and `apps/v1 \
             Deployment data/db`",
            "say more of it: `kind`, `name`, `namespace`",
        ),
        (
            "source: {kind: ConfigMap, fieldPath: data.hots}",
            to_text,
            "the field `data.hots` of `v1 ConfigMap source` is absent or empty",
            "these are there: `host`, `list`, `number`, `empty`",
        ),
        (
            "source: {kind: ConfigMap, fieldPath: data.list, options: {delimiter: '.', index: 3}}",
            to_text,
            "`a.b.c` split at `.` has no part 3: it has 3, counted from 0",
            "",
        ),
        (
            HOST,
            "{select: {name: web}, fieldPaths: [spec.txet]}",
            "there is no field `spec.txet` in `apps/v1 Deployment web`",
            "these are there: `replicas`, `text`, `nothing`, `template`; set `options: {create: true}` if it is to be made",
        ),
        (
            HOST,
            "{select: {name: web}, fieldPaths: [spec.replicas]}",
            "cannot write `example.com` in place of the number `1`",
            "put the old value in quotes to make it a string, or give a value of the same type",
        ),
        (
            HOST,
            "{select: {name: web}, fieldPaths: [spec.nothing]}",
            "cannot write `example.com` in place of the null `null`",
            "put the old value in quotes to make it a string, or give a value of the same type",
        ),
        (
            HOST,
            "{select: {name: web}, fieldPaths: [spec.template.spec.args], options: {delimiter: x}}",
            "the field is a list: `delimiter` is for scalars",
            "",
        ),
        (
            HOST,
            "{select: {name: web}, fieldPaths: [spec.template.spec.args.5]}",
            "there is no element 5: the list has 2, counted from 0",
            "",
        ),
        (
            HOST,
            "{fieldPaths: [spec.text]}",
            "a target of a replacement has no `select`",
            "say which resources are meant, as in `select: {kind: Deployment}`",
        ),
        (
            "source: {kind: ConfigMap}, sourceValue: x",
            to_text,
            "a replacement has both `source` and `sourceValue`",
            "leave one of them out",
        ),
    ];
    for (source, target, message, hint) in cases {
        let failure = replace(source, target).unwrap_err();
        assert_eq!(failure.message, message);
        assert_eq!(failure.hint.unwrap_or_default(), hint, "{message}");
    }
}

#[test]
fn replacements_may_be_in_files() {
    let files = |path: &str| {
        let text = match path {
            "one.yaml" => {
                "{comment: ignored, sourceValue: on, targets: [{select: {name: web}, fieldPaths: [spec.text]}]}"
            }
            "list.yaml" => {
                "[{sourceValue: b, targets: [{select: {name: db, other: 1}, fieldPaths: [spec.text]}]}]"
            }
            _ => "text",
        };
        Ok((TreePath::new(path).unwrap(), text.as_bytes().to_vec()))
    };
    let entries: Vec<ReplacementField> = read(
        "[{path: one.yaml}, {path: list.yaml}, {sourceValue: '5', targets: [{select: {name: web}, fieldPaths: [spec.replicas]}]}]",
    );
    let mut map = resources(RESOURCES);
    apply(&mut map, &load(&entries, &files).unwrap(), Profile::default()).unwrap();
    let expected =
        RESOURCES.replace("'one-two'", "'true'").replace("'x'", "b").replace("replicas: 1", "replicas: 5");
    assert_resources(&map, &expected);

    for (entry, message) in [
        ("{path: other.yaml}", "`other.yaml` holds a string where a replacement is wanted"),
        (
            "{path: one.yaml, source: {}}",
            "`replacements`: there is a `path`, `one.yaml`, beside a `source` or `targets`",
        ),
    ] {
        let entries: Vec<ReplacementField> = read(&format!("[{entry}]"));
        assert_eq!(load(&entries, &files).unwrap_err().message, message);
    }
}
