//! Requests over HTTP, with bounds on time and size.

use std::io::Read as _;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use ureq::Agent;
use ureq::http::{self, Method};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::error::Error;

/// How long a request may take, its answer included.
const TIMEOUT: Duration = Duration::from_mins(2);

/// How much of what a server says about a failure is repeated, in characters.
const MAX_REASON: usize = 200;

/// A client that trusts the certificates that the operating system trusts.
#[derive(Clone, Debug)]
pub struct Client(Agent);

/// An answer, whatever its status.
#[derive(Clone, Debug, Default)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// How the server wants to be asked, where it refuses.
    pub challenge: Option<String>,
    /// Where the rest of a list is.
    pub link: Option<String>,
    /// Where to go on.
    pub location: Option<String>,
    /// The digest of the manifest that a pushed manifest refers to, from registries that list
    /// referrers.
    pub subject: Option<String>,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

/// A request.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpRequest<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a str,
    /// Which media types are understood.
    pub(crate) accept: Option<&'a str>,
    pub(crate) authorization: Option<&'a str>,
    /// A body and its media type.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
    /// The most bytes of an answer that are read.
    pub(crate) most: u64,
}

impl<'a> HttpRequest<'a> {
    pub(crate) fn get(url: &'a str, most: u64) -> Self {
        Self { url, most, ..Self::default() }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client.
    pub fn new() -> Self {
        // Certificates that cannot be read are left out: a server that needs one is not trusted.
        let trusted = rustls_native_certs::load_native_certs().certs;
        let trusted = trusted.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
        let tls = TlsConfig::builder().root_certs(RootCerts::from(trusted)).build();
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .user_agent(concat!("oarlock/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls);
        Self(config.build().into())
    }

    /// Sends a request. Nothing that begins with TLS goes on without.
    ///
    /// # Errors
    /// If there is no answer, or a larger one.
    pub(crate) fn send(&self, request: &HttpRequest<'_>) -> Result<HttpResponse, Error> {
        let HttpRequest { url, most, .. } = *request;
        let failed = |error: ureq::Error| match error {
            ureq::Error::BodyExceedsLimit(limit) => Error::TooLarge { what: url.to_owned(), limit },
            error => Error::Unreachable { url: url.to_owned(), reason: error.to_string() },
        };
        let mut builder = http::Request::builder().method(&request.method).uri(url);
        for (name, value) in [
            ("accept", request.accept),
            ("accept-encoding", Some("gzip")),
            ("authorization", request.authorization),
            ("content-type", request.body.map(|(kind, _)| kind)),
        ] {
            if let Some(value) = value {
                builder = builder.header(name, value);
            }
        }
        let unsendable =
            |error: http::Error| Error::Unreachable { url: url.to_owned(), reason: error.to_string() };
        let https_only = url.starts_with("https://");
        let response = if let Some((_, body)) = request.body {
            let sent = builder.body(body).map_err(unsendable)?;
            self.0.run(self.0.configure_request(sent).https_only(https_only).build())
        } else {
            let sent = builder.body(()).map_err(unsendable)?;
            self.0.run(self.0.configure_request(sent).https_only(https_only).build())
        };
        let mut response = response.map_err(failed)?;
        let header = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let (challenge, link) = (header("www-authenticate"), header("link"));
        let (location, subject) = (header("location"), header("oci-subject"));
        let is_packed =
            header("content-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("gzip"));
        let body = response.body_mut().with_config().limit(most).read_to_vec().map_err(failed)?;
        let body = if is_packed { unpacked(&body, most).map_err(failed)? } else { body };
        Ok(HttpResponse { status: response.status().as_u16(), challenge, link, location, subject, body })
    }

    /// Fetches what has to be there, at most so many bytes.
    ///
    /// # Errors
    /// If it is not, or there is no answer, or a larger one.
    pub fn get(&self, url: &str, most: u64) -> Result<Vec<u8>, Error> {
        self.send(&HttpRequest::get(url, most))?.success(url)
    }
}

/// The content of a gzipped body, of at most so many bytes.
fn unpacked(body: &[u8], most: u64) -> Result<Vec<u8>, ureq::Error> {
    let mut content = Vec::new();
    MultiGzDecoder::new(body).take(most.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > most { Err(ureq::Error::BodyExceedsLimit(most)) } else { Ok(content) }
}

impl HttpResponse {
    /// The body of a success.
    ///
    /// # Errors
    /// If it is none.
    pub fn success(self, url: &str) -> Result<Vec<u8>, Error> {
        match self.status {
            200 => Ok(self.body),
            status => Err(Error::Status { url: url.to_owned(), status, reason: self.reason() }),
        }
    }

    /// What a registry says about a failure, in one line: it lists errors with a code and a
    /// message.
    pub(crate) fn reason(&self) -> String {
        let said = serde_json::from_slice::<serde_json::Value>(&self.body).unwrap_or_default();
        let said = said["errors"][0]["message"].as_str().unwrap_or_default();
        said.chars().filter(|character| !character.is_control()).take(MAX_REASON).collect()
    }
}
