//! Manifests, indexes and descriptors.
//!
//! <https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md>

use std::collections::BTreeMap;

use oarlock_model::Digest;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::reference::parse_digest;

/// The media type of manifests.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of lists of manifests.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The largest manifest, or list of tags or referrers, that is read, in bytes. Registries take as
/// much.
pub const MAX_MANIFEST_BYTES: u64 = 4 << 20;

/// What names content: its type, digest and size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The media type.
    pub media_type: String,
    /// As `sha256:…`.
    pub digest: String,
    /// Bytes; 0 where a publisher does not say it.
    #[serde(default)]
    pub size: u64,
    /// What the content is an artifact of, where it is a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Free texts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What an artifact consists of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactManifest {
    /// 2.
    #[serde(default)]
    pub schema_version: u32,
    /// Its own media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What it is, where the type of the configuration does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// What describes the content.
    #[serde(default)]
    pub config: Descriptor,
    /// The content.
    #[serde(default)]
    pub layers: Vec<Descriptor>,
    /// The manifest that this one says something about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Free texts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A list of manifests.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// 2.
    #[serde(default)]
    pub schema_version: u32,
    /// Its own media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The manifests.
    #[serde(default)]
    pub manifests: Vec<Descriptor>,
}

impl Default for Index {
    fn default() -> Self {
        Self { schema_version: 2, media_type: Some(INDEX.to_owned()), manifests: Vec::new() }
    }
}

impl Descriptor {
    /// Names some content.
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: format!("sha256:{}", Digest::of(bytes)),
            size: bytes.len() as u64,
            ..Self::default()
        }
    }

    /// The digest. `whose` is for the message.
    ///
    /// # Errors
    /// If it is no SHA-256.
    pub fn digest(&self, whose: &str) -> Result<Digest, Error> {
        parse_digest(&self.digest)
            .ok_or_else(|| Error::protocol(whose, format!("it states `{}`, which is no digest", self.digest)))
    }
}

impl ArtifactManifest {
    /// Reads one.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(whose: &str, bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes).map_err(|error| Error::protocol(whose, error))
    }

    /// Names this manifest, whose bytes these are, in a list of referrers.
    pub(crate) fn descriptor(&self, bytes: &[u8]) -> Descriptor {
        let kind = self.artifact_type.clone().unwrap_or_else(|| self.config.media_type.clone());
        Descriptor {
            artifact_type: Some(kind),
            annotations: self.annotations.clone(),
            ..Descriptor::of(self.media_type.as_deref().unwrap_or(MANIFEST), bytes)
        }
    }
}
