//! `IAMPolicyGenerator`: a Kubernetes service account bound to one of Google Cloud.

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Mapping, Node, Value};

use crate::resource::Resource;

/// Makes the service account that the configuration describes.
///
/// # Errors
/// If the cloud is none that kustomize knows.
pub(crate) fn service_account(config: &Node) -> Result<Resource> {
    let text = |path: &[&str]| config.at(path).and_then(Node::scalar_text).unwrap_or_default();
    let cloud = text(&["cloud"]);
    if cloud != "gke" {
        return Err(Failure::new(format!("`IAMPolicyGenerator` knows the cloud `gke`, not `{cloud}`")));
    }
    let account = format!(
        "{}@{}.iam.gserviceaccount.com",
        text(&["serviceAccount", "name"]),
        text(&["serviceAccount", "projectId"])
    );
    let mut annotations = Mapping::default();
    annotations.push("iam.gke.io/gcp-service-account", Node::string(account));
    let mut metadata = Mapping::default();
    metadata.push("annotations", Node::new(Value::Mapping(annotations)));
    metadata.push("name", Node::plain(text(&["kubernetesService", "name"])));
    let namespace = text(&["kubernetesService", "namespace"]);
    if !namespace.is_empty() {
        metadata.push("namespace", Node::plain(namespace));
    }
    let mut object = Mapping::default();
    object.push("apiVersion", Node::string("v1"));
    object.push("kind", Node::string("ServiceAccount"));
    object.push("metadata", Node::new(Value::Mapping(metadata)));
    Ok(Resource::new(Node::new(Value::Mapping(object)), None))
}
