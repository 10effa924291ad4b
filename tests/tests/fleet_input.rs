//! Bad input to fleets: one clear error each, and the other Applications go on.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use oarlock_samples::git;
use oarlock_tests::fleet::{OWN, application};
use oarlock_tests::{Run, Tree, visibly};

use crate::fleet::{self, apps, config_map, names};

/// An ApplicationSet that makes Applications of `web`.
fn set(head: &str, generators: &str, name: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: s, namespace: argocd}}\nspec:\n  {head}\n  \
         generators: {generators}\n  template:\n    metadata:\n      name: '{name}'\n    spec:\n      project: default\n      \
         destination: {{name: in-cluster, namespace: x}}\n      source: {{repoURL: {OWN}, path: web}}\n"
    )
}

/// A root and an Application `web`, and what else the root deploys.
fn tree(other: &str) -> Tree {
    Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", application("root", "path: apps"))
        .file("apps/web.yaml", application("web", "path: web"))
        .file("apps/other.yaml", other)
        .file("web/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n")
}

const TEMPLATE: &str = "goTemplate: true";
const STRICT: &str = "goTemplate: true\n  goTemplateOptions: [missingkey=error]";
const FAST: &str = "goTemplate: false";
const ONE: &str = "[{list: {elements: [{a: x}]}}]";

/// `root` and `web` are rendered, and one error says what is wrong with the set.
fn one_error(set: &str, expected: &str) {
    one_error_of(&tree(set), expected);
}

fn one_error_of(tree: &Tree, expected: &str) {
    let ran = Run::new("render --fleet -o out").within(tree).ends_with(1);
    let errors: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len(), 1, "{}", ran.stderr);
    assert!(errors[0].contains(expected), "{expected}: {}", ran.stderr);
    assert!(ran.stderr.contains("apps/other.yaml:1:1") && ran.stderr.len() < 2_000, "{}", ran.stderr);
    assert!(ran.stderr.ends_with("rendered 2 of 2\n"), "{}", ran.stderr);
    assert!(tree.path("out/in-cluster/web/v1_configmap_web.yaml").exists());
}

#[test]
fn keys_that_are_missing() {
    one_error(&set(STRICT, ONE, "web-{{.nope}}"), "map has no entry for key \"nope\"");
    one_error(
        &set(TEMPLATE, ONE, "web-{{.nope}}"),
        "makes Application `web-<no value>`, which Argo CD does not create",
    );
    one_error(
        &set(FAST, ONE, "web-{{nope}}"),
        "makes Application `web-{{nope}}`, which Argo CD does not create",
    );
}

#[test]
fn names_that_are_equal_or_none() {
    let two = "[{list: {elements: [{a: x}, {a: x}]}}]";
    one_error(&set(TEMPLATE, two, "web-{{.a}}"), "makes more than one Application of this name");
    one_error(&set(TEMPLATE, ONE, "{{\"\"}}"), "makes an Application without a name");
    // A list without elements is how people switch a set off.
    let tree = tree(&set(TEMPLATE, "[{list: {elements: []}}]", "web-{{.a}}"));
    Run::new("render --fleet -o out").within(&tree).ends_with(0);
}

#[test]
fn sets_that_do_not_end() {
    one_error(&set(TEMPLATE, ONE, "{{range until 100000000}}a{{end}}"), "exceeded the limit of");
    one_error(
        &set(TEMPLATE, ONE, "{{define \"r\"}}{{template \"r\" .}}{{end}}{{template \"r\" .}}"),
        "exceeded",
    );
    let elements = |key: &str, count: usize| -> String {
        let elements: Vec<String> = (0..count).map(|index| format!("{{{key}: n{index}}}")).collect();
        format!("list: {{elements: [{}]}}", elements.join(", "))
    };
    let many = format!("[{{{}}}]", elements("a", 100_000));
    one_error(&set(TEMPLATE, &many, "web-{{.a}}"), "the generators give more than");
    let matrix =
        format!("[{{matrix: {{generators: [{{{}}}, {{{}}}]}}}}]", elements("a", 1_000), elements("b", 1_000));
    one_error(&set(TEMPLATE, &matrix, "web-{{.a}}-{{.b}}"), "the generators give more than");
}

#[test]
fn clusters_that_the_file_lacks() {
    let nowhere =
        set(TEMPLATE, ONE, "web-{{.a}}").replace("{name: in-cluster, namespace: x}", "{name: nowhere}");
    let settings =
        format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n  clusters: clusters.yaml\n");
    let tree = tree(&nowhere)
        .file("oarlock.yaml", settings)
        .file("clusters.yaml", "clusters:\n- {name: prod, server: 'https://prod.example.com'}\n");
    one_error_of(&tree, "its destination is not among the registered clusters");
}

#[test]
fn names_of_files_in_any_encoding() {
    let directories = "[{git: {repoURL: 'https://git.example.com/org/gitops.git', revision: HEAD, directories: [{path: 'teams/*'}]}}]";
    let tree = tree(&set(TEMPLATE, directories, "team-{{.path.basename}}"))
        .file("teams/one/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n");
    let latin = OsStr::from_bytes(b"caf\xe9");
    std::fs::create_dir(tree.path("teams").join(latin)).unwrap();
    std::fs::write(tree.path("teams").join(latin).join("a.yaml"), "a: 1\n").unwrap();
    std::fs::write(tree.path("web").join(latin), "a: 1\n").unwrap();
    let check = |arguments: &str, status: i32| {
        let ran = Run::new(arguments).within(&tree).ends_with(status);
        assert!(
            !ran.stderr.contains("panicked") && !ran.stderr.lines().any(|line| line.starts_with("error")),
            "{}",
            ran.stderr
        );
        ran.stdout
    };
    let listed = check("apps --output json", 0);
    assert!(listed.contains("team-one") && !listed.contains("team-caf"), "{listed}");
    check("render --fleet -o out", 0);
    if !git::is_installed() {
        visibly("git is not installed, so names of files are not tested in commits");
        return;
    }
    git::run(tree.root(), "init --quiet --initial-branch=main");
    git::run(tree.root(), "add --all");
    git::run(tree.root(), "-c user.name=Ada -c user.email=a@example.com commit --quiet --message=Begin");
    tree.write("web/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}\n");
    let diff = check("diff HEAD --output json", 1);
    let review: serde_json::Value = serde_json::from_str(&diff).unwrap();
    // `team-one` deploys the same directory.
    assert_eq!((&review["verdict"], &review["counts"]["changed"]), (&"changed".into(), &2.into()), "{diff}");
}

/// As Argo CD is started everywhere: by hand once, and by itself from then on.
#[test]
fn what_manages_itself_is_a_warning_and_everything_is_rendered() {
    let tree = fleet::tree().file("apps/root.yaml", application("root", "path: apps"));
    let (report, stderr, code) = apps(&tree, "");
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(names(&report), ["mail", "root", "web"]);
    assert_eq!(stderr.matches("includes itself: argocd/root → argocd/root").count(), 1, "{stderr}");
    assert!(stderr.contains("\"severity\":\"warning\"") && !stderr.contains("error"), "{stderr}");
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(0);
    assert!(ran.stderr.ends_with("rendered 3 of 3\n"), "{}", ran.stderr);
    assert!(tree.path("out/in-cluster/root/argoproj.io_v1alpha1_application_root.yaml").exists());
    Run::new("waves --fleet").within(&tree).ends_with(0);
    Run::new("lint").within(&tree).ends_with(0);

    // By way of another one.
    let tree = tree
        .file("apps/root.yaml", config_map("none"))
        .file("web/root.yaml", application("root", "path: apps"));
    let (_, stderr, code) = apps(&tree, "");
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("includes itself: argocd/root → argocd/web → argocd/root"), "{stderr}");
}

/// A directory that is applied by hand may have an Application that takes over what is in it.
#[test]
fn what_is_applied_by_hand_may_be_handed_over() {
    let tree = fleet::tree()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: apps/base}}\n"))
        .file("apps/kustomization.yaml", "resources: [base/sync.yaml, base/web.yaml]\n")
        .file("apps/base/sync.yaml", application("sync", "path: apps"))
        .file("apps/base/web.yaml", application("web", "path: web"));
    let (report, stderr, code) = apps(&tree, "");
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(names(&report), ["sync", "web"]);
    assert_eq!(stderr.matches("\"severity\"").count(), 1, "{stderr}");
}

#[test]
fn what_includes_itself_as_something_else_is_an_error() {
    let tree = fleet::tree().file("apps/root.yaml", application("root", "path: web"));
    let (report, stderr, code) = apps(&tree, "");
    assert_eq!(code, 1);
    assert_eq!(names(&report), ["mail", "root", "web"]);
    assert!(
        stderr.contains("Application `argocd/root` includes itself: argocd/root → argocd/root"),
        "{stderr}"
    );
    assert!(stderr.contains("its `spec` is another one there"), "{stderr}");
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(1);
    assert!(ran.stderr.ends_with("rendered 3 of 3\n"), "{}", ran.stderr);
}
