//! Components as an operator wants them: from a file or an artifact, pinned or signed.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use oarlock_model::Digest;

use crate::artifact::{Artifact, MAX_COMPONENT_BYTES, MAX_REFERRER_BYTES};
use crate::attached::verify_artifact;
use crate::error::Error;
use crate::layout::Layout;
use crate::open::open;
use crate::reference::{Place, Reference, Which};
use crate::registry::Access;
use crate::signature::{SignatureError, Signer, verify_bundles};
use crate::store::Store;

/// What the name of a bundle adds to that of the file that it signs.
const BUNDLE_SUFFIX: &str = ".sigstore.json";

/// Where a component comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// An artifact.
    Artifact(Reference),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Artifact(reference) => reference.fmt(f),
        }
    }
}

/// What has to hold of a component before it runs. One that is neither pinned nor signed does not
/// run: there is no policy that lets it.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The digest that it has to have: a file itself, an artifact its manifest.
    pub digest: Option<Digest>,
    /// Who may have signed it.
    pub signers: Vec<Signer>,
    /// Whether it has to be signed even if it is pinned.
    pub must_be_signed: bool,
}

/// A component that may run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The digest that pins it: of the file, or of the manifest of the artifact.
    pub digest: Digest,
    /// Why it may run, as `digest` or `signed by release`.
    pub trust: String,
}

/// Brings a component.
#[derive(Clone, Debug)]
pub struct ArtifactSource {
    /// Where it comes from.
    pub origin: Origin,
    /// What has to hold of it.
    pub policy: Policy,
    /// A directory in which artifacts of registries are kept, by their digests.
    pub kept: Option<PathBuf>,
    /// Whether registries may be asked. What is kept and pinned needs none.
    pub is_online: bool,
}

impl ArtifactSource {
    /// The component, if it may run.
    ///
    /// # Errors
    /// If it is not there, nobody vouches for it, or it is not what it should be.
    pub fn bring(&self) -> Result<Vouched, Error> {
        if self.policy.digest.is_none() && self.policy.signers.is_empty() {
            return Err(Error::Unvouched { what: self.origin.to_string() });
        }
        match &self.origin {
            Origin::File(path) => self.bring_file(path),
            Origin::Artifact(reference) => self.bring_artifact(reference),
        }
    }

    fn bring_file(&self, path: &Path) -> Result<Vouched, Error> {
        let bytes = read(path, MAX_COMPONENT_BYTES)?;
        let digest = Digest::of(&bytes);
        self.check_digest(digest)?;
        let trust = self.trust(|signers| {
            let mut name = path.as_os_str().to_owned();
            name.push(BUNDLE_SUFFIX);
            let bundle = match read(Path::new(&name), MAX_REFERRER_BYTES) {
                Ok(bundle) => Some(bundle),
                Err(Error::File { reason, .. }) if reason.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            Ok(verify_bundles(signers, &bytes, bundle.as_deref()))
        })?;
        Ok(Vouched { bytes, digest, trust })
    }

    fn bring_artifact(&self, reference: &Reference) -> Result<Vouched, Error> {
        let mut reference = reference.clone();
        if let Some(digest) = self.policy.digest {
            reference.digest = Some(digest);
        }
        let mut store = self.store(&reference)?;
        let artifact = Artifact::find(store.as_mut(), &reference)?;
        self.check_digest(artifact.digest)?;
        let trust = self.trust(|signers| verify_artifact(signers, store.as_mut(), &artifact))?;
        let bytes = artifact.component(store.as_mut())?;
        Ok(Vouched { bytes, digest: artifact.digest, trust })
    }

    /// The store to read an artifact from: of a registry what is kept, where it is or can be.
    fn store(&self, reference: &Reference) -> Result<Box<dyn Store>, Error> {
        if let Place::Layout(_) = &reference.place {
            return Ok(open(reference, Access::Pull));
        }
        let kept = self.kept.as_deref().map(Layout::new);
        if let (Some(mut kept), Which::Digest(_)) = (kept.clone(), reference.which())
            && Artifact::find(&mut kept, reference).and_then(|found| found.component(&mut kept)).is_ok()
        {
            return Ok(Box::new(kept));
        }
        if !self.is_online {
            return Err(Error::Offline { what: reference.to_string() });
        }
        let mut registry = open(reference, Access::Pull);
        let Some(mut kept) = kept else { return Ok(registry) };
        let artifact = Artifact::find(registry.as_mut(), reference)?;
        match artifact.copy(registry.as_mut(), &mut kept, reference.tag.as_deref()) {
            Ok(()) => Ok(Box::new(kept)),
            // Where nothing can be kept, each start fetches it.
            Err(Error::File { .. }) => Ok(registry),
            Err(error) => Err(error),
        }
    }

    fn check_digest(&self, found: Digest) -> Result<(), Error> {
        match self.policy.digest {
            Some(stated) if stated != found => {
                Err(Error::Damaged { what: self.origin.to_string(), stated, found })
            }
            _ => Ok(()),
        }
    }

    /// Why the component may run, if it may.
    fn trust(
        &self,
        verify: impl FnOnce(&[Signer]) -> Result<Result<String, SignatureError>, Error>,
    ) -> Result<String, Error> {
        let Policy { digest, signers, must_be_signed } = &self.policy;
        if digest.is_some() && !must_be_signed {
            return Ok("digest".to_owned());
        }
        match verify(signers)? {
            Ok(signer) => Ok(format!("signed by {signer}")),
            Err(reason) => Err(Error::Untrusted { what: self.origin.to_string(), reason }),
        }
    }
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Error::file(path))?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(Error::file(path))?;
    if bytes.len() as u64 > most {
        return Err(Error::TooLarge { what: path.display().to_string(), limit: most });
    }
    Ok(bytes)
}
