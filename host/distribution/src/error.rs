//! What can go wrong between a reference and a component.

use std::io;
use std::path::{Path, PathBuf};

use oarlock_model::{Digest, Failure};

use crate::helper::HelperError;
use crate::signature::SignatureError;

/// Why something was not fetched, pushed or verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text is no reference to an artifact.
    #[error("`{text}` is no reference to an artifact: {reason}")]
    Reference {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A server did not answer, or broke off.
    #[error("cannot fetch {url}: {reason}")]
    Unreachable {
        /// What was requested.
        url: String,
        /// The reason of the system or the client.
        reason: String,
    },
    /// A server answered something else than a success.
    #[error("cannot fetch {url}: status {status}{}", detail(.reason))]
    Status {
        /// What was requested.
        url: String,
        /// The status.
        status: u16,
        /// What the server says about it, if anything.
        reason: String,
    },
    /// A server refused what was pushed.
    #[error("cannot push to {url}: status {status}{}", detail(.reason))]
    Refused {
        /// Where to.
        url: String,
        /// The status.
        status: u16,
        /// What the server says about it, if anything.
        reason: String,
    },
    /// An answer is larger than what is read.
    #[error("{what} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// What is too large.
        what: String,
        /// The most that is read.
        limit: u64,
    },
    /// Content is not what its digest says.
    #[error("{what} has the digest sha256:{found}, not sha256:{stated}")]
    Damaged {
        /// Where the content came from.
        what: String,
        /// The digest that it should have.
        stated: Digest,
        /// The digest that it has.
        found: Digest,
    },
    /// A server answered what breaks the protocol.
    #[error("{what} is not as the specification of registries has it: {reason}")]
    Protocol {
        /// What was read.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such artifact.
    #[error("there is no `{0}`")]
    NotFound(String),
    /// There is an artifact, of another kind.
    #[error("`{what}` is no plugin: {reason}")]
    NotAPlugin {
        /// The reference.
        what: String,
        /// Why.
        reason: String,
    },
    /// A registry wants credentials to be sent without TLS.
    #[error("`{host}` wants credentials to be sent to {realm}")]
    Realm {
        /// The registry.
        host: String,
        /// Where to.
        realm: String,
    },
    /// The program that keeps the credentials of a registry does not give them.
    #[error("cannot get the credentials for `{host}` from `docker-credential-{helper}`: {reason}")]
    Credentials {
        /// The registry.
        host: String,
        /// The helper, as docker's configuration names it.
        helper: String,
        /// Why.
        reason: HelperError,
    },
    /// Nobody vouches for a component.
    #[error("{what} is neither pinned to a digest nor to be signed by anyone")]
    Unvouched {
        /// Where it comes from.
        what: String,
    },
    /// The signatures of a component do not count.
    #[error("{what} may not run: {reason}")]
    Untrusted {
        /// Where it comes from.
        what: String,
        /// Why.
        reason: SignatureError,
    },
    /// An artifact would have to be fetched where nothing is.
    #[error("{what} is not on this machine, and nothing is fetched here")]
    Offline {
        /// The reference.
        what: String,
    },
    /// A key cannot be used.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A file could not be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: io::Error,
    },
}

fn detail(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |reason| Self::File { path, reason }
    }

    pub(crate) fn protocol(what: &str, reason: impl std::fmt::Display) -> Self {
        Self::Protocol { what: what.to_owned(), reason: format!("{reason}") }
    }

    /// Whether the same request may work if it is repeated.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Damaged { .. } => true,
            Self::Status { status, .. } | Self::Refused { status, .. } => {
                matches!(status, 408 | 425 | 429 | 500..=599)
            }
            _ => false,
        }
    }

    /// Whether there is nothing under the name.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::Status { status: 404, .. })
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Reference { .. } => Some(
                "write it as `oci://HOST/REPOSITORY:TAG`, `oci-layout:DIRECTORY:TAG` or a path that starts with `./` or `/`, with `@sha256:…` to pin it",
            ),
            Self::Status { status: 401 | 403, .. } => Some(
                "log in by `helm registry login` or `docker login`; or fetch it by the command in the list",
            ),
            Self::Refused { status: 401 | 403, .. } => {
                Some("log in by `docker login` as someone who may push there")
            }
            Self::Status { status: 404, .. } => {
                Some("there is nothing: fix the repository's URL, or the chart's name or version")
            }
            Self::Credentials { reason: HelperError::Name | HelperError::Absent, .. } => Some(
                "install it, or correct `credHelpers` and `credsStore` in the `config.json` of docker or helm",
            ),
            Self::NotFound(_) => Some("check the repository and the tag"),
            Self::Unvouched { .. } => Some(
                "`oarlock plugin lock` pins all plugins of the operator's file; or set `digest`, or `trust.signers`",
            ),
            Self::Offline { .. } => Some("`oarlock plugin lock` fetches what the operator's file names"),
            Self::Damaged { .. } => Some("it was changed or cut off on the way, or it was published anew"),
            _ => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let failure = Self::new(error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
