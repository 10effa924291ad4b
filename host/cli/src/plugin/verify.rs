//! `oarlock plugin verify`.

use std::path::PathBuf;

use anyhow::anyhow;
use oarlock_distribution::{Access, Artifact, Error, Reference, Signer, open, verify_artifact};
use oarlock_engine::printable;

use super::{Failed, reference};
use crate::exit::Exit;
use crate::session::HostOptions;
use crate::supply::{self, read_key, read_root};
use crate::terminal;

/// Verifies that a plugin in a registry or a directory is signed, offline but for fetching it.
///
/// Signatures are those of cosign: by a key of --key, by --identity and --issuer, or by who is
/// trusted in the operator's file.
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

    /// Someone who may have signed it without a key: an address of e-mail, or the URL of a
    /// workflow.
    #[arg(long, value_name = "IDENTITY", requires = "issuer", requires = "trust_root")]
    identity: Option<String>,

    /// The OIDC provider that vouches for --identity.
    #[arg(long, value_name = "URL", requires = "identity")]
    issuer: Option<String>,

    /// What --identity is verified against: Sigstore's `trusted_root.json`.
    #[arg(long, value_name = "FILE", requires = "identity")]
    trust_root: Option<PathBuf>,
}

/// Who may have signed it.
fn signers(host: &HostOptions, args: &Args) -> Result<Vec<Signer>, anyhow::Error> {
    let mut signers = Vec::new();
    for path in &args.key {
        signers.push(read_key(&path.display().to_string(), path)?);
    }
    if let (Some(identity), Some(issuer), Some(root)) = (&args.identity, &args.issuer, &args.trust_root) {
        signers.push(Signer::with_identity(identity, identity, issuer, read_root(root)?));
    }
    if signers.is_empty() {
        signers = supply::signers(&host.load_operator()?.trust, None)?;
    }
    Ok(signers)
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let signers = signers(host, args)?;
    if signers.is_empty() {
        return Err(anyhow!(
            "nobody is trusted: name a key by --key, somebody by --identity, or `trust.signers` in the operator's file"
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
