//! What it says of Argo CD's settings, and of what Applications read.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use oarlock_tests::{Run, golden};
use serde_json::json;

use super::*;

#[test]
fn settings_that_are_good() {
    let text = [
        GOOD,
        &annotated(
            "web",
            "apps/web/prod",
            ".;../base;/mixins/ha;../oarlock.y*ml;/apps/oarlock.y*ml;/oarlock.yaml",
        ),
    ]
    .concat();
    let ran = told(&gitops(), &text, "").ends_with(0).tells("");
    golden("doctor/good.txt", &ran.stdout);
}

#[test]
fn settings_that_are_bad() {
    let text =
        [BAD, &application("web", "apps/web/prod", ""), &annotated("secret", "apps/secret", ".")].concat();
    let ran = told(&gitops(), &text, "").ends_with(1).tells("");
    golden("doctor/bad.txt", &ran.stdout);
}

#[test]
fn what_applications_read_beside_what_they_say() {
    let owner =
        "  ownerReferences:\n  - {apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, name: shop}\n";
    let text = [
        GOOD.to_owned(),
        application("none", "apps/web/prod", ""),
        annotated("little", "apps/web/prod", ".;../base"),
        annotated("much", "apps/plain", "/"),
        application("owned", "apps/plain", owner),
        application("broken", "apps/broken", ""),
        application("gone", "apps/gone", ""),
        application("whole", ".", ""),
        application("elsewhere", "apps/plain", "").replace("team/gitops", "team/other"),
        application("other-plugin", "apps/plain", "").replace("name: oarlock", "name: avp"),
        application("unnamed", "apps/plain", "").replace("{name: oarlock}", "{}"),
        application_set("set", "apps/plain"),
        application_set("paths", "{{ .path.path }}"),
        MANY.to_owned(),
    ]
    .concat();
    let ran = told(&gitops(), &text, "").ends_with(1).tells("");
    golden("doctor/applications.txt", &ran.stdout);
}

#[test]
fn programs_get_the_same_as_people() {
    let text = [GOOD, &application("web", "apps/web/prod", "")].concat();
    let found = json_of(&told(&gitops(), &text, "--output json").ends_with(0));
    let findings = found["findings"].as_array().unwrap();
    let web = findings.iter().find(|finding| finding["check"] == "Application web").unwrap();
    assert_eq!(web["status"], "warn");
    assert_eq!(web["origin"], json!({"path": "../argocd.yaml", "line": 26, "column": 9}));
    assert_eq!(found["commands"], json!([]));
    assert_eq!(found["changes"].as_array().unwrap().len(), 1);
    let change = &found["changes"][0];
    assert_eq!((&change["object"], &change["origin"]), (&json!("Application web"), &web["origin"]));
    let paths =
        change["patch"]["metadata"]["annotations"]["argocd.argoproj.io/manifest-generate-paths"].as_str();
    assert!(paths.unwrap().starts_with(".;../base;"), "{change}");
}

#[test]
fn settings_come_from_standard_input_and_from_many_files() {
    let tree = gitops();
    let mut command = Run::new("doctor --argocd - --argocd app.yaml").into_command();
    tree.write("app.yaml", annotated("web", "apps/plain", "/"));
    let mut child =
        command.current_dir(tree.root()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(GOOD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("120 s, of which a call of a plugin may have 10 s (<stdin>:8:5)\n"), "{text}");
    assert!(text.contains("ok    Application web: ") && output.status.success(), "{text}");
}

#[test]
fn faults_of_what_is_given_are_told_at_their_place() {
    let tree = gitops();
    for (text, expected) in [
        ("a: [\n", "--> ../argocd.yaml:"),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source: text\n",
            "--> ../argocd.yaml:5:11",
        ),
        ("- a\n", "--> ../argocd.yaml:1:1"),
        (
            "kind: Service\nmetadata: {name: a}\n",
            "there is neither argocd-cmd-params-cm nor argocd-cm nor an Application",
        ),
        ("", "there is neither argocd-cmd-params-cm"),
    ] {
        let ran = told(&tree, text, "").ends_with(2).prints("");
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(expected), "{text}\n{}", ran.stderr);
    }
    let ran = Run::new("doctor --argocd gone.yaml").within(&tree).ends_with(2);
    assert!(ran.stderr.contains("cannot read gone.yaml"), "{}", ran.stderr);
}

#[test]
fn a_checkout_is_known_by_its_remotes() {
    let text = [GOOD, &annotated("web", "apps/plain", "/")].concat();
    let tree = gitops();
    let ran = told(&tree, &text, "--repo-url https://git.example.com/mirror.git").ends_with(0);
    let line = "0 sources rendered by `oarlock` from git.example.com/mirror; 1 of other repositories\n";
    assert!(ran.stdout.contains(&format!("warn  Applications: {line}")), "{}", ran.stdout);
    fs::remove_file(tree.path(".git/config")).unwrap();
    let ran = told(&tree, &text, "").ends_with(0);
    assert!(
        ran.stdout.contains("ok    Applications: 1 source rendered by `oarlock` from <ROOT>\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_no_render_reads_need_not_be_sent() {
    let text = [GOOD, &annotated("web", "apps/plain", "/")].concat();
    let tree = gitops();
    tree.write("pictures/a.png", vec![0; 3 << 20]);
    tree.write("docs/b.png", vec![0; 3 << 20]);
    let ran = told(&tree, &text, "").ends_with(0);
    let line = "warn  archive: 3 MiB of it is in `pictures`, which no render reads\n";
    let help = "      = help: make reposerver.plugin.tar.exclusions `.git;docs;pictures`, unless ";
    assert!(ran.stdout.contains(&format!("{line}{help}")), "{}", ran.stdout);
    // Limits, by the archive that is left.
    fs::write(tree.outside().join("operator.yaml"), "argocd: {archive: {unpacked: 1MiB}}\n").unwrap();
    let ran = told(&tree, &text, "--operator ../operator.yaml").ends_with(1);
    assert!(
        ran.stdout.contains("fail  archive: ")
            && ran.stdout.contains("more than the 1 MiB of argocd.archive.unpacked"),
        "{}",
        ran.stdout
    );
    fs::write(tree.outside().join("operator.yaml"), "argocd: {treeCache: 1MiB}\n").unwrap();
    let ran = told(&tree, &text, "--operator ../operator.yaml").ends_with(0);
    assert!(ran.stdout.contains("more than argocd.treeCache keeps"), "{}", ran.stdout);
    let small = text.replace(
        "    reposerver.plugin",
        "    reposerver.streamed.manifest.max.extracted.size: 1M\n    reposerver.plugin",
    );
    let ran = told(&tree, &small, "").ends_with(0);
    assert!(
        ran.stdout.contains(
            "warn  reposerver.streamed.manifest.max.extracted.size: 976 KiB is less than the repository"
        ),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_operators_file_of_the_sidecar_counts() {
    let config = |text: &str| {
        format!(
            "---\nkind: ConfigMap\nmetadata: {{name: oarlock-85525hf4tb}}\ndata:\n  operator.yaml: |\n    {text}\n"
        )
    };
    let (tree, good) = (gitops(), config("limits: {deadlineSeconds: 45}"));
    let ran = told(&tree, &[GOOD, &good].concat(), "").ends_with(0);
    assert!(ran.stdout.contains("ok    operator's file: that of the sidecar"), "{}", ran.stdout);
    assert!(ran.stdout.contains("120 s, of which a call of a plugin may have 45 s"), "{}", ran.stdout);
    // One that is named counts more.
    fs::write(tree.outside().join("operator.yaml"), "limits: {deadlineSeconds: 7}\n").unwrap();
    let ran = told(&tree, &[GOOD, &good].concat(), "--operator ../operator.yaml").ends_with(0);
    assert!(
        ran.stdout.contains("may have 7 s") && !ran.stdout.contains("that of the sidecar"),
        "{}",
        ran.stdout
    );
    let ran = told(&tree, &[GOOD, &config("limit: 1")].concat(), "").ends_with(1);
    let line = "fail  operator's file: in line 1 of it: unknown field `limit`";
    assert!(ran.stdout.contains(line) && ran.stdout.contains("(../argocd.yaml:26:3)"), "{}", ran.stdout);
}
