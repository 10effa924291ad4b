//! `oarlock plugin verify`.

use std::path::PathBuf;

use anyhow::anyhow;
use oarlock_distribution::{Access, Artifact, Error, Reference, Signer, open, verify_artifact};
use oarlock_engine::printable;

use super::{Failed, reference};
use crate::exit::Exit;
use crate::session::HostOptions;
use crate::supply::read_key;
use crate::terminal;

/// Verifies that a plugin in a registry or a directory is signed, offline but for fetching it.
///
/// Signatures are those of cosign, by keys: of --key, or of `trust.signers` in the operator's file.
///
/// Exit status: 1 if it is not signed by any of them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which one: oci://HOST/REPOSITORY:TAG, or oci-layout:DIRECTORY:TAG; @sha256:… pins it.
    #[arg(value_name = "REF", value_parser = reference)]
    what: Reference,

    /// A file with the public key of someone who may have signed it, as PEM.
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let mut signers: Vec<Signer> = Vec::new();
    for path in &args.key {
        signers.push(read_key(&path.display().to_string(), path).map_err(anyhow::Error::new)?);
    }
    if args.key.is_empty() {
        for (name, signer) in &host.load_operator()?.trust.signers {
            signers.push(read_key(name, &signer.key).map_err(anyhow::Error::new)?);
        }
    }
    if signers.is_empty() {
        return Err(anyhow!(
            "nobody is trusted: name a key by --key, or `trust.signers` in the operator's file"
        )
        .into());
    }
    let mut store = open(&args.what, Access::Pull);
    let artifact = Artifact::find(store.as_mut(), &args.what)?;
    // What is verified is there, and whole.
    artifact.component(store.as_mut())?;
    let verified = args.what.clone().pinned(artifact.digest).to_string();
    match verify_artifact(&signers, store.as_mut(), &artifact)? {
        Ok(signer) => {
            let text =
                format!("verified  {}\nsigned by {}\n", printable::line(&verified), printable::line(&signer));
            Ok(terminal::print_text(&text)?)
        }
        Err(reason) => Err(Error::Untrusted { what: verified, reason }.into()),
    }
}
