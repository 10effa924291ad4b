//! What holds artifacts: a registry, or a directory.

use oarlock_model::Digest;

use crate::error::Error;
use crate::manifest::Descriptor;
use crate::reference::Which;

/// Holds artifacts: manifests by tag and digest, blobs by digest.
pub trait Store {
    /// A manifest as it is stored. One of a digest has it.
    ///
    /// # Errors
    /// If there is none, it is damaged, or the store cannot be read.
    fn manifest(&mut self, which: &Which) -> Result<Vec<u8>, Error>;

    /// Content of at most so many bytes. It has its digest.
    ///
    /// # Errors
    /// If there is none, it is damaged or larger, or the store cannot be read.
    fn blob(&mut self, blob: &Descriptor, most: u64) -> Result<Vec<u8>, Error>;

    /// The manifests that say something about one, such as signatures.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn referrers(&mut self, of: Digest) -> Result<Vec<Descriptor>, Error>;

    /// Stores content.
    ///
    /// # Errors
    /// If the store cannot be written to.
    fn put_blob(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// Stores a manifest, whose content is there, and has a tag name it.
    ///
    /// # Errors
    /// If the store cannot be written to.
    fn put_manifest(&mut self, tag: Option<&str>, bytes: &[u8]) -> Result<(), Error>;
}

/// The tag under which registries without a list of referrers have one.
pub(crate) fn referrers_tag(of: Digest) -> String {
    format!("sha256-{of}")
}

/// Content that has the digest that it should have.
pub(crate) fn checked(what: &str, bytes: Vec<u8>, stated: Digest) -> Result<Vec<u8>, Error> {
    let found = Digest::of(&bytes);
    if found == stated { Ok(bytes) } else { Err(Error::Damaged { what: what.to_owned(), stated, found }) }
}
