//! `oarlock compare` with scripted tools, and with real ones where they are installed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use oarlock_tests::{Run, Tree, peer, repository};
use serde_json::Value;

const MAP: &str = "apiVersion: v1\ndata:\n  b: c\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// A tree with a kustomization that both render, one that only Oarlock renders, one that neither
/// does, and a tool that prints a file.
fn tree(said: &str) -> Tree {
    let tree = Tree::with(&[
        ("same/kustomization.yaml", "resources: [map.yaml]\n"),
        ("same/map.yaml", MAP),
        ("same/said.yaml", said),
        ("refused/kustomization.yaml", "resources: [map.yaml]\n"),
        ("refused/map.yaml", MAP),
        ("both/kustomization.yaml", "resources: [none.yaml]\n"),
        ("kustomize", "#!/bin/sh\nif [ \"$1\" = version ]; then echo v5.8.1; else cat said.yaml; fi\n"),
    ]);
    fs::set_permissions(tree.path("kustomize"), fs::Permissions::from_mode(0o755)).unwrap();
    tree
}

fn compared(tree: &Tree, directory: &str, code: i32) -> Value {
    let ran = Run::new("compare --with kustomize=./kustomize --root . --output json")
        .env("PATH", std::env::var_os("PATH").unwrap())
        .arg(directory)
        .within(tree)
        .ends_with(code);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

#[test]
fn a_directory_is_the_same_differs_or_is_refused() {
    let tree = tree(MAP);
    let report = compared(&tree, ".", 1);
    let status: Vec<_> = report["directories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["directory"].as_str().unwrap(), row["status"].as_str().unwrap()))
        .collect();
    assert_eq!(status, [("./both", "refused-by-both"), ("./refused", "refused-by-tool"), ("./same", "same")]);
    assert_eq!(report["tools"][0]["profile"], "5.8");
    assert_eq!((&report["totals"][0]["same"], &report["totals"][0]["directories"]), (&1.into(), &3.into()));
    assert_eq!(compared(&tree, "same", 0)["directories"][0]["status"], "same");
    assert_eq!(compared(&tree, "both", 0)["directories"][0]["status"], "refused-by-both");

    let other = self::tree(&MAP.replace("b: c", "b: d"));
    let report = compared(&other, "same", 1);
    let lines = &report["directories"][0]["differences"];
    assert_eq!(lines.as_array().unwrap(), &["~ ConfigMap a", "    - data.b: \"d\"", "    + data.b: \"c\""]);
}

#[test]
fn what_cannot_be_compared_is_wrong_usage() {
    let tree = tree(MAP);
    for (arguments, expected) in [
        (
            "same --with kustomize=./none",
            "error: there is no `./none`: No such file or directory (os error 2)",
        ),
        ("same --with helm=./kustomize", "error: there is nothing below `same` for these tools to render"),
        ("none --with kustomize=./kustomize", "error: `none` is not a directory"),
        ("same --with kustomize=./kustomize --with-arg helm=x", "error: `--with-arg helm=…` is for a tool"),
    ] {
        let ran = Run::new(&format!("compare {arguments}"))
            .env("PATH", std::env::var_os("PATH").unwrap())
            .within(&tree)
            .ends_with(2);
        assert!(ran.stderr.starts_with(expected), "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn the_example_is_the_same_by_the_real_tools() {
    let Some(kubectl) = peer("kubectl", "OARLOCK_KUBECTL") else { return };
    let ran = Run::new("compare components/ua/users-v2")
        .arg("--with")
        .arg(format!("kustomize={}", kubectl.display()))
        .env("PATH", std::env::var_os("PATH").unwrap())
        .at(&repository().join("examples/gitops"));
    let ran = ran.ends_with(0);
    assert!(ran.stdout.contains("kustomize v5.") && ran.stdout.contains(" same of 3;"), "{}", ran.stdout);
}
