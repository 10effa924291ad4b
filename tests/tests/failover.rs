//! `oarlock failover`: ApplicationSets move to another cluster, and back to the same bytes.

use std::collections::BTreeMap;

use oarlock_tests::fleet::OWN;
use oarlock_tests::{Ran, Run, Tree, repository};
use serde_json::Value;

fn example() -> Tree {
    Tree::new().copy_of(&repository().join("examples/gitops"), ".")
}

fn failover(tree: &Tree, arguments: &str) -> Ran {
    arguments.split_whitespace().fold(Run::new("failover"), Run::arg).within(tree)
}

fn changed<'a>(before: &BTreeMap<String, String>, after: &'a BTreeMap<String, String>) -> Vec<&'a String> {
    after.keys().filter(|path| after[*path] != before[*path]).collect()
}

#[test]
fn the_example_moves_and_comes_back_byte_for_byte() {
    let tree = example();
    let before = tree.files(".");
    let ran = failover(&tree, "ua --env prod --to prod-fallback --output json").ends_with(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["formatVersion"], 1);
    assert_eq!(report["from"], serde_json::json!(["prod-v4"]));
    assert_eq!(report["written"], true);
    let after = tree.files(".");
    let files = changed(&before, &after);
    assert!(files.len() > 10 && files.iter().all(|path| path.starts_with("argocd/prod/ua/")), "{files:?}");
    let users = &after["argocd/prod/ua/users-v2.yaml"];
    assert!(
        users.contains("          # - cluster: prod-v4\n          - cluster: prod-fallback  # see"),
        "{users}"
    );
    let moves = report["moves"].as_array().unwrap();
    assert_eq!(moves.len(), files.len());
    let users = moves.iter().find(|one| one["set"] == "users-v2").unwrap();
    assert_eq!(users["from"]["name"], "users-v2-prod-v4");
    assert_eq!(users["to"]["cluster"], "prod-fallback");
    let removals = report["removals"].as_array().unwrap();
    assert_eq!(removals.len(), files.len(), "{removals:#?}");
    failover(&tree, "ua --env prod --to prod-v4").ends_with(0);
    assert!(tree.files(".") == before, "moving back changes nothing");
}

#[test]
fn a_dry_run_shows_what_moves_and_writes_nothing() {
    let tree = example();
    let before = tree.files(".");
    let ran = failover(&tree, "users-v2 --env prod --to prod-fallback --dry-run").succeeds();
    for expected in [
        "argocd/prod/ua/users-v2.yaml:14: commented out\nargocd/prod/ua/users-v2.yaml:15: activated\n",
        "users-v2-prod-v4 on prod-v4 → users-v2-prod-fallback on prod-fallback\n",
        "users-v2-prod-v4 on prod-v4: ApplicationSet `users-v2` no longer generates it and deletes the Application",
    ] {
        assert!(ran.stdout.contains(expected), "{expected}\n{}", ran.stdout);
    }
    assert!(tree.files(".") == before);
    let both = failover(&tree, "users-v2 --env prod --to prod-fallback --keep").succeeds();
    assert!(both.stdout.contains("users-v2-prod-fallback on prod-fallback is new"), "{}", both.stdout);
    assert!(!both.stdout.contains("deletes"), "{}", both.stdout);
    let again = failover(&tree, "users-v2 --env prod --to prod-fallback --keep").succeeds();
    assert_eq!(again.stdout, "`users-v2` is on prod-fallback already\n");
}

fn tree(elements: &str) -> Tree {
    let set = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: web, namespace: argocd}}\nspec:\n  goTemplate: true\n  \
         goTemplateOptions: [missingkey=error]\n  generators:\n    - list:\n        elements:\n{elements}  template:\n    \
         metadata: {{name: 'web-{{{{ .cluster }}}}'}}\n    spec:\n      project: default\n      \
         destination: {{name: '{{{{ .cluster }}}}', namespace: web}}\n      \
         source: {{repoURL: {OWN}, path: 'web/{{{{ .cluster }}}}'}}\n"
    );
    Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: argocd}}\n"))
        .file("argocd/team/web.yaml", set)
        .file("web/a/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n")
        .file("web/b/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n")
}

/// The same with the elements as a flow list.
fn flow_tree(elements: &str) -> Tree {
    let tree = tree("");
    let file = "argocd/team/web.yaml";
    let set = tree.files(".")[file].replace("elements:\n", &format!("elements: {elements}\n"));
    tree.write(file, set);
    tree
}

#[track_caller]
fn refuses(tree: &Tree, arguments: &str, expected: &str) {
    let before = tree.files(".");
    let ran = failover(tree, arguments).ends_with(1);
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert!(tree.files(".") == before);
}

#[test]
fn what_a_person_must_decide_is_refused_with_its_place() {
    let plain = "          - cluster: a\n          # - cluster: b\n";
    refuses(&tree(plain), "nobody --env prod --to b", "has no ApplicationSets of a group `nobody`");
    refuses(&tree(plain), "web --env dev --to b", "there is no environment `dev`");
    refuses(&tree(plain), "web --env prod --to c", "names the cluster `c`, not even in a comment");
    refuses(
        &tree("          - cluster: a\n          - cluster: c\n          # - cluster: b\n"),
        "web --env prod --to b",
        "several clusters are active: a, c",
    );
    refuses(
        &tree("          - cluster: a\n            size: 1\n          # - cluster: b\n"),
        "web --env prod --to b",
        "the fallback element differs from the active one: it has no `size`",
    );
}

#[test]
fn nothing_moves_to_where_it_does_not_render() {
    let tree = tree("          - cluster: a\n          # - cluster: nowhere\n");
    refuses(&tree, "team --env prod --to nowhere", "nowhere");
}

#[test]
fn truth_values_are_switched() {
    let tree = tree("          - {cluster: a, active: true}\n          - {cluster: b, active: false}\n");
    let text = || tree.files(".")["argocd/team/web.yaml"].clone();
    let before = text();
    // Without a selector both are deployed, whatever the value says: nothing moves, and the report
    // says so.
    let ran = failover(&tree, "web --env prod --to b").ends_with(0);
    assert!(ran.stdout.contains("switched on") && ran.stdout.contains("switched off"), "{}", ran.stdout);
    assert!(text().contains("{cluster: a, active: false}") && text().contains("{cluster: b, active: true}"));
    failover(&tree, "web --env prod --to a").ends_with(0);
    assert_eq!(text(), before);
}

#[test]
fn a_flow_list_moves_and_comes_back_byte_for_byte() {
    let text = |tree: &Tree| tree.files(".")["argocd/team/web.yaml"].clone();
    for (elements, moved, said) in [
        (
            "[{cluster: a, active: true}, {cluster: b, active: false}]",
            "[{cluster: a, active: false}, {cluster: b, active: true}]",
            "argocd/team/web.yaml:9: switched on\n",
        ),
        (
            "[\n          {cluster: a},\n          # {cluster: b},\n        ]",
            "[\n          # {cluster: a},\n          {cluster: b},\n        ]",
            "argocd/team/web.yaml:10: commented out\nargocd/team/web.yaml:11: activated\n",
        ),
    ] {
        let tree = flow_tree(elements);
        let before = text(&tree);
        let ran = failover(&tree, "web --env prod --to b").ends_with(0);
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
        assert_eq!(text(&tree), before.replace(elements, moved));
        failover(&tree, "web --env prod --to a").ends_with(0);
        assert_eq!(text(&tree), before);
    }
}

#[test]
fn a_flow_list_on_one_line_is_left_to_a_person() {
    refuses(
        &flow_tree("[{cluster: a}, {cluster: b}]"),
        "web --env prod --to b",
        "`spec.generators[0].list.elements[0]`: it shares its line with others, which a comment would hide\n \
         --> argocd/team/web.yaml:9:20",
    );
    refuses(
        &flow_tree("[{cluster: a}] # - cluster: b"),
        "web --env prod --to b",
        "names the cluster `b`, not even in a comment on a line of its own",
    );
    // What stands there is not what comes back: a comma is added.
    refuses(
        &flow_tree("[\n          {cluster: a}\n          # {cluster: b}\n        ]"),
        "web --env prod --to b",
        "put a comma behind each element of a flow list",
    );
}
