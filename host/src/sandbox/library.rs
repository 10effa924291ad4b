//! The plugins that may run.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::code_cache::CodeCache;
use super::contract;
use super::engine::Engine;
use super::error::SandboxError;
use super::plugin::Plugin;
use crate::source::Digest;

/// Where a plugin's component comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// It is part of the binary.
    Bundled(&'static oarlock_bundle::Bundled),
    /// Bytes that were read already, for example from a repository.
    Bytes(Arc<[u8]>),
    /// A file, with the digest that it must have, where one is demanded.
    File {
        /// The file.
        path: PathBuf,
        /// SHA-256, lower-case hexadecimal.
        digest: Option<String>,
    },
}

/// The bytes of a component and their SHA-256.
#[derive(Clone, Debug)]
pub struct Component {
    /// The bytes.
    pub bytes: Cow<'static, [u8]>,
    /// SHA-256, lower-case hexadecimal.
    pub digest: String,
}

struct Slot {
    name: String,
    source: PluginSource,
    loaded: OnceLock<Result<Arc<Plugin>, SandboxError>>,
}

/// The plugins that may run, each loaded when it is first asked for. Clones share what is loaded.
#[derive(Clone)]
pub struct Library {
    engine: Engine,
    cache: Option<CodeCache>,
    slots: Vec<Arc<Slot>>,
}

impl Library {
    /// A library without plugins. Without a cache, every process compiles.
    pub fn new(engine: Engine, cache: Option<CodeCache>) -> Self {
        Self { engine, cache, slots: Vec::new() }
    }

    /// Adds a plugin. One of the same name that is there already gives way.
    pub fn add(&mut self, name: &str, source: PluginSource) {
        self.slots.retain(|slot| slot.name != name);
        self.slots.push(Arc::new(Slot { name: name.to_owned(), source, loaded: OnceLock::new() }));
    }

    /// The names of the plugins, in the order they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| slot.name.as_str())
    }

    /// Where a plugin comes from.
    pub fn source(&self, name: &str) -> Option<&PluginSource> {
        self.slot(name).ok().map(|slot| &slot.source)
    }

    /// The plugin of a name, loaded.
    ///
    /// # Errors
    /// If there is none, or it cannot be loaded; the same error each time.
    pub fn get(&self, name: &str) -> Result<Arc<Plugin>, SandboxError> {
        let slot = self.slot(name)?;
        slot.loaded.get_or_init(|| self.load(slot).map(Arc::new)).clone()
    }

    /// Whether a plugin's compiled code is in the cache.
    ///
    /// # Errors
    /// If its file cannot be read or is not the one that was allowed.
    pub(crate) fn is_compiled(&self, name: &str) -> Result<bool, SandboxError> {
        let component = self.component(name)?;
        Ok(self.cache.as_ref().is_some_and(|cache| cache.load(&self.engine, &component.digest).is_some()))
    }

    /// The component of a plugin.
    ///
    /// # Errors
    /// If its file cannot be read or is not the one that was allowed.
    pub fn component(&self, name: &str) -> Result<Component, SandboxError> {
        read(self.slot(name)?)
    }

    /// Whether there is a plugin of a name; the error names the nearest one.
    pub(crate) fn check_known(&self, name: &str) -> Result<(), SandboxError> {
        self.slot(name).map(|_| ())
    }

    fn slot(&self, name: &str) -> Result<&Slot, SandboxError> {
        let found = self.slots.iter().find(|slot| slot.name == name);
        found.map(Arc::as_ref).ok_or_else(|| SandboxError::Unknown {
            name: name.to_owned(),
            known: self.names().map(str::to_owned).collect(),
        })
    }

    fn load(&self, slot: &Slot) -> Result<Plugin, SandboxError> {
        // The digest of a bundled plugin is known without looking at it, which saves a warm start the reading and hashing.
        let component = read(slot)?;
        let cached = self.cache.as_ref().and_then(|cache| cache.load(&self.engine, &component.digest));
        if let Some(compiled) = cached {
            return Plugin::prepare(&slot.name, &self.engine, &compiled);
        }
        contract::check(&slot.name, &component.bytes)?;
        let compiled = wasmtime::component::Component::new(&self.engine.wasmtime, &component.bytes).map_err(
            |error| SandboxError::Unloadable { plugin: slot.name.clone(), reason: format!("{error:#}") },
        )?;
        let plugin = Plugin::prepare(&slot.name, &self.engine, &compiled)?;
        if let Some(cache) = &self.cache {
            cache.store(&self.engine, &component.digest, &compiled);
        }
        Ok(plugin)
    }
}

fn read(slot: &Slot) -> Result<Component, SandboxError> {
    let unloadable = |reason| SandboxError::Unloadable { plugin: slot.name.clone(), reason };
    match &slot.source {
        PluginSource::Bundled(bundled) => {
            Ok(Component { bytes: bundled.component.into(), digest: bundled.digest.to_owned() })
        }
        PluginSource::Bytes(bytes) => {
            Ok(Component { bytes: bytes.to_vec().into(), digest: Digest::of(bytes).to_string() })
        }
        PluginSource::File { path, digest: wanted } => {
            let bytes = std::fs::read(path)
                .map_err(|error| unloadable(format!("cannot read {}: {error}", path.display())))?;
            let digest = Digest::of(&bytes).to_string();
            if let Some(wanted) = wanted
                && *wanted != digest
            {
                let path = path.display();
                return Err(unloadable(format!(
                    "{path} has the digest sha256:{digest}, allowed is sha256:{wanted}"
                )));
            }
            Ok(Component { bytes: bytes.into(), digest })
        }
    }
}
