//! What `generate`, `discover` and `parameters` share: commands that argocd-cmp-server runs, in the
//! directory of an Application and with what Argo CD tells in the environment.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use oarlock_plugin::{Application, TreePath};

use super::session::{HostOptions, Session};
use super::terminal::{self, Report};
use crate::exit::Exit;
use oarlock_engine::application::Context;
use oarlock_engine::diagnostic::{Diagnostic, application_error};
use oarlock_engine::pipeline::{RenderError, Renderer, Task};
use oarlock_engine::sandbox::Workload;
use oarlock_engine::source::Source;

/// Where argocd-cmp-server unpacks repositories: each into a directory of its own below this one.
const WORK_DIRECTORY: &str = "_cmp_server";

/// Where, for a command of a plugin.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The Application's directory.
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,

    /// What plugins may read [default: what argocd-cmp-server unpacked, else the enclosing git work
    /// tree, else DIR].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,
}

/// A request, as it is found around the command.
pub(super) struct PluginCommand {
    pub(super) tree: Arc<dyn Source>,
    pub(super) directory: TreePath,
    pub(super) renderer: Renderer,
    /// What plugins see.
    application: Application,
    /// The Application's name for messages.
    name: String,
}

impl Place {
    /// Opens the tree and reads the environment.
    ///
    /// # Errors
    /// If there is no such directory.
    pub(super) fn open(&self, host: &HostOptions) -> Result<PluginCommand> {
        let directory = std::path::absolute(&self.directory)?;
        let root = self.root.clone().or_else(|| unpacked(&directory));
        let (session, located) = Session::open(host, root.as_deref(), &directory, None, Workload::Few)?;
        session.tell_ignored(Report::Text);
        let variables = variables();
        let context = Context::of(
            located.as_str(),
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let renderer = session.renderer().clone();
        Ok(PluginCommand {
            tree: session.tree,
            directory: located,
            application: context.for_plugins(renderer.operator.argo_cd.revision),
            renderer,
            name: context.name().to_owned(),
        })
    }
}

impl PluginCommand {
    /// What is to be done.
    pub(super) fn task(&self) -> Task<'_> {
        Task { application: self.application.clone(), ..Task::new(&self.tree, &self.directory) }
    }

    /// Tells an error as Argo CD shows it: nothing but what is written here reaches people.
    pub(super) fn tell(&self, error: RenderError) -> Exit {
        let exit = crate::exit::exit_of(&error);
        terminal::say_block(&application_error(&self.name, &Diagnostic::from_render_error(error)));
        exit
    }
}

/// The directory that a repository was unpacked into, where the path leads through one.
fn unpacked(directory: &Path) -> Option<PathBuf> {
    let is_work = |place: &&Path| place.parent().is_some_and(|above| above.ends_with(WORK_DIRECTORY));
    directory.ancestors().find(is_work).map(Path::to_owned)
}

/// The variables in the order of their names: that of an environment means nothing.
fn variables() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    let mut variables: Vec<_> = env::vars_os().filter_map(text).collect();
    variables.sort();
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_what_was_unpacked() {
        for (directory, root) in [
            ("/tmp/_cmp_server/0a1b/apps/web", Some("/tmp/_cmp_server/0a1b")),
            ("/tmp/_cmp_server/0a1b", Some("/tmp/_cmp_server/0a1b")),
            ("/tmp/_cmp_server", None),
            ("/home/me/gitops/apps/web", None),
        ] {
            assert_eq!(unpacked(Path::new(directory)), root.map(PathBuf::from), "{directory}");
        }
    }
}
