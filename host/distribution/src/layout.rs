//! A directory that holds artifacts, for machines without a network.
//!
//! <https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md>

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use oarlock_model::Digest;

use crate::error::Error;
use crate::manifest::{ArtifactManifest, Descriptor, Index, MANIFEST, MAX_MANIFEST_BYTES};
use crate::reference::Which;
use crate::store::{Store, checked, referrers_tag};

/// The annotation that is a manifest's tag.
const TAG: &str = "org.opencontainers.image.ref.name";

/// The file that says that a directory is a layout.
const MARK: &str = "oci-layout";
const MARK_TEXT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// A directory that holds artifacts.
#[derive(Clone, Debug)]
pub struct Layout {
    directory: PathBuf,
}

impl Layout {
    /// A directory, which is made when something is put into it.
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    fn path_of(&self, digest: Digest) -> PathBuf {
        self.directory.join("blobs/sha256").join(digest.to_string())
    }

    fn index_path(&self) -> PathBuf {
        self.directory.join("index.json")
    }

    /// The list of manifests; an empty one of a directory that is no layout yet.
    fn index(&self) -> Result<Index, Error> {
        let path = self.index_path();
        match read(&path, MAX_MANIFEST_BYTES) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| Error::protocol(&path.display().to_string(), error)),
            Err(Error::File { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => {
                Ok(Index::default())
            }
            Err(error) => Err(error),
        }
    }

    fn content(&self, digest: Digest, most: u64) -> Result<Vec<u8>, Error> {
        let path = self.path_of(digest);
        match read(&path, most) {
            Ok(bytes) => checked(&path.display().to_string(), bytes, digest),
            Err(Error::File { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => {
                Err(Error::NotFound(format!("oci-layout:{}@sha256:{digest}", self.directory.display())))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes the directory a layout.
    fn begin(&self) -> Result<(), Error> {
        let blobs = self.directory.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(Error::file(&blobs))?;
        let mark = self.directory.join(MARK);
        if mark.exists() { Ok(()) } else { write(&mark, MARK_TEXT) }
    }

    fn put(&self, bytes: &[u8]) -> Result<(), Error> {
        self.begin()?;
        write(&self.path_of(Digest::of(bytes)), bytes)
    }
}

impl Store for Layout {
    fn manifest(&mut self, which: &Which) -> Result<Vec<u8>, Error> {
        let digest = match which {
            Which::Digest(digest) => *digest,
            Which::Tag(tag) => {
                let index = self.index()?;
                let is_named = |found: &&Descriptor| found.annotations.get(TAG) == Some(tag);
                let found = index.manifests.iter().find(is_named).ok_or_else(|| {
                    Error::NotFound(format!("oci-layout:{}:{tag}", self.directory.display()))
                })?;
                found.digest(&self.index_path().display().to_string())?
            }
        };
        self.content(digest, MAX_MANIFEST_BYTES)
    }

    fn blob(&mut self, blob: &Descriptor, most: u64) -> Result<Vec<u8>, Error> {
        self.content(blob.digest(&self.directory.display().to_string())?, most)
    }

    fn referrers(&mut self, of: Digest) -> Result<Vec<Descriptor>, Error> {
        let whose = self.index_path().display().to_string();
        let mut found = Vec::new();
        for entry in self.index()?.manifests {
            // A list that was copied from a registry that keeps none.
            if entry.annotations.get(TAG) == Some(&referrers_tag(of)) {
                let list = self.content(entry.digest(&whose)?, MAX_MANIFEST_BYTES)?;
                let list: Index =
                    serde_json::from_slice(&list).map_err(|error| Error::protocol(&whose, error))?;
                found.extend(list.manifests);
                continue;
            }
            if entry.media_type != MANIFEST {
                continue;
            }
            let bytes = self.content(entry.digest(&whose)?, MAX_MANIFEST_BYTES)?;
            let manifest = ArtifactManifest::parse(&whose, &bytes)?;
            let subject = manifest.subject.as_ref().map(|subject| subject.digest(&whose)).transpose()?;
            let descriptor = manifest.descriptor(&bytes);
            // One with a tag and without is listed twice.
            if subject == Some(of) && !found.contains(&descriptor) {
                found.push(descriptor);
            }
        }
        Ok(found)
    }

    fn put_blob(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.put(bytes)
    }

    fn put_manifest(&mut self, tag: Option<&str>, bytes: &[u8]) -> Result<(), Error> {
        self.put(bytes)?;
        let mark = self.directory.join(MARK);
        // Others that add to the list at this moment wait.
        let lock = File::open(&mark).map_err(Error::file(&mark))?;
        lock.lock().map_err(Error::file(&mark))?;
        let whose = self.index_path().display().to_string();
        let kind = ArtifactManifest::parse(&whose, bytes)?.media_type;
        let mut entry = Descriptor::of(kind.as_deref().unwrap_or(MANIFEST), bytes);
        let mut index = self.index()?;
        match tag {
            Some(tag) => {
                entry.annotations.insert(TAG.to_owned(), tag.to_owned());
                index.manifests.retain(|found| found.annotations.get(TAG).map(String::as_str) != Some(tag));
            }
            None if index.manifests.iter().any(|found| found.digest == entry.digest) => return Ok(()),
            None => {}
        }
        index.manifests.push(entry);
        let text = serde_json::to_vec(&index).map_err(|error| Error::protocol(&whose, error))?;
        write(&self.index_path(), &text)
    }
}

/// A file of at most so many bytes.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let failed = || Error::file(path);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed())?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(failed())?;
    if bytes.len() as u64 > most {
        return Err(Error::TooLarge { what: path.display().to_string(), limit: most });
    }
    Ok(bytes)
}

/// Writes a file that is either whole or not there.
///
/// # Errors
/// If the operating system refuses.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = || Error::file(path);
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any other file: content of registries is no secret.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.prefix(".oarlock-").tempfile_in(parent).map_err(failed())?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed())?;
    file.persist(path).map(drop).map_err(|error| failed()(error.error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(subject: Option<&[u8]>) -> Vec<u8> {
        let manifest = ArtifactManifest {
            schema_version: 2,
            media_type: Some(MANIFEST.to_owned()),
            subject: subject.map(|bytes| Descriptor::of(MANIFEST, bytes)),
            ..ArtifactManifest::default()
        };
        serde_json::to_vec(&manifest).unwrap()
    }

    #[test]
    fn manifests_are_found_by_tag_by_digest_and_by_what_they_refer_to() {
        let outer = tempfile::tempdir().unwrap();
        let mut layout = Layout::new(&outer.path().join("layout"));
        let tag = |tag: &str| Which::Tag(tag.to_owned());
        assert!(matches!(layout.manifest(&tag("1")), Err(Error::NotFound(_))));
        let first = manifest(None);
        let signature = manifest(Some(&first));
        layout.put_manifest(Some("1"), &signature).unwrap();
        layout.put_manifest(Some("1"), &first).unwrap();
        layout.put_manifest(None, &signature).unwrap();
        layout.put_manifest(None, &signature).unwrap();
        assert_eq!(layout.manifest(&tag("1")).unwrap(), first);
        assert_eq!(layout.manifest(&Which::Digest(Digest::of(&signature))).unwrap(), signature);
        let referrers = layout.referrers(Digest::of(&first)).unwrap();
        assert_eq!(referrers.len(), 1);
        assert_eq!(referrers[0].digest("test").unwrap(), Digest::of(&signature));
        assert!(layout.referrers(Digest::of(&signature)).unwrap().is_empty());
        assert_eq!(layout.index().unwrap().manifests.len(), 2);
    }

    #[test]
    fn damage_and_size_are_found() {
        let outer = tempfile::tempdir().unwrap();
        let mut layout = Layout::new(outer.path());
        layout.put_blob(b"content").unwrap();
        let blob = Descriptor::of("text/plain", b"content");
        assert_eq!(layout.blob(&blob, 7).unwrap(), b"content");
        assert!(matches!(layout.blob(&blob, 6), Err(Error::TooLarge { limit: 6, .. })));
        fs::write(layout.path_of(Digest::of(b"content")), "conTent").unwrap();
        assert!(matches!(layout.blob(&blob, 7), Err(Error::Damaged { .. })));
    }
}
