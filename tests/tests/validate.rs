//! `oarlock validate`: objects against their types.

use oarlock_tests::fleet::OWN;
use oarlock_tests::{Ran, Run, Tree, repository};
use serde_json::Value;

fn application(name: &str, path: &str, cluster: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  project: default\n  \
         destination: {{name: {cluster}, namespace: {name}}}\n  source: {{repoURL: {OWN}, path: {path}}}\n"
    )
}

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {size: {type: integer, maximum: 9}}}}
";

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web:1
          imagePulPolicy: Always
          env:
            - name: PORT
              value: 8080
          restartPolicyRules: []
";

/// Two clusters, of which one has an older version of Kubernetes and one the definition of a kind.
fn tree() -> Tree {
    let clusters = "clusters:\n  - {name: old, server: 'https://old', kubeVersion: 1.33.2}\n  - {name: new, server: 'https://new', kubeVersion: v1.35.0}\n";
    let settings =
        format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n  clusters: clusters.yaml\n");
    Tree::new()
        .file("oarlock.yaml", settings)
        .file("clusters.yaml", clusters)
        .file("root.yaml", application("root", "apps", "old"))
        .file("apps/web.yaml", application("web", "web", "old"))
        .file("apps/things.yaml", application("things", "things", "new"))
        .file("web/kustomization.yaml", "resources: [web.yaml]\n")
        .file("web/web.yaml", WEB)
        .file("things/crd.yaml", DEFINITION)
        .file("things/thing.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nsize: 10\n")
        .file("things/other.yaml", "apiVersion: example.com/v1\nkind: Other\nmetadata: {name: b}\n")
}

fn validate(tree: &Tree, arguments: &str) -> Ran {
    arguments.split_whitespace().fold(Run::new("validate"), Run::arg).within(tree)
}

#[test]
fn findings_of_a_fleet_have_lines_and_versions() {
    let tree = tree();
    let ran = validate(&tree, "").ends_with(1);
    assert_eq!(
        ran.stdout,
        "things/thing.yaml:4: error[invalid-value]: `Thing.example.com things/a`: `size`: maximum: got 10, want 9  (things on new)\n\
         web/web.yaml:13: error[unknown-field]: `Deployment web/web`: unknown field `spec.template.spec.containers[0].imagePulPolicy`  (web on old)\n  \
         did you mean `imagePullPolicy`?\n\
         web/web.yaml:16: error[wrong-type]: `Deployment web/web`: `spec.template.spec.containers[0].env[0].value` is a number, not a string  (web on old)\n  \
         put it in quotes\n\
         web/web.yaml:17: error[unknown-field]: `Deployment web/web`: unknown field `spec.template.spec.containers[0].restartPolicyRules`  (web on old)\n  \
         Kubernetes 1.34 and later has it\n\
         4 errors, 3 objects checked for Kubernetes 1.33 and 1.35, 3 without a schema (argoproj.io/v1alpha1 Application; example.com/v1 Other)\n"
    );
    let newer = validate(&tree, "--fleet --kubernetes-version 1.35 --only web").ends_with(1);
    assert!(!newer.stdout.contains("restartPolicyRules"), "{}", newer.stdout);
    validate(&tree, "--skip unknown-field --skip wrong-type --skip invalid-value").ends_with(0);
    validate(&tree, "--fail-on never").ends_with(0);
}

#[test]
fn a_directory_is_rendered_and_files_are_read() {
    let tree = tree();
    let rendered = validate(&tree, "web --root . --kubernetes-version 1.34").ends_with(1);
    assert!(rendered.stdout.starts_with("web/web.yaml:13: error[unknown-field]"), "{}", rendered.stdout);
    let file = validate(&tree, "web/web.yaml things/thing.yaml --crds things/crd.yaml").ends_with(1);
    assert!(file.stdout.contains("things/thing.yaml:4: error[invalid-value]"), "{}", file.stdout);
    assert!(file.stdout.ends_with("3 errors, 2 objects checked for Kubernetes 1.35\n"), "{}", file.stdout);
    // Without the definition, the kind is named.
    let file = validate(&tree, "things/thing.yaml").ends_with(0);
    assert!(file.stdout.ends_with("1 without a schema (example.com/v1 Thing)\n"), "{}", file.stdout);
}

#[test]
fn what_is_wrong_with_the_command_line_is_one_error() {
    let tree = tree();
    for (arguments, message) in [
        ("--kubernetes-version 1.99", "types are known of Kubernetes 1.31 to 1.35, not of 1.99"),
        ("--kubernetes-version latest", "`latest` is no version of Kubernetes; write one of 1.31 to 1.35"),
        ("--skip unknwon-field", "there is no rule `unknwon-field`; did you mean `unknown-field`?"),
        ("--crds web/web.yaml web", "--crds web/web.yaml: there is no CustomResourceDefinition in it"),
        ("web things", "web is a directory: name one directory alone, or files"),
        ("gone.yaml", "cannot read gone.yaml"),
    ] {
        let ran = validate(&tree, arguments).ends_with(2);
        assert!(ran.stderr.contains(message), "{arguments}: {}", ran.stderr);
    }
    tree.write("broken.yaml", "a: [\n");
    let ran = validate(&tree, "broken.yaml").ends_with(2);
    assert!(ran.stderr.contains("broken.yaml:"), "{}", ran.stderr);
}

#[test]
fn a_baseline_leaves_what_is_new() {
    let tree = tree();
    validate(&tree, "--write-baseline known.json").ends_with(0);
    let ran = validate(&tree, "--baseline known.json").ends_with(0);
    assert!(ran.stdout.starts_with("no findings, 3 objects checked"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with(", 4 in the baseline\n"), "{}", ran.stdout);
    // A line above does not make it another finding; what is corrected and what is new is counted.
    tree.write("web/web.yaml", format!("# a\n{}", WEB.replace("imagePulPolicy", "imagePullPolicy")));
    tree.write("web/new.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndate: {}\n");
    tree.write("web/kustomization.yaml", "resources: [web.yaml, new.yaml]\n");
    let report: Value =
        serde_json::from_str(&validate(&tree, "--baseline known.json --output json").ends_with(1).stdout)
            .unwrap();
    assert_eq!((&report["known"], &report["resolved"]), (&3.into(), &1.into()), "{report:#}");
    assert_eq!(report["findings"][0]["path"], "date");
    tree.write("known.json", "{\"formatVersion\": 9, \"findings\": []}");
    let ran = validate(&tree, "--baseline known.json").ends_with(2);
    assert!(ran.stderr.contains("the baseline has version 9"), "{}", ran.stderr);
    let ran = validate(&tree, "--baseline gone.json").ends_with(2);
    assert!(ran.stderr.contains("cannot read gone.json"), "{}", ran.stderr);
}

#[test]
fn rules_in_cel_are_counted_and_named() {
    let tree = tree();
    let rule = DEFINITION.replacen(
        "type: object",
        "type: object, x-kubernetes-validations: [{rule: self.size > 0}]",
        1,
    );
    tree.write("things/crd.yaml", rule);
    let ran = validate(&tree, "").ends_with(1);
    assert!(ran.stdout.ends_with(", 1 rule in CEL not evaluated (example.com/v1 Thing)\n"), "{}", ran.stdout);
}

#[test]
fn an_application_that_does_not_render_hides_no_other() {
    let tree = tree();
    tree.write("things/kustomization.yaml", "resources: [gone.yaml]\n");
    let ran = validate(&tree, "").ends_with(1);
    assert!(ran.stderr.contains("gone.yaml"), "{}", ran.stderr);
    assert!(ran.stdout.contains("imagePulPolicy"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("1 Application not rendered\n"), "{}", ran.stdout);
}

#[test]
fn every_form_is_well_formed() {
    let tree = tree();
    let print = |form: &str| validate(&tree, &format!("--fail-on never --output {form}")).ends_with(0).stdout;
    let json: Value = serde_json::from_str(&print("json")).unwrap();
    assert_eq!(json["formatVersion"], 1);
    assert_eq!(json["kubernetes"], serde_json::json!({"new": "1.35", "old": "1.33"}));
    assert_eq!(json["findings"][0]["path"], "size");
    let sarif: Value = serde_json::from_str(&print("sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["name"], "oarlock validate");
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 4);
    let gitlab: Value = serde_json::from_str(&print("gitlab")).unwrap();
    assert_eq!(gitlab[0]["location"]["path"], "things/thing.yaml");
    assert!(print("junit").contains("<testsuites name=\"oarlock validate\" tests=\"4\" failures=\"4\">"));
    let schema: Value =
        serde_json::from_str(&Run::new("schema validate").within(&tree).ends_with(0).stdout).unwrap();
    assert!(schema["properties"]["withoutSchema"].is_object());
}

#[test]
fn the_example_fits_its_types() {
    let tree = Tree::new().copy_of(&repository().join("examples/gitops"), ".");
    let ran = validate(&tree, "--output json");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["findings"], serde_json::json!([]));
    assert!(report["checked"].as_u64().unwrap() > 50, "{report:#}");
}
