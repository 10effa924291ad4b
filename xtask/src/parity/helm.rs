//! Helm: each version's text of the charts of the corpus, and that of the library by its example
//! program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::Result;
use serde_json::Value;

use super::{Score, built, corpus, entries, is_equal, json, name, peer, row, text, texts};

/// Versions of Helm, and the profile that is to be theirs.
const VERSIONS: [(&str, &str); 3] = [("v3.19.4", "3.19"), ("v4.1.4", "4.1"), ("v4.2.1", "4.2")];

/// A chart of the corpus, with what it is rendered by.
struct Case {
    name: String,
    directory: PathBuf,
    chart: String,
    release: String,
    namespace: String,
    /// The switches that both programs have.
    switches: Vec<String>,
}

/// Measures and prints a row for each version.
pub(super) fn run(verbose: bool) -> Result<Vec<Score>> {
    let command = "cargo build --release -p oarlock-helm --example template";
    let template = built("examples/template", "OARLOCK_HELM_TEMPLATE", command)?;
    let cases: Vec<Case> =
        entries(&corpus("helm")?.join("cases"))?.iter().map(|path| case(path)).collect::<Result<_>>()?;
    println!("{} charts of the corpus\n", cases.len());
    println!("{:<10} {:<8} equal", "Helm", "profile");
    let mut scores = Vec::new();
    for (version, profile) in VERSIONS {
        let helm = helm(version)?;
        let is_equal = |case: &Case| is_equal(theirs(case, &helm), ours(case, &template, profile));
        scores.push(row(version, profile, &cases, |case| &case.name, is_equal, verbose));
    }
    Ok(scores)
}

/// The real Helm of a version, with what a release is linked with that shows in its output.
fn helm(version: &str) -> Result<PathBuf> {
    let module = if version.starts_with("v3") { "helm.sh/helm/v3" } else { "helm.sh/helm/v4" };
    let mut flags = format!("-X {module}/internal/version.version={version}");
    if version.starts_with("v3") {
        // Helm 4 looks at the version of its own client library instead.
        let kubernetes = format!("-X {module}/pkg/chartutil.k8sVersion");
        flags = format!("{flags} {kubernetes}Major=1 {kubernetes}Minor=34");
    }
    peer("helm", version, &format!("{module}/cmd/helm@{version}"), &flags)
}

fn case(directory: &Path) -> Result<Case> {
    let json = json(&directory.join("case.json"))?;
    let mut switches = Vec::new();
    let mut add = |switch: &str, values: &Value| {
        for value in texts(values) {
            switches.extend([switch.to_owned(), value]);
        }
    };
    add("--values", &json["values"]);
    add("--set", &json["set"]);
    add("--set-string", &json["setString"]);
    add("--set-json", &json["setJson"]);
    add("--api-versions", &json["apiVersions"]);
    add("--show-only", &json["showOnly"]);
    if let Some(version) = json["kubeVersion"].as_str() {
        switches.extend(["--kube-version".to_owned(), version.to_owned()]);
    }
    if json["includeCRDs"].as_bool() == Some(true) {
        switches.push("--include-crds".to_owned());
    }
    switches.extend(texts(&json["args"]));
    Ok(Case {
        name: name(directory),
        directory: directory.to_owned(),
        chart: text(&json["chart"]),
        release: text(&json["release"]),
        namespace: text(&json["namespace"]),
        switches,
    })
}

fn theirs(case: &Case, helm: &Path) -> std::io::Result<Output> {
    Command::new(helm)
        .args(["template", &case.release, &case.chart, "--namespace", &case.namespace])
        .args(&case.switches)
        .current_dir(&case.directory)
        .env("TZ", "UTC")
        .output()
}

fn ours(case: &Case, template: &Path, profile: &str) -> std::io::Result<Output> {
    Command::new(template)
        .args([&case.chart, "--profile", profile, "--name", &case.release, "--namespace", &case.namespace])
        .args(&case.switches)
        .current_dir(&case.directory)
        .output()
}
