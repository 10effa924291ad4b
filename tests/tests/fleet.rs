//! What a repository deploys: `oarlock apps`, `render --fleet`, `waves --fleet`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use oarlock_tests::fleet::{OWN, application};
use oarlock_tests::{Run, Tree, repository};
use rayon::prelude::*;
use serde_json::Value;

pub(crate) fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
}

/// A tree with a root Application `root`, which deploys `apps`, and two Applications in it.
pub(crate) fn tree() -> Tree {
    Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", application("root", "path: apps"))
        .file("apps/web.yaml", application("web", "path: web"))
        .file("apps/mail.yaml", application("mail", "path: mail"))
        .file("web/a.yaml", config_map("web"))
        .file("mail/a.yaml", config_map("mail"))
}

pub(crate) fn apps(tree: &Tree, arguments: &str) -> (Value, String, i32) {
    let ran = Run::new("apps --output json").arg("--root").arg(tree.root());
    let ran = arguments.split_whitespace().fold(ran, Run::arg).within(tree);
    let json = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
    (json, ran.stderr, ran.code.unwrap_or(-1))
}

/// The names of the Applications of the first environment.
pub(crate) fn names(report: &Value) -> Vec<&str> {
    let applications = report["environments"][0]["applications"].as_array().unwrap();
    applications.iter().map(|application| application["name"].as_str().unwrap()).collect()
}

#[test]
fn applications_are_found_from_the_root() {
    let tree = tree();
    let ran = Run::new("apps").within(&tree).succeeds();
    assert_eq!(
        ran.stdout,
        "prod  root.yaml\n\
         └─ Application root → in-cluster/argocd  apps (directory)\n   \
            ├─ Application mail → in-cluster/mail  mail (directory)\n   \
            └─ Application web → in-cluster/web  web (directory)\n"
    );
    let (report, stderr, code) = apps(&tree, "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(report["formatVersion"], 1);
    assert_eq!(names(&report), ["mail", "root", "web"]);
    let web = &report["environments"][0]["applications"][2];
    assert_eq!(web["parent"]["name"], "root");
    assert_eq!(web["origin"], serde_json::json!({"path": "apps/web.yaml", "line": 1}));
    assert_eq!(web["sources"][0]["type"], "directory");
    assert_eq!(web["sources"][0]["directory"], "web");
    let (only, _, _) = apps(&tree, "--only w*");
    assert_eq!(names(&only), ["web"]);
}

#[test]
fn all_of_them_are_rendered_each_to_its_directory() {
    let tree = tree();
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "rendered 3 of 3\n"));
    let files = tree.files("out");
    let paths: Vec<&str> = files.keys().map(String::as_str).filter(|path| *path != ".oarlock").collect();
    assert_eq!(
        paths,
        [
            "in-cluster/mail/v1_configmap_mail.yaml",
            "in-cluster/root/argoproj.io_v1alpha1_application_mail.yaml",
            "in-cluster/root/argoproj.io_v1alpha1_application_web.yaml",
            "in-cluster/web/v1_configmap_web.yaml",
        ]
    );
    let stream = Run::new("render --fleet prod --only web").within(&tree).ends_with(0);
    assert_eq!(stream.stdout, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n");
    let json =
        Run::new("render --fleet --output json --cluster in-cluster").within(&tree).ends_with(0).stdout;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&json).unwrap().len(), 4);
    Run::new("render --fleet --only nothing").within(&tree).ends_with(1);
}

#[test]
fn a_broken_application_hides_no_other() {
    let tree = tree()
        .file("apps/bad.yaml", application("bad", "path: bad"))
        .file("bad/kustomization.yaml", "resources: [nope.yaml]\n")
        .file("apps/gone.yaml", application("gone", "path: gone"));
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(1);
    assert!(ran.stderr.contains("rendered 3 of 5\n"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("nope.yaml") && ran.stderr.contains("for Application `argocd/bad`"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("  failed: Application `argocd/gone`\n"), "{}", ran.stderr);
    assert!(tree.path("out/in-cluster/web/v1_configmap_web.yaml").exists());
    assert!(!tree.path("out/in-cluster/bad").exists());
    // What is kept of an earlier run is said.
    tree.write("web/kustomization.yaml", "resources: [nope.yaml]\n");
    let again = Run::new("render --fleet -o out").within(&tree).ends_with(1);
    assert!(
        again.stderr.contains("failed: Application `argocd/web`, what an earlier run wrote of it is kept\n")
    );
    assert!(tree.path("out/in-cluster/web/v1_configmap_web.yaml").exists());
}

#[test]
fn a_chart_that_makes_applications_is_rendered() {
    let template = "{{- range .Values.apps }}\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: {{ . }}}\nspec:\n  destination: {server: https://kubernetes.default.svc, namespace: shop}\n  source: {repoURL: https://git.example.com/org/gitops, path: {{ . }}, targetRevision: {{ $.Values.revision }}}\n{{- end }}\n";
    let tree = tree()
        .file("chart/Chart.yaml", "apiVersion: v2\nname: apps\nversion: 1.0.0\n")
        .file("chart/values.yaml", "apps: [web]\nrevision: main\n")
        .file("chart/templates/apps.yaml", template)
        .file("root.yaml", application("root", "path: chart\n    helm: {valuesObject: {apps: [web, mail]}}"));
    let (report, stderr, code) = apps(&tree, "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(names(&report), ["mail", "root", "web"]);
    // What has no namespace is in the one that its parent deploys to.
    assert_eq!(report["environments"][0]["applications"][0]["namespace"], "argocd");
    assert_eq!(report["environments"][0]["applications"][1]["sources"][0]["type"], "helm");
}

const SET: &str = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, annotations: {argocd.argoproj.io/sync-wave: \"-1\"}}\nspec:\n  goTemplate: true\n  generators:\n  - git: {repoURL: https://git.example.com/org/gitops.git, revision: HEAD, directories: [{path: components/*}]}\n  template:\n    metadata: {name: '{{ .path.basename }}'}\n    spec:\n      project: default\n      destination: {name: dev, namespace: shop}\n      source: {repoURL: https://git.example.com/org/gitops.git, path: '{{ .path.path }}'}\n";

#[test]
fn a_kustomization_that_patches_an_applicationset_counts() {
    let patch = "patches:\n- target: {kind: ApplicationSet}\n  patch: |-\n    - {op: replace, path: /spec/template/spec/destination/name, value: prod}\n";
    let tree = tree()
        .file("apps/kustomization.yaml", format!("resources: [set.yaml]\n{patch}"))
        .file("apps/set.yaml", SET)
        .file("components/a/a.yaml", config_map("a"))
        .file("components/b/a.yaml", config_map("b"));
    let (report, stderr, code) = apps(&tree, "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    let environment = &report["environments"][0];
    assert_eq!(environment["applicationSets"][0]["applications"], 2);
    assert_eq!(environment["applicationSets"][0]["wave"], -1);
    assert_eq!(names(&report), ["root", "a", "b"]);
    for application in &environment["applications"].as_array().unwrap()[1..] {
        assert_eq!(application["cluster"], "prod", "the set is expanded as it is rendered");
        assert_eq!(application["parent"]["kind"], "ApplicationSet");
    }
    let ran = Run::new("render --fleet --cluster prod -o out").within(&tree).ends_with(0);
    assert_eq!(ran.stderr, "rendered 2 of 2\n");
    assert!(tree.path("out/prod/a/v1_configmap_a.yaml").exists());
}

#[test]
fn two_of_one_name_are_reported_and_the_others_go_on() {
    let tree = tree().file("apps/zzz.yaml", application("web", "path: mail"));
    let (report, stderr, code) = apps(&tree, "");
    assert_eq!(code, 1);
    assert_eq!(names(&report), ["mail", "root", "web"]);
    assert!(
        stderr.contains("Application `argocd/web` is there twice, first in apps/web.yaml:1:1"),
        "{stderr}"
    );
}

#[test]
fn nothing_found_is_an_error() {
    let tree = tree();
    for (root, expected) in [
        ("web", "the root `web` has neither Applications nor ApplicationSets"),
        ("web/a.yaml", "the root `web/a.yaml` has neither Applications nor ApplicationSets"),
    ] {
        for verb in ["apps", "render --fleet", "waves --fleet"] {
            let ran = Run::new(verb).arg(root).within(&tree).ends_with(1);
            assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        }
    }
    let ran = Run::new("apps staging").within(&tree).ends_with(2);
    assert!(
        ran.stderr.contains(
            "there is no file or directory `staging`, and the environments of oarlock.yaml are prod"
        ),
        "{}",
        ran.stderr
    );
    let ran = Run::new("apps").within(&Tree::new()).ends_with(2);
    assert!(ran.stderr.contains("nothing says where the fleet is"), "{}", ran.stderr);
}

#[test]
fn what_is_not_at_hand_is_reported_once_and_the_rest_is_rendered() {
    let chart = |name: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  destination: {{name: dev}}\n  \
             sources:\n  - {{repoURL: https://charts.example.com, chart: redis, targetRevision: 18.0.0, helm: {{valueFiles: [$values/values.yaml]}}}}\n  \
             - {{repoURL: {OWN}, ref: values}}\n  - {{repoURL: {OWN}, path: web}}\n"
        )
    };
    let tree = tree()
        .file("apps/one.yaml", chart("one"))
        .file("apps/two.yaml", chart("two"))
        .file("apps/plugin.yaml", application("plugin", "path: web\n    plugin: {name: avp}"))
        .file("apps/old.yaml", application("old", "path: web\n    targetRevision: v1"))
        .file("apps/other.yaml", application("other", "path: web").replace("org/gitops", "org/other"));
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(0);
    for (expected, count) in [
        ("chart `redis` of `https://charts.example.com` at `18.0.0` is not at hand", 1),
        ("for Application `argocd/one`, Application `argocd/two`", 1),
        ("plugin `avp` of Argo CD is not at hand", 1),
        ("revision `v1` of this repository is not at hand", 1),
        ("repository `https://git.example.com/org/other.git` is not at hand", 1),
        ("rendered 5 of 8, 3 are not at hand\n", 1),
    ] {
        assert_eq!(ran.stderr.matches(expected).count(), count, "{expected}: {}", ran.stderr);
    }
    assert!(tree.path("out/dev/one/v1_configmap_web.yaml").exists(), "the source that is at hand");
    let (report, _, code) = apps(&tree, "");
    assert_eq!(code, 0);
    assert_eq!(report["environments"][0]["external"].as_array().unwrap().len(), 4);

    // A tree for the other repository.
    let other = Tree::new().file("web/a.yaml", config_map("other"));
    let ran = Run::new("render --fleet --only other --repo")
        .arg(format!("git@git.example.com:org/other={}", other.root().display()))
        .within(&tree)
        .ends_with(0);
    assert!(ran.stdout.contains("name: other"), "{}", ran.stdout);
}

#[test]
fn values_files_come_from_other_sources() {
    let sources = |values: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: web, namespace: argocd}}\nspec:\n  destination: {{name: dev}}\n  \
             sources:\n  - repoURL: {OWN}\n    path: chart\n    helm: {{valueFiles: [$values/env/$ARGOCD_APP_NAME.yaml, local.yaml]}}\n  \
             - {{repoURL: {values}, ref: values}}\n"
        )
    };
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: {{ .Values.a }}, b: {{ .Values.b }}}\n";
    let tree = tree()
        .file("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .file("chart/templates/c.yaml", template)
        .file("chart/local.yaml", "b: local\n")
        .file("env/web.yaml", "a: own\nb: own\n");
    for (values, expected) in [(OWN, "a: own"), ("https://git.example.com/org/values", "a: other")] {
        tree.write("apps/web.yaml", sources(values));
        let other = Tree::new().file("env/web.yaml", "a: other\nb: other\n");
        let ran = Run::new("render --fleet --only web --repo")
            .arg(format!("https://git.example.com/org/values.git={}", other.root().display()))
            .within(&tree)
            .ends_with(0);
        assert!(
            ran.stdout.contains(expected) && ran.stdout.contains("b: local"),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
    }
    // Without a tree for it, the chart is left out; a file that is not there is an error.
    let ran = Run::new("render --fleet --only web").within(&tree).ends_with(0);
    assert!(
        ran.stderr.contains("repository `https://git.example.com/org/values` is not at hand"),
        "{}",
        ran.stderr
    );
    let empty = Tree::new();
    let ran = Run::new("render --fleet --only web --repo")
        .arg(format!("https://git.example.com/org/values={}", empty.root().display()))
        .within(&tree)
        .ends_with(1);
    assert!(ran.stderr.contains("$values/env/web.yaml"), "{}", ran.stderr);
    tree.write("apps/web.yaml", sources(OWN).replace("$values/", "$nope/"));
    let ran = Run::new("render --fleet --only web").within(&tree).ends_with(1);
    assert!(ran.stderr.contains("no source has `ref: nope`"), "{}", ran.stderr);
    tree.write("apps/web.yaml", sources(OWN).replace("env/$ARGOCD_APP_NAME", "../../etc/passwd"));
    let ran = Run::new("render --fleet --only web").within(&tree).ends_with(1);
    assert!(ran.stderr.contains("climbs out of the repository"), "{}", ran.stderr);
}

#[test]
fn names_that_lead_to_one_directory_are_an_error() {
    let tree = tree()
        .file(
            "oarlock.yaml",
            format!("fleet:\n  repository: {OWN}\n  roots: {{one: root.yaml, two: other.yaml}}\n"),
        )
        .file("other.yaml", application("other", "path: others"))
        .file("others/web.yaml", application("web", "path: mail"));
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(1);
    assert!(
        ran.stderr.contains("Application `argocd/web` of `one` and Application `argocd/web` of `two` would be written to one directory: `in-cluster/web`"),
        "{}",
        ran.stderr
    );
    assert!(!tree.path("out/in-cluster/web").exists());
    assert!(tree.path("out/in-cluster/mail/v1_configmap_mail.yaml").exists());
}

#[test]
fn oarlock_renders_as_the_sidecar_does_and_argo_cd_as_itself() {
    let tree = tree()
        .file(
            "oarlock.yaml",
            format!("pipeline: [auto, sync-wave]\nplugins:\n  sync-wave:\n    config: {{rules: [{{title: all, kind: ConfigMap, wave: 7}}]}}\nfleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"),
        )
        .file("apps/web.yaml", application("web", "path: web\n    plugin: {name: oarlock}"));
    let waves = |name: &str| {
        Run::new("render --fleet --only")
            .arg(name)
            .within(&tree)
            .ends_with(0)
            .stdout
            .contains("sync-wave: \"7\"")
    };
    assert!(waves("web"), "the pipeline of oarlock.yaml is Oarlock's");
    assert!(!waves("mail"), "and not Argo CD's");
}

#[test]
fn files_beside_manifests_and_copies_of_charts_count() {
    let chart = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: redis, namespace: argocd}}\nspec:\n  destination: {{name: dev, namespace: cache}}\n  \
         sources:\n  - repoURL: https://charts.example.com/stable\n    chart: redis\n    targetRevision: 18.x\n    helm: {{valueFiles: [own.yaml, $here/values/redis.yaml], parameters: [{{name: c, value: \"3\"}}]}}\n  \
         - {{repoURL: {OWN}, ref: here}}\n"
    );
    let settings = format!(
        "fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n  kustomizeBuildOptions: --load-restrictor LoadRestrictionsNone\n\
         remotes:\n  helm+https://charts.example.com/stable/redis?version=18.x: vendor/redis\n"
    );
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}', namespace: '{{ .Release.Namespace }}'}\ndata: {a: '{{ .Values.a }}', b: '{{ .Values.b }}', c: '{{ .Values.c }}'}\n";
    let tree = tree()
        .file("oarlock.yaml", settings)
        .file("apps/redis.yaml", chart)
        .file("vendor/redis/Chart.yaml", "apiVersion: v2\nname: redis\nversion: 18.0.1\n")
        .file("vendor/redis/own.yaml", "a: chart\nb: chart\n")
        .file("vendor/redis/templates/c.yaml", template)
        .file("values/redis.yaml", "b: repository\n")
        .file("web/kustomization.yaml", "resources: [a.yaml, ../mail/a.yaml]\n")
        .file("web/.argocd-source-web.yaml", "kustomize: {namePrefix: x-}\n");
    let redis = Run::new("render --fleet --only redis").within(&tree).ends_with(0).stdout;
    assert_eq!(
        redis,
        "apiVersion: v1\ndata:\n  a: chart\n  b: repository\n  c: \"3\"\nkind: ConfigMap\nmetadata:\n  name: redis\n  namespace: cache\n"
    );
    let web = Run::new("render --fleet --only web").within(&tree).ends_with(0).stdout;
    assert!(web.contains("name: x-web\n") && web.contains("name: x-mail\n"), "{web}");
}

#[test]
fn recorded_parameters_stand_for_services() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: previews}\nspec:\n  generators:\n  - pullRequest: {github: {owner: org, repo: shop}}\n  template:\n    metadata: {name: 'web-{{number}}'}\n    spec:\n      project: default\n      destination: {name: dev}\n      source: {repoURL: https://git.example.com/org/gitops.git, path: web}\n";
    let tree = tree().file("apps/set.yaml", set);
    let (_, stderr, code) = apps(&tree, "");
    assert_eq!(code, 1);
    assert!(stderr.contains("pullRequest"), "{stderr}");
    let tree = tree
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n  recorded: recorded.yaml\n"))
        .file("recorded.yaml", "- generator: pullRequest\n  applicationSet: previews\n  parameters: [{number: \"7\"}, {number: \"9\"}]\n");
    let (report, stderr, code) = apps(&tree, "--only web-*");
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(names(&report), ["web-7", "web-9"]);
}

#[test]
fn a_directory_that_one_of_its_applications_deploys_is_that_application() {
    let tree =
        tree().file("apps/root.yaml", application("root", "path: apps\n    directory: {exclude: root.yaml}"));
    let (report, stderr, code) = apps(&tree, "apps");
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(names(&report), ["mail", "root", "web"]);
    assert_eq!(report["environments"][0]["applications"][2]["parent"]["name"], "root");
}

#[test]
fn clusters_come_from_a_file() {
    let clusters = "clusters:\n- {name: dev, server: https://dev.example, labels: {env: dev}, kubeVersion: 1.31.0}\n- {name: prod, server: https://prod.example}\n";
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  generators:\n  - clusters: {selector: {matchLabels: {env: dev}}}\n  template:\n    metadata: {name: 'web-{{name}}'}\n    spec:\n      project: default\n      destination: {server: '{{server}}'}\n      source: {repoURL: https://git.example.com/org/gitops.git, path: chart}\n";
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {version: {{ .Capabilities.KubeVersion.Version }}}\n";
    let tree = tree()
        .file(
            "oarlock.yaml",
            format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n  clusters: clusters.yaml\n"),
        )
        .file("clusters.yaml", clusters)
        .file("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .file("chart/templates/c.yaml", template)
        .file("apps/set.yaml", set);
    let ran = Run::new("render --fleet --cluster dev").within(&tree).ends_with(0);
    assert!(ran.stdout.contains("version: v1.31.0"), "{}", ran.stdout);
    tree.write("apps/web.yaml", application("web", "path: web").replace("in-cluster", "staging"));
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(1);
    assert!(ran.stderr.contains("there is no cluster `staging`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("rendered 3 of 4\n"), "{}", ran.stderr);
}

#[test]
fn settings_are_checked_where_they_are_written() {
    for (settings, expected) in [
        ("fleet: {rooots: {}}\n", "oarlock.yaml:1:9"),
        ("fleet:\n  roots: {prod: nope.yaml}\n", "oarlock.yaml:2:"),
        ("fleet:\n  clusters: nope.yaml\n", "oarlock.yaml:2:"),
        ("fleet:\n  kustomizeBuildOptions: --enable-alpha-plugins\n", "oarlock.yaml:2:"),
        ("fleet:\n  repositories: {\"https://h.example/a\": ../x}\n", "oarlock.yaml:2:"),
    ] {
        let ran = Run::new("apps").within(&Tree::with(&[("oarlock.yaml", settings)])).ends_with(1);
        assert!(ran.stderr.contains(expected), "{settings}: {}", ran.stderr);
    }
}

#[test]
fn a_tree_may_lie_in_another_one() {
    // The block of an inner tree is of no interest to the outer one.
    let tree = tree().file("web/oarlock.yaml", "fleet: {repository: https://h.example/inner}\n");
    Run::new("render web").within(&tree).succeeds();
    let (report, stderr, code) = apps(&tree, "");
    assert_eq!((code, names(&report)), (0, vec!["mail", "root", "web"]), "{stderr}");
}

#[test]
fn a_block_for_oarlock_yaml_is_proposed() {
    let tree = tree();
    tree.write("oarlock.yaml", "");
    let ran = Run::new("apps --init").within(&tree).succeeds();
    assert_eq!(ran.stdout, format!("fleet:\n  repository: {OWN}\n  roots:\n    apps: root.yaml\n"));
    tree.write("oarlock.yaml", &ran.stdout);
    let (report, _, code) = apps(&tree, "");
    assert_eq!((code, names(&report)), (0, vec!["mail", "root", "web"]));
    let ran = Run::new("apps --init").within(&Tree::with(&[("a.yaml", "a: 1\n")])).ends_with(1);
    assert!(ran.stderr.contains("there are neither Applications nor ApplicationSets"), "{}", ran.stderr);
}

#[test]
fn what_is_applied_by_hand_is_proposed_where_no_application_makes_another() {
    let kustomization = |resources: &str| format!("kind: Kustomization\nresources: [{resources}]\n");
    let overlays = Tree::new()
        .file("web/a.yaml", config_map("web"))
        .file("argocd/base/web.yaml", application("web", "path: web"))
        .file("argocd/base/disabled/old.yaml", application("old", "path: old"))
        .file("argocd/base/kustomization.yaml", kustomization("web.yaml"))
        .file("argocd/overlays/dev/kustomization.yaml", kustomization("../../base"))
        .file("argocd/overlays/prod/kustomization.yaml", kustomization("../../base"))
        .file("argocd/set/app.yaml", application("more", "path: web"));
    let template = "{{- range .Values.names }}\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n{{- end }}\n";
    let files = Tree::new()
        .file("web/a.yaml", config_map("web"))
        .file("charts/c/templates/applications.yaml", template)
        .file("one/web.yaml", application("web", "path: web"))
        .file("two/deep/more.yaml", application("more", "path: web"));
    for (tree, roots) in [
        (overlays, "dev: argocd/overlays/dev\n    prod: argocd/overlays/prod\n    set: argocd/set"),
        (files, "deep: two/deep\n    one: one"),
    ] {
        let ran = Run::new("apps --init").within(&tree).succeeds();
        assert_eq!(ran.stdout, format!("fleet:\n  repository: {OWN}\n  roots:\n    {roots}\n"));
        tree.write("oarlock.yaml", &ran.stdout);
        let (report, stderr, code) = apps(&tree, "");
        assert_eq!(code, 0, "{stderr}");
        assert_eq!(report["environments"].as_array().map(Vec::len), Some(roots.lines().count()), "{report}");
    }
}

#[test]
fn the_order_of_a_whole_environment_is_shown() {
    let wave =
        |wave: &str| format!("namespace: argocd, annotations: {{argocd.argoproj.io/sync-wave: \"{wave}\"}}");
    let tree = tree()
        .file("apps/web.yaml", application("web", "path: web").replace("namespace: argocd", &wave("-3")));
    let ran = Run::new("waves --fleet").within(&tree).succeeds();
    assert_eq!(
        ran.stdout,
        "prod\n  Application root → in-cluster\n    wave -3\n      Application argocd/web\n        Application web → in-cluster\n          wave 0\n            ConfigMap web\n    wave 0\n      Application argocd/mail\n        Application mail → in-cluster\n          wave 0\n            ConfigMap mail\n"
    );
    let json = Run::new("waves --fleet --output json").within(&tree).succeeds().stdout;
    let report: Value = serde_json::from_str(&json).unwrap();
    let root = &report["environments"][0]["applications"][0];
    assert_eq!(root["steps"][0]["wave"], -3);
    assert_eq!(root["steps"][0]["objects"][0]["applications"][0]["name"], "web");
}

#[test]
fn every_environment_of_the_example_is_found_and_rendered() {
    let tree = Tree::new().copy_of(&repository().join("examples/gitops"), ".");
    let (report, stderr, code) = apps(&tree, "");
    assert_eq!((code, stderr.as_str()), (0, ""));
    let environments = report["environments"].as_array().unwrap();
    let known: Vec<&str> = environments.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(known, ["dev", "management-dev", "management-prod", "prod"]);
    for environment in environments {
        let name = environment["name"].as_str().unwrap();
        let files = tree.files(&format!("argocd/{name}"));
        let sets = files.values().filter(|text| text.contains("kind: ApplicationSet\n")).count();
        assert_eq!(environment["applicationSets"].as_array().unwrap().len(), sets, "{name}");
        assert!(environment["applications"].as_array().unwrap().len() > sets, "{name}");
        assert_eq!(environment["problems"].as_array().unwrap().len(), 0, "{name}");
    }
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(0);
    let all = || environments.iter().flat_map(|one| one["applications"].as_array().unwrap());
    let is_elsewhere = |application: &&Value| {
        let mut sources = application["sources"].as_array().unwrap().iter();
        sources.all(|source| source.get("external").is_some() || source.get("ref").is_some())
    };
    let (count, elsewhere) = (all().count(), all().filter(is_elsewhere).count());
    let summary = format!("rendered {} of {count}, {elsewhere} are not at hand\n", count - elsewhere);
    assert!(ran.stderr.ends_with(&summary), "{}", ran.stderr);
    let files = tree.files("out");
    for application in ["dev-v3/users-v2-dev-v3", "prod-v4/users-v2-prod-v4", "in-cluster/app-of-apps-prod"] {
        assert!(files.keys().any(|path| path.starts_with(application)), "{application}: {:?}", files.keys());
    }

    // A source with `plugin: oarlock` is what the sidecar renders for its directory.
    let alone =
        Run::new("render components/ua/auth-service/overlays/prod -o alone").within(&tree).ends_with(0);
    assert_eq!(alone.stdout, "");
    let of = |below: &str| -> BTreeSet<(String, String)> {
        tree.files(below).into_iter().filter(|(path, _)| path != ".oarlock").collect()
    };
    assert_eq!(of("out/prod-v4/auth-service-prod-v4"), of("alone"));
}

/// Cases of the corpus whose set uses the numbers of Argo CD 3.4.4 where it answers otherwise.
#[test]
fn applicationsets_of_the_corpus_expand_by_the_command_line() {
    let Some(cases) = oarlock_samples::conformance("applicationsets/cases") else { return };
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let wrong: Vec<String> = folders.par_iter().filter_map(|folder| differs(folder).err()).collect();
    oarlock_tests::visibly(&format!("{} of {} ApplicationSets", folders.len() - wrong.len(), folders.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn differs(folder: &Path) -> Result<(), String> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let request: Value = serde_json::from_str(&read("request.json").unwrap()).unwrap();
    let mut run = Run::new("apps --output json --expand appset.yaml");
    for (url, directory) in request["repos"].as_object().unwrap() {
        run = run.arg("--repo").arg(format!("{url}={}", directory.as_str().unwrap()));
    }
    for project in request["projects"].as_array().unwrap() {
        run = run.arg("--project").arg(project.as_str().unwrap());
    }
    if folder.join("clusters.yaml").exists() {
        run = run.arg("--clusters").arg("clusters.yaml");
    }
    let ran = run.at(folder);
    let expected = match (read("expected-error-3.4.4.txt"), read("expected-3.4.4.json")) {
        (Some(_), _) => None,
        (_, Some(text)) => Some(text),
        _ if folder.join("expected-error.txt").exists() => None,
        _ => read("expected.json"),
    };
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let found = (ran.code == Some(0)).then(|| serde_json::from_str::<Value>(&ran.stdout).unwrap());
    match (expected, found) {
        (None, None) => Ok(()),
        // The API server would refuse it before anything reads it.
        (Some(_), None) if request.get("admission").is_some() => Ok(()),
        (Some(expected), Some(found)) if serde_json::from_str::<Value>(&expected).unwrap() == found => Ok(()),
        (expected, _) => {
            let expected = if expected.is_some() { "Applications" } else { "an error" };
            Err(format!("{name}: expected {expected}, status {:?}: {}", ran.code, ran.stderr))
        }
    }
}
