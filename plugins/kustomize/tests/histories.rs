//! Histories of single builds: what gave each field its value, and where that is written.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oarlock_kustomize::{Options, build_with_histories};
use oarlock_plugin::{MemoryHost, Origin, TreePath};

const BASE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {tier: front}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: app
        image: nginx:1.0
        env:
        - name: MODE
          value: base
";

/// What gave a field its value, from first to last: the value, the place, the step.
fn history(files: &[(&str, &str)], kind: &str, pointer: &str) -> Vec<String> {
    let host = MemoryHost::new(files.iter().copied());
    let root = TreePath::new("prod").unwrap();
    let built = build_with_histories(&host, &root, &Options::default()).unwrap();
    let (_, history) = built.into_iter().find(|(resource, _)| resource.kind() == kind).unwrap();
    let field = history.fields.into_iter().find(|field| field.pointer == pointer).unwrap();
    let line = |origin: Option<Origin>| {
        origin.map_or("nowhere".to_owned(), |origin| format!("{}:{}", origin.path, origin.line))
    };
    let assignments = field.assignments.into_iter();
    assignments.map(|it| format!("{} {} {}", it.value, line(it.origin), it.cause.by)).collect()
}

#[test]
fn each_step_is_blamed_at_its_own_line() {
    let image = "/spec/template/spec/containers/0/image";
    let base = "\"nginx:1.0\" base/web.yaml:12 resources";
    let kustomization = |more: &str| format!("resources: [../base]\n{more}");
    let inline = "\
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 3
- target: {kind: Deployment}
  patch: |-
    - op: replace
      path: /spec/template/spec/containers/0/image
      value: caddy:2
";
    for (more, pointer, expected) in [
        ("", image, vec![base]),
        (
            "images:\n- name: nginx\n  newTag: \"2.0\"\n",
            image,
            vec![base, "\"nginx:2.0\" prod/kustomization.yaml:4 images"],
        ),
        (
            "namePrefix: p-\n",
            "/metadata/name",
            vec!["\"web\" base/web.yaml:4 resources", "\"p-web\" prod/kustomization.yaml:2 namePrefix"],
        ),
        (
            "labels:\n- pairs:\n    team: boats\n",
            "/metadata/labels/team",
            vec!["\"boats\" prod/kustomization.yaml:4 labels"],
        ),
        (
            "replicas:\n- name: web\n  count: 5\n",
            "/spec/replicas",
            vec!["1 base/web.yaml:7 resources", "5 prod/kustomization.yaml:4 replicas"],
        ),
        (
            inline,
            "/spec/replicas",
            vec!["1 base/web.yaml:7 resources", "3 prod/kustomization.yaml:8 patches"],
        ),
        (inline, image, vec![base, "\"caddy:2\" prod/kustomization.yaml:13 patches"]),
        (
            "patches:\n- path: patch.yaml\n",
            "/spec/template/spec/containers/0/image",
            vec!["\"proxy:1\" prod/patch.yaml:9 patches"],
        ),
        (
            "patches:\n- path: patch.yaml\n",
            "/spec/template/spec/containers/1/env/0/value",
            vec!["\"base\" base/web.yaml:15 resources", "\"prod\" prod/patch.yaml:13 patches"],
        ),
        (
            "replacements:\n- source: {kind: Deployment, fieldPath: metadata.labels.tier}\n  targets:\n  - select: {kind: Deployment}\n    fieldPaths: [spec.template.spec.containers.0.image]\n",
            image,
            vec![base, "\"front\" base/web.yaml:5 replacements"],
        ),
    ] {
        let patch = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: proxy
        image: proxy:1
      - name: app
        env:
        - name: MODE
          value: prod
";
        let kustomization = kustomization(more);
        let files = [
            ("base/kustomization.yaml", "resources: [web.yaml]\n"),
            ("base/web.yaml", BASE),
            ("prod/kustomization.yaml", kustomization.as_str()),
            ("prod/patch.yaml", patch),
        ];
        assert_eq!(history(&files, "Deployment", pointer), expected, "{more}");
    }
}

#[test]
fn a_patch_in_an_object_of_its_own_is_blamed_at_its_line() {
    let transformer = "\
apiVersion: builtin
kind: PatchTransformer
metadata:
  name: more
target:
  kind: Deployment
patch: |-
  - op: replace
    path: /spec/replicas
    value: 3
";
    let indented = format!("  {}\n", transformer.trim_end().replace('\n', "\n  "));
    let inline = format!("resources: [../base]\ntransformers:\n- |\n{indented}");
    for (kustomization, expected) in [
        ("resources: [../base]\ntransformers: [more.yaml]\n", "3 prod/more.yaml:10"),
        (inline.as_str(), "3 prod/kustomization.yaml:"),
    ] {
        let files = [
            ("base/kustomization.yaml", "resources: [web.yaml]\n"),
            ("base/web.yaml", BASE),
            ("prod/kustomization.yaml", kustomization),
            ("prod/more.yaml", transformer),
        ];
        let history = history(&files, "Deployment", "/spec/replicas");
        assert!(history[1].starts_with(expected), "{history:?}");
        assert!(history[1].ends_with(" transformers (PatchTransformer)"), "{history:?}");
    }
}

#[test]
fn generated_values_are_blamed_on_literals_files_and_variables() {
    let kustomization = "\
configMapGenerator:
- name: settings
  literals:
  - mode=fast
  files:
  - motd.txt
  envs:
  - all.env
generatorOptions:
  labels:
    team: boats
    mode: label
";
    let files = [
        ("prod/kustomization.yaml", kustomization),
        ("prod/motd.txt", "ahoy"),
        ("prod/all.env", "# none\nA=1\nB=2\n"),
    ];
    for (pointer, expected) in [
        ("/data/mode", "\"fast\" prod/kustomization.yaml:4 configMapGenerator"),
        ("/data/motd.txt", "\"ahoy\" prod/motd.txt:1 configMapGenerator"),
        ("/data/B", "\"2\" prod/all.env:3 configMapGenerator"),
        ("/metadata/labels/team", "\"boats\" prod/kustomization.yaml:11 configMapGenerator"),
        // A label may be called as a literal is.
        ("/metadata/labels/mode", "\"label\" prod/kustomization.yaml:12 configMapGenerator"),
    ] {
        assert_eq!(history(&files, "ConfigMap", pointer), [expected], "{pointer}");
    }
    let name = history(&files, "ConfigMap", "/metadata/name");
    assert!(name[0].ends_with(" prod/kustomization.yaml:2 configMapGenerator"), "{name:?}");
    assert!(name[1].ends_with(" prod/kustomization.yaml:2 hash of the content"), "{name:?}");
}
