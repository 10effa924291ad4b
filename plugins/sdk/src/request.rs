//! What a plugin is given to render.

use oarlock_model::{Application, TreePath};

use crate::manifest::Manifest;

/// One call of [`Plugin::render`](crate::Plugin::render).
#[derive(Clone, Debug)]
pub struct Request<Config> {
    /// The directory to render.
    pub directory: TreePath,
    /// What is known about the Application.
    pub application: Application,
    /// The plugin's configuration.
    pub config: Config,
    /// The manifests so far, in order. Empty for generators.
    pub manifests: Vec<Manifest>,
}
