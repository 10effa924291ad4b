//! Plugins at work in this process.

use std::path::Path;
use std::sync::Arc;

use oarlock_engine::manifest::Manifest;
use oarlock_engine::sandbox::{
    CodeCache, Engine, Library, Limits, PluginSource, RenderRequest, SandboxError, Services, Workload,
};
use oarlock_engine::source::{Directory, TreePath};
use oarlock_plugin::Application;
use serde_json::Value;

use crate::cache_dir;

/// A library of plugins over a tree, and the limits of each call.
pub struct Sandbox {
    library: Arc<Library>,
    tree: Arc<Directory>,
    limits: Limits,
}

impl Sandbox {
    /// A sandbox with the bundled plugins.
    ///
    /// # Panics
    /// If the machine cannot run plugins, or the tree is not there.
    pub fn new(tree: &Path, workload: Workload) -> Self {
        let engine = Engine::new(workload).expect("an engine");
        let mut library = Library::new(engine, Some(CodeCache::new(cache_dir())));
        for bundled in oarlock_bundle::BUNDLED {
            library.add(bundled.name, PluginSource::Bundled(bundled));
        }
        Self::of(library, tree)
    }

    /// A sandbox with the plugins of a library.
    ///
    /// # Panics
    /// If the tree is not there.
    pub fn of(library: Library, tree: &Path) -> Self {
        let tree = Arc::new(Directory::open(tree).expect("a directory"));
        Self { library: Arc::new(library), tree, limits: Limits::default() }
    }

    /// Adds a plugin.
    #[must_use]
    pub fn with(mut self, name: &str, component: &[u8]) -> Self {
        Arc::make_mut(&mut self.library).add(name, PluginSource::Bytes(component.into()));
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same plugins over another tree.
    ///
    /// # Panics
    /// If the tree is not there.
    #[must_use]
    pub fn over(&self, tree: &Path) -> Self {
        let tree = Arc::new(Directory::open(tree).expect("a directory"));
        Self { library: Arc::clone(&self.library), tree, limits: self.limits }
    }

    /// What the calls of one render share.
    pub fn services(&self) -> Arc<Services> {
        Arc::new(Services::new(self.tree.clone(), Arc::clone(&self.library), self.limits))
    }

    /// Has a plugin render a directory.
    ///
    /// # Errors
    /// As the plugin and the host say.
    pub fn render(
        &self,
        plugin: &str,
        directory: &str,
        config: &Value,
    ) -> Result<Vec<Manifest>, SandboxError> {
        self.render_with(&self.services(), plugin, directory, config, Vec::new())
    }

    /// Has a plugin render a directory, with manifests to start from and services that are looked
    /// at afterwards.
    ///
    /// # Errors
    /// As the plugin and the host say.
    pub fn render_with(
        &self,
        services: &Arc<Services>,
        plugin: &str,
        directory: &str,
        config: &Value,
        manifests: Vec<Manifest>,
    ) -> Result<Vec<Manifest>, SandboxError> {
        let directory = TreePath::new(directory).map_err(|error| SandboxError::Host(error.to_string()))?;
        let request = RenderRequest {
            directory,
            application: Application::default(),
            config: config.to_string(),
            manifests,
        };
        self.library.get(plugin)?.render(services, request)
    }
}
