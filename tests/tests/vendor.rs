//! `oarlock vendor`: what a repository needs that lies elsewhere, fetched from repositories on this
//! disk.

use std::path::Path;
use std::process::Command;

use oarlock_tests::{Run, Tree, peer};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// Runs git in a directory, and returns what it printed.
fn git(directory: &Path, arguments: &[&str]) -> String {
    let user = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").current_dir(directory).args(user).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository to fetch from, tagged `v1`, and its URL.
fn upstream(files: &[(&str, &str)]) -> (Tree, String) {
    let tree = Tree::with(files);
    git(tree.root(), &["init", "--quiet"]);
    git(tree.root(), &["add", "."]);
    git(tree.root(), &["commit", "--quiet", "--message", "first"]);
    git(tree.root(), &["tag", "v1"]);
    let url = format!("file://{}", tree.root().display());
    (tree, url)
}

fn read(tree: &Tree, path: &str) -> String {
    std::fs::read_to_string(tree.path(path)).unwrap()
}

fn vendor(arguments: &str, tree: &Tree) -> oarlock_tests::Ran {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // The repositories to fetch from are on this disk.
    let allow = if arguments.contains("--fetch") { "--allow-file-urls" } else { "" };
    Run::new(&format!("vendor . --root=. --output=json {arguments} {allow}")).env("PATH", path).within(tree)
}

/// State, URL and users that a run printed.
fn told(ran: &oarlock_tests::Ran) -> Vec<(String, String, Vec<String>)> {
    let needs: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let told = |need: &serde_json::Value| {
        let askers = need["askedBy"].as_array().unwrap().iter().map(text).collect();
        (text(&need["state"]), text(&need["url"]), askers)
    };
    needs.iter().map(told).collect()
}

#[test]
fn what_is_needed_is_fetched_with_what_that_needs() {
    let (_deep, deep_url) =
        upstream(&[("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", CONFIG_MAP)]);
    let base = format!("namePrefix: base-\nresources:\n- {deep_url}?ref=v1\n");
    let other = "resources: [b.yaml]\n";
    let b = CONFIG_MAP.replace("name: a", "name: b");
    let (bases, bases_url) = upstream(&[
        ("web/kustomization.yaml", &base),
        ("other/kustomization.yaml", other),
        ("other/b.yaml", &b),
    ]);
    let prod = format!("buildMetadata: [originAnnotations]\nresources:\n- {bases_url}//web?ref=v1\n");
    let dev = format!("resources:\n- {bases_url}//other?version=v1\n");
    let tree = Tree::with(&[
        ("prod/kustomization.yaml", &prod),
        ("dev/kustomization.yaml", &dev),
        ("oarlock.yaml", "# ours\npipeline: [auto] # no more\n"),
    ]);
    let key = format!("{bases_url}?ref=v1");
    let askers = vec!["dev/kustomization.yaml:2".to_owned(), "prod/kustomization.yaml:3".to_owned()];
    let missing = vec![("missing".to_owned(), key.clone(), askers.clone())];

    let ran = vendor("--check", &tree).ends_with(1);
    assert_eq!(told(&ran), missing);
    assert_eq!(read(&tree, "oarlock.yaml"), "# ours\npipeline: [auto] # no more\n", "a check writes nothing");

    let ran = vendor("", &tree).ends_with(1);
    assert_eq!(told(&ran), missing);
    let written = read(&tree, "oarlock.yaml");
    assert!(
        written.starts_with(&format!("# ours\npipeline: [auto] # no more\n\nremotes:\n  {key}: vendor/")),
        "{written}"
    );

    let ran = vendor("--fetch", &tree).ends_with(0).tells("");
    let states: Vec<_> = told(&ran).into_iter().map(|(state, ..)| state).collect();
    assert_eq!(states, ["fetched", "fetched"]);
    let states: Vec<_> =
        told(&vendor("--fetch", &tree).ends_with(0)).into_iter().map(|(state, ..)| state).collect();
    assert_eq!(states, ["vendored", "vendored"]);
    let commit = git(bases.root(), &["rev-parse", "HEAD"]);
    assert!(read(&tree, "oarlock.lock").contains(&format!("{key}: {commit}\n")));
    vendor("--check", &tree).ends_with(0);

    // kubectl 1.35 has kustomize 5.7 built in.
    let profile = r#"kustomize={"profile": "5.7"}"#;
    let ran = Run::new("render prod --root=. --config").arg(profile).within(&tree).succeeds();
    assert!(ran.stdout.contains("name: base-a"), "{}", ran.stdout);
    if let Some(kubectl) = peer("kubectl", "OARLOCK_KUBECTL") {
        let output = Command::new(kubectl).arg("kustomize").arg(tree.root().join("prod")).output().unwrap();
        assert_eq!(ran.stdout, String::from_utf8(output.stdout).unwrap());
    }
    // Overlays of a copy are another repository's affair.
    let ran = Run::new("render --recursive . --root=.").within(&tree).ends_with(0);
    assert_eq!(ran.stderr.lines().last(), Some("rendered 2 of 2"));
}

#[test]
fn a_copy_that_nobody_needs_is_told() {
    let tree = Tree::with(&[
        ("app/kustomization.yaml", "resources: [a.yaml]\n"),
        ("app/a.yaml", CONFIG_MAP),
        ("oarlock.yaml", "remotes:\n  https://h.example/o/r?ref=v1: vendor/r\n"),
    ]);
    let unused = [("unused".to_owned(), "https://h.example/o/r?ref=v1".to_owned(), Vec::new())];
    assert_eq!(told(&vendor("", &tree).ends_with(0)), unused);
    assert_eq!(told(&vendor("--check", &tree).ends_with(1)), unused);
}

#[test]
fn a_fetch_that_fails_leaves_nothing_behind() {
    let (_bases, url) = upstream(&[("kustomization.yaml", "namePrefix: a\n")]);
    let overlay = format!("resources:\n- {url}?ref=gone\n- {url}/sub.git?ref=--upload-pack=false\n");
    let tree = Tree::with(&[("app/kustomization.yaml", &overlay)]);
    let ran = vendor("--fetch", &tree).ends_with(1);
    assert!(ran.stderr.contains("`git fetch` failed"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`--upload-pack=false` would be an option of git"), "{}", ran.stderr);
    assert!(!tree.root().join("oarlock.lock").exists());
    let states: Vec<_> = told(&ran).into_iter().map(|(state, ..)| state).collect();
    assert_eq!(states, ["missing", "missing"]);
}

#[test]
fn a_path_out_of_the_tree_is_refused_where_it_is_written() {
    let tree = Tree::with(&[
        ("app/kustomization.yaml", "namePrefix: a\n"),
        ("oarlock.yaml", "remotes:\n  https://h.example/o/r: ../elsewhere\n"),
    ]);
    let ran = Run::new("render app --root=.").within(&tree).ends_with(1);
    assert!(
        ran.stderr.starts_with("error: `../elsewhere` climbs out of the repository\n --> oarlock.yaml:2:"),
        "{}",
        ran.stderr
    );
}

#[test]
fn repositories_on_this_machine_are_fetched_from_at_request_alone() {
    let (_bases, url) = upstream(&[("kustomization.yaml", "namePrefix: a\n")]);
    let tree = Tree::with(&[("app/kustomization.yaml", &format!("resources:\n- {url}?ref=v1\n"))]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let ran = Run::new("vendor . --root=. --fetch").env("PATH", path).within(&tree).ends_with(1);
    let ran = ran.tells_one_error(&format!("error: `{url}` leads to a repository on this machine"));
    assert!(ran.stderr.contains("= help: `--allow-file-urls` fetches from there"), "{}", ran.stderr);
    assert!(!tree.path("vendor").exists());
}

#[test]
fn nothing_is_written_through_a_link_out_of_the_tree() {
    let (_bases, url) = upstream(&[("kustomization.yaml", "namePrefix: a\n")]);
    let overlay = format!("resources:\n- {url}?ref=v1\n");
    let remotes = format!("remotes:\n  {url}?ref=v1: out/deep/bases\n");
    let tree =
        Tree::with(&[("app/kustomization.yaml", &overlay), ("oarlock.yaml", &remotes)]).link("out", "..");
    vendor("--fetch", &tree)
        .ends_with(1)
        .tells_one_json_error("`out/deep/bases` leads out of the tree through a link");
    assert!(!tree.outside().join("deep").exists());

    // The files that the command itself keeps are not read or written through one, either.
    std::fs::write(tree.outside().join("secret"), "secret: [\n").unwrap();
    let tree = tree.link("oarlock.lock", "../secret");
    let ran = vendor("--fetch", &tree).ends_with(1);
    assert!(
        ran.stderr.contains("`oarlock.lock` leads out of the repository through a link"),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read_to_string(tree.outside().join("secret")).unwrap(), "secret: [\n");
}

#[test]
fn no_name_of_a_repository_is_another_command_for_the_shell() {
    let overlay = "resources:\n- https://h.example/o/r$(touch%20pwned);touch pwned?ref=v1\n- https://h.example/o/r?ref=--upload-pack=touch\n";
    let tree = Tree::with(&[("app/kustomization.yaml", overlay)]);
    let ran = vendor("--check", &tree).ends_with(1);
    let needs: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(needs.len(), 2, "{}", ran.stdout);
    for need in needs {
        let Some(command) = need["command"].as_str() else {
            assert!(need["url"].as_str().unwrap().contains("--upload-pack"), "{need}");
            continue;
        };
        // Programs that are named do nothing here, so that only what a shell makes of the words is
        // left.
        let status = Command::new("sh")
            .current_dir(tree.root())
            .args(["-c", &format!("git() {{ :; }}; rm() {{ :; }}; {command}")])
            .status()
            .unwrap();
        assert!(status.success(), "{command}");
        assert!(!tree.path("pwned").exists(), "{command}");
    }
}
