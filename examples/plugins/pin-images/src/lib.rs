//! Pins the images of workloads to the digests of a lock file.
//!
//! The lock file is a JSON object: an image as manifests write it, and its digest. An image that it
//! does not have is an error at the line of that image, so that nothing is deployed by a tag alone.

mod lock;

use oarlock_plugin::{
    Failure, Failures, Host, Manifest, Plugin, Request, Stage, TreePath, schemars, serde, serde_json::Value,
};

use crate::lock::Lock;

/// What a pipeline may configure.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "serde", rename_all = "camelCase", deny_unknown_fields)]
#[schemars(crate = "schemars")]
pub struct Config {
    /// The lock file, from the root of the repository.
    #[serde(default = "default_lock_file")]
    lock_file: String,
    /// Images that may keep their tag: those that begin with one of these.
    #[serde(default)]
    except: Vec<String>,
}

fn default_lock_file() -> String {
    "images.lock.json".to_owned()
}

/// The plugin.
pub struct PinImages;

impl Plugin for PinImages {
    type Config = Config;
    const NAME: &'static str = "pin-images";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Transformer;
    const SUMMARY: &'static str = "Pins images to the digests of a lock file";

    fn render(host: &dyn Host, mut request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        let Config { lock_file, except } = &request.config;
        let path = TreePath::new(lock_file).map_err(|error| {
            Failure::new(error.to_string()).at(oarlock_plugin::Origin::in_config(["lockFile"]))
        })?;
        let text = host.read(&path).map_err(|error| {
            error.at(&path).hint("write the images and their digests there, or set `lockFile`")
        })?;
        let lock = Lock::parse(&path, &text)?;
        let mut failures = Vec::new();
        for manifest in &mut request.manifests {
            pin(manifest, &lock, except, &mut failures);
        }
        Failures::check(failures)?;
        Ok(request.manifests)
    }
}

/// Pins the images of one manifest. One without images is not parsed into a tree to be changed.
fn pin(manifest: &mut Manifest, lock: &Lock, except: &[String], failures: &mut Vec<Failure>) {
    let Some(path) = pod_spec(manifest.kind()) else { return };
    let images = images(manifest, path);
    for (keys, image) in images {
        let is_pinned = image.contains("@sha256:");
        if is_pinned || except.iter().any(|start| image.starts_with(start.as_str())) {
            continue;
        }
        if let Some(digest) = lock.digest(&image) {
            let keys: Vec<_> = keys.iter().map(String::as_str).collect();
            set(manifest, &keys, format!("{image}@{digest}"));
        } else {
            let failure = Failure::new(format!("`{image}` is not in `{}`", lock.path()))
                .hint("add it with its digest, which `crane digest IMAGE` prints");
            failures.push(match &manifest.origin {
                Some(origin) => failure.at(origin.within(keys)),
                None => failure.note(manifest.display_name()),
            });
        }
    }
}

/// Where a kind has the spec of its pods.
fn pod_spec(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Pod" => Some(&["spec"]),
        "PodTemplate" => Some(&["template", "spec"]),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
            Some(&["spec", "template", "spec"])
        }
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template", "spec"]),
        _ => None,
    }
}

/// The images of a manifest, and the keys that lead to each.
fn images(manifest: &Manifest, pod_spec: &[&str]) -> Vec<(Vec<String>, String)> {
    let mut images = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let path: Vec<_> = pod_spec.iter().copied().chain([list]).collect();
        let containers = manifest.at(&path).and_then(Value::as_array).into_iter().flatten();
        for (index, container) in containers.enumerate() {
            if let Some(image) = container.get("image").and_then(Value::as_str) {
                let keys = path.iter().copied().map(str::to_owned);
                let keys = keys.chain([index.to_string(), "image".to_owned()]).collect();
                images.push((keys, image.to_owned()));
            }
        }
    }
    images
}

/// Sets the text that the keys lead to.
fn set(manifest: &mut Manifest, keys: &[&str], text: String) {
    let Some((first, rest)) = keys.split_first() else { return };
    let mut value = manifest.object_mut().get_mut(*first);
    for key in rest {
        value = value.and_then(|value| match value {
            Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
            value => value.get_mut(*key),
        });
    }
    if let Some(value) = value {
        *value = Value::String(text);
    }
}

oarlock_plugin::export!(PinImages);

#[cfg(test)]
mod tests {
    use oarlock_plugin::{Application, MemoryHost, render_json};

    use super::*;

    const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn render(manifests: &[&str]) -> Result<Vec<Manifest>, Failures> {
        let lock = format!(r#"{{"web:1": "{DIGEST}"}}"#);
        let host = MemoryHost::new([("images.lock.json", lock)]);
        let manifests = manifests.iter().map(|json| Manifest::from_json((*json).to_owned()).unwrap());
        let request = Request {
            directory: TreePath::root(),
            application: Application::default(),
            config: "{}".to_owned(),
            manifests: manifests.collect(),
        };
        render_json::<PinImages>(&host, request)
    }

    const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"web:1"}]}}"#;

    #[test]
    fn a_second_run_changes_nothing() {
        let once = render(&[POD]).unwrap().remove(0).into_json();
        assert!(once.contains(&format!("web:1@{DIGEST}")), "{once}");
        assert_eq!(render(&[&once]).unwrap().remove(0).into_json(), once);
    }

    #[test]
    fn what_has_no_images_is_passed_on_as_it_came() {
        let service =
            r#"{"apiVersion": "v1",   "kind": "Service", "spec": {"containers": [{"image": "x"}]}}"#;
        assert_eq!(render(&[service]).unwrap().remove(0).into_json(), service);
    }

    #[test]
    fn every_image_that_is_missing_is_an_error() {
        let pod = r#"{"kind":"Pod","spec":{"containers":[{"image":"a"},{"image":"b:2"},{"name":"c"}]}}"#;
        let failures = render(&[pod, POD]).unwrap_err();
        let messages: Vec<_> = failures.as_slice().iter().map(|failure| failure.message.as_str()).collect();
        assert_eq!(messages, ["`a` is not in `images.lock.json`", "`b:2` is not in `images.lock.json`"]);
    }
}
