//! A plugin as an artifact, in the form that the tools for WebAssembly give it.
//!
//! <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>. Equal components make equal
//! artifacts: nothing in them is of the moment.

use std::collections::BTreeMap;

use oarlock_model::Digest;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::manifest::{ArtifactManifest, Descriptor, MANIFEST};
use crate::reference::{Reference, Which};
use crate::store::{Store, referrers_tag};

/// The media type of what describes a component.
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The media type of a component, and those of earlier tools.
const COMPONENTS: [&str; 3] = [
    "application/wasm",
    "application/vnd.wasm.content.layer.v1+wasm",
    "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm",
];
/// The largest component: as large as the engine loads.
pub(crate) const MAX_COMPONENT_BYTES: u64 = 64 << 20;
/// The largest signature or other content that says something about a plugin.
pub(crate) const MAX_REFERRER_BYTES: u64 = 4 << 20;
/// The most signatures and other manifests that say something about a plugin.
pub(crate) const MAX_REFERRERS: usize = 100;

/// What an artifact says of its component.
#[derive(Clone, Debug, Default)]
pub struct About<'a> {
    /// The plugin.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// One sentence.
    pub summary: &'a str,
    /// The names of what it imports.
    pub imports: &'a [String],
    /// The names of what it exports.
    pub exports: &'a [String],
    /// When it was made, in seconds since 1970, for those who want it to be said.
    pub created: i64,
}

/// What describes a component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// When it was made.
    pub created: Option<String>,
    /// `wasm`.
    pub architecture: String,
    /// `wasip2` for components.
    pub os: String,
    /// The digests of the layers.
    pub layer_digests: Vec<String>,
    /// What a component imports and exports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Interfaces>,
}

/// The names of what a component imports and exports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interfaces {
    /// The exports.
    pub exports: Vec<String>,
    /// The imports.
    pub imports: Vec<String>,
}

/// An artifact that was read.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// The manifest as it is stored.
    pub manifest: Vec<u8>,
    /// The digest of the manifest, by which the artifact is pinned.
    pub digest: Digest,
    /// Where the component is.
    pub layer: Descriptor,
    parsed: ArtifactManifest,
}

/// What is to be pushed.
#[derive(Clone, Debug)]
pub struct Packed {
    config: Vec<u8>,
    manifest: Vec<u8>,
}

impl Packed {
    /// Makes an artifact of a component.
    ///
    /// # Errors
    /// If it is larger than plugins may be.
    pub fn new(component: &[u8], about: &About<'_>) -> Result<Self, Error> {
        if component.len() as u64 > MAX_COMPONENT_BYTES {
            return Err(Error::TooLarge { what: "the component".to_owned(), limit: MAX_COMPONENT_BYTES });
        }
        let layer = Descriptor::of(COMPONENTS[0], component);
        let created = jiff::Timestamp::from_second(about.created)
            .map_err(|error| Error::protocol("the time of the artifact", error))?;
        let config = Config {
            created: Some(created.to_string()),
            architecture: "wasm".to_owned(),
            os: "wasip2".to_owned(),
            layer_digests: vec![layer.digest.clone()],
            component: Some(Interfaces { exports: about.exports.to_vec(), imports: about.imports.to_vec() }),
        };
        let unwritable = |error| Error::protocol("the artifact", error);
        let config = serde_json::to_vec(&config).map_err(unwritable)?;
        let annotations = [("title", about.name), ("version", about.version), ("description", about.summary)];
        let manifest = ArtifactManifest {
            schema_version: 2,
            media_type: Some(MANIFEST.to_owned()),
            config: Descriptor::of(CONFIG, &config),
            layers: vec![layer],
            annotations: annotations
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(key, text)| (format!("org.opencontainers.image.{key}"), text.to_owned()))
                .collect::<BTreeMap<_, _>>(),
            ..ArtifactManifest::default()
        };
        Ok(Self { config, manifest: serde_json::to_vec(&manifest).map_err(unwritable)? })
    }

    /// The digest by which it is pinned.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }

    /// Pushes it: its content first, so that nobody finds half of it.
    ///
    /// # Errors
    /// If the store refuses.
    pub fn push(&self, store: &mut dyn Store, component: &[u8], tag: Option<&str>) -> Result<(), Error> {
        store.put_blob(component)?;
        store.put_blob(&self.config)?;
        store.put_manifest(tag, &self.manifest)
    }
}

impl Artifact {
    /// Reads the manifest of a plugin.
    ///
    /// # Errors
    /// If there is none, it is damaged, or it is of something else.
    pub fn find(store: &mut dyn Store, reference: &Reference) -> Result<Self, Error> {
        let manifest = store.manifest(&reference.which())?;
        let whose = reference.to_string();
        let parsed = ArtifactManifest::parse(&whose, &manifest)?;
        let not = |reason: String| Error::NotAPlugin { what: whose.clone(), reason };
        let is_component = |layer: &&Descriptor| COMPONENTS.contains(&layer.media_type.as_str());
        let mut components = parsed.layers.iter().filter(is_component);
        let layer = match (components.next(), components.next()) {
            (Some(layer), None) => layer.clone(),
            (Some(_), Some(_)) => return Err(not("it has more than one component".to_owned())),
            (None, _) => {
                let kinds: Vec<&str> = parsed.layers.iter().map(|layer| layer.media_type.as_str()).collect();
                return Err(not(if kinds.is_empty() {
                    "it has no layers".to_owned()
                } else {
                    format!("its layers are {}, not application/wasm", kinds.join(", "))
                }));
            }
        };
        Ok(Self { digest: Digest::of(&manifest), manifest, layer, parsed })
    }

    /// Fetches the component.
    ///
    /// # Errors
    /// If it is not there, is damaged or too large.
    pub fn component(&self, store: &mut dyn Store) -> Result<Vec<u8>, Error> {
        let stated = self.layer.size;
        if stated > MAX_COMPONENT_BYTES {
            return Err(Error::TooLarge { what: self.layer.digest.clone(), limit: MAX_COMPONENT_BYTES });
        }
        let most = if stated == 0 { MAX_COMPONENT_BYTES } else { stated };
        store.blob(&self.layer, most)
    }

    /// The free texts of its manifest.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.parsed.annotations
    }

    /// Copies it with all that is said about it, such as signatures. The tag comes last.
    ///
    /// # Errors
    /// If one of the stores refuses.
    pub fn copy(&self, from: &mut dyn Store, to: &mut dyn Store, tag: Option<&str>) -> Result<(), Error> {
        let component = self.component(from)?;
        to.put_blob(&component)?;
        if !self.parsed.config.digest.is_empty() {
            to.put_blob(&from.blob(&self.parsed.config, MAX_REFERRER_BYTES)?)?;
        }
        for layer in self.parsed.layers.iter().filter(|layer| layer.digest != self.layer.digest) {
            to.put_blob(&from.blob(layer, MAX_REFERRER_BYTES)?)?;
        }
        // Without a tag first: who refers to a manifest wants it to be there.
        to.put_manifest(None, &self.manifest)?;
        for referrer in from.referrers(self.digest)?.iter().take(MAX_REFERRERS) {
            let manifest = from.manifest(&Which::Digest(referrer.digest("a referrer")?))?;
            copy_manifest(from, to, None, &manifest)?;
        }
        let signatures = signatures_tag(self.digest);
        match from.manifest(&Which::Tag(signatures.clone())) {
            Ok(manifest) => copy_manifest(from, to, Some(&signatures), &manifest)?,
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        to.put_manifest(tag, &self.manifest)
    }
}

fn copy_manifest(
    from: &mut dyn Store,
    to: &mut dyn Store,
    tag: Option<&str>,
    manifest: &[u8],
) -> Result<(), Error> {
    let parsed = ArtifactManifest::parse("a signature", manifest)?;
    let contents = parsed.layers.iter().chain([&parsed.config]).filter(|content| !content.digest.is_empty());
    for content in contents.take(MAX_REFERRERS) {
        to.put_blob(&from.blob(content, MAX_REFERRER_BYTES)?)?;
    }
    to.put_manifest(tag, manifest)
}

/// The tag under which earlier versions of cosign put signatures of a manifest.
pub(crate) fn signatures_tag(of: Digest) -> String {
    format!("{}.sig", referrers_tag(of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    fn about<'a>(imports: &'a [String], exports: &'a [String]) -> About<'a> {
        About { name: "hello", version: "0.1.0", summary: "Greets", imports, exports, created: 0 }
    }

    #[test]
    fn the_form_is_that_of_the_tools_and_always_the_same() {
        let (imports, exports) = (["a:b/c@0.1.0".to_owned()], ["render".to_owned()]);
        let packed = Packed::new(b"component", &about(&imports, &exports)).unwrap();
        let digest = Digest::of(b"component");
        assert_eq!(
            String::from_utf8(packed.config.clone()).unwrap(),
            format!(
                r#"{{"created":"1970-01-01T00:00:00Z","architecture":"wasm","os":"wasip2","layerDigests":["sha256:{digest}"],"component":{{"exports":["render"],"imports":["a:b/c@0.1.0"]}}}}"#
            )
        );
        let manifest = String::from_utf8(packed.manifest.clone()).unwrap();
        let start = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"{CONFIG}","digest":"sha256:{}","size":{}}},"layers":[{{"mediaType":"application/wasm","digest":"sha256:{digest}","size":9}}],"annotations":{{"#,
            Digest::of(&packed.config),
            packed.config.len()
        );
        assert!(manifest.starts_with(&start), "{manifest}");
        assert_eq!(packed.digest(), Packed::new(b"component", &about(&imports, &exports)).unwrap().digest());
    }

    #[test]
    fn what_was_pushed_is_pulled_and_earlier_forms_are_understood() {
        let outer = tempfile::tempdir().unwrap();
        let reference: Reference = format!("oci-layout:{}:1", outer.path().display()).parse().unwrap();
        let mut store = Layout::new(outer.path());
        let packed = Packed::new(b"component", &about(&[], &[])).unwrap();
        packed.push(&mut store, b"component", Some("1")).unwrap();
        let artifact = Artifact::find(&mut store, &reference).unwrap();
        assert_eq!(artifact.digest, packed.digest());
        assert_eq!(artifact.component(&mut store).unwrap(), b"component");
        for (kind, layers, message) in [
            (COMPONENTS[1], 1, None),
            (COMPONENTS[2], 1, None),
            (COMPONENTS[0], 2, Some("more than one component")),
            ("application/tar", 1, Some("its layers are application/tar")),
            (COMPONENTS[0], 0, Some("it has no layers")),
        ] {
            let manifest = ArtifactManifest {
                schema_version: 2,
                layers: vec![Descriptor::of(kind, b"component"); layers],
                ..ArtifactManifest::default()
            };
            store.put_manifest(Some("1"), &serde_json::to_vec(&manifest).unwrap()).unwrap();
            match (Artifact::find(&mut store, &reference), message) {
                (Ok(artifact), None) => assert_eq!(artifact.component(&mut store).unwrap(), b"component"),
                (Err(error), Some(message)) => assert!(error.to_string().contains(message), "{error}"),
                (found, _) => panic!("{kind}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_component_larger_than_stated_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let reference: Reference = format!("oci-layout:{}:1", outer.path().display()).parse().unwrap();
        let mut store = Layout::new(outer.path());
        store.put_blob(b"component").unwrap();
        let layer = Descriptor { size: 3, ..Descriptor::of(COMPONENTS[0], b"component") };
        let manifest =
            ArtifactManifest { schema_version: 2, layers: vec![layer], ..ArtifactManifest::default() };
        store.put_manifest(Some("1"), &serde_json::to_vec(&manifest).unwrap()).unwrap();
        let artifact = Artifact::find(&mut store, &reference).unwrap();
        assert!(matches!(artifact.component(&mut store), Err(Error::TooLarge { limit: 3, .. })));
    }

    #[test]
    fn a_copy_has_the_signatures() {
        let outer = tempfile::tempdir().unwrap();
        let mut from = Layout::new(&outer.path().join("from"));
        let mut to = Layout::new(&outer.path().join("to"));
        let packed = Packed::new(b"component", &about(&[], &[])).unwrap();
        packed.push(&mut from, b"component", Some("1")).unwrap();
        from.put_blob(b"signature").unwrap();
        let signature = ArtifactManifest {
            schema_version: 2,
            media_type: Some(MANIFEST.to_owned()),
            layers: vec![Descriptor::of("text/plain", b"signature")],
            subject: Some(Descriptor::of(MANIFEST, &packed.manifest)),
            ..ArtifactManifest::default()
        };
        from.put_manifest(None, &serde_json::to_vec(&signature).unwrap()).unwrap();
        from.put_manifest(Some(&signatures_tag(packed.digest())), &serde_json::to_vec(&signature).unwrap())
            .unwrap();
        let reference: Reference = "oci-layout:from:1".parse().unwrap();
        let artifact = Artifact::find(&mut from, &reference).unwrap();
        artifact.copy(&mut from, &mut to, Some("2")).unwrap();
        let copied = Artifact::find(&mut to, &"oci-layout:to:2".parse().unwrap()).unwrap();
        assert_eq!(copied.digest, packed.digest());
        assert_eq!(copied.component(&mut to).unwrap(), b"component");
        assert_eq!(to.referrers(packed.digest()).unwrap().len(), 1);
        assert!(to.manifest(&Which::Tag(signatures_tag(packed.digest()))).is_ok());
    }
}
