//! `oarlock blame` and `oarlock explain`: one object from plugin to plugin.

use oarlock_tests::{Run, Tree};
use serde_json::Value;

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: app
        image: nginx:1.0
";

const SECRET: &str =
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\nstringData:\n  password: hunter2\n";

fn tree() -> Tree {
    Tree::with(&[
        (
            "oarlock.yaml",
            "pipeline: [kustomize, sync-wave]\nplugins: {sync-wave: {config: {stampZero: true}}}\n",
        ),
        ("base/kustomization.yaml", "resources: [web.yaml, secret.yaml]\n"),
        ("base/web.yaml", DEPLOYMENT),
        ("base/secret.yaml", SECRET),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\nimages:\n- name: nginx\n  newTag: \"2.0\"\nnamespace: boats\n",
        ),
        ("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n"),
        (
            "chart/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: x\n",
        ),
        ("chart/oarlock.yaml", "pipeline: [helm, sync-wave]\n"),
    ])
}

fn json(arguments: &str) -> Value {
    let ran = Run::new(&format!("{arguments} --output json")).within(&tree()).succeeds();
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_field_is_blamed_on_the_line_that_decides_it() {
    let blamed = "blame prod deploy/web spec.template.spec.containers[app].image";
    Run::new(blamed).within(&tree()).succeeds().prints(
        "Deployment boats/web
  made by kustomize: resources at base/web.yaml:1
  changed by kustomize: namespace at prod/kustomization.yaml:5
  changed by kustomize: images at prod/kustomization.yaml:3
  changed by sync-wave

spec.template.spec.containers[app].image: \"nginx:2.0\"
    prod/kustomization.yaml:4  kustomize: images
    before: \"nginx:1.0\"  base/web.yaml:11  kustomize: resources at base/kustomization.yaml:1
",
    );
    let report = json("blame prod Deployment.apps/web");
    assert_eq!(report["formatVersion"], 1);
    let field = |path: &str| {
        let fields = report["fields"].as_array().unwrap();
        fields.iter().find(|field| field["path"] == path).unwrap().clone()
    };
    let image = field("spec.template.spec.containers[app].image");
    assert_eq!(image["pointer"], "/spec/template/spec/containers/0/image");
    assert_eq!(image["origin"], serde_json::json!({"file": "prod/kustomization.yaml", "line": 4}));
    // A plugin without histories is named.
    let wave = field("metadata.annotations[\"argocd.argoproj.io/sync-wave\"]");
    assert_eq!(wave["source"], serde_json::json!({"plugin": "sync-wave"}));
}

#[test]
fn a_chart_is_blamed_on_its_templates() {
    let report = json("blame chart cm/release-name metadata");
    let fields = report["fields"].as_array().unwrap();
    let places: Vec<(&str, &Value)> =
        fields.iter().map(|field| (field["path"].as_str().unwrap(), &field["origin"]["line"])).collect();
    assert!(places.contains(&("metadata.name", &4.into())), "{places:?}");
    assert!(places.contains(&("metadata.namespace", &5.into())), "{places:?}");
}

#[test]
fn values_of_secrets_are_not_shown() {
    for arguments in ["blame prod secret/web", "explain prod secret/web"] {
        for form in ["text", "json"] {
            let ran = Run::new(&format!("{arguments} --output {form}")).within(&tree()).succeeds();
            assert!(ran.stdout.contains("password") && !ran.stdout.contains("hunter2"), "{}", ran.stdout);
        }
    }
    let place = json("blame prod secret/web stringData.password");
    assert_eq!(place["fields"][0]["origin"]["line"], 6);
}

#[test]
fn each_plugin_is_explained_by_a_diff() {
    let ran = Run::new("explain prod deployment/web").within(&tree()).succeeds();
    assert!(ran.stdout.starts_with("Deployment boats/web\n\n1. kustomize made it from base/web.yaml:1\n"));
    let (_, wave) = ran.stdout.split_once("\n2. sync-wave changed it\n").unwrap();
    assert!(wave.contains("+ metadata.annotations") && wave.contains("sync-wave"), "{wave}");
    assert!(!wave.contains("image"), "{wave}");
    let report = json("explain prod deployment/web");
    let actions: Vec<&Value> =
        report["steps"].as_array().unwrap().iter().map(|step| &step["action"]).collect();
    assert_eq!(actions, ["made", "changed"]);
}

#[test]
fn what_is_not_there_is_told_with_what_was_meant() {
    for (arguments, error, hint) in [
        (
            "blame prod deployment/wbe",
            "there is no `deployment/wbe` in the output",
            "did you mean `deployment/web`?",
        ),
        ("explain prod web", "`web` is not KIND/NAME", "as `deployment/web`"),
        (
            "blame prod deployment/web spec.replica",
            "there is no field `spec.replica`",
            "did you mean `spec.replicas`?",
        ),
        ("blame prod service/web -n x", "there is no `service/web` in the output", ""),
    ] {
        let ran = Run::new(arguments).within(&tree()).ends_with(2).prints("");
        assert!(ran.stderr.contains(error) && ran.stderr.contains(hint), "{}", ran.stderr);
    }
}

#[test]
fn reports_fit_their_schemas() {
    for verb in ["blame", "explain"] {
        let schema = Run::new(&format!("schema {verb}")).within(&tree()).succeeds().stdout;
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let report = json(&format!("{verb} prod deployment/web"));
        let known = schema["properties"].as_object().unwrap();
        for key in report.as_object().unwrap().keys() {
            assert!(known.contains_key(key), "{verb}: {key}");
        }
    }
}
