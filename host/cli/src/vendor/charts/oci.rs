//! Charts in OCI registries, by the distribution protocol: tags, a manifest, a layer.
//!
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md>, and the media types of Helm's charts.

mod credentials;

use std::fmt::Write as _;

use oarlock_plugin::{ChartUrl, Failure};
use serde::Deserialize;

use super::{Fetched, MAX_ARCHIVE_BYTES, Pin, choose};
use crate::http::{Answer, Client, Headers};
use oarlock_engine::source::Digest;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The layer that is the chart, and the type it had before Helm 3.7.
const LAYERS: [&str; 2] = ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];
/// The largest answer that is not a layer.
const MAX_ANSWER_BYTES: u64 = 4 << 20;
/// So many pages of tags are read.
const MAX_PAGES: usize = 1_000;

/// A repository of a registry, and the token that it gave.
struct Repository<'c> {
    client: &'c Client,
    /// `https://HOST`.
    base: String,
    host: String,
    path: String,
    authorization: Option<String>,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// Fetches a chart, of the version pinned or the highest tag that fits.
pub(super) fn fetch(client: &Client, chart: &ChartUrl, pinned: Option<&Pin>) -> Result<Fetched, Failure> {
    let mut repository = Repository::new(client, &format!("{}/{}", chart.repository, chart.name))?;
    // Tags have no `+`; Helm writes `_` for it.
    let versions: Vec<String> = repository.tags()?.iter().map(|tag| tag.replace('_', "+")).collect();
    let version = choose(chart, pinned, versions.iter().map(String::as_str))?.to_owned();
    let archive = repository.chart(&version.replace('+', "_"))?;
    Ok(Fetched { version, archive })
}

/// Fetches what an index of charts names: `oci://HOST/PATH:TAG`.
pub(super) fn fetch_reference(client: &Client, reference: &str, version: &str) -> Result<Vec<u8>, Failure> {
    let name_start = reference.rfind('/').unwrap_or(0);
    let (location, tag) = match reference[name_start..].split_once(':') {
        Some((name, tag)) => (&reference[..name_start + name.len()], tag.to_owned()),
        None => (reference, version.replace('+', "_")),
    };
    Repository::new(client, location)?.chart(&tag)
}

impl<'c> Repository<'c> {
    fn new(client: &'c Client, location: &str) -> Result<Self, Failure> {
        let wrong = || Failure::new(format!("`{location}` is no repository of a registry"));
        let (host, path) =
            location.strip_prefix("oci://").and_then(|rest| rest.split_once('/')).ok_or_else(wrong)?;
        if host.is_empty() || path.is_empty() || host.contains('@') {
            return Err(wrong());
        }
        // A registry on this machine is allowed to do without TLS, as docker has it.
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let scheme = if matches!(name, "localhost" | "127.0.0.1" | "[::1]") { "http" } else { "https" };
        Ok(Self {
            client,
            base: format!("{scheme}://{host}"),
            host: host.to_owned(),
            path: path.to_owned(),
            authorization: None,
        })
    }

    fn tags(&mut self) -> Result<Vec<String>, Failure> {
        let mut tags = Vec::new();
        let mut next = Some(format!("/v2/{}/tags/list?n=1000", self.path));
        for _ in 0..MAX_PAGES {
            let Some(path) = next else { break };
            let url = format!("{}{path}", self.base);
            let answer = self.ask(&url, None, MAX_ANSWER_BYTES)?;
            next = answer.link.as_deref().and_then(next_page);
            let page: Tags = json(&url, &answer.success(&url)?)?;
            tags.extend(page.tags.unwrap_or_default());
        }
        Ok(tags)
    }

    /// The layer that is a chart, its digest checked.
    fn chart(&mut self, tag: &str) -> Result<Vec<u8>, Failure> {
        let url = format!("{}/v2/{}/manifests/{tag}", self.base, self.path);
        let manifest = self.ask(&url, Some(MANIFEST), MAX_ANSWER_BYTES)?.success(&url)?;
        let manifest: Manifest = json(&url, &manifest)?;
        let layer = manifest.layers.iter().find(|layer| LAYERS.contains(&layer.media_type.as_str()));
        let Some(layer) = layer else {
            return Err(Failure::new(format!("{url} is no chart: none of its layers is one")));
        };
        let stated = super::pin::sha256(&layer.digest)
            .ok_or_else(|| Failure::new(format!("{url} states `{}`, which is no digest", layer.digest)))?;
        let url = format!("{}/v2/{}/blobs/{}", self.base, self.path, layer.digest);
        let archive = self.ask(&url, None, MAX_ARCHIVE_BYTES)?.success(&url)?;
        if Digest::of(&archive) == stated {
            Ok(archive)
        } else {
            Err(Failure::new(format!("what {url} gave has another digest")))
        }
    }

    /// Asks, and once more with what the registry wants to see if it wants to see something.
    fn ask(&mut self, url: &str, accept: Option<&str>, most: u64) -> Result<Answer, Failure> {
        let headers = Headers { accept, authorization: self.authorization.as_deref() };
        let answer = self.client.ask(url, headers, most)?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let Some(authorization) = self.authorize(answer.challenge.as_deref().unwrap_or_default())? else {
            return Ok(answer);
        };
        let headers = Headers { accept, authorization: Some(&authorization) };
        let answer = self.client.ask(url, headers, most)?;
        self.authorization = Some(authorization);
        Ok(answer)
    }

    /// What lets us in, by a challenge: the user's own credentials, or a token, which anyone may have of public registries.
    fn authorize(&self, challenge: &str) -> Result<Option<String>, Failure> {
        let basic = credentials::of(&self.host).map(|encoded| format!("Basic {encoded}"));
        let (scheme, rest) = challenge.split_once(' ').unwrap_or((challenge, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Ok(basic);
        }
        let Some(realm) = parameter(rest, "realm").filter(|_| scheme.eq_ignore_ascii_case("bearer")) else {
            return Ok(None);
        };
        if !realm.starts_with("https://") && !self.base.starts_with("http://") {
            return Err(Failure::new(format!("`{}` wants credentials to be sent to {realm}", self.host)));
        }
        let scope = parameter(rest, "scope").unwrap_or_else(|| format!("repository:{}:pull", self.path));
        let mut url = format!("{realm}?scope={}", encoded(&scope));
        if let Some(service) = parameter(rest, "service") {
            url.push_str("&service=");
            url.push_str(&encoded(&service));
        }
        let headers = Headers { accept: None, authorization: basic.as_deref() };
        let answer = self.client.ask(&url, headers, MAX_ANSWER_BYTES)?.success(&url)?;
        let token: Token = json(&url, &answer)?;
        Ok(token.token.or(token.access_token).map(|token| format!("Bearer {token}")))
    }
}

fn json<T: for<'de> Deserialize<'de>>(url: &str, body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body)
        .map_err(|error| Failure::new(format!("{url} gave what no registry gives: {error}")))
}

/// A parameter of a challenge: `name="value"`.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let mut rest = challenge;
    while let Some((key, behind)) = rest.split_once("=\"") {
        let (value, behind) = behind.split_once('"')?;
        if key.trim_matches([' ', ',']).eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = behind;
    }
    None
}

/// The path in `Link: </v2/…>; rel="next"`; nothing that leads to another host.
fn next_page(link: &str) -> Option<String> {
    let path = link.split_once('<')?.1.split_once('>')?.0;
    (path.starts_with('/') && !path.starts_with("//") && link.contains("next")).then(|| path.to_owned())
}

/// A value in a query.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' | b',' => {
                encoded.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let challenge =
            r#"realm="https://auth.example/token",service="reg, istry",scope="repository:a/b:pull""#;
        assert_eq!(parameter(challenge, "realm").as_deref(), Some("https://auth.example/token"));
        assert_eq!(parameter(challenge, "Service").as_deref(), Some("reg, istry"));
        assert_eq!(parameter(challenge, "scope").as_deref(), Some("repository:a/b:pull"));
        assert_eq!(parameter("realm=\"unclosed", "realm"), None);
        assert_eq!(encoded("reg istry&a=b"), "reg%20istry%26a%3Db");
    }

    #[test]
    fn pages_stay_on_their_host() {
        assert_eq!(
            next_page("</v2/a/tags/list?last=b>; rel=\"next\"").as_deref(),
            Some("/v2/a/tags/list?last=b")
        );
        assert_eq!(next_page("<https://else.example/>; rel=\"next\""), None);
        assert_eq!(next_page("<//else.example/>; rel=\"next\""), None);
    }

    #[test]
    fn what_is_no_repository_is_refused() {
        let client = Client::new();
        for location in ["oci://", "oci://h.example", "oci:///a", "oci://user@h.example/a"] {
            assert!(Repository::new(&client, location).is_err(), "{location}");
        }
        assert_eq!(
            Repository::new(&client, "oci://localhost:5000/a").map(|found| found.base).ok().as_deref(),
            Some("http://localhost:5000")
        );
        assert_eq!(
            Repository::new(&client, "oci://h.example/a").map(|found| found.base).ok().as_deref(),
            Some("https://h.example")
        );
    }
}
