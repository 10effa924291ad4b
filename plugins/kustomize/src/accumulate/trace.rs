//! Keeps track of where resources come from and what changes them, for `buildMetadata`.

use oarlock_plugin::RepositoryUrl;

use crate::resource::{Maker, Provenance, ResMap, Resource, Step};

/// The way from the directory that is built, or from the root of the remote repository, to a
/// kustomization, as the kustomizations on it spell it.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    parts: Vec<String>,
    repo: String,
    reference: String,
}

/// What kustomize writes in the place of a path for the root of a repository: the name that it
/// gives clones that are not made yet.
const ROOT_OF_CLONE: &str = "notCloned";

impl Trace {
    /// The way on to another kustomization.
    pub(super) fn join(&self, path: &str) -> Self {
        let Some(url) = RepositoryUrl::parse(path) else { return self.join_path(path) };
        let repo =
            Self { repo: url.clone_url, reference: url.reference.unwrap_or_default(), ..Self::default() };
        repo.join_path(if url.directory.is_root() { ROOT_OF_CLONE } else { &url.directory })
    }

    fn join_path(&self, path: &str) -> Self {
        let mut trace = self.clone();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." if trace.parts.last().is_some_and(|last| last != "..") => {
                    trace.parts.pop();
                }
                part => trace.parts.push(part.to_owned()),
            }
        }
        trace
    }

    /// A file that holds resources.
    pub(super) fn file(&self, path: &str) -> Step {
        let Self { parts, repo, reference } = self.join(path);
        Step { path: parts.join("/"), repo, reference, ..Step::default() }
    }

    /// A generator or transformer that a field of a kustomization configures.
    pub(super) fn builtin(&self, file_name: &str, kind: &str) -> Step {
        Step {
            configured_in: self.join(file_name).parts.join("/"),
            repo: self.repo.clone(),
            reference: self.reference.clone(),
            configured_by: Maker {
                api_version: "builtin".to_owned(),
                kind: kind.to_owned(),
                ..Maker::default()
            },
            ..Step::default()
        }
    }
}

/// A generator or transformer that an object of its own configures.
pub(super) fn configured_by(config: &Resource) -> Option<Step> {
    let origin = config.provenance.as_ref()?.origin.as_ref()?;
    Some(Step {
        configured_in: origin.path.clone(),
        repo: origin.repo.clone(),
        reference: origin.reference.clone(),
        configured_by: Maker {
            api_version: config.gvk().api_version(),
            kind: config.kind().to_owned(),
            name: config.name().to_owned(),
            namespace: config.namespace().to_owned(),
        },
        ..Step::default()
    })
}

/// Says where a resource comes from.
pub(super) fn set_origin(resource: &mut Resource, step: &Step) {
    resource.provenance.get_or_insert_default().origin = Some(step.clone());
}

/// Says of generated resources what made them, unless they know.
pub(super) fn generated(resources: &mut [Resource], step: Option<&Step>) {
    let Some(step) = step else { return };
    for resource in resources.iter_mut().filter(|resource| origin(resource).is_none()) {
        set_origin(resource, step);
    }
}

/// Says of all resources what changed them; of those that come from nowhere, that it made them.
pub(super) fn transformed(resources: &mut ResMap, step: Option<&Step>) {
    let Some(step) = step else { return };
    for resource in resources.iter_mut() {
        if origin(resource).is_none() {
            set_origin(resource, step);
        } else {
            resource.provenance.get_or_insert_default().transformations.push(step.clone());
        }
    }
}

fn origin(resource: &Resource) -> Option<&Step> {
    resource.provenance.as_deref().and_then(|provenance: &Provenance| provenance.origin.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_they_are_spelled() {
        let prod = Trace::default();
        let base = prod.join("../../base");
        assert_eq!(base.file("./x/y.yaml").path, "../../base/x/y.yaml");
        assert_eq!(base.join("../other").file("y.yaml").path, "../../other/y.yaml");
        assert_eq!(base.join("../../..").file("y.yaml").path, "../../../../y.yaml");
    }

    #[test]
    fn what_is_remote_is_told_from_the_root_of_its_repository() {
        let remote = Trace::default().join("base").join("github.com/org/repo//deploy/a?ref=v1");
        let step = remote.join("../b").file("y.yaml");
        let told = (step.path.as_str(), step.repo.as_str(), step.reference.as_str());
        assert_eq!(told, ("deploy/b/y.yaml", "https://github.com/org/repo", "v1"));
        assert_eq!(Trace::default().join("github.com/org/repo").file("y.yaml").path, "notCloned/y.yaml");
    }
}
