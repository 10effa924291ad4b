//! How the components get here that the operator's file names: checked as it wants, fetched where
//! that is allowed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use oarlock_plugin::Failure;

use oarlock_distribution::{
    ArtifactSource, Error, Origin, Place, Policy, Reference, SignatureError, Signer, TrustRoot, parse_digest,
};
use oarlock_engine::pipeline::{Operator, OperatorPlugin, Trust, TrustedSigner};
use oarlock_engine::sandbox::{Library, Supplied, Supply, SupplyError};
use oarlock_engine::source::Digest;

/// The directory in the cache that keeps what was fetched.
const ARTIFACTS: &str = "artifacts";

/// Whether registries may be asked. A render does not: what it needs is on this machine, or it
/// fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// No connection is made.
    Unused,
    /// Artifacts are fetched.
    Used,
}

/// Puts the plugins that the operator allows into a library.
///
/// # Errors
/// If the operator's file cannot be followed. A component that is not there, or may not run, is an
/// error of its plugin when it is loaded.
pub(super) fn fill(
    operator: &Operator,
    library: &mut Library,
    cache: Option<&Path>,
    network: Network,
) -> Result<()> {
    let bring = |name: &str, plugin: &OperatorPlugin| -> Result<Arc<dyn Supply>, Failure> {
        Ok(Arc::new(Brought(source(operator, name, plugin, cache, network)?)))
    };
    Ok(operator.fill(library, &bring)?)
}

/// Where a plugin comes from, and what has to hold of it.
///
/// # Errors
/// If a key cannot be used, or the lock file pins another source.
pub(super) fn source(
    operator: &Operator,
    name: &str,
    plugin: &OperatorPlugin,
    cache: Option<&Path>,
    network: Network,
) -> Result<ArtifactSource, Failure> {
    let origin = match (&plugin.artifact, &plugin.component) {
        (Some(artifact), _) => Origin::Artifact(artifact.parse()?),
        (None, Some(path)) => Origin::File(path.clone()),
        (None, None) => return Err(Failure::new(format!("plugin `{name}` is nowhere"))),
    };
    // Checked when the operator's file was read, where the word in front may be missing.
    let own =
        plugin.digest.as_deref().map(|text| text.trim_start_matches("sha256:")).and_then(Digest::from_hex);
    let digest = match (own, &origin, operator.lock.plugins.get(name)) {
        (Some(digest), _, _) => Some(digest),
        (None, Origin::Artifact(Reference { digest: Some(digest), .. }), _) => Some(*digest),
        (None, origin, Some(locked)) => Some(pinned(name, origin, locked)?),
        (None, _, None) => None,
    };
    let policy = Policy {
        digest,
        signers: signers(&operator.trust, plugin.signed_by.as_deref())?,
        must_be_signed: plugin.signed_by.is_some(),
    };
    let kept = cache.map(|cache| cache.join(ARTIFACTS));
    Ok(ArtifactSource { origin, policy, kept, is_online: network == Network::Used })
}

/// What the lock file says of a plugin: its source, and a digest.
pub(super) fn locked(origin: &Origin, digest: Digest) -> String {
    // Where the operator's file lies is no part of what it says.
    let last = |path: &Path| path.file_name().map(PathBuf::from).unwrap_or_default();
    let source = match origin {
        Origin::File(path) => last(path).display().to_string(),
        Origin::Artifact(reference) => {
            let place = match &reference.place {
                Place::Layout(directory) => Place::Layout(last(directory)),
                registry @ Place::Registry { .. } => registry.clone(),
            };
            Reference { place, digest: None, ..reference.clone() }.to_string()
        }
    };
    format!("{source}@sha256:{digest}")
}

/// The digest that the lock file pins a plugin to.
fn pinned(name: &str, origin: &Origin, text: &str) -> Result<Digest, Failure> {
    let digest = text.rsplit_once('@').and_then(|(_, digest)| parse_digest(digest));
    let hint = "`oarlock plugin lock` writes it anew";
    let digest = digest.ok_or_else(|| {
        Failure::new(format!("oarlock.lock pins plugin `{name}` to `{text}`, which has no digest")).hint(hint)
    })?;
    let expected = locked(origin, digest);
    if expected == text {
        Ok(digest)
    } else {
        Err(Failure::new(format!(
            "oarlock.lock pins plugin `{name}` from another source than the operator's file names"
        ))
        .note(format!("locked: {text}"))
        .note(format!("named: {origin}"))
        .hint(hint))
    }
}

/// Those of the trusted signers who may have signed a plugin.
pub(super) fn signers(trust: &Trust, names: Option<&[String]>) -> Result<Vec<Signer>, Failure> {
    let is_wanted = |name: &String| names.is_none_or(|names| names.contains(name));
    let mut root = None;
    let mut signers = Vec::new();
    for (name, signer) in trust.signers.iter().filter(|(name, _)| is_wanted(name)) {
        signers.push(match (signer, &trust.root) {
            (TrustedSigner::Key(path), _) => read_key(name, path)?,
            (TrustedSigner::Identity { identity, issuer }, Some(path)) => {
                let root = match &root {
                    Some(root) => root,
                    None => root.insert(read_root(path)?),
                };
                Signer::with_identity(name, identity, issuer, TrustRoot::clone(root))
            }
            // The operator's file is refused that says so.
            (TrustedSigner::Identity { .. }, None) => {
                return Err(Failure::new(format!("there is no trust root to verify `{name}` against")));
            }
        });
    }
    Ok(signers)
}

/// Someone who may sign, by the file of a key.
pub(super) fn read_key(name: &str, path: &Path) -> Result<Signer, Failure> {
    parsed(path, |text| Signer::with_key(name, text))
}

/// What identities are verified against.
pub(super) fn read_root(path: &Path) -> Result<TrustRoot, Failure> {
    parsed(path, TrustRoot::parse)
}

/// What a file says about trust.
fn parsed<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, SignatureError>) -> Result<T, Failure> {
    let read = || -> Result<T> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(parse(&text)?)
    };
    read().map_err(|error| Failure::new(format!("{error:#}")))
}

/// The files and directories that the operator's plugins come from, the operator's file first.
#[cfg(feature = "server")]
pub(super) fn files(file: &Path, operator: &Operator) -> Vec<PathBuf> {
    let mut files = vec![file.to_owned(), file.with_file_name(oarlock_engine::LockFile::NAME)];
    files.extend(operator.plugin_directories.iter().cloned());
    files.extend(operator.trust.files().cloned());
    for plugin in operator.plugins.values() {
        files.extend(plugin.component.clone());
        let layout = plugin.artifact.as_ref().and_then(|artifact| artifact.parse().ok());
        if let Some(Reference { place: Place::Layout(directory), .. }) = layout {
            files.push(directory);
        }
    }
    files
}

/// A component that the operator's file names.
#[derive(Debug)]
struct Brought(ArtifactSource);

impl Supply for Brought {
    fn origin(&self) -> String {
        self.0.origin.to_string()
    }

    fn supply(&self) -> Result<Supplied, SupplyError> {
        match self.0.bring() {
            Ok(vouched) => Ok(Supplied { bytes: vouched.bytes, trust: vouched.trust }),
            Err(error @ (Error::File { .. } | Error::Unreachable { .. })) => {
                Err(SupplyError::Unreadable(error.to_string()))
            }
            Err(error) => {
                let hint = error.hint().map(str::to_owned);
                Err(SupplyError::Refused { reason: error.to_string(), hint })
            }
        }
    }
}
