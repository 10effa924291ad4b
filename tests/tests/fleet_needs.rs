//! What a fleet needs that is not at hand: it is told apart from what is broken, in the same words
//! by every command, and does not fail.

use oarlock_tests::fleet::{OWN, application};
use oarlock_tests::{Run, Tree};

use crate::diff::{Repository, config_map};

const REMOTE: &str = "https://git.example.com/org/bases//app?ref=v1";

/// What is told of Applications whose kustomizations name a remote without a copy.
fn notice(users: &str) -> String {
    format!(
        "warning: `{REMOTE}` is not vendored, so it is left out\n  \
         = note: for {users}\n  \
         = help: `oarlock vendor --fetch` copies it into the repository\n"
    )
}

fn kustomization() -> String {
    format!("resources: ['{REMOTE}']\n")
}

/// A root, an Application that renders, and one that names a remote.
fn tree() -> Tree {
    Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", application("root", "path: apps"))
        .file("apps/web.yaml", application("web", "path: web"))
        .file("apps/far.yaml", application("far", "path: far"))
        .file("web/a.yaml", config_map("web", "\"1\""))
        .file("far/kustomization.yaml", kustomization())
}

/// Two sources: one that renders, and one that names a remote.
fn both() -> String {
    application("both", "path: web").replace(
        &format!("  source:\n    repoURL: {OWN}\n    path: web\n"),
        &format!("  sources:\n  - {{repoURL: {OWN}, path: web}}\n  - {{repoURL: {OWN}, path: far}}\n"),
    )
}

#[test]
fn a_remote_that_is_not_vendored_is_left_out_and_told_once() {
    let tree = tree()
        .file("apps/again.yaml", application("again", "path: far"))
        .file("apps/both.yaml", both())
        .file("apps/text.yaml", application("text", "path: text"))
        .file("text/a.jsonnet", "{}\n");
    let remote = notice("Application `argocd/again`, Application `argocd/both`, Application `argocd/far`");
    let jsonnet = "warning: Jsonnet is not rendered, so it is left out\n  \
                   = note: for Application `argocd/text`\n  \
                   = help: check what Argo CD makes of it with other tools\n";
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(0);
    ran.tells(&format!("{remote}{jsonnet}rendered 3 of 6, 3 are not at hand\n"));
    let files = tree.files("out");
    assert!(files.contains_key("in-cluster/both/v1_configmap_web.yaml"), "{:?}", files.keys());
    for (command, exit) in
        [("validate", 0), ("secrets --fleet", 1), ("waves --fleet", 0), ("report -o report.html", 0)]
    {
        let ran = Run::new(command).within(&tree).ends_with(exit);
        assert!(ran.stderr.starts_with(&format!("{remote}{jsonnet}")), "{command}: {}", ran.stderr);
    }
    let lint = Run::new("lint --fail-on error").within(&tree).ends_with(0);
    assert!(!lint.stdout.contains("render-failed"), "{}", lint.stdout);
    assert_eq!(lint.stdout.matches("[not-checked]").count(), 2, "{}", lint.stdout);
}

#[test]
fn what_is_broken_beside_it_fails() {
    let tree =
        tree().file("apps/both.yaml", both()).file("web/kustomization.yaml", "resources: [gone.yaml]\n");
    let ran = Run::new("render --fleet -o out").within(&tree).ends_with(1);
    assert!(ran.stderr.contains("error: ") && ran.stderr.contains("gone.yaml"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains(&notice("Application `argocd/both`, Application `argocd/far`")),
        "{}",
        ran.stderr
    );
    let summary = "rendered 1 of 4, 1 is not at hand\n  failed: Application `argocd/both`\n  failed: Application `argocd/web`\n";
    assert!(ran.stderr.ends_with(summary), "{}", ran.stderr);
    // A copy that `remotes` names and that is not there is a mistake of the repository.
    let remotes = "remotes: {'https://git.example.com/org/bases?ref=v1': vendor/bases}\n";
    tree.write("oarlock.yaml", tree.files(".")["oarlock.yaml"].clone() + remotes);
    let ran = Run::new("render --fleet --only far").within(&tree).ends_with(1);
    assert!(ran.stderr.contains("should have a copy at `vendor/bases/app`"), "{}", ran.stderr);
}

#[test]
fn what_oarlock_renders_in_argo_cd_has_no_network_there_either() {
    let sidecar = application("far", "path: far\n    plugin: {name: oarlock}");
    let tree = tree().file("apps/far.yaml", sidecar);
    let ran = Run::new("render --fleet").within(&tree).ends_with(1);
    assert!(ran.stderr.contains(&format!("error: `{REMOTE}` is remote")), "{}", ran.stderr);
    assert!(ran.stderr.contains("`oarlock vendor --fetch`"), "{}", ran.stderr);
    let lint = Run::new("lint").within(&tree).ends_with(1);
    assert!(lint.stdout.contains("error[render-failed]: `far` does not render"), "{}", lint.stdout);
}

#[test]
fn a_change_that_needs_what_is_not_vendored_is_shown_and_is_no_failure() {
    let Some(repository) = Repository::of(tree()) else { return };
    let reason = |revision: &str| {
        let url = REMOTE.replace("v1", revision);
        format!("`{url}` is not vendored; `oarlock vendor --fetch` copies it into the repository")
    };
    // Something else changes: what is not rendered on both sides is no difference.
    repository.write("web/a.yaml", config_map("web", "\"2\""));
    let (review, exit) = repository.review("");
    assert_eq!((exit, &review["verdict"]), (1, &"changed".into()), "{review:#}");
    assert_eq!(review["external"][0]["reason"], reason("v1"));
    assert!(review["external"][0].get("changed").is_none());
    repository.commit();
    repository.run("diff HEAD").ends_with(0);
    // It needs something else, and what that renders to is not known.
    repository.write("far/kustomization.yaml", kustomization().replace("v1", "v2"));
    let (review, exit) = repository.review("HEAD");
    assert_eq!((exit, &review["external"][0]["changed"]), (1, &true.into()), "{review:#}");
    assert_eq!(review["failures"], serde_json::json!([]));
    let ran = repository.run("diff HEAD").ends_with(1);
    let expected = format!("not rendered: far on in-cluster: {}\n", reason("v2"));
    assert!(ran.stdout.starts_with("1 Application changed, and not rendered\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&expected), "{}", ran.stdout);
    repository.run("diff HEAD --fail-on blocking").ends_with(0);
    let affected = repository.run("affected HEAD").ends_with(0);
    assert!(affected.stdout.contains("in-cluster/far"), "{}", affected.stdout);
    // Oarlock in Argo CD could not render it.
    repository.write("apps/far.yaml", application("far", "path: far\n    plugin: {name: oarlock}"));
    let (review, exit) = repository.review("HEAD");
    assert_eq!((exit, &review["verdict"]), (2, &"failed".into()), "{review:#}");
    let message = review["failures"][0]["failure"]["message"].as_str().unwrap();
    assert!(message.ends_with("; `oarlock vendor --fetch` copies it into the repository"), "{message}");
}

#[test]
fn what_an_application_makes_that_is_not_rendered_is_not_gone() {
    let Some(repository) = Repository::of(tree()) else { return };
    repository.write("apps/kustomization.yaml", format!("resources: [web.yaml, far.yaml, '{REMOTE}']\n"));
    let (review, exit) = repository.review("HEAD");
    assert_eq!(exit, 1, "{review:#}");
    assert_eq!(review["counts"]["external"], 3, "{review:#}");
    assert_eq!(review["findings"], serde_json::json!([]), "nothing is deleted");
    let reasons: Vec<&str> =
        review["external"].as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect();
    assert!(reasons[0].starts_with("Application `argocd/root`, which makes it: "), "{reasons:?}");
}
