//! `oarlock set-image`: the place that decides an image is found, changed and proved.

use std::collections::BTreeMap;

use oarlock_tests::fleet::OWN;
use oarlock_tests::{Ran, Run, Tree, repository};
use serde_json::Value;

const OLD: &str = "registry.example.com/web:v1";
const NEW: &str = "registry.example.com/web:v2";
const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn deployment(image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n        \
         - name: web # the one\n          image: {image}\n"
    )
}

/// A root that deploys the directories of `apps`, each by an Application of its name.
fn tree(applications: &[(&str, &str)]) -> Tree {
    let root = application("root", "path: apps");
    let tree = Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", root);
    applications
        .iter()
        .fold(tree, |tree, (name, source)| tree.file(&format!("apps/{name}.yaml"), application(name, source)))
}

fn application(name: &str, source: &str) -> String {
    format!(
        "# keep this\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  \
         destination: {{name: in-cluster, namespace: {name}}}\n  source:\n    repoURL: {OWN}\n    {source}\n"
    )
}

fn base() -> Tree {
    tree(&[("web", "path: web/prod")])
        .file("web/base/kustomization.yaml", "resources: [deployment.yaml]\n")
        .file("web/base/deployment.yaml", deployment("registry.example.com/web"))
}

fn set(tree: &Tree, arguments: &[&str]) -> Ran {
    arguments.iter().fold(Run::new("set-image"), Run::arg).within(tree)
}

/// Sets the image and expects just one file to change, by these words.
#[track_caller]
fn changes(tree: &Tree, target: &str, image: &str, file: &str, (before, after): (&str, &str)) {
    let (old, text) = (tree.files("."), tree.files(".")[file].clone());
    assert!(text.contains(before), "{file} has no {before}:\n{text}");
    set(tree, &[target, image]).ends_with(0);
    let mut expected = old;
    expected.insert(file.to_owned(), text.replacen(before, after, 1));
    assert_same(tree, &expected);
}

#[track_caller]
fn assert_same(tree: &Tree, expected: &BTreeMap<String, String>) {
    for (path, text) in tree.files(".") {
        assert_eq!(Some(&text), expected.get(&path), "{path}");
    }
}

/// Expects an error, and no file to change.
#[track_caller]
fn refuses(tree: &Tree, arguments: &[&str], expected: &str) -> String {
    let before = tree.files(".");
    let ran = set(tree, arguments).ends_with(1);
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert_same(tree, &before);
    ran.stderr
}

#[test]
fn a_patch_decides() {
    let tree = base()
        .file("web/prod/kustomization.yaml", "resources: [../base]\npatches: [{path: patch-image.yml}]\n")
        .file("web/prod/patch-image.yml", deployment(OLD).replace('\n', "\r\n"));
    changes(&tree, "web/prod", NEW, "web/prod/patch-image.yml", (OLD, NEW));
    let ran = set(&tree, &["web", NEW]).succeeds();
    assert_eq!(ran.stdout, format!("`web` has {NEW} already\n"));
}

#[test]
fn a_patch_in_the_kustomization_decides() {
    let inline = "resources: [../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |- # v1\n      - op: replace\n        \
                  path: /spec/template/spec/containers/0/image\n        value: registry.example.com/web:v1 # here\n";
    let tree = base().file("web/prod/kustomization.yaml", inline);
    changes(&tree, "web/prod", NEW, "web/prod/kustomization.yaml", (OLD, NEW));
    let tree = base().file(
        "web/prod/kustomization.yaml",
        "resources: [../base]\npatches:\n  - target: {kind: Deployment}\n    path: patch.json\n",
    );
    tree.write("web/prod/patch.json", format!("[{{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"{OLD}\"}}]\n"));
    changes(&tree, "web", NEW, "web/prod/patch.json", (OLD, NEW));
}

#[test]
fn an_entry_of_images_decides_by_tag_digest_or_both() {
    let kustomization = "# images\nimages: # set by CI\n  - name: registry.example.com/web\n    newTag: \"v1\" # now\nresources: [../base]\n";
    let tree = base().file("web/prod/kustomization.yaml", kustomization);
    let file = "web/prod/kustomization.yaml";
    changes(&tree, "web/prod", NEW, file, ("\"v1\"", "\"v2\""));
    let both = format!("{NEW}@{DIGEST}");
    changes(
        &tree,
        "web/prod",
        &both,
        file,
        ("newTag: \"v2\" # now\n", &format!("newTag: \"v2\" # now\n    digest: {DIGEST}\n")),
    );
    set(&tree, &["web/prod", &format!("registry.example.com/web@{DIGEST}")]).ends_with(0);
    let text = &tree.files(".")[file];
    assert!(text.contains("digest: sha256") && !text.contains("newTag"), "{text}");
    set(&tree, &["web/prod", NEW]).ends_with(0);
    let text = &tree.files(".")[file];
    assert!(text.contains("newTag: v2") && !text.contains("digest"), "{text}");
}

#[test]
fn a_base_decides_where_nobody_else_uses_it() {
    let tree = tree(&[("web", "path: web/prod")])
        .file("web/base/kustomization.yaml", "resources: [deployment.yaml]\n")
        .file("web/base/deployment.yaml", deployment(OLD))
        .file("web/prod/kustomization.yaml", "resources: [../base]\n");
    changes(&tree, "web", NEW, "web/base/deployment.yaml", (OLD, NEW));
    let shared = tree
        .file("apps/dev.yaml", application("dev", "path: web/dev"))
        .file("web/dev/kustomization.yaml", "resources: [../base]\n");
    let told = refuses(&shared, &["web", "registry.example.com/web:v3"], "also used by dev on in-cluster");
    assert!(told.contains("web/base/deployment.yaml"), "{told}");
}

fn chart() -> Tree {
    let values = "image:\n  registry: registry.example.com\n  repository: web\n  tag: v0\n  digest: \"\"\n";
    let image = "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}";
    Tree::new()
        .file("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
        .file("chart/values.yaml", values)
        .file("chart/values-prod.yaml", "# prod\nimage:\n  tag: v1 # set\n")
        .file("chart/templates/deployment.yaml", deployment(image))
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", application("root", "path: apps"))
}

#[test]
fn values_of_a_chart_decide() {
    let source = "path: chart\n    helm: {valueFiles: [values-prod.yaml]}";
    let tree = chart().file("apps/web.yaml", application("web", source));
    changes(&tree, "web", NEW, "chart/values-prod.yaml", ("v1", "v2"));
}

#[test]
fn a_block_of_an_application_decides() {
    for (source, before, after) in [
        (
            "path: chart\n    helm:\n      parameters: [{name: image.tag, value: v1}]",
            "value: v1",
            "value: v2",
        ),
        ("path: chart\n    helm:\n      valuesObject:\n        image: {tag: v1}", "tag: v1", "tag: v2"),
        (
            "path: chart\n    helm:\n      values: |\n        image:\n          tag: v1 # it\n",
            "tag: v1",
            "tag: v2",
        ),
    ] {
        let tree = chart().file("apps/web.yaml", application("web", source));
        changes(&tree, "web", NEW, "apps/web.yaml", (before, after));
    }
    let source = "path: web/base\n    kustomize:\n      images: [\"registry.example.com/web:v1\"]";
    let tree = base().file("apps/web.yaml", application("web", source));
    changes(&tree, "web", NEW, "apps/web.yaml", (OLD, NEW));
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let tree = base()
        .file("web/prod/kustomization.yaml", "resources: [../base]\npatches: [{path: patch.yaml}]\n")
        .file("web/prod/patch.yaml", deployment(OLD));
    let before = tree.files(".");
    let ran = set(&tree, &["web", NEW, "--dry-run"]).succeeds();
    assert!(
        ran.stdout.starts_with(&format!("web/prod/patch.yaml:10: {OLD} → {NEW}\n  web on in-cluster\n")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("image registry.example.com/web: v1 → v2 (1 Application)"), "{}", ran.stdout);
    assert_same(&tree, &before);
    let ran = set(&tree, &["web", NEW, "--output", "json"]).succeeds();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["formatVersion"], 1);
    assert_eq!(report["written"], true);
    assert_eq!(report["places"][0]["origin"]["line"], 10);
    assert_eq!(report["applications"][0]["name"], "web");
}

#[test]
fn what_a_person_must_decide_is_refused_with_its_place() {
    let overlay = |tree: Tree, kustomization: &str| tree.file("web/prod/kustomization.yaml", kustomization);
    // An image that nothing decides.
    let tree =
        overlay(base(), "resources: [../base]\nimages: [{name: registry.example.com/web, newTag: v1}]\n");
    refuses(&tree, &["web", "registry.example.com/other:v1"], "has no image `registry.example.com/other`");
    refuses(&tree, &["nobody", NEW], "there is no directory and no Application `nobody`");
    // An alias.
    let anchored =
        "x: &tag v1\nimages:\n  - name: registry.example.com/web\n    newTag: *tag\nresources: [../base]\n";
    let tree = tree_with_alias(anchored);
    refuses(&tree, &["web", NEW], "is an alias");
    // Several versions of one image.
    let two =
        format!("{}        - name: old\n          image: registry.example.com/web:v0\n", deployment(OLD));
    let tree = tree_of_plain(&two);
    let told = refuses(&tree, &["web", NEW], "several versions of `registry.example.com/web`");
    assert!(told.contains("web/deployment.yaml:10") && told.contains("web/deployment.yaml:12"), "{told}");
    // A template.
    let tree = chart().file("apps/web.yaml", application("web", "path: chart"));
    tree.write(
        "chart/templates/deployment.yaml",
        deployment("registry.example.com/web:{{ .Chart.AppVersion | default \"v1\" }}"),
    );
    let told = refuses(&tree, &["web", NEW], "no place in the repository decides");
    assert!(told.contains("chart/templates/deployment.yaml:10"), "{told}");
}

fn tree_with_alias(kustomization: &str) -> Tree {
    // kustomize takes no unknown keys: the anchor stands where it may.
    let text = kustomization.replace("x: &tag v1\n", "commonAnnotations: {version: &tag v1}\n");
    base().file("web/prod/kustomization.yaml", text)
}

fn tree_of_plain(text: &str) -> Tree {
    tree(&[("web", "path: web")]).file("web/deployment.yaml", text)
}

#[test]
fn flow_lists_and_tabs_in_comments_stay_as_they_are() {
    let text = "# \tkept\nresources: [../base]   #\ta tab\nimages: [ {name: registry.example.com/web,  newTag: 'v1'} ]\t# here\n";
    let tree = base().file("web/prod/kustomization.yaml", text);
    set(&tree, &["web", NEW]).ends_with(0);
    assert_eq!(tree.files(".")["web/prod/kustomization.yaml"], text.replace("'v1'", "'v2'"));
}

#[test]
fn several_documents_and_several_uses_of_one_version_are_set_together() {
    let text = format!(
        "{}---\n{}",
        deployment(OLD),
        deployment(OLD).replace("name: web\nspec", "name: worker\nspec")
    );
    let tree = tree_of_plain(&text);
    set(&tree, &["web", NEW]).ends_with(0);
    assert_eq!(tree.files(".")["web/deployment.yaml"], text.replace(OLD, NEW));
}

#[test]
fn arguments_are_checked() {
    let tree = base();
    for (image, expected) in [
        ("registry.example.com/web", "has neither a tag nor a digest"),
        ("registry.example.com/web:-x", "the tag is not made of"),
        ("<b>:v1", "the name is empty or has characters"),
        ("registry.example.com/web@sha256:1", "the digest is not"),
    ] {
        let before = tree.files(".");
        let ran = set(&tree, &["web/base", image]);
        assert_ne!(ran.code, Some(0), "{image}");
        assert!(ran.stderr.contains(expected), "{image}: {}", ran.stderr);
        assert_same(&tree, &before);
    }
}

#[test]
fn a_directory_of_a_repository_without_a_fleet() {
    let tree = Tree::new()
        .file("base/kustomization.yaml", "resources: [deployment.yaml]\n")
        .file("base/deployment.yaml", deployment(OLD))
        .file("prod/kustomization.yaml", "resources: [../base]\n");
    let told = refuses(&tree, &["prod", NEW], "lies outside of `prod`");
    assert!(told.contains("base/deployment.yaml"), "{told}");
    changes(&tree, "base", NEW, "base/deployment.yaml", (OLD, NEW));
}

/// What the workflow of a service does in the example repository.
#[test]
fn the_example_gets_a_new_image_on_dev_alone() {
    let tree = Tree::new().copy_of(&repository().join("examples/gitops"), ".");
    let image = "registry.example.com/user-office/user-office-web-service:2.33.0";
    let before = tree.files(".");
    let ran = set(&tree, &["components/ua/users-v2/overlays/dev", image]).ends_with(0);
    assert!(
        ran.stdout.starts_with("components/ua/users-v2/overlays/dev/patch-image.yml:10: "),
        "{}",
        ran.stdout
    );
    let after = tree.files(".");
    let changed: Vec<&String> = after.keys().filter(|path| after[*path] != before[*path]).collect();
    assert_eq!(changed, ["components/ua/users-v2/overlays/dev/patch-image.yml"]);
    assert_eq!(
        after[changed[0]],
        before[changed[0]].replace("user-office-web-service:2.32.0-rc.4", "user-office-web-service:2.33.0")
    );
}
