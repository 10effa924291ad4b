//! Where the render happens: namespaces and names that several parts need alike.

use oarlock_plugin::{Application, Manifest};

use crate::config::Config;

/// What is known about the render as a whole.
#[derive(Debug)]
pub(crate) struct Scope<'r> {
    /// The configuration.
    pub(crate) config: &'r Config,
    /// The Application, as far as it is known.
    pub(crate) application: &'r Application,
    /// The variables that the configured layout finds in the rendered directory.
    pub(crate) directory: Vec<(String, String)>,
    /// The rendered directory, for messages.
    pub(crate) path: String,
}

impl Scope<'_> {
    /// The namespace that an object ends up in; empty where it is not known, which then is the same
    /// one for all.
    pub(crate) fn namespace<'m>(&'m self, manifest: &'m Manifest) -> &'m str {
        match manifest.namespace() {
            "" => self.application.namespace.as_deref().unwrap_or(""),
            namespace => namespace,
        }
    }
}
