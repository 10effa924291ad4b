//! `oarlock lint` and `oarlock secrets`: what is wrong with a fleet as it is.

use oarlock_tests::fleet::OWN;
use oarlock_tests::{Ran, Run, Tree, repository};
use serde_json::Value;

fn application(name: &str, path: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  project: default\n  \
         destination: {{name: in-cluster, namespace: {name}}}\n  source: {{repoURL: {OWN}, path: {path}}}\n"
    )
}

/// An Application with an object of an API that is gone, and a workload whose Secret nobody makes.
fn tree() -> Tree {
    let budget = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - name: web\n      image: web:1\n      \
               envFrom: [{secretRef: {name: web}}]\n";
    Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: root.yaml}}\n"))
        .file("root.yaml", application("root", "apps"))
        .file("apps/web.yaml", application("web", "web"))
        .file("web/budget.yaml", budget)
        .file("web/pod.yaml", pod)
        .file("old/kustomization.yaml", "resources: []\n")
}

fn lint(tree: &Tree, arguments: &str) -> Ran {
    arguments.split_whitespace().fold(Run::new("lint"), Run::arg).within(tree)
}

#[test]
fn findings_have_a_place_a_fix_and_an_exit_status() {
    let tree = tree();
    let ran = lint(&tree, "").ends_with(1);
    assert_eq!(
        ran.stdout,
        "web/budget.yaml:1: error[removed-api]: `PodDisruptionBudget` of `policy/v1beta1` is not served by Kubernetes 1.25 and later  (web on in-cluster)\n  \
         use `policy/v1`, and check the fields that changed\n\
         web/pod.yaml:1: warning[secret-missing]: `Pod web/web` reads Secret `web/web`, which nothing in the fleet provides  (web on in-cluster)\n  \
         add what creates it: a VaultStaticSecret, an ExternalSecret, a SealedSecret\n\
         old: notice[undeployed-path]: no Application renders `old`\n  \
         remove it, or deploy it; with an Application in another repository, silence the rule\n\
         1 error, 1 warning, 1 notice\n"
    );
    lint(&tree, "--skip removed-api").ends_with(0);
    lint(&tree, "--skip removed-api --fail-on warning").ends_with(1);
    lint(&tree, "--fail-on never").ends_with(0);
}

#[test]
fn a_baseline_leaves_what_is_new() {
    let tree = tree();
    lint(&tree, "--write-baseline known.json").ends_with(0);
    let ran = lint(&tree, "--baseline known.json --fail-on notice").ends_with(0);
    assert_eq!(ran.stdout, "no findings, 3 in the baseline\n");
    // Lines above do not make it another finding.
    let moved = format!("# a\n# b\n{}", tree.files(".")["web/pod.yaml"]);
    tree.write("web/pod.yaml", moved);
    tree.write("web/claim.yaml", "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\n");
    let ran = lint(&tree, "--baseline known.json --output json").ends_with(1);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["known"], 3);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report:#}");
    tree.write("known.json", "{\"formatVersion\": 9, \"findings\": []}");
    let ran = lint(&tree, "--baseline known.json").ends_with(2);
    assert!(ran.stderr.contains("the baseline has version 9"), "{}", ran.stderr);
    tree.write("known.json", "[]");
    let ran = lint(&tree, "--baseline known.json").ends_with(2);
    assert!(ran.stderr.contains("this is no baseline"), "{}", ran.stderr);
}

#[test]
fn arguments_are_checked() {
    let ran = lint(&tree(), "--skip removed").ends_with(2);
    assert!(ran.stderr.contains("there is no rule `removed`; did you mean `removed-api`?"), "{}", ran.stderr);
}

/// What Argo CD would fetch or run is no mistake of the fleet, and hides none.
#[test]
fn what_is_not_at_hand_is_one_notice_for_each_repository() {
    let elsewhere = |name: &str| application(name, "web").replace("org/gitops", "org/Other");
    let remote = |path: &str| format!("resources: ['https://git.example.com/org/bases//{path}?ref=v1']\n");
    let chart = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: redis, version: 1.0.0, repository: 'https://charts.example.com'}]\n";
    let tree = tree()
        .file("apps/a.yaml", elsewhere("a"))
        .file("apps/b.yaml", elsewhere("b"))
        .file("apps/c.yaml", application("c", "c"))
        .file("c/kustomization.yaml", remote("one"))
        .file("apps/d.yaml", application("d", "d"))
        .file("d/kustomization.yaml", remote("two"))
        .file("apps/e.yaml", application("e", "e"))
        .file("e/Chart.yaml", chart)
        .file("apps/f.yaml", application("f", "f"))
        .file("f/f.jsonnet", "{}\n");
    let ran = lint(&tree, "--output json").ends_with(1);
    assert_eq!(ran.stderr, "");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let of_rule = |name: &str| -> Vec<(String, String)> {
        let findings =
            report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == name);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        findings.map(|finding| (text(&finding["origin"]["file"]), text(&finding["message"]))).collect()
    };
    let expected = |file: &str, message: &str| (file.to_owned(), message.to_owned());
    assert_eq!(
        of_rule("not-checked"),
        [
            expected(
                "apps/a.yaml",
                "repository `git.example.com/org/other` is not at hand, so nothing of `a`, `b` is checked"
            ),
            expected(
                "apps/c.yaml",
                "repository `git.example.com/org/bases` is not at hand, so nothing of `c`, `d` is checked"
            ),
            expected(
                "apps/e.yaml",
                "chart repository `charts.example.com` is not at hand, so nothing of `e` is checked"
            ),
            expected("apps/f.yaml", "Jsonnet is not rendered, so nothing of `f` is checked"),
        ]
    );
    assert_eq!(of_rule("render-failed"), []);
    assert_eq!(of_rule("removed-api").len(), 1, "the rest is checked");
    // What is wrong beside it is an error still.
    tree.write("c/kustomization.yaml", remote("one") + "patches: [{path: gone.yaml}]\n");
    tree.write("d/kustomization.yaml", "resources: [gone.yaml]\n");
    let ran = lint(&tree, "").ends_with(1);
    assert!(ran.stdout.contains("error[render-failed]: `d` does not render"), "{}", ran.stdout);
    // An annotation silences it, once for all that need it.
    let silent = |name: &str| {
        elsewhere(name).replace(
            "namespace: argocd}",
            "namespace: argocd, annotations: {oarlock.dev/lint-ignore: not-checked}}",
        )
    };
    tree.write("apps/a.yaml", silent("a"));
    tree.write("apps/b.yaml", silent("b"));
    let ran = lint(&tree, "").ends_with(1);
    assert!(!ran.stdout.contains("org/other") && ran.stdout.contains("2 silenced"), "{}", ran.stdout);
}

#[test]
fn hostile_names_stay_text() {
    let tree = tree();
    let name = "web/\u{1b}[31m<b>\u{202e}.yaml";
    tree.write(name, "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: b}\n");
    for form in ["text", "json", "sarif", "junit", "gitlab"] {
        let printed = lint(&tree, &format!("--fail-on never --output {form}")).ends_with(0).stdout;
        assert!(!printed.contains('\u{1b}') && !printed.contains('\u{202e}'), "{form}: {printed}");
        assert!(form != "junit" || !printed.contains("<b>"), "{printed}");
    }
}

#[test]
fn every_form_is_well_formed() {
    let tree = tree();
    let print = |form: &str| lint(&tree, &format!("--fail-on never --output {form}")).ends_with(0).stdout;
    let sarif: Value = serde_json::from_str(&print("sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 3);
    let gitlab: Value = serde_json::from_str(&print("gitlab")).unwrap();
    assert_eq!(gitlab[0]["location"]["path"], "web/budget.yaml");
    assert!(print("junit").contains("<testsuites name=\"oarlock lint\" tests=\"3\" failures=\"3\">"));
}

/// A directory that is applied by hand is deployed, too.
#[test]
fn the_root_is_no_directory_that_nothing_deploys() {
    let tree = tree();
    tree.write("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{prod: apps}}\n"));
    tree.write("apps/kustomization.yaml", "resources: [web.yaml, ../shared]\n");
    tree.write("shared/kustomization.yaml", "resources: [project.yaml]\n");
    tree.write(
        "shared/project.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p, namespace: argocd}\n",
    );
    let report: Value = serde_json::from_str(&lint(&tree, "--output json").stdout).unwrap();
    let undeployed: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == "undeployed-path")
        .map(|finding| &finding["origin"]["file"])
        .collect();
    assert_eq!(undeployed, ["old"]);
}

#[test]
fn the_example_has_no_errors() {
    let tree = Tree::new().copy_of(&repository().join("examples/gitops"), ".");
    let ran = lint(&tree, "--output json");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let errors: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn secrets_of_the_example_are_listed_with_their_readers() {
    let tree = Tree::new().copy_of(&repository().join("examples/gitops"), ".");
    let ran = Run::new("secrets --fleet prod --output json").within(&tree);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["formatVersion"], 1);
    let prod = &report["environments"][0];
    assert_eq!(prod["name"], "prod");
    let vault = prod["vault"].as_array().unwrap();
    let users = vault
        .iter()
        .find(|secret| secret["destination"]["name"] == "user-office-web-service-v2")
        .unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!(users["mount"], "users-and-auth");
    assert_eq!(users["path"], "prod/user-office-web-service");
    let consumer = &users["consumers"][0];
    assert_eq!(consumer["object"]["kind"], "Deployment");
    assert_eq!(consumer["keys"], serde_json::json!(["database-password", "jwt-signing-key"]));
}

#[test]
fn a_secret_that_nobody_provides_is_told() {
    let ran = Run::new("secrets --fleet").within(&tree()).ends_with(0);
    assert_eq!(ran.stdout, "prod\n  nobody provides web/web  on in-cluster\n      Pod web/web of web\n");
}
