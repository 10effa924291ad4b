//! The least that uses one part of kustomize, after the cases by which its users follow how its
//! releases change in speed (kubernetes-sigs/kustomize#5422): what each costs is nearly all start.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Programs, measure, report};

/// What each case builds.
const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: test\nspec:\n  replicas: 1\n";

/// A kind that is in no schema.
const UNKNOWN: &str =
    "apiVersion: example.com/v1\nkind: Unknown\nmetadata:\n  name: test\nspec:\n  replicas: 1\n";

/// Replaces a field of either by a JSON patch.
const JSON_PATCH: &str =
    "- target:\n    name: test\n  patch: |-\n    - op: replace\n      path: /spec/replicas\n      value: 2\n";

/// Merge into one each.
const MERGE_DEPLOYMENT: &str = "- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: test\n    spec:\n      replicas: 3\n";
const MERGE_UNKNOWN: &str = "- patch: |-\n    apiVersion: example.com/v1\n    kind: Unknown\n    metadata:\n      name: test\n    spec:\n      replicas: 3\n";

/// A case: what it is called, its resources, and its patches.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const CASES: [Case; 7] = [
    ("a Deployment", &[("deployment.yaml", DEPLOYMENT)], &[]),
    ("… and a JSON patch", &[("deployment.yaml", DEPLOYMENT)], &[JSON_PATCH]),
    ("… and a strategic merge patch", &[("deployment.yaml", DEPLOYMENT)], &[MERGE_DEPLOYMENT]),
    ("an object of a kind without a schema", &[("unknown.yaml", UNKNOWN)], &[]),
    ("… and a JSON patch", &[("unknown.yaml", UNKNOWN)], &[JSON_PATCH]),
    ("… and a merge patch", &[("unknown.yaml", UNKNOWN)], &[MERGE_UNKNOWN]),
    (
        "both, and all of these patches",
        &[("deployment.yaml", DEPLOYMENT), ("unknown.yaml", UNKNOWN)],
        &[JSON_PATCH, MERGE_DEPLOYMENT, MERGE_UNKNOWN],
    ),
];

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    let programs = Programs::get()?;
    println!("## The least of kustomize, whole process\n");
    report::head("what is built", "kubectl");
    for (name, resources, patches) in CASES {
        let directory = tempfile::tempdir()?;
        let directory = directory.path();
        write(directory, resources, patches)?;
        let measured =
            measure::compare(&|| programs.render(directory, directory), &|| programs.kustomize(directory));
        report::row(name, &measured.context(name)?);
    }
    println!();
    Ok(())
}

fn write(directory: &Path, resources: &[(&str, &str)], patches: &[&str]) -> Result<()> {
    let mut kustomization = String::from("resources:\n");
    for (file, text) in resources {
        fs::write(directory.join(file), text)?;
        writeln!(kustomization, "- {file}")?;
    }
    if !patches.is_empty() {
        kustomization.push_str("patches:\n");
    }
    kustomization.push_str(&patches.concat());
    fs::write(directory.join("kustomization.yaml"), kustomization)?;
    Ok(())
}
