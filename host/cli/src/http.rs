//! Requests over HTTP, with bounds on time and size. `vendor --fetch` and `facts` make some; renders and the server for Argo CD never do.

use std::time::Duration;

use oarlock_plugin::Failure;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// How long a request may take, its answer included.
const TIMEOUT: Duration = Duration::from_mins(2);

/// A client that trusts the certificates that the operating system trusts.
pub(crate) struct Client(Agent);

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// How the server wants to be asked, where it refuses.
    pub(crate) challenge: Option<String>,
    /// Where the rest of a list is.
    pub(crate) link: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Headers of a request.
#[derive(Clone, Copy, Default)]
pub(crate) struct Headers<'a> {
    pub(crate) accept: Option<&'a str>,
    pub(crate) authorization: Option<&'a str>,
}

impl Client {
    pub(crate) fn new() -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .user_agent(concat!("oarlock/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls);
        Self(config.build().into())
    }

    /// Asks, and reads at most so many bytes. Nothing that begins with TLS goes on without.
    ///
    /// # Errors
    /// If there is no answer, or a larger one.
    pub(crate) fn ask(&self, url: &str, headers: Headers<'_>, most: u64) -> Result<Answer, Failure> {
        let failed = |error: ureq::Error| Failure::new(format!("cannot fetch {url}: {error}"));
        let mut request = self.0.get(url).config().https_only(url.starts_with("https://")).build();
        for (name, value) in [("accept", headers.accept), ("authorization", headers.authorization)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let mut response = request.call().map_err(failed)?;
        let header = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let (challenge, link) = (header("www-authenticate"), header("link"));
        let body = response.body_mut().with_config().limit(most).read_to_vec().map_err(failed)?;
        Ok(Answer { status: response.status().as_u16(), challenge, link, body })
    }

    /// Fetches what has to be there.
    ///
    /// # Errors
    /// If it is not, besides what [`ask`](Self::ask) says.
    pub(crate) fn get(&self, url: &str, most: u64) -> Result<Vec<u8>, Failure> {
        self.ask(url, Headers::default(), most)?.success(url)
    }
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    /// If it is none, with what can be done about it.
    pub(crate) fn success(self, url: &str) -> Result<Vec<u8>, Failure> {
        let failure = Failure::new(format!("cannot fetch {url}: status {}", self.status));
        match self.status {
            200 => Ok(self.body),
            401 | 403 => Err(failure.hint(
                "log in by `helm registry login` or `docker login`; or fetch it by the command in the list",
            )),
            404 => {
                Err(failure
                    .hint("there is nothing: fix the repository's URL, or the chart's name or version"))
            }
            _ => Err(failure),
        }
    }
}
