//! Facts of clusters: a render on a laptop sees what one in Argo CD sees.

use oarlock_tests::{Run, Tree};

const TEMPLATE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  version: {{ .Capabilities.KubeVersion.Version }}\n  boats: {{ .Capabilities.APIVersions.Has \"example.com/v1/Boat\" | quote }}\n";

const FACTS: &str = "kubeVersion: 1.30.4\napiVersions: [v1, example.com/v1, example.com/v1/Boat]\n";

const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: fleet
  namespace: argocd
spec:
  destination:
    namespace: harbour
  source:
    repoURL: https://git.example.com/a.git
    path: chart
    plugin:
      name: oarlock
      parameters:
      - name: helm-parameters
        map: {colour: $ARGOCD_APP_NAME}
";

fn tree() -> Tree {
    Tree::with(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n"),
        ("chart/templates/a.yaml", TEMPLATE),
        (
            "chart/templates/b.yaml",
            "{{ with .Values.colour }}apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ . }}\n  namespace: {{ $.Release.Namespace }}\n{{ end }}",
        ),
        ("clusters/prod.yaml", FACTS),
        ("applications.yaml", APPLICATION),
    ])
}

fn data(text: &str) -> String {
    text.split_once("data:\n")
        .map(|(_, rest)| rest.split("kind:").next().unwrap_or(rest).to_owned())
        .unwrap_or_default()
}

#[test]
fn facts_are_told_by_a_file_or_by_the_repository() {
    let told = "  boats: \"true\"\n  version: v1.30.4\n";
    let tree = tree();
    let unknown = Run::new("render chart").within(&tree).succeeds().stdout;
    assert!(data(&unknown).contains("boats: \"false\""), "{unknown}");
    let by_option = Run::new("render chart --facts clusters/prod.yaml").within(&tree).succeeds().stdout;
    assert_eq!(data(&by_option), told);
    let tree = tree.file("chart/oarlock.yaml", "facts: clusters/prod.yaml\n");
    assert_eq!(Run::new("render chart").within(&tree).succeeds().stdout, by_option);
    // What Argo CD tells wins over the file.
    let ran = Run::new("generate chart").env("KUBE_VERSION", "1.31.0").within(&tree).succeeds();
    assert!(ran.stdout.contains("version: v1.31.0"), "{}", ran.stdout);
}

#[test]
fn a_file_of_facts_that_is_wrong_is_told() {
    let tree = tree().file("chart/oarlock.yaml", "facts: clusters/none.yaml\n");
    let ran = Run::new("render chart").within(&tree).ends_with(1).prints("");
    assert!(ran.stderr.contains("clusters/none.yaml"), "{}", ran.stderr);
    let tree = tree.file("chart/oarlock.yaml", "facts: ../../elsewhere.yaml\n");
    let ran = Run::new("render chart").within(&tree).ends_with(1).prints("");
    assert!(ran.stderr.contains("chart/oarlock.yaml:1:8"), "{}", ran.stderr);
    let tree = tree.file("clusters/prod.yaml", "kubeversion: 1\n");
    let ran = Run::new("render chart --facts clusters/prod.yaml").within(&tree).ends_with(2).prints("");
    assert!(ran.stderr.contains("did you mean `kubeVersion`?"), "{}", ran.stderr);
}

#[test]
fn an_application_from_a_file_counts() {
    let tree = tree();
    let run = || Run::new("render chart --application applications.yaml");
    let text = run().within(&tree).succeeds().stdout;
    assert!(text.contains("kind: Service\nmetadata:\n  name: fleet\n  namespace: harbour\n"), "{text}");
    let tree = tree.file("two.yaml", format!("{APPLICATION}---\n{APPLICATION}"));
    let ran = Run::new("render chart --application two.yaml").within(&tree).ends_with(2).prints("");
    ran.tells_one_error("error: two.yaml holds 2 Applications, where one is wanted");
    let ran = run().arg("--recursive").within(&tree).ends_with(2).prints("");
    ran.tells_one_error("error: --application is for one directory, not for --recursive");
}

#[test]
fn what_an_application_says_to_helm_and_kustomize_counts() {
    let application = |block: &str| {
        let (start, _) = APPLICATION.split_once("    plugin:").unwrap();
        format!("{start}{block}")
    };
    let helm = application(
        "    helm:\n      releaseName: boat\n      valueFiles: [blue.yaml]\n      parameters:\n      - {name: colour, value: green}\n      skipTests: true\n      passCredentials: false\n",
    );
    let tree = tree()
        .file("applications.yaml", &helm)
        .file("chart/blue.yaml", "colour: blue\n")
        .file("overlay/kustomization.yaml", "resources: [map.yaml]\n")
        .file("overlay/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: map\n")
        .file(
            "kustomize.yaml",
            application("    kustomize:\n      namePrefix: pre-\n      namespace: dock\n"),
        );
    let run = |line: &str| Run::new(line).within(&tree).succeeds().stdout;
    let text = run("render chart --application applications.yaml");
    assert!(text.contains("  name: boat\n") && text.contains("  name: green\n"), "{text}");
    // The command line wins.
    let text = run("render chart --application applications.yaml --config helm={\"parameters\":[]}");
    assert!(text.contains("  name: blue\n"), "{text}");
    let text = run("render overlay --application kustomize.yaml");
    assert!(text.contains("  name: pre-map\n  namespace: dock\n"), "{text}");
    let tree = tree.file("applications.yaml", helm.replace("skipTests", "skipTest"));
    let ran = Run::new("render chart --application applications.yaml").within(&tree).ends_with(1).prints("");
    assert!(ran.stderr.contains("did you mean `skipTests`?"), "{}", ran.stderr);
}
