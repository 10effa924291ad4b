//! Whole directories through the plugin, as the host calls it.

// The whole file is tests; clippy knows that only of those functions that say so.
#![allow(clippy::unwrap_used)]

use oarlock_directory::Directory;
use oarlock_plugin::{Application, Manifest, MemoryHost, Plugin, Request, TreePath, render_json};

fn render(files: &[(&str, &str)], config: &str) -> Result<Vec<Manifest>, Vec<String>> {
    let request = Request {
        directory: TreePath::new("app").unwrap(),
        application: Application::default(),
        config: config.to_owned(),
        manifests: Vec::new(),
    };
    render_json::<Directory>(&MemoryHost::new(files.iter().copied()), request)
        .map_err(|failures| failures.into_vec().iter().map(ToString::to_string).collect())
}

/// Each manifest as `origin Kind name`.
fn listing(manifests: &[Manifest]) -> Vec<String> {
    let line =
        |manifest: &Manifest| format!("{} {}", manifest.origin.as_ref().unwrap(), manifest.display_name());
    manifests.iter().map(line).collect()
}

fn object(kind: &str, name: &str) -> String {
    format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n")
}

#[test]
fn manifests_come_in_the_order_of_files_and_documents_each_with_its_place() {
    let files = [
        ("app/b.yml", format!("# first\n{}---\n---\n{}", object("Pod", "one"), object("Pod", "two"))),
        ("app/a/deep.yaml", object("Service", "three")),
        (
            "app/c.json",
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"four"},"data":{"a":"yes"}}"#.to_owned(),
        ),
        ("app/values.yaml", "replicas: 2\n".to_owned()),
    ];
    let files: Vec<_> = files.iter().map(|(path, content)| (*path, content.as_str())).collect();
    let manifests = render(&files, r#"{"recurse":true}"#).unwrap();
    assert_eq!(
        listing(&manifests),
        [
            "app/a/deep.yaml:1:1 Service three",
            "app/b.yml:2:1 Pod one",
            "app/b.yml:8:1 Pod two",
            "app/c.json:1:1 Secret four",
        ]
    );
    let secret = manifests.into_iter().next_back().unwrap().into_json();
    assert_eq!(
        secret,
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"four"},"data":{"a":"yes"}}"#
    );
    assert_eq!(render(&files, "{}").unwrap().len(), 3);
}

#[test]
fn scalars_are_what_the_api_server_makes_of_them() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, creationTimestamp: 2024-01-01}\n\
        immutable: yes\nx: 0x10\ndata:\n  1: 'no'\n  b: |\n    text\n";
    let manifests = render(&[("app/a.yaml", text)], "{}").unwrap();
    assert_eq!(
        manifests[0].clone().into_json(),
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","creationTimestamp":"2024-01-01"},"immutable":true,"x":16,"data":{"1":"no","b":"text\n"}}"#
    );
}

#[test]
fn lists_fall_apart() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n\
        - apiVersion: v1\n  kind: Pod\n  metadata: {name: b}\n---\napiVersion: v1\nkind: PodList\nitems: null\n---\n\
        apiVersion: v1\nkind: List\nitems: []\n";
    let manifests = render(&[("app/list.yaml", list)], "{}").unwrap();
    assert_eq!(listing(&manifests), ["app/list.yaml:4:3 Pod a", "app/list.yaml:7:3 Pod b"]);

    let own_items =
        "apiVersion: example.com/v1\nkind: Menu\nmetadata: {name: a}\nspec: {items: [soup]}\nitems: null\n";
    assert_eq!(render(&[("app/menu.yaml", own_items)], "{}").unwrap().len(), 1);
}

#[test]
fn what_no_cluster_takes_is_refused_with_its_place_and_all_at_once() {
    let files = [
        ("app/a.yaml", "kind: Pod\nmetadata: {name: a}\n"),
        ("app/b.yaml", "apiVersion: v1\nkind: Pod\n"),
        ("app/c.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {labels: {}}\n"),
        ("app/d.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: 12}\n"),
        ("app/e.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: on}\n"),
        ("app/f.yaml", "apiVersion: v1\nkind: List\nitems:\n- metadata: {name: a}\n- 5\n"),
        ("app/g.yaml", "apiVersion: v1\nkind: Job\nmetadata: {generateName: a-}\n"),
        ("app/h.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: .inf\n"),
    ];
    assert_eq!(
        render(&files, "{}").unwrap_err(),
        [
            "app/a.yaml:1:1: `apiVersion` is missing",
            "app/b.yaml:1:1: `metadata` is missing",
            "app/c.yaml:1:1: `metadata.name` of this `Pod` is missing",
            "app/d.yaml:1:1: `metadata.name` of this `Pod` is a number: 12",
            "app/e.yaml:1:1: `metadata.name` of this `Pod` is a boolean: true",
            "app/f.yaml:4:3: `kind` is missing",
            "app/f.yaml:5:3: a manifest is a mapping, and this is a number",
            "app/h.yaml:4:7: `.inf` is a number that JSON cannot hold",
        ]
    );
}

#[test]
fn jsonnet_is_refused_unless_it_is_excluded() {
    let files = [("app/a.jsonnet", "{}"), ("app/b.yaml", &object("Pod", "a"))];
    assert_eq!(
        render(&files, "{}").unwrap_err(),
        ["app/a.jsonnet: `app/a.jsonnet` is Jsonnet, which is not rendered here"]
    );
    assert_eq!(render(&files, r#"{"exclude":"*.jsonnet"}"#).unwrap().len(), 1);
}

#[test]
fn encodings_with_a_byte_order_mark_are_read() {
    let text = object("Pod", "é");
    let utf16: Vec<u8> = format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let host =
        MemoryHost::new([("app/a.yaml", utf16), ("app/b.yaml", format!("\u{FEFF}{text}").into_bytes())]);
    let request = Request {
        directory: TreePath::new("app").unwrap(),
        application: Application::default(),
        config: serde_json::from_str("{}").unwrap(),
        manifests: Vec::new(),
    };
    let manifests = Directory::render(&host, request).unwrap();
    assert_eq!(listing(&manifests), ["app/a.yaml:1:1 Pod é", "app/b.yaml:1:1 Pod é"]);
}

#[test]
fn bad_requests_are_refused() {
    assert_eq!(
        render(&[("other/a.yaml", "")], "{}").unwrap_err(),
        ["app: cannot read `app`: no such file or directory"]
    );
    for (config, part) in [
        (r#"{"include":"{a"}"#, "glob `{a`: `{` is never closed"),
        (r#"{"recursive":true}"#, "unknown field `recursive`"),
    ] {
        let failures = render(&[("app/a.yaml", "")], config).unwrap_err();
        assert!(failures[0].contains(part), "{failures:?}");
    }
    let tabs = "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n";
    assert!(render(&[("app/a.yaml", tabs)], "{}").unwrap_err()[0].starts_with("app/a.yaml:4"));
}
