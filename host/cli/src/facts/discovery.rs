//! What the API server tells of itself: `/version`, and the resources of each API version.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde::Deserialize;

use oarlock_engine::pipeline::Facts;

/// One of the objects that the API server answers with.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ApiList {
    kind: String,
    /// Of `/version`.
    git_version: Option<String>,
    /// Of `kubectl version --output json`.
    server_version: Option<Version>,
    /// Of an `APIResourceList`.
    group_version: String,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    kind: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    version: String,
}

/// Reads what `kubectl get --raw` printed, one object after the other.
///
/// # Errors
/// If it is something else.
pub(super) fn read(name: &str, text: &[u8]) -> Result<Facts> {
    let mut kube_version = None;
    // Argo CD sorts them.
    let mut api_versions = BTreeSet::new();
    for answer in serde_json::Deserializer::from_slice(text).into_iter::<ApiList>() {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => bail!("{name}: {error}; wanted is what `kubectl get --raw` prints"),
        };
        if answer.kind == "Status" {
            bail!(
                "{name}: the API server refused to answer; `kubectl auth can-i get /api` tells whether you may ask"
            );
        }
        let version = answer.git_version.or(answer.server_version.map(|version| version.git_version));
        kube_version = version.map(|version| normalized(&version)).or(kube_version);
        if answer.group_version.is_empty() {
            continue;
        }
        for resource in answer.resources.iter().filter(|resource| !resource.name.contains('/')) {
            // A resource may say that its kind is of another group, as `scale` does.
            let group_version = match (resource.group.as_str(), resource.version.as_str()) {
                ("" | "core", "") => answer.group_version.clone(),
                ("", version) => version.to_owned(),
                (group, version) => format!("{group}/{version}"),
            };
            api_versions.insert(format!("{group_version}/{}", resource.kind));
        }
        api_versions.insert(answer.group_version);
    }
    let Some(kube_version) = kube_version else {
        bail!("{name} does not tell the version; `kubectl get --raw /version` does");
    };
    if api_versions.is_empty() {
        bail!("{name} tells no API versions; `kubectl get --raw /api/v1` does, and so on for each");
    }
    Ok(Facts { kube_version: Some(kube_version), api_versions: api_versions.into_iter().collect() })
}

/// The version as Argo CD tells it to plugins: without `v` and what distributions add.
fn normalized(version: &str) -> String {
    let version = version.trim_start_matches('v');
    version.split(['-', '+']).next().unwrap_or(version).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: &str = r#"
        {"major": "1", "minor": "34", "gitVersion": "v1.34.2-gke.100+abc", "platform": "linux/amd64"}
        {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
            {"name": "pods", "kind": "Pod"}, {"name": "pods/log", "kind": "Pod"}]}
        {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "apps/v1", "resources": [
            {"name": "deployments", "kind": "Deployment"},
            {"name": "deployments/scale", "kind": "Scale", "group": "autoscaling", "version": "v1"}]}
    "#;

    #[test]
    fn facts_are_those_that_argo_cd_would_tell() {
        let facts = read("-", ANSWERS.as_bytes()).unwrap();
        assert_eq!(facts.kube_version.as_deref(), Some("1.34.2"));
        assert_eq!(facts.api_versions, ["apps/v1", "apps/v1/Deployment", "v1", "v1/Pod"]);
        let of_client = ANSWERS.replacen(
            r#"{"major": "1", "minor": "34", "gitVersion": "v1.34.2-gke.100+abc", "platform": "linux/amd64"}"#,
            r#"{"clientVersion": {"gitVersion": "v1.36.0"}, "serverVersion": {"gitVersion": "v1.34.2"}}"#,
            1,
        );
        assert_eq!(read("-", of_client.as_bytes()).unwrap(), facts);
    }

    #[test]
    fn what_is_missing_is_told() {
        for (text, message) in [
            ("", "- does not tell the version"),
            (r#"{"gitVersion": "v1.34.2"}"#, "- tells no API versions"),
            (r#"{"kind": "Status", "code": 403}"#, "the API server refused to answer"),
            ("NAME SHORTNAMES", "wanted is what `kubectl get --raw` prints"),
        ] {
            let error = read("-", text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
