//! The example repository: what it renders to, and that `kubectl kustomize` makes the same bytes of
//! its kustomizations.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
#![allow(clippy::format_collect, clippy::format_push_string)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use oarlock_tests::{Run, Tree, difference, golden, peer, repository, visibly};
use rayon::prelude::*;

/// Variables and files of the example, at the root of a work tree of its own.
fn example() -> Tree {
    Tree::new().copy_of(&repository().join("examples/gitops"), ".")
}

/// The directories below that hold a file of one of these names, relative to the root of the tree.
fn directories(tree: &Tree, names: &[&str]) -> Vec<String> {
    let files = tree.files("components");
    let directory = |path: &String| {
        let (directory, name) = path.rsplit_once('/')?;
        names.contains(&name).then(|| format!("components/{directory}"))
    };
    files.keys().filter_map(directory).collect()
}

fn kustomizations(tree: &Tree) -> Vec<String> {
    directories(tree, &["kustomization.yaml", "kustomization.yml", "Kustomization"])
}

fn charts(tree: &Tree) -> Vec<String> {
    directories(tree, &["Chart.yaml"])
}

/// What an Application renders: charts, and the kustomizations that are no base of others.
fn overlays(tree: &Tree) -> Vec<String> {
    let overlays = kustomizations(tree).into_iter().filter(|directory| !directory.ends_with("/base"));
    let mut all: Vec<String> = overlays.chain(charts(tree)).collect();
    all.sort();
    all
}

#[test]
fn kustomizations_render_to_the_bytes_of_kubectl() {
    let Some(kubectl) = peer("kubectl", "OARLOCK_KUBECTL") else { return };
    let tree = example();
    let all = kustomizations(&tree);
    assert!(all.len() >= 40, "{all:?}");
    let differing: Vec<String> =
        all.par_iter().filter_map(|directory| differs(&kubectl, &tree, directory).err()).collect();
    visibly(&format!(
        "{} of {} kustomizations of the example render to the bytes of kubectl",
        all.len() - differing.len(),
        all.len()
    ));
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

fn differs(kubectl: &Path, tree: &Tree, directory: &str) -> Result<(), String> {
    let output = Command::new(kubectl).args(["kustomize", directory]).current_dir(tree.root()).output();
    let output = output.map_err(|error| error.to_string())?;
    let expected = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!(
            "kubectl does not render {directory}: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    // kubectl 1.35 has kustomize 5.7 built in.
    let profile = r#"kustomize={"profile": "5.7"}"#;
    let ran = Run::new("render --plugins kustomize --config").arg(profile).arg(directory).within(tree);
    if ran.code == Some(0) && ran.stdout == expected {
        return Ok(());
    }
    Err(format!("{directory}\n{}{}", ran.stderr, difference(&expected, &ran.stdout)))
}

#[test]
fn every_overlay_renders_by_the_default_pipeline_twice_the_same() {
    let tree = example();
    let told: Vec<String> = overlays(&tree)
        .par_iter()
        .map(|directory| {
            let ran = Run::new("render --check-deterministic").arg(directory).within(&tree).ends_with(0);
            let warnings = ran
                .stderr
                .lines()
                .filter(|line| line.starts_with("warning"))
                .map(|line| format!("  {line}\n"));
            format!("{directory}\n{}", warnings.collect::<String>())
        })
        .collect();
    golden("example/warnings.txt", &told.concat());
}

#[test]
fn one_command_renders_all_of_it() {
    let tree = example();
    let ran = Run::new("render --recursive components -o out").within(&tree);
    let count = overlays(&tree).len();
    let ran = ran.ends_with(0).prints("");
    assert!(ran.stderr.ends_with(&format!("rendered {count} of {count}\n")), "{}", ran.stderr);
    let files = tree.files("out");
    assert!(
        files.keys().any(
            |path| path == "ua/users-v2/overlays/prod/apps_v1_deployment_user-office-web-service-v2.yaml"
        ),
        "{:?}",
        files.keys()
    );
    assert!(files.keys().all(|path| !path.contains("/base/")), "bases are rendered on their own");
}

#[test]
fn charts_render_to_the_objects_of_helm() {
    let Some(helm) = peer("helm", "OARLOCK_HELM") else { return };
    let tree = example();
    let charts = charts(&tree);
    assert_eq!(charts.len(), 4, "{charts:?}");
    for chart in &charts {
        for environment in ["dev", "prod"] {
            let values = format!("values-{environment}.yaml");
            let ran = Run::new("render --plugins helm --output json --config")
                .arg(format!(
                    r#"helm={{"profile": "4.1", "releaseName": "rel", "namespace": "ua", "valueFiles": ["{values}"]}}"#
                ))
                .arg(chart)
                .within(&tree)
                .succeeds();
            let printed = Command::new(&helm)
                .args(["template", "rel", chart, "-n", "ua", "--include-crds", "-f"])
                .arg(format!("{chart}/{values}"))
                .current_dir(tree.root())
                .output()
                .unwrap();
            assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
            // What Helm prints is a file of manifests like any other.
            let printed = Tree::new().file("all.yaml", String::from_utf8(printed.stdout).unwrap());
            let expected = Run::new("render . --plugins directory --output json").within(&printed).succeeds();
            assert!(ran.stdout == expected.stdout, "{chart}: {}", difference(&expected.stdout, &ran.stdout));
        }
    }
}

#[test]
fn the_current_users_service_in_production() {
    let ran = Run::new("render components/ua/users-v2/overlays/prod").within(&example()).succeeds();
    golden("example/users-v2-prod.yaml", &ran.stdout);
}

/// Secrets that workloads ask for, by kind and name, for each overlay.
#[test]
fn workloads_get_their_vault_secrets() {
    let tree = example();
    let mut found = BTreeMap::new();
    for directory in overlays(&tree) {
        let secrets: Vec<String> = objects(&tree, &directory)
            .iter()
            .filter(|object| object["kind"] == "VaultStaticSecret")
            .map(|object| {
                let spec = &object["spec"];
                let text = |value: &serde_json::Value| value.as_str().unwrap_or("?").to_owned();
                let [mount, path, name] =
                    [&spec["mount"], &spec["path"], &spec["destination"]["name"]].map(text);
                format!("{mount} {path} -> {name}, wave {}", text(wave(object)))
            })
            .collect();
        found.insert(directory, secrets);
    }
    let users = &found["components/ua/users-v2/overlays/prod"];
    let expected = "users-and-auth prod/user-office-web-service -> user-office-web-service-v2";
    assert!(users.iter().any(|secret| secret.starts_with(expected)), "{users:?}");
    let table: String = found
        .iter()
        .map(|(directory, secrets)| {
            format!(
                "{directory}\n{}",
                secrets.iter().map(|secret| format!("  {secret}\n")).collect::<String>()
            )
        })
        .collect();
    golden("example/vault-secrets.txt", &table);
}

#[test]
fn waves_order_the_whole() {
    let tree = example();
    let mut table = String::new();
    for directory in [
        "components/ua/users-v2/overlays/prod",
        "components/ua/shared-config/overlays/prod",
        "components/ua/vault-operator-config/overlays/prod-v4",
        "components/ua/health-check-service/overlays/dev",
        "components/infra/rabbitmq-operators/overlays/prod",
    ] {
        let ran = Run::new("waves").arg(directory).within(&tree).succeeds();
        table += &format!("{directory}\n{}\n", ran.stdout);
    }
    golden("example/waves.txt", &table);
}

fn wave(object: &serde_json::Value) -> &serde_json::Value {
    &object["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
}

fn objects(tree: &Tree, directory: &str) -> Vec<serde_json::Value> {
    let ran = Run::new("render --output json").arg(directory).within(tree).ends_with(0);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Argo CD's own objects are plain manifests, rendered by the plugin that is left when no other
/// claims them.
#[test]
fn argo_cds_own_objects_render() {
    let tree = example();
    let applications: Vec<PathBuf> =
        std::fs::read_dir(tree.path("argocd")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(applications.len() >= 4);
    for directory in applications {
        let ran = Run::new("render --plugins directory --config")
            .arg(r#"directory={"recurse": true}"#)
            .arg(&directory)
            .within(&tree)
            .succeeds();
        assert!(ran.stdout.contains("kind: ApplicationSet"), "{}", directory.display());
    }
}
