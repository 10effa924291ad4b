//! Names of artifacts.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use oarlock_model::Digest;

use crate::error::Error;

/// What digests start with.
const ALGORITHM: &str = "sha256:";

/// The tag of a reference that names neither a tag nor a digest.
const LATEST: &str = "latest";

/// Where an artifact is, and which one of those that are there.
///
/// As text `oci://HOST/REPOSITORY:TAG`, where `oci://` may be left out, or
/// `oci-layout:DIRECTORY:TAG`, or a path that starts with `/`, `./` or `../`. Each may end with
/// `@sha256:…`, which pins it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where it is.
    pub place: Place,
    /// Its tag, where one is named.
    pub tag: Option<String>,
    /// The digest of its manifest, where it is pinned.
    pub digest: Option<Digest>,
}

/// Where artifacts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a registry.
    Registry {
        /// The host, with a port if it is not the usual one.
        host: String,
        /// The path in the registry.
        repository: String,
    },
    /// In a directory, by the specification of OCI image layouts.
    Layout(PathBuf),
}

/// Which manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that a tag names now.
    Tag(String),
    /// The one of a digest.
    Digest(Digest),
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => write!(f, "{ALGORITHM}{digest}"),
        }
    }
}

impl Reference {
    /// Which manifest it names: that of the digest, if it has one.
    pub fn which(&self) -> Which {
        match (self.digest, &self.tag) {
            (Some(digest), _) => Which::Digest(digest),
            (None, tag) => Which::Tag(tag.clone().unwrap_or_else(|| LATEST.to_owned())),
        }
    }

    /// The same, pinned to the manifest of a digest.
    #[must_use]
    pub fn pinned(mut self, digest: Digest) -> Self {
        self.digest = Some(digest);
        self
    }

    /// The last part of the name, for a file.
    pub fn name(&self) -> &str {
        match &self.place {
            Place::Registry { repository, .. } => repository.rsplit('/').next().unwrap_or(repository),
            Place::Layout(directory) => {
                directory.file_name().and_then(|name| name.to_str()).unwrap_or("plugin")
            }
        }
    }
}

/// `sha256:…` as a digest.
pub fn parse_digest(text: &str) -> Option<Digest> {
    Digest::from_hex(text.strip_prefix(ALGORITHM)?)
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |reason| Error::Reference { text: text.chars().take(200).collect(), reason };
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => {
                let digest =
                    parse_digest(digest).ok_or_else(|| wrong("what follows the `@` is no SHA-256 digest"))?;
                (name, Some(digest))
            }
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            // A port, or the end of a scheme.
            Some((start, tag)) if tag.contains('/') || start == "oci-layout" => (name, None),
            Some((name, tag)) => (name, Some(tag.to_owned())),
            None => (name, None),
        };
        if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
            return Err(wrong("a tag has up to 128 letters, digits, `_`, `.` and `-`"));
        }
        let path = name.strip_prefix("oci-layout:").or_else(|| is_path(name).then_some(name));
        if let Some(path) = path {
            if path.is_empty() {
                return Err(wrong("it names no directory"));
            }
            return Ok(Self { place: Place::Layout(path.into()), tag, digest });
        }
        let (host, repository) = name
            .strip_prefix("oci://")
            .unwrap_or(name)
            .split_once('/')
            .ok_or_else(|| wrong("it has no `HOST/REPOSITORY`"))?;
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err(wrong("the host is none"));
        }
        // `org/name` is a repository of one registry to some programs, and of another one to
        // others.
        if !name.starts_with("oci://") && !host.contains(['.', ':']) && host != "localhost" {
            return Err(wrong("it names no host"));
        }
        if !repository.split('/').all(is_repository_part) {
            return Err(wrong(
                "a repository has lower-case letters and digits, with `.`, `_` or `-` between them",
            ));
        }
        let place = Place::Registry { host: host.to_owned(), repository: repository.to_owned() };
        Ok(Self { place, tag, digest })
    }
}

fn is_path(text: &str) -> bool {
    text == "." || text == ".." || ["/", "./", "../"].iter().any(|start| text.starts_with(start))
}

fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = text.bytes();
    text.len() <= 128
        && bytes.next().is_some_and(is_word)
        && bytes.all(|byte| is_word(byte) || byte == b'.' || byte == b'-')
}

fn is_repository_part(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    ends.into_iter().all(|end| end.is_some_and(is_word))
        && text.bytes().all(|byte| is_word(byte) || b"._-".contains(&byte))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Registry { host, repository } => write!(f, "oci://{host}/{repository}")?,
            Place::Layout(directory) => write!(f, "oci-layout:{}", directory.display())?,
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{ALGORITHM}{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_they_are_written() {
        let digest = format!("sha256:{}", Digest::of(b"manifest"));
        for (text, canonical) in [
            ("oci://h.example/org/a:1.0", "oci://h.example/org/a:1.0"),
            ("h.example/org/a:1.0", "oci://h.example/org/a:1.0"),
            ("localhost:5000/a", "oci://localhost:5000/a"),
            ("oci://registry/a", "oci://registry/a"),
            ("oci-layout:plugins:1.0", "oci-layout:plugins:1.0"),
            ("oci-layout:plugins", "oci-layout:plugins"),
            ("./plugins:1.0", "oci-layout:./plugins:1.0"),
            ("/srv/plugins", "oci-layout:/srv/plugins"),
        ] {
            for suffix in [String::new(), format!("@{digest}")] {
                let reference: Reference = format!("{text}{suffix}").parse().unwrap();
                assert_eq!(reference.to_string(), format!("{canonical}{suffix}"));
                assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference);
            }
        }
        let reference: Reference = "h.example/a".parse().unwrap();
        assert_eq!(reference.which(), Which::Tag("latest".to_owned()));
        assert_eq!(reference.pinned(Digest::of(b"m")).which(), Which::Digest(Digest::of(b"m")));
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in [
            "",
            "a",
            "org/a:1.0",
            "oci://",
            "oci:///a",
            "oci://user@h.example/a",
            "h.example/",
            "h.example/A",
            "h.example/../a",
            "h.example/a:",
            "h.example/a:b c",
            "h.example/a@sha256:12",
            "h.example/a@md5:12",
            "oci-layout:",
            "https://h.example/a",
            "h.example/-a",
            "h.example/a/",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}
