//! Charts in OCI registries: the media types of Helm's charts.

use oarlock_distribution::{Access, ArtifactManifest, Error, Place, Reference, Registry, Store as _, Which};
use oarlock_plugin::{ChartUrl, Failure};

use super::{Fetched, MAX_ARCHIVE_BYTES, Pin, choose};

/// The layer that is the chart, and the type it had before Helm 3.7.
const LAYERS: [&str; 2] = ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];

/// Fetches a chart, of the version pinned or the highest tag that fits.
pub(super) fn fetch(chart: &ChartUrl, pinned: Option<&Pin>) -> Result<Fetched, Failure> {
    let mut repository = repository(&format!("{}/{}", chart.repository, chart.name))?;
    // Tags have no `+`; Helm writes `_` for it.
    let versions: Vec<String> = repository.tags()?.iter().map(|tag| tag.replace('_', "+")).collect();
    let version = choose(chart, pinned, versions.iter().map(String::as_str))?.to_owned();
    let archive = archive(&mut repository, &version.replace('+', "_"))?;
    Ok(Fetched { version, archive })
}

/// Fetches what an index of charts names: `oci://HOST/PATH:TAG`.
pub(super) fn fetch_reference(reference: &str, version: &str) -> Result<Vec<u8>, Failure> {
    let name_start = reference.rfind('/').unwrap_or(0);
    let (location, tag) = match reference[name_start..].split_once(':') {
        Some((name, tag)) => (&reference[..name_start + name.len()], tag.to_owned()),
        None => (reference, version.replace('+', "_")),
    };
    archive(&mut repository(location)?, &tag)
}

fn repository(location: &str) -> Result<Registry, Failure> {
    let parsed: Result<Reference, Error> = location.parse();
    match parsed {
        Ok(Reference { place: Place::Registry { host, repository }, tag: None, digest: None }) => {
            Ok(Registry::new(&host, &repository, Access::Pull))
        }
        _ => Err(Failure::new(format!("`{location}` is no repository of a registry"))),
    }
}

/// The layer that is a chart, its digest checked.
fn archive(repository: &mut Registry, tag: &str) -> Result<Vec<u8>, Failure> {
    let manifest = repository.manifest(&Which::Tag(tag.to_owned()))?;
    let manifest = ArtifactManifest::parse(tag, &manifest)?;
    let layer = manifest.layers.iter().find(|layer| LAYERS.contains(&layer.media_type.as_str()));
    let Some(layer) = layer else {
        return Err(Failure::new(format!("`{tag}` is no chart: none of its layers is one")));
    };
    Ok(repository.blob(layer, MAX_ARCHIVE_BYTES)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_repository_is_refused() {
        for location in ["oci://", "oci://h.example", "oci:///a", "oci://user@h.example/a", "/srv/charts"] {
            assert!(repository(location).is_err(), "{location}");
        }
        assert!(repository("oci://localhost:5000/a").is_ok());
    }
}
