//! OCI artifacts: plugins, charts and their signatures, in registries and in directories.
//!
//! A [`Reference`] names an artifact. [`open`] gives the [`Store`] that it is in: a [`Registry`],
//! or a [`Layout`] on disk. [`Packed`] makes an artifact of a component and pushes it, [`Artifact`]
//! is one that is read. Everything that has a digest is checked against it, every answer has a
//! limit, and what fails in the middle leaves nothing half-written.
//!
//! [`ArtifactSource`] brings the component of a plugin as its [`Policy`] wants: pinned to a digest,
//! or signed.
//!
//! The requests are made by ureq, which the rest of Oarlock uses, and not by the crates
//! `oci-client` and `oci-wasm`: these need tokio, reqwest and a second set-up of TLS for the dozen
//! requests of the protocol, half of which were here for charts.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod artifact;
mod attached;
mod challenge;
mod credentials;
mod error;
mod helper;
mod http;
mod key;
mod layout;
mod login;
mod manifest;
mod open;
mod reference;
mod registry;
mod signature;
mod source;
mod store;

pub use artifact::{About, Artifact, Config, Interfaces, Packed};
pub use attached::{count_signatures, verify_artifact};
pub use error::Error;
pub use helper::HelperError;
pub use http::{Client, HttpResponse};
pub use layout::{Layout, write};
pub use manifest::{ArtifactManifest, Descriptor, INDEX, Index, MANIFEST, MAX_MANIFEST_BYTES};
pub use open::open;
pub use reference::{Place, Reference, Which, parse_digest};
pub use registry::{Access, Registry};
pub use signature::{SignatureError, Signer, TrustRoot, verify_bundles};
pub use source::{ArtifactSource, Origin, Policy, Vouched};
pub use store::Store;
