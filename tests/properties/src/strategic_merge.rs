//! No strategic merge or JSON patch makes the merge panic, and what comes out can be patched with
//! nothing and stays the same.
//!
//! The input is a resource and a patch with a line `===` between them.

use oarlock_kustomize::{Options, build};
use oarlock_plugin::{MemoryHost, TreePath};
use oarlock_yaml::{Dialect, emit};

const BY_ITSELF: &str = "resources: [resource.yaml]\npatches: [{path: patch.yaml}]\n";
const BY_TARGET: &str = "resources: [resource.yaml]\npatches: [{path: patch.yaml, target: {kind: .*}}]\n";
const PLAIN: &str = "resources: [resource.yaml]\n";

/// Checks one input.
///
/// # Panics
/// If the property does not hold.
pub fn check(text: &str) {
    let Some((resource, patch)) = text.split_once("\n===\n") else { return };
    for kustomization in [BY_ITSELF, BY_TARGET] {
        if let Some(patched) = render(kustomization, resource, patch)
            && let Some(again) = render(PLAIN, &patched, "")
        {
            assert_eq!(again, patched);
        }
    }
}

/// What a build prints; nothing where it fails.
fn render(kustomization: &str, resource: &str, patch: &str) -> Option<String> {
    let host = MemoryHost::new([
        ("kustomization.yaml", kustomization),
        ("resource.yaml", resource),
        ("patch.yaml", patch),
    ]);
    let root = TreePath::new(".").expect("the root is a path");
    let resources = build(&host, &root, &Options::default()).ok()?;
    let printed: Option<Vec<String>> =
        resources.iter().map(|resource| emit(&resource.object, Dialect::Kustomize).ok()).collect();
    printed.map(|printed| printed.join("---\n"))
}
