//! Where components come from.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SandboxError;
use crate::source::Digest;

/// The largest component, in bytes: as large as a file that plugins may read.
const MAX_COMPONENT_BYTES: u64 = 64 << 20;

/// Where a plugin's component comes from.
#[derive(Clone, Debug)]
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
    /// What the program brings, from a registry for example, and has checked as the operator wants.
    Supplied(Arc<dyn Supply>),
}

/// Brings a component that the engine cannot read by itself.
pub trait Supply: fmt::Debug + Send + Sync {
    /// Where it comes from, for people.
    fn origin(&self) -> String;

    /// The bytes, and why they may run.
    ///
    /// # Errors
    /// If they are not there, or nobody vouches for them.
    fn supply(&self) -> Result<Supplied, SupplyError>;
}

/// A component that may run.
#[derive(Clone, Debug)]
pub struct Supplied {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Why it may run, as `digest` or `signed by release`.
    pub trust: String,
}

/// Why there is no component.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SupplyError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It may not run, or is not what it should be.
    #[error("{reason}")]
    Refused {
        /// Why.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// The bytes of a component and their SHA-256.
#[derive(Clone, Debug)]
pub struct Component {
    /// The bytes.
    pub bytes: Cow<'static, [u8]>,
    /// SHA-256, lower-case hexadecimal.
    pub digest: String,
    /// Why it may run.
    pub trust: String,
}

impl PluginSource {
    /// Where the component comes from, for people.
    pub fn origin(&self) -> String {
        match self {
            Self::Bundled(_) => "bundled".to_owned(),
            Self::Bytes(_) => "repository".to_owned(),
            Self::File { path, .. } => path.display().to_string(),
            Self::Supplied(supply) => supply.origin(),
        }
    }

    /// The component of a plugin.
    pub(super) fn read(&self, plugin: &str) -> Result<Component, SandboxError> {
        let plugin = || plugin.to_owned();
        let component = |bytes: Vec<u8>, trust: &str| {
            let digest = Digest::of(&bytes).to_string();
            Component { bytes: bytes.into(), digest, trust: trust.to_owned() }
        };
        match self {
            Self::Bundled(bundled) => Ok(Component {
                bytes: bundled.component.into(),
                digest: bundled.digest.to_owned(),
                trust: "bundled".to_owned(),
            }),
            Self::Bytes(bytes) => Ok(component(bytes.to_vec(), "repository")),
            Self::File { path, digest: wanted } => {
                let bytes = read_file(path).map_err(|error| SandboxError::Unreadable {
                    plugin: plugin(),
                    reason: format!("{}: {error}", path.display()),
                })?;
                let Some(wanted) = wanted else { return Ok(component(bytes, "command line")) };
                let found = component(bytes, "digest");
                if *wanted != found.digest {
                    let (path, digest) = (path.display(), found.digest);
                    let reason = format!("{path} has the digest sha256:{digest}, allowed is sha256:{wanted}");
                    return Err(SandboxError::Unloadable { plugin: plugin(), reason });
                }
                Ok(found)
            }
            Self::Supplied(supply) => match supply.supply() {
                Ok(Supplied { bytes, trust }) => Ok(component(bytes, &trust)),
                Err(SupplyError::Unreadable(reason)) => {
                    Err(SandboxError::Unreadable { plugin: plugin(), reason })
                }
                Err(SupplyError::Refused { reason, hint }) => {
                    Err(SandboxError::Refused { plugin: plugin(), reason, hint })
                }
            },
        }
    }
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_COMPONENT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_COMPONENT_BYTES {
        return Err(io::Error::other(format!("it is larger than {} MiB", MAX_COMPONENT_BYTES >> 20)));
    }
    Ok(bytes)
}
