//! Kubernetes' own OpenAPI document, where Go has downloaded the module that has it.

use std::path::PathBuf;
use std::process::Command;

use oarlock_kubernetes_schema::Release;
use serde_json::Value;

/// The documents that are there, oldest first; a note where there are none.
///
/// `go mod download k8s.io/kubernetes@v1.35.0` fetches one.
pub(crate) fn documents() -> Vec<(Release, Value)> {
    let cache = Command::new("go").args(["env", "GOMODCACHE"]).output();
    let cache = cache.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let directory = cache.unwrap_or_default().join("k8s.io");
    let mut found = Vec::new();
    for release in Release::all() {
        let file = directory.join(format!("kubernetes@v{release}.0/api/openapi-spec/swagger.json"));
        let Ok(text) = std::fs::read(&file) else { continue };
        let document: Value = serde_json::from_slice(&text).unwrap();
        found.push((release, document["definitions"].clone()));
    }
    if found.is_empty() {
        eprintln!(
            "note: nothing is compared with Kubernetes' own schemas: `go mod download k8s.io/kubernetes@v{}.0` fetches them",
            Release::NEWEST
        );
    }
    found
}
