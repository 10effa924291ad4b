//! Images without a version.

use serde_json::Value;

use super::{about, quoted};
use crate::change::{Application, Object};
use crate::lint::{Found, LintRule};
use crate::secrets::pod;

pub(super) fn check(application: &Application, object: &Object, found: &mut Found) {
    let Some(pod) = pod(&object.manifest) else { return };
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let containers = pod.get(list).and_then(Value::as_array).into_iter().flatten();
        for container in containers {
            let Some(image) = container.get("image").and_then(Value::as_str) else { continue };
            if !is_floating(image) {
                continue;
            }
            let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
            let message = format!(
                "container {} has image {}, of which any version may run",
                quoted(name),
                quoted(image)
            );
            let hint = "name a version or a digest";
            found.add(
                LintRule::FloatingImage,
                about(application, object),
                &format!("{name} {image}"),
                (message, hint),
            );
        }
    }
}

fn is_floating(image: &str) -> bool {
    if image.is_empty() || image.contains('@') {
        return false;
    }
    match image.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag == "latest",
        _ => true,
    }
}
