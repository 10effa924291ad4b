//! What an Argo CD Application changes in a kustomization before it is built, by the plugin's
//! configuration and by parameters.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
#![allow(clippy::unwrap_used)]

use oarlock_kustomize::Kustomize;
use oarlock_plugin::{
    Application, MemoryHost, Parameter, ParameterValue, Request, TreePath, parameters_json, render_json,
};
use serde_json::{Value, json};

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'web:1'}]
";

const KUSTOMIZATION: &str = "resources: [web.yaml]
namePrefix: old-
images: [{name: web, newTag: '2'}]
labels: [{pairs: {tier: front}}]
commonAnnotations: {owner: ua}
";

fn host() -> MemoryHost {
    let component = |label: &str| {
        format!(
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {{{label}: 'yes'}}\n"
        )
    };
    MemoryHost::new([
        ("app/kustomization.yaml", KUSTOMIZATION.to_owned()),
        ("app/web.yaml", DEPLOYMENT.to_owned()),
        ("parts/debug/kustomization.yaml", component("debug")),
        ("parts/trace/kustomization.yaml", component("trace")),
    ])
}

fn request(config: &Value, parameters: &Value) -> Request<String> {
    Request {
        directory: TreePath::new("app").unwrap(),
        application: Application {
            name: Some("shop".to_owned()),
            parameters: parameters.to_string(),
            ..Application::default()
        },
        config: config.to_string(),
        manifests: Vec::new(),
    }
}

fn render(config: &Value, parameters: &Value) -> Result<Value, String> {
    let manifests = render_json::<Kustomize>(&host(), request(config, parameters))
        .map_err(|failures| failures.to_string())?;
    let [manifest] = manifests.as_slice() else { panic!("{} manifests", manifests.len()) };
    Ok(serde_json::from_str(&manifest.clone().into_json()).unwrap())
}

fn image(object: &Value) -> &Value {
    &object["spec"]["template"]["spec"]["containers"][0]["image"]
}

#[test]
fn nothing_is_changed_where_nothing_is_said() {
    let object = render(&json!({}), &json!(null)).unwrap();
    assert_eq!((&object["metadata"]["name"], image(&object)), (&json!("old-web"), &json!("web:2")));
}

#[test]
fn the_configuration_takes_what_an_application_says_of_kustomize() {
    let config = json!({
        "namePrefix": "new-", "nameSuffix": "-x", "namespace": "shop",
        "images": ["web=registry.example.com/web:3"], "replicas": [{"name": "web", "count": "4"}],
        "commonLabels": {"app-of": "$ARGOCD_APP_NAME"}, "labelWithoutSelector": true,
        "commonAnnotations": {"owner": "$ARGOCD_APP_NAME"}, "forceCommonAnnotations": true,
        "patches": [{"target": {"kind": "Deployment"}, "patch": "- {op: add, path: /spec/paused, value: true}"}],
        "components": ["../parts/d*", "../parts/none"], "ignoreMissingComponents": true,
    });
    let object = render(&config, &json!(null)).unwrap();
    assert_eq!(image(&object), "registry.example.com/web:3");
    assert_eq!((&object["spec"]["replicas"], &object["spec"]["paused"]), (&json!(4), &json!(true)));
    assert_eq!(object["spec"]["selector"]["matchLabels"], json!({"app": "web"}));
    assert_eq!(
        object["metadata"],
        json!({
            "name": "new-web-x", "namespace": "shop",
            "labels": {"tier": "front", "app-of": "shop"},
            // Variables are replaced in annotations only where that is asked for.
            "annotations": {"owner": "$ARGOCD_APP_NAME", "debug": "yes"},
        })
    );
    let substituted = json!({
        "commonAnnotations": {"app": "${ARGOCD_APP_NAME}"}, "commonAnnotationsEnvsubst": true,
        "commonLabels": {"team": "ua"},
    });
    let object = render(&substituted, &json!(null)).unwrap();
    assert_eq!(object["metadata"]["annotations"], json!({"owner": "ua", "app": "shop"}));
    assert_eq!(object["spec"]["selector"]["matchLabels"], json!({"app": "web", "team": "ua"}));
}

#[test]
fn parameters_say_the_same() {
    let parameters = json!([
        {"name": "images", "array": ["web:9"]}, {"name": "name-prefix", "string": "p-"},
        {"name": "name-suffix", "string": "-s"}, {"name": "namespace", "string": "ns"},
        {"map": {"web": "2"}, "name": "replicas"}, {"map": {"a": "1"}, "name": "common-labels"},
        {"map": {"b": "2"}, "name": "common-annotations"}, {"array": ["../parts/trace"], "name": "components"},
        {"name": "of-another-plugin", "string": "x"},
    ]);
    // The Application knows more than the repository.
    let object = render(&json!({"images": ["web:8"], "namePrefix": "c-"}), &parameters).unwrap();
    assert_eq!((image(&object), &object["spec"]["replicas"]), (&json!("web:9"), &json!(2)));
    assert_eq!(
        (&object["metadata"]["name"], &object["metadata"]["namespace"]),
        (&json!("p-web-s"), &json!("ns"))
    );
    assert_eq!(object["metadata"]["labels"], json!({"a": "1", "tier": "front"}));
    assert_eq!(object["metadata"]["annotations"], json!({"b": "2", "owner": "ua", "trace": "yes"}));
}

#[test]
fn what_cannot_be_changed_is_told() {
    for (config, parameters, expected) in [
        (json!({"images": ["web"]}), json!(null), "`web` changes nothing of an image"),
        (
            json!({"commonAnnotations": {"owner": "x"}}),
            json!(null),
            "app/kustomization.yaml:5:20: the kustomization sets `owner` already",
        ),
        (
            json!({"commonLabels": {"tier": "x"}, "labelWithoutSelector": true}),
            json!(null),
            "app/kustomization.yaml:4:9: the kustomization sets `tier` already",
        ),
        (json!({"components": ["../none"]}), json!(null), "`../none`"),
        (json!({"components": ["../none*"]}), json!(null), "no component matches `../none*`"),
        (json!({"replicas": [{"name": "x", "count": 1}]}), json!(null), "there is no `x` among the kinds"),
        (json!({"replicas": [{"name": "x", "count": "a"}]}), json!(null), "\"a\" is no number of replicas"),
        (json!({}), json!([{"name": "images", "string": "web:1"}]), "parameter `images` is no array"),
        (
            json!({}),
            json!([{"name": "replicas", "map": {"web": "many"}}]),
            "parameter `replicas`: \"many\" is no number of replicas",
        ),
    ] {
        let error = render(&config, &parameters).unwrap_err();
        assert!(error.contains(expected), "{config} {parameters}: {error}");
    }
}

#[test]
fn what_holds_now_is_announced() {
    let set = json!([{"name": "images", "array": ["side:1"]}]);
    let parameters = parameters_json::<Kustomize>(&host(), request(&json!({}), &set)).unwrap();
    let value = |name: &str| {
        let found: Vec<&Parameter> = parameters.iter().filter(|parameter| parameter.name == name).collect();
        found[0].value.clone()
    };
    let texts = |texts: &[&str]| ParameterValue::Array(texts.iter().map(|text| (*text).to_owned()).collect());
    assert_eq!(value("images"), texts(&["side:1", "web:2"]));
    assert_eq!(value("name-prefix"), ParameterValue::String("old-".to_owned()));
    assert_eq!(value("components"), texts(&[]));
    assert_eq!(value("common-annotations"), ParameterValue::Map(vec![("owner".to_owned(), "ua".to_owned())]));
    assert!(parameters.iter().all(|parameter| !parameter.title.is_empty() && !parameter.tooltip.is_empty()));
}
