//! Chart repositories: an `index.yaml` over HTTP that says where archives lie.

use oarlock_plugin::{ChartUrl, Failure};
use oarlock_yaml::{Limits, Node, Reader, parse_one};

use super::{Fetched, MAX_ARCHIVE_BYTES, Pin, choose, oci};
use oarlock_distribution::Client;
use oarlock_engine::source::Digest;

/// The largest index that is read. Those of public repositories have some ten million bytes.
const MAX_INDEX_BYTES: u64 = 128 << 20;
const LIMITS: Limits = Limits { depth: 50, nodes: 20_000_000 };

/// Fetches a chart by the repository's index.
pub(super) fn fetch(client: &Client, chart: &ChartUrl, pinned: Option<&Pin>) -> Result<Fetched, Failure> {
    let url = format!("{}/index.yaml", chart.repository);
    let text = client.get(&url, MAX_INDEX_BYTES)?;
    let index = parse_one(&text, Reader::Helm, LIMITS)
        .map_err(|error| Failure::new(format!("{url}:{}: {}", error.span.line, error.message)))?
        .unwrap_or_else(Node::empty_mapping);
    let published = index.at(&["entries", &chart.name]).and_then(Node::as_sequence).ok_or_else(|| {
        Failure::new(format!("`{}` has no chart `{}`", chart.repository, chart.name))
            .hint("`name` and `repository` have to be those of the chart's publisher")
    })?;
    let version_of = |entry: &Node| entry.get("version").and_then(Node::scalar_text).map(str::to_owned);
    let versions: Vec<String> = published.iter().filter_map(version_of).collect();
    let version = choose(chart, pinned, versions.iter().map(String::as_str))?.to_owned();
    let entry = published.iter().find(|entry| version_of(entry).is_some_and(|found| found == version));
    let location = entry.and_then(|entry| entry.at(&["urls"])?.as_sequence()?.first()?.scalar_text());
    let Some(location) = location else {
        return Err(Failure::new(format!(
            "{url} does not say where version {version} of `{}` is",
            chart.name
        )));
    };
    let archive = match location.strip_prefix("oci://") {
        Some(_) => oci::fetch_reference(location, &version)?,
        None => client.get(&absolute(&chart.repository, location)?, MAX_ARCHIVE_BYTES)?,
    };
    let stated = entry.and_then(|entry| entry.get("digest")?.scalar_text()).unwrap_or_default();
    let stated = stated.strip_prefix("sha256:").unwrap_or(stated);
    if !stated.is_empty() && Digest::from_hex(stated) != Some(Digest::of(&archive)) {
        return Err(Failure::new(format!(
            "the archive at {location} is not the one whose digest {url} states"
        ))
        .note(format!("stated: sha256:{stated}"))
        .note(format!("came: sha256:{}", Digest::of(&archive))));
    }
    Ok(Fetched { version, archive })
}

/// A location in an index, which may be relative to the repository.
fn absolute(repository: &str, location: &str) -> Result<String, Failure> {
    if !location.contains("://") {
        return Ok(format!("{repository}/{}", location.trim_start_matches('/')));
    }
    if location.starts_with("https://")
        || (location.starts_with("http://") && repository.starts_with("http://"))
    {
        return Ok(location.to_owned());
    }
    Err(Failure::new(format!(
        "the index of `{repository}` leads to `{location}`, which is not safe to follow"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_do_not_leave_tls() {
        let repository = "https://h.example/stable";
        assert_eq!(absolute(repository, "a-1.tgz").unwrap(), "https://h.example/stable/a-1.tgz");
        assert_eq!(absolute(repository, "https://cdn.example/a.tgz").unwrap(), "https://cdn.example/a.tgz");
        assert!(absolute(repository, "http://cdn.example/a.tgz").is_err());
        assert!(absolute(repository, "file:///etc/passwd").is_err());
    }
}
