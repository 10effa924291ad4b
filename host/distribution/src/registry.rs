//! Registries, by the distribution protocol: tags, manifests, blobs, uploads, referrers.
//!
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md>

use std::thread::sleep;
use std::time::Duration;

use oarlock_model::Digest;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::Method;

use crate::challenge::{Challenge, encoded};
use crate::credentials;
use crate::error::Error;
use crate::http::{Client, HttpRequest, HttpResponse};
use crate::login::Credentials;
use crate::manifest::{ArtifactManifest, Descriptor, INDEX, Index, MANIFEST, MAX_MANIFEST_BYTES};
use crate::reference::Which;
use crate::store::{Store, checked, referrers_tag};

/// What kinds of manifests are understood.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// So many pages of tags are read.
const MAX_PAGES: usize = 1_000;

/// How long to wait before a request that failed by chance is repeated.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// What is done in a repository, which decides what its token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Pull,
    /// Reading and writing.
    Push,
}

/// A repository of a registry, and the token that it gave.
#[derive(Debug)]
pub struct Registry {
    client: Client,
    /// `https://HOST`.
    base: String,
    host: String,
    path: String,
    access: Access,
    authorization: Option<String>,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Registry {
    /// A repository. A registry on this machine may do without TLS, as with docker.
    pub fn new(host: &str, path: &str, access: Access) -> Self {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let scheme = if matches!(name, "localhost" | "127.0.0.1" | "[::1]") { "http" } else { "https" };
        Self {
            client: Client::new(),
            base: format!("{scheme}://{host}"),
            host: host.to_owned(),
            path: path.to_owned(),
            access,
            authorization: None,
        }
    }

    /// All tags.
    ///
    /// # Errors
    /// If the registry does not answer, or refuses.
    pub fn tags(&mut self) -> Result<Vec<String>, Error> {
        let mut tags = Vec::new();
        let mut next = Some(format!("/v2/{}/tags/list?n=1000", self.path));
        for _ in 0..MAX_PAGES {
            let Some(path) = next else { break };
            let url = format!("{}{path}", self.base);
            let answer = self.send(&HttpRequest::get(&url, MAX_MANIFEST_BYTES))?;
            next = answer.link.as_deref().and_then(next_page);
            let page: Tags = json(&url, &answer.success(&url)?)?;
            tags.extend(page.tags.unwrap_or_default());
        }
        Ok(tags)
    }

    fn url(&self, kind: &str, name: impl std::fmt::Display) -> String {
        format!("{}/v2/{}/{kind}/{name}", self.base, self.path)
    }

    /// Fetches content whose digest is known, and repeats that where it comes damaged or cut off.
    fn fetch(&mut self, request: &HttpRequest<'_>, stated: Option<Digest>) -> Result<Vec<u8>, Error> {
        repeated(|| {
            let body = self.send(request)?.success(request.url)?;
            match stated {
                Some(stated) => checked(request.url, body, stated),
                None => Ok(body),
            }
        })
    }

    /// Sends a request, and once more with what the registry wants to see if it wants to see
    /// something.
    fn send(&mut self, request: &HttpRequest<'_>) -> Result<HttpResponse, Error> {
        // What the registry sends elsewhere gets no credentials there.
        let is_own = request.url.strip_prefix(&self.base).is_some_and(|rest| rest.starts_with('/'));
        let authorization = self.authorization.clone().filter(|_| is_own);
        let with =
            |authorization: Option<&str>| self.client.send(&HttpRequest { authorization, ..request.clone() });
        let answer = with(authorization.as_deref())?;
        if answer.status != 401 || !is_own {
            return Ok(answer);
        }
        let Some(authorization) = self.authorize(answer.challenge.as_deref().unwrap_or_default())? else {
            return Ok(answer);
        };
        let answer =
            self.client.send(&HttpRequest { authorization: Some(&authorization), ..request.clone() })?;
        self.authorization = Some(authorization);
        Ok(answer)
    }

    /// What lets us in, by a challenge: the user's own credentials, or a token, which anyone may
    /// have of public registries.
    fn authorize(&self, challenge: &str) -> Result<Option<String>, Error> {
        let credentials = credentials::of(&self.host)?;
        let basic = credentials.as_ref().and_then(Credentials::basic);
        let challenge = Challenge::parse(challenge);
        let (realm, service, scope) = match challenge {
            Challenge::Basic => return Ok(basic),
            Challenge::Other => return Ok(None),
            Challenge::Bearer { realm, service, scope } => (realm, service, scope),
        };
        if !realm.starts_with("https://") && !self.base.starts_with("http://") {
            return Err(Error::Realm { host: self.host.clone(), realm });
        }
        let actions = match self.access {
            Access::Pull => "pull",
            Access::Push => "pull,push",
        };
        let scope = scope.unwrap_or_else(|| format!("repository:{}:{actions}", self.path));
        let mut query = format!("scope={}", encoded(&scope));
        if let Some(service) = service {
            query.push_str("&service=");
            query.push_str(&encoded(&service));
        }
        let (url, form);
        let request = if let Some(Credentials::Refresh(token)) = &credentials {
            (url, form) = (
                realm,
                format!(
                    "grant_type=refresh_token&client_id=oarlock&{query}&refresh_token={}",
                    encoded(token)
                ),
            );
            let body = Some(("application/x-www-form-urlencoded", form.as_bytes()));
            HttpRequest { method: Method::POST, body, ..HttpRequest::get(&url, MAX_MANIFEST_BYTES) }
        } else {
            url = format!("{realm}{}{query}", if realm.contains('?') { '&' } else { '?' });
            HttpRequest { authorization: basic.as_deref(), ..HttpRequest::get(&url, MAX_MANIFEST_BYTES) }
        };
        let token: Token = json(&url, &self.client.send(&request)?.success(&url)?)?;
        Ok(token.token.or(token.access_token).map(|token| format!("Bearer {token}")))
    }

    /// Sends something, and takes it for an error if it is not answered by one of some statuses.
    fn pushed(&mut self, request: &HttpRequest<'_>, good: &[u16]) -> Result<HttpResponse, Error> {
        let answer = self.send(request)?;
        if good.contains(&answer.status) {
            return Ok(answer);
        }
        Err(Error::Refused { url: request.url.to_owned(), status: answer.status, reason: answer.reason() })
    }

    fn has_blob(&mut self, digest: Digest) -> Result<bool, Error> {
        let url = self.url("blobs", format_args!("sha256:{digest}"));
        let request = HttpRequest { method: Method::HEAD, ..HttpRequest::get(&url, MAX_MANIFEST_BYTES) };
        Ok(self.send(&request)?.status == 200)
    }

    /// Uploads a blob in one piece.
    fn upload(&mut self, bytes: &[u8], digest: Digest) -> Result<(), Error> {
        if self.has_blob(digest)? {
            return Ok(());
        }
        let begin = self.url("blobs/uploads", "");
        let body = Some(("application/octet-stream", &[][..]));
        let request =
            HttpRequest { method: Method::POST, body, ..HttpRequest::get(&begin, MAX_MANIFEST_BYTES) };
        let location = self.pushed(&request, &[202])?.location;
        let location = location.ok_or_else(|| Error::protocol(&begin, "it does not say where to upload"))?;
        let location = absolute(&self.base, &location)
            .ok_or_else(|| Error::protocol(&begin, format!("it sends uploads to `{location}`")))?;
        let url =
            format!("{location}{}digest=sha256:{digest}", if location.contains('?') { '&' } else { '?' });
        let body = Some(("application/octet-stream", bytes));
        let request = HttpRequest { method: Method::PUT, body, ..HttpRequest::get(&url, MAX_MANIFEST_BYTES) };
        self.pushed(&request, &[201]).map(drop)
    }

    /// Whether the registry keeps track of what a pushed manifest refers to.
    fn push_manifest(&mut self, name: &str, kind: &str, bytes: &[u8]) -> Result<bool, Error> {
        let url = self.url("manifests", name);
        let request = HttpRequest {
            method: Method::PUT,
            body: Some((kind, bytes)),
            ..HttpRequest::get(&url, MAX_MANIFEST_BYTES)
        };
        repeated(|| Ok(self.pushed(&request, &[201])?.subject.is_some()))
    }
}

impl Store for Registry {
    fn manifest(&mut self, which: &Which) -> Result<Vec<u8>, Error> {
        let url = self.url("manifests", which);
        let request = HttpRequest { accept: Some(ACCEPT), ..HttpRequest::get(&url, MAX_MANIFEST_BYTES) };
        let stated = match which {
            Which::Digest(digest) => Some(*digest),
            Which::Tag(_) => None,
        };
        let found = self.fetch(&request, stated);
        found.map_err(|error| match error {
            error if error.is_absent() => Error::NotFound(
                format!("oci://{}/{}:{which}", self.host, self.path).replace(":sha256:", "@sha256:"),
            ),
            error => error,
        })
    }

    fn blob(&mut self, blob: &Descriptor, most: u64) -> Result<Vec<u8>, Error> {
        let digest = blob.digest(&self.path)?;
        let url = self.url("blobs", format_args!("sha256:{digest}"));
        self.fetch(&HttpRequest::get(&url, most), Some(digest))
    }

    fn referrers(&mut self, of: Digest) -> Result<Vec<Descriptor>, Error> {
        let url = self.url("referrers", format_args!("sha256:{of}"));
        let request = HttpRequest { accept: Some(INDEX), ..HttpRequest::get(&url, MAX_MANIFEST_BYTES) };
        let listed = match self.fetch(&request, None) {
            Ok(listed) => Some(listed),
            Err(error) if error.is_absent() => None,
            Err(error) => return Err(error),
        };
        // Registries without that list have a tag for it.
        let listed = match listed {
            Some(listed) => listed,
            None => match self.manifest(&Which::Tag(referrers_tag(of))) {
                Ok(listed) => listed,
                Err(Error::NotFound(_)) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            },
        };
        Ok(json::<Index>(&url, &listed)?.manifests)
    }

    fn put_blob(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let digest = Digest::of(bytes);
        repeated(|| self.upload(bytes, digest))
    }

    fn put_manifest(&mut self, tag: Option<&str>, bytes: &[u8]) -> Result<(), Error> {
        let digest = Digest::of(bytes);
        let manifest: ArtifactManifest = json(&self.path, bytes)?;
        let name = tag.map_or_else(|| format!("sha256:{digest}"), str::to_owned);
        let kind = manifest.media_type.as_deref().unwrap_or(MANIFEST);
        let is_listed = self.push_manifest(&name, kind, bytes)?;
        let Some(subject) = manifest.subject.as_ref().filter(|_| !is_listed) else { return Ok(()) };
        let subject = subject.digest(&self.path)?;
        let mut index = Index { manifests: self.referrers(subject)?, ..Index::default() };
        let descriptor = manifest.descriptor(bytes);
        if !index.manifests.contains(&descriptor) {
            index.manifests.push(descriptor);
            let bytes = serde_json::to_vec(&index).map_err(|error| Error::protocol(&self.path, error))?;
            self.push_manifest(&referrers_tag(subject), INDEX, &bytes)?;
        }
        Ok(())
    }
}

/// Does something, and again where it failed by chance.
fn repeated<T>(mut work: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    for pause in PAUSES {
        match work() {
            Err(error) if error.is_transient() => sleep(pause),
            done => return done,
        }
    }
    work()
}

fn json<T: DeserializeOwned>(url: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::protocol(url, error))
}

/// A location as a URL; nothing that leaves TLS.
fn absolute(base: &str, location: &str) -> Option<String> {
    if location.starts_with('/') && !location.starts_with("//") {
        return Some(format!("{base}{location}"));
    }
    let is_safe =
        location.starts_with("https://") || (location.starts_with("http://") && base.starts_with("http://"));
    is_safe.then(|| location.to_owned())
}

/// The path in `Link: </v2/…>; rel="next"`; nothing that leads to another host.
fn next_page(link: &str) -> Option<String> {
    let path = link.split_once('<')?.1.split_once('>')?.0;
    (path.starts_with('/') && !path.starts_with("//") && link.contains("next")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn uploads_do_not_leave_tls() {
        let absolute = |location| absolute("https://h.example", location);
        assert_eq!(absolute("/v2/a").as_deref(), Some("https://h.example/v2/a"));
        assert_eq!(absolute("https://cdn.example/a").as_deref(), Some("https://cdn.example/a"));
        assert_eq!(absolute("http://h.example/a"), None);
        assert_eq!(absolute("//h.example/a"), None);
        assert_eq!(
            super::absolute("http://localhost:1", "http://localhost:1/a").as_deref(),
            Some("http://localhost:1/a")
        );
    }

    #[test]
    fn only_this_machine_does_without_tls() {
        for (host, base) in [
            ("localhost:5000", "http://localhost:5000"),
            ("127.0.0.1", "http://127.0.0.1"),
            ("h.example:80", "https://h.example:80"),
            ("localhost.example", "https://localhost.example"),
        ] {
            assert_eq!(Registry::new(host, "a", Access::Pull).base, base);
        }
    }
}
