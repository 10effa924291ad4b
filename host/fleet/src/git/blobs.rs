//! The files of a tree that lie in the object database.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use gix::ObjectId;
use gix::bstr::{BString, ByteSlice as _};
use oarlock_engine::source::{Digest, FileNumber, FileStore, ReadError};

use super::attributes::Attributes;
use super::cache::{Known, MAX_KEPT_BYTES};
use super::lfs;
use super::repository::Shared;

/// The largest file that is read, in bytes: the largest that a plugin may read.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Files in the object database, as a checkout would have them.
pub(super) struct Blobs {
    shared: Arc<Shared>,
    files: Vec<(ObjectId, BString)>,
    /// How content is converted, if it is.
    attributes: Option<Attributes>,
    /// The digests of content that is converted, which depend on the path, too.
    digests: RwLock<HashMap<FileNumber, Digest>>,
}

impl Blobs {
    pub(super) fn new(
        shared: Arc<Shared>,
        files: Vec<(ObjectId, BString)>,
        attributes: Option<Attributes>,
    ) -> Self {
        Self { shared, files, attributes, digests: RwLock::default() }
    }

    fn file(&self, number: FileNumber) -> Result<&(ObjectId, BString), ReadError> {
        self.files.get(number as usize).ok_or(ReadError::NotFound)
    }

    /// A blob as it is stored. Its size is looked up where it is not known.
    fn blob(&self, id: ObjectId, path: &BString, size: Option<u64>) -> Result<Bytes, ReadError> {
        if let Some(kept) = self.shared.cache.content(id) {
            return Ok(kept);
        }
        let missing = |error: &dyn std::fmt::Display| {
            ReadError::Failed(format!("`{path}` cannot be read from the repository: {error}"))
        };
        let content = self.shared.with(|repository| {
            // A small object may unpack to a large file.
            let size = match size {
                Some(size) => size,
                None => repository.find_header(id).map_err(|error| missing(&error))?.size(),
            };
            if size > MAX_FILE_BYTES {
                return Err(ReadError::Refused(format!(
                    "`{path}` is larger than {} MiB",
                    MAX_FILE_BYTES >> 20
                )));
            }
            let mut blob = repository.find_blob(id).map_err(|error| missing(&error))?;
            Ok(Bytes::from(blob.take_data().into_boxed_slice()))
        })?;
        self.shared.cache.keep(id, &content);
        Ok(content)
    }

    /// What is known of content that is not converted, for all trees that have it.
    fn known(&self, number: FileNumber, size: Option<u64>) -> Result<Known, ReadError> {
        let (id, _) = self.file(number)?;
        if let Some(known) = self.shared.cache.known(*id) {
            return Ok(known);
        }
        let content = self.content(number, size)?;
        let known = Known { digest: Digest::of(&content), size: content.len() as u64 };
        self.shared.cache.keep_known(*id, known);
        Ok(known)
    }

    /// A file as a checkout would have it. The size is that of the blob, where it is known.
    fn content(&self, number: FileNumber, size: Option<u64>) -> Result<Bytes, ReadError> {
        let (id, path) = self.file(number)?;
        let content = self.blob(*id, path, size)?;
        let common = || self.shared.with(|repository| repository.common_dir().to_owned());
        if let Some(resolved) = lfs::resolve(&content, &path.to_str_lossy(), common) {
            return resolved.map(Bytes::from);
        }
        match &self.attributes {
            Some(attributes) => attributes.check_out(&self.shared, path.as_bstr(), &content).map(Bytes::from),
            None => Ok(content),
        }
    }
}

impl FileStore for Blobs {
    fn read(&self, number: FileNumber) -> Result<Bytes, ReadError> {
        self.content(number, None)
    }

    fn size(&self, number: FileNumber) -> Result<u64, ReadError> {
        let (id, _) = self.file(number)?;
        let is_plain = self.attributes.is_none();
        if let Some(known) = self.shared.cache.known(*id).filter(|_| is_plain) {
            return Ok(known.size);
        }
        let header = self.shared.with(|repository| repository.find_header(*id).map(|header| header.size()));
        match header {
            // A small file may be a pointer, whose size is another. Most files that are looked up
            // are read, too.
            Ok(size) if is_plain && size <= MAX_KEPT_BYTES as u64 => {
                self.known(number, Some(size)).map(|known| known.size)
            }
            Ok(size) if is_plain || size > MAX_FILE_BYTES => Ok(size),
            _ => self.read(number).map(|content| content.len() as u64),
        }
    }

    fn digest(&self, number: FileNumber) -> Result<Digest, ReadError> {
        if self.attributes.is_none() {
            return self.known(number, None).map(|known| known.digest);
        }
        if let Some(digest) = self.digests.read().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return Ok(*digest);
        }
        let digest = Digest::of(&self.read(number)?);
        self.digests.write().unwrap_or_else(PoisonError::into_inner).insert(number, digest);
        Ok(digest)
    }
}
