//! Signatures that are attached to an artifact.

use crate::artifact::{Artifact, MAX_REFERRER_BYTES, MAX_REFERRERS, signatures_tag};
use crate::error::Error;
use crate::manifest::{ArtifactManifest, Descriptor};
use crate::reference::Which;
use crate::signature::{BUNDLE, Check, SignatureError, Signer};
use crate::store::Store;

/// The media type of what earlier versions of cosign signed.
const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The annotation that is the signature then.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// Who signed an artifact, of those who may.
///
/// # Errors
/// If the store cannot be read; the inner error if no signature counts.
pub fn verify_artifact(
    signers: &[Signer],
    store: &mut dyn Store,
    artifact: &Artifact,
) -> Result<Result<String, SignatureError>, Error> {
    let mut check = Check::new(signers);
    for bundle in bundles(store, artifact)? {
        if let Some(name) = check.bundle(&bundle, &artifact.manifest) {
            return Ok(Ok(name));
        }
    }
    for (layer, signature) in payloads(store, artifact)? {
        let payload = store.blob(&layer, MAX_REFERRER_BYTES)?;
        if let Some(name) = check.classic(&payload, &signature, artifact.digest) {
            return Ok(Ok(name));
        }
    }
    Ok(Err(check.into_error()))
}

/// How many signatures an artifact has, by any signer.
///
/// # Errors
/// If the store cannot be read.
pub fn count_signatures(store: &mut dyn Store, artifact: &Artifact) -> Result<usize, Error> {
    Ok(bundles(store, artifact)?.len() + payloads(store, artifact)?.len())
}

/// The bundles that refer to an artifact.
fn bundles(store: &mut dyn Store, artifact: &Artifact) -> Result<Vec<Vec<u8>>, Error> {
    let mut bundles = Vec::new();
    for referrer in store.referrers(artifact.digest)?.iter().take(MAX_REFERRERS) {
        let manifest = store.manifest(&Which::Digest(referrer.digest("a referrer")?))?;
        let manifest = ArtifactManifest::parse("a referrer", &manifest)?;
        let is_bundle = |layer: &&Descriptor| layer.media_type.starts_with(BUNDLE);
        for layer in manifest.layers.iter().filter(is_bundle) {
            if bundles.len() < MAX_REFERRERS {
                bundles.push(store.blob(layer, MAX_REFERRER_BYTES)?);
            }
        }
    }
    Ok(bundles)
}

/// What earlier versions of cosign signed for an artifact, and the signatures.
fn payloads(store: &mut dyn Store, artifact: &Artifact) -> Result<Vec<(Descriptor, String)>, Error> {
    let manifest = match store.manifest(&Which::Tag(signatures_tag(artifact.digest))) {
        Ok(manifest) => manifest,
        Err(Error::NotFound(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let manifest = ArtifactManifest::parse("the signatures", &manifest)?;
    let signed = manifest.layers.into_iter().filter(|layer| layer.media_type == PAYLOAD);
    let signed = signed.filter_map(|layer| {
        let signature = layer.annotations.get(SIGNATURE)?.clone();
        Some((layer, signature))
    });
    Ok(signed.take(MAX_REFERRERS).collect())
}
