//! Keeps track of where resources come from and what changes them, for `buildMetadata`.

use crate::resource::{Maker, Provenance, ResMap, Resource, Step};

/// The way from the directory that is built to a kustomization, as the kustomizations on it spell it.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace(Vec<String>);

impl Trace {
    /// The way on to another kustomization.
    pub(super) fn join(&self, path: &str) -> Self {
        let mut parts = self.0.clone();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.last().is_some_and(|last| last != "..") => {
                    parts.pop();
                }
                part => parts.push(part.to_owned()),
            }
        }
        Self(parts)
    }

    /// A file that holds resources.
    pub(super) fn file(&self, path: &str) -> Step {
        Step { path: self.join(path).spelled(), ..Step::default() }
    }

    /// A generator or transformer that a field of a kustomization configures.
    pub(super) fn builtin(&self, file_name: &str, kind: &str) -> Step {
        Step {
            configured_in: self.join(file_name).spelled(),
            configured_by: Maker {
                api_version: "builtin".to_owned(),
                kind: kind.to_owned(),
                ..Maker::default()
            },
            ..Step::default()
        }
    }

    fn spelled(&self) -> String {
        self.0.join("/")
    }
}

/// A generator or transformer that an object of its own configures.
pub(super) fn configured_by(config: &Resource) -> Option<Step> {
    let origin = config.provenance.as_ref()?.origin.as_ref()?;
    Some(Step {
        configured_in: origin.path.clone(),
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
}
