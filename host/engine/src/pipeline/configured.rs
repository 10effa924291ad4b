//! What the configuration of a repository comes to for one render.
//!
//! The files of a configuration speak of many directories: of other plugins, of copies that a
//! render does not look up, of the fleet, of nothing in their comments. What reached the plugins of
//! a render is known once they ran. Where that is the same, and reads are answered the same way,
//! the result is the same, whatever else the files say.

use std::collections::BTreeSet;

use oarlock_model::{Digest, ReadError};
use oarlock_plugin::Application;
use serde::{Deserialize, Serialize};

use super::plan::{configuration_of, step_names};
use super::{LocatedProject, Overrides, Renderer, Task};
use crate::sandbox::{Defaults, Library};
use crate::source::{Lookup, LookupResult, ReadRecord, Remotes};

/// A digest of what reached the plugins of a render from the configuration of its repository. What
/// they look up in `remotes` is part of the [record of reads](super::RenderOutcome::reads) instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configured(Digest);

/// What a tree says of a task, before the first plugin runs.
pub(super) struct Parts<'a> {
    pub(super) project: &'a LocatedProject,
    pub(super) library: &'a Library,
    pub(super) defaults: &'a Defaults,
    /// The Application, with the facts that the repository adds.
    pub(super) application: &'a Application,
    pub(super) overrides: &'a Overrides,
}

/// Which plugins rendered, and whether they gave nothing.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The plugins, those that others called among them.
    pub plugins: &'a BTreeSet<String>,
    /// Whether the render gave no manifests.
    pub is_empty: bool,
}

impl Configured {
    /// `None` where a component of the repository cannot be read.
    pub(super) fn of(parts: &Parts<'_>, run: Run<'_>) -> Option<Self> {
        let Parts { project, library, defaults, application, overrides } = parts;
        let steps = step_names(library, project, overrides);
        let mut components = Vec::new();
        // Each of these may claim a directory.
        for (name, settings) in &project.project.plugins {
            if settings.component.is_some() {
                components.push((name, library.component(name).ok()?.digest));
            }
        }
        let plugins: Vec<_> = run
            .plugins
            .iter()
            .map(|name| (name, configuration_of(name, project, overrides), defaults.of(name)))
            .collect();
        let allow_empty = run.is_empty && project.project.allow_empty;
        let facts = (&application.kube_version, &application.api_versions);
        let text = serde_json::to_vec(&(steps, components, plugins, allow_empty, facts)).ok()?;
        Some(Self(Digest::of(&text)))
    }
}

impl Renderer {
    /// Whether the configuration of a tree comes to the same for a task as it did for an earlier
    /// render. `reads` are what plugins read then.
    pub fn is_configured_as(
        &self,
        task: &Task<'_>,
        (configured, run): (Configured, Run<'_>),
        reads: &ReadRecord,
    ) -> bool {
        let tree = task.tree.as_ref();
        let Ok((project, library, application)) = self.known(tree, task) else { return false };
        let defaults = self.defaults(&project, &library, &task.overrides);
        let parts = Parts {
            project: &project,
            library: &library,
            defaults: &defaults,
            application: &application,
            overrides: &task.overrides,
        };
        Configured::of(&parts, run) == Some(configured) && leads_to_the_same(&project.remotes, reads)
    }
}

/// Whether everything that was looked up by its URL is where it was.
fn leads_to_the_same(remotes: &Remotes, reads: &ReadRecord) -> bool {
    reads.iter().all(|(request, answer)| match request {
        Lookup::Remote(url) => {
            let now =
                remotes.find(url).map_or(LookupResult::Nothing(ReadError::NotFound), LookupResult::Copy);
            now == *answer
        }
        Lookup::Read(_) | Lookup::List(_) | Lookup::Stat(_) => true,
    })
}
