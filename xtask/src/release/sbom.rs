//! The bill of materials of a binary: SPDX 2.3, from what cargo resolves for its target.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use jiff::Timestamp;
use oarlock_model::Digest;
use serde_json::{Value, json};

use crate::chores::cargo;

/// What is in the binary: the program, and the plugins that are embedded as components.
const ROOTS: [&str; 6] = [
    "oarlock",
    "oarlock-kustomize",
    "oarlock-helm",
    "oarlock-directory",
    "oarlock-vault",
    "oarlock-sync-wave",
];

/// The document for a target.
///
/// # Errors
/// If cargo cannot resolve the dependencies as Cargo.lock has them.
pub(super) fn of(target: &str, version: &str, date: u64) -> Result<String> {
    let output = cargo(&["metadata", "--locked", "--format-version=1", "--filter-platform", target])
        .output()
        .context("cannot run cargo")?;
    anyhow::ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let checksums = checksums(&super::read("Cargo.lock")?);
    document(&serde_json::from_slice(&output.stdout)?, &checksums, target, version, date)
}

/// The checksums of crates in a lock file, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let field = |package: &str, name: &str| {
        let start = format!("{name} = \"");
        package.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('"').map(str::to_owned))
    };
    lock.split("[[package]]")
        .filter_map(|package| {
            Some(((field(package, "name")?, field(package, "version")?), field(package, "checksum")?))
        })
        .collect()
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("cargo metadata has no `{key}`"))
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key].as_array().with_context(|| format!("cargo metadata has no `{key}`"))
}

fn document(
    metadata: &Value,
    checksums: &BTreeMap<(String, String), String>,
    target: &str,
    version: &str,
    date: u64,
) -> Result<String> {
    let mut packages = BTreeMap::new();
    for package in list(metadata, "packages")? {
        packages.insert(text(package, "id")?, package);
    }
    let mut dependencies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for node in list(&metadata["resolve"], "nodes")? {
        let of = dependencies.entry(text(node, "id")?).or_default();
        for dependency in list(node, "deps")? {
            // What only builds or tests is not in the binary.
            if list(dependency, "dep_kinds")?.iter().any(|kind| kind["kind"].is_null()) {
                of.insert(text(dependency, "pkg")?);
            }
        }
    }
    let mut open: Vec<&str> = Vec::new();
    for root in ROOTS {
        let is_root = |package: &&Value| package["name"] == root && package["source"].is_null();
        let package = packages.values().copied().find(|package| is_root(package));
        open.push(text(package.with_context(|| format!("the workspace has no {root}"))?, "id")?);
    }
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(dependencies.get(id).into_iter().flatten());
        }
    }
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    let (mut shown, mut relations) = (Vec::new(), Vec::new());
    for id in &found {
        let package = packages.get(id).context("cargo metadata lacks a package")?;
        let (name, number) = (text(package, "name")?, text(package, "version")?);
        let spdx = format!("SPDXRef-{}-{}", name.replace('_', "-"), number.replace('+', "-"));
        let mut item = json!({
            "SPDXID": spdx,
            "name": name,
            "versionInfo": number,
            "downloadLocation": match package["source"].as_str() {
                Some(_) => format!("https://static.crates.io/crates/{name}/{name}-{number}.crate"),
                None => "NOASSERTION".to_owned(),
            },
            "filesAnalyzed": false,
            "licenseConcluded": "NOASSERTION",
            // `MIT/Apache-2.0` is an old spelling.
            "licenseDeclared": package["license"].as_str().map_or_else(|| "NOASSERTION".to_owned(), |license| license.replace('/', " OR ")),
            "copyrightText": "NOASSERTION",
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": format!("pkg:cargo/{name}@{number}"),
            }],
        });
        if let Some(sum) = checksums.get(&(name.to_owned(), number.to_owned())) {
            item["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": sum}]);
        }
        shown.push(item);
        ids.insert(id, spdx);
    }
    for (id, spdx) in &ids {
        let relation = |from: &str, kind: &str, to: &str| json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to});
        let package = packages.get(id).context("cargo metadata lacks a package")?;
        if package["source"].is_null() && ROOTS.iter().any(|root| package["name"] == *root) {
            relations.push(relation("SPDXRef-DOCUMENT", "DESCRIBES", spdx));
        }
        for dependency in dependencies.get(id).into_iter().flatten() {
            relations.push(relation(
                spdx,
                "DEPENDS_ON",
                ids.get(dependency).context("a dependency is missing")?,
            ));
        }
    }
    let content = serde_json::to_string(&(&shown, &relations))?;
    let created = Timestamp::from_second(i64::try_from(date)?)?.to_string();
    let mut document = serde_json::to_string_pretty(&json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": format!("oarlock-v{version}-{target}"),
        // Another document has another name.
        "documentNamespace": format!("https://github.com/oarlock/oarlock/spdx/oarlock-v{version}-{target}-{}", Digest::of(content.as_bytes())),
        "creationInfo": {"created": created, "creators": ["Tool: cargo-xtask-release"]},
        "packages": shown,
        "relationships": relations,
    }))?;
    document.push('\n');
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_has_what_is_in_the_binary_alone() {
        let package = |name: &str, source: Value| json!({"id": name, "name": name, "version": "1.0.0", "source": source, "license": "MIT/Apache-2.0"});
        let mut packages: Vec<Value> = ROOTS.iter().map(|root| package(root, Value::Null)).collect();
        packages.extend(["serde", "builder", "unused"].map(|name| package(name, json!("registry"))));
        let dependency = |name: &str, kind: Value| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let mut nodes: Vec<Value> = ROOTS.iter().map(|root| json!({"id": root, "deps": []})).collect();
        nodes[0]["deps"] = json!([dependency("serde", Value::Null), dependency("builder", json!("build"))]);
        nodes.push(json!({"id": "serde", "deps": []}));
        let metadata = json!({"packages": packages, "resolve": {"nodes": nodes}});
        let sums = checksums("[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nchecksum = \"ab\"\n");
        let text = document(&metadata, &sums, "x", "1.0.0", 86_400).unwrap();
        assert_eq!(text, document(&metadata, &sums, "x", "1.0.0", 86_400).unwrap());
        let document: Value = serde_json::from_str(&text).unwrap();
        let names: Vec<&str> = document["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|package| package["name"].as_str().unwrap())
            .collect();
        assert!(
            names.contains(&"serde") && !names.contains(&"builder") && !names.contains(&"unused"),
            "{names:?}"
        );
        assert_eq!(document["creationInfo"]["created"], "1970-01-02T00:00:00Z");
        let serde = document["packages"]
            .as_array()
            .unwrap()
            .iter()
            .find(|package| package["name"] == "serde")
            .unwrap();
        assert_eq!(serde["checksums"][0]["checksumValue"], "ab");
        assert_eq!(serde["licenseDeclared"], "MIT OR Apache-2.0");
        let relations = document["relationships"].as_array().unwrap();
        assert_eq!(
            relations.iter().filter(|relation| relation["relationshipType"] == "DESCRIBES").count(),
            ROOTS.len()
        );
    }
}
