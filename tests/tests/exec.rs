//! The commands for those who keep argocd-cmp-server: by themselves, and run by Argo CD's own
//! program.

use oarlock_tests::argocd::{Server, cmp_server};
use oarlock_tests::{Run, Tree, repository};
use serde_json::{Value, json};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: web:1\n";

/// A chart that prints what it was given.
const CHART: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  version: {{ .Capabilities.KubeVersion.Version }}\n  has: {{ .Capabilities.APIVersions.Has \"example.com/v1/Boat\" | quote }}\n  colour: {{ .Values.colour }}\n";

fn tree() -> Tree {
    Tree::with(&[
        ("base/web.yaml", DEPLOYMENT),
        ("web/kustomization.yaml", "resources: [../base/web.yaml]\nimages: [{name: web, newTag: '2'}]\n"),
        ("oarlock.yaml", "plugins:\n  kustomize:\n    config:\n      loadRestrictor: none\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n"),
        ("chart/values.yaml", "colour: blue\n"),
        ("chart/templates/a.yaml", CHART),
        ("broken/kustomization.yaml", "resources:\n- missing.yaml\n"),
        ("notes/README", "no manifests\n"),
    ])
}

const IMAGES: &str = r#"[{"name":"images","array":["web=registry.example.com/web:3"]}]"#;

#[test]
fn manifests_are_those_of_render_with_what_argo_cd_tells() {
    let tree = tree();
    let plain = Run::new("render web").within(&tree).succeeds().stdout;
    assert!(plain.contains("image: web:2"), "{plain}");
    assert_eq!(Run::new("generate web").within(&tree).succeeds().stdout, plain);
    // As argocd-cmp-server runs it: in the directory.
    assert_eq!(Run::new("generate --root ..").at(&tree.root().join("web")).succeeds().stdout, plain);
    let run = Run::new("generate web").env("ARGOCD_APP_PARAMETERS", IMAGES);
    assert_eq!(run.within(&tree).succeeds().stdout, plain.replace("web:2", "registry.example.com/web:3"));
    let chart = Run::new("generate chart")
        .env("ARGOCD_APP_NAME", "shop")
        .env("KUBE_VERSION", "1.30.4")
        .env("KUBE_API_VERSIONS", "v1,example.com/v1,example.com/v1/Boat")
        .env("ARGOCD_ENV_COLOUR", "red")
        .env("ARGOCD_APP_PARAMETERS", r#"[{"name":"helm-parameters","map":{"colour":"${COLOUR}"}}]"#)
        .within(&tree)
        .succeeds()
        .stdout;
    for line in ["  name: shop\n", "  version: v1.30.4\n", "  has: \"true\"\n", "  colour: red\n"] {
        assert!(chart.contains(line), "{line}{chart}");
    }
}

#[test]
fn an_error_is_the_one_that_the_server_would_give() {
    let ran =
        Run::new("generate broken").env("ARGOCD_APP_NAME", "shop").within(&tree()).ends_with(1).prints("");
    assert!(ran.stderr.starts_with("application `shop`: broken/kustomization.yaml:2:3: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("(plugin `kustomize`)"), "{}", ran.stderr);
    let slip = r#"[{"name":"imagse","array":["web:3"]}]"#;
    let ran = Run::new("generate web").env("ARGOCD_APP_PARAMETERS", slip).within(&tree()).ends_with(1);
    assert!(
        ran.stderr.contains("there is no parameter `imagse`\n  help: did you mean `images`?"),
        "{}",
        ran.stderr
    );
    Run::new("generate nowhere").within(&tree()).ends_with(2).prints("");
}

#[test]
fn what_is_not_ours_is_no_error() {
    let tree = tree();
    Run::new("discover web").within(&tree).succeeds().prints("web\n");
    Run::new("discover notes").within(&tree).succeeds().prints("");
    let rule = "argocd:\n  discovery:\n    fileName: README\n";
    let tree = tree.file("operator.yaml", rule);
    let discover =
        |place: &str| Run::new("--operator operator.yaml discover").arg(place).within(&tree).succeeds();
    discover("notes").prints("notes\n");
    discover("web").prints("");
}

#[test]
fn parameters_are_told_with_what_holds_now() {
    let tree = tree();
    let told = |place: &str| -> Vec<Value> {
        serde_json::from_str(&Run::new("parameters").arg(place).within(&tree).succeeds().stdout).unwrap()
    };
    let named = |all: &[Value], name: &str| {
        all.iter().find(|parameter| parameter["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let images = named(&told("web"), "images");
    assert_eq!((&images["array"], &images["collectionType"]), (&json!(["web:2"]), &json!("array")));
    assert_eq!(named(&told("chart"), "helm-parameters")["map"], json!({"colour": "blue"}));
    let tree = tree.file(
        "operator.yaml",
        "argocd:\n  parameters:\n  - name: images\n    title: Versions\n  - {name: waves, plugin: sync-wave, key: explain}\n",
    );
    let declared = Run::new("--operator operator.yaml parameters web").within(&tree).succeeds().stdout;
    let declared: Vec<Value> = serde_json::from_str(&declared).unwrap();
    assert_eq!(declared.len(), 2);
    assert_eq!((&declared[0]["title"], &declared[0]["array"]), (&json!("Versions"), &json!(["web:2"])));
}

#[test]
fn argo_cds_own_server_gets_the_same_as_ours() {
    let Some(theirs) = cmp_server(&repository().join("deploy/exec/plugin.yaml")) else { return };
    let ours = Server::start("argocd:\n  discovery:\n    generators: true\n");
    let tree = tree();
    let request = |op: &str, application: &str| {
        json!({
            "op": op, "repository": tree.root(), "application": application,
            "environment": [
                "ARGOCD_APP_NAME=shop", "KUBE_VERSION=1.30.4", "KUBE_API_VERSIONS=v1,apps/v1",
                format!("ARGOCD_APP_PARAMETERS={}", if application == "web" { IMAGES } else { "null" }),
            ],
        })
    };
    let requests = [
        request("generate", "web"),
        request("generate", "chart"),
        request("generate", "broken"),
        request("match", "web"),
        request("match", "notes"),
        request("parameters", "web"),
        request("parameters", "chart"),
    ];
    let (their, our) = (theirs.ask(&requests), ours.ask(&requests).unwrap());
    for (their, our) in their[..2].iter().zip(&our) {
        assert_eq!((&their["code"], &our["code"]), (&json!("OK"), &json!("OK")), "{their} {our}");
        assert_eq!(objects(their), objects(our));
    }
    let (their_error, our_error) = (their[2]["error"].as_str().unwrap(), our[2]["error"].as_str().unwrap());
    let ours_alone = our_error.split("desc = ").last().unwrap();
    assert!(their_error.contains(ours_alone), "{their_error}\n{our_error}");
    for index in 3..7 {
        assert_eq!(their[index]["value"], our[index]["value"], "{}", requests[index]);
    }
}

/// The objects of an answer, in the form that the repo-server takes them apart to.
fn objects(answer: &Value) -> Vec<Value> {
    let texts = answer["manifests"].as_array().unwrap().iter().map(|text| text.as_str().unwrap());
    texts.map(|text| serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))).collect()
}
