//! Plugins without a sandbox: the same engines, compiled natively, over the host's own trees.

use std::sync::Arc;

use oarlock_engine::sandbox::SandboxError;
use oarlock_engine::source::Source;
use oarlock_helm::Helm;
use oarlock_plugin::{
    Entry, Failure, Failures, Host, Level, Manifest, Metadata, Plugin as _, ReadError, Request, render_json,
};

/// A [`Host`] over a tree of the host, for running plugins natively. Warnings and log lines are
/// dropped.
pub struct NativeHost {
    tree: Arc<dyn Source>,
}

impl NativeHost {
    /// A host over a tree.
    pub fn new(tree: Arc<dyn Source>) -> Self {
        Self { tree }
    }
}

impl Host for NativeHost {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.tree.read(path)
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError> {
        let mut entries = self.tree.list(path)?.entries;
        entries.sort();
        Ok(entries)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        self.tree.stat(path)
    }

    fn log(&self, _: Level, _: &str) {}

    fn warn(&self, _: Failure) {}

    fn compose(&self, plugin: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures> {
        if plugin == Helm::NAME {
            return render_json::<Helm>(self, request);
        }
        let known = oarlock_bundle::BUNDLED.iter().map(|bundled| bundled.name.to_owned()).collect();
        let unknown = SandboxError::Unknown { name: plugin.to_owned(), known };
        Failures::check(unknown.into_failures()).map(|()| Vec::new())
    }
}
