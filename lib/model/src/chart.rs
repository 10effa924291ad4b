//! URLs of Helm charts in the repositories that publish them:
//! `helm+REPOSITORY/NAME?version=VERSION`.
//!
//! Helm has no one spelling for repository, name and version together; this one is the key of a
//! chart under `remotes` of `oarlock.yaml`.

use std::fmt;

/// What every such URL starts with.
const SCHEME: &str = "helm+";

/// Protocols of repositories that charts can be fetched from.
const PROTOCOLS: [&str; 3] = ["https://", "http://", "oci://"];

/// A chart in a repository.
///
/// ```
/// use oarlock_model::ChartUrl;
///
/// let url = ChartUrl::new("https://charts.example.com/stable/", "redis", "18.x").unwrap();
/// assert_eq!(url.to_string(), "helm+https://charts.example.com/stable/redis?version=18.x");
/// assert_eq!(ChartUrl::parse(&url.to_string()), Some(url));
/// assert_eq!(ChartUrl::new("file://../redis", "redis", "18.x"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartUrl {
    /// The repository, without a slash at its end.
    pub repository: String,
    /// The chart's name.
    pub name: String,
    /// A version or a constraint on it, as Helm reads them; the newest release where it is empty.
    pub version: String,
}

impl ChartUrl {
    /// A chart, unless its repository is none that charts can be fetched from, or its name is no
    /// name.
    pub fn new(repository: &str, name: &str, version: &str) -> Option<Self> {
        let host = PROTOCOLS.iter().find_map(|protocol| repository.strip_prefix(protocol))?;
        let is_name = !matches!(name, "" | "." | "..") && !name.contains(['/', '?', '\\']);
        let is_whole = !host.trim_matches('/').is_empty() && !host.contains('?');
        (is_name && is_whole).then(|| Self {
            repository: repository.trim_end_matches('/').to_owned(),
            name: name.to_owned(),
            version: version.trim().to_owned(),
        })
    }

    /// Parses a URL.
    pub fn parse(url: &str) -> Option<Self> {
        let url = url.strip_prefix(SCHEME)?;
        let (location, version) = url.split_once("?version=").unwrap_or((url, ""));
        let (repository, name) = location.rsplit_once('/')?;
        Self::new(repository, name, version)
    }

    /// Where a copy of the chart would lie by custom:
    /// `vendor/charts.example.com/stable/redis-18.x/redis`, which is how
    /// `helm pull --untar --untardir` leaves it.
    pub fn customary_place(&self) -> String {
        let repository = self.repository.split_once("://").map_or("", |(_, rest)| rest);
        let plain = |part: &str| -> String {
            let clean = |c: char| if c.is_ascii_alphanumeric() || "-_.+".contains(c) { c } else { '-' };
            part.chars().map(clean).collect()
        };
        let version =
            if self.version.is_empty() { String::new() } else { format!("-{}", plain(&self.version)) };
        let parts = repository.split('/').filter(|part| !["", ".", ".."].contains(part)).map(plain);
        let name = plain(&self.name);
        format!("vendor/{}/{name}{version}/{name}", parts.collect::<Vec<_>>().join("/"))
    }
}

impl fmt::Display for ChartUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.repository, self.name)?;
        if self.version.is_empty() { Ok(()) } else { write!(f, "?version={}", self.version) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_a_customary_place() {
        for (repository, version, place) in [
            (
                "https://charts.example.com/stable",
                "18.1.0",
                "vendor/charts.example.com/stable/redis-18.1.0/redis",
            ),
            ("oci://h.example:5000/ns/", ">=1 <2", "vendor/h.example-5000/ns/redis---1--2/redis"),
            ("https://h.example/../a", "", "vendor/h.example/a/redis/redis"),
        ] {
            let url = ChartUrl::new(repository, "redis", version).unwrap();
            assert_eq!(url.customary_place(), place);
            assert_eq!(ChartUrl::parse(&url.to_string()), Some(url));
        }
    }

    #[test]
    fn what_cannot_be_fetched_is_no_chart() {
        for (repository, name) in [
            ("", "redis"),
            ("@stable", "redis"),
            ("file://../redis", "redis"),
            ("https://", "redis"),
            ("https://h.example", ""),
            ("https://h.example", ".."),
            ("https://h.example", "a/b"),
        ] {
            assert_eq!(ChartUrl::new(repository, name, "1"), None, "{repository} {name}");
        }
        assert_eq!(ChartUrl::parse("https://h.example/redis"), None);
    }
}
